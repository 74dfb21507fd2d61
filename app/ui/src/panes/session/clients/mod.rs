//! The clients of a server: who they are, what moved, whom to send to, and how to be rid of them.

mod faults;
mod row;

use egui::Ui;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{
    Behaviour, ConnectionState, KnownClients, OverLimit, PeerStatus, RoomStatus, SessionSpec,
    SessionStatus, TransportSpec,
};

use super::SessionPane;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, choice, form};
use crate::words;

/// From how many clients on they can be searched.
const MANY: usize = 12;

/// How the list is looked at.
#[derive(Debug, Default)]
pub(super) struct ClientList {
    query: String,
    /// Those that are over are shown.
    closed_shown: bool,
}

pub(super) fn ui(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    spec: &SessionSpec,
    status: &SessionStatus,
) {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(10, 6)).show(ui, |ui| {
        rules(pane, ui, scene, spec);
        if let Some(room) = &status.room {
            members(ui, scene, room);
        }
        let list = &mut pane.clients;
        if status.peers.len() >= MANY || !list.query.is_empty() {
            ui.add_space(4.0);
            let hint = scene.text("clients-search");
            let field = form::field(ui, &mut list.query, hint, ui.available_width());
            let enabled = ui.is_enabled();
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, enabled, hint));
        }
    });
    let line = theme::tokens(ui).line;
    let (left, top) = (ui.max_rect().x_range(), ui.cursor().top());
    ui.painter().hline(left, top, egui::Stroke::new(1.0, line));
    let empty = |ui: &mut Ui, key| {
        ui.centered_and_justified(|ui| ui.weak(scene.text(key)));
    };
    if status.peers.is_empty() {
        let none = if is_udp(spec) { "peers-none" } else { "clients-none" };
        return empty(ui, none);
    }
    let clients = spec.transport.clients();
    let found = |peer: &&PeerStatus| matches(&pane.clients.query, peer, clients);
    let (closed, open): (Vec<&PeerStatus>, Vec<&PeerStatus>) = status
        .peers
        .iter()
        .filter(found)
        .partition(|peer| matches!(peer.state, ConnectionState::Ended(_)));
    if closed.is_empty() && open.is_empty() {
        return empty(ui, "nothing-matches");
    }
    rows(pane, ui, scene, (clients, is_udp(spec)), &open, &closed);
}

/// Those that are open, by number; below them, folded, those that are over. What is not in sight costs nothing.
fn rows(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (clients, datagrams): (&KnownClients, bool),
    open: &[&PeerStatus],
    closed: &[&PeerStatus],
) {
    const FOLD: f32 = 30.0;
    let shown = if pane.clients.closed_shown { closed } else { &[] };
    let fold_top = open.len() as f32 * row::HEIGHT;
    let closed_top = fold_top + if closed.is_empty() { 0.0 } else { FOLD };
    egui::ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, sight| {
        ui.set_height(closed_top + shown.len() as f32 * row::HEIGHT);
        let whole = ui.max_rect();
        let place = |top: f32, height: f32| {
            let corner = egui::pos2(whole.left(), whole.top() + top);
            egui::Rect::from_min_size(corner, egui::vec2(whole.width(), height))
        };
        let mut some = |ui: &mut Ui, peers: &[&PeerStatus], top: f32| {
            let at = |y: f32| ((y - top).max(0.0) / row::HEIGHT) as usize;
            let seen = at(sight.min.y)..(at(sight.max.y) + 1).min(peers.len());
            for index in seen {
                let peer = peers[index];
                let place = place(top + index as f32 * row::HEIGHT, row::HEIGHT);
                let builder = egui::UiBuilder::new().id_salt(peer.id).max_rect(place);
                ui.scope_builder(builder, |ui| {
                    row::ui(pane, ui, scene, (clients, datagrams), peer)
                });
            }
        };
        some(ui, open, 0.0);
        some(ui, shown, closed_top);
        if !closed.is_empty() {
            let builder = egui::UiBuilder::new().max_rect(place(fold_top, FOLD));
            ui.scope_builder(builder, |ui| fold(pane, ui, scene, closed.len()));
        }
    });
}

