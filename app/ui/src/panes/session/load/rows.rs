//! The clients of a load test, one a row; ten thousand of them cost as much as those that are seen.

use egui::{Align2, FontId, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::figures::FigureUnit;
use espalier_core::load::{LoadClient, LoadClientState, LoadStatus};
use espalier_core::session::{ConnectionState, SessionState, SessionStatus, TransportSpec};
use espalier_core::{PeerId, Timestamp};

use super::super::SessionPane;
use super::{is_bad, troubles};
use crate::command::UiRequest;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::Tone;
use crate::words;

const HEIGHT: f32 = 38.0;

/// Those that were chosen to be shown.
pub(super) fn ui(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    status: &SessionStatus,
    load: &LoadStatus,
) {
    if pane.load.shown.is_empty() {
        ui.centered_and_justified(|ui| ui.weak(scene.text("load-none-bad")));
        return;
    }
    let count = pane.load.shown.len();
    ui.spacing_mut().item_spacing.y = 0.0;
    egui::ScrollArea::vertical().auto_shrink(false).show_rows(ui, HEIGHT, count, |ui, seen| {
        for place in seen {
            let at = pane.load.shown.get(place).copied();
            if let Some(client) = at.and_then(|at| load.clients.get(at)) {
                ui.push_id(client.number, |ui| row(pane, ui, scene, status, client));
            }
        }
    });
}

/// Where it stands: what that is called, and its tone.
fn state(state: LoadClientState) -> (&'static str, Tone) {
    let as_session = match state {
        LoadClientState::NotYet => return ("load-not-yet", Tone::Idle),
        LoadClientState::Connecting => SessionState::Connecting,
        LoadClientState::Connected => SessionState::Connected(ConnectionState::Open),
        LoadClientState::Waiting(reason) => {
            SessionState::Waiting { reason, until: Some(Timestamp(0)) }
        }
        LoadClientState::Ended(reason) => SessionState::Ended { reason, detail: "".into() },
    };
    // As a client that is alone.
    let alone = TransportSpec::TcpClient(espalier_core::session::TcpClientSpec::new("", 0));
    words::session(&alone, &as_session)
}

fn row(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    status: &SessionStatus,
    client: &LoadClient,
) {
    let t = theme::tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), HEIGHT), Sense::click());
    let (key, tone) = state(client.state);
    let said = scene.text(key);
    let connect = client.connect_us.map(time).unwrap_or_default();
    let troubles = troubles(client);
    let spoken = scene.with(
        "load-client-spoken",
        [
            ("number", client.number.into()),
            ("state", said.into()),
            ("connect", (&connect).into()),
            ("errors", troubles.into()),
        ],
    );
    let only = client.peer.is_some_and(|peer| pane.log.view.filter.peers == [peer]);
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, only, &spoken));
    let painter = ui.painter();
    if only {
        painter.rect_filled(rect, 0.0, t.accent_wash);
    } else if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, 0.0, t.hover);
    }
    let (left, right) = (rect.left() + 10.0, rect.right() - 10.0);
    let (top, low) = (rect.top() + 12.0, rect.top() + 27.0);
    let (mono, small) = (FontId::monospace(12.5), FontId::proportional(11.0));
    let number = format!("#{}", client.number);
    let ink = if is_bad(client) { t.bad } else { t.strong };
    let drawn = painter.text(pos2(left, top), Align2::LEFT_CENTER, number, mono, ink);
    let place = pos2(drawn.right() + 8.0, top);
    painter.text(place, Align2::LEFT_CENTER, said, small.clone(), tone.color(t));
    let latest = match client.answer_us {
        Some(answer) => format!("{connect} · {}", time(answer)),
        None => connect,
    };
    painter.text(pos2(right, top), Align2::RIGHT_CENTER, latest, small.clone(), t.muted);
    let (sent, received) = (number::bytes(client.sent), number::bytes(client.received));
    let moved = format!("↑ {sent}  ↓ {received}");
    painter.text(pos2(left, low), Align2::LEFT_CENTER, moved, small.clone(), t.muted);
    if troubles > 0 {
        let errors = scene.with("load-errors", [("count", troubles.into())]);
        painter.text(pos2(right, low), Align2::RIGHT_CENTER, errors, small, t.bad);
    }
    let Some(peer) = client.peer else { return };
    response.context_menu(|ui| menu(pane, ui, scene, status, peer));
    if response.on_hover_text(detail(scene, client, &spoken)).clicked() {
        filter_by(pane, peer);
    }
}

/// All that is known of it.
fn detail(scene: &Scene<'_>, client: &LoadClient, spoken: &str) -> String {
    let mut lines = vec![spoken.to_owned()];
    for (key, count) in [
        ("load-attempts", u64::from(client.attempts)),
        ("load-connections", u64::from(client.connections)),
        ("load-refused", u64::from(client.refused)),
        ("load-timed-out", u64::from(client.timed_out)),
        ("load-tls-failed", u64::from(client.tls_failed)),
        ("load-failed", u64::from(client.failed)),
        ("load-broken", u64::from(client.broken)),
        ("load-closed-early", u64::from(client.closed_early)),
        ("load-messages", client.messages),
        ("load-unanswered", client.unanswered),
        ("load-wrong", client.wrong),
        ("load-missing", client.missing),
        ("load-unfinished", u64::from(client.unfinished)),
        ("load-unsent", client.unsent),
    ] {
        if count > 0 {
            lines.push(scene.with(key, [("count", number::grouped(count).into())]));
        }
    }
    if client.silent {
        lines.push(scene.text("load-silent").to_owned());
    }
    if let Some(took) = client.handshake_us {
        lines.push(format!("{} {}", scene.text("load-handshakes"), time(took)));
    }
    if let Some(place) = client.first_wrong {
        lines.push(scene.with("load-first-wrong", [("place", number::grouped(place).into())]));
    }
    lines.push(scene.text("load-row-hint").to_owned());
    lines.join("\n")
}

fn time(us: u64) -> String {
    words::figure_value(FigureUnit::Time, us)
}

fn filter_by(pane: &mut SessionPane, peer: PeerId) {
    let peers = &mut pane.log.view.filter.peers;
    *peers = if *peers == [peer] { Vec::new() } else { vec![peer] };
}

fn menu(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    status: &SessionStatus,
    id: PeerId,
) {
    if ui.button(scene.text("client-filter")).clicked() {
        filter_by(pane, id);
    }
    let peer = status.peers.iter().find(|peer| peer.id == id);
    let open = peer.filter(|peer| !matches!(peer.state, ConnectionState::Ended(_)));
    ui.add_enabled_ui(open.is_some(), |ui| {
        if ui.button(scene.text("load-send-to")).clicked()
            && let Some(peer) = open
            && !pane.chosen.remove(id)
        {
            pane.chosen.add(id, peer.remote);
        }
        ui.separator();
        let target = PeerSelector::Peers(vec![id]);
        for (key, command) in [
            ("client-close", SessionCommand::Close(target.clone())),
            ("client-half-close", SessionCommand::HalfClose(target.clone())),
            ("client-reset", SessionCommand::Reset(target.clone())),
        ] {
            if ui.button(scene.text(key)).clicked() {
                scene.ask(UiRequest::Session(pane.id, command));
            }
        }
    });
}
