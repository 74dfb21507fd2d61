//! One look at the ports there are.

use std::path::Path;

use espalier_core::board::{
    BoardFault, PortAccess, PortInfo, PortKind, UsbIdentity, find_board, find_port,
    mark_shared_serials,
};
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
    let mut ports = available();
    for port in &mut ports {
        port.access = access::check_with(&port.name, holders);
    }
    ports
}

/// The ports there are; nobody looked at yet whether they can be opened.
fn available() -> Vec<PortInfo> {
    // Where a system does not show its devices (a container without /sys), serialport would panic.
    let is_shown = !cfg!(target_os = "linux") || std::path::Path::new("/sys/class/tty").exists();
    let listed = if is_shown { serialport::available_ports() } else { Ok(Vec::new()) };
    let found = listed.unwrap_or_else(|error| {
        tracing::debug!("ports cannot be listed: {error}");
        Vec::new()
    });
    let mut ports: Vec<_> = found
        .into_iter()
        // macOS lists every port twice; the call-out device is the one that does not wait for a carrier.
        .filter(|port| !port.port_name.starts_with("/dev/tty."))
        .map(|port| PortInfo {
            kind: kind(&port.port_name, port.port_type),
            name: port.port_name,
            access: PortAccess::Free,
        })
        .collect();
    mark_shared_serials(&mut ports);
    sort(&mut ports);
    ports
}

/// A port by its name or path, listed or not, or by its board (`serial:…`, `usb:…`).
///
/// # Errors
/// There is no such board, or several are meant.
pub fn look_up(name: &str) -> Result<PortInfo, BoardFault> {
    let listed = available();
    let known = find_port(name, &listed)?.cloned();
    Ok(checked(known.unwrap_or_else(|| unlisted(name))))
}

/// The port that this board is on now; `name` is the port it was on.
pub fn look_for_board(board: &UsbIdentity, name: &str) -> Option<PortInfo> {
    find_board(board, name, &available()).cloned().map(checked)
}

/// The port of this name, if a board of the same make hangs on it.
pub fn look_for_alike(board: &UsbIdentity, name: &str) -> Option<PortInfo> {
    let port = available().into_iter().find(|port| port.name == name)?;
    port.kind.usb().is_some_and(|usb| usb.looks_the_same(board)).then(|| checked(port))
}

fn checked(port: PortInfo) -> PortInfo {
    PortInfo { access: access::check(&port.name), ..port }
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

fn unlisted(name: &str) -> PortInfo {
    let target = std::fs::canonicalize(name).unwrap_or_default();
    let kind = if target.starts_with("/dev/pts") { PortKind::Pty } else { PortKind::Other };
    PortInfo { name: name.to_owned(), kind, access: PortAccess::Free }
}

fn kind(name: &str, port: SerialPortType) -> PortKind {
    match port {
        SerialPortType::UsbPort(usb) => PortKind::Usb(identity(name, usb)),
        SerialPortType::PciPort => PortKind::Builtin,
        SerialPortType::BluetoothPort => PortKind::Bluetooth,
        SerialPortType::Unknown => PortKind::Builtin,
    }
}

fn identity(name: &str, usb: serialport::UsbPortInfo) -> UsbIdentity {
    UsbIdentity {
        vid: usb.vid,
        pid: usb.pid,
        serial: usb.serial_number,
        manufacturer: usb.manufacturer,
        product: usb.product,
        location: Some(location(name).unwrap_or_else(|| name.to_owned())),
        shares_serial: false,
    }
}

/// Socket and interface as Linux has them in `/sys`: `1-1.2:1.0`. `None` elsewhere.
fn location(name: &str) -> Option<String> {
    let device = Path::new("/sys/class/tty").join(Path::new(name).file_name()?).join("device");
    let device = std::fs::canonicalize(device).ok()?;
    // A bridge has its port below the interface, a modem (CDC) is one.
    let names = device.ancestors().filter_map(|folder| folder.file_name()?.to_str());
    names.into_iter().find(|name| is_interface(name)).map(str::to_owned)
}

/// `1-1.2:1.0`: bus, ports of the hubs on the way, configuration, interface.
fn is_interface(name: &str) -> bool {
    let numbers = |text: &str| {
        text.split('.')
            .all(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    name.split_once(':').is_some_and(|(socket, interface)| {
        numbers(interface)
            && socket.split_once('-').is_some_and(|(bus, ports)| numbers(bus) && numbers(ports))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_of_usb_are_told_from_other_names() {
        for name in ["1-1:1.0", "3-1.4.2:1.11", "1-1.2:2.0"] {
            assert!(is_interface(name), "{name}");
        }
        for name in ["ttyUSB0", "1-1", "usb1", "0000:00:14.0", "1-1.:1.0", "pnp0:00"] {
            assert!(!is_interface(name), "{name}");
        }
    }

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
