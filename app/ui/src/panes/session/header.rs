//! Where the session stands, and what can be done about it.

use egui::Ui;
use espalier_core::session::{
    ConnectionState, EndReason, PeerStatus, SessionSpec, SessionState, SessionStatus, TransportSpec,
};

use super::beside::Beside;
use super::{SessionPane, log_file, tls};
use crate::command::{UiCommand, UiRequest};
use crate::icon::Icon;
use crate::manual;
use crate::panes::{board_menu, tab_labels};
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, RowTail};
use crate::words;

pub(super) fn ui(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    spec: &SessionSpec,
    status: &SessionStatus,
) {
    // Where there is no room for both beside each other, what can be done stands below.
    const LEAST: f32 = 150.0;
    // And where there is none for what can be done, the obvious button is without its word.
    const NARROW: f32 = 320.0;
    let width = ui.available_width();
    let narrow = width < NARROW;
    let end = RowTail::new(ui, "header");
    // As wide as they were in the frame before; addresses are cut, badges are not.
    let badges = ui.scope_id().with("badges of the header");
    let least = ui.data(|data| data.get_temp(badges)).unwrap_or(LEAST).max(LEAST);
    let stacked = end.width() + least > width;
    ui.horizontal(|ui| {
        let mut about = |ui: &mut Ui| {
            state(ui, scene, spec, status);
            tls::chip(ui, scene, spec, status);
            bridge(ui, scene, status);
            board_place(ui, scene, spec, status);
            let wide = ui.min_rect().width();
            ui.data_mut(|data| data.insert_temp(badges, wide));
            addresses(ui, scene, spec, status);
        };
        if stacked {
            about(ui);
        } else {
            end.before(ui, about);
            end.show(ui, |ui| actions(pane, ui, scene, (spec, status), narrow));
        }
    });
    if stacked {
        ui.horizontal(|ui| {
            // The row above may have asked for more than there is.
            ui.set_max_width(width);
            end.show(ui, |ui| actions(pane, ui, scene, (spec, status), narrow));
        });
    }
}

/// The badge, with the system's own words behind it.
fn state(ui: &mut Ui, scene: &mut Scene<'_>, spec: &SessionSpec, status: &SessionStatus) {
    let (key, tone) = words::session(&spec.transport, &status.state);
    let text = match &status.state {
        SessionState::Waiting { reason, until: Some(until) } => {
            let left = (until.0 - scene.now.0).max(0) as u64;
            ui.ctx().request_repaint_after_secs(0.25);
            let seconds = format!("{:.1}", left as f64 / 1e9);
            let why = scene.text(words::reason(*reason));
            if *reason == EndReason::PortGone {
                scene.text("state-waiting-port").to_owned()
            } else {
                scene.with(
                    "state-waiting-for",
                    [("reason", why.into()), ("seconds", seconds.into())],
                )
            }
        }
        _ => scene.text(key).to_owned(),
    };
    let badge = widgets::badge(ui, tone, &text);
    let mut tip = String::new();
    if let SessionState::Ended { reason, .. } | SessionState::Waiting { reason, .. } = &status.state
    {
        tip.push_str(scene.text(words::advice(*reason)));
    }
    if let SessionState::Ended { detail, .. } = &status.state
        && !detail.is_empty()
    {
        tip = format!("{tip}\n{}", scene.locale.translate(detail));
    }
    if !tip.is_empty() {
        badge.on_hover_text(tip);
    }
    if let SessionState::Ended { reason, .. } | SessionState::Waiting { reason, .. } = &status.state
        && let Some(topic) = manual::topic(words::advice(*reason))
        && widgets::icon_button(ui, Icon::Help, scene.text("manual-more")).clicked()
    {
        scene.ask(UiRequest::ShowManual(topic));
    }
}

/// Where the board at the other end has put this connection, when a board of ours says so.
fn board_place(ui: &mut Ui, scene: &Scene<'_>, spec: &SessionSpec, status: &SessionStatus) {
    if let Some(place) = tab_labels::place_of(&tab_labels::boards(scene.backend), spec, status) {
        let (text, tone) = words::service_state(place, scene.locale);
        widgets::badge(ui, tone, &text);
    }
}

/// The session that it is bridged with.
fn bridge(ui: &mut Ui, scene: &Scene<'_>, status: &SessionStatus) {
    let Some(other) = status.bridge else { return };
    let known = scene.backend.spec(other).zip(scene.backend.status(other));
    let Some((spec, theirs)) = known else { return };
    let title = words::title(&spec, theirs.local, scene.locale);
    let text = scene.with("bridge-chip", [("session", title.into())]);
    let badge = widgets::badge(ui, widgets::Tone::Busy, &text);
    badge.on_hover_text(scene.text("bridge-chip-hint"));
}

