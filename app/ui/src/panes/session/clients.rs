//! The clients of a server: who they are, what moved, whom to send to, and how to be rid of them.

use egui::{Sense, Ui, Vec2};
use espalier_core::PeerId;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{
    Behaviour, ConnectionState, OverLimit, PeerStatus, SessionSpec, SessionStatus, TransportSpec,
};

use super::SessionPane;
use crate::command::UiRequest;
use crate::icon::{self, Icon};
use crate::number;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{choice, form};
use crate::words;

const ROW: f32 = 42.0;

pub(super) fn ui(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    spec: &SessionSpec,
    status: &SessionStatus,
) {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(10, 6)).show(ui, |ui| {
        rules(pane, ui, scene, spec);
    });
    let line = theme::tokens(ui).line;
    let (left, top) = (ui.max_rect().x_range(), ui.cursor().top());
    ui.painter().hline(left, top, egui::Stroke::new(1.0, line));
    if status.peers.is_empty() {
        ui.centered_and_justified(|ui| ui.weak(scene.text("clients-none")));
        return;
    }
    let spacing = ui.spacing().item_spacing;
    ui.spacing_mut().item_spacing.y = 0.0;
    // Open ones first, each kind in order of appearance.
    let mut peers: Vec<&PeerStatus> = status.peers.iter().collect();
    peers.sort_by_key(|peer| matches!(peer.state, ConnectionState::Ended(_)));
    egui::ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, peers.len(), |ui, range| {
        ui.spacing_mut().item_spacing.x = spacing.x;
        for peer in peers.get(range).unwrap_or_default() {
            ui.push_id(peer.id, |ui| client(pane, ui, scene, peer));
        }
    });
}

/// What the server does by itself, and how many it serves.
fn rules(pane: &SessionPane, ui: &mut Ui, scene: &mut Scene<'_>, spec: &SessionSpec) {
    let TransportSpec::TcpServer(server) = &spec.transport else { return };
    ui.horizontal_wrapped(|ui| {
        let mut behaviour = server.behaviour;
        let choices = [
            (Behaviour::Manual, scene.text("behaviour-manual")),
            (Behaviour::Echo, scene.text("behaviour-echo")),
            (Behaviour::Discard, scene.text("behaviour-discard")),
            (Behaviour::Broadcast, scene.text("behaviour-broadcast")),
        ];
        if choice(ui, "behaviour", scene.text("behaviour"), &mut behaviour, &choices).0 {
            scene.ask(UiRequest::Session(pane.id, SessionCommand::SetBehaviour(behaviour)));
        }
        let (mut limited, mut most) =
            (server.max_clients.is_some(), server.max_clients.unwrap_or(2));
        let mut changed = ui.checkbox(&mut limited, scene.text("limit-on")).changed();
        let mut over_limit = server.over_limit;
        if limited {
            let field = form::number(ui, &mut most, 1..=1_000_000, "");
            let enabled = ui.is_enabled();
            let name = scene.text("limit");
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, enabled, name));
            changed |= field.changed();
            let choices = [
                (OverLimit::Pending, scene.text("over-limit-pending")),
                (OverLimit::Close, scene.text("over-limit-close")),
            ];
            changed |=
                choice(ui, "over limit", scene.text("over-limit"), &mut over_limit, &choices).0;
        }
        if changed {
            let max_clients = limited.then_some(most);
            let command = SessionCommand::SetLimit { max_clients, over_limit };
            scene.ask(UiRequest::Session(pane.id, command));
        }
    });
}

