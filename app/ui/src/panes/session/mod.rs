//! A session: header, toolbar, log, clients, send box, statistics.

mod beside;
mod chat;
mod chosen;
mod clients;
mod encodings;
mod figures;
mod header;
mod latency;
mod list;
mod load;
mod log_file;
mod message_form;
mod modem_lines;
mod notes;
mod replay;
mod rules;
mod send;
mod statistics;
mod terminal;
mod tls;
mod transfer;

use std::cell::Cell;
use std::sync::Arc;

use egui::{Frame, Margin, Panel, Pos2, Rect, Ui};
use espalier_core::backend::{Backend, PeerSelector, SessionCommand, View};
use espalier_core::send::SendError;
use espalier_core::session::{SessionSpec, SessionStatus, TransportSpec};
use espalier_core::terminal::TerminalSpec;
use espalier_core::{SessionId, Timestamp};

use crate::command::UiCommand;
use crate::panes::known_peers::KnownPeers;
use crate::panes::log::{LogContext, LogPane, bar};
use crate::scene::Scene;
use crate::state::SendState;
use crate::theme;
use crate::widgets::{Edge, Split};
use beside::Beside;
use chat::{ChatContext, ChatPane};
use chosen::{ChosenClients, receives};
use clients::ClientList;
use encodings::TargetEncodings;
use figures::{FiguresContext, FiguresPane};
use list::{ListContext, ListPane};
use load::LoadPane;
use replay::ReplayPane;
use rules::{RulesContext, RulesPane};
use send::{SendBox, SendBoxLayout};
use terminal::{TerminalContext, TerminalPane};

/// The state of a session's pane.
#[derive(Debug)]
pub struct SessionPane {
    id: SessionId,
    /// The log.
    pub log: LogPane,
    /// Does it start with the window?
    pub at_launch: bool,
    send: SendBox,
    list: ListPane,
    clients: ClientList,
    load: LoadPane,
    rules: RulesPane,
    figures: FiguresPane,
    beside: Beside,
    replay: ReplayPane,
    terminal: TerminalPane,
    chat: ChatPane,
    clients_open: bool,
    chosen: ChosenClients,
    known: KnownPeers,
    opened: Timestamp,
    seen_records: u64,
    /// Where the send box was drawn, and in which frame.
    send_place: Option<(Rect, u64)>,
}

impl SessionPane {
    /// The pane of a session that was opened at this time.
    pub fn new(id: SessionId, spec: &SessionSpec, send: SendState, opened: Timestamp) -> Self {
        Self {
            id,
            log: LogPane::new(id.into(), spec.view.clone()),
            at_launch: spec.autostart,
            send: SendBox::new(send),
            list: ListPane::default(),
            clients: ClientList::default(),
            load: LoadPane::default(),
            rules: RulesPane::new(spec.rules.clone(), spec.view.encoding.clone()),
            figures: FiguresPane::default(),
            beside: Beside::default(),
            replay: ReplayPane::default(),
            terminal: TerminalPane::new(spec.terminal.clone()),
            chat: ChatPane::new(&spec.transport),
            clients_open: spec.transport.has_peers(),
            chosen: ChosenClients::default(),
            known: KnownPeers::default(),
            opened,
            seen_records: 0,
            send_place: None,
        }
    }

    /// Records received since the pane was last drawn.
    pub fn unread(&self, status: &SessionStatus) -> u64 {
        status.traffic.received.records.saturating_sub(self.seen_records)
    }

    /// The session's specification with what the pane knows better.
    pub fn spec_to_keep(&self, spec: &SessionSpec) -> SessionSpec {
        SessionSpec {
            view: self.log.view.clone(),
            terminal: self.terminal.spec.clone(),
            autostart: self.at_launch,
            rules: self.rules.own().to_vec(),
            ..spec.clone()
        }
    }

    /// What comes back of the send box at the next start.
    pub fn send_state(&self) -> SendState {
        self.send.state.clone()
    }

    /// When it was opened.
    pub const fn opened(&self) -> Timestamp {
        self.opened
    }

    /// Puts the keyboard into the send box, or the terminal that stands in its place.
    pub const fn focus_send(&mut self) {
        if self.terminal.spec.open {
            self.terminal.take_focus();
        } else if self.chat.open {
            self.chat.take_focus();
        } else {
            self.send.take_focus();
        }
    }

