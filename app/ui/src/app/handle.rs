//! What commands do. The only place that changes the window's state.

use egui::Context;
use espalier_core::SessionId;
use espalier_core::backend::{PeerSelector, SessionCommand, TextFormat};
use espalier_core::session::{SessionSpec, TransportSpec};
use espalier_core::view::RowFormat;

use super::App;
use super::activities::ended;
use crate::command::{UiCommand, UiRequest};
use crate::dialogs::{
    Captures, Dialog, NewSession, OpenCapture, Options, Palette, SaveLog, SessionRole,
    WorkspaceFile, file_name,
};
use crate::inbox::InboxMessage;
use crate::locale::{Language, Locale};
use crate::panes::session::SendState;
use crate::state::{Recent, UiState};
use crate::theme::ThemeChoice;
use crate::toast::Toast;
use crate::words;

impl App {
    /// Acts on a request.
    pub fn handle(&mut self, ctx: &Context, request: UiRequest) {
        match request {
            UiRequest::Command(command) => self.command(ctx, command),
            UiRequest::Open(spec) => self.open(*spec),
            UiRequest::Session(id, command) => self.session(ctx, id, command),
            UiRequest::OpenBoard(spec) => self.open_board(*spec),
            UiRequest::EspTouch(request) => self.backend.esp_touch(*request),
            UiRequest::CancelEspTouch => self.backend.cancel_esp_touch(),
            UiRequest::Keyring(request, ssid) => self.keyring(request, ssid),
            UiRequest::ShowBoard => self.board.open = true,
            UiRequest::Board(id, request) => self.board_request(ctx, id, request),
            UiRequest::Dock(dock) => self.dock_board(dock),
            UiRequest::View(id, spec) => {
                if let Some(view) = self.backend.view(id) {
                    view.set_spec(*spec);
                }
            }
            UiRequest::CloseSession(id) => self.forget(id),
            UiRequest::OpenCapture(path) => self.open_capture(&path),
            UiRequest::Capture(request) => self.capture_request(request),
            UiRequest::Keep(limits) => self.keep(limits),
            UiRequest::Focus(id) => self.bring_to_front(id),
            UiRequest::Reveal(id) => self.reveal(id),
            UiRequest::Jump(timeline, origin, offset) => self.jump(ctx, timeline, origin, offset),
            UiRequest::CopyRows(id, rows, format) => {
                let (inbox, count) = (self.inbox.clone(), rows.end.saturating_sub(rows.start));
                if let Some(view) = self.backend.view(id) {
                    let done = move |text| inbox.leave(InboxMessage::Copied(text, count));
                    view.copy(rows, format, Box::new(done));
                }
            }
            UiRequest::CopySelection(id, selection) => {
                let (inbox, rows) = (self.inbox.clone(), selection.rows());
                let (trim, count) = (selection.trim(), rows.end.saturating_sub(rows.start));
                if let Some(view) = self.backend.view(id) {
                    let done = move |text: String| {
                        inbox.leave(InboxMessage::Copied(trim.apply(&text).to_owned(), count));
                    };
                    view.copy(rows, TextFormat::Text, Box::new(done));
                }
            }
            UiRequest::CopyText(text) => {
                ctx.copy_text(text);
                self.toast(ctx, Toast::done(self.locale.text("copied")));
            }
            UiRequest::SaveLog(id, path, what) => {
                if let Some(view) = self.backend.view(id) {
                    let inbox = self.inbox.clone();
                    let progress = self.begin("activity-saving", &path);
                    let asked = progress.clone();
                    let done =
                        move |result| inbox.leave(InboxMessage::Toast(ended(&asked, result)));
                    view.save(path, what, progress, Box::new(done));
                }
            }
            UiRequest::ReadWorkspace(path) => self.read_workspace(path),
            UiRequest::WriteWorkspace(path) => self.write_workspace(path),
            UiRequest::Language(language) => {
                self.chosen_language = Some(language);
                self.locale = Locale::new(language);
                crate::fonts::install(ctx, language);
            }
            UiRequest::Theme(theme) => {
                self.theme = theme;
                theme.set(ctx);
            }
            UiRequest::Show(dialog) => self.dialog = Some(*dialog),
            UiRequest::Toast(toast) => self.toast(ctx, toast),
            UiRequest::SaveProgramLog(path, level, from) => {
                self.save_program_log(path, level, from)
            }
            UiRequest::SettleCrash { delete } => self.settle_crash(delete),
            UiRequest::ForgetRecent(index) => {
                if index < self.recent.len() {
                    self.recent.remove(index);
                }
            }
        }
    }

