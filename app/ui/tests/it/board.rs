//! The board panel.

use std::path::Path;
use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::Timestamp;
use espalier_core::backend::prelude::*;
use espalier_core::board::{
    CoreDump, CoreDumpState, FlashStatus, FlashStep, Frame, ModemLines, Network, Networks, Panic,
    ProvisionFault, ProvisionStatus, ProvisionStep, ReportedState, Trace,
};
use espalier_core::session::{EndReason, SerialSpec, SessionState, TransportSpec};
use espalier_protocol::Line;
use espalier_ui::{Language, UiState, words};

use crate::fake::NOON;
use crate::harness::Window;

/// A program as cargo leaves it.
#[derive(Debug)]
struct Dropped;

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        Path::new("/tmp/firmware")
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it here".to_owned())
    }
}

/// The panel with a port open.
pub fn with_board() -> Window {
    // High enough for everything in the panel to be in sight.
    let size = egui::vec2(1100.0, 1400.0);
    let mut window = Window::with(Language::English, UiState::default(), size);
    window.click("Board panel");
    window.write("Port name or path", "/dev/ttyUSB7");
    window.click("Open");
    window
}

#[test]
fn boards_on_the_network_are_looked_for_when_asked_and_talked_to_with_a_click() {
    let mut window = with_board();
    window.click("Boards on the network");
    assert!(window.engine.searched.lock().is_none(), "nobody has asked");
    window.click("Look for boards");
    assert_eq!((window.count("127.0.0.1:7681"), window.count("esp32c3")), (1, 1));
    assert_eq!(window.count("The other has no server now"), 1);
    assert_eq!(window.count("Talk to The other"), 0);
    window.click("Talk to On the desk");
    let client = window.engine.sessions().into_iter().filter_map(|id| window.engine.spec(id));
    let clients: Vec<_> = client
        .filter_map(|spec| match &spec.transport {
            TransportSpec::TcpClient(client) => Some((client.host.clone(), client.port)),
            _ => None,
        })
        .collect();
    assert_eq!(clients, [("127.0.0.1".to_owned(), 7681)]);
    assert_eq!(window.count("Look again"), 1);
}

#[test]
fn a_board_on_the_network_gets_the_bundled_program_until_that_is_cancelled() {
    let mut window = with_board();
    window.click("Boards on the network");
    window.click("Look for boards");
    window.click("Update On the desk below");
    window.click("A new program over the network");
    // It may be below what the window shows.
    window.harness.get_by_label("Update over the network").click_accesskit();
    window.rest();
    let asked = window.engine.updated.lock().clone().expect("it was asked for");
    assert_eq!((&*asked.host, asked.total), ("127.0.0.1", 1_000_000));
    assert_eq!(window.count("Writing to 127.0.0.1; cancelling leaves it as it was"), 1);
    window.harness.query_all_by_label("Cancel").last().expect("a button").click_accesskit();
    window.rest();
    assert_eq!((window.count("cancelled"), window.count("Update over the network")), (1, 1));
}

#[test]
fn backtraces_are_decoded_with_a_file_that_was_typed_picked_or_dropped() {
    let mut window = with_board();
    let symbols = |window: &Window| window.engine.symbols.lock().clone();
    window.click("ELF for backtraces");
    window.write("ELF file for backtraces", "/tmp/app.elf");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(symbols(&window).as_deref(), Some("/tmp/app.elf"));
    assert_eq!(window.count("Decoded with /tmp/app.elf"), 1);
    window.click("Decode without it");
    assert_eq!(symbols(&window), None);

    window.click("Choose an ELF for backtraces…");
    assert_eq!(symbols(&window).as_deref(), Some("/home/picked.txt"));
    window.click("Decode without it");

    window.harness.input_mut().dropped_files.push(Arc::new(Dropped));
    window.rest();
    assert_eq!(window.count("Decode backtraces with firmware?"), 1);
    window.click("Decode");
    assert_eq!(symbols(&window).as_deref(), Some("/tmp/firmware"));
    assert_eq!(window.count("Decode backtraces with firmware?"), 0);
}

