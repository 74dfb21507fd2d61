//! How a crash report begins, and what comes after one.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::report::ReportKind;
use crate::board::EspLogLine;

/// What the first line of a report looks like, behind colours and blanks. Only at the beginning of a line: a log line that
/// quotes these words is no panic.
///
/// Literals that every match has stand beside them: many bytes are looked through for these in one instruction.
/// Sources: esp-idf `panic.c`, `esp_system_err.c`, `task_wdt.c`, `FreeRTOS-openocd`, `multi_heap_poisoning.c`; esp-hal
/// `esp-backtrace` 0.1 to 0.20 and `exception_handler`; ESPHome `crash_handler.cpp`.
const SIGNS: [(&str, &str, ReportKind); 26] = {
    use ReportKind::{CoreDump, Panic};
    [
        ("Guru Meditation Error", r"Guru Meditation Error(: *Core| of type )", Panic),
        ("abort() was called at PC", r"abort\(\) was called at PC 0x", Panic),
        ("assert failed:", r"assert failed: \S.*[:(]", Panic),
        ("ssertion \"", r#"[Aa]ssertion ".*" failed(: file "| at line \d)"#, Panic),
        ("terminate called", r"terminate called (after throwing|without an active)", Panic),
        ("***ERROR*** A stack overflow", r"\*\*\*ERROR\*\*\* A stack overflow in task ", Panic),
        ("Stack smashing protect failure", r"Stack smashing protect failure!", Panic),
        ("- assert failed!", r#"[^\s"]+:\d+ \(\w+\)- assert failed!"#, Panic),
        ("Undefined behavior of type", r"Undefined behavior of type \w+", Panic),
        ("CORRUPT HEAP:", r"CORRUPT HEAP: ", Panic),
        ("ESP_ERROR_CHECK failed:", r"ESP_ERROR_CHECK failed: esp_err_t 0x", Panic),
        ("Fatal exception (", r"Fatal exception \(\d+\): ", Panic),
        ("Unhandled interrupt", r"Unhandled interrupt \d+ on cpu \d", Panic),
        ("Panic handler entered", r"Panic handler entered multiple times", Panic),
        ("Re-entered core dump", r"Re-entered core dump!", Panic),
        ("panicked at ", r"(thread '.*' (\(\d+\) )?)?panicked at .*:\d+:\d+", Panic),
        ("A panic occur", r"!+ ?A panic occurr?ed", Panic),
        ("Exception '", r"Exception '.*' (m?epc|pc)=0x", Panic),
        ("Exception occur", r"Exception occurr?ed ('|on \w+ ')", Panic),
        ("Stack overflow detected at", r"Stack overflow detected at 0x", Panic),
        ("Breakpoint exception at 0x", r"Breakpoint exception at 0x", Panic),
        ("Detected a write to the", r"Detected a write to the .*guard value", Panic),
        ("= PANIC =", r"={4,} *PANIC *={4,}$", Panic),
        ("= EXCEPTION =", r"={4,} *EXCEPTION *={4,}$", Panic),
        ("= CORE DUMP START =", r"={4,} CORE DUMP START ={4,}$", CoreDump),
        ("@COREDUMP", r"@COREDUMP$", CoreDump),
    ]
};

/// What a trace of a program that lives contains, and the words of ESPHome for its last death; they may stand in log lines.
const OTHERS: [&str; 9] = [
    "Backtrace:",
    "MEPC ",
    " register dump:",
    "ESP_ERROR_CHECK_WITHOUT_ABORT failed:",
    "CRASH DETECTED ON PREVIOUS BOOT",
    // The pairs of a backtrace whose beginning was not heard.
    ":0x3f",
    ":0x3F",
    ":0x4f",
    ":0x4F",
];

/// How a report begins with this line, if one does.
pub(super) fn begins(text: &str) -> Option<ReportKind> {
    static SET: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
        RegexSet::new(SIGNS.iter().map(|(_, sign, _)| format!("^(?:{sign})"))).ok()
    });
    let first = SET.as_ref()?.matches(text).into_iter().next();
    if let Some((.., kind)) = first.and_then(|index| SIGNS.get(index)) {
        return Some(*kind);
    }
    cut_off(text).is_some().then_some(ReportKind::Panic)
}

/// The panic that broke into an unfinished line of the program: `reading 12%Guru Meditation Error: Core 0 …`. Words that
/// somebody quotes stand behind a blank, a quotation mark or a colon.
pub(super) fn cut_off(text: &str) -> Option<&str> {
    let at = text.find("Guru Meditation Error: Core ")?;
    let before = text.get(..at)?.chars().next_back()?;
    let quotes =
        before.is_whitespace() || matches!(before, ':' | '"' | '\'' | '=' | '(' | '[' | '`');
    (!quotes).then(|| text.get(at..)).flatten()
}

/// Whether a line, as it came, could begin a report: fast, and never wrong in saying no.
pub(super) fn may_begin(line: &[u8]) -> bool {
    static SIGN: LazyLock<Option<regex::bytes::Regex>> = LazyLock::new(|| {
        let literals = SIGNS.iter().map(|(literal, ..)| *literal).chain(OTHERS);
        let literals: Vec<String> = literals.map(regex::escape).collect();
        regex::bytes::Regex::new(&literals.join("|")).ok()
    });
    SIGN.as_ref().is_none_or(|sign| sign.is_match(line))
}

/// A boot: nothing of a report comes after it.
pub(super) fn is_boot(text: &str) -> bool {
    text.starts_with("ets ")
        || text.starts_with("ESP-ROM:")
        || text.contains("rst:0x")
        || text.starts_with("load:0x")
}

