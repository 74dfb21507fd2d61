//! What USB tells of a serial port, and by what a board is known again.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What USB tells of a port. The same board comes back with the same identity, perhaps under another name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UsbIdentity {
    /// Vendor.
    pub vid: u16,
    /// Product.
    pub pid: u16,
    /// Serial number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The manufacturer's name for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The product's name for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Where it is plugged in, and which of that plug's ports it is. On Linux socket and interface, as the kernel names them
    /// (`1-1.2:1.0`: bus, ports of the hubs, configuration, interface); elsewhere the port's name, which those systems give by
    /// socket. `None`: an earlier version kept the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// A board at another socket has shown the same serial number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares_serial: bool,
}

impl UsbIdentity {
    /// What makes it a serial port.
    pub const fn bridge(&self) -> Bridge {
        match (self.vid, self.pid) {
            (0x303a, 0x1001) => Bridge::UsbSerialJtag,
            (0x303a, _) => Bridge::EspressifUsb,
            (0x10c4, _) => Bridge::Cp210x,
            (0x1a86, 0x55d3 | 0x55d4 | 0x55d8) => Bridge::Ch9102,
            (0x1a86, _) => Bridge::Ch340,
            (0x0403, _) => Bridge::Ftdi,
            (0x067b, _) => Bridge::Prolific,
            _ => Bridge::Other,
        }
    }

    /// Whether the serial number is this board's alone: many makers leave it out, or give all their boards the same.
    pub fn has_own_serial(&self) -> bool {
        !self.shares_serial && self.serial.as_deref().is_some_and(|serial| !is_placeholder(serial))
    }

    /// Is it the same board? Where it has a serial number of its own, that tells, wherever it is plugged in; else it is the one in
    /// the same socket. The name of the port tells nothing.
    pub fn is_same_board(&self, other: &Self) -> bool {
        let own = self.has_own_serial() && other.has_own_serial();
        self.looks_the_same(other)
            && match (&self.location, &other.location) {
                (Some(one), Some(other)) => {
                    one == other || own && interface(one) == interface(other)
                }
                (None, None) => true,
                // What an earlier version kept knows of no socket.
                _ => own,
            }
    }

    /// Whether USB tells the same of both, but for where they are.
    pub fn looks_the_same(&self, other: &Self) -> bool {
        (self.vid, self.pid, &self.serial) == (other.vid, other.pid, &other.serial)
    }

    /// The socket that it is plugged into, as far as the system tells.
    pub(super) fn socket(&self) -> Option<&str> {
        self.location.as_deref().map(|at| at.rsplit_once(':').map_or(at, |(socket, _)| socket))
    }

    /// The bridge's name, or the product's own; `None`: neither is known.
    pub fn name(&self) -> Option<String> {
        match self.bridge() {
            Bridge::Other => self.product.clone(),
            bridge => Some(bridge.to_string()),
        }
    }

    /// The same, or what it is at least.
    pub fn friendly_name(&self) -> String {
        self.name().unwrap_or_else(|| format!("USB serial port {self}"))
    }
}

impl fmt::Display for UsbIdentity {
    /// `303a:1001`, and the serial number where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vid, self.pid)?;
        self.serial.as_ref().map_or(Ok(()), |serial| write!(f, " {serial}"))
    }
}

/// Which of the ports of one plug: two behind one bridge have the same serial number and socket.
fn interface(location: &str) -> Option<&str> {
    location.rsplit_once(':').map(|(_, interface)| interface)
}

/// What stands where a serial number should: nothing, a number that counts nothing (`0001` of the CP210x), or digits in their
/// order.
fn is_placeholder(serial: &str) -> bool {
    let serial = serial.trim();
    let counts = serial.chars().filter(|sign| *sign != '0').count();
    let is_number = serial.chars().all(|sign| sign.is_ascii_digit());
    let in_order = ["0123456789ABCDEF", "12345678901234567890"];
    is_number && counts <= 1
        || in_order.iter().any(|digits| digits.contains(&serial.to_ascii_uppercase()))
}

