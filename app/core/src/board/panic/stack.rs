//! What is needed to walk a stack from outside: registers and memory as a RISC-V board printed them.

/// Registers and stack memory at the moment of a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackDump {
    /// The instruction that crashed.
    pub pc: u32,
    /// `pc` is what the innermost function returns to, not where it was.
    pub at_return: bool,
    /// Registers x1 to x31 by their number, where the report has them.
    pub registers: [Option<u32>; 32],
    /// Address of the first byte of `memory`.
    pub start: u32,
    /// What was on the stack, from its top on.
    pub memory: Vec<u8>,
}

impl StackDump {
    /// More memory than that is not kept.
    pub const MOST: usize = 64 << 10;
    /// The number of the stack pointer.
    pub const SP: usize = 2;
    /// The number of the return address.
    pub const RA: usize = 1;

    /// The number of a register by the name that ESP-IDF and esp-hal print (`S0/FP` and `T0/x5` go by the part before).
    pub(super) fn number(name: &str) -> Option<usize> {
        let name = name.split('/').next()?;
        const FIRST: [&str; 4] = ["RA", "SP", "GP", "TP"];
        if let Some(at) = FIRST.iter().position(|it| *it == name) {
            return Some(at + 1);
        }
        let (kind, index) = name.split_at_checked(1)?;
        let index: usize = index.parse().ok()?;
        match (kind, index) {
            ("T", 0..=2) => Some(5 + index),
            ("T", 3..=6) => Some(25 + index),
            ("S", 0..=1) => Some(8 + index),
            ("S", 2..=11) => Some(16 + index),
            ("A", 0..=7) => Some(10 + index),
            _ => None,
        }
    }

    /// The word at an address, where it was printed.
    pub fn word(&self, address: u32) -> Option<u32> {
        let at = address.checked_sub(self.start)? as usize;
        let bytes = self.memory.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// The words from the top of the stack on.
    pub fn words(&self) -> impl Iterator<Item = u32> {
        self.memory
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
    }

    /// Adds memory that follows what is there; what does not follow is left out.
    pub(super) fn add(&mut self, at: Option<u32>, bytes: &[u8]) {
        if self.memory.is_empty() {
            self.start = at.unwrap_or(self.start);
        }
        let follows = at.is_none_or(|at| at == self.start.wrapping_add(self.memory.len() as u32));
        if follows && self.memory.len() + bytes.len() <= Self::MOST {
            self.memory.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_have_the_numbers_of_the_abi() {
        for (name, number) in [
            ("RA", 1),
            ("SP", 2),
            ("GP", 3),
            ("TP", 4),
            ("T0", 5),
            ("T2", 7),
            ("S0/FP", 8),
            ("S1", 9),
            ("A0", 10),
            ("A7/x17", 17),
            ("S2", 18),
            ("S11", 27),
            ("T3", 28),
            ("T6", 31),
        ] {
            assert_eq!(StackDump::number(name), Some(number), "{name}");
        }
        assert_eq!(StackDump::number("A8"), None);
        assert_eq!(StackDump::number("MEPC"), None);
    }

    #[test]
    fn memory_is_read_where_it_was_printed_only() {
        let mut dump = StackDump::default();
        dump.add(Some(0x3fc8_0000), &[1, 0, 0, 0, 2, 0, 0, 0]);
        dump.add(Some(0x3fc8_0008), &[3, 0, 0, 0]);
        dump.add(Some(0x3fc8_0100), &[9, 0, 0, 0]);
        assert_eq!(dump.words().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((dump.word(0x3fc8_0008), dump.word(0x3fc8_000a)), (Some(3), None));
        assert_eq!(dump.word(0x3fc7_fffc), None);
    }
}
