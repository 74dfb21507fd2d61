//! What people report of monitors, as inputs with their right values: `cases/` has the inputs.

use std::path::Path;

use espalier_core::Timestamp;
use espalier_core::board::{ConsoleScanner, Finding, Panic, Symbols};
use espalier_engine::board::symbols::SymbolSource;

/// The inputs' own program: `prog.c` beside it.
pub fn program() -> SymbolSource {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/board/cases");
    SymbolSource::elf(&folder.join("prog.elf")).unwrap()
}

/// What is found in a text that a board sends, and then nothing more.
pub fn found(text: &str) -> Vec<Finding> {
    let mut console = ConsoleScanner::keeping_dumps();
    let mut all = Vec::new();
    console.receive(text.as_bytes(), Timestamp(0), |finding| all.push(finding));
    console.tick(Timestamp(ConsoleScanner::PANIC_SILENCE_NS), |finding| all.push(finding));
    all
}

/// The reports in it, decoded.
pub fn decoded(text: &str) -> Vec<Panic> {
    let program = program();
    let report = |finding| match finding {
        Finding::Panicked(panic) | Finding::Reported(panic) => Some(panic),
        _ => None,
    };
    let mut panics: Vec<_> = found(text).into_iter().filter_map(report).collect();
    panics.iter_mut().for_each(|panic| program.decode(panic));
    panics
}

/// `leaf:5` for each step of each trace; a guess has a question mark.
pub fn steps(panic: &Panic) -> Vec<Vec<String>> {
    let step = |frame: &espalier_core::board::Frame| {
        let line = frame.location.as_ref().map_or(0, |(_, line)| *line);
        format!("{}:{line}{}", frame.function, if frame.guess { "?" } else { "" })
    };
    panic.traces.iter().map(|trace| trace.frames.iter().map(step).collect()).collect()
}

