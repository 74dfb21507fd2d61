//! One look at the ports there are.

use espalier_core::board::{PortInfo, PortKind, UsbIdentity};
use serialport::SerialPortType;

use super::access::{self, Holders};

/// All ports of the system, likely boards first.
pub fn system_ports() -> Vec<PortInfo> {
    let mut ports = list(&Holders::new());
    let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
    let holders = access::holders(&names);
    for port in &mut ports {
        port.access = access::check_with(&port.name, &holders);
    }
    ports
}

/// The same, with what is known of who has which port open.
pub fn list(holders: &Holders) -> Vec<PortInfo> {
    let found = serialport::available_ports().unwrap_or_else(|error| {
        tracing::debug!("ports cannot be listed: {error}");
        Vec::new()
    });
    let mut ports: Vec<_> = found
        .into_iter()
        // macOS lists every port twice; the call-out device is the one that does not wait for a carrier.
        .filter(|port| !port.port_name.starts_with("/dev/tty."))
        .map(|port| PortInfo {
            access: access::check_with(&port.port_name, holders),
            name: port.port_name,
            kind: kind(port.port_type),
        })
        .collect();
    sort(&mut ports);
    ports
}

/// A port by its name or path, listed or not.
pub fn look_up(name: &str) -> PortInfo {
    let listed = serialport::available_ports().unwrap_or_default();
    let kind = listed
        .into_iter()
        .find(|port| port.port_name == name)
        .map_or_else(|| unlisted(name), |port| kind(port.port_type));
    PortInfo { name: name.to_owned(), kind, access: access::check(name) }
}

/// The name under which this board is on the system now.
pub fn find_board(board: &UsbIdentity) -> Option<String> {
    let ports = serialport::available_ports().unwrap_or_default();
    ports
        .into_iter()
        .find(|port| match &port.port_type {
            SerialPortType::UsbPort(usb) => identity(usb).is_same_board(board),
            _ => false,
        })
        .map(|port| port.port_name)
}

/// Likely boards first, then by name; `ttyUSB10` after `ttyUSB9`. Simulated boards stay in the order in which they are offered.
pub fn sort(ports: &mut [PortInfo]) {
    ports.sort_by_cached_key(|port| {
        if let PortKind::Simulated { .. } = port.kind {
            return (port.rank(), String::new(), 0);
        }
        let digits = port.name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let number: u32 = port.name[digits..].parse().unwrap_or(0);
        (port.rank(), port.name[..digits].to_owned(), number)
    });
}

fn unlisted(name: &str) -> PortKind {
    let target = std::fs::canonicalize(name).unwrap_or_default();
    if target.starts_with("/dev/pts") { PortKind::Pty } else { PortKind::Other }
}

fn kind(port: SerialPortType) -> PortKind {
    match port {
        SerialPortType::UsbPort(usb) => PortKind::Usb(identity(&usb)),
        SerialPortType::PciPort => PortKind::Builtin,
        SerialPortType::BluetoothPort => PortKind::Bluetooth,
        SerialPortType::Unknown => PortKind::Builtin,
    }
}

fn identity(usb: &serialport::UsbPortInfo) -> UsbIdentity {
    UsbIdentity {
        vid: usb.vid,
        pid: usb.pid,
        serial: usb.serial_number.clone(),
        manufacturer: usb.manufacturer.clone(),
        product: usb.product.clone(),
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::board::PortAccess;

    use super::*;

    #[test]
    fn likely_boards_come_first_and_numbers_count_as_numbers() {
        let port =
            |name: &str, kind| PortInfo { name: name.into(), kind, access: PortAccess::Free };
        let cp210x = || PortKind::Usb(UsbIdentity { vid: 0x10c4, ..UsbIdentity::default() });
        let mut ports = [
            port("/dev/ttyS0", PortKind::Builtin),
            port("/dev/ttyUSB10", cp210x()),
            port("/dev/ttyUSB9", cp210x()),
        ];
        sort(&mut ports);
        let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
        assert_eq!(names, ["/dev/ttyUSB9", "/dev/ttyUSB10", "/dev/ttyS0"]);
    }
}