/// The line above those that are over: shows or hides them, and forgets them.
fn fold(pane: &mut SessionPane, ui: &mut Ui, scene: &mut Scene<'_>, count: usize) {
    ui.horizontal_centered(|ui| {
        ui.add_space(6.0);
        let shown = &mut pane.clients.closed_shown;
        let sign = if *shown { Icon::Down } else { Icon::Right };
        let text = scene.with("clients-closed", [("count", count.into())]);
        let button = widgets::quiet_button(ui, Some(sign), &text);
        if button.on_hover_text(scene.text("clients-closed-hint")).clicked() {
            *shown = !*shown;
        }
        let clear = widgets::quiet_button(ui, None, scene.text("clients-clear"));
        if clear.on_hover_text(scene.text("clients-clear-hint")).clicked() {
            scene.ask(UiRequest::Session(pane.id, SessionCommand::ForgetEnded));
        }
    });
}

/// Whether a client is looked for: all words are in its number, name, address or encoding.
fn matches(query: &str, peer: &PeerStatus, clients: &KnownClients) -> bool {
    if query.trim().is_empty() {
        return true;
    }
    let mut text = words::client(peer.id, Some(peer.remote), clients).to_lowercase();
    if let Some(encoding) = clients.encoding(peer.remote.ip()) {
        text.push_str(&encoding.0.to_lowercase());
    }
    query.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

const fn is_udp(spec: &SessionSpec) -> bool {
    matches!(spec.transport, TransportSpec::Udp(_))
}

/// Who is in the room that the server is.
fn members(ui: &mut Ui, scene: &Scene<'_>, room: &RoomStatus) {
    /// More names than this say nothing at a glance.
    const NAMED: usize = 40;
    let names: Vec<String> = room
        .members
        .iter()
        .take(NAMED)
        .map(|member| match member.peer {
            Some(peer) => format!("{} #{}", member.name, peer.0),
            None => scene.with("chat-member-away", [("name", (&*member.name).into())]),
        })
        .collect();
    let more = if room.members.len() > NAMED { " …" } else { "" };
    let count = scene.with("chat-members", [("count", room.members.len().into())]);
    let muted = theme::tokens(ui).muted;
    let text = egui::RichText::new(format!("{count}: {}{more}", names.join(", "))).color(muted);
    ui.add(egui::Label::new(text).wrap().selectable(true));
}

/// What the session does by itself, and how many clients a server serves.
fn rules(pane: &SessionPane, ui: &mut Ui, scene: &mut Scene<'_>, spec: &SessionSpec) {
    let (mut behaviour, server) = match &spec.transport {
        TransportSpec::TcpServer(server) => (server.behaviour, Some(server)),
        TransportSpec::Udp(udp) => (udp.behaviour, None),
        TransportSpec::Relay(relay) => return faults::ui(ui, scene, pane.id, &relay.faults),
        _ => return,
    };
    ui.horizontal_wrapped(|ui| {
        let choices = [
            (Behaviour::Manual, scene.text("behaviour-manual")),
            (Behaviour::Echo, scene.text("behaviour-echo")),
            (Behaviour::Discard, scene.text("behaviour-discard")),
            (Behaviour::Broadcast, scene.text("behaviour-broadcast")),
            (Behaviour::Room, scene.text("behaviour-room")),
        ];
        let choices = &choices[..choices.len() - usize::from(server.is_none())];
        if choice(ui, "behaviour", scene.text("behaviour"), &mut behaviour, choices).0 {
            scene.ask(UiRequest::Session(pane.id, SessionCommand::SetBehaviour(behaviour)));
        }
        let Some(server) = server else { return };
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
