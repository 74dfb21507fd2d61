//! What could not be taken of a file, or written to it, until it was read.

use egui::{Label, RichText, ScrollArea, Ui};
use espalier_core::Sentence;

use crate::icon::Icon;
use crate::scene::Scene;
use crate::widgets::{self, form};

/// Draws the notes, if there are any; `true` when they were read.
pub(super) fn ui(ui: &mut Ui, scene: &Scene<'_>, notes: &[Sentence]) -> bool {
    if notes.is_empty() {
        return false;
    }
    let mut read = false;
    ui.horizontal(|ui| {
        form::caution(ui, scene.text("list-notes"));
        let name = scene.text("list-notes-dismiss");
        read = widgets::icon_alone(ui, Icon::Cross, name, false).clicked();
    });
    ScrollArea::vertical().id_salt("notes").max_height(96.0).show(ui, |ui| {
        for note in notes {
            let said = RichText::new(scene.locale.sentence(note)).small();
            ui.add(Label::new(said).wrap());
        }
    });
    read
}
