//! A file to open or to write: a workspace, a send list, or rules.

use egui::Ui;

use super::{frame, save};
use crate::command::{RulesRequest, SendListRequest, Topic, UiRequest};
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, form};

/// What the file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    /// Open the sessions of a workspace.
    OpenWorkspace,
    /// Save the sessions as a workspace.
    SaveWorkspace,
    /// Take the entries of a send list.
    ImportList,
    /// Write the send list.
    ExportList,
    /// Take rules.
    ImportRules,
    /// Write rules.
    ExportRules,
}

impl PathPurpose {
    const fn writes(self) -> bool {
        matches!(self, Self::SaveWorkspace | Self::ExportList | Self::ExportRules)
    }

    /// The keys of title, hint and button.
    const fn keys(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::OpenWorkspace => ("workspace-open-title", "workspace-hint", "open"),
            Self::SaveWorkspace => ("workspace-save-title", "workspace-hint", "save"),
            Self::ImportList => ("list-import-title", "list-import-hint", "open"),
            Self::ImportRules => ("rules-import-title", "rules-import-hint", "open"),
            Self::ExportRules => ("rules-export-title", "rules-export-hint", "save"),
            Self::ExportList => ("list-export-title", "list-export-hint", "save"),
        }
    }
}

/// What was entered so far.
#[derive(Debug)]
pub struct PathDialog {
    purpose: PathPurpose,
    path: String,
    focus: Focus,
}

impl PathDialog {
    /// Where the manual is about it.
    pub(super) const fn topic(&self) -> Topic {
        match self.purpose {
            PathPurpose::OpenWorkspace | PathPurpose::SaveWorkspace => ("workspace", ""),
            PathPurpose::ImportList | PathPurpose::ExportList => ("send", "lists"),
            PathPurpose::ImportRules | PathPurpose::ExportRules => ("send", "rules"),
        }
    }

    /// Asks for a file for this, and offers one.
    pub fn new(purpose: PathPurpose, path: String) -> Self {
        Self { purpose, path, focus: Focus::wanted() }
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut go, mut cancelled) = (frame::enter(ui), false);
        let (title, hint, button) = self.purpose.keys();
        let (title, button) = (scene.text(title), scene.text(button));
        // Lists of other programs have many extensions.
        let foreign = matches!(self.purpose, PathPurpose::ImportList | PathPurpose::ImportRules);
        let extension = if foreign { "" } else { "toml" };
        let writes = self.purpose.writes();
        let open = frame::dialog(ui, scene.locale, title, 520.0, |ui| {
            let focus = self.focus.is_due(ui);
            form::hint(ui, scene.text(hint));
            ui.add_space(space::S);
            save::path_row(ui, scene, &mut self.path, writes, extension, focus);
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(!self.path.trim().is_empty(), |ui| {
                    go |= widgets::primary_button(ui, None, button).clicked();
                });
            });
        });
        if go && !cancelled && !self.path.trim().is_empty() {
            let path = scene.path(&self.path);
            scene.ask(match self.purpose {
                PathPurpose::OpenWorkspace => UiRequest::ReadWorkspace(path),
                PathPurpose::SaveWorkspace => UiRequest::WriteWorkspace(path),
                PathPurpose::ImportList => UiRequest::List(SendListRequest::Import(path)),
                PathPurpose::ImportRules => UiRequest::Rules(RulesRequest::Import(path)),
                PathPurpose::ExportRules => UiRequest::Rules(RulesRequest::Export(path)),
                PathPurpose::ExportList => UiRequest::List(SendListRequest::Export(path)),
            });
            return false;
        }
        open && !cancelled
    }
}
