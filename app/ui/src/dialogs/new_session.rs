//! A new client or server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use egui::{Ui, Vec2};
use espalier_core::session::{
    SerialSpec, SessionSpec, TcpClientSpec, TcpServerSpec, TransportSpec, UdpSpec, ZonedIp,
    split_host_and_port,
};

use super::load::LoadForm;
use super::relay::RelayForm;
use super::tls::TlsForm;
use super::udp::UdpForm;
use super::{frame, serial_port, transport};
use crate::command::{SessionRole, Topic, UiRequest};
use crate::icon::{self, Icon};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, Focus, form};
use crate::words;

/// What was entered so far.
#[derive(Debug)]
pub struct NewSession {
    role: SessionRole,
    name: String,
    host: String,
    client_port: String,
    server_port: String,
    client: TcpClientSpec,
    client_tls: TlsForm,
    local: String,
    server_tls: TlsForm,
    server: TcpServerSpec,
    relay: RelayForm,
    udp: UdpForm,
    load: LoadForm,
    serial: SerialSpec,
    baud: String,
    more: bool,
    focus: Focus,
}

impl NewSession {
    /// An empty one. The client's target is what was connected to last.
    pub fn new(role: SessionRole, recent: Option<&crate::state::Recent>) -> Self {
        let (host, port) =
            recent.map_or_else(Default::default, |last| (last.host.clone(), last.port.to_string()));
        Self {
            role,
            name: String::new(),
            host,
            client_port: port,
            server_port: "0".to_owned(),
            client: TcpClientSpec::new(String::new(), 1),
            client_tls: TlsForm::of_client(None),
            server_tls: TlsForm::of_server(None),
            local: String::new(),
            server: TcpServerSpec::new(0),
            relay: RelayForm::fresh(),
            udp: UdpForm::of(&UdpSpec::default()),
            load: LoadForm::fresh(),
            serial: SerialSpec::new(String::new()),
            baud: "115200".to_owned(),
            more: false,
            focus: Focus::wanted(),
        }
    }

    /// Where the manual is about it.
    pub(super) const fn topic(&self) -> Topic {
        match self.role {
            SessionRole::Client => ("sessions", "client"),
            SessionRole::Server => ("sessions", "server"),
            SessionRole::Udp => ("sessions", "udp"),
            SessionRole::Serial => ("sessions", "serial"),
            SessionRole::Relay => ("faults", "relay"),
            SessionRole::Load => ("faults", "load"),
        }
    }

    /// A file was picked in the system's dialog.
    pub(super) fn picked(&mut self, path: &Path) {
        match self.role {
            SessionRole::Client => self.client_tls.picked(path),
            SessionRole::Server => self.server_tls.picked(path),
            SessionRole::Relay => self.relay.picked(path),
            SessionRole::Load => self.load.picked(path),
            SessionRole::Udp | SessionRole::Serial => {}
        }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let folder = scene.platform.folder();
        let mut go = frame::enter(ui);
        let mut cancelled = false;
        let open = frame::dialog(ui, scene.locale, scene.text("new-title"), 540.0, |ui| {
            let fresh = self.focus.is_due(ui);
            self.roles(ui, scene);
            ui.add_space(space::M);
            match self.role {
                SessionRole::Client => self.client_form(ui, scene, fresh),
                SessionRole::Server => self.server_form(ui, scene, fresh),
                SessionRole::Relay => self.relay.ends(ui, scene, fresh),
                SessionRole::Udp => self.udp.ends(ui, scene.locale, fresh),
                SessionRole::Load => self.load.target(ui, scene, fresh),
                SessionRole::Serial => {
                    serial_port::form(ui, scene, &mut self.serial, &mut self.baud, fresh);
                }
            }
            ui.add_space(space::XS);
            self.more(ui, scene);
            let problem = self.spec(&folder).err();
            let wrong = problem.flatten().map(|key| scene.text(key));
            frame::actions(ui, wrong, |ui| {
                let text = match self.role {
                    SessionRole::Client => scene.text("connect"),
                    SessionRole::Server | SessionRole::Relay => scene.text("listen"),
                    SessionRole::Load => scene.text("start-load"),
                    SessionRole::Udp | SessionRole::Serial => scene.text("open-port"),
                };
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(problem.is_none(), |ui| {
                    go |= widgets::primary_button(ui, None, text).clicked();
                });
            });
        });
        if go
            && !cancelled
            && let Ok(spec) = self.spec(&folder)
        {
            scene.ask(UiRequest::Open(Box::new(spec)));
            return false;
        }
        open && !cancelled
    }

