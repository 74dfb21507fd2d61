//! The board's clients, by its own account, with ours named.

use egui::Ui;
use espalier_core::timeline::Place;
use espalier_protocol::Command;
use espalier_protocol::command::Target;

use super::{BoardRequest, Sight};
use crate::command::Request;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;
use crate::words;

pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, sight: &Sight<'_>) {
    let t = theme::tokens(ui);
    let mut any = false;
    let mut clients: Vec<_> =
        sight.account().connections().filter(|it| !it.place.is_over()).collect();
    // By the place they have; those that wait come behind, the longest wait first.
    clients.sort_by_key(|it| match it.place {
        Place::Served { slot } => (u32::from(slot), it.since),
        _ => (u32::MAX, it.since),
    });
    for client in clients {
        any = true;
        ui.horizontal(|ui| {
            let (text, tone) = words::place(client.place, scene.locale);
            widgets::badge(ui, tone, &text);
            ui.monospace(client.peer.to_string());
            let moved =
                format!("↓ {} ↑ {}", words::bytes(client.bytes_in), words::bytes(client.bytes_out));
            ui.label(egui::RichText::new(moved).small().color(t.muted));
            if widgets::icon_button(ui, Icon::Cross, scene.text("board-kick")).clicked() {
                let target = match client.place {
                    Place::Served { slot } => Target::Slot(slot),
                    _ => Target::Peer(client.peer),
                };
                let say = BoardRequest::Say(Command::Kick(target));
                scene.ask(Request::Board(sight.id, say));
            }
        });
    }
    if !any {
        ui.weak(scene.text("board-no-clients"));
    }
    if widgets::button(ui, Icon::Repeat, scene.text("board-ask-clients")).clicked() {
        scene.ask(Request::Board(sight.id, BoardRequest::Say(Command::Clients)));
    }
}
