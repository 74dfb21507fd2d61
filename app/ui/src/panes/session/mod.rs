//! A session: header, toolbar, log, clients, send box, statistics.

mod clients;
mod detail;
mod filter;
mod find;
mod header;
mod highlights;
mod log;
mod send;
mod statistics;
mod toolbar;

use std::collections::BTreeSet;

use egui::{CentralPanel, Frame, Margin, Panel, Ui};
use espalier_core::backend::{Target, View};
use espalier_core::session::{SessionSpec, SessionStatus, TransportSpec};
use espalier_core::view::ViewSpec;
use espalier_core::{PeerId, SessionId, Timestamp};

pub use send::SendState;

use crate::app::running;
use crate::command::{Request, UiCommand};
use crate::scene::Scene;
use crate::theme;
use find::FindBar;
use log::{About, Log};
use send::SendBox;

/// The state of a session's pane.
#[derive(Debug)]
pub struct SessionPane {
    id: SessionId,
    /// How the log is shown.
    pub view: ViewSpec,
    /// Does it start with the window?
    pub at_launch: bool,
    send: SendBox,
    find: FindBar,
    filter_open: bool,
    clients_open: bool,
    recipients: BTreeSet<PeerId>,
    encoding_query: String,
    log: Log,
    opened: Timestamp,
    seen_records: u64,
}

impl SessionPane {
    /// The pane of a session that was opened at this time.
    pub fn new(id: SessionId, spec: &SessionSpec, send: SendState, opened: Timestamp) -> Self {
        Self {
            id,
            view: spec.view.clone(),
            at_launch: spec.autostart,
            send: SendBox::new(send),
            find: FindBar::default(),
            filter_open: false,
            clients_open: matches!(spec.transport, TransportSpec::TcpServer(_)),
            recipients: BTreeSet::new(),
            encoding_query: String::new(),
            log: Log::default(),
            opened,
            seen_records: 0,
        }
    }

    /// Records received since the pane was last drawn.
    pub fn unread(&self, status: &SessionStatus) -> u64 {
        status.traffic.received.records.saturating_sub(self.seen_records)
    }

    /// The session's specification with what the pane knows better.
    pub fn spec_to_keep(&self, spec: SessionSpec) -> SessionSpec {
        SessionSpec { view: self.view.clone(), autostart: self.at_launch, ..spec }
    }

    /// What comes back of the send box at the next start.
    pub fn send_state(&self) -> SendState {
        self.send.state.clone()
    }

    /// Puts the keyboard into the send box.
    pub const fn focus_send(&mut self) {
        self.send.take_focus();
    }

    /// Acts on a listed command that concerns only this pane.
    pub(crate) fn command(&mut self, command: UiCommand, view: &dyn View, retired: u64) {
        match command {
            UiCommand::FocusSend => self.focus_send(),
            UiCommand::Find => self.find.toggle(view),
            UiCommand::FindNext => self.find.step(view, &mut self.log, true),
            UiCommand::FindPrevious => self.find.step(view, &mut self.log, false),
            UiCommand::Filter => self.filter_open = !self.filter_open,
            UiCommand::Follow => self.log.toggle_follow(),
            UiCommand::Clear => {
                toolbar::clear(&mut self.view, view, retired);
                view.set_spec(self.view.clone());
            }
            _ => {}
        }
    }

    /// To whom the send box sends.
    fn target(&self, server: bool) -> Target {
        if server && !self.recipients.is_empty() {
            Target::Peers(self.recipients.iter().copied().collect())
        } else {
            Target::All
        }
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
        let server = matches!(spec.transport, TransportSpec::TcpServer(_));
        let before = self.view.clone();
        let t = theme::tokens(ui);
        let bar = Frame::new().fill(t.panel).inner_margin(Margin::symmetric(10, 4));

        Panel::top("header")
            .frame(bar.inner_margin(Margin { left: 10, right: 10, top: 7, bottom: 3 }))
            .show_separator_line(false)
            .show(ui, |ui| header::ui(self, ui, scene, &spec, &status));
        Panel::top("toolbar")
            .frame(bar)
            .show(ui, |ui| toolbar::ui(self, ui, scene, &*view, &status));
        if self.find.is_open() {
            Panel::top("find").frame(bar).show(ui, |ui| {
                self.find.ui(ui, scene, &*view, &mut self.log);
            });
        }
        if self.filter_open {
            Panel::top("filter").frame(bar).show(ui, |ui| filter::ui(self, ui, scene, &*view));
        }
        let strip = bar.inner_margin(Margin::symmetric(10, 2));
        Panel::bottom("statistics").frame(strip).show(ui, |ui| statistics::ui(ui, scene, &status));
        Panel::bottom("send")
            .frame(bar.inner_margin(Margin::symmetric(10, 6)))
            .resizable(true)
            .default_size(118.0)
            .min_size(96.0)
            .show(ui, |ui| self.send_ui(ui, scene, &status, server));
        if server && self.clients_open {
            let width = (ui.available_width() * 0.36).clamp(200.0, 330.0);
            Panel::right("clients")
                .frame(Frame::new().fill(t.panel))
                .default_size(width)
                .resizable(true)
                .show(ui, |ui| clients::ui(self, ui, scene, &spec, &status));
        }
        if let Some(row) = self.log.selected_row() {
            Panel::bottom("detail")
                .frame(bar)
                .show(ui, |ui| detail::ui(&mut self.log, ui, scene, &row));
        }
        CentralPanel::default().frame(Frame::new().fill(t.field)).show(ui, |ui| {
            let board = matches!(spec.transport, TransportSpec::Serial(_));
            let running = running(&status.state);
            let about = About { opened: self.opened, running, server, board };
            self.log.ui(ui, scene, id, &*view, &self.view, &about);
        });
        if self.view != before {
            scene.ask(Request::View(id, Box::new(self.view.clone())));
        }
    }

    fn send_ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        status: &SessionStatus,
        server: bool,
    ) {
        let open: BTreeSet<PeerId> = status
            .peers
            .iter()
            .filter(|peer| !matches!(peer.state, espalier_core::session::ConnectionState::Ended(_)))
            .map(|peer| peer.id)
            .collect();
        self.recipients.retain(|peer| open.contains(peer));
        let to = send::Recipients {
            target: self.target(server),
            chosen: self.recipients.len(),
            open: open.len(),
            server,
        };
        self.send.ui(ui, scene, self.id, status, &self.view.encoding, &to);
    }
}
