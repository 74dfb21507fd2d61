//! The timeline: the rows of all sessions on one clock, each told by its lane, with what boards say of our connections beside
//! the bytes that caused it.
//!
//! Sessions that are opened later join it by themselves; those that are closed keep their rows here. A lane that is switched
//! off is hidden, not dropped.

mod clock;
mod lanes;
mod names;

use egui::{Margin, Panel, Ui};
use espalier_core::backend::Timelines;
use espalier_core::session::{SessionSpec, TransportSpec};
use espalier_core::timeline::TimelineId;
use espalier_core::view::{Framing, ViewSpec};
use espalier_core::{SessionId, Timestamp};

use super::known_peers::KnownPeers;
use super::log::{LogContext, LogPane, bar};
use crate::command::UiCommand;
use crate::scene::Scene;
use crate::widgets::log_view::{LaneStyle, PeerNames};
use crate::words;

/// The state of the timeline's pane.
#[derive(Debug)]
pub struct TimelinePane {
    id: TimelineId,
    /// The timeline's rows.
    pub log: LogPane,
    lanes: Vec<Lane>,
    opened: Timestamp,
}

/// A session on the timeline. What it was called stays when it is closed.
#[derive(Clone, Debug)]
struct Lane {
    session: SessionId,
    open: bool,
    title: String,
    server: bool,
    serial: bool,
    /// Its connections that the user has said something of.
    known: KnownPeers,
}

impl TimelinePane {
    /// The pane of the timeline with this number.
    pub fn new(id: TimelineId, view: ViewSpec, opened: Timestamp) -> Self {
        Self { id, log: LogPane::new(id.into(), view), lanes: Vec::new(), opened }
    }

    /// How a new timeline is shown: Improv packets are no conversation.
    pub fn fresh_view() -> ViewSpec {
        let mut view = ViewSpec::default();
        view.filter.hide_improv = true;
        view.framing = Framing::Message;
        view
    }

    /// Which timeline it is.
    pub const fn id(&self) -> TimelineId {
        self.id
    }

    /// Acts on a listed command that concerns only this pane.
    pub(crate) fn command(&mut self, command: UiCommand, backend: &dyn Timelines) {
        if let (Some(view), Some(status)) =
            (backend.timeline_view(self.id), backend.timeline(self.id))
        {
            self.log.command(command, &*view, status.retired_bytes);
        }
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let (Some(status), Some(view)) =
            (scene.backend.timeline(self.id), scene.backend.timeline_view(self.id))
        else {
            return;
        };
        self.learn(scene, &status.lanes);
        let styles = self.styles();
        let before = self.log.view.clone();
        let bar = bar(ui);
        Panel::top("lanes")
            .frame(bar.inner_margin(Margin { left: 10, right: 10, top: 7, bottom: 3 }))
            .show_separator_line(false)
            .show(ui, |ui| {
                let hidden = &mut self.log.view.filter.hidden_lanes;
                lanes::ui(ui, scene, &self.lanes, &styles, hidden);
                lanes::left_out(ui, scene, &status.lanes);
            });
        self.log.bars(ui, scene, &*view, (status.retired_bytes, 0));
        Panel::bottom("clock")
            .frame(bar.inner_margin(Margin::symmetric(10, 2)))
            .show(ui, |ui| clock::ui(ui, scene, &styles, &status, &view.status()));
        let about = LogContext {
            opened: self.opened,
            empty: Some("timeline-empty"),
            running: true,
            server: false,
            names: &PeerNames::default(),
            board: false,
            lanes: &styles,
            marked: &[],
        };
        self.log.rows(ui, scene, &*view, &about);
        self.log.tell(scene, &before);
    }

    /// What the sessions are called now.
    fn learn(&mut self, scene: &Scene<'_>, sessions: &[SessionId]) {
        self.lanes.truncate(sessions.len());
        for (index, id) in sessions.iter().enumerate() {
            let spec = scene.backend.spec(*id);
            let known = self.lanes.get_mut(index);
            match (spec, known) {
                (Some(spec), Some(lane)) => {
                    let known = std::mem::take(&mut lane.known);
                    *lane = Lane::of(*id, &spec, scene, known);
                }
                (Some(spec), None) => {
                    self.lanes.push(Lane::of(*id, &spec, scene, KnownPeers::default()));
                }
                (None, Some(lane)) => lane.open = false,
                (None, None) => self.lanes.push(Lane::gone(*id)),
            }
        }
    }

    fn styles(&self) -> Vec<LaneStyle> {
        let titles: Vec<&str> = self.lanes.iter().map(|lane| lane.title.as_str()).collect();
        let names = names::short(&titles);
        let lanes = self.lanes.iter().zip(names).zip(0..);
        lanes
            .map(|((lane, name), number)| LaneStyle {
                name,
                number,
                server: lane.server,
                names: lane.known.names().clone(),
                board: lane.serial,
            })
            .collect()
    }
}

impl Lane {
    fn of(
        session: SessionId,
        spec: &SessionSpec,
        scene: &Scene<'_>,
        mut known: KnownPeers,
    ) -> Self {
        let status = scene.backend.status(session);
        if let Some(status) = &status {
            known.update(spec.transport.clients(), &status.peers);
        }
        let local = status.and_then(|status| status.local);
        Self {
            session,
            open: true,
            title: words::title(spec, local, scene.locale),
            server: spec.transport.has_peers(),
            serial: matches!(spec.transport, TransportSpec::Serial(_)),
            known,
        }
    }

    /// A session that was closed before anybody looked.
    fn gone(session: SessionId) -> Self {
        let title = format!("#{}", session.0);
        Self {
            session,
            open: false,
            title,
            server: false,
            serial: false,
            known: KnownPeers::default(),
        }
    }
}
