//! The question before something is closed that is under way.

use egui::{Label, Ui};
use espalier_core::backend::LogId;

use super::frame;
use crate::command::{ClosingSubject, UiRequest};
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, form};

/// What is to be closed, and what that would cut short.
#[derive(Debug)]
pub struct ClosingDialog {
    subject: ClosingSubject,
    lines: Vec<String>,
}

impl ClosingDialog {
    /// More than these are counted.
    const MOST: usize = 8;

    /// Asks whether to close this, which cuts that short.
    pub const fn new(subject: ClosingSubject, lines: Vec<String>) -> Self {
        Self { subject, lines }
    }

    /// One more tab is to be closed.
    pub(crate) fn add(&mut self, log: LogId, lines: Vec<String>) {
        if let ClosingSubject::Tabs(logs) = &mut self.subject
            && !logs.contains(&log)
        {
            logs.push(log);
            self.lines.extend(lines);
        }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut close, mut stay) = (false, false);
        let title = scene.text(match self.subject {
            ClosingSubject::Window => "closing-window-title",
            ClosingSubject::Tabs(_) => "closing-tab-title",
        });
        let open = frame::dialog(ui, scene.locale, title, 440.0, |ui| {
            ui.label(scene.text("closing-text"));
            ui.add_space(space::XS);
            for line in self.lines.iter().take(Self::MOST) {
                ui.add(Label::new(line).wrap());
            }
            let more = self.lines.len().saturating_sub(Self::MOST);
            if more > 0 {
                ui.label(scene.with("closing-more", [("count", more.into())]));
            }
            ui.add_space(space::XS);
            form::hint(ui, scene.text("closing-hint"));
            frame::actions(ui, None, |ui| {
                stay = ui.button(scene.text("cancel")).clicked();
                close = widgets::danger_button(ui, None, scene.text("closing-now")).clicked();
            });
        });
        if close {
            scene.ask(UiRequest::CloseAnyway(self.subject.clone()));
        }
        open && !close && !stay
    }
}
