//! What is wrong with a board, with the way to what the manual says of it.

use egui::{Align, Layout, Ui};
use espalier_core::board::BoardFault;

use crate::command::{Topic, UiRequest};
use crate::icon::Icon;
use crate::manual;
use crate::scene::Scene;
use crate::widgets::{self, form};

/// A sentence, and where the manual has more to say of it.
pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, text: &str, more: Option<Topic>) {
    let Some(topic) = more else {
        form::problem(ui, text);
        return;
    };
    ui.with_layout(Layout::right_to_left(Align::TOP), |ui| {
        if widgets::icon_button(ui, Icon::Help, scene.text("manual-more")).clicked() {
            scene.ask(UiRequest::ShowManual(topic));
        }
        ui.with_layout(Layout::top_down(Align::LEFT), |ui| form::problem(ui, text));
    });
}

/// The sentence of this key, likewise.
pub(super) fn told(ui: &mut Ui, scene: &mut Scene<'_>, key: &'static str) {
    let text = scene.text(key);
    self::ui(ui, scene, text, manual::topic(key));
}

/// A failure: what happened, what to do next, and what the loader or the system said itself.
pub(super) fn fault(ui: &mut Ui, scene: &mut Scene<'_>, fault: &BoardFault) {
    let what = scene.locale.sentence(&fault.what);
    self::ui(ui, scene, &what, manual::topic_of_fault(fault));
    form::hint(ui, &scene.locale.sentence(&fault.hint));
    if !fault.detail.is_empty() {
        form::hint(ui, &scene.locale.translate(&fault.detail));
    }
}
