//! What is between the modem lines and a chip.

use crate::Wiring;

/// What the circuit does when the lines change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetEffect {
    /// Nothing.
    None,
    /// EN goes low: the chip is held in reset.
    Hold,
    /// EN goes high; with BOOT low the chip starts its loader.
    Release { boot: bool },
}

/// Where the modem lines lead to.
#[derive(Debug)]
pub enum ResetCircuit {
    Transistors(Transistors),
    UsbJtag(UsbJtag),
}

impl ResetCircuit {
    pub fn new(wiring: Wiring) -> Self {
        match wiring {
            Wiring::Transistors => Self::Transistors(Transistors::default()),
            Wiring::UsbJtag => Self::UsbJtag(UsbJtag::default()),
        }
    }

    /// Takes the new state of both lines.
    pub fn set(&mut self, dtr: bool, rts: bool) -> ResetEffect {
        match self {
            Self::Transistors(circuit) => circuit.set(dtr, rts),
            Self::UsbJtag(circuit) => circuit.set(dtr, rts),
        }
    }
}

/// DTR alone pulls BOOT low, RTS alone pulls EN low; both together pull neither.
#[derive(Debug, Default)]
pub struct Transistors {
    held: bool,
    /// Both lines were set while EN was low: its capacitor still keeps the chip in reset, so the
    /// next change decides. Tools that cannot set both lines at once rely on it.
    rising: bool,
}

impl Transistors {
    fn set(&mut self, dtr: bool, rts: bool) -> ResetEffect {
        match (dtr, rts) {
            (false, true) => {
                let was_held = std::mem::replace(&mut self.held, true);
                self.rising = false;
                if was_held { ResetEffect::None } else { ResetEffect::Hold }
            }
            (true, true) if self.held && !self.rising => {
                self.rising = true;
                ResetEffect::None
            }
            _ if self.held => {
                *self = Self::default();
                ResetEffect::Release { boot: dtr && !rts }
            }
            _ => ResetEffect::None,
        }
    }
}

/// The chip's own USB port (ESP32-C3 Technical Reference Manual, "USB Serial/JTAG Controller", reset by the CDC-ACM lines):
/// DTR alone sets the flag for the download mode, neither clears it, RTS alone resets.
#[derive(Debug, Default)]
pub struct UsbJtag {
    download: bool,
    was_reset: bool,
}

impl UsbJtag {
    fn set(&mut self, dtr: bool, rts: bool) -> ResetEffect {
        let reset = !dtr && rts;
        match (dtr, rts) {
            (false, false) => self.download = false,
            (true, false) => self.download = true,
            _ => {}
        }
        let was_reset = std::mem::replace(&mut self.was_reset, reset);
        match reset && !was_reset {
            true => ResetEffect::Release { boot: self.download },
            false => ResetEffect::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed<const N: usize>(wiring: Wiring, steps: [(bool, bool); N]) -> [ResetEffect; N] {
        let mut circuit = ResetCircuit::new(wiring);
        steps.map(|(dtr, rts)| circuit.set(dtr, rts))
    }

    #[test]
    fn tools_sequences_end_where_they_should() {
        use ResetEffect::{Hold, None, Release};
        // esptool's "classic" sequence.
        let steps = [(false, true), (true, true), (true, false), (false, false)];
        let download = Release { boot: true };
        assert_eq!(pressed(Wiring::Transistors, steps), [Hold, None, download, None]);
        // Both lines at once ("tight").
        let steps = [(false, false), (true, true), (false, true), (true, false), (false, false)];
        assert_eq!(pressed(Wiring::Transistors, steps), [None, None, Hold, download, None]);
        let hard = [(false, true), (false, false)];
        assert_eq!(pressed(Wiring::Transistors, hard), [Hold, Release { boot: false }]);
    }

    #[test]
    fn sequences_for_the_chips_own_usb_go_through_both_lines_and_never_through_none() {
        use ResetEffect::{None, Release};
        let steps = [(false, false), (true, false), (true, true), (false, true), (false, false)];
        let download = Release { boot: true };
        assert_eq!(pressed(Wiring::UsbJtag, steps), [None, None, None, download, None]);
        let program = Release { boot: false };
        let hard_twice = [(false, true), (false, false), (false, true), (false, false)];
        assert_eq!(pressed(Wiring::UsbJtag, hard_twice), [program, None, program, None]);
        // The transistors' sequence passes "neither", which clears the flag: the program starts instead.
        let tight = [(false, false), (true, true), (false, true), (true, false), (false, false)];
        assert_eq!(pressed(Wiring::UsbJtag, tight)[2], Release { boot: false });
    }
}
