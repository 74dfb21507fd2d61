//! Monitoring: one owner, no byte lost, the same board after it was away.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::board::{BoardCommand, FaultKind, LinkState, PortAccess, PortKind, Symbols};
use espalier_core::session::{EndReason, SerialSpec, SessionEvent};
use espalier_engine::board::ports::{NoSimulatedBoards, Ports, look_up};
use espalier_engine::receipt::{Piece, UnsentCounter};
use espalier_simulator::Chip;
use serialport::{SerialPort as _, TTYPort};

use super::bench::{Bench, Desk, noise};
use super::elf::{Elf, RISC_V};

/// A port without a board: we hold the other end.
fn pair() -> (TTYPort, String) {
    let (mut master, slave) = TTYPort::pair().unwrap();
    master.set_timeout(Duration::from_secs(10)).unwrap();
    let name = slave.name().unwrap();
    drop(slave);
    (master, name)
}

#[test]
fn bytes_go_both_ways_unaltered() {
    let (mut far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    let all: Vec<u8> = (0..=255).cycle().take(50_000).map(|byte: u16| byte as u8).collect();
    let (out, back) = (all.clone(), all.clone());
    let reader = std::thread::Builder::new().name("far".into()).spawn(move || {
        let mut got = vec![0; out.len()];
        far.write_all(&out).unwrap();
        far.read_exact(&mut got).unwrap();
        (far, got)
    });
    desk.wait("all bytes", |heard| (heard.received.len() == 50_000).then_some(()));
    desk.send(&back);
    desk.wait("all bytes sent", |heard| (heard.sent.len() == 50_000).then_some(()));
    let (_far, got) = reader.unwrap().join().unwrap();
    assert!(got == all);
    desk.wait("the same bytes", |heard| (heard.received == all && heard.sent == all).then_some(()));
    assert_eq!(desk.link.queued(), 0);
}

#[test]
fn boot_log_is_understood() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let status =
        desk.wait_status("a restart loop", |status| status.restart_loop.map(|_| status.clone()));
    assert!(status.starts >= 3 && !status.boot.unwrap().download);
    assert!(
        status.notice.as_ref().unwrap().explanation().contains("flash is empty"),
        "{:?}",
        status.notice
    );
    bench.board.enter_download_mode();
    desk.wait_status("the loader", |status| {
        status.boot.as_ref().filter(|boot| boot.download).map(drop)
    });
}

