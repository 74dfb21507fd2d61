//! Flashing on the link's handle: the port never leaves the thread.

use std::sync::Arc;

use espalier_core::board::{BoardCommand, FlashSpec, FlashStatus, FlashStep, LinkState};
use espalier_core::say;

use super::command::LinkCommand;
use super::worker::{LinkWorker, MonitorStop, OpenPort, unsent_flashing};
use crate::board::flash::{self, FlashHost};
use crate::board::port;

impl LinkWorker {
    /// Flashes and goes back to monitoring.
    pub(super) fn flash(
        &mut self,
        open: OpenPort,
        spec: &FlashSpec,
    ) -> Result<OpenPort, MonitorStop> {
        let number = self.flash_taken();
        self.drop_waiting(unsent_flashing);
        self.note(say!(
            "note-flashing",
            "Flashing begins: the line belongs to the loader until it ends"
        ));
        self.status.link = LinkState::Flashing;
        self.tracker.start_over(&mut self.status);
        let OpenPort { port, usb } = open;
        let mut host = Host { worker: self, capture: Ok(()), restarting: false, number };
        let flashed = flash::flash(port, usb.as_ref(), spec, &mut host);
        let capture = host.capture;
        let mut port = flashed.port;
        let configured = port::configure(&mut port, &self.spec);
        self.status.link = LinkState::Monitoring;
        self.publish_flash(&flashed.status);
        self.tracker.after_flash(&mut self.status);
        self.publish();
        self.note(match &flashed.status.outcome {
            Some(Err(_)) => say!("note-flash-failed", "Flashing did not end well:"),
            _ => say!("note-flashed", "Flashing ended well"),
        });
        if let Some(Err(fault)) = &flashed.status.outcome {
            self.note(fault.what.clone());
        }
        if let Some(elf) = flashed.elf {
            self.tracker.choose(Some(elf), &self.status);
        }
        capture?;
        match configured {
            Ok(()) => Ok(OpenPort { port, usb }),
            Err(error) => Err(MonitorStop::Gone { detail: error.to_string() }),
        }
    }
}

struct Host<'w> {
    worker: &'w mut LinkWorker,
    capture: Result<(), MonitorStop>,
    /// The program is being started.
    restarting: bool,
    /// Which flashing this is, of all that was asked for.
    number: u64,
}

impl FlashHost for Host<'_> {
    fn is_cancelled(&mut self) -> bool {
        self.apply_while_flashing();
        let shared = &self.worker.shared;
        self.capture.is_err() || self.worker.is_closing() || shared.is_cancelled(self.number)
    }

    fn publish(&mut self, status: &FlashStatus) {
        // What ran on the board is not what is there from here on, however this ends; what runs then says so.
        if matches!(status.step, FlashStep::Erasing | FlashStep::Writing(_)) {
            Arc::make_mut(&mut self.worker.status.reported).overwritten();
        }
        if status.step == FlashStep::Restarting && !self.restarting {
            self.restarting = true;
            self.worker.tracker.before_restart();
        }
        self.worker.publish_flash(status);
    }

    fn heard(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && self.capture.is_ok() {
            self.capture = self.worker.received(bytes);
        }
    }

    fn press(&mut self, boot: bool) -> bool {
        let name = self.worker.spec.port.clone();
        self.worker.simulated.press(&name, boot)
    }
}

impl Host<'_> {
    /// What was meant for the program must not reach the loader, nor the program that starts afterwards.
    fn apply_while_flashing(&mut self) {
        while let Ok(command) = self.worker.inbox.try_recv() {
            match command {
                LinkCommand::Write(piece) => {
                    self.worker.note(unsent_flashing(piece.rest().len()));
                }
                LinkCommand::Configure(spec) => self.worker.adopt(*spec),
                LinkCommand::Board(BoardCommand::Symbols(elf)) => {
                    self.worker.tracker.choose(elf, &self.worker.status)
                }
                LinkCommand::Board(command) => {
                    if matches!(command, BoardCommand::Flash(_)) {
                        self.worker.flash_taken();
                    }
                    self.worker.note(say!(
                        "note-being-flashed",
                        "The board is being flashed: nothing was done"
                    ));
                }
            }
        }
    }
}
