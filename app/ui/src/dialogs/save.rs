//! What of a log to save, how, and where.

use std::ops::Range;
use std::path::{Path, PathBuf};

use egui::Ui;
use espalier_core::Direction;
use espalier_core::backend::{LogId, SaveFormat, Saving};
use espalier_core::file_name::is_device_name;

use super::frame;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::platform::Pick;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, RowTail, form};

const FORMATS: [(SaveFormat, &str, &str, &str); 5] = [
    (SaveFormat::Text, "txt", "save-text", "save-text-hint"),
    (SaveFormat::Csv, "csv", "save-csv", "save-csv-hint"),
    (SaveFormat::HexDump, "hex", "save-hex", "save-hex-hint"),
    (SaveFormat::Raw, "bin", "save-raw", "save-raw-hint"),
    (SaveFormat::Pcapng, "pcapng", "save-pcapng", "save-pcapng-hint"),
];

/// What was entered so far.
#[derive(Debug)]
pub struct SaveLog {
    id: LogId,
    path: String,
    what: Saving,
    focus: Focus,
}

impl SaveLog {
    /// A suggestion: this file, as text, of the direction that is shown.
    pub fn new(id: LogId, path: String, direction: Option<Direction>) -> Self {
        let what = Saving { format: SaveFormat::Text, direction };
        let mut dialog = Self { id, path, what, focus: Focus::wanted() };
        dialog.set_format(SaveFormat::Text);
        dialog
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &Path) {
        self.path = path.display().to_string();
    }

    fn set_format(&mut self, format: SaveFormat) {
        // Bytes of both directions in one file are told apart by nobody: those received are most likely meant.
        if format == SaveFormat::Raw && self.what.direction.is_none() {
            self.what.direction = Some(Direction::In);
        }
        self.what.format = format;
        let extensions = FORMATS.map(|(_, extension, ..)| extension);
        let mut path = PathBuf::from(&self.path);
        let old = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if old.is_empty() || extensions.contains(&old) {
            path.set_extension(self.extension());
            self.path = path.display().to_string();
        }
    }

    fn extension(&self) -> &'static str {
        let format = self.what.format;
        FORMATS.iter().find(|(other, ..)| *other == format).map_or("txt", |found| found.1)
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut save, mut cancelled) = (frame::enter(ui), false);
        let open = frame::dialog(ui, scene.locale, scene.text("save-title"), 520.0, |ui| {
            let focus = self.focus.is_due(ui);
            self.formats(ui, scene);
            ui.add_space(space::S);
            self.directions(ui, scene);
            ui.add_space(space::S);
            let extension = self.extension();
            path_row(ui, scene, &mut self.path, true, extension, focus);
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(!self.path.trim().is_empty(), |ui| {
                    save |= widgets::primary_button(ui, None, scene.text("save")).clicked();
                });
            });
        });
        if save && !cancelled && !self.path.trim().is_empty() {
            scene.ask(UiRequest::SaveLog(self.id, scene.path(&self.path), self.what));
            return false;
        }
        open && !cancelled
    }

    fn formats(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        for (format, _, name, hint) in FORMATS {
            ui.horizontal(|ui| {
                if ui.radio(self.what.format == format, scene.text(name)).clicked() {
                    self.set_format(format);
                }
                ui.add(egui::Label::new(egui::RichText::new(scene.text(hint)).weak()).truncate());
            });
        }
    }

    fn directions(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let whole = self.what.format == SaveFormat::Pcapng;
        ui.add_enabled_ui(!whole, |ui| {
            ui.horizontal_wrapped(|ui| {
                for (direction, key) in [
                    (None, "save-both"),
                    (Some(Direction::In), "save-received"),
                    (Some(Direction::Out), "save-sent"),
                ] {
                    let on =
                        if whole { direction.is_none() } else { self.what.direction == direction };
                    if ui.radio(on, scene.text(key)).clicked() {
                        self.what.direction = direction;
                    }
                }
            });
        });
    }
}