/// What a log line is to a report under way.
pub(super) enum LogLineRole<'a> {
    /// No log line.
    None,
    /// A line of the report: the writer of core dumps logs what it does.
    Ours,
    /// ESPHome's account of the last crash.
    Crash(&'a str),
    /// The program's, or the next boot loader's: the report is over.
    Other,
}

pub(super) fn log(text: &str) -> LogLineRole<'_> {
    match EspLogLine::parse(text) {
        None => LogLineRole::None,
        Some(line) if line.tag.starts_with("esp_core_dump") => LogLineRole::Ours,
        Some(line) if line.tag.ends_with(".crash") => LogLineRole::Crash(line.text.trim()),
        Some(_) => LogLineRole::Other,
    }
}

/// The last line of a report.
pub(super) fn is_last(text: &str) -> bool {
    const LAST: [&str; 4] =
        ["Rebooting...", "CPU halted.", "Entering gdb stub now.", "Setting breakpoint at 0x"];
    LAST.iter().any(|last| text.starts_with(last))
}

/// A line that nothing but a crash report has, though it has no address that is wanted.
pub(super) fn is_structure(text: &str) -> bool {
    static SET: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let all = [
            r"Core *\d+ was running in ",
            r"Debug exception reason: ",
            r"Detected in task ",
            r"Stack (pointer|bounds|memory|dump): ?",
            r"Memory dump at 0x",
            r"(file: |func: |expression: )",
            r"No backtrace available",
            r"\|<-(CORRUPTED|CONTINUES)",
            r"(TrapFrame|Context)\b",
            r"Panic(Info| reason)\b",
            r"Press Enter to print core dump",
            r"Core dump (has|written|to)\b",
            r"={4,} CORE DUMP END ={4,}",
            r"@ENDCOREDUMP",
            r"Coredump checksum=",
            r"ELF file SHA256: ",
            r"Please enable CONFIG_ESP_SYSTEM_USE_FRAME_POINTER",
            // esp-idf-monitor and espflash write names between the lines.
            r"--- 0x[0-9a-fA-F]{8}: ",
            r"0x[0-9a-f]{8}: \S+ at ",
            r"at \S+:(\d+|\?\?)$",
        ];
        Regex::new(&format!("^(?:{})", all.join("|"))).ok()
    });
    SET.as_ref().is_some_and(|set| set.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_LINES: [&str; 30] = [
        "terminate called after throwing an instance of 'std::runtime_error'",
        "Assertion \"tcp_receive: wrong state\" failed at line 1173 in tcp_in.c",
        "Guru Meditation Error of type LoadProhibited occurred on core  0. Exception was unhandled.",
        "/idf/components/freertos/queue.c:1442 (xQueueGenericReceive)- assert failed!",
        "Undefined behavior of type out_of_bounds",
        "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
        "Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1).",
        "abort() was called at PC 0x400d1234 on core 0",
        "assert failed: app_main main.c:20 (ready)",
        "assertion \"ready\" failed: file \"main.c\", line 20, function: app_main",
        "***ERROR*** A stack overflow in task main has been detected.",
        "Stack smashing protect failure!",
        "CORRUPT HEAP: Bad head at 0x3ffb1234. Expected 0xabba1234 got 0x00000000",
        "ESP_ERROR_CHECK failed: esp_err_t 0x102 (ESP_ERR_INVALID_ARG) at 0x400d1234",
        "Fatal exception (28): LoadProhibitedCause",
        "Unhandled interrupt 5 on cpu 0!",
        "thread 'main' panicked at src/main.rs:4:5:",
        "thread '<unnamed>' (7) panicked at src/main.rs:4:5:",
        "panicked at src/main.rs:4:5:",
        "!! A panic occured in 'src/main.rs', at line 4, column 5:",
        "!! A panic occurred at an unknown location:",
        "Exception 'Load access fault' mepc=0x42001234, mtval=0x00000000",
        "Exception occured 'LoadProhibited'",
        "Exception occurred on ProCpu 'StoreProhibited'",
        "Stack overflow detected at 0x42001234 called by 0x42005678",
        "Detected a write to the stack guard value on ProCpu",
        "====================== PANIC ======================",
        "====================== EXCEPTION ======================",
        "================= CORE DUMP START =================",
        "@COREDUMP",
    ];

    #[test]
    fn every_first_line_is_recognized_also_in_a_hurry() {
        for line in FIRST_LINES {
            assert!(begins(line).is_some(), "{line}");
            assert!(may_begin(format!("\x1b[31m{line}\r\n").as_bytes()), "{line}");
        }
        assert!(!may_begin(b"I (12) wifi: joined ====\r\n"));
    }

    #[test]
    fn words_that_are_quoted_begin_nothing() {
        for line in FIRST_LINES {
            for before in ["W (5) uplink: ", "last: ", "\"", "I was told: "] {
                assert_eq!(begins(&format!("{before}{line}")), None, "{before}{line}");
            }
        }
        assert_eq!(begins("assert failed: quota"), None);
        assert_eq!(begins("panicked at the disco"), None);
    }

    #[test]
    fn a_panic_that_cuts_a_line_off_is_seen() {
        let line = "reading 12%Guru Meditation Error: Core  0 panic'ed (Cache error)";
        assert_eq!(begins(line), Some(ReportKind::Panic));
        assert!(cut_off(line).is_some_and(|rest| rest.starts_with("Guru")));
    }
}
