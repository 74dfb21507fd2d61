//! Whether several lines are to be pasted into a terminal: a console obeys each of them at once.

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::terminal::{Plain, as_one_line, pasted_lines};

use super::frame;
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// What is to be pasted.
#[derive(Debug)]
pub struct PasteDialog {
    id: SessionId,
    text: String,
}

impl PasteDialog {
    /// Lines of it that are shown.
    const SHOWN: usize = 8;

    /// To paste this into the terminal of this session.
    pub const fn new(id: SessionId, text: String) -> Self {
        Self { id, text }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut all, mut joined, mut cancelled) = (frame::enter(ui), false, false);
        let open = frame::dialog(ui, scene.locale, scene.text("paste-title"), 470.0, |ui| {
            let lines = pasted_lines(&self.text);
            let told = scene.with("paste-lines", [("lines", lines.into())]);
            ui.add(egui::Label::new(told).wrap());
            let t = theme::tokens(ui);
            egui::Frame::new().fill(t.field).inner_margin(6).show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                for line in self.text.lines().take(Self::SHOWN) {
                    let shown: String = line.chars().take(200).collect();
                    let shown = egui::RichText::new(Plain(shown).to_string()).monospace();
                    ui.add(egui::Label::new(shown).truncate());
                }
                let more = self.text.lines().count().saturating_sub(Self::SHOWN);
                if more > 0 {
                    ui.weak(scene.with("paste-more", [("lines", more.into())]));
                }
            });
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                joined = ui.button(scene.text("paste-one-line")).clicked();
                all |= widgets::primary_button(ui, None, scene.text("terminal-paste")).clicked();
            });
        });
        if cancelled || !open {
            // Nothing, and the terminal has the keyboard again.
            scene.ask(UiRequest::Paste(self.id, String::new()));
            return false;
        }
        if joined {
            scene.ask(UiRequest::Paste(self.id, as_one_line(&self.text)));
        } else if all {
            scene.ask(UiRequest::Paste(self.id, std::mem::take(&mut self.text)));
        }
        !(all || joined)
    }
}