/// A field for a path, with a button for the system's dialog. With `focus` it takes the keyboard: of a file to write its name
/// is selected, and its folder and extension are left to stay; one to open may be anywhere, and all of the path is selected.
pub(super) fn path_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    path: &mut String,
    save: bool,
    extension: &'static str,
    focus: bool,
) {
    let place = Place::File { save, extension };
    field_row(ui, scene, path, place, focus, |ui, name| ui.weak(name));
}

/// What is at a place that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A file.
    File {
        /// It is to be written.
        save: bool,
        /// Its extension; empty: any.
        extension: &'static str,
    },
    /// A folder.
    Folder,
}

/// The same for a file or a folder, in a form: aligned with its other rows.
pub(super) fn place_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    path: &mut String,
    place: Place,
    focus: bool,
) {
    field_row(ui, scene, path, place, focus, form::label);
}

fn field_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    path: &mut String,
    place: Place,
    focus: bool,
    label: impl FnOnce(&mut Ui, &str) -> egui::Response,
) {
    let name = match place {
        Place::File { .. } => scene.text("file"),
        Place::Folder => scene.text("folder"),
    };
    ui.horizontal(|ui| {
        let label = label(ui, name);
        let end = RowTail::new(ui, "browse");
        end.before(ui, |ui| {
            if focus {
                match place {
                    Place::File { save: true, .. } => form::take_focus_in(ui, name_in(path)),
                    Place::File { save: false, .. } | Place::Folder => form::take_focus(ui, path),
                }
            }
            let width = ui.available_width();
            form::field(ui, path, "", width).labelled_by(label.id);
        });
        end.show(ui, |ui| {
            if !widgets::button(ui, Icon::Folder, scene.text("browse")).clicked() {
                return;
            }
            let (inbox, dialog) = (scene.inbox.clone(), scene.dialog);
            let done = move |picked: Option<PathBuf>| {
                if let Some(path) = picked {
                    inbox.leave(InboxMessage::Picked(dialog, path));
                }
            };
            let (title, start) = (name.to_owned(), scene.path(path));
            match place {
                Place::Folder => scene.platform.pick_folder(title, Box::new(done)),
                Place::File { save, extension } => {
                    let extension = Some(extension);
                    scene.platform.pick(Pick { save, title, start, extension }, Box::new(done));
                }
            }
        });
    });
}

/// Which characters of a path are the file's name without its extension.
fn name_in(path: &str) -> Range<usize> {
    let start = path.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let name = path.get(start..).unwrap_or_default();
    let stem = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
    let before = path.get(..start).unwrap_or_default().chars().count();
    let name = name.get(..stem).unwrap_or_default().chars().count();
    before..before + name
}

/// A name for a file about a session that every system takes: its title and the time (`20260701-094100`), without what
/// paths are made of.
pub(crate) fn file_name(title: &str, time: &str) -> String {
    const LONGEST: usize = 64;
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = title.chars().map(safe).take(LONGEST).collect();
    let name = name.trim_matches(['-', '.']);
    let name = if name.is_empty() { "log" } else { name };
    let before = if is_device_name(name) && name.contains('.') { "_" } else { "" };
    format!("{before}{name}_{time}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_by_every_system() {
        assert_eq!(
            file_name("127.0.0.1:7681", "20260701-094100"),
            "127.0.0.1-7681_20260701-094100"
        );
        assert_eq!(file_name("COM3", "1"), "COM3_1");
        assert_eq!(file_name("con.log", "1"), "_con.log_1");
        assert_eq!(file_name("温度 <传感器>|?", "1"), "温度--传感器_1");
        assert_eq!(file_name("/dev/ttyUSB0", "1"), "dev-ttyUSB0_1");
        assert_eq!(file_name("…", "1"), "log_1");
        assert!(file_name(&"x".repeat(300), "1").len() < 100);
    }

    #[test]
    fn the_name_in_a_path_is_found_with_either_separator() {
        assert_eq!(name_in("/home/me/log.txt"), 9..12);
        assert_eq!(name_in("C:\\数据\\log"), 6..9);
        assert_eq!(name_in("log"), 0..3);
        assert_eq!(name_in("/home/.hidden"), 6..13);
    }
}