    /// Shows the terminal instead of the log, or the log again; how it is used from now on.
    pub(crate) fn toggle_terminal(&mut self) -> TerminalSpec {
        self.terminal.toggle();
        if !self.terminal.spec.open {
            self.terminal.closed();
            self.send.take_focus();
        }
        self.terminal.spec.clone()
    }

    /// What sends a text that was pasted into the terminal.
    ///
    /// # Errors
    /// [`SendError`]: it cannot be sent in the session's encoding.
    pub(crate) fn paste(
        &mut self,
        backend: &dyn Backend,
        (spec, status): (&SessionSpec, &SessionStatus),
        text: &str,
    ) -> Result<Option<SessionCommand>, SendError> {
        let to = self.recipients(status, &spec.transport).target;
        let encodings = self.encodings(spec, status, &to);
        self.terminal.paste(backend, self.id, to, text, &encodings)
    }

    /// Acts on a listed command that concerns only this pane.
    pub(crate) fn command(&mut self, command: UiCommand, view: &dyn View, retired: u64) {
        match command {
            UiCommand::FocusSend => self.focus_send(),
            UiCommand::SendList => self.beside.toggle(Beside::List),
            UiCommand::Rules => self.beside.toggle(Beside::Rules),
            UiCommand::Figures => self.beside.toggle(Beside::Figures),
            UiCommand::ListRun => {
                self.beside = Beside::List;
                self.list.run();
            }
            UiCommand::Chat => self.chat.toggle(),
            UiCommand::Clients => self.clients_open = !self.clients_open,
            UiCommand::Cycle => self.send.toggle_cycle(),
            _ => self.log.command(command, view, retired),
        }
    }

    /// To whom the send box sends.
    pub(crate) fn target(&self, transport: &TransportSpec) -> PeerSelector {
        if transport.has_peers() { self.chosen.target(transport) } else { PeerSelector::All }
    }

    /// Whether a file that is dropped there is dropped on the send box, which was drawn just now.
    pub(crate) fn takes_drop(&self, at: Pos2, ctx: &egui::Context) -> bool {
        self.send_place.is_some_and(|(place, frame)| {
            place.contains(at) && ctx.cumulative_pass_nr() <= frame + 2
        })
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let id = self.id;
        let (Some(spec), Some(status), Some(view)) =
            (scene.backend.spec(id), scene.backend.status(id), scene.backend.view(id))
        else {
            return;
        };
        self.seen_records = status.traffic.received.records;
        self.known.update(spec.transport.clients(), &status.peers);
        // What `before` is compared with is told to the view below.
        self.log.view.peer_encodings = Arc::clone(self.known.encodings());
        let before = self.log.view.clone();
        let bar = bar(ui);

        Panel::top("header")
            .frame(bar.inner_margin(Margin { left: 10, right: 10, top: 7, bottom: 3 }))
            .show_separator_line(false)
            .show(ui, |ui| header::ui(self, ui, scene, &spec, &status));
        if let Some(refused) = tls::refused(&status) {
            Panel::top("refused certificate")
                .frame(bar.inner_margin(Margin::symmetric(10, 4)))
                .show_separator_line(false)
                .show(ui, |ui| tls::bar(ui, scene, id, refused));
        }
        if let TransportSpec::Load(spec) = &spec.transport
            && let Some(outside) = load::asks(&status)
        {
            Panel::top("outside")
                .frame(bar.inner_margin(Margin::symmetric(10, 4)))
                .show_separator_line(false)
                .show(ui, |ui| load::question(ui, scene, id, outside, spec.clients));
        }
        if !self.terminal.spec.open && !self.chats(&spec) {
            self.log.bars(ui, scene, &*view, (status.retired_bytes, status.torn_bytes));
        }
        // Drawn as it is read: rows, clients, what is sent, statistics.
        let foot = Split::fitted(ui, "statistics");
        foot.show_rest(ui, |ui| self.beside_list(ui, scene, &*view, &spec, &status));
        let strip = bar.inner_margin(Margin::symmetric(10, 2));
        let moves = !matches!(spec.transport, TransportSpec::Capture(_));
        let board = scene.backend.board(id);
        foot.show(ui, strip, |ui| {
            statistics::ui(ui, scene, &status, moves);
            if let Some(board) = &board {
                modem_lines::ui(ui, scene, id, board);
            }
        });
        foot.line(ui);
        self.log.tell(scene, &before);
    }