    fn roles(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        // As few rows as there can be: in a low window the form below has to be seen, too.
        const IN_A_ROW: usize = 3;
        let width = (ui.available_width() - 2.0 * space::M) / IN_A_ROW as f32;
        let roles = [
            (SessionRole::Client, Icon::Client, "new-client", "new-client-hint"),
            (SessionRole::Server, Icon::Server, "new-server", "new-server-hint"),
            (SessionRole::Serial, Icon::Serial, "new-serial", "new-serial-hint"),
            (SessionRole::Udp, Icon::Datagram, "new-udp", "new-udp-hint"),
            (SessionRole::Relay, Icon::Relay, "new-relay", "new-relay-hint"),
            (SessionRole::Load, Icon::Load, "new-load", "new-load-hint"),
        ];
        let is_low = ui.ctx().content_rect().height() < 480.0;
        for row in roles.chunks(IN_A_ROW) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::M;
                for (role, sign, name, hint) in row {
                    let (name, hint) = (scene.text(name), (!is_low).then(|| scene.text(hint)));
                    let chosen = self.role == *role;
                    if card(ui, width, chosen, *sign, name, hint) && !chosen {
                        self.role = *role;
                        self.focus.want();
                    }
                }
            });
        }
    }

    fn client_form(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, fresh: bool) {
        let (label, hint) = (scene.text("host"), scene.text("host-hint"));
        let host = form::first_text(ui, label, &mut self.host, hint, fresh);
        // Only when it is left: who types an address has not finished with its first digit behind the colon.
        if let Some((name, port)) = split_host_and_port(self.host.trim()) {
            let name = name.to_owned();
            if host.changed() {
                self.client_port = port.to_string();
            }
            if host.lost_focus() {
                self.host = name;
            }
        }
        form::row(ui, scene.text("port"), |ui| {
            form::field(ui, &mut self.client_port, "1–65535", 90.0)
        });
        self.client_tls.client(ui, scene);
        if scene.recent.is_empty() {
            return;
        }
        form::plain(ui, |ui| {
            ui.add_space(2.0);
            ui.horizontal_wrapped(|ui| {
                for (index, recent) in scene.recent.iter().enumerate() {
                    let text = words::address(&recent.host, recent.port);
                    let forget = scene.with("recent-forget", [("address", (&text).into())]);
                    let chip = recent_chip(ui, &text, scene.text("recent-hint"), &forget);
                    if chip.used {
                        self.host.clone_from(&recent.host);
                        self.client_port = recent.port.to_string();
                    }
                    if chip.forgotten {
                        scene.requests.push(UiRequest::ForgetRecent(index));
                    }
                }
            });
        });
    }

    fn server_form(&mut self, ui: &mut Ui, scene: &Scene<'_>, fresh: bool) {
        let addresses = scene.backend.local_addresses();
        let named = |ip: IpAddr, key: &str| {
            let shown = scene.with(key, [("address", ip.to_string().into())]);
            (ZonedIp::from(ip), shown)
        };
        let mut choices = vec![named(Ipv4Addr::LOCALHOST.into(), "bind-this-computer")];
        for address in addresses {
            if !address.ip.is_loopback() && !address.is_unspecified() {
                choices.push((address.clone(), address.to_string()));
            }
        }
        choices.push(named(Ipv6Addr::LOCALHOST.into(), "bind-this-computer"));
        choices.push(named(Ipv4Addr::UNSPECIFIED.into(), "bind-all"));
        choices.push(named(Ipv6Addr::UNSPECIFIED.into(), "bind-all"));
        form::row(ui, scene.text("bind"), |ui| {
            widgets::choice(ui, "bind", scene.text("bind"), &mut self.server.bind, &choices).1
        });
        if self.server.bind.is_unspecified() {
            form::plain(ui, |ui| form::caution(ui, scene.text("bind-all-caution")));
        }
        form::row(ui, scene.text("port"), |ui| {
            if fresh {
                form::take_focus(ui, &self.server_port);
            }
            let field = form::field(ui, &mut self.server_port, "0", 90.0);
            ui.weak(scene.text("port-any-hint"));
            field
        });
        transport::behaviour(ui, scene.locale, &mut self.server.behaviour, true);
        self.server_tls.server(ui, scene);
    }

    fn more(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let sign = if self.more { Icon::Up } else { Icon::Down };
        if widgets::button(ui, sign, scene.text("more-options")).clicked() {
            self.more = !self.more;
        }
        if !self.more {
            return;
        }
        ui.add_space(space::XS);
        form::text(ui, scene.text("name"), &mut self.name, scene.text("name-hint"));
        match self.role {
            SessionRole::Client => {
                transport::client(ui, scene.locale, &mut self.client, &mut self.local)
            }
            SessionRole::Server => transport::server(ui, scene.locale, &mut self.server),
            SessionRole::Relay => self.relay.options(ui, scene),
            SessionRole::Udp => self.udp.options(ui, scene.locale),
            SessionRole::Load => self.load.options(ui, scene.locale),
            SessionRole::Serial => transport::serial(ui, scene.locale, &mut self.serial),
        }
    }

    /// What was asked for; otherwise the key of what is wrong (`None`: it is only not complete yet).
    fn spec(&self, folder: &Path) -> Result<SessionSpec, Option<&'static str>> {
        let transport = match self.role {
            SessionRole::Client => {
                let host = split_host_and_port(self.host.trim()).map_or(&*self.host, |it| it.0);
                let host = host.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
                if host.is_empty() || self.client_port.trim().is_empty() {
                    return Err(None);
                }
                if host.contains(|c: char| c.is_whitespace() || c == '/') {
                    return Err(Some("problem-host"));
                }
                let port = self.client_port.trim().parse().ok().filter(|port| *port > 0);
                let port = port.ok_or(Some("problem-port"))?;
                let local = transport::local(&self.local).map_err(|_| Some("problem-local"))?;
                let tls = self.client_tls.client_spec(folder).map_err(Some)?;
                let client = self.client.clone();
                TransportSpec::TcpClient(TcpClientSpec { host, port, local, tls, ..client })
            }
            SessionRole::Server => {
                let port = self.server_port.trim().parse().map_err(|_| Some("problem-port"))?;
                let tls = self.server_tls.server_spec(folder).map_err(Some)?;
                TransportSpec::TcpServer(TcpServerSpec { port, tls, ..self.server.clone() })
            }
            SessionRole::Relay if self.relay.is_incomplete() => return Err(None),
            SessionRole::Relay => TransportSpec::Relay(self.relay.entered(folder).map_err(Some)?),
            SessionRole::Load if self.load.is_incomplete() => return Err(None),
            SessionRole::Load => TransportSpec::Load(self.load.entered(folder).map_err(Some)?),
            SessionRole::Udp => TransportSpec::Udp(self.udp.entered().map_err(Some)?),
            SessionRole::Serial => {
                let port = self.serial.port.trim().to_owned();
                if port.is_empty() {
                    return Err(None);
                }
                let baud = self.baud.trim().parse().ok().filter(|baud| *baud > 0);
                let baud = baud.ok_or(Some("problem-baud"))?;
                TransportSpec::Serial(SerialSpec { port, baud, ..self.serial.clone() })
            }
        };
        Ok(SessionSpec { name: self.name.trim().to_owned(), ..SessionSpec::new(transport) })
    }
}

