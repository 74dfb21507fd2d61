//! The options of a session that is already there.

use std::path::Path;

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{RelaySpec, SessionSpec, TransportSpec, UdpSpec};

use super::load::LoadForm;
use super::relay::RelayForm;
use super::tls::TlsForm;
use super::udp::UdpForm;
use super::{frame, serial_port, transport};
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, form};

/// What was entered so far.
#[derive(Debug)]
pub struct Options {
    id: SessionId,
    spec: SessionSpec,
    address: String,
    port: String,
    local: String,
    tls: TlsForm,
    /// Of a relay.
    relay: Option<Box<RelayForm>>,
    /// Of a session of datagrams.
    udp: Option<UdpForm>,
    /// Of a load test.
    load: Option<Box<LoadForm>>,
    running: bool,
}

impl Options {
    /// The options of this session as they are.
    pub fn new(id: SessionId, spec: SessionSpec, running: bool) -> Self {
        let (address, port, local) = match &spec.transport {
            TransportSpec::TcpClient(client) => (
                client.host.clone(),
                client.port.to_string(),
                client.local.as_ref().map(ToString::to_string).unwrap_or_default(),
            ),
            TransportSpec::TcpServer(server) => {
                (server.bind.to_string(), server.port.to_string(), String::new())
            }
            TransportSpec::Relay(_) | TransportSpec::Udp(_) | TransportSpec::Load(_) => {
                Default::default()
            }
            TransportSpec::Serial(serial) => {
                (serial.port.clone(), serial.baud.to_string(), String::new())
            }
            TransportSpec::Capture(capture) => {
                (capture.path.display().to_string(), String::new(), String::new())
            }
        };
        let tls = match &spec.transport {
            TransportSpec::TcpServer(server) => TlsForm::of_server(server.tls.as_ref()),
            TransportSpec::TcpClient(client) => TlsForm::of_client(client.tls.as_ref()),
            _ => TlsForm::of_client(None),
        };
        let relay = match &spec.transport {
            TransportSpec::Relay(relay) => Some(Box::new(RelayForm::of(relay))),
            _ => None,
        };
        let udp = match &spec.transport {
            TransportSpec::Udp(udp) => Some(UdpForm::of(udp)),
            _ => None,
        };
        let load = match &spec.transport {
            TransportSpec::Load(load) => Some(Box::new(LoadForm::of(load))),
            _ => None,
        };
        Self { id, spec, address, port, local, tls, relay, udp, load, running }
    }