#[test]
fn an_elf_is_remembered_with_its_port_when_that_is_closed_and_at_the_next_start() {
    let mut window = with_board();
    window.click("ELF for backtraces");
    window.write("ELF file for backtraces", "/tmp/app.elf");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    let elf = |window: &Window| {
        let id = *window.engine.sessions().last()?;
        match &window.engine.spec(id)?.transport {
            TransportSpec::Serial(serial) => serial.elf.clone(),
            _ => None,
        }
    };
    let chosen = Some("/tmp/app.elf".into());
    window.click("Port and lines");
    window.click("Forget this port");
    assert_eq!(window.engine.sessions(), []);
    window.write("Port name or path", "/dev/ttyUSB8");
    window.click("Open");
    assert_eq!(elf(&window), None, "that is another port");
    window.click("Port and lines");
    window.click("Forget this port");
    window.write("Port name or path", "/dev/ttyUSB7");
    window.click("Open");
    assert_eq!(elf(&window), chosen);
    let state = window.app().state();
    assert_eq!(state.elfs.len(), 1);
    let size = egui::vec2(1100.0, 1400.0);
    let mut next =
        Window::with(Language::English, UiState { board: Default::default(), ..state }, size);
    next.click("Board panel");
    next.write("Port name or path", "/dev/ttyUSB7");
    next.click("Open");
    assert_eq!(elf(&next), chosen);
}

#[test]
fn each_core_has_its_own_trace_under_its_number() {
    let mut window = with_board();
    let trace = |core, address| Trace {
        core: Some(core),
        frames: vec![Frame { address, ..Frame::default() }],
        ..Trace::default()
    };
    let traces = vec![trace(1, 0x400d_1012), trace(0, 0x400d_1048)];
    let panic = Panic { traces, from: Timestamp(5), ..Panic::default() };
    window.engine.told.lock().panics = Arc::new([panic]);
    window.rest();
    window.click("Backtrace");
    assert_eq!((window.count("Core 1:"), window.count("Core 0:")), (1, 1));
}

#[test]
fn a_core_dump_in_the_latest_report_can_be_saved() {
    let mut window = with_board();
    assert_eq!(window.count("Save core dump…"), 0);
    let dump = CoreDump { bytes: Arc::new([1, 2, 3]), state: CoreDumpState::CutOff };
    let panic = Panic { number: 4, from: Timestamp(5), dump: Some(dump), ..Panic::default() };
    window.engine.told.lock().panics = Arc::new([panic]);
    window.rest();
    assert_eq!(window.count("Core dump of 3 bytes: damaged: its end did not come"), 1);
    window.click("Save core dump…");
    let commands = window.engine.commands.lock();
    let last = &commands.last().expect("it was asked for").1;
    assert!(last.contains("SaveCoreDump") && last.contains("number: 4"), "{last}");
    assert!(last.contains("picked.txt"), "{last}");
}

#[test]
fn modem_lines_are_seen_and_switched_under_the_log_where_a_port_has_them() {
    let mut window = with_board();
    assert_eq!(window.count("BREAK"), 0);
    window.engine.told.lock().lines =
        ModemLines { present: true, cts: true, ..ModemLines::default() };
    window.rest();
    for line in ["CTS is on", "DSR is off", "DCD is off", "RI is off"] {
        assert_eq!(window.count(line), 1, "{line}");
    }
    for (control, command) in [("DTR", "Dtr(true)"), ("RTS", "Rts(true)"), ("BREAK", "Break")] {
        window.click(control);
        let commands = window.engine.commands.lock();
        assert!(commands.last().is_some_and(|last| last.1.contains(command)), "{commands:?}");
    }
}

#[test]
fn a_system_without_simulated_boards_says_why() {
    let mut window = Window::new(Language::English);
    window.click("Board panel");
    assert_eq!(window.count("Windows has no pseudo-terminals"), 1);
}

#[test]
fn a_console_gets_lines_and_a_frame_in_hex_gets_no_line_ending() {
    let mut window = with_board();
    let sent = |window: &Window, bytes: &[u8]| {
        let wanted = format!("bytes: {bytes:?}");
        window.engine.commands.lock().iter().any(|(_, text)| text.contains(&wanted))
    };
    let send = |window: &mut Window, text: &str| {
        window.harness.get_by_label("Message to send").focus();
        window.rest();
        window.harness.get_by_label("Message to send").type_text(text);
        window.harness.key_press(egui::Key::Enter);
        window.rest();
    };
    send(&mut window, "help");
    assert!(sent(&window, b"help\r\n"));
    window.click("Options of sending");
    window.click_last("Hex");
    send(&mut window, "01 03");
    assert!(sent(&window, &[1, 3]));
    window.click("Options of sending");
    assert_eq!(window.count("Escapes"), 0);
}

