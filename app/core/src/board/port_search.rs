//! Which port is meant: by its name, by the serial number or the socket of the board on it, or by what is known of that board.

use super::{BoardFault, FaultKind, PortInfo, UsbIdentity};
use crate::say;

/// A port by the serial number of its board on USB: `serial:7C:DF:A1:00:00:01`.
const BY_SERIAL: &str = "serial:";
/// A port by the socket that its board is plugged into: `usb:1-1.2`, `usb:1-1.2:1.0`.
const BY_SOCKET: &str = "usb:";

/// The listed port that this name means; `None`: it is a name or a path that no list knows.
///
/// # Errors
/// No board is there with this serial number or in this socket, or several have it.
pub fn find_port<'p>(
    name: &str,
    ports: &'p [PortInfo],
) -> Result<Option<&'p PortInfo>, BoardFault> {
    if let Some(serial) = name.strip_prefix(BY_SERIAL) {
        let has_it = |usb: &UsbIdentity| {
            usb.serial.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(serial))
        };
        return the_one(ports, has_it, name).map(Some);
    }
    if let Some(socket) = name.strip_prefix(BY_SOCKET) {
        let is_there = |usb: &UsbIdentity| {
            usb.location.as_deref() == Some(socket) || usb.socket() == Some(socket)
        };
        return the_one(ports, is_there, name).map(Some);
    }
    let found = ports.iter().find(|port| port.name == name);
    Ok(found.or_else(|| {
        let number = com_number(name)?;
        ports.iter().find(|port| com_number(&port.name) == Some(number))
    }))
}

/// Of a port of Windows, however it is spelled: `COM10`, `com10`, `\\.\COM10`.
fn com_number(name: &str) -> Option<u32> {
    let name = name.strip_prefix(r"\\.\").unwrap_or(name);
    let number = name.get(..3).filter(|it| it.eq_ignore_ascii_case("COM")).map(|_| &name[3..])?;
    number.parse().ok().filter(|_| number.bytes().all(|digit| digit.is_ascii_digit()))
}

fn the_one<'p>(
    ports: &'p [PortInfo],
    is_meant: impl Fn(&UsbIdentity) -> bool,
    name: &str,
) -> Result<&'p PortInfo, BoardFault> {
    let meant: Vec<&PortInfo> =
        ports.iter().filter(|port| port.kind.usb().is_some_and(&is_meant)).collect();
    match meant[..] {
        [one] => Ok(one),
        [] => Err(BoardFault::new(
            FaultKind::Gone,
            say!("told-no-such-board", "No board is plugged in that {name} means", name = name),
            say!(
                "hint-no-such-board",
                "Plug it in, or look in the list of ports (espalier ports) for its serial number."
            ),
        )),
        _ => {
            let names: Vec<&str> = meant.iter().map(|port| port.name.as_str()).collect();
            Err(BoardFault::new(
                FaultKind::Ambiguous,
                say!(
                    "told-several-boards",
                    "{name} means several ports: {ports}",
                    name = name,
                    ports = names.join(", "),
                ),
                say!(
                    "hint-several-boards",
                    "Name one of them, or its socket (usb:1-1.2) as the list of ports has it."
                ),
            ))
        }
    }
}

/// The port that this board is on now; `name` is the port it was on. Where its serial number does not tell it from others, only
/// the port in the same socket is its own.
pub fn find_board<'p>(
    board: &UsbIdentity,
    name: &str,
    ports: &'p [PortInfo],
) -> Option<&'p PortInfo> {
    let alike = |port: &&PortInfo| port.kind.usb().is_some_and(|usb| usb.looks_the_same(board));
    let alike: Vec<&PortInfo> = ports.iter().filter(alike).collect();
    let stayed = |port: &&&PortInfo| match &board.location {
        Some(_) => port.kind.usb().is_some_and(|usb| usb.location == board.location),
        None => port.name == name,
    };
    alike.iter().find(stayed).copied().or_else(|| {
        let same = |port: &&PortInfo| port.kind.usb().is_some_and(|usb| usb.is_same_board(board));
        let same: Vec<&PortInfo> = alike.iter().copied().filter(same).collect();
        match same[..] {
            [one] if one.kind.usb().is_some_and(UsbIdentity::has_own_serial) => Some(one),
            _ => None,
        }
    })
}

/// Marks the boards of a whole list whose serial numbers are not theirs alone.
pub fn mark_shared_serials(ports: &mut [PortInfo]) {
    let all: Vec<UsbIdentity> = ports.iter().filter_map(|port| port.kind.usb().cloned()).collect();
    for usb in ports.iter_mut().filter_map(|port| port.kind.usb_mut()) {
        usb.shares_serial = usb.serial.is_some()
            && all.iter().any(|it| it.looks_the_same(usb) && it.socket() != usb.socket());
    }
}

