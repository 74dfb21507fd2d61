//! Looking for networks: who asked, and is told. SmartConfig asks too, and looks on at every scan.

use crate::{answer::PendingAnswer, api::Network, improv, printer::Printer, time::Time};
use espalier_protocol::{ErrorCode, line::LineEvent};

/// One scan at a time, for whoever asked meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    /// The glue has not fetched it yet.
    is_new: bool,
    /// The command to answer.
    command: Option<PendingAnswer>,
    /// An Improv client asked.
    improv: bool,
    /// SmartConfig asked.
    smartconfig: bool,
}

impl Scan {
    pub(crate) const fn new() -> Self {
        Self { is_new: false, command: None, improv: false, smartconfig: false }
    }

    /// The console asks; `false` if it has asked already.
    pub(crate) const fn ask(&mut self, command: PendingAnswer) -> bool {
        if self.command.is_some() {
            return false;
        }
        self.start();
        self.command = Some(command);
        true
    }

    /// An Improv client asks.
    pub(crate) const fn ask_for_improv(&mut self) {
        self.start();
        self.improv = true;
    }

    /// SmartConfig asks.
    pub(crate) const fn ask_for_smartconfig(&mut self) {
        self.start();
        self.smartconfig = true;
    }

    /// Whether the glue should scan, once.
    pub(crate) fn next_action(&mut self) -> bool {
        core::mem::take(&mut self.is_new)
    }

    /// A network was found.
    pub(crate) fn found(&self, network: Network<'_>, printer: &mut Printer, now: Time) {
        let Network { ssid, rssi, channel, auth } = network;
        if self.command.is_some() {
            let ssid = ssid.into();
            printer.answer(LineEvent::Network { ssid, rssi, channel, auth }, now);
        }
        if self.improv {
            improv::network(network, printer);
        }
    }

    /// The scan is over; `false` if the radio could not.
    pub(crate) fn done(&mut self, done: bool, printer: &mut Printer, now: Time) {
        match self.command.take() {
            Some(command) if done => command.ok(printer, now),
            Some(command) => {
                let text = "the radio could not scan; try again";
                command.error(ErrorCode::Wifi, text, printer, now);
            }
            None => {}
        }
        self.smartconfig = false;
        if core::mem::take(&mut self.improv) {
            improv::scan_done(done, printer);
        }
    }

    /// Scans, unless a scan is under way.
    const fn start(&mut self) {
        if self.command.is_none() && !self.improv && !self.smartconfig {
            self.is_new = true;
        }
    }
}
