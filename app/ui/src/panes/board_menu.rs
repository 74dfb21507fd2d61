//! What can be done with a serial port and the board on it, as a menu.

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::board::{BoardCommand, BoardStatus, LinkState};

use crate::command::{UiCommand, UiRequest};
use crate::scene::Scene;

/// What can be done with the port and the board on it: in the panel's menu, and in that of any serial session.
pub(crate) fn menu(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, status: &BoardStatus) {
    let open = status.link == LinkState::Monitoring;
    let locale = scene.locale;
    let mut ask = |command| scene.ask(UiRequest::Board(id, command));
    ui.add_enabled_ui(open, |ui| {
        if ui.button(locale.text("board-reset")).clicked() {
            ask(BoardCommand::Reset);
        }
        if ui.button(locale.text("board-download-mode")).clicked() {
            ask(BoardCommand::DownloadMode);
        }
        if status.lines.present {
            let mut lines = status.lines;
            if ui.checkbox(&mut lines.dtr, "DTR").changed() {
                ask(BoardCommand::Dtr(lines.dtr));
            }
            if ui.checkbox(&mut lines.rts, "RTS").changed() {
                ask(BoardCommand::Rts(lines.rts));
            }
            if ui.button(locale.text("line-break")).clicked() {
                ask(BoardCommand::Break);
            }
        }
    });
    let timeline = UiCommand::Timeline;
    if ui.button(locale.text(timeline.key())).clicked() {
        scene.command(timeline);
    }
    if ui.button(locale.text("symbols-pick")).clicked() {
        scene.ask(UiRequest::PickElf(id));
    }
}
