//! The send list beside a session.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::send_list::{
    RunEnd, RunPhase, RunProgress, SendEntry, SendGroup, SendList, Shortcut,
};
use espalier_core::session::{ListStatus, SessionSpec, TcpServerSpec, TransportSpec};
use espalier_ui::{Language, SavedSession, SendState, UiState, WorkspaceContents};

use crate::harness::{Machine, Window};

fn entry(name: &str, text: &str) -> SendEntry {
    SendEntry { name: name.to_owned(), text: text.to_owned(), ..SendEntry::default() }
}

fn list(entries: Vec<SendEntry>) -> SendList {
    SendList { groups: vec![SendGroup::new("modem", entries)] }
}

/// A window with a server that has a client, and this list beside it.
fn beside(list: SendList, language: Language) -> Window {
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(7000));
    let spec = SessionSpec { autostart: true, ..SessionSpec::new(transport.clone()) };
    let state = UiState {
        sessions: vec![SavedSession { spec, send: SendState::new(&transport) }],
        send_list: Arc::new(list),
        variables: Arc::new([("id".to_owned(), "7".to_owned())].into()),
        ..UiState::default()
    };
    let machine = Arc::new(Machine::default());
    let mut window = Window::on(machine, language, state, egui::vec2(1200.0, 760.0));
    let server = window.app().sessions().next().expect("the server");
    window.engine.accept(server);
    window
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::E);
    window.rest();
    window
}

fn sent(window: &Window, bytes: &[u8]) -> usize {
    let wanted = format!("bytes: {bytes:?}");
    let commands = window.engine.commands.lock();
    commands.iter().filter(|(_, text)| text.starts_with("Send ") && text.contains(&wanted)).count()
}

#[test]
fn a_click_and_a_key_send_an_entry() {
    let keyed = SendEntry { shortcut: Some(Shortcut::Function(5)), ..entry("keyed", "F {{id}}") };
    let keyed = SendEntry { placeholders: true, ..keyed };
    let mut window = beside(list(vec![entry("hello", "AT"), keyed]), Language::English);
    window.click("Send “hello”");
    assert_eq!(sent(&window, b"AT"), 1);
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(sent(&window, b"AT"), 2, "Enter sends it again");
    window.harness.key_press(egui::Key::F5);
    window.rest();
    assert_eq!(sent(&window, b"F 7"), 1);
    let commands = window.engine.commands.lock();
    assert!(
        !commands.iter().any(|(_, text)| text == "Start"),
        "the key means the entry: {commands:?}"
    );
}

#[test]
fn what_cannot_be_sent_is_told_and_not_sent() {
    let broken = SendEntry { placeholders: true, ..entry("broken", "{{nobody}}") };
    let mut window = beside(list(vec![broken]), Language::English);
    window.click("Send “broken”");
    assert_eq!(window.count("nothing is called"), 1);
    assert_eq!(window.count("“broken”: "), 1, "and which one that is");
    assert_eq!(sent(&window, b""), 0);
}

#[test]
fn an_entry_is_made_and_edited_in_place() {
    let mut window = beside(SendList::default(), Language::English);
    assert_eq!(window.count("Messages that you send often"), 1);
    window.click("Import a list…");
    assert!(window.count("Import a send list") > 0, "an old list is one click away");
    window.click("Cancel");
    window.click("New message");
    window.write("Name", "poll");
    window.write("Message", "01 03");
    window.click_last("Hex");
    assert_eq!(window.count("01 03"), 1, "as bytes, below the field");
    window.click("Send “poll”");
    assert_eq!(sent(&window, &[1, 3]), 1);
    window.click("Close the editor");
    assert_eq!(window.harness.query_all_by_label("Message").count(), 0);
}

#[test]
fn a_search_finds_entries_in_folded_groups() {
    let entries = (0..20_000).map(|at| entry(&format!("n{at}"), "x")).collect();
    let mut window = beside(list(entries), Language::English);
    window.click("Fold the group");
    assert_eq!(window.harness.query_all_by_label("Send “n0”").count(), 0);
    window.write("Search the list", "n19999");
    assert_eq!(window.harness.query_all_by_label("Send “n19999”").count(), 1);
}

#[test]
fn what_is_ticked_again_is_sent_where_it_stands() {
    let ordered = |order, name| SendEntry { order, ..entry(name, name) };
    let entries = vec![ordered(1, "one"), ordered(2, "two"), ordered(3, "three")];
    let mut window = beside(list(entries), Language::English);
    for _ in 0..2 {
        window.click("Send “two” in runs");
    }
    window.click("Run");
    let commands = window.engine.commands.lock().clone();
    let (_, request) = commands.iter().find(|(_, text)| text.starts_with("StartList")).unwrap();
    let place = |text: &str| request.find(&format!("text: \"{text}\"")).expect(text);
    assert!(place("one") < place("two") && place("two") < place("three"), "{request}");
}

