//! Several boards at once.

use std::path::PathBuf;
use std::sync::Arc;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::board::{
    BoardFault, BoardStatus, Build, BuildImage, BuildKind, FaultKind, FlashOutcome, FlashStatus,
    FlashStep, FoundBuild, LinkState, PortAccess, PortInfo, PortKind, UsbIdentity,
};
use espalier_core::say;
use espalier_core::session::{SessionId, TransportSpec};
use espalier_ui::{Language, Layout, UiState};

use crate::board::with_board;
use crate::harness::Window;

const ONE: &str = "/dev/ttyUSB7";
const TWO: &str = "/dev/ttyUSB8";
const THREE: &str = "/dev/ttyUSB9";

/// What a board's row is called, whose port no list knows.
fn row(port: &str) -> String {
    format!("Serial port, {port}")
}

fn add(window: &mut Window, port: &str) {
    window.harness.query_all_by_label("Add a board…").next().expect("room for one more").click();
    window.rest();
    window.write("Port name or path", port);
    window.click("Open");
}

/// Three boards, whose ports are open.
fn three() -> Window {
    let mut window = with_board();
    add(&mut window, TWO);
    add(&mut window, THREE);
    window
}

/// The last commands, and which session they were for.
fn commands(window: &Window, word: &str) -> Vec<u64> {
    let commands = window.engine.commands.lock();
    commands.iter().filter(|(_, text)| text.contains(word)).map(|(id, _)| id.0).collect()
}

fn tell(window: &Window, port: &str, flash: Option<FlashStatus>) {
    let link = if flash.as_ref().is_some_and(|flash| flash.outcome.is_none()) {
        LinkState::Flashing
    } else {
        LinkState::Monitoring
    };
    let status = BoardStatus { link, flash: flash.map(Arc::new), ..BoardStatus::default() };
    window.engine.told_by.lock().insert(port.to_owned(), status);
}

fn ended(outcome: Result<FlashOutcome, BoardFault>) -> FlashStatus {
    FlashStatus { step: FlashStep::Finished, outcome: Some(outcome), ..FlashStatus::default() }
}

#[test]
fn each_board_has_a_row_and_a_click_shows_its_panel() {
    let mut window = with_board();
    assert_eq!(window.count("Flash all"), 0, "one board needs no list");
    add(&mut window, TWO);
    assert_eq!(window.count("Boards (2)"), 1);
    window.click(&row(ONE));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.rest();
    window.harness.get_by_label("What do you want to do?").type_text("board reset");
    window.rest();
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(commands(&window, "Reset"), [1], "the board that is shown is meant");
    window.click(&format!("Forget {}", row(ONE)));
    assert_eq!((window.count("Boards ("), window.count(&row(TWO))), (0, 0));
    assert_eq!(window.app().state().board.boards.len(), 1);
}

#[test]
fn all_boards_are_flashed_with_what_the_shown_form_says_but_for_those_left_out_or_not_ready() {
    let mut window = three();
    window.click("Flash all (3)");
    assert_eq!(commands(&window, "Flash("), [1, 2, 3]);
    assert_eq!(commands(&window, "Bundled"), [1, 2, 3]);
    window.engine.commands.lock().clear();

    window.click(&format!("Flash all: {}", row(TWO)));
    let closed = BoardStatus { link: LinkState::Closed, ..BoardStatus::default() };
    window.engine.told_by.lock().insert(THREE.to_owned(), closed);
    window.rest();
    window.click("Flash");
    window.click("Erase everything first");
    assert_eq!(
        window.count("Writes: bundled firmware for each board's chip · Erase everything first"),
        1
    );
    window.click("Flash all (1)");
    assert_eq!(commands(&window, "EraseFirst"), [1]);
    // What erases is asked for each time anew.
    assert_eq!(window.count("· Erase everything first"), 0);
}

#[test]
fn progress_and_result_of_each_board_stand_in_its_row_and_are_cancelled_there() {
    let mut window = three();
    let busy =
        FlashStatus { step: FlashStep::Writing(0), done: 1, total: 4, ..FlashStatus::default() };
    tell(&window, ONE, Some(busy.clone()));
    tell(&window, TWO, Some(ended(Ok(FlashOutcome::Running))));
    let what = say!("test-wrong-chip", "The image is for ESP32-S3");
    let fault = BoardFault::new(FaultKind::WrongChip, what, String::new());
    tell(&window, THREE, Some(ended(Err(fault))));
    window.harness.step();
    window.harness.step();
    let name = row(ONE);
    let bar = window.harness.get_by_role_and_label(egui::Role::ProgressIndicator, &name);
    assert_eq!(bar.accesskit_node().numeric_value(), Some(25.0));
    assert_eq!(window.count("1 done, 1 failed"), 1);
    window.harness.get_by_label(&format!("Cancel: {}", row(ONE))).click();
    window.harness.step();
    window.harness.step();
    assert_eq!(commands(&window, "CancelFlash"), [1]);
    tell(&window, TWO, Some(busy));
    window.harness.step();
    window.harness.step();
    window.harness.get_by_label("Cancel all").click();
    window.harness.step();
    window.harness.step();
    assert_eq!(commands(&window, "CancelFlash"), [1, 1, 2]);
}

