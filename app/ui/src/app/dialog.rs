//! How a dialog is opened: with what the window knows of what it is about.

use std::path::PathBuf;

use espalier_core::backend::LogId;

use super::App;
use crate::command::DialogRequest;
use crate::dialogs::{
    AboutDialog, BridgeDialog, CapturesDialog, ClientDialog, CrashReport, Dialog, LogFileDialog,
    NewSession, OpenCapture, Options, Palette, PasteDialog, PathDialog, PathPurpose, ReplayDialog,
    SaveLog, SaveProgramLog, SettingsPage, TransferDialog, file_name,
};
use crate::words;

impl App {
    /// Opens this dialog in place of the one that is up; nothing happens when what it is about is gone.
    pub(super) fn show_dialog(&mut self, request: DialogRequest) {
        let file = |name: &str| self.platform.folder().join(name).display().to_string();
        let path = |purpose, name| Dialog::Path(PathDialog::new(purpose, file(name)));
        let dialog = match request {
            DialogRequest::NewSession(role) => {
                Dialog::NewSession(Box::new(NewSession::new(role, self.recent.first())))
            }
            DialogRequest::Bridge(id) => Dialog::Bridge(BridgeDialog::new(id)),
            DialogRequest::Options(id) => {
                let kept = self.panes.get(&id).zip(self.backend.spec(id));
                let Some((pane, spec)) = kept else { return };
                let status = self.backend.status(id);
                let running = status.is_some_and(|status| status.state.is_running());
                let options = Options::new(id, pane.spec_to_keep(&spec), running);
                Dialog::Options(Box::new(options))
            }
            DialogRequest::Client(id, address) => {
                let kept = self.panes.get(&id).zip(self.backend.spec(id));
                let Some((pane, spec)) = kept else { return };
                let known = spec.transport.clients().of(address);
                let session = pane.log.view.encoding.clone();
                Dialog::Client(ClientDialog::new(id, address, known, session))
            }
            DialogRequest::SaveLog(id) => {
                let path = self.file_for(id);
                let direction = self.log_mut(id).and_then(|log| log.view.filter.direction);
                Dialog::SaveLog(SaveLog::new(id, path, direction))
            }
            DialogRequest::OpenWorkspace => path(PathPurpose::OpenWorkspace, "workspace.toml"),
            DialogRequest::SaveWorkspace => path(PathPurpose::SaveWorkspace, "workspace.toml"),
            DialogRequest::ImportList => path(PathPurpose::ImportList, "sscom51.ini"),
            DialogRequest::ExportList => path(PathPurpose::ExportList, "send-list.toml"),
            DialogRequest::ImportRules => path(PathPurpose::ImportRules, "rules.toml"),
            DialogRequest::ExportRules => path(PathPurpose::ExportRules, "rules.toml"),
            DialogRequest::Transfer(ask) => {
                let Some(spec) = self.backend.spec(ask.id) else { return };
                let folder = self.platform.folder();
                let path = match (&ask.path, ask.sends, ask.protocol) {
                    (Some(path), ..) => path.clone(),
                    (None, true, _) => PathBuf::new(),
                    (None, false, Some(_)) => folder,
                    (None, false, None) => folder.join("received.bin"),
                };
                let path = path.display().to_string();
                let dialog = match ask.sends {
                    true => TransferDialog::sending(ask.id, ask.peers, path, &spec.transport),
                    false => TransferDialog::receiving(ask.id, ask.peers, path),
                };
                Dialog::Transfer(match ask.protocol {
                    Some(protocol) => dialog.by(protocol),
                    None => dialog,
                })
            }
            DialogRequest::Replay(ask) => Dialog::Replay(Box::new(ReplayDialog::new(ask))),
            DialogRequest::LogToFile(id) => {
                let Some((pane, spec)) = self.panes.get(&id).zip(self.backend.spec(id)) else {
                    return;
                };
                let folder = match self.settings.log_folder.as_str() {
                    "" => self.platform.home().join("espalier-logs"),
                    folder => PathBuf::from(folder),
                };
                let (view, now) = (pane.log.view.clone(), spec.log_to_file.clone());
                Dialog::LogFile(LogFileDialog::new(id, view, now, &folder))
            }
            DialogRequest::Captures => Dialog::Captures(CapturesDialog::new()),
            DialogRequest::OpenCapture => {
                let folder = self.platform.folder().display().to_string();
                Dialog::OpenCapture(OpenCapture::new(folder))
            }
            DialogRequest::Settings(query) => Dialog::Settings(SettingsPage::new(query)),
            DialogRequest::Paste(id, text) => Dialog::Paste(PasteDialog::new(id, text)),
            DialogRequest::Shortcuts => Dialog::Shortcuts,
            DialogRequest::About => Dialog::About(AboutDialog::new(self.platform.about())),
            DialogRequest::Palette => Dialog::Palette(Palette::default()),
            DialogRequest::SaveProgramLog(level, from) => {
                Dialog::SaveProgramLog(SaveProgramLog::new(file("espalier-log.txt"), level, from))
            }
            DialogRequest::CrashReport(text) => Dialog::CrashReport(CrashReport::new(text)),
        };
        self.set_dialog(dialog);
    }

    /// Puts a dialog up; it has a number that no other one had.
    pub(super) fn set_dialog(&mut self, dialog: Dialog) {
        self.dialogs += 1;
        self.dialog = Some(dialog);
    }

    /// A text file that is offered for what a session has logged: its title and the time.
    fn file_for(&self, log: LogId) -> String {
        let backend = &self.backend;
        let known = log.session().and_then(|id| Some((backend.spec(id)?, backend.status(id)?)));
        let title = known.map_or_else(
            || "timeline".to_owned(),
            |(spec, status)| words::title(&spec, status.local, &self.locale),
        );
        let time = words::file_time(self.platform.now(), self.platform.zone());
        let name = format!("{}.txt", file_name(&title, &time));
        self.platform.folder().join(name).display().to_string()
    }
}