/// What was pressed of a target that was connected to before.
struct RecentChip {
    used: bool,
    forgotten: bool,
}

/// A target that was connected to before, and the cross that forgets it: both on one line.
fn recent_chip(ui: &mut Ui, text: &str, hint: &str, forget: &str) -> RecentChip {
    const CROSS: f32 = 20.0;
    let word = egui::RichText::new(text).small().monospace();
    let font = egui::TextStyle::Small.resolve(ui.style());
    let font = egui::FontId::monospace(font.size);
    let wide = ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::PLACEHOLDER);
    let size = Vec2::new(
        wide.size().x + 2.0 * ui.spacing().button_padding.x + CROSS + 2.0,
        space::CONTROL,
    );
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.spacing_mut().item_spacing.x = 1.0;
        let used = ui.add(egui::Button::new(word)).on_hover_text(hint).clicked();
        let forgotten = widgets::icon_button(ui, Icon::Cross, forget).clicked();
        RecentChip { used, forgotten }
    })
    .inner
}

/// A large choice with a sign, a name and a sentence; `true` when it was clicked.
fn card(ui: &mut Ui, width: f32, on: bool, sign: Icon, name: &str, hint: Option<&str>) -> bool {
    let t = theme::tokens(ui);
    let (height, above) = if hint.is_some() { (48.0, 9.0) } else { (32.0, 0.0) };
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), egui::Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, enabled, on, name));
    let fill = match (on, response.hovered()) {
        (true, _) => t.accent_wash,
        (false, true) => t.control[1],
        (false, false) => t.control[0],
    };
    let line = if on || response.has_focus() { t.accent } else { t.outline };
    let painter = ui.painter();
    painter.rect(
        rect,
        f32::from(space::RADIUS),
        fill,
        egui::Stroke::new(1.0, line),
        egui::StrokeKind::Inside,
    );
    let color = if on { t.accent } else { t.text };
    let sign_rect =
        egui::Rect::from_center_size(rect.left_center() + egui::vec2(24.0, 0.0), Vec2::splat(20.0));
    icon::paint(painter, sign_rect, sign, color);
    let left = rect.left() + 46.0;
    painter.text(
        egui::pos2(left, rect.center().y - above),
        egui::Align2::LEFT_CENTER,
        name,
        theme::prose(ui, 14.5),
        if on { t.strong } else { t.text },
    );
    if let Some(hint) = hint {
        let room = rect.right() - left - 8.0;
        let galley = painter.layout(hint.to_owned(), theme::prose(ui, 11.5), t.muted, room);
        painter.galley(egui::pos2(left, rect.center().y + 2.0), galley, t.muted);
    }
    response.clicked()
}
