//! What commands do. The only place that changes the window's state.

use egui::{Context, ViewportCommand};
use espalier_core::backend::{
    CommandRefusal, ListControl, LogId, PeerSelector, SessionCommand, TextFormat,
};
use espalier_core::board::BoardCommand;
use espalier_core::session::{SessionSpec, bridges};
use espalier_core::settings::ThemeChoice;
use espalier_core::view::{EncodingName, RowFormat};
use espalier_core::{Progress, SessionId};

use super::App;
use super::palette::{ANY_BOARD, board_section};
use super::restore::waits_for_user;
use crate::command::{
    DialogRequest, ReplayAsk, ReplayOrder, SessionRole, Toast, TransferAsk, UiCommand, UiRequest,
};
use crate::inbox::InboxMessage;
use crate::locale::Language;
use crate::state::{Dock, SendState, WorkspaceContents};

impl App {
    /// Acts on a request.
    pub fn handle(&mut self, ctx: &Context, request: UiRequest) {
        match request {
            UiRequest::Command(command) => self.command(ctx, command),
            UiRequest::Open(spec) => self.open(*spec),
            UiRequest::Session(id, command) => self.session(ctx, id, command),
            UiRequest::Replay(order) => self.replay(ctx, &order),
            UiRequest::Bridge(one, other) => self.bridge(one, other),
            UiRequest::List(request) => self.send_list_request(ctx, request),
            UiRequest::Rules(request) => self.rules_request(ctx, request),
            UiRequest::ShowPlace(id, record, offset) => self.show_place(ctx, id, record, offset),
            UiRequest::OpenBoard(spec) => self.open_board(ctx, *spec),
            UiRequest::EspTouch(request) => {
                if let Err(refusal) = self.backend.esp_touch(*request) {
                    self.refused(ctx, &refusal);
                }
            }
            UiRequest::CancelEspTouch => self.backend.cancel_esp_touch(),
            UiRequest::SearchBoards => {
                if let Err(refusal) = self.backend.search_boards() {
                    self.refused(ctx, &refusal);
                }
            }
            UiRequest::UpdateBoard(request) => {
                if let Err(refusal) = self.backend.update_board(*request) {
                    self.refused(ctx, &refusal);
                }
            }
            UiRequest::CancelBoardUpdate => self.backend.cancel_board_update(),
            UiRequest::EndBoardSearch => self.backend.end_board_search(),
            UiRequest::Keyring(request, ssid) => self.keyring(request, ssid),
            UiRequest::ShowBoard => self.boards.open = true,
            UiRequest::Board(id, command) => self.board(ctx, id, command),
            UiRequest::Go { id, request, talk } => self.provision(ctx, id, request, talk),
            UiRequest::PickFlashFile(id) => self.pick_flash_file(id),
            UiRequest::PickElf(id) => self.pick_elf(id),
            UiRequest::SaveCoreDump(id, from, number) => self.pick_core_dump(id, from, number),
            UiRequest::Connect(endpoint, count) => self.connect(endpoint, count),
            UiRequest::Dock(id, dock) => self.dock_board(id, dock),
            UiRequest::View(id, spec) => {
                if let Some(view) = self.backend.log(id) {
                    view.set_spec(*spec);
                }
            }
            UiRequest::Encoding(name) => self.show_in(ctx, name),
            UiRequest::Close(id) => self.close_or_ask(id),
            UiRequest::CloseAnyway(subject) => self.close_anyway(ctx, subject),
            UiRequest::OpenCapture(path) => self.open_capture(&path),
            UiRequest::OpenFolder(path) => self.open_folder(path),
            UiRequest::OpenPage(page) => self.open_page(page),
            UiRequest::AskForReleases => self.ask_for_releases(ctx),
            UiRequest::DismissRelease(version) => self.dismiss_release(version),
            UiRequest::Capture(request) => self.capture_request(request),
            UiRequest::Focus(id) => self.bring_to_front(id),
            UiRequest::Reveal(id) => self.reveal(id),
            UiRequest::Jump(timeline, origin, offset) => self.jump(ctx, timeline, origin, offset),
            UiRequest::Copy(id, what) => {
                let (inbox, rows) = (self.inbox.clone(), what.rows.clone());
                let count = rows.end.saturating_sub(rows.start);
                if let Some(view) = self.backend.log(id) {
                    let done = move |text| inbox.leave(InboxMessage::Copied(text, count));
                    view.copy(what, Box::new(done));
                }
            }
            UiRequest::Paste(id, text) => self.paste(ctx, id, &text),
            UiRequest::CopyText(text) => {
                ctx.copy_text(text);
                self.toast(ctx, Toast::done(self.locale.text("copied")));
            }
            UiRequest::SaveLog(id, path, what) => {
                if let Some(view) = self.backend.log(id) {
                    let progress = self.begin("activity-saving", &path);
                    let done = self.outcome(&progress);
                    view.save(path, what, progress, done);
                }
            }
            UiRequest::ReadWorkspace(path) => self.read_workspace(path),
            UiRequest::WriteWorkspace(path) => self.write_workspace(path),
            UiRequest::Set(key, value) => self.set(ctx, key, &value),
            UiRequest::Show(dialog) => self.show_dialog(dialog),
            UiRequest::ShowManual(topic) => self.manual.show(topic),
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
            C::NewClient => self.show_dialog(DialogRequest::NewSession(SessionRole::Client)),
            C::NewServer => self.show_dialog(DialogRequest::NewSession(SessionRole::Server)),
            C::NewRelay => self.show_dialog(DialogRequest::NewSession(SessionRole::Relay)),
            C::NewUdp => self.show_dialog(DialogRequest::NewSession(SessionRole::Udp)),
            C::NewLoad => self.show_dialog(DialogRequest::NewSession(SessionRole::Load)),
            C::NewSerial => self.show_dialog(DialogRequest::NewSession(SessionRole::Serial)),
            C::Board => self.boards.open = !self.boards.open,
            C::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            C::Timeline => self.show_timeline(ctx),
            C::BoardGo
            | C::BoardCancel
            | C::BoardFlash
            | C::BoardFlashAgain
            | C::BoardReset
            | C::BoardDownload
            | C::BoardScan
            | C::BoardTalk
            | C::BoardPort
            | C::BoardTable
            | C::BoardFlashForm
            | C::BoardRegion
            | C::BoardSymbols
            | C::PickElf
            | C::BoardWifi
            | C::BoardClients
            | C::BoardScreen
            | C::BoardSettings
            | C::BoardTrends
            | C::BoardClose => self.board_command(ctx, command),
            C::BoardNetwork | C::BoardTouch => {
                self.boards.open = true;
                self.board_section = board_section(command).map(|key| (ANY_BOARD, key));
            }
            C::DockLeft => self.dock_board(self.boards.meant().session(), Dock::Left),
            C::DockRight => self.dock_board(self.boards.meant().session(), Dock::Right),
            C::DockBelow => self.dock_board(self.boards.meant().session(), Dock::Below),
            C::DockTab => self.dock_board(self.boards.meant().session(), Dock::Tab),
            C::BoardFlashAll => self.flash_all(ctx),
            C::BoardCancelAll => {
                for (id, command) in self.boards.cancel_all(&*self.backend) {
                    self.board(ctx, id, command);
                }
            }
            C::BoardAdd => self.boards.choose_port(),
            C::ExportImages => self.export_images(),
            C::Terminal => {
                if let Some(id) = self.session_in_hand() {
                    self.toggle_terminal(ctx, id);
                }
            }
            C::ProgramLog => self.program_log.open = !self.program_log.open,
            C::ImportRules => self.show_dialog(DialogRequest::ImportRules),
            C::ExportRules => self.show_dialog(DialogRequest::ExportRules),
            C::ImportList => self.show_dialog(DialogRequest::ImportList),
            C::ExportList => self.show_dialog(DialogRequest::ExportList),
            C::OpenWorkspace => self.show_dialog(DialogRequest::OpenWorkspace),
            C::SaveWorkspace => self.show_dialog(DialogRequest::SaveWorkspace),
            C::Captures => self.show_dialog(DialogRequest::Captures),
            C::OpenCapture => self.show_dialog(DialogRequest::OpenCapture),
            C::Palette => self.show_dialog(DialogRequest::Palette),
            C::Manual => self.toggle_manual(),
            C::Shortcuts => self.show_dialog(DialogRequest::Shortcuts),
            C::About => self.show_dialog(DialogRequest::About),
            C::Settings => self.show_dialog(DialogRequest::Settings(String::new())),
            C::ZoomIn | C::ZoomOut | C::ZoomReset => self.zoom(ctx, command),
            C::NextTab | C::PreviousTab => self.step_tab(command == C::NextTab),
            C::SplitRight | C::SplitDown => self.split(command == C::SplitRight),
            C::SwitchLanguage => {
                let other = match self.locale.language() {
                    Language::English => Language::Chinese,
                    Language::Chinese => Language::English,
                };
                self.handle(ctx, UiRequest::Set("language", other.tag().into()));
            }
            C::SwitchTheme => {
                let next = if ctx.theme() == egui::Theme::Dark {
                    ThemeChoice::Light
                } else {
                    ThemeChoice::Dark
                };
                self.handle(ctx, UiRequest::Set("theme", next.word().into()));
            }
            _ => {
                if let Some(id) = self.focused {
                    self.command_for(ctx, id, command);
                }
            }
        }
    }