/// `local → remote`, or what the system said about the end.
fn addresses(ui: &mut Ui, scene: &Scene<'_>, spec: &SessionSpec, status: &SessionStatus) {
    let t = theme::tokens(ui);
    let mono = |text: String| egui::RichText::new(text).monospace();
    let mut say = |text: egui::RichText| {
        // Less than this is nothing but an ellipsis, over what stands beside it.
        const LEAST: f32 = 28.0;
        if ui.available_width() < LEAST {
            return;
        }
        ui.add(egui::Label::new(text).truncate().selectable(true));
    };
    if let SessionState::Ended { reason, detail } = &status.state {
        let words = match detail.is_empty() {
            true => scene.text(words::advice(*reason)).to_owned(),
            false => scene.locale.translate(detail),
        };
        say(mono(words::title(spec, status.local, scene.locale)).color(t.muted));
        say(egui::RichText::new(words).color(t.muted));
        return;
    }
    match (&spec.transport, status.local, status.remote) {
        (TransportSpec::TcpClient(_), Some(local), Some(remote)) => {
            say(mono(format!("{local} → {remote}")).color(t.text));
        }
        (TransportSpec::Udp(_), Some(local), Some(remote)) => {
            say(mono(format!("{local} → {remote}")).color(t.text));
            say(egui::RichText::new(peer_count(scene, status)).color(t.muted));
        }
        (TransportSpec::Udp(_), Some(local), None) => {
            say(mono(local.to_string()).color(t.text));
            say(egui::RichText::new(peer_count(scene, status)).color(t.muted));
        }
        (TransportSpec::TcpServer(_), Some(local), _) => {
            say(mono(local.to_string()).color(t.text));
            let open = status.peers.iter().filter(|peer| {
                !matches!(peer.state, espalier_core::session::ConnectionState::Ended(_))
            });
            let count = scene.with("clients-count", [("count", open.count().into())]);
            say(egui::RichText::new(count).color(t.muted));
        }
        (TransportSpec::Relay(relay), Some(local), _) => {
            say(mono(format!("{local} → {}", relay.target)).color(t.text));
            let is_open = |peer: &&PeerStatus| !matches!(peer.state, ConnectionState::Ended(_));
            let (listening, open) = (local.port(), status.peers.iter().filter(is_open));
            let clients = open.filter(|peer| peer.local.port() == listening).count();
            let count = scene.with("clients-count", [("count", clients.into())]);
            say(egui::RichText::new(count).color(t.muted));
        }
        (TransportSpec::Load(load), ..) => {
            say(mono(words::address(&load.host, load.port)).color(t.text));
            let connected = status.load.as_ref().map_or(0, |load| load.sum.connected);
            let (connected, clients) = (connected.into(), load.clients.into());
            let counts = [("connected", connected), ("clients", clients)];
            let count = scene.with("load-clients-connected", counts);
            say(egui::RichText::new(count).color(t.muted));
        }
        (TransportSpec::Capture(capture), ..) => {
            say(mono(capture.path.display().to_string()).color(t.muted));
        }
        (TransportSpec::Serial(serial), ..) => {
            say(mono(serial.port.clone()).color(t.text));
            let baud = scene.with("baud-rate", [("baud", serial.baud.to_string().into())]);
            say(egui::RichText::new(baud).color(t.muted));
        }
        _ => say(mono(words::title(spec, status.local, scene.locale)).color(t.muted)),
    }
}

/// How many peers a datagram session remembers.
fn peer_count(scene: &Scene<'_>, status: &SessionStatus) -> String {
    let open = status.peers.iter().filter(|peer| super::chosen::receives(peer)).count();
    scene.with("peers-count", [("count", open.into())])
}

