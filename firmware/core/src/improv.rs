//! What an Improv client is told, as packets.

use crate::{api::Network, printer::Printer};
use espalier_protocol::{
    Auth,
    improv::{self, CommandId, State, Status},
};

/// How the last command went.
pub(crate) fn error(status: Status, printer: &mut Printer) {
    printer.packet(&improv::error(status));
}

/// Where provisioning stands.
pub(crate) fn state(state: State, printer: &mut Printer) {
    printer.packet(&improv::state(state));
}

/// The answer to a command.
pub(crate) fn result(command: CommandId, strings: &[&str], printer: &mut Printer) {
    match improv::result(command, strings) {
        Some(packet) => printer.packet(&packet),
        None => error(Status::Unknown, printer),
    }
}

/// The credentials that were sent are good, or not.
pub(crate) fn trial_over(passed: bool, printer: &mut Printer) {
    if passed {
        state(State::Provisioned, printer);
        result(CommandId::SendWifi, &[], printer);
    } else {
        error(Status::UnableToConnect, printer);
        state(State::Ready, printer);
    }
}

/// One network that a scan found; a hidden one cannot be chosen.
pub(crate) fn network(network: Network<'_>, printer: &mut Printer) {
    if network.ssid.is_empty() {
        return;
    }
    let mut rssi = heapless::String::<4>::new();
    core::fmt::write(&mut rssi, format_args!("{}", network.rssi)).ok();
    let locked = if network.auth == Auth::Open { "NO" } else { "YES" };
    result(CommandId::Scan, &[network.ssid, &rssi, locked], printer);
}

/// The scan is over; `false` if the radio could not.
pub(crate) fn scan_done(done: bool, printer: &mut Printer) {
    if done {
        result(CommandId::Scan, &[], printer);
    } else {
        error(Status::Unknown, printer);
    }
}
