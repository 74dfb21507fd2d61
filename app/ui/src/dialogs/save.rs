//! Where and how to save a log.

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::backend::SaveFormat;

use super::frame;
use crate::command::Request;
use crate::icon::Icon;
use crate::inbox::Arrival;
use crate::platform::Pick;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, form};

const FORMATS: [(SaveFormat, &str, &str, &str); 4] = [
    (SaveFormat::Text, "txt", "save-text", "save-text-hint"),
    (SaveFormat::HexDump, "hex", "save-hex", "save-hex-hint"),
    (SaveFormat::Raw, "bin", "save-raw", "save-raw-hint"),
    (SaveFormat::Pcapng, "pcapng", "save-pcapng", "save-pcapng-hint"),
];

/// What was entered so far.
#[derive(Debug)]
pub struct SaveLog {
    id: SessionId,
    path: String,
    format: SaveFormat,
    fresh: bool,
}

impl SaveLog {
    /// A suggestion: this file, as text.
    pub fn new(id: SessionId, path: String) -> Self {
        let mut dialog = Self { id, path, format: SaveFormat::Text, fresh: true };
        dialog.set_format(SaveFormat::Text);
        dialog
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
    }

    fn set_format(&mut self, format: SaveFormat) {
        self.format = format;
        let extensions = FORMATS.map(|(_, extension, ..)| extension);
        let mut path = std::path::PathBuf::from(&self.path);
        let old = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if old.is_empty() || extensions.contains(&old) {
            path.set_extension(self.extension());
            self.path = path.display().to_string();
        }
    }

    fn extension(&self) -> &'static str {
        FORMATS.iter().find(|(format, ..)| *format == self.format).map_or("txt", |found| found.1)
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut save, mut cancelled) = (false, false);
        let open = frame::dialog(ui, scene.locale, scene.text("save-title"), 520.0, |ui| {
            for (format, _, name, hint) in FORMATS {
                ui.horizontal(|ui| {
                    if ui.radio(self.format == format, scene.text(name)).clicked() {
                        self.set_format(format);
                    }
                    ui.weak(scene.text(hint));
                });
            }
            ui.add_space(space::S);
            let extension = self.extension();
            let enter = path_row(ui, scene, &mut self.path, true, extension, self.fresh);
            frame::actions(ui, |ui| {
                ui.add_enabled_ui(!self.path.trim().is_empty(), |ui| {
                    save = widgets::primary_button(ui, None, scene.text("save")).clicked() || enter;
                });
                cancelled = ui.button(scene.text("cancel")).clicked();
            });
        });
        self.fresh = false;
        if save && !self.path.trim().is_empty() {
            scene.ask(Request::SaveLog(self.id, scene.path(&self.path), self.format));
            return false;
        }
        open && !cancelled
    }
}

/// A field for a path, with a button for the system's dialog; `true` when Enter was pressed in it.
pub(super) fn path_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    path: &mut String,
    save: bool,
    extension: &'static str,
    focus: bool,
) -> bool {
    ui.horizontal(|ui| {
        let label = ui.weak(scene.text("file"));
        let width = ui.available_width() - 110.0;
        let field = form::field(ui, path, "", width).labelled_by(label.id);
        if focus {
            field.request_focus();
        }
        if widgets::button(ui, Icon::Folder, scene.text("browse")).clicked() {
            let inbox = scene.inbox.clone();
            let ask = Pick {
                save,
                title: scene.text("file").to_owned(),
                start: scene.path(path),
                extension: Some(extension),
            };
            let done = move |picked: Option<std::path::PathBuf>| {
                if let Some(path) = picked {
                    inbox.leave(Arrival::Picked(path));
                }
            };
            scene.platform.pick(ask, Box::new(done));
        }
        field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
    })
    .inner
}
