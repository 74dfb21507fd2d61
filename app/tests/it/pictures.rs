//! The README's picture of the window with a board.

use std::sync::Arc;

use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::view::Framing;
use espalier_ui::Language;

use crate::renderer;
use crate::window::{OneBoard, Window};

/// From nothing to a conversation, as the README's tour goes.
#[test]
fn the_readmes_picture_of_a_board() {
    if !renderer::wanted() {
        return;
    }
    let mut window = Window::with_boards(Language::English, Arc::new(OneBoard::new()));
    window.harness.set_size(egui::vec2(1280.0, 760.0));
    window.click("welcome-board-simulated");
    window.until("the board is looked at", |window| window.shows(window.words.text("go")));
    window.click("go");
    window.is_served_and_echoed();
    let client = *window.engine.sessions().last().expect("a client");
    for text in ["led on", "温度 23.5 °C, RSSI -61 dBm", "{\"id\":1,\"ok\":true}"] {
        // As people write: what comes after a pause is a row of its own.
        std::thread::sleep(Framing::PAUSE * 2);
        let before = window.engine.status(client).map_or(0, |it| it.traffic.received.bytes);
        let bytes: Arc<[u8]> = Arc::from(text.as_bytes());
        let send = SessionCommand::Send { to: PeerSelector::All, bytes };
        window.engine.command(client, send).expect("it is taken");
        window.until("the echo", |window| {
            let received = window.engine.status(client).map_or(0, |it| it.traffic.received.bytes);
            received == before + text.len() as u64
        });
    }
    window.until("the last of it", |window| window.shows("{\"id\":1,\"ok\":true}"));
    window.harness.remove_cursor();
    window.harness.run_ok();
    renderer::save(&mut window.harness, "board.png");
}
