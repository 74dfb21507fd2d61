//! What TCP knows, beside a session: the figures of a connection and of where it listens, and how long answers take.
//!
//! To be drawn is to look: the engine asks the system while this is in sight, and not otherwise.

mod plots;
mod table;

use egui::{Frame, Margin, Ui};
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::figures::{ConnectionFigures, ListenerFigures, SessionFigures};
use espalier_core::session::{
    ConnectionState, KnownClients, PeerStatus, SessionSpec, SessionStatus, TransportSpec,
};
use espalier_core::{PeerId, SessionId};

use super::latency;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, choice, form};
use crate::words;

/// The state of the figures beside a session.
#[derive(Debug, Default)]
pub(super) struct FiguresPane {
    /// The connection that was chosen; otherwise the latest open one.
    chosen: Option<PeerId>,
}

/// Whose figures.
pub(super) struct FiguresContext<'a> {
    pub id: SessionId,
    pub spec: &'a SessionSpec,
    pub status: &'a SessionStatus,
}

impl FiguresPane {
    /// Draws them.
    pub(super) fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, with: &FiguresContext<'_>) {
        let is_tcp = matches!(
            with.spec.transport,
            TransportSpec::TcpClient(_) | TransportSpec::TcpServer(_) | TransportSpec::Relay(_)
        );
        let peers = if is_tcp { &with.status.peers[..] } else { &[] };
        let shown = self.shown(peers);
        let of = PeerSelector::Peers(shown.into_iter().collect());
        let Some(figures) = scene.backend.figures(with.id, &of) else { return };
        if with.status.state.is_running() {
            // The next look is due in a second, whatever happens meanwhile.
            ui.ctx().request_repaint_after_secs(1.0);
        }
        let connection = shown.and_then(|peer| figures.of(peer));
        Frame::new().inner_margin(Margin::symmetric(8, 6)).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                if with.spec.transport.has_peers() && !peers.is_empty() {
                    self.choose(ui, scene, with.spec.transport.clients(), peers, shown);
                }
                copying(ui, scene, with, &figures, connection.map(|connection| &**connection));
            });
        });
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            Frame::new().inner_margin(Margin::symmetric(8, 2)).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                if matches!(
                    with.spec.transport,
                    TransportSpec::TcpServer(_) | TransportSpec::Relay(_)
                ) && with.status.state.is_running()
                    && with.status.local.is_some()
                {
                    of_listener(ui, scene, figures.listener);
                }
                if is_tcp {
                    let peer = peers.iter().find(|peer| Some(peer.id) == shown);
                    let is_over = peer.map(|peer| !is_open(peer));
                    of_connection(ui, scene, &figures, is_over, connection.map(|it| &**it));
                }
                heading(ui, scene.text("figures-answers"));
                latency::ui(ui, scene, &figures.answers, "figures-answers-none");
                if figures.connects.count > 0 {
                    heading(ui, scene.text("figures-connects"));
                    latency::ui(ui, scene, &figures.connects, "figures-answers-none");
                }
                ui.add_space(space::S);
                let reset = widgets::button(ui, Icon::Undo, scene.text("figures-reset"));
                if reset.on_hover_text(scene.text("figures-reset-hint")).clicked() {
                    scene.ask(UiRequest::Session(with.id, SessionCommand::ResetLatency));
                }
            });
        });
    }

    /// Whose figures are shown: the chosen connection's as long as it is remembered, or the latest one's.
    fn shown(&self, peers: &[PeerStatus]) -> Option<PeerId> {
        let chosen = peers.iter().find(|peer| Some(peer.id) == self.chosen);
        let latest = || peers.iter().rev().find(|peer| is_open(peer)).or(peers.last());
        chosen.or_else(latest).map(|peer| peer.id)
    }

    fn choose(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        clients: &KnownClients,
        peers: &[PeerStatus],
        shown: Option<PeerId>,
    ) {
        /// Of more, the latest ones can be chosen.
        const MOST: usize = 200;
        let is_shown = |peer: &PeerStatus| Some(peer.id) == shown;
        let names: Vec<(Option<PeerId>, String)> = peers
            .iter()
            .rev()
            .enumerate()
            .filter(|(at, peer)| *at < MOST || is_shown(peer))
            .map(|(_, peer)| peer)
            .map(|peer| (Some(peer.id), words::client(peer.id, Some(peer.remote), clients)))
            .collect();
        let choices: Vec<(Option<PeerId>, &str)> =
            names.iter().map(|(id, name)| (*id, name.as_str())).collect();
        let mut value = shown;
        if choice(ui, "figures of", scene.text("figures-of"), &mut value, &choices).0 {
            self.chosen = value;
        }
    }
}

const fn is_open(peer: &PeerStatus) -> bool {
    !matches!(peer.state, ConnectionState::Ended(_))
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(space::S);
    ui.strong(text);
}

/// What is known of a connection, or why nothing is; `is_over`: whether there is one, and it is over.
fn of_connection(
    ui: &mut Ui,
    scene: &Scene<'_>,
    figures: &SessionFigures,
    is_over: Option<bool>,
    connection: Option<&ConnectionFigures>,
) {
    let sample = connection.and_then(|connection| Some((connection, connection.series.last()?)));
    let Some((connection, sample)) = sample else {
        form::hint(
            ui,
            scene.text(match is_over {
                None => "figures-no-connection",
                Some(true) if figures.is_told => "figures-over-unseen",
                Some(_) => "figures-untold",
            }),
        );
        return;
    };
    table::ui(ui, scene, connection, &sample.figures);
    plots::ui(ui, scene, &connection.series);
}

/// Who waits where it listens.
fn of_listener(ui: &mut Ui, scene: &Scene<'_>, listener: Option<ListenerFigures>) {
    ui.strong(scene.text("figures-listener"));
    let Some(ListenerFigures { waiting, limit, dropped }) = listener else {
        form::hint(ui, scene.text("figures-listener-untold"));
        return;
    };
    let text = scene.with(
        "figures-backlog",
        [("waiting", number::grouped(waiting).into()), ("limit", number::grouped(limit).into())],
    );
    let label = ui.label(text);
    label.on_hover_text(scene.text("figures-backlog-hint"));
    if let Some(dropped) = dropped {
        let count = number::grouped(dropped);
        ui.label(scene.with("figures-dropped-count", [("count", count.into())]));
    }
    ui.add_space(space::S);
}

/// Puts what is shown on the clipboard: as text, or all looks as a table.
fn copying(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    with: &FiguresContext<'_>,
    figures: &SessionFigures,
    connection: Option<&ConnectionFigures>,
) {
    if widgets::icon_button(ui, Icon::Copy, scene.text("figures-copy")).clicked() {
        let mut lines = vec![words::title(with.spec, with.status.local, scene.locale)];
        if let Some(connection) = connection {
            lines.push(format!("#{}", connection.peer.0));
            lines.extend(table::lines(scene, connection));
        }
        for (key, summary) in
            [("figures-answers", &figures.answers), ("figures-connects", &figures.connects)]
        {
            if summary.count > 0 {
                lines.push(format!("{}: {}", scene.text(key), latency::line(scene, summary)));
            }
        }
        scene.ask(UiRequest::CopyText(lines.join("\n")));
    }
    let Some(connection) = connection else { return };
    if widgets::icon_button(ui, Icon::List, scene.text("figures-copy-csv")).clicked() {
        scene.ask(UiRequest::CopyText(connection.series.csv()));
    }
}