fn one(text: &str) -> Panic {
    let mut all = decoded(text);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

const WHOLE: [&str; 4] = ["leaf:5", "middle:10", "outer:16", "_start:22"];

/// With line ends of one and of two characters.
fn both_ends(text: &str) -> [String; 2] {
    let plain = text.replace("\r\n", "\n");
    [plain.replace('\n', "\r\n"), plain]
}

#[test]
fn a_task_watchdog_is_two_traces_of_a_program_that_lives() {
    for text in both_ends(include_str!("cases/01-task-wdt.txt")) {
        let all = decoded(&text);
        let told: Vec<_> = all.iter().map(|it| (it.is_death(), it.traces[0].core)).collect();
        assert_eq!(told, [(false, Some(0)), (false, Some(1))]);
        assert_eq!(steps(&all[0]), [WHOLE[..3].to_vec()]);
        assert_eq!(steps(&all[1]), [["_start:22", "outer:16"]]);
    }
}

#[test]
fn glued_pairs_are_all_steps() {
    for text in both_ends(include_str!("cases/02-glued-backtrace.txt")) {
        let panic = one(&text);
        assert_eq!(steps(&panic), [WHOLE]);
        // Its SHA-256 is not that of this program.
        assert!(matches!(panic.symbols, Some(Symbols::OtherElf(_))));
    }
}

#[test]
fn callers_have_the_line_of_their_call() {
    for text in both_ends(include_str!("cases/05-line-off-by-one.txt")) {
        let panic = one(&text);
        assert_eq!(steps(&panic), [WHOLE]);
        assert_eq!(panic.symbols, Some(Symbols::Elf("prog.elf".into())));
    }
}

#[test]
fn colours_hide_no_step() {
    for text in both_ends(include_str!("cases/06-rust-colours.txt")) {
        assert_eq!(steps(&one(&text)), [WHOLE[..3].to_vec()]);
    }
}

#[test]
fn a_table_for_a_larger_flash_is_said_to_be_one() {
    for text in both_ends(include_str!("cases/28-flash-size-notice.txt")) {
        assert_eq!(notices(&text).len(), 1);
        assert!(notices(&text)[0].contains("larger flash"));
    }
}

fn notices(text: &str) -> Vec<String> {
    let notice = |finding| match finding {
        Finding::Notice(line) => Some(line.explanation().to_string()),
        _ => None,
    };
    found(text).into_iter().filter_map(notice).collect()
}

#[test]
fn a_log_line_that_quotes_an_assert_is_no_panic() {
    let rows: String = (0..150).map(|at| format!("I ({at}) sensor: value {at}\r\n")).collect();
    let text = format!("W (61010) uplink: server answered: assert failed: quota < limit\r\n{rows}");
    assert_eq!(decoded(&text), []);
}

#[test]
fn the_stack_of_risc_v_gives_more_than_the_registers_do() {
    for text in both_ends(include_str!("cases/37-riscv-stack.txt")) {
        // The program is of Xtensa, so that its code cannot be looked at; the lines are right all the same.
        let expected = ["leaf:5", "middle:10", "outer:16?", "_start:22?"];
        assert_eq!(steps(&one(&text)), [expected]);
    }
}

#[test]
fn an_empty_flash_is_told_from_the_words_of_the_first_rom() {
    for text in both_ends(include_str!("cases/40-boot-words.txt")) {
        assert!(notices(&text).iter().any(|told| told.contains("flash is empty")), "{text}");
    }
}

#[test]
fn noise_of_a_wrong_speed_is_told_with_the_speeds_to_try() {
    let noise: Vec<u8> = (0..2000_u32)
        .map(|at| [0xfc, 0x00, 0xe0, 0x1c, 0x9c, 0x80, 0xf0, 0x5b][(at * 7 % 31 % 8) as usize])
        .collect();
    let mut told = Vec::new();
    let mut console = ConsoleScanner::default();
    console.receive(&noise, Timestamp(0), |finding| told.push(finding));
    assert!(matches!(told.as_slice(), [Finding::Notice(line)] if line.is_noise()), "{told:?}");
}

const GURU: &str =
    "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.";
const PAIRS: &str =
    "0x400d100f:0x3ffcee70 0x400d1029:0x3ffceea0 0x400d1048:0x3ffceed0 0x400d1067:0x3ffcef00";

#[test]
fn every_kind_of_line_end_and_colour_gives_the_same_steps() {
    let text = format!("{GURU}\n\nBacktrace: {PAIRS}\n\nRebooting...\n");
    let coloured =
        text.replace("Backtrace", "\x1b[1;31mBacktrace").replace("\n\nReb", "\x1b[0m\n\nReb");
    for text in [
        text.replace('\n', "\r\r\n"),
        text.replace('\n', "\n\r"),
        text.replace("Guru", "\0\0Guru"),
        text.replace("Backtrace", "\u{fffd}\u{fffd}Backtrace"),
        text.replace("0x400d", "0x400D").replace("3ffc", "3FFC"),
        coloured,
        // A line that was written over again and again.
        format!("reading 1%\rreading 12%\r{text}"),
        format!("reading 12%{text}"),
    ] {
        let panic = one(&text);
        assert_eq!(steps(&panic), [WHOLE], "{text}");
        assert_eq!(panic.message, GURU);
        assert_eq!(panic.lines, 5, "{text}");
    }
}

#[test]
fn a_report_that_is_cut_off_is_told_as_far_as_it_came() {
    // In the middle of an address, of a word, and of the first line.
    let text = format!("{GURU}\r\n\r\nBacktrace: {PAIRS}");
    let cut = text.find("48:0x3ffceed0").unwrap();
    assert_eq!(steps(&one(&text[..cut])), [WHOLE[..2].to_vec()]);
    assert_eq!(steps(&one(&text)), [WHOLE]);
    let head = one(&GURU[..50]);
    assert!(head.is_death() && head.traces.is_empty());
    // The end of one that began before anybody listened.
    let panic = one(&format!("{}\r\n\r\nRebooting...\r\n", &PAIRS[12..]));
    assert_eq!(steps(&panic), [WHOLE[1..].to_vec()]);
}

#[test]
fn a_backtrace_in_several_lines_is_one() {
    let broken = PAIRS.replacen(" 0x400d1048", "\r\n0x400d1048", 1);
    assert_eq!(steps(&one(&format!("{GURU}\r\nBacktrace: {broken}\r\nRebooting...\r\n"))), [WHOLE]);
}

#[test]
fn a_log_line_that_breaks_in_ends_the_fold_and_hides_no_step() {
    let text = format!(
        "{GURU}\r\nI (12345) wifi: still here\r\n\r\nCore  0 register dump:\r\n\
         PC      : 0x400d1012  PS      : 0x00060233\r\n\r\nBacktrace: {PAIRS}\r\n\r\nRebooting...\r\n"
    );
    let all = decoded(&text);
    let told: Vec<_> =
        all.iter().map(|it| (it.is_death(), it.message.as_str(), it.lines)).collect();
    assert_eq!(told, [(true, GURU, 1), (true, GURU, 6)]);
    assert_eq!(steps(&all[1]), [WHOLE]);
    // What comes much later, or after a start, is another story.
    let later = "fine\r\n".repeat(20);
    let text = format!("{GURU}\r\nI (1) a: b\r\n{later}Backtrace: {PAIRS}\r\n");
    assert!(!decoded(&text)[1].is_death());
}

#[test]
fn addresses_that_are_no_code_are_pairs_as_well() {
    let panic = one(&format!(
        "{GURU}\r\nPC      : 0xdeadbeef  PS      : 0x00060233\r\nBacktrace: 0x00000000:0x3ffcee70 {PAIRS}\r\n"
    ));
    let addresses: Vec<_> = panic.traces[0].points.iter().map(|it| it.address).collect();
    assert_eq!(addresses[..2], [0xdead_beef, 0], "the register as it was printed");
}

#[test]
fn what_another_monitor_has_written_between_the_lines_hides_no_step() {
    let notes = "--- 0x400d100f: leaf at prog.c:5\r\n";
    let text = format!(
        "{GURU}\r\n{notes}\r\nPC      : 0x400d1012  PS      : 0x00060233\r\n{notes}\r\nBacktrace: {PAIRS}\r\n{notes}{notes}\r\nRebooting...\r\n"
    );
    let panic = one(&text);
    assert_eq!(steps(&panic), [WHOLE]);
    assert_eq!(panic.lines, 11);
    let rust = "panicked at src/main.rs:1:1:\nboom\n\nBacktrace:\n\n0x400d100f - leaf\n    at ??:??\n0x400d1029 - middle\n    at prog.c:10\nhello\n";
    assert_eq!(steps(&one(rust)), [WHOLE[..2].to_vec()]);
}
