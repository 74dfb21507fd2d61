//! The two transistors between a USB-serial adapter and a chip.

/// What the circuit does when the lines change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Nothing.
    None,
    /// EN goes low: the chip is held in reset.
    Hold,
    /// EN goes high; with BOOT low the chip starts its loader.
    Release { boot: bool },
}

/// DTR alone pulls BOOT low, RTS alone pulls EN low; both together pull neither.
#[derive(Debug, Default)]
pub struct ResetCircuit {
    held: bool,
    /// Both lines were set while EN was low: its capacitor still keeps the chip in reset, so the
    /// next change decides. Tools that cannot set both lines at once rely on it.
    rising: bool,
}

impl ResetCircuit {
    /// Takes the new state of both lines.
    pub fn set(&mut self, dtr: bool, rts: bool) -> Press {
        match (dtr, rts) {
            (false, true) => {
                let was_held = std::mem::replace(&mut self.held, true);
                self.rising = false;
                if was_held { Press::None } else { Press::Hold }
            }
            (true, true) if self.held && !self.rising => {
                self.rising = true;
                Press::None
            }
            _ if self.held => {
                *self = Self::default();
                Press::Release { boot: dtr && !rts }
            }
            _ => Press::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_sequences_end_where_they_should() {
        use Press::{Hold, None, Release};
        // esptool's "classic" sequence.
        let mut circuit = ResetCircuit::default();
        let steps = [(false, true), (true, true), (true, false), (false, false)];
        let pressed = steps.map(|(dtr, rts)| circuit.set(dtr, rts));
        assert_eq!(pressed, [Hold, None, Release { boot: true }, None]);
        // Both lines at once ("tight").
        let mut circuit = ResetCircuit::default();
        let steps = [(false, false), (true, true), (false, true), (true, false), (false, false)];
        let pressed = steps.map(|(dtr, rts)| circuit.set(dtr, rts));
        assert_eq!(pressed, [None, None, Hold, Release { boot: true }, None]);
        // Hard reset.
        let mut circuit = ResetCircuit::default();
        assert_eq!(circuit.set(false, true), Hold);
        assert_eq!(circuit.set(false, false), Release { boot: false });
    }
}
