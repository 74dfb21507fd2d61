//! What another tool has built: found by a folder or a file, and shown as a table before it is written.

use std::path::PathBuf;
use std::sync::Arc;

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::board::{BoardFault, Build, BuildImage, Chip, FlashSpec, FoundBuild};

use super::problem;
use crate::command::UiCommand;
use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, form};
use crate::words;

/// What was chosen, and what the machine says of it.
#[derive(Debug, Default)]
pub(super) struct BuildForm {
    /// To be looked at with the next frame.
    asked: Option<PathBuf>,
    found: Option<Build>,
    /// Several were found: one of them is meant.
    several: Vec<PathBuf>,
    fault: Option<BoardFault>,
    /// The build was made again since it was flashed, or found.
    is_newer: bool,
    /// The build is watched as long as this is there.
    watched: Option<Arc<()>>,
}

impl BuildForm {
    /// A folder or a file was picked, dropped or typed.
    pub fn ask(&mut self, path: PathBuf) {
        self.asked = Some(path);
    }

    /// What the machine found there. A file for one place comes back: it has a row of its own, with its address.
    pub fn answer(
        &mut self,
        path: PathBuf,
        found: Result<FoundBuild, BoardFault>,
    ) -> Option<PathBuf> {
        self.several.clear();
        self.fault = None;
        match found {
            Ok(found) if found.is_file() => return Some(path),
            Ok(FoundBuild::One(build)) => {
                self.is_newer &=
                    self.found.as_ref().is_some_and(|before| before.path == build.path);
                self.found = Some(build);
                self.watched = None;
            }
            Ok(FoundBuild::Several(folders)) => self.several = folders,
            Err(fault) => {
                self.fault = Some(fault);
                // A watch tells once; the next build may mend what is broken.
                self.watched = None;
            }
        }
        None
    }

    /// The files of the build at this place are others now.
    pub fn rebuilt(&mut self, path: PathBuf) {
        if self.found.as_ref().is_some_and(|build| build.path == path) {
            self.is_newer = true;
            self.asked = Some(path);
        }
    }

    /// What to flash, when a build was found.
    pub fn spec(&self) -> Option<FlashSpec> {
        self.found.as_ref().map(|build| FlashSpec::build(build.path.clone()))
    }

    /// What it is called; `None`: nothing was found yet.
    pub fn title(&self) -> Option<String> {
        let build = self.found.as_ref()?;
        Some(format!("{} {}", build.kind.name(), build.name).trim().to_owned())
    }

    /// The build is being flashed now.
    pub fn flashed(&mut self) {
        self.is_newer = false;
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_none() && self.several.is_empty() && self.fault.is_none()
    }

    /// Has the machine look at what is to be looked at for this board, and watch what was found.
    pub fn keep_looking(&mut self, scene: &Scene<'_>, id: SessionId) {
        if let Some(path) = self.asked.take() {
            let inbox = scene.inbox.clone();
            let asked = path.clone();
            let done = move |found| inbox.leave(InboxMessage::Build(id, asked, Box::new(found)));
            scene.platform.find_build(path, Box::new(done));
        }
        if let (Some(build), None) = (&self.found, &self.watched) {
            let token = Arc::new(());
            let (inbox, path) = (scene.inbox.clone(), build.path.clone());
            let done = move |()| inbox.leave(InboxMessage::Rebuilt(id, path));
            scene.platform.watch_build(build.clone(), Arc::downgrade(&token), Box::new(done));
            self.watched = Some(token);
        }
    }

    /// Draws it; `chip` is the board's, once that is known.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, chip: Option<Chip>) {
        if let Some(fault) = &self.fault {
            problem::fault(ui, scene, fault);
        }
        if !self.several.is_empty() {
            ui.label(scene.text("build-several"));
            for folder in &self.several {
                let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
                let clicked = widgets::button(ui, Icon::Folder, &name);
                if clicked.on_hover_text(folder.display().to_string()).clicked() {
                    self.asked = Some(folder.clone());
                }
            }
        }
        let title = self.title().unwrap_or_default();
        let Some(build) = &self.found else { return };
        let mut removed = false;
        ui.horizontal(|ui| {
            removed = widgets::icon_button(ui, Icon::Cross, scene.text("remove")).clicked();
            ui.label(egui::RichText::new(title).strong());
            ui.label(egui::RichText::new(chips(build)).small());
        });
        ui.add(
            egui::Label::new(egui::RichText::new(build.path.display().to_string()).small())
                .truncate(),
        );
        let image = chip.and_then(|chip| build.image_for(chip).ok()).or(build.images.first());
        if let Some(image) = image {
            table(ui, scene, image);
        }
        if let Some(elf) = &build.elf {
            let name = elf.file_name().unwrap_or_default().to_string_lossy();
            form::hint(ui, &scene.with("build-elf", [("file", name.as_ref().into())]));
        }
        if self.is_newer {
            form::caution(ui, scene.text("build-newer"));
            widgets::command_button(ui, scene.locale, UiCommand::BoardFlashAgain);
            ui.label(scene.text("command-board-flash-again"));
        }
        if removed {
            *self = Self::default();
        }
    }
}

fn chips(build: &Build) -> String {
    build.chips().iter().map(|chip| chip.name()).collect::<Vec<_>>().join(", ")
}

fn table(ui: &mut Ui, scene: &Scene<'_>, image: &BuildImage) {
    let t = theme::tokens(ui);
    egui::Grid::new("parts of the build").num_columns(4).spacing([12.0, 2.0]).show(ui, |ui| {
        for key in ["build-part", "build-address", "build-size", "build-partition"] {
            ui.label(egui::RichText::new(scene.text(key)).small().color(t.muted));
        }
        ui.end_row();
        for part in &image.parts {
            ui.small(words::part(scene.locale, &part.name));
            let address = part.address.map(|address| format!("{address:#x}")).unwrap_or_default();
            ui.label(egui::RichText::new(address).monospace().small());
            ui.small(number::bytes(part.size));
            ui.small(part.partition.as_deref().unwrap_or_default());
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    use espalier_core::board::BuildKind;

    use super::*;

    fn build(kind: BuildKind, path: &str) -> Build {
        let images = vec![BuildImage::default()];
        Build { kind, path: path.into(), name: String::new(), images, elf: None }
    }

    #[test]
    fn a_loose_file_has_a_row_of_its_own_and_a_folder_is_a_build() {
        let mut form = BuildForm::default();
        let file =
            form.answer("a.bin".into(), Ok(FoundBuild::One(build(BuildKind::File, "a.bin"))));
        assert_eq!((file, form.spec()), (Some("a.bin".into()), None));
        let folder = Ok(FoundBuild::One(build(BuildKind::EspIdf, "b")));
        assert_eq!(form.answer("b".into(), folder), None);
        assert_eq!(form.spec(), Some(FlashSpec::build("b".into())));
    }

    #[test]
    fn only_the_build_that_is_shown_becomes_newer_until_it_is_flashed() {
        let mut form = BuildForm::default();
        form.answer("b".into(), Ok(FoundBuild::One(build(BuildKind::EspIdf, "b"))));
        form.rebuilt("other".into());
        assert!(!form.is_newer);
        form.rebuilt("b".into());
        form.answer("b".into(), Ok(FoundBuild::One(build(BuildKind::EspIdf, "b"))));
        assert!(form.is_newer);
        form.flashed();
        assert!(!form.is_newer);
    }
}