/// What tells a port from others that have the same name for what is on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortMark<'p> {
    /// The serial number of the board.
    Serial(&'p str),
    /// The socket it is plugged into.
    Socket(&'p str),
}

impl PortInfo {
    /// What tells it from the others of a list; `None` where nothing looks like it, or nothing but its name tells.
    pub fn mark(&self, among: &[Self]) -> Option<PortMark<'_>> {
        let usb = self.kind.usb()?;
        let name = self.friendly_name();
        let mut others =
            among.iter().filter(|other| other.name != self.name && other.friendly_name() == name);
        others.clone().next()?;
        let serial = usb.serial.as_deref().filter(|_| usb.has_own_serial());
        let has_other = |port: &Self| port.kind.usb().is_none_or(|it| it.serial != usb.serial);
        match serial.filter(|_| others.all(has_other)) {
            Some(serial) => Some(PortMark::Serial(serial)),
            None => {
                let location = usb.location.as_deref().filter(|at| *at != self.name);
                location.map(PortMark::Socket)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PortAccess, PortKind};
    use super::*;

    fn port(name: &str, serial: Option<&str>, location: &str) -> PortInfo {
        let (serial, location) = (serial.map(str::to_owned), Some(location.to_owned()));
        let usb = UsbIdentity { vid: 0x10c4, serial, location, ..UsbIdentity::default() };
        PortInfo { name: name.into(), kind: PortKind::Usb(usb), access: PortAccess::Free }
    }

    fn board(port: &PortInfo) -> UsbIdentity {
        port.kind.usb().unwrap().clone()
    }

    /// Where the first of two boards is found when their names were swapped, and when only the other one is there.
    #[track_caller]
    fn swapped(serials: [Option<&str>; 2]) {
        let mut there = [port("A", serials[0], "1-1:1.0"), port("B", serials[1], "1-2:1.0")];
        mark_shared_serials(&mut there);
        let (one, other) = (board(&there[0]), board(&there[1]));
        let (first, second) = there.split_at_mut(1);
        std::mem::swap(&mut first[0].name, &mut second[0].name);
        let found = |board, name, ports| find_board(board, name, ports).map(|it| it.name.as_str());
        assert_eq!(found(&one, "A", &there), Some("B"), "{serials:?}");
        assert_eq!(found(&other, "B", &there), Some("A"), "{serials:?}");
        assert_eq!(found(&one, "A", &there[1..]), None, "{serials:?}: the other one's port");
    }

    #[test]
    fn a_board_is_found_under_another_name_and_never_taken_for_its_neighbour() {
        swapped([Some("A1B2C3"), Some("D4E5F6")]);
        swapped([Some("0001"), Some("0001")]);
        swapped([None, None]);
        swapped([Some("A50285BI"), Some("A50285BI")]);
    }

    #[test]
    fn a_board_with_a_serial_number_of_its_own_may_change_its_socket() {
        let moved = [port("C", Some("A1B2C3"), "2-4:1.0")];
        let before = board(&port("A", Some("A1B2C3"), "1-1:1.0"));
        assert_eq!(find_board(&before, "A", &moved), Some(&moved[0]));
        let cheap = board(&port("A", Some("0001"), "1-1:1.0"));
        assert_eq!(find_board(&cheap, "A", &[port("C", Some("0001"), "2-4:1.0")]), None);
    }

    #[test]
    fn what_was_kept_without_a_socket_is_on_the_port_of_its_name() {
        let kept = UsbIdentity { location: None, ..board(&port("A", None, "")) };
        let there = [port("A", None, "1-1:1.0"), port("B", None, "1-2:1.0")];
        assert_eq!(find_board(&kept, "B", &there), Some(&there[1]));
        assert_eq!(find_board(&kept, "C", &there), None);
        assert!(!kept.is_same_board(&board(&there[0])), "it may be either");
        let own = UsbIdentity { location: None, ..board(&port("A", Some("A1B2C3"), "")) };
        let moved = [port("C", Some("A1B2C3"), "1-1:1.0")];
        assert_eq!(find_board(&own, "A", &moved), Some(&moved[0]));
    }

    #[test]
    fn the_ports_of_windows_are_found_however_they_are_spelled() {
        let there = [port("COM1", None, "1-1:1.0"), port("COM10", None, "1-2:1.0")];
        let found = |name| find_port(name, &there).map(|port| port.map(|it| it.name.as_str()));
        for name in ["COM10", "com10", r"\\.\COM10", r"\\.\com10"] {
            assert_eq!(found(name), Ok(Some("COM10")), "{name}");
        }
        for name in ["COM", "COM+1", "COM1x", "CO", "CO\u{e9}1", "COM99999999999"] {
            assert_eq!(found(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn ports_are_named_by_serial_number_or_socket() {
        let there = [
            port("A", Some("7C:DF:A1"), "1-1:1.0"),
            port("B", Some("0001"), "1-2:1.0"),
            port("C", Some("0001"), "1-3:1.0"),
        ];
        let found = |name| find_port(name, &there).map(|port| port.map(|it| it.name.as_str()));
        assert_eq!(found("serial:7c:df:a1"), Ok(Some("A")));
        assert_eq!(found("usb:1-3"), Ok(Some("C")));
        assert_eq!(found("usb:1-2:1.0"), Ok(Some("B")));
        assert_eq!((found("B"), found("/dev/pts/7")), (Ok(Some("B")), Ok(None)));
        assert_eq!(found("serial:7C").unwrap_err().kind, FaultKind::Gone);
        let several = found("serial:0001").unwrap_err();
        assert_eq!(several.what.english(), "serial:0001 means several ports: B, C");
    }

    #[test]
    fn only_what_looks_alike_is_marked() {
        let mark = |at: usize, there: &mut [PortInfo]| {
            mark_shared_serials(there);
            there[at].mark(there).map(|mark| format!("{mark:?}"))
        };
        let alone = &mut [port("A", Some("A1B2C3"), "1-1:1.0")];
        assert_eq!(mark(0, alone), None);
        let own = &mut [port("A", Some("A1B2C3"), "1-1:1.0"), port("B", Some("D4E5F6"), "1-2:1.0")];
        assert_eq!(mark(1, own).as_deref(), Some("Serial(\"D4E5F6\")"));
        let same = &mut [port("A", Some("0001"), "1-1:1.0"), port("B", Some("0001"), "1-2:1.0")];
        assert_eq!(mark(1, same).as_deref(), Some("Socket(\"1-2:1.0\")"));
        // On systems without sockets the name says it already.
        let named = &mut [port("COM3", None, "COM3"), port("COM4", None, "COM4")];
        assert_eq!(mark(0, named), None);
    }
}
