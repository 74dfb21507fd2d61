//! The board's clients, as it reports them, with ours named.

use egui::Ui;
use espalier_core::board::{BoardCommand, ServiceState};
use espalier_protocol::Command;
use espalier_protocol::command::KickTarget;

use super::BoardContext;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;
use crate::words;

pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>) {
    let t = theme::tokens(ui);
    let mut any = false;
    let mut clients: Vec<_> =
        context.reported().connections().filter(|it| !it.state.is_over()).collect();
    // By the place they have; those that wait come behind, the longest wait first.
    clients.sort_by_key(|it| match it.state {
        ServiceState::Served { slot } => (u32::from(slot), it.since),
        _ => (u32::MAX, it.since),
    });
    for client in clients {
        any = true;
        ui.horizontal(|ui| {
            let (text, tone) = words::service_state(client.state, scene.locale);
            widgets::badge(ui, tone, &text);
            ui.monospace(client.peer.to_string());
            let moved = format!(
                "↓ {} ↑ {}",
                number::bytes(client.bytes_in),
                number::bytes(client.bytes_out)
            );
            ui.label(egui::RichText::new(moved).small().color(t.muted));
            if widgets::icon_button(ui, Icon::Cross, scene.text("board-kick")).clicked() {
                let target = match client.state {
                    ServiceState::Served { slot } => KickTarget::Slot(slot),
                    _ => KickTarget::Peer(client.peer),
                };
                let say = BoardCommand::Say(Command::Kick(target));
                scene.ask(UiRequest::Board(context.id, say));
            }
        });
    }
    if !any {
        ui.weak(scene.text("board-no-clients"));
    }
    if widgets::button(ui, Icon::Repeat, scene.text("board-ask-clients")).clicked() {
        scene.ask(UiRequest::Board(context.id, BoardCommand::Say(Command::Clients)));
    }
}