    /// A file was picked in the system's dialog.
    pub(super) fn picked(&mut self, path: &Path) {
        self.tls.picked(path);
        if let Some(relay) = &mut self.relay {
            relay.picked(path);
        }
        if let Some(load) = &mut self.load {
            load.picked(path);
        }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let folder = scene.platform.folder();
        let (mut apply, mut cancelled) = (frame::enter(ui), false);
        let open = frame::dialog(ui, scene.locale, scene.text("options-title"), 470.0, |ui| {
            if self.running {
                let key = match self.spec.transport {
                    TransportSpec::Udp(_) => "udp-running-hint",
                    TransportSpec::Serial(_) | TransportSpec::Capture(_) => "options-serial-hint",
                    _ => "options-running-hint",
                };
                form::hint(ui, scene.text(key));
                ui.add_space(space::XS);
            }
            let hint = scene.text("name-hint");
            form::text(ui, scene.text("name"), &mut self.spec.name, hint);
            self.target(ui, scene);
            if let Some(relay) = &mut self.relay {
                relay.ends(ui, scene, false);
                relay.options(ui, scene);
            }
            if let Some(udp) = &mut self.udp {
                udp.ends(ui, scene.locale, false);
                udp.options(ui, scene.locale);
            }
            if let Some(load) = &mut self.load {
                load.target(ui, scene, false);
                load.options(ui, scene.locale);
            }
            match &mut self.spec.transport {
                TransportSpec::TcpClient(client) => {
                    self.tls.client(ui, scene);
                    transport::client(ui, scene.locale, client, &mut self.local);
                }
                TransportSpec::TcpServer(server) => {
                    transport::behaviour(ui, scene.locale, &mut server.behaviour, true);
                    self.tls.server(ui, scene);
                    transport::server(ui, scene.locale, server);
                }
                TransportSpec::Serial(serial) => transport::serial(ui, scene.locale, serial),
                TransportSpec::Relay(_)
                | TransportSpec::Udp(_)
                | TransportSpec::Load(_)
                | TransportSpec::Capture(_) => {}
            }
            if !matches!(self.spec.transport, TransportSpec::Capture(_)) {
                self.living(ui, scene);
            }
            let problem = self.entered(&folder).err();
            frame::actions(ui, problem.map(|key| scene.text(key)), |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(problem.is_none(), |ui| {
                    apply |= widgets::primary_button(ui, None, scene.text("apply")).clicked();
                });
            });
        });
        if apply
            && !cancelled
            && let Ok(spec) = self.entered(&folder)
        {
            let command = SessionCommand::SetSpec(Box::new(spec));
            scene.ask(UiRequest::Session(self.id, command));
            return false;
        }
        open && !cancelled
    }

    /// What only a session in which something moves has.
    fn living(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        form::row(ui, scene.text("retention"), |ui| {
            form::number(ui, &mut self.spec.retention_mib, 128..=1 << 24, "MiB")
        });
        // A load test waits for the user.
        if matches!(self.spec.transport, TransportSpec::Load(_)) {
            return;
        }
        form::row(ui, scene.text("at-launch"), |ui| {
            let key = match &self.spec.transport {
                TransportSpec::Udp(_) | TransportSpec::Serial(_) => "at-launch-open",
                _ => "at-launch-on",
            };
            ui.checkbox(&mut self.spec.autostart, scene.text(key))
        });
    }

    fn target(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let (address, port) = match self.spec.transport {
            TransportSpec::TcpClient(_) => ("host", "port"),
            TransportSpec::TcpServer(_) => ("bind", "port"),
            TransportSpec::Serial(_) => ("serial-port", "baud"),
            TransportSpec::Relay(_)
            | TransportSpec::Udp(_)
            | TransportSpec::Load(_)
            | TransportSpec::Capture(_) => return,
        };
        form::text(ui, scene.text(address), &mut self.address, "");
        if matches!(self.spec.transport, TransportSpec::Serial(_)) {
            serial_port::baud(ui, scene, &mut self.port);
        } else {
            form::row(ui, scene.text(port), |ui| form::field(ui, &mut self.port, "", 90.0));
        }
    }

    fn entered(&self, folder: &Path) -> Result<SessionSpec, &'static str> {
        let mut spec = self.spec.clone();
        let address = self.address.trim();
        match &mut spec.transport {
            TransportSpec::TcpClient(client) => {
                client.port =
                    self.port.trim().parse().ok().filter(|port| *port > 0).ok_or("problem-port")?;
                // As for a new session.
                let host = address.trim_start_matches('[').trim_end_matches(']');
                if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/') {
                    return Err("problem-host");
                }
                host.clone_into(&mut client.host);
                client.tls = self.tls.client_spec(folder)?;
                client.local = transport::local(&self.local).map_err(|_| "problem-local")?;
            }
            TransportSpec::TcpServer(server) => {
                server.tls = self.tls.server_spec(folder)?;
                server.bind = address.parse().map_err(|_| "problem-bind")?;
                server.port = self.port.trim().parse().map_err(|_| "problem-port")?;
            }
            TransportSpec::Relay(relay) => {
                if let Some(form) = &self.relay {
                    // Faults are changed elsewhere, and may have been since.
                    *relay = RelaySpec { faults: relay.faults.clone(), ..form.entered(folder)? };
                }
            }
            TransportSpec::Serial(serial) => {
                if serial.port != address {
                    // Another port, and so another board.
                    serial.board = None;
                    address.clone_into(&mut serial.port);
                }
                let baud = self.port.trim().parse().ok().filter(|baud| *baud > 0);
                serial.baud = baud.ok_or("problem-baud")?;
            }
            TransportSpec::Udp(udp) => {
                if let Some(form) = &self.udp {
                    // What is said of peers is said elsewhere.
                    *udp = UdpSpec { clients: udp.clients.clone(), ..form.entered()? };
                }
            }
            TransportSpec::Load(load) => {
                if let Some(form) = &self.load {
                    *load = form.entered(folder)?;
                }
            }
            TransportSpec::Capture(_) => {}
        }
        Ok(spec)
    }
}