/// What makes a board a serial port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bridge {
    /// Silicon Labs.
    Cp210x,
    /// WCH, the older ones.
    Ch340,
    /// WCH, the newer ones.
    Ch9102,
    /// FTDI.
    Ftdi,
    /// Prolific.
    Prolific,
    /// Inside the chip: C3, C5, C6, S3 and later.
    UsbSerialJtag,
    /// Inside the chip: USB-OTG with a CDC stack (S2, S3, P4).
    EspressifUsb,
    /// Something else.
    Other,
}

impl fmt::Display for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cp210x => "CP210x USB-UART",
            Self::Ch340 => "CH340 USB-UART",
            Self::Ch9102 => "CH9102 USB-UART",
            Self::Ftdi => "FTDI USB-UART",
            Self::Prolific => "PL2303 USB-UART",
            Self::UsbSerialJtag => "Espressif USB-Serial/JTAG",
            Self::EspressifUsb => "Espressif USB",
            Self::Other => "USB serial port",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usb(serial: Option<&str>, location: &str) -> UsbIdentity {
        let (serial, location) = (serial.map(str::to_owned), Some(location.to_owned()));
        UsbIdentity { vid: 0x10c4, pid: 0xea60, serial, location, ..UsbIdentity::default() }
    }

    #[test]
    fn known_bridges_have_friendly_names() {
        let name = |vid, pid| UsbIdentity { vid, pid, ..UsbIdentity::default() }.friendly_name();
        assert_eq!(name(0x10c4, 0xea60), "CP210x USB-UART");
        assert_eq!(name(0x1a86, 0x7523), "CH340 USB-UART");
        assert_eq!(name(0x0403, 0x6001), "FTDI USB-UART");
        assert_eq!(name(0x303a, 0x1001), "Espressif USB-Serial/JTAG");
        assert_eq!(name(0x1234, 0x5678), "USB serial port 1234:5678");
    }

    #[test]
    fn a_serial_number_of_its_own_tells_a_board_wherever_it_is_plugged_in() {
        let one = usb(Some("7C:DF:A1:00:00:01"), "1-1:1.0");
        let moved = usb(Some("7C:DF:A1:00:00:01"), "1-2:1.0");
        let other = usb(Some("7C:DF:A1:00:00:02"), "1-1:1.0");
        let renamed = UsbIdentity { product: Some("X".into()), ..one.clone() };
        assert!(one.is_same_board(&moved) && one.is_same_board(&renamed));
        assert!(!one.is_same_board(&other));
    }

    #[test]
    fn boards_whose_serial_number_says_nothing_are_told_by_their_sockets() {
        for serial in
            [None, Some(""), Some("0001"), Some("0"), Some("123456"), Some("0123456789abcdef")]
        {
            let one = usb(serial, "1-1:1.0");
            assert!(!one.has_own_serial(), "{serial:?}");
            assert!(one.is_same_board(&one.clone()) && !one.is_same_board(&usb(serial, "1-2:1.0")));
        }
        // A maker who gives all boards the same one is found out when two of them are there.
        let shared =
            |location| UsbIdentity { shares_serial: true, ..usb(Some("A50285BI"), location) };
        assert!(!shared("1-1:1.0").is_same_board(&shared("1-2:1.0")));
        assert!(
            usb(Some("A50285BI"), "1").has_own_serial()
                && usb(Some("1000000017"), "1").has_own_serial()
        );
    }

    #[test]
    fn two_ports_behind_one_plug_are_not_each_other() {
        let (one, other) = (usb(Some("FT4XB1"), "1-1:1.0"), usb(Some("FT4XB1"), "1-1:1.1"));
        assert!(!one.is_same_board(&other));
        assert!(one.is_same_board(&usb(Some("FT4XB1"), "1-2:1.0")), "moved as a whole");
    }
}
