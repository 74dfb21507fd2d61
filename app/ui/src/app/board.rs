//! What the board panel asks of the window.

use std::net::SocketAddr;

use egui::Context;
use espalier_core::backend::{LogId, SessionCommand};
use espalier_core::board::{
    BoardCommand, BoardRefusal, FlashSpec, FlashTask, LinkState, ProvisionFault, ProvisionRequest,
    ProvisionStatus,
};
use espalier_core::session::{Reconnect, SerialSpec, SessionSpec, TcpClientSpec, TransportSpec};
use espalier_core::{SessionId, Timestamp};

use super::App;
use super::palette::board_section;
use crate::command::{DialogRequest, KeyringRequest, Toast, TransferAsk, UiCommand};
use crate::inbox::InboxMessage;
use crate::panes::board::{BoardPane, BoardPanes, ProvisionRun, is_simulated, scan_for};
use crate::platform::Pick;
use crate::state::{Dock, KnownNetwork, SavedBoard, SavedBoards, SavedSession, SendState};

impl App {
    /// Opens a port for one more board; the board of a port that is open already is shown.
    pub(super) fn open_board(&mut self, ctx: &Context, spec: SerialSpec) {
        if let Some(id) = self.boards.on_port(&*self.backend, &spec) {
            self.boards.settle();
            return self.reveal(id);
        }
        if !self.boards.has_room() {
            let sentence = self.locale.with("boards-full", [("most", BoardPanes::MOST.into())]);
            return self.toast(ctx, Toast::notice(sentence));
        }
        let mut spec = SessionSpec::new(TransportSpec::Serial(spec));
        self.settings.new_session.apply(&mut spec);
        let send = SendState::of(&spec.transport, &self.settings.new_session);
        let id = self.open_quietly(spec, send);
        if let Some(pane) = self.panes.get_mut(&id) {
            pane.at_launch = false;
        }
        self.boards.add(id, false);
        self.boards.open = true;
    }

    /// Begins to provision a board, and keeps in mind what is to follow.
    pub(super) fn provision(
        &mut self,
        ctx: &Context,
        id: SessionId,
        request: ProvisionRequest,
        talk: bool,
    ) {
        let network = request.network.clone();
        match self.backend.board_command(id, BoardCommand::Provision(request)) {
            Ok(()) => {
                if let Some(board) = self.boards.of_mut(id) {
                    let remember = board.remembers();
                    board.run = Some(ProvisionRun { talk, network, remember });
                }
            }
            Err(refusal) => self.refused(ctx, &refusal),
        }
    }

    /// Asks something of a board.
    pub(super) fn board(&mut self, ctx: &Context, id: SessionId, command: BoardCommand) {
        if let Err(refusal) = self.backend.board_command(id, command) {
            self.refused(ctx, &refusal);
        }
    }

    /// Says why a board was not asked.
    pub(super) fn refused(&mut self, ctx: &Context, refusal: &BoardRefusal) {
        let reason = self.locale.sentence(&refusal.sentence());
        let sentence = self.locale.with("busy", [("reason", reason.into())]);
        self.toast(ctx, Toast::failure(sentence));
    }

    /// What follows when provisioning runs that were begun here have ended.
    pub(super) fn arrive(&mut self, ctx: &Context) {
        for id in self.boards.sessions() {
            let going = self.backend.provision_status(id);
            if going.as_ref().is_some_and(|going| going.outcome.is_none()) {
                continue;
            }
            let run = self.boards.of_mut(id).and_then(|board| board.run.take());
            if let Some(run) = run {
                self.arrived(ctx, id, &run, going.as_deref());
            }
        }
    }

    fn arrived(
        &mut self,
        ctx: &Context,
        id: SessionId,
        run: &ProvisionRun,
        ended: Option<&ProvisionStatus>,
    ) {
        match ended.and_then(|ended| ended.outcome.clone()) {
            Some(Ok(endpoint)) => {
                self.keep_network(id, run);
                // How flashing ended is old news now. Should the queue be full, it stays to be closed by hand.
                self.backend.board_command(id, BoardCommand::DismissFlash).ok();
                if run.talk {
                    self.talk(endpoint);
                }
            }
            // It was named meanwhile, or is the one that is most likely meant and was shown as such.
            Some(Err(fault)) if *fault == ProvisionFault::NoNetwork && run.network.is_none() => {
                if let Some(network) = self.boards.of(id).and_then(BoardPane::network) {
                    let request = ProvisionRequest { network: Some(network), may_flash: false };
                    self.provision(ctx, id, request, run.talk);
                }
            }
            _ => {}
        }
    }

