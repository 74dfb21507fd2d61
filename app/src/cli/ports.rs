//! `espalier ports`: what could be opened.

use clap::Args as ClapArgs;
use espalier_core::board::{PortAccess, PortInfo, PortMark};
use espalier_engine::board::ports::{self, SimulatedBoards as _};

use super::exit::Exit;
use crate::print::{document, line};
use crate::simulated::BoardSimulators;

/// List the serial ports, likely boards first
///
/// Simulated boards are listed too; their names can be given to flash and monitor like any port. So can serial:NUMBER, for the
/// board with this serial number, and usb:SOCKET where boards have no serial number of their own.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

/// Lists the ports.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut found = ports::system_ports();
    found.extend(BoardSimulators::default().ports());
    ports::sort(&mut found);
    if args.json {
        document(&serde_json::to_string_pretty(&found)?)?;
        return Ok(Exit::Done);
    }
    let width = found.iter().map(|port| port.name.len()).max().unwrap_or(0);
    for port in &found {
        line(format_args!("{:width$}  {}", port.name, describe(port, &found)))?;
    }
    Ok(Exit::Done)
}

/// `CP210x USB-UART  10c4:ea60 0001  in use by screen (process 42)`.
fn describe(port: &PortInfo, among: &[PortInfo]) -> String {
    let mut text = port.friendly_name();
    if let Some(usb) = port.kind.usb() {
        text = format!("{text}  {usb}");
        if let Some(product) = usb.product.as_ref().filter(|product| !text.contains(*product)) {
            text = format!("{text}  {product}");
        }
        if let Some(PortMark::Socket(socket)) = port.mark(among) {
            text = format!("{text}  usb:{socket}");
        }
    }
    let state = match &port.access {
        PortAccess::Free | PortAccess::Ours => return text,
        PortAccess::Busy { by: Some(holder) } => format!("in use by {holder}"),
        PortAccess::Busy { by: None } => "in use".to_owned(),
        PortAccess::Forbidden { group: Some(group) } => {
            format!("permission denied (group {group})")
        }
        PortAccess::Forbidden { group: None } => "permission denied".to_owned(),
        PortAccess::Gone => "gone".to_owned(),
    };
    format!("{text}  {state}")
}