    /// The send list, the rules or the figures, and the conversation that they stand beside.
    fn beside_list(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        spec: &SessionSpec,
        status: &SessionStatus,
    ) {
        let to = self.recipients(status, &spec.transport);
        let ready = to.can_be_sent_to(status);
        let encodings = self.encodings(spec, status, &to.target);
        let with = ListContext { id: self.id, status, encodings: &encodings, to: to.target, ready };
        if let Some((_, key)) = scene.list_key.take_if(|(id, _)| *id == self.id) {
            self.list.press(scene, &with, key);
        }
        let encoding = self.log.view.encoding.clone();
        let about = RulesContext { id: self.id, status, encoding: &encoding };
        self.rules.follow(scene, &about);
        let is_capture = matches!(spec.transport, TransportSpec::Capture(_));
        let name = match self.beside {
            Beside::List if !is_capture => "send list",
            Beside::Rules if !is_capture => "rules",
            Beside::Figures if !is_capture => "figures",
            _ => return self.conversation(ui, scene, view, spec, status),
        };
        let wide = ui.available_width();
        let most = (wide - 260.0).max(wide * 0.5);
        let split = Split::new(ui, name, Edge::Right, 320.0, 200.0..=most);
        split.show_rest(ui, |ui| self.conversation(ui, scene, view, spec, status));
        let frame = Frame::new().fill(theme::tokens(ui).panel);
        split.show(ui, frame, |ui| match self.beside {
            Beside::Nothing => {}
            Beside::List => self.list.ui(ui, scene, &with),
            Beside::Rules => self.rules.ui(ui, scene, &about),
            Beside::Figures => {
                self.figures.ui(ui, scene, &FiguresContext { id: self.id, spec, status });
            }
        });
        split.line(ui);
    }

    /// Whether the chat stands in the place of the log.
    const fn chats(&self, spec: &SessionSpec) -> bool {
        self.chat.open && matches!(spec.transport, TransportSpec::TcpClient(_))
    }

    /// The log, the clients beside it, the send box below it.
    fn conversation(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        spec: &SessionSpec,
        status: &SessionStatus,
    ) {
        if matches!(spec.transport, TransportSpec::Capture(_)) || self.terminal.spec.open {
            return self.log_and_clients(ui, scene, view, spec, status);
        }
        if self.chats(spec) {
            let about = ChatContext { id: self.id, spec, status };
            return self.chat.ui(ui, scene, &about, status.chat.as_deref());
        }
        let layout = if ui.available_width() < 490.0 || ui.available_height() < 240.0 {
            SendBoxLayout::Line
        } else {
            SendBoxLayout::Box
        };
        let send = match layout {
            SendBoxLayout::Box => {
                let most = ui.available_height() - 100.0;
                Split::new(ui, "send", Edge::Below, 130.0, self.send.least_height()..=most)
            }
            SendBoxLayout::Line => Split::fitted(ui, "send line"),
        };
        send.show_rest(ui, |ui| self.above_send(ui, scene, view, spec, status));
        let frame = bar(ui).inner_margin(Margin::symmetric(10, 6));
        send.show(ui, frame, |ui| {
            self.send_place = Some((ui.max_rect(), ui.ctx().cumulative_pass_nr()));
            self.send_ui(ui, scene, spec, status, layout);
        });
        send.line(ui);
    }

    /// The log, and below it what is played to the session.
    fn above_send(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        spec: &SessionSpec,
        status: &SessionStatus,
    ) {
        if !ReplayPane::is_shown(status) {
            return self.above_replay(ui, scene, view, spec, status);
        }
        let strip = Split::fitted(ui, "replay");
        strip.show_rest(ui, |ui| self.above_replay(ui, scene, view, spec, status));
        let frame = bar(ui).inner_margin(Margin::symmetric(10, 4));
        strip.show(ui, frame, |ui| self.replay.ui(ui, scene, self.id, status));
        strip.line(ui);
    }

