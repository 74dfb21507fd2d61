//! Files that are sent and received, as the window asks for them and shows them.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::session::{SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::transfer::{
    TransferEnd, TransferOffer, TransferPhase, TransferProtocol, TransferStatus, TransferredFile,
};
use espalier_core::{Direction, PeerId, say};
use espalier_ui::{Language, SavedSession, SendState, UiState};

use crate::harness::{Machine, Window};

/// A window with a server that has a client.
fn window(language: Language) -> Window {
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(7000));
    let spec = SessionSpec { autostart: true, ..SessionSpec::new(transport.clone()) };
    let state = UiState {
        sessions: vec![SavedSession { spec, send: SendState::new(&transport) }],
        ..UiState::default()
    };
    Window::on(Arc::new(Machine::default()), language, state, egui::vec2(1100.0, 760.0))
}

/// A file that is being sent.
pub fn status() -> TransferStatus {
    TransferStatus {
        direction: Direction::Out,
        protocol: TransferProtocol::Raw,
        phase: TransferPhase::Moving,
        paused: false,
        name: "firmware.bin".to_owned(),
        done: 512 << 10,
        size: Some(2 << 20),
        files: Some(1),
        rate: 102_400.0,
        left: Some(std::time::Duration::from_secs(75)),
        retries: 0,
        finished: Vec::new(),
        finished_count: 0,
    }
}

fn asked(window: &Window, what: &str) -> bool {
    window.engine.commands.lock().iter().any(|(_, command)| command.contains(what))
}

#[test]
fn a_file_is_asked_for_in_the_sessions_menu() {
    let mut window = window(Language::English);
    window.click("More actions");
    window.click("Send a file…");
    assert_eq!(window.count("as they are"), 1);
    window.write("File", "/tmp/firmware.bin");
    window.click("Send file");
    assert!(asked(&window, "SendFiles"), "{:?}", window.engine.commands.lock());
    assert!(asked(&window, "firmware.bin"));
    window.click("More actions");
    window.click("Receive to a file…");
    window.write("File", "/tmp/got.bin");
    window.click("Receive");
    assert!(asked(&window, "ReceiveFiles") && asked(&window, "got.bin"));
}

#[test]
fn a_transfer_is_shown_with_what_can_be_done_until_it_is_dismissed() {
    let mut window = window(Language::English);
    window.engine.transfer(status());
    window.rest();
    assert_eq!(window.count("512 KiB / 2.00 MiB · 100 KiB/s · 1:15 left"), 1);
    window.click("Pause sending");
    assert!(asked(&window, "Transfer(Pause)"));
    window.click("Cancel transfer");
    assert!(asked(&window, "Transfer(Cancel)"));
    let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
    let file = TransferredFile {
        path: "/tmp/firmware.bin".into(),
        bytes: 2 << 20,
        sha256: sha256.to_owned(),
        whole: true,
        resumed_at: 0,
    };
    let phase = TransferPhase::Over(TransferEnd::Done);
    let done = TransferStatus { phase, finished: vec![file], finished_count: 1, ..status() };
    window.engine.transfer(done);
    window.rest();
    assert_eq!(window.count(sha256), 1);
    assert_eq!(window.harness.query_all_by_label("Cancel transfer").count(), 0);
    let why = say!("transfer-timed-out", "the other end fell silent in the middle");
    let phase = TransferPhase::Over(TransferEnd::Failed(why));
    window.engine.transfer(TransferStatus { phase, ..status() });
    window.rest();
    assert_eq!(window.count("fell silent"), 1);
    window.click("Dismiss the transfer");
    assert!(asked(&window, "Transfer(Dismiss)"));
}

#[test]
fn what_the_other_end_begins_is_offered_in_the_users_language() {
    let mut window = window(Language::Chinese);
    window.engine.offer((PeerId(1), TransferOffer::Sends));
    window.rest();
    assert_eq!(window.count("ZMODEM 发送文件"), 1);
    window.click("接收");
    assert_eq!(window.count("自带名称"), 1, "the protocol is known");
    assert!(!asked(&window, "ReceiveFiles"), "nothing begins by itself");
}