/// What a board of ours that knows no network has told.
fn told(window: &Window, lines: &[&str]) {
    let mut reported = ReportedState::default();
    for line in lines {
        reported.line(&Line::parse(line).expect("a line of a board"), Timestamp(NOON));
    }
    window.engine.told.lock().reported = Arc::new(reported);
}

const STARTED: &str = "I (1) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=power-on";

/// What our fake was asked to say to the board.
fn said(window: &Window, what: &str) -> usize {
    window.engine.commands.lock().iter().filter(|(_, text)| text.contains(what)).count()
}

#[test]
fn the_board_on_the_cable_permits_an_update_by_a_click() {
    let mut window = with_board();
    let slots = "I (3) ota: slot slot=0 of=2 room=2031616 state=confirmed port=7682 token=none";
    told(&window, &[STARTED, slots]);
    window.rest();
    window.click("A new program over the network");
    assert_eq!(window.count("Have the board forget its token"), 0);
    window.harness.get_by_label("Allow one update").click_accesskit();
    window.rest();
    assert_eq!(said(&window, "OtaAllow"), 1);
    window.harness.get_by_label("Set this token on the board").click_accesskit();
    window.rest();
    assert_eq!(said(&window, "OtaToken"), 0, "there is none");
    window.write("Token", "correct horse");
    window.harness.get_by_label("Set this token on the board").click_accesskit();
    window.rest();
    assert_eq!((said(&window, "OtaToken"), said(&window, "horse")), (1, 0));

    told(&window, &[STARTED, &slots.replace("none", "set"), "I (9) ota: allowed seconds=300"]);
    window.rest();
    assert_eq!(window.count("The board takes one update, for"), 1);
    window.harness.get_by_label("Have the board forget its token").click_accesskit();
    window.rest();
    assert_eq!(said(&window, "OtaForget"), 1);

    told(&window, &[STARTED, "I (3) ota: slot slot=0 of=1 room=0 state=confirmed token=none"]);
    window.rest();
    assert_eq!(
        (window.count("has room for one program only"), window.count("Allow one update")),
        (1, 0)
    );
}

#[test]
fn a_setting_that_the_board_cannot_take_is_told_and_not_sent() {
    let mut window = with_board();
    told(
        &window,
        &[
            STARTED,
            "I (3) settings: wifi ssid=Home password=set address=dhcp smartconfig=on",
            "I (3) settings: client host=pc port=80",
            "I (3) settings: console log=info show=text name=desk hostname=desk",
        ],
    );
    window.rest();
    window.click("The board's settings");
    for (field, bad, problem, good, command) in [
        ("Host name", "a_b", "no hyphen at either end", "a-b", "Hostname(\"a-b\")"),
        (
            "Name",
            "more than thirty-two bytes in it!",
            "A name has 1 to 32 bytes",
            "wall",
            "Name(\"wall\")",
        ),
        ("Address from", "10.0.0.5/31", "PREFIX is 1 to 30", "10.0.0.5/24", "WifiAddress(Static("),
    ] {
        window.write(field, bad);
        // The next field has the keyboard then.
        window.harness.key_press(egui::Key::Tab);
        window.rest();
        assert_eq!(window.count(problem), 1, "{field}");
        window.write(field, good);
        assert_eq!(window.count(problem), 0, "{field}");
        window.harness.query_all_by_label("Apply").last().expect("a button").click_accesskit();
        window.rest();
        assert_eq!(said(&window, command), 1, "{field}");
    }
}

#[test]
fn networks_that_are_heard_while_a_name_is_typed_do_not_take_the_keyboard() {
    let mut window = with_board();
    told(&window, &[STARTED, "W (2) wifi: no credentials"]);
    window.rest();
    window.write("Network", "Ho");
    let network = |ssid: &str| Network { ssid: ssid.to_owned(), rssi: -50, locked: true };
    let list = [network("Office"), network("Cellar")].into();
    *window.engine.networks.lock() = Networks { list, ..Networks::default() };
    window.rest();
    assert_eq!(window.count("Cellar"), 1);
    window.harness.event(egui::Event::Text("me".to_owned()));
    window.rest();
    let name = window.harness.get_by_label("Network").value();
    assert_eq!(name.as_deref(), Some("Home"));
}