#[test]
fn a_port_that_is_open_is_shown_and_not_opened_twice() {
    let mut window = with_board();
    let usb = UsbIdentity { vid: 0x10c4, ..UsbIdentity::default() };
    let port = |name: &str, location: &str| {
        let usb = UsbIdentity { location: Some(location.to_owned()), ..usb.clone() };
        PortInfo { name: name.into(), kind: PortKind::Usb(usb), access: PortAccess::Free }
    };
    *window.engine.ports.lock() = vec![port(ONE, "1-1:1.0"), port(TWO, "1-2:1.0")];
    window.click("Add a board…");
    assert_eq!(window.count("open here"), 1);
    for mark in ["USB 1-1:1.0", "USB 1-2:1.0"] {
        assert_eq!(window.harness.query_all_by_label(mark).count(), 1, "{mark}");
    }
    window.write("Port name or path", ONE);
    window.click("Open");
    assert_eq!(window.app().state().board.boards.len(), 1);
    window.click("Add a board…");
    window.write("Port name or path", TWO);
    window.click("Open");
    let boards = window.app().state().board.boards;
    assert_eq!(boards.len(), 2);
    for mark in ["CP210x USB-UART · USB 1-1:1.0", "CP210x USB-UART · USB 1-2:1.0"] {
        assert!(window.count(mark) > 0, "{mark}");
    }
}

#[test]
fn a_port_that_took_the_name_of_another_is_another_board() {
    let mut window = with_board();
    let usb = |location: &str| {
        let location = Some(location.to_owned());
        PortKind::Usb(UsbIdentity { vid: 0x10c4, location, ..UsbIdentity::default() })
    };
    let port = |name: &str, kind| PortInfo { name: name.into(), kind, access: PortAccess::Free };
    *window.engine.ports.lock() = vec![port(ONE, usb("1-2:1.0")), port(TWO, usb("1-1:1.0"))];
    // The board that was opened on the first port has the name of the second one now.
    let moved = BoardStatus {
        link: LinkState::Monitoring,
        port: Some(usb("1-1:1.0")),
        port_name: TWO.to_owned(),
        ..BoardStatus::default()
    };
    window.engine.told_by.lock().insert(ONE.to_owned(), moved);
    window.rest();
    window.click("Add a board…");
    let height = |window: &Window, text: &str| {
        let found = window.harness.query_all_by_label(text).last();
        found.expect("it is shown").rect().center().y
    };
    assert!((height(&window, "open here") - height(&window, TWO)).abs() < 4.0);
    window.harness.query_all_by_label("CP210x USB-UART").next().expect("the first one").click();
    window.rest();
    assert_eq!(window.app().state().board.boards.len(), 2);
}

#[test]
fn a_workspace_file_has_the_boards_too() {
    let mut window = three();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.rest();
    window.harness.get_by_label("What do you want to do?").type_text("save workspace");
    window.rest();
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    window.click_last("Save");
    let saved = window.machine.workspace.lock().clone().expect("it was written").sessions;
    let ports: Vec<_> = saved
        .iter()
        .filter_map(|spec| match &spec.transport {
            TransportSpec::Serial(serial) => Some(serial.port.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(ports, [ONE, TWO, THREE]);
}

#[test]
fn there_is_room_for_so_many_and_no_more() {
    let mut window = with_board();
    for number in 1..16 {
        add(&mut window, &format!("/dev/ttyACM{number}"));
    }
    assert_eq!(window.count("Boards (16)"), 1);
    window.harness.query_all_by_label("Add a board…").next().expect("a button").click();
    window.rest();
    assert_eq!(window.count("Port name or path"), 0);
}

#[test]
fn what_is_chosen_for_one_board_is_not_for_another_and_answers_go_to_who_asked() {
    let mut window = with_board();
    let path = PathBuf::from("/home/picked");
    let images = vec![BuildImage::default()];
    let build = Build {
        kind: BuildKind::EspIdf,
        path: path.clone(),
        name: "hello".into(),
        images,
        elf: None,
    };
    window.machine.builds.lock().push((path, Ok(FoundBuild::One(build))));
    window.click("Flash");
    window.click("Choose a build folder…");
    assert!(window.count("ESP-IDF hello") > 0);
    add(&mut window, TWO);
    assert_eq!(window.count("ESP-IDF hello"), 0);
    window.harness.key_press(egui::Key::F7);
    window.rest();
    assert_eq!(commands(&window, "Flash("), Vec::<u64>::new(), "it has no build");
    window.click(&row(ONE));
    assert_eq!(window.count("Writes: ESP-IDF hello"), 1);
    window.harness.key_press(egui::Key::F7);
    window.rest();
    assert_eq!(commands(&window, "Build("), [1]);
    window.click("Flash all (2)");
    assert_eq!(commands(&window, "Build("), [1, 1, 2]);
}

#[test]
fn boards_and_their_tabs_beside_each_other_come_back() {
    let mut window = three();
    let dock = |window: &mut Window, port: &str| {
        window.click(&row(port));
        window.click_last("Place of the panel");
        window.click("As a tab");
    };
    dock(&mut window, ONE);
    dock(&mut window, TWO);
    let state = window.app().state();
    let tabs: Vec<bool> = state.board.boards.iter().map(|board| board.tab).collect();
    assert_eq!(tabs, [true, true, false]);
    let leaf = |index| Layout::Board { index };
    let beside = Layout::Row { shares: vec![1.0, 1.0], children: vec![leaf(0), leaf(1)] };
    let state = UiState { layout: Some(beside), ..state };
    let again = Window::with(Language::English, state.clone(), egui::vec2(1600.0, 900.0));
    let kept = again.app().state();
    assert_eq!(kept.board.boards, state.board.boards);
    assert!(matches!(kept.layout, Some(Layout::Row { ref children, .. }) if children.len() == 2));
    assert_eq!(again.count("Boards (3)"), 1);
    let ids: Vec<SessionId> = again.app().sessions().collect();
    assert_eq!(ids.len(), 3);
}
