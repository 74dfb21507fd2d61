//! The choice of a line ending.

use egui::Ui;
use espalier_core::send::LineEnding;

use crate::scene::Scene;
use crate::widgets::choice;

/// What is put at the end of what is sent.
pub(in crate::panes::session) fn choose(ui: &mut Ui, scene: &Scene<'_>, value: &mut LineEnding) {
    let endings = LineEnding::ALL.map(|ending| {
        let key = match ending {
            LineEnding::None => "ending-none",
            LineEnding::Lf => "ending-lf",
            LineEnding::Cr => "ending-cr",
            LineEnding::CrLf => "ending-crlf",
        };
        (ending, scene.text(key))
    });
    choice(ui, "ending", scene.text("send-ending"), value, &endings);
}
