//! The modem lines of a serial port: ours to switch, theirs to see, and BREAK.

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::board::{BoardCommand, BoardStatus, LinkState};

use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// A row of them; nothing where the port has none, or is not open.
pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, board: &BoardStatus) {
    if !board.lines.present || matches!(board.link, LinkState::Closed | LinkState::Away) {
        return;
    }
    let t = theme::tokens(ui);
    let locale = scene.locale;
    let mut lines = board.lines;
    let mut asked = None;
    ui.spacing_mut().interact_size.y = 18.0;
    ui.style_mut().override_text_style = Some(egui::TextStyle::Small);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        // The loader moves them itself.
        ui.add_enabled_ui(board.link == LinkState::Monitoring, |ui| {
            if ui.checkbox(&mut lines.dtr, "DTR").changed() {
                asked = Some(BoardCommand::Dtr(lines.dtr));
            }
            if ui.checkbox(&mut lines.rts, "RTS").changed() {
                asked = Some(BoardCommand::Rts(lines.rts));
            }
            if ui.button("BREAK").on_hover_text(locale.text("line-break")).clicked() {
                asked = Some(BoardCommand::Break);
            }
        });
        ui.add_space(4.0);
        for (name, on) in
            [("CTS", lines.cts), ("DSR", lines.dsr), ("DCD", lines.dcd), ("RI", lines.ri)]
        {
            let said =
                locale.with(if on { "line-on" } else { "line-off" }, [("line", name.into())]);
            ui.scope(|ui| {
                ui.spacing_mut().item_spacing.x = 3.0;
                widgets::dot(ui, if on { t.good } else { t.line });
                let label = ui.colored_label(if on { t.text } else { t.muted }, name);
                let enabled = ui.is_enabled();
                let info = || egui::WidgetInfo::labeled(egui::Role::Label, enabled, &said);
                label.widget_info(info);
                label.on_hover_text(&said);
            });
        }
    });
    if let Some(command) = asked {
        scene.ask(UiRequest::Board(id, command));
    }
}