/// The one obvious action, clients, options, and the menu of everything else.
fn actions(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (spec, status): (&SessionSpec, &SessionStatus),
    narrow: bool,
) {
    use UiCommand::{
        Bridge, Chat, CloseTab, DuplicateTab, EndBridge, Figures, HalfClose, LogToFile, Options,
        ReceiveFile, RenameTab, Replay, Reset, Restart, SendFile, SplitDown, SplitRight, Terminal,
        Timeline,
    };
    ui.spacing_mut().item_spacing.x = 4.0;
    let moves = !matches!(spec.transport, TransportSpec::Capture(_));
    if moves {
        obvious(pane, ui, scene, (spec, status), narrow);
    }
    if spec.transport.has_peers() {
        let is_udp = matches!(spec.transport, TransportSpec::Udp(_));
        let name = scene.text(if is_udp { "peers" } else { "clients" });
        if widgets::icon_toggle(ui, Icon::People, name, pane.clients_open).clicked() {
            pane.clients_open = !pane.clients_open;
        }
    }
    log_file::ui(ui, scene, pane.id, &pane.log.view, status);
    if moves {
        let (on, name) = (pane.beside == Beside::Figures, scene.text("command-figures"));
        if widgets::command_toggle(ui, scene.locale, Figures, Icon::Chart, name, on).clicked() {
            scene.ask(UiRequest::Focus(pane.id.into()));
            scene.command(Figures);
        }
    }
    let on = pane.terminal.spec.open;
    let name = scene.text("command-terminal");
    if widgets::command_toggle(ui, scene.locale, Terminal, Icon::Terminal, name, on).clicked() {
        scene.ask(UiRequest::Focus(pane.id.into()));
        scene.command(Terminal);
    }
    if matches!(spec.transport, TransportSpec::TcpClient(_)) {
        let (on, name) = (pane.chat.open, scene.text("command-chat"));
        if widgets::command_toggle(ui, scene.locale, Chat, Icon::Chat, name, on).clicked() {
            scene.ask(UiRequest::Focus(pane.id.into()));
            scene.command(Chat);
        }
    }
    if widgets::command_button(ui, scene.locale, Options).clicked() {
        scene.ask(UiRequest::Focus(pane.id.into()));
        scene.command(Options);
    }
    let name = scene.text("more-actions");
    widgets::menu_button(ui, Icon::More, "", name, egui::PopupCloseBehavior::CloseOnClick, |ui| {
        match scene.backend.board(pane.id) {
            // It has the timeline, too.
            Some(board) => board_menu::menu(ui, scene, pane.id, &board),
            None if !moves => command_of(ui, scene, pane, Timeline),
            None => {
                ui.add_enabled_ui(status.state.is_running(), |ui| {
                    let connections: &[UiCommand] = match spec.transport {
                        TransportSpec::Udp(_) => &[],
                        _ => &[HalfClose, Reset],
                    };
                    for command in [Restart].iter().chain(connections) {
                        command_of(ui, scene, pane, *command);
                    }
                });
                ui.separator();
                command_of(ui, scene, pane, Timeline);
            }
        }
        if moves {
            ui.separator();
            if spec.transport.can_be_bridged() {
                command_of(
                    ui,
                    scene,
                    pane,
                    if status.bridge.is_some() { EndBridge } else { Bridge },
                );
            }
            for command in [SendFile, ReceiveFile, Replay, LogToFile] {
                command_of(ui, scene, pane, command);
            }
            ui.separator();
        } else {
            command_of(ui, scene, pane, Replay);
        }
        for command in [RenameTab, DuplicateTab, SplitRight, SplitDown, CloseTab] {
            command_of(ui, scene, pane, command);
        }
    });
}

/// Starts what is not running, and ends what is. What is still under way is cancelled.
fn obvious(
    pane: &SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (spec, status): (&SessionSpec, &SessionStatus),
    narrow: bool,
) {
    use UiCommand::{Start, Stop};
    let under_way = matches!(status.state, SessionState::Connecting | SessionState::Waiting { .. });
    let (command, key) = match (status.state.is_running(), &spec.transport) {
        (true, _) if under_way => (Stop, "cancel"),
        (true, TransportSpec::TcpClient(_)) => (Stop, "disconnect"),
        (true, TransportSpec::Relay(relay)) if relay.listen.serial().is_some() => {
            (Stop, "close-port")
        }
        (false, TransportSpec::Relay(relay)) if relay.listen.serial().is_some() => {
            (Start, "open-port")
        }
        (true, TransportSpec::Load(_)) => (Stop, "stop-load"),
        (false, TransportSpec::Load(_)) => (Start, "start-load"),
        (true, TransportSpec::TcpServer(_) | TransportSpec::Relay(_)) => (Stop, "stop-listening"),
        (true, TransportSpec::Udp(_) | TransportSpec::Serial(_) | TransportSpec::Capture(_)) => {
            (Stop, "close-port")
        }
        (false, TransportSpec::TcpClient(_)) => (Start, "connect"),
        (false, TransportSpec::TcpServer(_) | TransportSpec::Relay(_)) => (Start, "listen"),
        (false, TransportSpec::Udp(_) | TransportSpec::Serial(_) | TransportSpec::Capture(_)) => {
            (Start, "open-port")
        }
    };
    let text = scene.text(key);
    let button = match command {
        Start if narrow => widgets::icon_button(ui, Icon::Play, text),
        _ if narrow => widgets::icon_button(ui, Icon::Stop, text),
        Start => widgets::primary_button(ui, Some(Icon::Play), text),
        _ => widgets::button(ui, Icon::Stop, text),
    };
    let tip = widgets::tip(ui, scene.locale, text, command);
    if button.on_hover_text(tip).clicked() {
        scene.ask(UiRequest::Focus(pane.id.into()));
        scene.command(command);
    }
}

fn command_of(ui: &mut Ui, scene: &mut Scene<'_>, pane: &SessionPane, command: UiCommand) {
    if widgets::command_item(ui, scene.locale, command).clicked() {
        scene.ask(UiRequest::Focus(pane.id.into()));
        scene.command(command);
    }
}