    /// The log, and below it a transfer of files when there is one.
    fn above_replay(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        spec: &SessionSpec,
        status: &SessionStatus,
    ) {
        if !transfer::is_shown(status) {
            return self.log_and_clients(ui, scene, view, spec, status);
        }
        let strip = Split::fitted(ui, "transfer");
        strip.show_rest(ui, |ui| self.log_and_clients(ui, scene, view, spec, status));
        let frame = bar(ui).inner_margin(Margin::symmetric(10, 4));
        strip.show(ui, frame, |ui| transfer::ui(ui, scene, self.id, status));
        strip.line(ui);
    }

    fn log_and_clients(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        spec: &SessionSpec,
        status: &SessionStatus,
    ) {
        if !(spec.transport.has_peers() && self.clients_open) {
            return self.log_or_terminal(ui, scene, view, spec, status);
        }
        let (wide, high) = (ui.available_width(), ui.available_height());
        let clients = if self.beside != Beside::Nothing && wide < 360.0 && high > 240.0 {
            // Beside all of them, nothing of a row would be seen.
            let size = (high * 0.35).clamp(90.0, 200.0);
            Split::new(ui, "clients below", Edge::Below, size, 60.0..=(high - 100.0))
        } else {
            let size = (wide * 0.36).clamp(200.0, 330.0);
            Split::new(ui, "clients", Edge::Right, size, 120.0..=(wide - 120.0))
        };
        clients.show_rest(ui, |ui| self.log_or_terminal(ui, scene, view, spec, status));
        let frame = Frame::new().fill(theme::tokens(ui).panel);
        clients.show(ui, frame, |ui| match spec.transport {
            TransportSpec::Load(_) => load::ui(self, ui, scene, status),
            _ => clients::ui(self, ui, scene, spec, status),
        });
        clients.line(ui);
    }

    fn log_or_terminal(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        spec: &SessionSpec,
        status: &SessionStatus,
    ) {
        let saved = matches!(spec.transport, TransportSpec::Capture(_));
        let is_server = spec.transport.has_peers();
        if self.terminal.spec.open {
            let to = self.recipients(status, &spec.transport);
            let ready = to.can_be_sent_to(status);
            let encodings = self.encodings(spec, status, &to.target);
            let (to, encodings) = (&to.target, &encodings);
            let with = TerminalContext { id: self.id, to, encodings, ready, saved };
            return self.terminal.ui(ui, scene, &with, &mut self.log.view.encoding);
        }
        // Whose a row is, is not told by a header where nothing is connected.
        let server = is_server || saved;
        let board = matches!(spec.transport, TransportSpec::Serial(_));
        let running = status.state.is_running();
        let marked = status.rules.as_ref().map_or(&[][..], |rules| &rules.marked);
        let about = LogContext {
            opened: self.opened,
            running,
            server,
            names: self.known.names(),
            board,
            lanes: &[],
            marked,
            empty: None,
        };
        self.log.rows(ui, scene, view, &about);
    }

    /// To whom is sent, and whether that can be done now.
    fn recipients(&self, status: &SessionStatus, transport: &TransportSpec) -> send::Recipients {
        // Only where there are several is there a choice.
        let server = transport.has_peers();
        let chosen = if server { self.chosen.clone() } else { ChosenClients::default() };
        send::Recipients {
            target: chosen.target(transport),
            open: status.peers.iter().filter(|peer| receives(peer)).count(),
            missing: chosen.missing(status),
            chosen,
            edit: Cell::new(None),
            server,
        }
    }

    /// In which encodings text is written for these.
    fn encodings(
        &self,
        spec: &SessionSpec,
        status: &SessionStatus,
        to: &PeerSelector,
    ) -> TargetEncodings {
        let session = self.log.view.encoding.clone();
        TargetEncodings::new(session, spec.transport.clients(), status, to)
    }

    fn send_ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        spec: &SessionSpec,
        status: &SessionStatus,
        layout: SendBoxLayout,
    ) {
        let to = self.recipients(status, &spec.transport);
        let encodings = self.encodings(spec, status, &to.target);
        let with = send::SendContext {
            id: self.id,
            status,
            clients: spec.transport.clients(),
            datagrams: matches!(spec.transport, TransportSpec::Udp(_)),
            encodings: &encodings,
            to,
            beside: self.beside,
        };
        self.send.ui(ui, scene, &with, layout);
        if let Some(edit) = with.to.edit.get() {
            self.chosen.edit(edit);
        }
    }
}