#[test]
fn panic_of_the_board_comes_back_with_names_of_the_bundled_firmware() {
    let (mut far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    // The newer chips run code from flash at 0x42000000; the first one has another map.
    let in_flash = |image: &espalier_core::board::ImageInfo| {
        let symbols = espalier_engine::board::images::symbols(image.chip).ok()?;
        let mut starts = symbols.ranges.iter().map(|range| range.start);
        Some((image.chip, starts.find(|at| at >> 24 == 0x42)?))
    };
    let images = espalier_engine::board::images::bundled();
    let (chip, address) = images.iter().find_map(in_flash).unwrap();
    writeln!(far, "ESP-ROM:{}-api1-20210207", chip.slug()).unwrap();
    let version = images.iter().find(|image| image.chip == chip).unwrap().version.clone();
    let slug = chip.slug();
    writeln!(far, "I (1) boot: started app=espalier version={version} chip={slug} reset=power-on")
        .unwrap();
    desk.wait_status("symbols", |status| status.symbols.clone());
    writeln!(far, "====================== PANIC ======================").unwrap();
    writeln!(far, "panicked at src/main.rs:1:1:\nboom\n\nBacktrace:\n\n{address:#010x}").unwrap();
    let panic = desk.wait_status("a decoded panic", |status| status.panics.last().cloned());
    assert_eq!(panic.message, "panicked at src/main.rs:1:1: boom");
    assert!(!panic.is_nameless() && !panic.traces[0].frames[0].function.is_empty(), "{panic:?}");
    let symbols = Some(Symbols::Bundled(chip));
    let told: Vec<_> = std::iter::once(SessionEvent::Backtrace { core: None, symbols })
        .chain(panic.frames().cloned().map(SessionEvent::Frame))
        .collect();
    desk.wait("the backtrace in the log", |heard| heard.events.ends_with(&told).then_some(()));
}

#[test]
fn panic_of_a_foreign_program_has_no_names_until_its_elf_is_chosen() {
    let (mut far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    writeln!(far, "ESP-ROM:esp32c3-api1-20210207\nI (1) main: hello").unwrap();
    let panic = "panicked at src/main.rs:1:1:\nboom\n\nBacktrace:\n\n0x42000100";
    writeln!(far, "==== PANIC ====\n{panic}\nRebooting...").unwrap();
    let found = desk.wait_status("the panic", |status| status.panics.last().cloned());
    assert_eq!(
        found.traces[0].frames[0].function, "",
        "the bundled firmware's names would be lies"
    );
    let nothing = SessionEvent::Backtrace { core: None, symbols: None };
    desk.wait("a word about it", |heard| heard.events.contains(&nothing).then_some(()));
    let elf = tempfile::Builder::new().suffix(".elf").tempfile().unwrap();
    std::fs::write(elf.path(), elf_with_function("here", 0x4200_0000, 0x200)).unwrap();
    let choose = BoardCommand::Symbols(Some(elf.path().to_owned()));
    desk.ask(choose);
    desk.wait("the backtrace in the log", |heard| {
        let named = |event: &SessionEvent| matches!(event, SessionEvent::Frame(frame) if frame.function == "here");
        heard.events.iter().any(named).then_some(())
    });
    let status = desk.wait_status("the names", |status| {
        let named =
            status.panics.last().is_some_and(|it| it.traces[0].frames[0].function == "here");
        named.then(|| status.clone())
    });
    assert_eq!(status.panics.len(), 1);
    assert!(matches!(status.symbols, Some(Symbols::Elf(_))));
    desk.ask(BoardCommand::Symbols(None));
    desk.wait_status("no names again", |status| status.symbols.is_none().then_some(()));
}

/// An ELF file of one function.
fn elf_with_function(name: &str, start: u32, size: u32) -> Vec<u8> {
    Elf::new(RISC_V).section(".text", start, Vec::new()).function(name, start, size).build()
}

#[test]
fn board_that_was_unplugged_is_open_again_within_300_ms_of_its_return() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("port");
    let bench = Bench::with(Chip::Esp32c3, |spec| spec.link = Some(link.clone()));
    let desk = Desk::open(link.to_str().unwrap());
    desk.wait_open();
    bench.board.unplug();
    let fault = desk.wait("the loss", |heard| heard.waiting.first().cloned());
    assert_eq!(fault.kind, FaultKind::Gone);
    desk.wait_status("away", |status| (status.link == LinkState::Away).then_some(()));
    desk.send(b"lost");
    desk.wait("a word about what was not sent", |heard| {
        let told = |event: &SessionEvent| matches!(event, SessionEvent::Note(text) if text.contains("not sent"));
        heard.events.iter().any(told).then_some(())
    });
    bench.board.plug_in();
    let back = Instant::now();
    desk.wait("the return", |heard| (heard.opened.len() == 2).then_some(()));
    // A measure, not an assertion: the machine may be busy.
    eprintln!("open again after {:?}", back.elapsed());
    desk.wait_status("monitoring", |status| (status.link == LinkState::Monitoring).then_some(()));
}

#[test]
fn bare_pty_that_is_gone_is_not_waited_for() {
    let (far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    drop(far);
    let (reason, _) = desk.wait("the end", |heard| heard.ended.clone());
    assert_eq!(reason, EndReason::PortGone);
}

#[test]
fn reset_without_modem_lines_says_so_and_harms_nothing() {
    let (mut far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    desk.ask(BoardCommand::Reset);
    desk.wait("a note", |heard| {
        let told = |event: &SessionEvent| matches!(event, SessionEvent::Note(text) if text.contains("no modem lines"));
        heard.events.iter().any(told).then_some(())
    });
    far.write_all(b"still here").unwrap();
    desk.wait_text("still here");
}

#[test]
fn speed_and_framing_change_on_the_open_port() {
    let (_far, name) = pair();
    let desk = Desk::open(name.clone());
    desk.wait_open();
    let spec = SerialSpec { baud: 57_600, ..SerialSpec::new(name) };
    desk.link.configure(spec).unwrap();
    desk.wait("a note", |heard| {
        let told = |event: &SessionEvent| matches!(event, SessionEvent::Note(text) if text.contains("57600 baud, 8N1"));
        heard.events.iter().any(told).then_some(())
    });
    desk.wait("one opening", |heard| (heard.opened.len() == 1).then_some(()));
}

#[test]
fn what_is_asked_before_the_port_is_open_is_done_when_it_is() {
    for _ in 0..20 {
        let (mut far, name) = pair();
        let desk = Desk::open(name);
        desk.send(b"early");
        desk.wait_open();
        let mut got = [0; 5];
        far.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"early");
    }
}

#[test]
fn closing_frees_the_port() {
    let (_far, name) = pair();
    let desk = Desk::open(name.clone());
    desk.wait_open();
    assert_eq!(look_up(&name).unwrap().access, PortAccess::Ours);
    desk.link.close();
    let (reason, _) = desk.wait("the end", |heard| heard.ended.clone());
    assert_eq!(reason, EndReason::ClosedByUs);
    let info = look_up(&name).unwrap();
    assert_eq!((info.access, info.kind), (PortAccess::Free, PortKind::Pty));
}

#[test]
fn port_that_is_not_there_yet_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("port");
    let desk = Desk::open(link.to_str().unwrap());
    desk.wait("a word", |heard| heard.waiting.first().map(drop));
    let _bench = Bench::with(Chip::Esp32c6, |spec| spec.link = Some(link.clone()));
    desk.wait_text("ESP-ROM:esp32c6");
}

#[test]
fn list_of_ports_is_kept_fresh_in_the_background() {
    let (told, hears) = std::sync::mpsc::sync_channel(16);
    let ports = Ports::watch(Arc::new(NoSimulatedBoards), move || {
        told.try_send(()).ok();
    })
    .unwrap();
    // A machine without ports has nothing to tell; the list is empty then, not missing.
    hears.recv_timeout(Duration::from_millis(500)).ok();
    for port in ports.latest().iter() {
        assert!(!port.name.is_empty() && !port.friendly_name().is_empty());
    }
}

#[test]
fn port_that_takes_nothing_more_still_obeys() {
    let (_far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    desk.send(&noise(1 << 20));
    // What the system takes is less than a piece, and then nothing.
    desk.wait("something sent", |heard| (!heard.sent.is_empty()).then_some(()));
    std::thread::sleep(Duration::from_millis(300));
    assert!(desk.link.queued() > 0);
    desk.link.close();
    let (reason, _) = desk.wait("the end", |heard| heard.ended.clone());
    assert_eq!(reason, EndReason::ClosedByUs);
}

#[test]
fn what_still_waits_when_the_port_is_closed_is_told_and_waits_no_more() {
    let (_far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    let unsent = UnsentCounter::default();
    for length in [1 << 20, 1000] {
        let piece = Piece::new(noise(length).into(), Some(unsent.receipt()));
        desk.link.write(piece).unwrap();
    }
    desk.wait("something sent", |heard| (!heard.sent.is_empty()).then_some(()));
    desk.link.close();
    let (told, sent) = desk.wait("the end", |heard| {
        let told = heard.events.iter().find_map(|event| match event {
            SessionEvent::Note(note) if note.contains("not sent: the port was closed") => {
                Some(note.arguments()[0].1.clone())
            }
            _ => None,
        });
        heard.ended.as_ref().map(|_| (told, heard.sent.len()))
    });
    let missing = (1 << 20) + 1000 - sent;
    assert_eq!(told, Some(missing.to_string()));
    assert_eq!((desk.link.queued(), unsent.missed_bytes()), (0, missing as u64));
    desk.send(b"late");
    assert_eq!(desk.link.queued(), 0);
}

#[test]
fn too_much_to_send_is_refused_and_told() {
    let (_far, name) = pair();
    let desk = Desk::open(name);
    desk.wait_open();
    let piece = noise(9 << 20);
    desk.send(&piece);
    desk.send(&piece);
    desk.wait("a refusal", |heard| {
        let told = |event: &SessionEvent| matches!(event, SessionEvent::Note(text) if text.contains("too much waits"));
        heard.events.iter().any(told).then_some(())
    });
    assert!(desk.link.queued() > 0);
}
