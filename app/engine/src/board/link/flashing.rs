//! Flashing on the link's handle: the port never leaves the thread.

use espalier_core::board::{FlashStatus, FlashStep};

use super::inbox::{LinkInbox, Unusable};
use super::report::LinkReport;
use super::settings::PortSettings;
use crate::board::flash::FlashHost;
use crate::board::ports::SimulatedBoards;

/// What flashing may ask of the thread, which goes on hearing and telling meanwhile.
pub struct FlashingLink<'l> {
    report: &'l mut LinkReport,
    inbox: &'l mut LinkInbox,
    settings: &'l mut PortSettings,
    simulated: &'l dyn SimulatedBoards,
    /// Which flashing this is, of all that was asked for.
    number: u64,
    capture: Result<(), String>,
    /// The program is being started.
    restarting: bool,
}

impl<'l> FlashingLink<'l> {
    /// The flashing that was taken from the inbox last.
    pub const fn new(
        report: &'l mut LinkReport,
        inbox: &'l mut LinkInbox,
        settings: &'l mut PortSettings,
        simulated: &'l dyn SimulatedBoards,
    ) -> Self {
        let number = inbox.last_flash();
        Self { report, inbox, settings, simulated, number, capture: Ok(()), restarting: false }
    }

    /// Whether all that the board said meanwhile could be kept; otherwise why not.
    pub fn into_capture(self) -> Result<(), String> {
        self.capture
    }
}

impl FlashHost for FlashingLink<'_> {
    fn is_cancelled(&mut self) -> bool {
        self.inbox.refuse_what_waits(Unusable::Flashing, self.settings, self.report);
        self.capture.is_err() || self.inbox.is_closing() || self.inbox.is_cancelled(self.number)
    }

    fn publish(&mut self, status: &FlashStatus) {
        if status.step == FlashStep::Restarting && !self.restarting {
            self.restarting = true;
            self.report.flash_restarts();
        }
        self.report.flash_goes_on(status);
    }

    fn heard(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && self.capture.is_ok() {
            self.capture = self.report.received(bytes);
        }
    }

    fn press(&mut self, boot: bool) -> bool {
        self.simulated.press(&self.settings.spec().port, boot)
    }
}
