//! Crash reports get their names: by architecture, by the ELF that fits, from memory of the stack.

use std::io::Write as _;
use std::path::Path;

use espalier_core::board::{BoardCommand, Frame, Panic, ReportKind, Symbols};
use espalier_core::session::{SerialSpec, SessionEvent};
use espalier_engine::board::ports::NoSimulatedBoards;
use espalier_engine::board::symbols::SymbolSource;
use serialport::{SerialPort as _, TTYPort};
use sha2::{Digest as _, Sha256};

use super::bench::Desk;
use super::elf::{Elf, RISC_V, XTENSA};

/// Functions of 16 bytes, one behind the other, from 0x4200_0000 on: the last address of a call in one is the first of
/// the next one.
const FUNCTIONS: [&str; 4] = ["leaf", "middle", "outer", "start"];
const BASE: u32 = 0x4200_0000;

fn program(machine: u16) -> Elf {
    let elf = Elf::new(machine).section(".text", BASE, code());
    FUNCTIONS.iter().zip(0..).fold(elf, |elf, (name, at)| elf.function(name, BASE + 16 * at, 16))
}

/// Each function ends with `jal ra`; four bytes behind its beginning stands a `c.jalr`.
fn code() -> Vec<u8> {
    let nop = [0x13, 0, 0, 0];
    let function = [&nop[..], &[0x82, 0x94, 0x01, 0x00], &nop[..], &[0xef, 0, 0, 0]].concat();
    function.repeat(4)
}

/// What the call frame information of the same program says: each function but the leaf has 16 bytes of stack, with the
/// return address in the uppermost word; the leaf has none.
fn frames_of_calls() -> Vec<u8> {
    // Version 1, code by 1, data by -4, return address in x1; the frame begins at x2 + 0.
    let mut cie = vec![0xff, 0xff, 0xff, 0xff, 1, 0, 1, 0x7c, 1, 0x0c, 2, 0];
    cie.resize(12, 0);
    let mut all = (cie.len() as u32).to_le_bytes().to_vec();
    all.extend(cie);
    for at in 0..4_u32 {
        let mut fde = 0_u32.to_le_bytes().to_vec();
        fde.extend((BASE + 16 * at).to_le_bytes());
        fde.extend(16_u32.to_le_bytes());
        fde.extend(match at {
            0 => [0, 0, 0, 0],
            // The caller of the outermost one is unknown.
            3 => [0x07, 1, 0, 0],
            _ => [0x0e, 16, 0x81, 1],
        });
        all.extend((fde.len() as u32).to_le_bytes());
        all.extend(fde);
    }
    all
}

fn source(elf: Elf) -> SymbolSource {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), elf.build()).unwrap();
    SymbolSource::elf(file.path()).unwrap()
}