#[test]
fn what_is_ticked_is_run_and_the_end_stays_in_sight() {
    let left_out = SendEntry { order: 0, ..entry("never", "no") };
    let mut window = beside(list(vec![entry("a", "1"), left_out]), Language::English);
    window.click("Run");
    let commands = window.engine.commands.lock().clone();
    let (_, request) = commands.iter().find(|(_, text)| text.starts_with("StartList")).unwrap();
    assert!(request.contains("text: \"1\"") && !request.contains("never"), "{request}");
    let id = window.app().sessions().next().unwrap();
    let status = |phase| ListStatus {
        paused: phase == RunPhase::Paused,
        phase,
        unsent: 0,
        progress: RunProgress { sent: 1, ..RunProgress::default() },
        at: Some((0, 0)),
        entry: "a".to_owned(),
        messages: 2,
        rounds: Some(1),
    };
    window.engine.run_list(id, status(RunPhase::Paused));
    window.rest();
    assert_eq!((window.count("paused before a"), window.count("1 of 2 sent")), (1, 1));
    window.click("Go on");
    window.click("Step");
    window.engine.run_list(id, status(RunPhase::Over(RunEnd::NoAnswer)));
    window.rest();
    assert_eq!(window.count("Stopped: no answer to a"), 1);
    window.click("Dismiss");
    let commands = window.engine.commands.lock();
    for wanted in ["List(Resume)", "List(Step)", "List(Dismiss)"] {
        assert!(commands.iter().any(|(_, text)| text == wanted), "{wanted}: {commands:?}");
    }
}

#[test]
fn a_list_of_another_program_is_put_behind_and_what_was_not_taken_is_told() {
    let mut window = beside(list(vec![entry("a", "1")]), Language::Chinese);
    let contents = WorkspaceContents {
        send_list: list(vec![entry("b", "2"), entry("c", "3")]),
        variables: [("id".to_owned(), "8".to_owned()), ("new".to_owned(), "x".to_owned())].into(),
        ..WorkspaceContents::default()
    };
    let note = espalier_core::say!("import-more", "{count} more are not listed here", count = 4);
    *window.machine.list.lock() = Some((contents, vec![note]));
    window.click("列表的更多操作");
    window.click("导入列表…");
    window.click("打开");
    assert_eq!(window.count("已导入 2 条消息"), 1);
    assert_eq!(window.count("另有 4 项未在此列出"), 1);
    window.click("关闭此说明");
    assert_eq!(window.count("另有 4 项"), 0);
    let state = window.app().state();
    assert_eq!((state.send_list.len(), state.send_list.groups.len()), (3, 2));
    assert_eq!((state.variables["id"].as_str(), state.variables["new"].as_str()), ("7", "x"));
}

#[test]
fn the_list_goes_into_a_workspace_and_into_a_file() {
    let mut window = beside(list(vec![entry("a", "1")]), Language::English);
    window.click("More for the list");
    window.click("Export the list…");
    window.click_last("Save");
    assert_eq!(window.machine.list.lock().as_ref().unwrap().0.send_list.len(), 1);
    assert_eq!(window.count("written with less"), 1);
    window
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::S);
    window.rest();
    window.click_last("Save");
    let kept = window.machine.workspace.lock().clone().unwrap();
    assert_eq!((kept.sessions.len(), kept.send_list.len(), kept.variables.len()), (1, 1, 1));
}

#[test]
fn a_key_means_the_board_when_its_panel_was_pressed_last() {
    let keyed = SendEntry { shortcut: Some(Shortcut::Function(5)), ..entry("keyed", "AT") };
    let mut window = beside(list(vec![keyed]), Language::English);
    let receiver = |window: &Window| {
        let commands = window.engine.commands.lock();
        let mut sends = commands.iter().filter(|(_, text)| text.starts_with("Send "));
        sends.next_back().map(|(id, _)| *id)
    };
    let server = window.app().sessions().next();
    window.harness.key_press(egui::Key::F5);
    window.rest();
    assert_eq!(receiver(&window), server);
    window.click("Board panel");
    window.write("Port name or path", "/dev/ttyUSB7");
    window.click("Open");
    let board = window.app().sessions().find(|id| Some(*id) != server);
    window.harness.key_press(egui::Key::F5);
    window.rest();
    assert_eq!(receiver(&window), board);
}
