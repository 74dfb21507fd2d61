//! Which file is sent, or where what comes goes, and how.

use std::path::PathBuf;

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::TransportSpec;
use espalier_core::transfer::{
    RawPacing, ReceiveEnd, ReceiveFiles, SendFiles, TransferProtocol, TransferTimes,
};

use super::{frame, save};
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, form};

/// What is asked of a transfer so far.
#[derive(Debug)]
pub struct TransferDialog {
    id: SessionId,
    sends: bool,
    peers: PeerSelector,
    path: String,
    protocol: TransferProtocol,
    pacing: RawPacing,
    /// KiB per second; 0: as fast as it goes.
    rate_kib: u64,
    /// Seconds of silence; 0: none ends it.
    silence_s: u32,
    /// Bytes; 0: any number.
    size: u64,
    replace: bool,
    focus: Focus,
}

impl TransferDialog {
    /// Asks for a file to be sent to these peers of a session.
    pub fn sending(
        id: SessionId,
        peers: PeerSelector,
        path: String,
        transport: &TransportSpec,
    ) -> Self {
        let (protocol, pacing) = match transport {
            TransportSpec::Serial(_) => (TransferProtocol::Ymodem, RawPacing::SERIAL),
            TransportSpec::Udp(_) => (TransferProtocol::Raw, RawPacing::UDP),
            _ => (TransferProtocol::Raw, RawPacing::TCP),
        };
        Self { sends: true, protocol, pacing, ..Self::receiving(id, peers, path) }
    }

    /// Asks where what these peers send goes.
    pub fn receiving(id: SessionId, peers: PeerSelector, path: String) -> Self {
        Self {
            id,
            sends: false,
            peers,
            path,
            protocol: TransferProtocol::Raw,
            pacing: RawPacing::TCP,
            rate_kib: 0,
            silence_s: 0,
            size: 0,
            replace: false,
            focus: Focus::wanted(),
        }
    }

    /// By this protocol, unless the user says otherwise.
    pub fn by(self, protocol: TransferProtocol) -> Self {
        Self { protocol, ..self }
    }

    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
    }

    /// Whether files go into a folder, by names that come along.
    const fn wants_folder(&self) -> bool {
        !self.sends && self.protocol.brings_names()
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut go, mut cancelled) = (frame::enter(ui), false);
        let (title, button) = match self.sends {
            true => ("transfer-send-title", "transfer-send-now"),
            false => ("transfer-receive-title", "transfer-receive-now"),
        };
        let (title, button) = (scene.text(title), scene.text(button));
        let open = frame::dialog(ui, scene.locale, title, 520.0, |ui| {
            let focus = self.focus.is_due(ui);
            self.protocols(ui, scene);
            ui.add_space(space::S);
            let folder = self.wants_folder();
            let hint = match (self.sends, self.protocol) {
                (true, TransferProtocol::Raw) => "transfer-send-raw-hint",
                (true, _) => "transfer-send-hint",
                (false, TransferProtocol::Raw) => "transfer-receive-raw-hint",
                (false, _) if folder => "transfer-receive-folder-hint",
                (false, _) => "transfer-receive-hint",
            };
            form::hint(ui, scene.text(hint));
            let place = match folder {
                true => save::Place::Folder,
                false => save::Place::File { save: !self.sends, extension: "" },
            };
            save::place_row(ui, scene, &mut self.path, place, focus);
            if self.protocol == TransferProtocol::Raw {
                ui.add_space(space::S);
                if self.sends { self.pace(ui, scene) } else { self.end(ui, scene) }
            }
            if !self.sends {
                form::plain(ui, |ui| {
                    ui.checkbox(&mut self.replace, scene.text("transfer-replace"))
                });
            }
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(!self.path.trim().is_empty(), |ui| {
                    go |= widgets::primary_button(ui, None, button).clicked();
                });
            });
        });
        if go && !cancelled && !self.path.trim().is_empty() {
            let command = self.command(scene.path(&self.path));
            scene.ask(UiRequest::Session(self.id, command));
            return false;
        }
        open && !cancelled
    }

    fn protocols(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        // A receiver takes blocks of either size.
        let offered = TransferProtocol::ALL
            .into_iter()
            .filter(|it| self.sends || *it != TransferProtocol::Xmodem1k);
        let choices: Vec<_> = offered
            .map(|it| (it, it.name().unwrap_or_else(|| scene.text("transfer-raw"))))
            .collect();
        form::row(ui, scene.text("transfer-protocol"), |ui| {
            let name = scene.text("transfer-protocol");
            widgets::choice(ui, "transfer protocol", name, &mut self.protocol, &choices).1
        });
    }

    fn pace(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        form::row(ui, scene.text("transfer-chunk"), |ui| {
            let name = scene.text("transfer-chunk");
            form::named_number(ui, name, &mut self.pacing.chunk, RawPacing::CHUNKS, "B")
        });
        form::row(ui, scene.text("transfer-pause"), |ui| {
            let name = scene.text("transfer-pause");
            let range = 0..=RawPacing::LONGEST_PAUSE_MS;
            form::named_number(ui, name, &mut self.pacing.pause_ms, range, "ms")
        });
        form::row(ui, scene.text("transfer-rate"), |ui| {
            let name = scene.text("transfer-rate");
            form::named_number(ui, name, &mut self.rate_kib, 0..=10_000_000, "KiB/s")
        })
        .on_hover_text(scene.text("transfer-none-hint"));
    }

    fn end(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        form::row(ui, scene.text("transfer-silence"), |ui| {
            let name = scene.text("transfer-silence");
            form::named_number(ui, name, &mut self.silence_s, 0..=86_400, "s")
        })
        .on_hover_text(scene.text("transfer-none-hint"));
        form::row(ui, scene.text("transfer-size"), |ui| {
            let name = scene.text("transfer-size");
            form::named_number(ui, name, &mut self.size, 0..=1 << 50, "B")
        })
        .on_hover_text(scene.text("transfer-none-hint"));
    }

    fn command(&self, path: PathBuf) -> SessionCommand {
        let (protocol, times) = (self.protocol, TransferTimes::default());
        if self.sends {
            let rate = Some(self.rate_kib << 10).filter(|rate| *rate > 0);
            let pacing = RawPacing { rate, ..self.pacing };
            let files = SendFiles { files: vec![path], protocol, pacing, times };
            return SessionCommand::SendFiles { to: self.peers.clone(), files: Box::new(files) };
        }
        let end = ReceiveEnd {
            silence_ms: Some(self.silence_s.saturating_mul(1000)).filter(|ms| *ms > 0),
            size: Some(self.size).filter(|size| *size > 0),
        };
        let files = ReceiveFiles { into: path, protocol, replace: self.replace, end, times };
        SessionCommand::ReceiveFiles { from: self.peers.clone(), files: Box::new(files) }
    }
}