    fn command(&mut self, ctx: &Context, command: UiCommand) {
        use UiCommand as C;
        match command {
            C::NewClient => self.ask_for(SessionRole::Client),
            C::NewServer => self.ask_for(SessionRole::Server),
            C::NewSerial => self.ask_for(SessionRole::Serial),
            C::Board => self.board.open = !self.board.open,
            C::Timeline => self.show_timeline(ctx),
            C::BoardGo
            | C::BoardCancel
            | C::BoardFlash
            | C::BoardReset
            | C::BoardDownload
            | C::BoardScan
            | C::BoardTalk
            | C::BoardPort => self.board_command(ctx, command),
            C::ProgramLog => self.program_log.open = !self.program_log.open,
            C::OpenWorkspace | C::SaveWorkspace => {
                let path = self.platform.folder().join("workspace.toml");
                let write = command == C::SaveWorkspace;
                let file = WorkspaceFile::new(write, path.display().to_string());
                self.dialog = Some(Dialog::Workspace(file));
            }
            C::Captures => self.dialog = Some(Dialog::Captures(Captures::new())),
            C::OpenCapture => {
                let folder = self.platform.folder().display().to_string();
                self.dialog = Some(Dialog::OpenCapture(OpenCapture::new(folder)));
            }
            C::Palette => self.dialog = Some(Dialog::Palette(Palette::default())),
            C::Shortcuts => self.dialog = Some(Dialog::Shortcuts),
            C::NextTab | C::PreviousTab => self.step_tab(command == C::NextTab),
            C::SplitRight | C::SplitDown => self.split(command == C::SplitRight),
            C::SwitchLanguage => {
                let other = match self.locale.language() {
                    Language::English => Language::Chinese,
                    Language::Chinese => Language::English,
                };
                self.handle(ctx, UiRequest::Language(other));
            }
            C::SwitchTheme => {
                let next = if ctx.theme() == egui::Theme::Dark {
                    ThemeChoice::Light
                } else {
                    ThemeChoice::Dark
                };
                self.handle(ctx, UiRequest::Theme(next));
            }
            _ => {
                if let Some(id) = self.focused {
                    self.command_for(ctx, id, command);
                }
            }
        }
    }

    /// Commands that mean a session.
    fn command_for(&mut self, ctx: &Context, id: SessionId, command: UiCommand) {
        use UiCommand as C;
        let (backend, timeline) = (self.backend.clone(), self.timeline.as_mut());
        let timeline = timeline.filter(|timeline| timeline.id() == id);
        if let (Some(timeline), false) = (timeline, of_any_log(command)) {
            return timeline.command(command, &*backend);
        }
        match command {
            C::CloseTab => self.forget(id),
            C::Start => self.session(ctx, id, SessionCommand::Start),
            C::Stop => self.session(ctx, id, SessionCommand::Stop),
            C::HalfClose => self.session(ctx, id, SessionCommand::HalfClose(PeerSelector::All)),
            C::Reset => self.session(ctx, id, SessionCommand::Reset(PeerSelector::All)),
            C::Options => {
                let kept = self.panes.get(&id).zip(self.backend.spec(id));
                if let Some((pane, spec)) = kept {
                    let spec = pane.spec_to_keep(spec);
                    let status = self.backend.status(id);
                    let running = status.is_some_and(|status| status.state.is_running());
                    self.dialog = Some(Dialog::Options(Options::new(id, spec, running)));
                }
            }
            C::ShowText | C::ShowHex | C::ShowBoth => {
                let Some(log) = self.log_mut(id) else { return };
                log.view.format = match command {
                    C::ShowText => RowFormat::Text,
                    C::ShowHex => RowFormat::Hex,
                    _ => RowFormat::HexText,
                };
                let spec = Box::new(log.view.clone());
                self.handle(ctx, UiRequest::View(id, spec));
            }
            C::SaveLog => {
                let direction = self.log_mut(id).and_then(|log| log.view.filter.direction);
                self.dialog = Some(Dialog::SaveLog(SaveLog::new(id, self.file_for(id), direction)));
            }
            _ => {
                let (view, status) = (self.backend.view(id), self.backend.status(id));
                let pane = self.panes.get_mut(&id);
                if let (Some(view), Some(status), Some(pane)) = (view, status, pane) {
                    pane.command(command, &*view, status.retired_bytes);
                }
            }
        }
    }

    fn ask_for(&mut self, role: SessionRole) {
        self.dialog = Some(Dialog::NewSession(NewSession::new(role, self.recent.first())));
    }

    pub(super) fn open(&mut self, spec: SessionSpec) {
        if let TransportSpec::TcpClient(client) = &spec.transport {
            let target = Recent { host: client.host.clone(), port: client.port };
            self.recent.retain(|other| *other != target);
            self.recent.insert(0, target);
            self.recent.truncate(UiState::RECENT);
        }
        let send = SendState::new(&spec.transport);
        let id = self.open_quietly(spec, send);
        self.add_tab(id);
        if let Some(pane) = self.panes.get_mut(&id) {
            pane.at_launch = false;
            pane.focus_send();
        }
    }