    /// A network that a board has joined is known from now on, and its password kept if the user asked for that.
    fn keep_network(&mut self, id: SessionId, run: &ProvisionRun) {
        // What a simulated board joins is not there for others.
        if is_simulated(&*self.backend, id) {
            return;
        }
        let Some(board) = self.backend.board(id) else { return };
        let named = run.network.as_ref().map(|(ssid, _)| ssid.clone());
        let ssid = named.unwrap_or_else(|| board.reported.wifi.ssid.clone());
        if ssid.is_empty() {
            return;
        }
        self.joined(&ssid);
        if let Some((_, password)) = run.network.as_ref().filter(|_| run.remember)
            && !password.0.is_empty()
        {
            self.keyring(KeyringRequest::Remember(password.clone()), ssid);
        }
    }

    /// Brings up a conversation with a board; one that is there already is not doubled.
    fn talk(&mut self, endpoint: SocketAddr) {
        let host = endpoint.ip().to_string();
        let is_there = |id: &SessionId| {
            self.backend.spec(*id).is_some_and(|spec| match &spec.transport {
                TransportSpec::TcpClient(it) => it.host == host && it.port == endpoint.port(),
                _ => false,
            })
        };
        let mut tabs = self.tab_order().into_iter().filter_map(LogId::session);
        let Some(id) = tabs.find(is_there) else {
            return self.open(client_of(endpoint));
        };
        let runs = self.backend.status(id).is_some_and(|status| status.state.is_running());
        if !runs && self.backend.command(id, SessionCommand::Start).is_err() {
            return self.open(client_of(endpoint));
        }
        self.bring_to_front(id);
    }

    /// Opens conversations with a board.
    pub(super) fn connect(&mut self, endpoint: SocketAddr, count: u8) {
        for _ in 0..count.min(8) {
            self.open(client_of(endpoint));
        }
    }

    /// Puts the panel of a board where it belongs.
    pub(super) fn dock_board(&mut self, id: Option<SessionId>, dock: Dock) {
        let tabbed = self.boards.place(id, dock);
        let Some(id) = id else { return };
        let is_tab = self.tab_order().contains(&id.into());
        match (tabbed, is_tab) {
            (true, false) => self.add_tab(id),
            (false, true) => self.remove_tab(id),
            _ => {}
        }
    }

    /// What the palette asks of the board of the panel; without one, the panel comes up to choose a port.
    pub(super) fn board_command(&mut self, ctx: &Context, command: UiCommand) {
        use UiCommand as C;
        let meant = self.boards.meant().session();
        self.boards.open |= meant.is_none();
        meant.into_iter().for_each(|id| self.boards.reveal(id));
        let found = meant.and_then(|id| Some((id, self.backend.board(id)?)));
        let Some((id, status)) = found else {
            let sentence = self.locale.text("command-board-none");
            return self.toast(ctx, Toast::notice(sentence));
        };
        if let Some(key) = board_section(command) {
            self.board_section = Some((id, key));
            return;
        }
        match command {
            C::BoardGo => {
                let request = self.boards.meant().go_request();
                self.provision(ctx, id, request, true);
            }
            C::BoardCancel => {
                self.board(ctx, id, BoardCommand::CancelProvision);
                if status.link == LinkState::Flashing {
                    self.board(ctx, id, BoardCommand::CancelFlash);
                }
            }
            C::BoardFlash => {
                let spec = Box::new(FlashSpec::bundled());
                self.board(ctx, id, BoardCommand::Flash(spec));
            }
            C::BoardFlashAgain => match self.boards.meant_mut().flash_again() {
                Some(spec) => self.board(ctx, id, BoardCommand::Flash(Box::new(spec))),
                None => self.toast(ctx, Toast::notice(self.locale.text("command-board-no-build"))),
            },
            C::BoardTable => {
                let spec = Box::new(FlashSpec::task(FlashTask::Table));
                self.board(ctx, id, BoardCommand::Flash(spec));
                self.board_section = Some((id, "board-section-region"));
            }
            C::PickElf => self.pick_elf(id),
            C::BoardClose => self.close_or_ask(id.into()),
            C::BoardReset => self.board(ctx, id, BoardCommand::Reset),
            C::BoardDownload => self.board(ctx, id, BoardCommand::DownloadMode),
            C::BoardScan => self.board(ctx, id, scan_for(&self.boards.shared.known)),
            C::BoardTalk => match status.reported.endpoint() {
                Some(endpoint) => self.talk(endpoint),
                None => {
                    self.toast(ctx, Toast::notice(self.locale.text("command-board-unreachable")))
                }
            },
            _ => {
                let opens = status.link == LinkState::Closed;
                let command = if opens { SessionCommand::Start } else { SessionCommand::Stop };
                self.session(ctx, id, command);
            }
        }
    }

    /// Flashes all boards that can be flashed now; each tells by itself how it goes.
    pub(super) fn flash_all(&mut self, ctx: &Context) {
        self.boards.open = true;
        let key = match self.boards.flash_all(&*self.backend) {
            Some((_, ready)) if ready.is_empty() => "boards-none-ready",
            Some((spec, ready)) => {
                for id in ready {
                    self.board(ctx, id, BoardCommand::Flash(Box::new(spec.clone())));
                }
                return;
            }
            None => "flash-bad-address",
        };
        self.toast(ctx, Toast::notice(self.locale.text(key)));
    }