    /// Commands that mean a log, of a session or of a timeline.
    fn command_for(&mut self, ctx: &Context, log: LogId, command: UiCommand) {
        use UiCommand as C;
        match command {
            C::CloseTab
            | C::CloseOtherTabs
            | C::CloseTabsRight
            | C::RenameTab
            | C::DuplicateTab
            | C::Restart => self.tab_command(ctx, log, command),
            C::ShowText | C::ShowHex | C::ShowBoth => {
                let Some(pane) = self.log_mut(log) else { return };
                pane.view.format = match command {
                    C::ShowText => RowFormat::Text,
                    C::ShowHex => RowFormat::Hex,
                    _ => RowFormat::HexText,
                };
                let spec = Box::new(pane.view.clone());
                self.handle(ctx, UiRequest::View(log, spec));
            }
            C::SaveLog => self.show_dialog(DialogRequest::SaveLog(log)),
            C::CopyText | C::CopyTimed | C::CopyHex | C::CopyC => {
                let format = match command {
                    C::CopyText => TextFormat::Text,
                    C::CopyTimed => TextFormat::Timed,
                    C::CopyHex => TextFormat::Hex,
                    _ => TextFormat::CArray,
                };
                if let Some(pane) = self.log_mut(log) {
                    let request = pane.copies(format);
                    self.handle(ctx, request);
                }
            }
            _ => match log {
                LogId::Session(id) => self.command_for_session(ctx, id, command),
                LogId::Timeline(_) => {
                    if let Some(timeline) = &mut self.timeline {
                        timeline.command(command, &*self.backend);
                    }
                }
            },
        }
    }

