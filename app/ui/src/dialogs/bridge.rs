//! With which session another one is to be bridged.

use egui::Ui;
use espalier_core::SessionId;

use super::frame;
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::widgets::{self, form};
use crate::words;

/// The question.
#[derive(Debug)]
pub struct BridgeDialog {
    id: SessionId,
}

impl BridgeDialog {
    /// Asks with which one this session is to be bridged.
    pub const fn new(id: SessionId) -> Self {
        Self { id }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut chosen, mut cancelled) = (None, false);
        let open = frame::dialog(ui, scene.locale, scene.text("bridge-title"), 470.0, |ui| {
            form::hint(ui, scene.text("bridge-hint"));
            let others = others(scene, self.id);
            if others.is_empty() {
                ui.label(scene.text("bridge-none"));
            }
            for (id, title, icon) in others {
                let button = widgets::button(ui, icon, &title);
                if button.clicked() {
                    chosen = Some(id);
                }
            }
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
            });
        });
        if let Some(other) = chosen {
            scene.ask(UiRequest::Bridge(self.id, other));
            return false;
        }
        open && !cancelled
    }
}

/// The sessions that it can be bridged with, as their tabs are called.
fn others(scene: &Scene<'_>, id: SessionId) -> Vec<(SessionId, String, crate::icon::Icon)> {
    let sessions = scene.backend.sessions().into_iter().filter(|other| *other != id);
    let known = sessions.filter_map(|other| {
        let (spec, status) = (scene.backend.spec(other)?, scene.backend.status(other)?);
        let can = spec.transport.can_be_bridged() && status.bridge.is_none();
        let title = words::title(&spec, status.local, scene.locale);
        can.then(|| (other, title, words::role_icon(&spec.transport)))
    });
    known.collect()
}