    /// Lets a file be picked for flashing.
    pub(super) fn pick_flash_file(&self, id: SessionId) {
        // Programs that cargo builds have no extension.
        self.pick_file("flash-pick-file", None, move |path| InboxMessage::BoardFile(id, path));
    }

    /// Lets an ELF file be picked for decoding backtraces.
    pub(super) fn pick_elf(&self, id: SessionId) {
        self.pick_file("symbols-pick", None, move |path| InboxMessage::Elf(id, path));
    }

    /// Lets a file be named for a core dump.
    pub(super) fn pick_core_dump(&self, id: SessionId, from: Timestamp, number: u64) {
        let picked = move |path| InboxMessage::CoreDump(id, from, number, path);
        self.pick_file("core-dump-save", Some("coredump.bin"), picked);
    }

    /// Lets a file be picked, or one be named to be written, for which `new` is offered.
    fn pick_file(
        &self,
        title: &'static str,
        new: Option<&str>,
        picked: impl FnOnce(std::path::PathBuf) -> InboxMessage + Send + 'static,
    ) {
        let inbox = self.inbox.clone();
        let ask = Pick {
            save: new.is_some(),
            title: self.locale.text(title).to_owned(),
            start: match new {
                Some(name) => self.platform.folder().join(name),
                None => self.platform.folder(),
            },
            extension: None,
        };
        let done = move |path: Option<std::path::PathBuf>| {
            if let Some(path) = path {
                inbox.leave(picked(path));
            }
        };
        self.platform.pick(ask, Box::new(done));
    }

    /// A file that is dropped on a send box is to be sent. Others are for flashing; one with symbols may be meant for backtraces, too.
    pub(super) fn take_dropped_files(&mut self, ctx: &Context) {
        for file in ctx.input(|input| input.raw.dropped_files.clone()) {
            let under = ctx.pointer_latest_pos().and_then(|at| {
                let mut panes = self.panes.iter();
                panes.find_map(|(id, pane)| pane.takes_drop(at, ctx).then_some(*id))
            });
            match (under, Self::is_capture_file(file.path())) {
                (Some(id), _) => {
                    let (peers, path) = (self.peers_of(id), Some(file.path().to_owned()));
                    let ask = TransferAsk { id, sends: true, peers, path, protocol: None };
                    self.show_dialog(DialogRequest::Transfer(ask));
                }
                (None, true) => self.open_capture(file.path()),
                (None, false) => {
                    self.boards.meant_mut().dropped(file.path().to_owned());
                    self.boards.open = true;
                }
            }
        }
    }

    pub(super) fn board_state(&self) -> SavedBoards {
        let panels = self.boards.iter().filter_map(|board| {
            let id = board.session()?;
            let pane = self.panes.get(&id)?;
            let spec = self.backend.spec(id)?;
            let spec = pane.spec_to_keep(&spec);
            let session = SavedSession { spec, send: pane.send_state() };
            Some(SavedBoard { session, tab: board.is_tabbed() })
        });
        SavedBoards {
            open: self.boards.open,
            dock: self.boards.dock,
            boards: panels.collect(),
            shown: self.boards.shown(),
            networks: self.boards.shared.known.clone(),
        }
    }

    /// Opens the boards of the last window; for each that stands among the tabs its session.
    pub(super) fn restore_boards(&mut self, saved: &SavedBoards) -> Vec<Option<SessionId>> {
        self.boards.open = saved.open;
        self.boards.dock = saved.dock;
        self.boards.shared.known.clone_from(&saved.networks);
        self.boards.shared.known.truncate(KnownNetwork::MOST);
        let mut tabs = Vec::new();
        for SavedBoard { session, tab } in &saved.boards {
            let is_serial = matches!(session.spec.transport, TransportSpec::Serial(_));
            let mut opened = None;
            if is_serial && self.boards.has_room() {
                let id = self.open_quietly(session.spec.clone(), session.send.clone());
                self.boards.add(id, *tab);
                opened = tab.then_some(id);
            }
            tabs.push(opened);
        }
        let shown = self.boards.sessions().get(saved.shown).copied();
        shown.into_iter().for_each(|id| self.boards.mean(id));
        tabs
    }
}

/// A client session to the board: it comes back by itself, also when the board gets another address.
fn client_of(endpoint: SocketAddr) -> SessionSpec {
    let client = TcpClientSpec {
        reconnect: Reconnect::Exponential,
        ..TcpClientSpec::new(endpoint.ip().to_string(), endpoint.port())
    };
    SessionSpec::new(TransportSpec::TcpClient(client))
}
