//! Serial ports as they are listed: what hangs on them and whether they can be opened.

use std::fmt;

use serde::Serialize;

use super::{BoardFault, Bridge, Chip, FaultKind, UsbIdentity};
use crate::{Sentence, say};

/// A port that could be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortInfo {
    /// What to open: `COM3`, `/dev/ttyUSB0`, `simulated:esp32c3`.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: PortKind,
    /// Whether it can be opened, as far as can be told without opening it (which could reset the board).
    pub access: PortAccess,
}

impl PortInfo {
    /// What to call it: the bridge or product, or the kind of port.
    pub fn friendly_name(&self) -> String {
        match &self.kind {
            PortKind::Usb(usb) => usb.friendly_name(),
            PortKind::Simulated { chip } => format!("Simulated {chip}"),
            PortKind::Builtin => "Built-in serial port".to_owned(),
            PortKind::Bluetooth => "Bluetooth serial port".to_owned(),
            PortKind::Pty => "Pseudo-terminal".to_owned(),
            PortKind::Other => "Serial port".to_owned(),
        }
    }

    /// How likely an ESP board hangs on it: sort key, likely ones first.
    pub fn rank(&self) -> u8 {
        match &self.kind {
            PortKind::Usb(usb) => match usb.bridge() {
                Bridge::UsbSerialJtag | Bridge::EspressifUsb => 0,
                Bridge::Other => 2,
                _ => 1,
            },
            PortKind::Pty => 3,
            PortKind::Other => 4,
            PortKind::Simulated { .. } => 5,
            PortKind::Builtin => 6,
            PortKind::Bluetooth => 7,
        }
    }
}

/// What a port is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum PortKind {
    /// On USB.
    Usb(UsbIdentity),
    /// On the mainboard.
    Builtin,
    /// Over Bluetooth.
    Bluetooth,
    /// A pseudo-terminal, typed by hand.
    Pty,
    /// A board that is not there.
    Simulated {
        /// Which chip it plays.
        chip: Chip,
    },
    /// Nothing is known.
    Other,
}

impl PortKind {
    /// The port's identity on USB; `None` for one that is not on USB.
    pub const fn usb(&self) -> Option<&UsbIdentity> {
        match self {
            Self::Usb(usb) => Some(usb),
            _ => None,
        }
    }

    /// The same, to be completed.
    pub(super) const fn usb_mut(&mut self) -> Option<&mut UsbIdentity> {
        match self {
            Self::Usb(usb) => Some(usb),
            _ => None,
        }
    }
}

/// Whether a port can be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum PortAccess {
    /// Nothing speaks against it.
    #[default]
    Free,
    /// A session of this program has it.
    Ours,
    /// Another program has it.
    Busy {
        /// Which, where the system tells.
        by: Option<Holder>,
    },
    /// This user may not open it.
    Forbidden {
        /// The group that may, where the system tells.
        group: Option<String>,
    },
    /// The port is not there (any more).
    Gone,
}

/// Who has a port open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Process number.
    pub pid: u32,
    /// The program's name.
    pub program: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.program, self.pid)
    }
}

impl PortAccess {
    /// Why the port cannot be opened, and what to do; `None` when it can.
    pub fn fault(&self, port: &str) -> Option<BoardFault> {
        let fault = match self {
            Self::Free | Self::Ours => return None,
            Self::Busy { by: Some(holder) } => BoardFault::new(
                FaultKind::Busy,
                say!(
                    "told-port-busy-by",
                    "{port} is in use by {program} (process {pid})",
                    port = port,
                    program = holder.program,
                    pid = holder.pid,
                ),
                say!(
                    "hint-end-program",
                    "Close the port in {program} (or end it), then try again.",
                    program = holder.program,
                ),
            ),
            Self::Busy { by: None } => BoardFault::new(
                FaultKind::Busy,
                say!("told-port-busy", "{port} is in use by another program", port = port),
                say!(
                    "hint-close-monitors",
                    "Close serial monitors, IDEs and 3D-printer or modem programs that may have it, then try again."
                ),
            ),
            Self::Forbidden { group } => BoardFault::new(
                FaultKind::Forbidden,
                say!(
                    "told-port-forbidden",
                    "You may not open {port}: permission denied",
                    port = port
                ),
                forbidden_hint(group.as_deref()),
            ),
            Self::Gone => BoardFault::new(
                FaultKind::Gone,
                say!("told-port-gone", "{port} is not there", port = port),
                say!(
                    "hint-plug-in",
                    "Plug the board in with a cable that carries data (many only charge), and look in the list of ports for its name."
                ),
            ),
        };
        Some(fault)
    }
}

fn forbidden_hint(group: Option<&str>) -> Sentence {
    let rule = "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"303a\", MODE=\"0660\", TAG+=\"uaccess\"";
    match group {
        Some("root") | None => say!(
            "hint-access",
            "Give yourself access to the device: join the group that owns it, or add a udev rule ({rule}).",
            rule = rule,
        ),
        Some(group) => say!(
            "hint-access-group",
            "Join the group {group} (sudo usermod -aG {group} $USER), then log out and in again; or add a udev rule ({rule}).",
            group = group,
            rule = rule,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_forbidden_and_gone_are_three_sentences_with_three_ways_out() {
        let holder = Holder { pid: 42, program: "screen".into() };
        let busy = PortAccess::Busy { by: Some(holder) }.fault("/dev/ttyUSB0").unwrap();
        assert_eq!(busy.what.english(), "/dev/ttyUSB0 is in use by screen (process 42)");
        let forbidden = PortAccess::Forbidden { group: Some("dialout".into()) }.fault("p").unwrap();
        assert!(forbidden.hint.contains("usermod -aG dialout"));
        let gone = PortAccess::Gone.fault("COM7").unwrap();
        assert_eq!((gone.kind, gone.what.english()), (FaultKind::Gone, "COM7 is not there"));
        assert_eq!(PortAccess::Free.fault("p"), None);
    }
}