    pub(super) fn session(&mut self, ctx: &Context, id: SessionId, command: SessionCommand) {
        if let SessionCommand::SetSpec(spec) = &command
            && let Some(pane) = self.panes.get_mut(&id)
        {
            pane.at_launch = spec.autostart;
        }
        if let Err(busy) = self.backend.command(id, command) {
            let sentence = self
                .locale
                .with("busy", [("reason", self.locale.translate(&busy.to_string()).into())]);
            self.toast(ctx, Toast::failure(sentence));
        }
    }

    pub(super) fn forget(&mut self, id: SessionId) {
        self.remove_tab(id);
        self.panes.remove(&id);
        self.timeline.take_if(|timeline| timeline.id() == id);
        if self.board.session == Some(id) {
            self.board.session = None;
        }
        self.backend.forget(id);
    }

    /// A text file that is offered for what a session has logged: its title and the time.
    fn file_for(&self, id: SessionId) -> String {
        let title = match (self.backend.spec(id), self.backend.status(id)) {
            (Some(spec), Some(status)) => words::title(&spec, status.local, &self.locale),
            _ => "timeline".to_owned(),
        };
        let time = words::file_time(self.platform.now(), self.platform.zone());
        let name = format!("{}.txt", file_name(&title, &time));
        self.platform.folder().join(name).display().to_string()
    }

    fn read_workspace(&mut self, path: std::path::PathBuf) {
        let inbox = self.inbox.clone();
        let done = move |result| {
            inbox.leave(match result {
                Ok(sessions) => InboxMessage::Workspace(sessions),
                Err(sentence) => InboxMessage::Toast(Toast::failure(sentence)),
            });
        };
        self.platform.read_workspace(path, Box::new(done));
    }

    fn write_workspace(&mut self, path: std::path::PathBuf) {
        // Which histories they have is this computer's own.
        let specs = self.state().sessions.into_iter().map(|saved| saved.spec);
        let sessions = specs.map(|spec| SessionSpec { capture: None, ..spec }).collect();
        let inbox = self.inbox.clone();
        let saved = self.locale.with("saved", [("path", path.display().to_string().into())]);
        let done = move |result| {
            inbox.leave(InboxMessage::Toast(match result {
                Ok(()) => Toast::done(saved),
                Err(sentence) => Toast::failure(sentence),
            }));
        };
        self.platform.write_workspace(path, sessions, Box::new(done));
    }

    /// Takes in what other threads left.
    pub(super) fn receive(&mut self, ctx: &Context) {
        while let Some(arrival) = self.inbox.take() {
            match arrival {
                InboxMessage::Copied(text, rows) => {
                    ctx.copy_text(text);
                    let sentence = self.locale.with("copied-rows", [("rows", rows.into())]);
                    self.toast(ctx, Toast::done(sentence));
                }
                InboxMessage::Toast(toast) => self.toast(ctx, toast),
                InboxMessage::Captures(found) => self.found_captures(ctx, found),
                InboxMessage::Picked(path) => match &mut self.dialog {
                    Some(Dialog::SaveLog(dialog)) => dialog.picked(&path),
                    Some(Dialog::Workspace(dialog)) => dialog.picked(&path),
                    Some(Dialog::Captures(dialog)) => dialog.picked(&path),
                    Some(Dialog::OpenCapture(dialog)) => dialog.picked(&path),
                    Some(Dialog::SaveProgramLog(dialog)) => dialog.picked(&path),
                    _ => {}
                },
                InboxMessage::Elf(id, path) => {
                    let request = crate::panes::board::choose_symbols(id, Some(path));
                    self.handle(ctx, request);
                }
                InboxMessage::Keyring(answer, ssid) => self.keyring_answer(ctx, answer, ssid),
                InboxMessage::BoardFile(path) => self.board.file(path.display().to_string()),
                InboxMessage::Workspace(sessions) => {
                    for spec in sessions {
                        let send = SendState::new(&spec.transport);
                        let id = self.open_quietly(spec, send);
                        self.add_tab(id);
                    }
                }
            }
        }
    }

    pub(super) fn toast(&mut self, ctx: &Context, toast: Toast) {
        self.toasts.push(toast, ctx.input(|input| input.time));
        ctx.request_repaint();
    }
}

/// Is the command done in the same way for the timeline as for a session?
const fn of_any_log(command: UiCommand) -> bool {
    use UiCommand as C;
    matches!(command, C::CloseTab | C::SaveLog | C::ShowText | C::ShowHex | C::ShowBoth)
}
