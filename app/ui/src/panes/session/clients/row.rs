//! One client in the list: its number and name, what moved, and what can be done with it.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, FontId, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use espalier_core::PeerId;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{ConnectionState, KnownClients, PeerStatus};

use crate::command::{DialogRequest, UiRequest};
use crate::icon::{self, Icon};
use crate::number;
use crate::panes::session::SessionPane;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::Tone;
use crate::words;

/// How high it is.
pub(super) const HEIGHT: f32 = 42.0;

/// Draws it; a click sends to it alone, or no more.
pub(super) fn ui(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (clients, datagrams): (&KnownClients, bool),
    peer: &PeerStatus,
) {
    let t = theme::tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), HEIGHT), Sense::click());
    let ended = matches!(peer.state, ConnectionState::Ended(_));
    let chosen = pane.chosen.contains(peer.id);
    let (key, tone) = match peer.state {
        // There is nothing that could be connected.
        ConnectionState::Open if datagrams => ("state-heard-of", Tone::Calm),
        state => words::connection(state),
    };
    let title = words::client(peer.id, Some(peer.remote), clients);
    let name = scene
        .with("client-spoken", [("client", (&title).into()), ("state", scene.text(key).into())]);
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, chosen, &name));
    if response.clicked() && !pane.chosen.remove(peer.id) && !ended {
        pane.chosen.add(peer.id, peer.remote);
    }
    response.context_menu(|ui| menu(pane, ui, scene, datagrams, peer));
    let hint = scene.text("client-choose-hint");
    let response = response.on_hover_text(format!("{title}\n{hint}"));
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, 0.0, t.accent_wash);
    } else if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, 0.0, t.hover);
    }
    let bar =
        egui::Rect::from_min_size(rect.min + egui::vec2(0.0, 6.0), Vec2::new(3.0, HEIGHT - 12.0));
    let color = t.peer(u64::from(peer.id.0));
    let color = if ended { t.idle.gamma_multiply(0.5) } else { color };
    painter.rect_filled(bar, 1.5, color);
    let (left, top, low) = (rect.left() + 12.0, rect.top() + 13.0, rect.top() + 29.0);
    let signs = if ended { 2.0 } else { 3.0 } * 20.0 + 10.0;

    let mono = FontId::monospace(12.5);
    let ink = if ended { t.muted } else { t.strong };
    let mut line = Line::new(rect.right() - signs - left);
    line.add(&format!("#{} ", peer.id.0), mono.clone(), if ended { t.muted } else { color });
    match clients.name(peer.remote.ip()) {
        Some(name) => {
            line.add(name, FontId::proportional(13.0), ink);
            line.add(&format!("  {}", peer.remote), FontId::monospace(11.0), t.muted);
        }
        None => line.add(&peer.remote.to_string(), mono, ink),
    }
    line.paint(ui, left, top);

    let small = FontId::proportional(11.0);
    let (said, said_color) = match peer.state {
        ConnectionState::Open => (words::time_of_day(peer.since, scene.platform.zone()), t.muted),
        _ => (scene.text(key).to_owned(), tone.color(t)),
    };
    let place = pos2(rect.right() - 12.0, low);
    let said = ui.painter().text(place, Align2::RIGHT_CENTER, said, small.clone(), said_color);
    let mut line = Line::new(said.left() - 8.0 - left);
    if let Some(encoding) = clients.encoding(peer.remote.ip()) {
        line.add(&format!("{}  ", encoding.0), small.clone(), t.text);
    }
    let traffic = &peer.traffic;
    for (sign, color, bytes, rate) in [
        ("↓ ", t.received, traffic.received.bytes, traffic.receive_rate),
        ("  ↑ ", t.sent, traffic.sent.bytes, traffic.send_rate),
    ] {
        line.add(sign, small.clone(), if ended { t.muted } else { color });
        line.add(&number::bytes(bytes), small.clone(), t.muted);
        if rate > 0.0 && !ended {
            line.add(&format!(" {}", number::rate(rate)), small.clone(), t.text);
        }
    }
    line.paint(ui, left, low);
    signs_ui(pane, ui, scene, (peer, datagrams), &title, rect);
}

/// Words beside each other in so much room; what does not fit ends in an ellipsis.
struct Line {
    job: LayoutJob,
}

impl Line {
    fn new(room: f32) -> Self {
        let wrap = TextWrapping { break_anywhere: true, ..TextWrapping::truncate_at_width(room) };
        Self { job: LayoutJob { wrap, ..LayoutJob::default() } }
    }

    fn add(&mut self, text: &str, font: FontId, color: egui::Color32) {
        let valign = egui::Align::Center;
        let format = TextFormat { valign, ..TextFormat::simple(font, color) };
        self.job.append(text, 0.0, format);
    }

    fn paint(self, ui: &Ui, left: f32, middle: f32) {
        let galley = ui.painter().layout_job(self.job);
        let top = middle - galley.size().y / 2.0;
        ui.painter().galley(pos2(left, top), galley, theme::tokens(ui).text);
    }
}

/// The signs at the right end of a client's row: close, filter, and the menu of everything, for the keyboard too.
fn signs_ui(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (peer, datagrams): (&PeerStatus, bool),
    title: &str,
    rect: egui::Rect,
) {
    let t = theme::tokens(ui);
    let only = pane.log.view.filter.peers == [peer.id];
    let mut place = pos2(rect.right() - 20.0, rect.top() + 13.0);
    let mut sign = |ui: &mut Ui, sign: Icon, name: &str, on: bool| {
        let square = egui::Rect::from_center_size(place, Vec2::splat(18.0));
        place.x -= 20.0;
        let response = ui.interact(square, ui.scope_id().with(name), Sense::click());
        let enabled = ui.is_enabled();
        let spoken = format!("{name} {title}");
        response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, &spoken));
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
        && sign(ui, Icon::Cross, scene.text(close_key(datagrams)), false).clicked();
    egui::Popup::menu(&more).show(|ui| menu(pane, ui, scene, datagrams, peer));
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

/// What taking somebody out of the list is called.
const fn close_key(datagrams: bool) -> &'static str {
    if datagrams { "peer-forget" } else { "client-close" }
}

fn menu(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    datagrams: bool,
    peer: &PeerStatus,
) {
    if ui.button(scene.text("client-known")).clicked() {
        let dialog = DialogRequest::Client(pane.id, peer.remote.ip().to_canonical());
        scene.ask(UiRequest::Show(dialog));
    }
    ui.separator();
    let ended = matches!(peer.state, ConnectionState::Ended(_));
    let target = PeerSelector::Peers(vec![peer.id]);
    ui.add_enabled_ui(!ended, |ui| {
        let commands = [
            (close_key(datagrams), SessionCommand::Close(target.clone())),
            ("client-half-close", SessionCommand::HalfClose(target.clone())),
            ("client-reset", SessionCommand::Reset(target.clone())),
        ];
        let most = if datagrams { 1 } else { commands.len() };
        for (key, command) in commands.into_iter().take(most) {
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