fn panic_of(text: &str) -> Panic {
    let mut fold = espalier_core::board::ReportParser::default();
    let at = espalier_core::Timestamp(0);
    let mut found: Vec<_> = text.lines().flat_map(|line| fold.line(line, at)).collect();
    found.extend(fold.finish());
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn names(panic: &Panic) -> Vec<(&str, bool)> {
    panic.frames().map(|Frame { function, guess, .. }| (function.as_str(), *guess)).collect()
}

#[test]
fn the_program_tells_what_the_addresses_of_a_backtrace_are() {
    // Nothing in the text but the addresses; these chips have programs at the same place.
    let text = "Backtrace: 0x42000008:0x3fc90000 0x42000020:0x3fc90010\n";
    for (machine, caller) in [(XTENSA, "outer"), (RISC_V, "middle")] {
        let mut panic = panic_of(text);
        source(program(machine)).decode(&mut panic);
        assert_eq!(names(&panic), [("leaf", false), (caller, false)]);
    }
}

const REGISTERS: &str = "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.\n\
    Core  0 register dump:\n\
    MEPC    : 0x42000008  RA      : 0x42000016  SP      : 0x3fc8d0b0  GP      : 0x3fc8b600\n\
    Stack memory:\n";

/// Two frames of 16 bytes: return addresses at their tops (to the middle of `outer` and of `start`), and below them what an
/// old call left behind.
const STACK: &str = "3fc8d0b0: 0x42000010 0x42000036 0x00000001 0x42000026 0x42000020 0x3fc8d0b0 0x00000002 0x42000040\n\
    3fc8d0d0: 0x00000003 0x00000004 0x42000016 0x00000005\n";

#[test]
fn a_stack_is_walked_by_call_frame_information() {
    let mut panic = panic_of(&format!("{REGISTERS}{STACK}"));
    source(program(RISC_V).section(".debug_frame", 0, frames_of_calls())).decode(&mut panic);
    let expected = [("leaf", false), ("middle", false), ("outer", false), ("start", false)];
    assert_eq!(names(&panic), expected, "{panic:#?}");
}

#[test]
fn without_call_frame_information_the_stack_is_searched_for_returns() {
    let stack =
        "3fc8d0b0: 0x42000016 0x42000014 0x42000026 0x3fc8d0b0 0x4200002c 0x42000040 0x42000028\n";
    let mut panic = panic_of(&format!("{REGISTERS}{stack}"));
    source(program(RISC_V)).decode(&mut panic);
    // Not the value that the register has, what follows no call.
    let expected = [("leaf", false), ("middle", false), ("outer", true), ("start", true)];
    assert_eq!(names(&panic), expected, "{panic:#?}");
}

/// A port without a board: we hold the other end.
fn pair() -> (TTYPort, Desk) {
    let (master, slave) = TTYPort::pair().unwrap();
    let desk = Desk::open(slave.name().unwrap());
    drop(slave);
    desk.wait_open();
    (master, desk)
}

const PANIC: &str = "==== PANIC ====\npanicked at src/main.rs:1:1:\nboom\n\nBacktrace:\n\n0x42000104\n\nI (9) main: on\n";

fn choose(desk: &Desk, path: &Path) {
    desk.ask(BoardCommand::Symbols(Some(path.to_owned())));
    desk.wait_status("symbols", |status| status.symbols.as_ref().map(drop));
}

fn write(path: &Path, function: &str) -> String {
    let elf = Elf::new(RISC_V).section(".text", 0x4200_0100, vec![0x13; 64]);
    let bytes = elf.function(function, 0x4200_0100, 64).build();
    std::fs::write(path, &bytes).unwrap();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Waits for the panic of this number; its first function and what it was decoded with.
fn nth(desk: &Desk, count: usize) -> (String, Option<Symbols>) {
    desk.wait_status("a panic", |status| {
        let panic = status.panics.get(count - 1)?;
        Some((panic.frames().next()?.function.clone(), panic.symbols.clone()))
    })
}

#[test]
fn an_elf_that_is_built_anew_is_taken_by_itself_unless_the_old_one_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.elf");
    let old = write(&path, "old");
    let (mut far, desk) = pair();
    choose(&desk, &path);
    far.write_all(PANIC.as_bytes()).unwrap();
    assert_eq!(nth(&desk, 1).0, "old");
    write(&path, "renewed");
    far.write_all(PANIC.as_bytes()).unwrap();
    assert_eq!(nth(&desk, 2), ("renewed".to_owned(), Some(Symbols::Elf("app.elf".into()))));
    // The board says that it runs the one before.
    writeln!(far, "I (30) app_init: ELF file SHA256:  {}...", &old[..16]).unwrap();
    far.write_all(PANIC.as_bytes()).unwrap();
    assert_eq!(nth(&desk, 3), ("old".to_owned(), Some(Symbols::Elf("app.elf".into()))));
}

#[test]
fn an_elf_of_another_build_is_said_to_be_one_before_it_names_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.elf");
    write(&path, "here");
    let (mut far, desk) = pair();
    choose(&desk, &path);
    let other = Symbols::OtherElf("app.elf".into());
    far.write_all(b"I (30) app_init: ELF file SHA256:  0123456789abcdef...\n").unwrap();
    desk.wait_status("a doubt", |status| (status.symbols == Some(other.clone())).then_some(()));
    desk.wait("a word about it", |heard| {
        let told = |event: &SessionEvent| matches!(event, SessionEvent::Note(text) if text.contains("another build"));
        heard.events.iter().any(told).then_some(())
    });
    far.write_all(PANIC.as_bytes()).unwrap();
    assert_eq!(nth(&desk, 1), ("here".to_owned(), Some(other)));
}

#[test]
fn what_was_shown_bare_gets_its_names_when_the_chip_becomes_known() {
    let (mut far, desk) = pair();
    let images = espalier_engine::board::images::bundled();
    let image = images.first().unwrap();
    let symbols = espalier_engine::board::images::symbols(image.chip).unwrap();
    let address = symbols.ranges[symbols.ranges.len() / 2].start;
    write!(far, "==== PANIC ====\npanicked at src/main.rs:1:1:\nboom\n\nBacktrace:\n\n{address:#010x}\n\nI (9) a: b\n")
        .unwrap();
    desk.wait_status("a bare panic", |status| {
        status.panics.last().map(|it| assert!(it.is_nameless()))
    });
    // No ROM banner: our firmware itself tells the chip.
    let (version, slug) = (&image.version, image.chip.slug());
    writeln!(far, "I (1) boot: started app=espalier version={version} chip={slug} reset=panic")
        .unwrap();
    let panic = desk.wait_status("names", |status| {
        status.panics.last().filter(|panic| !panic.is_nameless()).cloned()
    });
    assert_eq!(panic.symbols, Some(Symbols::Bundled(image.chip)));
    let told = SessionEvent::Backtrace { core: None, symbols: panic.symbols };
    desk.wait("the backtrace in the log", |heard| heard.events.contains(&told).then_some(()));
}