#[test]
fn a_wrong_password_is_told_at_its_form_until_something_else_is_typed() {
    const TOLD: &str = "The network refused the password";
    let mut window = with_board();
    told(&window, &[STARTED, "W (2) wifi: no credentials"]);
    window.rest();
    window.write("Network", "Home");
    window.write("Password", "not this one");
    let fault = ProvisionFault::WrongPassword { ssid: "Home".to_owned() };
    let outcome = Some(Err(Arc::new(fault)));
    let status = ProvisionStatus { step: ProvisionStep::Wifi, cancelling: false, outcome };
    *window.engine.going.lock() = Some(Arc::new(status));
    window.rest();
    assert_eq!(window.count(TOLD), 1);
    let at =
        |window: &Window, text: &str| window.harness.get_by_label_contains(text).rect().center().y;
    let distance = at(&window, TOLD) - at(&window, "Password");
    assert!(distance > 0.0 && distance < 60.0, "it stands below the password: {distance}");
    window.write("Password", "another one");
    assert_eq!(window.count(TOLD), 0);
}

#[test]
fn how_a_run_and_a_panic_ended_can_be_dismissed() {
    let mut window = with_board();
    told(&window, &[STARTED, "W (2) wifi: no credentials"]);
    let outcome = Some(Err(Arc::new(ProvisionFault::Restarted)));
    let status = ProvisionStatus { step: ProvisionStep::Wifi, cancelling: false, outcome };
    *window.engine.going.lock() = Some(Arc::new(status));
    let panic = |from| Panic {
        from: Timestamp(from),
        to: Timestamp(from + 1),
        lines: 3,
        message: "Guru Meditation Error".to_owned(),
        ..Panic::default()
    };
    window.engine.told.lock().panics = [panic(1)].into();
    window.rest();
    window.click("Dismiss");
    assert_eq!(window.count("Dismiss"), 1, "only that of the panic is left");
    window.click("Dismiss the panic");
    assert_eq!(window.count("Guru Meditation Error"), 0);
    window.engine.told.lock().panics = [panic(1), panic(5)].into();
    window.rest();
    assert_eq!(window.count("Guru Meditation Error"), 1, "another one is told");
}

#[test]
fn what_is_cancelled_says_so_at_once() {
    let mut window = with_board();
    let flash =
        FlashStatus { cancelling: true, step: FlashStep::Erasing, ..FlashStatus::default() };
    window.engine.told.lock().flash = Some(Arc::new(flash));
    window.harness.step();
    window.harness.step();
    assert_eq!(window.count("Cancelling: it stops at the next block"), 1);
    window.engine.told.lock().flash = None;
    let status = ProvisionStatus { step: ProvisionStep::Wifi, cancelling: true, outcome: None };
    *window.engine.going.lock() = Some(Arc::new(status));
    window.harness.step();
    window.harness.step();
    assert_eq!(window.count("Cancelling…"), 1);
}

#[test]
fn the_palette_has_the_boards_actions() {
    let mut window = with_board();
    for (typed, command) in
        [("board reset", "Reset"), ("download mode", "DownloadMode"), ("bundled", "Flash")]
    {
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
        window.rest();
        window.harness.get_by_label("What do you want to do?").type_text(typed);
        window.rest();
        window.harness.key_press(egui::Key::Enter);
        window.rest();
        let commands = window.engine.commands.lock();
        let last = &commands.last().expect("it was asked for").1;
        assert!(last.contains(command), "{last}");
    }
}

#[test]
fn an_unplugged_board_counts_no_seconds() {
    let transport = TransportSpec::Serial(SerialSpec::new("COM3"));
    let state = SessionState::Waiting { reason: EndReason::PortGone, until: None };
    assert_eq!(words::session(&transport, &state).0, "state-unplugged");
}

#[test]
fn what_the_boards_display_shows_is_drawn_and_asked_for_while_it_is_looked_at() {
    let mut window = with_board();
    let shown = [
        STARTED,
        "I (2) screen: panel panel=sh1106",
        "I (3) screen: shows row=1 text=\"board chat\"",
        "I (4) screen: shows row=4 text=\"小明: 你好\"",
    ];
    told(&window, &shown);
    window.rest();
    window.click("Display");
    assert_eq!(window.count("Shown on its SH1106"), 1);
    window.harness.get_by_label("board chat\n\n\n小明: 你好");
    let commands = window.engine.commands.lock();
    assert!(commands.iter().any(|command| command.1.contains("Say(Screen)")), "{commands:?}");
}
