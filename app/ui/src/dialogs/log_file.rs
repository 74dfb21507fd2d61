//! Whether a session's log is written to files, where and how.

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{LogFileForm, LogFilePeriod, LogFileSpec};
use espalier_core::view::ViewSpec;

use super::{frame, save};
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, form};

const FORMS: [(LogFileForm, &str); 3] = [
    (LogFileForm::Text, "log-file-text"),
    (LogFileForm::Plain, "log-file-plain"),
    (LogFileForm::Raw, "log-file-raw"),
];

const PERIODS: [(LogFilePeriod, &str); 3] = [
    (LogFilePeriod::Hour, "log-file-hour"),
    (LogFilePeriod::Day, "log-file-day"),
    (LogFilePeriod::Always, "log-file-always"),
];

/// What was entered so far.
#[derive(Debug)]
pub struct LogFileDialog {
    id: SessionId,
    view: Box<ViewSpec>,
    /// It is written already.
    on: bool,
    folder: String,
    form: LogFileForm,
    every: LogFilePeriod,
    /// MiB; 0: however large.
    largest_mib: u32,
    focus: Focus,
}

impl LogFileDialog {
    /// Asks about this session, which writes this now; otherwise files go into `folder`.
    pub fn new(
        id: SessionId,
        view: ViewSpec,
        now: Option<LogFileSpec>,
        folder: &std::path::Path,
    ) -> Self {
        let on = now.is_some();
        let LogFileSpec { folder, form, every, largest_mib } =
            now.unwrap_or_else(|| LogFileSpec::new(folder));
        Self {
            id,
            view: Box::new(view),
            on,
            folder: folder.display().to_string(),
            form,
            every,
            largest_mib: largest_mib.unwrap_or_default(),
            focus: Focus::wanted(),
        }
    }

    /// A folder was picked in the system's dialog.
    pub fn picked(&mut self, path: &std::path::Path) {
        self.folder = path.display().to_string();
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut go, mut stop, mut cancelled) = (frame::enter(ui), false, false);
        let open = frame::dialog(ui, scene.locale, scene.text("log-file-title"), 520.0, |ui| {
            let focus = self.focus.is_due(ui);
            form::hint(ui, scene.text("log-file-hint"));
            save::place_row(ui, scene, &mut self.folder, save::Place::Folder, focus);
            ui.add_space(space::S);
            let named = |list: &[(_, &'static str)]| -> Vec<_> {
                list.iter().map(|(it, key)| (*it, scene.text(key))).collect()
            };
            let (forms, name) = (named(&FORMS), scene.text("log-file-form"));
            form::row(ui, name, |ui| {
                widgets::choice(ui, "log file form", name, &mut self.form, &forms).1
            });
            let periods: Vec<_> = PERIODS.map(|(it, key)| (it, scene.text(key))).into();
            let name = scene.text("log-file-every");
            form::row(ui, name, |ui| {
                widgets::choice(ui, "log file period", name, &mut self.every, &periods).1
            });
            let name = scene.text("log-file-largest");
            form::row(ui, name, |ui| {
                let range = 0..=LogFileSpec::LARGEST_MIB;
                form::named_number(ui, name, &mut self.largest_mib, range, "MiB")
            })
            .on_hover_text(scene.text("transfer-none-hint"));
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                if self.on {
                    stop = ui.button(scene.text("log-file-stop")).clicked();
                }
                ui.add_enabled_ui(self.is_whole(), |ui| {
                    let text = if self.on { "log-file-change" } else { "log-file-start" };
                    go |= widgets::primary_button(ui, None, scene.text(text)).clicked();
                });
            });
        });
        let log = match (stop, go && self.is_whole()) {
            _ if cancelled => return false,
            (true, _) => None,
            (false, true) => Some(self.spec(scene)),
            (false, false) => return open,
        };
        let command = SessionCommand::SetLogFile { log, view: self.view.clone() };
        scene.ask(UiRequest::Session(self.id, command));
        false
    }

    fn is_whole(&self) -> bool {
        !self.folder.trim().is_empty()
    }

    fn spec(&self, scene: &Scene<'_>) -> LogFileSpec {
        LogFileSpec {
            folder: scene.path(&self.folder),
            form: self.form,
            every: self.every,
            largest_mib: Some(self.largest_mib).filter(|mib| *mib > 0),
        }
    }
}