#[test]
fn the_trace_of_a_living_program_is_decoded_and_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.elf");
    write(&path, "here");
    let (mut far, desk) = pair();
    choose(&desk, &path);
    far.write_all(b"E (7) task_wdt: Print CPU 1 backtrace\n\nBacktrace: 0x42000104:0x3fc90000\n")
        .unwrap();
    assert_eq!(nth(&desk, 1).0, "here");
    let panic = desk.wait_status("it", |status| status.panics.last().cloned());
    assert_eq!((panic.kind, panic.traces[0].core), (ReportKind::Trace, Some(1)));
}

#[test]
fn traces_of_two_cores_that_come_at_once_are_both_kept() {
    let (mut far, desk) = pair();
    let trace = |core: u8, at: u32| {
        format!("E (7) task_wdt: Print CPU {core} backtrace\n\nBacktrace: {at:#010x}:0x3ffb1000\n")
    };
    far.write_all(format!("{}{}", trace(0, 0x400d_1000), trace(1, 0x400d_2000)).as_bytes())
        .unwrap();
    let cores = desk.wait_status("both", |status| {
        let cores: Vec<_> = status.panics.iter().map(|panic| panic.traces[0].core).collect();
        (cores.len() == 2).then_some(cores)
    });
    assert_eq!(cores, [Some(0), Some(1)]);
}

#[test]
fn the_log_tells_which_core_a_trace_is_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.elf");
    write(&path, "here");
    let (mut far, desk) = pair();
    choose(&desk, &path);
    let dump = |core: u8| {
        format!(
            "Core  {core} register dump:\nPC      : 0x42000107  PS      : 0x00060033\n\nBacktrace: 0x42000104:0x3ffb1000\n\n"
        )
    };
    let first = "Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1).\n\n";
    far.write_all(format!("{first}{}{}Rebooting...\n", dump(1), dump(0)).as_bytes()).unwrap();
    let cores = desk.wait("both traces", |heard| {
        let core = |event: &SessionEvent| match event {
            SessionEvent::Backtrace { core, .. } => Some(*core),
            _ => None,
        };
        let cores: Vec<_> = heard.events.iter().filter_map(core).collect();
        (cores.len() == 2).then_some(cores)
    });
    assert_eq!(cores, [Some(1), Some(0)]);
}

#[test]
fn an_elf_that_is_asked_for_with_the_port_is_used_and_one_that_comes_later_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.elf");
    let (master, slave) = TTYPort::pair().unwrap();
    let spec = SerialSpec { elf: Some(path.clone()), ..SerialSpec::new(slave.name().unwrap()) };
    let desk = Desk::with(spec, std::sync::Arc::new(NoSimulatedBoards));
    drop(slave);
    let mut far = master;
    desk.wait_open();
    // It is not built yet: told, and waited for.
    desk.wait("a complaint", |heard| {
        let told = |event: &SessionEvent| matches!(event, SessionEvent::Note(text) if text.contains("app.elf"));
        heard.events.iter().any(told).then_some(())
    });
    write(&path, "built");
    far.write_all(PANIC.as_bytes()).unwrap();
    assert_eq!(nth(&desk, 1), ("built".to_owned(), Some(Symbols::Elf("app.elf".into()))));
}

#[test]
fn a_choice_and_what_is_flashed_are_told_to_be_remembered() {
    let (_far, desk) = pair();
    desk.ask(BoardCommand::Symbols(Some("/build/app.elf".into())));
    desk.wait("the choice", |heard| heard.elf.clone());
    desk.ask(BoardCommand::Symbols(None));
    desk.wait("none", |heard| heard.elf.is_none().then_some(()));
}

#[test]
fn an_elf_for_the_other_kind_of_processor_is_another_program() {
    let mut panic = panic_of(&format!("{REGISTERS}{STACK}"));
    source(program(XTENSA)).decode(&mut panic);
    assert!(matches!(panic.symbols, Some(Symbols::OtherElf(_))), "{panic:#?}");
}