    /// Commands that mean a session.
    fn command_for_session(&mut self, ctx: &Context, id: SessionId, command: UiCommand) {
        use UiCommand as C;
        match command {
            C::Start => self.session(ctx, id, SessionCommand::Start),
            C::Stop => self.session(ctx, id, SessionCommand::Stop),
            C::HalfClose => self.session(ctx, id, SessionCommand::HalfClose(PeerSelector::All)),
            C::Reset => self.session(ctx, id, SessionCommand::Reset(PeerSelector::All)),
            C::Options => self.show_dialog(DialogRequest::Options(id)),
            C::Bridge => self.show_dialog(DialogRequest::Bridge(id)),
            C::EndBridge => self.backend.end_bridge(id),
            C::ListPause | C::ListStep | C::ListStop => self.control_list(ctx, id, command),
            C::LineDtr | C::LineRts | C::LineBreak => {
                let Some(status) = self.backend.board(id) else { return };
                let command = match command {
                    C::LineDtr => BoardCommand::Dtr(!status.lines.dtr),
                    C::LineRts => BoardCommand::Rts(!status.lines.rts),
                    _ => BoardCommand::Break,
                };
                self.board(ctx, id, command);
            }
            C::LogToFile => self.show_dialog(DialogRequest::LogToFile(id)),
            C::LogFolder => {
                let log = self.backend.status(id).and_then(|status| status.log_file.clone());
                match log.as_ref().and_then(|log| log.path.parent()) {
                    Some(folder) => self.open_folder(folder.to_owned()),
                    // There is none yet.
                    None => self.show_dialog(DialogRequest::LogToFile(id)),
                }
            }
            C::Replay => {
                let ask = ReplayAsk { of: id, chosen: None, is_one: false, peer: None };
                self.show_dialog(DialogRequest::Replay(ask));
            }
            C::SendFile | C::ReceiveFile => {
                let (sends, peers) = (command == C::SendFile, self.peers_of(id));
                let ask = TransferAsk { id, sends, peers, path: None, protocol: None };
                self.show_dialog(DialogRequest::Transfer(ask));
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

    /// Plays a part of a history, and shows to whom.
    fn replay(&mut self, ctx: &Context, order: &ReplayOrder) {
        let ReplayOrder { of, to, request } = order;
        let peers = match self.peers_of(*to) {
            // Whom a session of datagrams talks with is one.
            PeerSelector::All => PeerSelector::Counterpart,
            peers => peers,
        };
        match self.backend.start_replay(*to, &peers, *of, request.clone()) {
            Ok(()) => self.reveal(*to),
            Err(refusal) => self.too_busy(ctx, refusal),
        }
    }

    fn control_list(&mut self, ctx: &Context, id: SessionId, command: UiCommand) {
        let Some(run) = self.backend.status(id).and_then(|status| status.list.clone()) else {
            return;
        };
        let control = match command {
            UiCommand::ListStep => ListControl::Step,
            UiCommand::ListStop => ListControl::Stop,
            _ if run.paused => ListControl::Resume,
            _ => ListControl::Pause,
        };
        self.session(ctx, id, SessionCommand::List(control));
    }

    /// Shows the log in front in this encoding.
    fn show_in(&mut self, ctx: &Context, encoding: EncodingName) {
        let Some(log) = self.focused else { return };
        if let Some(pane) = self.log_mut(log) {
            pane.view.encoding = encoding;
            let spec = Box::new(pane.view.clone());
            self.handle(ctx, UiRequest::View(log, spec));
        }
    }

    /// To whom a session's send box sends.
    pub(super) fn peers_of(&self, id: SessionId) -> PeerSelector {
        match (self.backend.spec(id), self.panes.get(&id)) {
            (Some(spec), Some(pane)) => pane.target(&spec.transport),
            _ => PeerSelector::All,
        }
    }

    pub(super) fn open(&mut self, mut spec: SessionSpec) {
        self.settings.new_session.apply(&mut spec);
        let send = SendState::of(&spec.transport, &self.settings.new_session);
        let id = self.open_quietly(spec, send);
        self.asked.insert(id, None);
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
        if matches!(command, SessionCommand::Start) {
            self.asked_to_connect(id);
        }
        if let Err(refusal) = self.backend.command(id, command) {
            self.too_busy(ctx, refusal);
        }
    }

    /// A session did not take what was asked of it.
    fn too_busy(&mut self, ctx: &Context, refusal: CommandRefusal) {
        let reason = self.locale.translate(&refusal.to_string());
        let sentence = self.locale.with("busy", [("reason", reason.into())]);
        self.toast(ctx, Toast::failure(sentence));
    }

    /// Closes a tab, and what it shows.
    pub(super) fn close(&mut self, log: LogId) {
        match log {
            LogId::Session(id) => self.forget(id),
            LogId::Timeline(id) => {
                self.remove_tab(id);
                self.timeline.take_if(|timeline| timeline.id() == id);
                self.backend.close_timeline(id);
            }
        }
    }

    pub(super) fn forget(&mut self, id: SessionId) {
        self.elfs = self.known_elfs(std::iter::once(id));
        self.remove_tab(id);
        self.panes.remove(&id);
        self.boards.remove(id);
        self.backend.forget(id);
    }

    fn read_workspace(&mut self, path: std::path::PathBuf) {
        let (inbox, failed) = (self.inbox.clone(), self.outcome(&Progress::default()));
        let done = move |result| match result {
            Ok(contents) => inbox.leave(InboxMessage::Workspace(Box::new(contents))),
            Err(sentence) => failed(Err(sentence)),
        };
        self.platform.read_workspace(path, Box::new(done));
    }

    fn open_folder(&self, path: std::path::PathBuf) {
        let failed = self.outcome(&Progress::default());
        self.platform.open_folder(path, Box::new(|fault| failed(Err(fault))));
    }

    fn write_workspace(&mut self, path: std::path::PathBuf) {
        // Which histories they have is this computer's own.
        let state = self.state();
        let boards = state.board.boards.into_iter().map(|board| board.session);
        let specs = state.sessions.into_iter().chain(boards).map(|saved| saved.spec);
        let sessions = specs.map(|spec| SessionSpec { capture: None, ..spec }).collect();
        let done = self.saved(&path);
        let contents = WorkspaceContents { sessions, ..self.list_contents() };
        self.platform.write_workspace(path, contents, done);
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
                // Another one, which has come up meanwhile, has not asked for it.
                InboxMessage::Picked(asked_by, path) => {
                    if let Some(dialog) = self.dialog.as_mut().filter(|_| asked_by == self.dialogs)
                    {
                        dialog.picked(&path);
                    }
                }
                InboxMessage::Elf(id, path) => {
                    let request = crate::panes::board::choose_symbols(id, Some(path));
                    self.handle(ctx, request);
                }
                InboxMessage::CoreDump(id, from, number, path) => {
                    let command = BoardCommand::SaveCoreDump { from, number, path };
                    self.board(ctx, id, command);
                }
                InboxMessage::Keyring(answer, ssid) => self.keyring_answer(ctx, answer, ssid),
                InboxMessage::Build(id, path, found) => {
                    if let Some(board) = self.boards.of_mut(id) {
                        board.found(path, *found);
                    }
                }
                InboxMessage::Rebuilt(id, path) => {
                    if let Some(board) = self.boards.of_mut(id) {
                        board.rebuilt(path);
                    }
                }
                InboxMessage::BackupFile(id, path) => {
                    if let Some(pane) = self.boards.of_mut(id) {
                        pane.backup_file(&path);
                    }
                }
                InboxMessage::BoardFile(id, path) => {
                    if let Some(board) = self.boards.of_mut(id) {
                        board.file(path);
                    }
                }
                InboxMessage::SendList(contents, notes) => {
                    let count = contents.send_list.len();
                    if self.take_list(ctx, *contents) {
                        self.send_list.notes.splice(0..0, notes);
                        let sentence = self.locale.with("list-taken", [("count", count.into())]);
                        self.toast(ctx, Toast::done(sentence));
                    }
                }
                InboxMessage::Release(answer) => self.hear_of_release(ctx, *answer),
                InboxMessage::LogFont(path, font) => self.log_font_was_read(ctx, &path, font),
                InboxMessage::Rules(contents, notes) => self.import_rules(ctx, *contents, notes),
                InboxMessage::SendListNotes(notes) => self.send_list.notes = notes,
                InboxMessage::Workspace(mut contents) => {
                    let sessions = std::mem::take(&mut contents.sessions);
                    let rules = std::mem::take(&mut contents.rules);
                    if !rules.is_empty() {
                        self.take_rules(ctx, rules, Vec::new());
                    }
                    self.take_list(ctx, *contents);
                    let bridged = bridges(&sessions);
                    let mut ids = Vec::with_capacity(sessions.len());
                    for mut spec in sessions {
                        waits_for_user(&mut spec);
                        let send = SendState::of(&spec.transport, &self.settings.new_session);
                        let id = self.open_quietly(spec, send);
                        self.add_tab(id);
                        ids.push(id);
                    }
                    self.bridge_all(&ids, bridged);
                }
            }
        }
    }

    pub(super) fn toast(&mut self, ctx: &Context, toast: Toast) {
        self.toasts.push(toast, ctx.input(|input| input.time));
        ctx.request_repaint();
    }
}