/// One client: a colour, its address, since when, what moved; click to send to it alone.
fn client(pane: &mut SessionPane, ui: &mut Ui, scene: &mut Scene<'_>, peer: &PeerStatus) {
    let t = theme::tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
    let ended = matches!(peer.state, ConnectionState::Ended(_));
    let chosen = pane.recipients.contains(&peer.id);
    let (key, tone) = words::connection(peer.state);
    let name = scene.with(
        "client-spoken",
        [("address", peer.remote.to_string().into()), ("state", scene.text(key).into())],
    );
    let enabled = ui.is_enabled();
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, enabled, chosen, &name));
    if response.clicked() && !pane.recipients.remove(&peer.id) && !ended {
        pane.recipients.insert(peer.id);
    }
    response.context_menu(|ui| client_menu(pane, ui, scene, peer));
    let response = response.on_hover_text(scene.text("client-choose-hint"));
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, 0.0, t.accent_wash);
    } else if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, 0.0, t.hover);
    }
    let bar =
        egui::Rect::from_min_size(rect.min + egui::vec2(0.0, 6.0), Vec2::new(3.0, ROW - 12.0));
    let color = t.peer(u64::from(peer.id.0));
    painter.rect_filled(bar, 1.5, if ended { t.idle.gamma_multiply(0.5) } else { color });
    let (left, top, low) = (rect.left() + 12.0, rect.top() + 13.0, rect.top() + 29.0);
    painter.text(
        egui::pos2(left, top),
        egui::Align2::LEFT_CENTER,
        peer.remote,
        egui::FontId::monospace(12.5),
        if ended { t.muted } else { t.strong },
    );
    let small = egui::FontId::proportional(11.0);
    let moved = format!(
        "↓ {}  ↑ {}",
        number::bytes(peer.traffic.received.bytes),
        number::bytes(peer.traffic.sent.bytes),
    );
    painter.text(egui::pos2(left, low), egui::Align2::LEFT_CENTER, moved, small.clone(), t.muted);
    let said = if peer.state == ConnectionState::Open {
        words::time_of_day(peer.since, scene.platform.zone())
    } else {
        scene.text(key).to_owned()
    };
    let said_color = if peer.state == ConnectionState::Open { t.muted } else { tone.color(t) };
    painter.text(
        egui::pos2(rect.right() - 12.0, low),
        egui::Align2::RIGHT_CENTER,
        said,
        small,
        said_color,
    );
    buttons(pane, ui, scene, peer, rect);
}

/// The signs at the right end of a client's row: close, filter, and the menu of everything, for the keyboard too.
fn buttons(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    peer: &PeerStatus,
    rect: egui::Rect,
) {
    let t = theme::tokens(ui);
    let only = pane.log.view.filter.peers == [peer.id];
    let mut place = egui::pos2(rect.right() - 20.0, rect.top() + 13.0);
    let mut sign = |ui: &mut Ui, sign: Icon, name: &str, on: bool| {
        let square = egui::Rect::from_center_size(place, Vec2::splat(18.0));
        place.x -= 20.0;
        let response = ui.interact(square, ui.scope_id().with(name), Sense::click());
        let enabled = ui.is_enabled();
        let spoken = format!("{name} {}", peer.remote);
        response
            .widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, on, &spoken));
        let lit = response.hovered() || response.has_focus();
        if lit {
            ui.painter().rect_filled(square, f32::from(space::RADIUS), t.control[1]);
        }
        let color = if on {
            t.accent
        } else if lit {
            t.strong
        } else {
            t.muted
        };
        icon::paint(ui.painter(), square.shrink(2.5), sign, color);
        response.on_hover_text(name)
    };
    let more = sign(ui, Icon::More, scene.text("more-actions"), false);
    let filter = sign(ui, Icon::Funnel, scene.text("client-filter"), only).clicked();
    let close = !matches!(peer.state, ConnectionState::Ended(_))
        && sign(ui, Icon::Cross, scene.text("client-close"), false).clicked();
    egui::Popup::menu(&more).show(|ui| client_menu(pane, ui, scene, peer));
    if close {
        let target = PeerSelector::Peers(vec![peer.id]);
        scene.ask(UiRequest::Session(pane.id, SessionCommand::Close(target)));
    }
    if filter {
        filter_by(pane, peer.id);
    }
}

fn filter_by(pane: &mut SessionPane, peer: PeerId) {
    pane.log.view.filter.peers =
        if pane.log.view.filter.peers == [peer] { Vec::new() } else { vec![peer] };
}

fn client_menu(pane: &mut SessionPane, ui: &mut Ui, scene: &mut Scene<'_>, peer: &PeerStatus) {
    let ended = matches!(peer.state, ConnectionState::Ended(_));
    let target = PeerSelector::Peers(vec![peer.id]);
    ui.add_enabled_ui(!ended, |ui| {
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
    ui.separator();
    if ui.button(scene.text("client-filter")).clicked() {
        filter_by(pane, peer.id);
    }
    if ui.button(scene.text("copy-address")).clicked() {
        scene.ask(UiRequest::CopyText(peer.remote.to_string()));
    }
}
