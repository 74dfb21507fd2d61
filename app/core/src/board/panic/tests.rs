//! A report in every format that boards print, and what may not be taken for one. All texts are made here.

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::board::Architecture;

/// Everything found in a text, the last by silence.
fn all(text: &str) -> Vec<Panic> {
    let mut fold = ReportParser::keeping_dumps();
    let lines = text.lines().enumerate();
    let mut found: Vec<Panic> =
        lines.flat_map(|(number, line)| fold.line(line, Timestamp(number as i64))).collect();
    found.extend(fold.finish());
    found
}

fn one(text: &str) -> Panic {
    let mut found = all(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// The addresses of a trace and what is looked up for them, without knowing the chip.
fn probes(trace: &Trace) -> Vec<(u32, u32)> {
    let probe = |point: &TracePoint| (point.address, point.probe(trace.architecture));
    trace.points.iter().map(probe).collect()
}

fn addresses(panic: &Panic) -> Vec<u32> {
    panic.frames().map(|frame| frame.address).collect()
}

const XTENSA: &str = "I (900) app: fine\n\
    Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled.\n\
    \n\
    Core  0 register dump:\n\
    PC      : 0x400d1012  PS      : 0x00060233  A0      : 0x800d102c  A1      : 0x3ffcee70\n\
    EXCVADDR: 0x00000008  LBEG    : 0x00000000  LEND    : 0x00000000  LCOUNT  : 0x00000000\n\
    \n\
    Backtrace: 0x400d100f:0x3ffcee70 0x400d1029:0x3ffceea0 |<-CORRUPTED\n\
    \n\
    \n\
    ELF file SHA256: 00112233aabbccdd\n\
    \n\
    Rebooting...\n\
    ets Jul 29 2019 12:21:46\n";

#[test]
fn esp_idf_on_xtensa_prints_calls_and_the_register_dump_the_crash() {
    let panic = one(XTENSA);
    assert!(panic.message.contains("StoreProhibited"));
    assert_eq!(panic.elf, "00112233aabbccdd");
    assert_eq!((panic.from, panic.to, panic.lines), (Timestamp(1), Timestamp(12), 12));
    let [trace] = panic.traces.as_slice() else { panic!("{panic:#?}") };
    assert_eq!((trace.core, trace.architecture), (Some(0), Some(Architecture::Xtensa)));
    let expected = [(0x400d_100f, 0x400d_1012), (0x400d_1029, 0x400d_1029)];
    assert_eq!(probes(trace), expected);
}

#[test]
fn esp_idf_on_risc_v_prints_returns() {
    let panic = one(
        "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.\n\
         Core  0 register dump:\n\
         MEPC    : 0x42001234  RA      : 0x42005678  SP      : 0x3fc90000  GP      : 0x3fc8b600\n\
         Backtrace: 0x42001234:0x3fc90000 0x42005678:0x3fc90020\n\
         Rebooting...\n",
    );
    let [trace] = panic.traces.as_slice() else { panic!("{panic:#?}") };
    assert_eq!(trace.architecture, Some(Architecture::RiscV));
    assert_eq!(probes(trace), [(0x4200_1234, 0x4200_1234), (0x4200_5678, 0x4200_5677)]);
    assert!(trace.stack.is_none());
}

#[test]
fn registers_and_stack_memory_stand_in_for_a_backtrace() {
    let panic = one(
        "Guru Meditation Error: Core  0 panic'ed (Illegal instruction). Exception was unhandled.\n\
         \n\
         Core  0 register dump:\n\
         MEPC    : 0x42001234  RA      : 0x42005678  SP      : 0x3fc8d0b0  GP      : 0x3fc8b600\n\
         TP      : 0x3fc89bcc  T0      : 0x37363534  S0/FP   : 0x3fc8d100  S1      : 0x00000001\n\
         \n\
         Stack memory:\n\
         3fc8d0b0: 0x3fc8d13c 0x00000020\n\
         3fc8d0b8: 0x420099aa 0xffffffff\n\
         \n\
         ELF file SHA256: 00112233aabbccdd\n\
         CPU halted.\n\
         hello\n",
    );
    let trace = &panic.traces[0];
    assert_eq!(probes(trace), [(0x4200_1234, 0x4200_1234), (0x4200_5678, 0x4200_5677)]);
    let stack = trace.stack.as_ref().expect("stack memory");
    assert_eq!((stack.pc, stack.start, stack.at_return), (0x4200_1234, 0x3fc8_d0b0, false));
    assert_eq!(stack.registers[StackDump::SP], Some(0x3fc8_d0b0));
    assert_eq!(stack.registers[8], Some(0x3fc8_d100));
    assert_eq!(stack.words().nth(2), Some(0x4200_99aa));
    assert_eq!(panic.lines, 12);
}

#[test]
fn each_core_has_its_own_trace() {
    let panic = one("Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1). \n\
         \n\
         Core  1 register dump:\n\
         PC      : 0x400d1012  PS      : 0x00060233\n\
         Core  1 was running in ISR context:\n\
         EPC1    : 0x400d1111  EPC2    : 0x00000000\n\
         \n\
         Backtrace: 0x400d100f:0x3ffcee70 0x400d1029:0x3ffceea0\n\
         \n\
         Core  0 register dump:\n\
         PC      : 0x400d104b  PS      : 0x00060233\n\
         \n\
         Backtrace: 0x400d1048:0x3ffbf380\n\
         \n\
         Rebooting...\n");
    let cores: Vec<_> = panic.traces.iter().map(|trace| (trace.core, trace.points.len())).collect();
    assert_eq!(cores, [(Some(1), 2), (Some(0), 1)]);
    assert_eq!(probes(&panic.traces[1]), [(0x400d_1048, 0x400d_104b)]);
    assert_eq!(panic.lines, 15);
}

#[test]
fn the_task_watchdog_shows_where_a_living_program_is() {
    let found = all("I (35210) app: sampling\n\
         E (37719) task_wdt: Task watchdog got triggered. The following tasks did not reset the watchdog in time:\n\
         E (37719) task_wdt: CPU 0: sampler\n\
         E (37719) task_wdt: Print CPU 0 (current core) backtrace\n\
         \n\
         \n\
         Backtrace: 0x400D100F:0x3FFBEB50 0x400D1029:0x3FFBEB70 |<-CORRUPTED\n\
         \n\
         E (37719) task_wdt: Print CPU 1 backtrace\n\
         \n\
         Backtrace: 0x400D1067:0x3FFBF380\n\
         I (38210) app: sampling\n");
    let told: Vec<_> = found.iter().map(|it| (it.kind, it.traces[0].core, addresses(it))).collect();
    let trace = ReportKind::Trace;
    assert_eq!(
        told,
        [(trace, Some(0), vec![0x400d_100f, 0x400d_1029]), (trace, Some(1), vec![0x400d_1067]),]
    );
    assert!(found[0].message.contains("Print CPU 0"));
}

#[test]
fn registers_of_a_living_program_are_a_trace_too() {
    let panic = one("E (6000) task_wdt: Print CPU 0 (current core) registers\n\
         Core  0 register dump:\n\
         MEPC    : 0x42001234  RA      : 0x42005678  SP      : 0x3fc90000\n\
         I (6010) app: on\n");
    assert_eq!((panic.kind, addresses(&panic).len()), (ReportKind::Trace, 2));
}

#[test]
fn esp_error_check_names_the_call_with_and_without_abort() {
    let said = "esp_err_t 0x102 (ESP_ERR_INVALID_ARG) at 0x400d1029\n\
         file: \"./main/main.c\" line 12\nfunc: app_main\nexpression: setup()\n";
    let goes_on = one(&format!("ESP_ERROR_CHECK_WITHOUT_ABORT failed: {said}I (12) app: on\n"));
    assert_eq!((goes_on.kind, addresses(&goes_on)), (ReportKind::Trace, vec![0x400d_1029]));
    assert!(goes_on.message.contains("ESP_ERR_INVALID_ARG"));
    let dies = one(&format!(
        "ESP_ERROR_CHECK failed: {said}\nabort() was called at PC 0x4008abcd on core 1\n\n\
         Backtrace: 0x40081111:0x3ffb1000 0x4008abcd:0x3ffb1020\nRebooting...\n"
    ));
    assert_eq!((dies.kind, addresses(&dies)), (ReportKind::Panic, vec![0x4008_1111, 0x4008_abcd]));
    assert_eq!((dies.traces[0].core, dies.lines), (Some(1), 9));
    let silent = one("abort() was called at PC 0x4008abcd on core 0\n");
    assert_eq!(addresses(&silent), [0x4008_abcd]);
}

#[test]
fn every_way_to_die_in_esp_idf_and_rust_std_is_seen() {
    for first in [
        "assert failed: app_main main.c:20 (ready)",
        "***ERROR*** A stack overflow in task main has been detected.",
        "Stack smashing protect failure!",
        "thread 'main' panicked at src/main.rs:4:5:\nboom",
        "CORRUPT HEAP: Bad head at 0x3ffb1234. Expected 0xabba1234 got 0x00000000\n\nassert failed: multi_heap_free multi_heap_poisoning.c:259 (head != NULL)",
        "Guru Meditation Error: Core  0 panic'ed (Unhandled debug exception). \nDebug exception reason: Stack canary watchpoint triggered (main) ",
        "Guru Meditation Error: Core  0 panic'ed (Stack protection fault). \n\nDetected in task \"main\" at 0x400d100f\nStack pointer: 0x3fc8d000\nStack bounds: 0x3fc8d0a0 - 0x3fc8e000",
    ] {
        let panic = one(&format!(
            "{first}\n\n\nBacktrace: 0x400d100f:0x3ffcee70 0x400d1029:0x3ffceea0\n\nRebooting...\n"
        ));
        assert_eq!(
            (panic.kind, addresses(&panic)),
            (ReportKind::Panic, vec![0x400d_100f, 0x400d_1029]),
            "{first}"
        );
        assert_eq!(panic.lines as usize, first.lines().count() + 5, "{first}");
    }
}

#[test]
fn esp_backtrace_in_colour_old_and_new() {
    let new = one("\x1b[31m\n\n\n====================== PANIC ======================\n\
         panicked at src/main.rs:42:9:\nindex out of bounds\n\nBacktrace:\n\n\
         \x1b[31m0x400d100f\n\x1b[31m0x400d1029\n\x1b[0m\nhello again\n");
    assert_eq!(new.message, "panicked at src/main.rs:42:9: index out of bounds");
    assert_eq!(probes(&new.traces[0]), [(0x400d_100f, 0x400d_100f), (0x400d_1029, 0x400d_1029)]);
    assert_eq!(new.lines, 8, "neither blanks behind nor what the program says next");
    let old = one(
        "\n\n!! A panic occured in 'src/main.rs', at line 42, column 9:\nindex out of bounds\n\n\
         Backtrace:\n\n0x400d100f\n0x400d1029\n",
    );
    assert_eq!(addresses(&old), [0x400d_100f, 0x400d_1029]);
    assert!(old.message.ends_with("column 9: index out of bounds"), "{}", old.message);
    let older = one(
        "!! A panic occured in 'src/main.rs', at line 25, column 5\n\nPanicInfo {\n    message: Some(\n        boom,\n    ),\n}\n\nBacktrace:\n\n0x400d100f\n",
    );
    assert_eq!((addresses(&older).len(), older.lines), (1, 11));
}

#[test]
fn an_exception_of_esp_backtrace_begins_with_the_instruction_that_crashed() {
    let riscv = one("Exception 'Load access fault' mepc=0x400d100f, mtval=0x00000000\n\
         TrapFrame\n\
         PC=0x400d100f         RA/x1=0x400d102e      SP/x2=0x3fc90000\n\
         T0/x5=0x00000000      T1/x6=0x00000000\n\
         \n\
         MSTATUS=0x00001881\n\
         MCAUSE=0x00000005\n\
         MTVAL=0x00000000\n\
         \x20       \n\
         0x400d1029\n\
         0x400d1048\n\n\n\n");
    assert_eq!(addresses(&riscv), [0x400d_100f, 0x400d_1029, 0x400d_1048]);
    let xtensa = one("\n\nException occured 'LoadProhibited'\n\
         Context { PC: 1074597903, PS: 393776, A0: 2148339756, A1: 1073409664 }\n\
         0x400d1029\n0x400d1048\n");
    assert_eq!(addresses(&xtensa), [0x400d_100f, 0x400d_1029, 0x400d_1048]);
    let new = one("====================== PANIC ======================\n\
         panicked at /esp-hal/src/exception_handler/mod.rs:26:5:\n\n\n\
         Exception occurred on ProCpu 'StoreProhibited'\n\
         Context\n\
         PC=0x400d100f       PS=0x00060330\n\
         A0=0x800d102c       A1=0x3ffe7940\n\n\
         Backtrace:\n\n0x40081234\n0x400d1029\n");
    assert_eq!(addresses(&new), [0x400d_100f, 0x4008_1234, 0x400d_1029]);
    assert!(new.message.ends_with("'StoreProhibited'"), "{}", new.message);
    let overflow = one("Stack overflow detected at 0x400d100f called by 0x400d102e\n");
    assert_eq!(
        probes(&overflow.traces[0]),
        [(0x400d_100f, 0x400d_100f), (0x400d_102e, 0x400d_102d)]
    );
}

#[test]
fn the_stack_dump_of_esp_backtrace_is_kept_for_unwinding() {
    let panic = one(
        "====================== PANIC ======================\npanicked at src/main.rs:1:1:\nboom\n\n\
         Backtrace:\n\n\
         No backtrace available - make sure to force frame-pointers. (see https://crates.io/crates/esp-backtrace)\n\
         STACKDUMP: 42001234 0100000034120042\n",
    );
    let stack = panic.traces[0].stack.as_ref().expect("stack memory");
    assert_eq!((stack.pc, stack.at_return, stack.memory.len()), (0x4200_1234, true, 8));
    assert_eq!(probes(&panic.traces[0]), [(0x4200_1234, 0x4200_1233)]);
}

#[test]
fn esphome_tells_of_the_last_crash_in_log_lines() {
    let xtensa = "[12:31:55][E][esp32.crash:221]: *** CRASH DETECTED ON PREVIOUS BOOT ***\n\
         [12:31:55][E][esp32.crash:224]:   Reason: Fault - StoreProhibited\n\
         [12:31:55][E][esp32.crash:226]:   Crashed core: 1\n\
         [12:31:55][E][esp32.crash:228]:   PC:  0x400D1012  (fault location)\n\
         [12:31:55][E][esp32.crash:242]:   BT0: 0x400D100F  (backtrace)\n\
         [12:31:55][E][esp32.crash:242]:   BT1: 0x400D1029  (backtrace)\n\
         [12:31:55][E][esp32.crash:250]:   Other core (0) backtrace:\n\
         [12:31:55][E][esp32.crash:242]:   BT0: 0x400D1048  (backtrace)\n\
         [12:31:55][E][esp32.crash:260]: Use: addr2line -pfiaC -e firmware.elf 0x400D1012 0x400D100F\n\
         [12:31:55][I][app:100]: fine\n";
    let panic = one(xtensa);
    assert_eq!(panic.kind, ReportKind::LastCrash);
    assert!(panic.message.ends_with("Fault - StoreProhibited"), "{}", panic.message);
    let [crashed, other] = panic.traces.as_slice() else { panic!("{panic:#?}") };
    assert_eq!(probes(crashed), [(0x400d_100f, 0x400d_1012), (0x400d_1029, 0x400d_1029)]);
    assert_eq!((crashed.core, other.core, other.points.len()), (Some(1), Some(0), 1));
    let riscv = one("[E][esp32.crash:322]: *** CRASH DETECTED ON PREVIOUS BOOT ***\n\
         [E][esp32.crash:330]:   PC:  0x42023756  (fault location)\n\
         [E][esp32.crash:295]:   BT0: 0x42023756  (backtrace)\n\
         [E][esp32.crash:295]:   BT1: 0x42026DAE  (backtrace)\n\
         [E][esp32.crash:295]:   BT2: 0x42007868  (stack scan)\n\
         [I][app:100]: fine\n");
    let expected = [0x4202_3756, 0x4202_6dad, 0x4200_7867];
    let probed: Vec<_> = probes(&riscv.traces[0]).into_iter().map(|(_, probe)| probe).collect();
    assert_eq!(probed, expected);
    assert_eq!(riscv.frames().map(|frame| frame.guess).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_jump_to_nowhere_is_a_step() {
    let panic = one(
        "Guru Meditation Error: Core  0 panic'ed (InstrFetchProhibited). Exception was unhandled.\n\
         Core  0 register dump:\n\
         PC      : 0x00000000  PS      : 0x00060030  A0      : 0x800d1234\n\
         Backtrace:0xfffffffd:0x3ffb1f50 0x400d1231:0x3ffb1f70\n\
         Rebooting...\n",
    );
    assert_eq!(addresses(&panic), [0xffff_fffd, 0x400d_1231]);
    assert_eq!(panic.traces[0].points[0].crashed_at, Some(0));
    assert!(panic.traces[0].frames[0].is_nowhere() && !panic.traces[0].frames[1].is_nowhere());
}

#[test]
fn a_core_dump_is_one_report_that_can_be_kept() {
    let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n".repeat(700);
    let dump = format!(
        "================= CORE DUMP START =================\n{base64}AAE=\n================= CORE DUMP END =================\n"
    );
    let panic = one(&format!(
        "Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled.\n\n\
         Backtrace: 0x400d100f:0x3ffcee70\n\n{dump}\nRebooting...\nhello\n"
    ));
    let kept = panic.dump.as_ref().expect("a dump");
    // Its lines are whole; what is in them is no core dump.
    assert_eq!((kept.state, kept.bytes.len()), (CoreDumpState::Unknown, 700 * 48 + 2));
    assert_eq!(panic.lines, 4 + 703 + 2);
    let alone = one(&dump);
    assert_eq!((alone.kind, alone.lines), (ReportKind::CoreDump, 703));
    let broken = one(&format!("{}I (5) app: on\n", &dump[..dump.len() / 2]));
    // In the middle of a line, so that one is damaged, too.
    let state = broken.dump.expect("what came").state;
    assert!(matches!(state, CoreDumpState::Garbled | CoreDumpState::CutOff), "{state:?}");
    let mut frugal = ReportParser::default();
    let found: Vec<_> = dump.lines().flat_map(|line| frugal.line(line, Timestamp(0))).collect();
    assert!(found.is_empty() && frugal.finish().is_some_and(|it| it.dump.is_none()));
}

#[test]
fn a_damaged_line_does_not_end_a_core_dump_and_what_is_none_does() {
    let line = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\r\n";
    let start = "================= CORE DUMP START =================\r\n";
    let end =
        "================= CORE DUMP END =================\r\nCoredump checksum='f7feda1a'\r\n";
    let garbled = one(&format!("{start}{line}AAECAw\u{fffd}FB\r\n{line}{end}hello\r\n"));
    let state = garbled.dump.as_ref().map(|dump| dump.state);
    assert_eq!((state, garbled.lines), (Some(CoreDumpState::Garbled), 6));
    for next in ["I (12) app: hello", "ESP-ROM:esp32c3-api1-20210207", "hello world\na\nb\nc c\nd"]
    {
        let cut = one(&format!("{start}{line}{line}{next}\n"));
        assert_eq!(cut.lines, 3, "{next}");
        assert!(cut.dump.is_some_and(|dump| !dump.state.is_good()), "{next}");
    }
}

#[test]
fn what_old_versions_of_esp_idf_say_first_is_seen() {
    let trace = "Backtrace: 0x400d100f:0x3ffcee70\nRebooting...\n";
    for first in [
        "Guru Meditation Error of type LoadProhibited occurred on core  1. Exception was unhandled.\nRegister dump:",
        "/idf/freertos/queue.c:1442 (xQueueGenericReceive)- assert failed!\nabort() was called at PC 0x400d1029 on core 1\n",
        "Undefined behavior of type out_of_bounds\n\nabort() was called at PC 0x400d1029 on core 1\n",
    ] {
        let panic = one(&format!("{first}\n{trace}"));
        assert_eq!(Some(panic.message.as_str()), first.lines().next());
        assert_eq!((panic.kind, panic.traces[0].core), (ReportKind::Panic, Some(1)), "{first}");
    }
}

#[test]
fn the_address_in_a_message_is_of_the_registers_that_follow() {
    let panic = one("Guru Meditation Error: Core  0 panic'ed (Stack protection fault). \n\n\
         Detected in task \"main\" at 0x42001234\nStack pointer: 0x3fc8d000\nStack bounds: 0x3fc8d0a0 - 0x3fc8e000\n\n\
         Core  0 register dump:\nMEPC    : 0x42001234  RA      : 0x42005678  SP      : 0x3fc8d0b0\n\
         Stack memory:\n3fc8d0b0: 0x3fc8d13c 0x00000020\n\nRebooting...\n");
    let [trace] = panic.traces.as_slice() else { panic!("{panic:#?}") };
    assert_eq!(probes(trace), [(0x4200_1234, 0x4200_1234), (0x4200_5678, 0x4200_5677)]);
}

#[test]
fn a_log_line_that_quotes_a_panic_is_none() {
    let quotes = "I (61000) uplink: connected\n\
        W (61010) uplink: server answered: assert failed: quota < limit\n\
        E (61020) uplink: Guru Meditation Error: Core  0 panic'ed (LoadProhibited)\n\
        [  2310][E][main.cpp:20] loop(): abort() was called at PC 0x400d1234 on core 0\n\
        INFO - panicked at src/main.rs:1:2:\n\
        the server's log: panicked at src/main.rs:1:2:\n\
        assert failed: quota < limit\n";
    assert_eq!(all(quotes), []);
}

#[test]
fn what_nobody_knows_is_no_part_of_a_report() {
    let text = "abort() was called at PC 0x400d1234 on core 0\n".to_owned() + &"x\n".repeat(500);
    assert_eq!(one(&text).lines, 1);
    let text = "abort() was called at PC 0x400d1234 on core 0\nwhy\n\nBacktrace: 0x400d1231:0x3ffb1000\nx\ny\n";
    assert_eq!(one(text).lines, 4);
}

#[test]
fn two_panics_without_a_boot_between_them_are_two() {
    let found =
        all(&format!("{XTENSA}{XTENSA}").replace("Rebooting...\nets Jul 29 2019 12:21:46\n", ""));
    assert_eq!(found.iter().map(|it| it.lines).collect::<Vec<_>>(), [10, 10]);
}

/// Lines of healthy programs, in every shape.
const HEALTHY: [&str; 9] = [
    "I (61100) sensor: value 0",
    "W (2026-11-26 20:15:03.250) app: long date",
    "[   106][I][main.cpp:20] setup(): starting",
    "[12:31:55][I][app:100]: fine",
    "INFO - connected",
    "rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
    "ESP-ROM:esp32c3-api1-20210207",
    "W (61010) uplink: server answered: assert failed: f a.c:1 (quota < limit)",
    "E (5) x: Guru Meditation Error: Core  0 panic'ed (LoadProhibited)",
];

proptest! {
    /// However healthy lines and the beginnings of reports follow each other: no healthy line counts as part of one.
    #[test]
    fn no_healthy_line_is_part_of_a_report(
        pieces in proptest::collection::vec((0_usize..HEALTHY.len(), 0_usize..6, 0_usize..14), 0..12)
    ) {
        let reports = [
            XTENSA.split_once('\n').map_or("", |(_, report)| report),
            "abort() was called at PC 0x400d1234 on core 0\n\n\nwhat\nBacktrace: 0x400d1231:0x3ffb1000\n",
            "====================== PANIC ======================\npanicked at a.rs:1:2:\nboom\n\nBacktrace:\n\n0x42001234\n",
            "Core  0 register dump:\nMEPC    : 0x42001234  RA      : 0x42005678\n\nStack memory:\n3fc8d0b0: 0x3fc8d13c 0x00000020\n",
            "================= CORE DUMP START =================\nAAEC\nAAEC\n",
            "Exception 'Load access fault' mepc=0x400d100f, mtval=0x00000000\n0x400d1029\n",
        ];
        let mut fold = ReportParser::default();
        for (healthy, report, length) in pieces {
            for line in reports[report].lines().take(length) {
                fold.line(line, Timestamp(0));
            }
            fold.line(HEALTHY[healthy], Timestamp(0));
            // The line was the end of what was under way.
            prop_assert_eq!(fold.open_since(), None, "{}", HEALTHY[healthy]);
        }
    }

    /// Nothing that a board may print makes it fail or grow.
    #[test]
    fn noise_is_harmless(lines in proptest::collection::vec("(Guru Meditation Error: Core 0|Backtrace:|0x|STACKDUMP: |MEPC : 0x|abort\\(\\) was called at PC 0x)?\\PC{0,40}", 0..40)) {
        let mut fold = ReportParser::keeping_dumps();
        for line in &lines {
            for panic in fold.line(line, Timestamp(0)) {
                prop_assert!(panic.lines as usize <= lines.len());
            }
        }
    }
}
