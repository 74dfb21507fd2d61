//! The check pattern: bytes whose value follows from their position in the stream.
//!
//! The byte at position `p` is byte `p % 4` (little end first) of `h(p / 4)`, where `h` is a 32-bit
//! integer hash. Lost, doubled, swapped and altered bytes show, blocks shifted by a power of two
//! included, and either end can start at any position. It repeats after 16 GiB.

/// The word of four bytes at word position `word`.
const fn word(word: u32) -> [u8; 4] {
    // The finaliser of MurmurHash3, as published: each input bit reaches each output bit.
    let mut h = word;
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^= h >> 16;
    h.to_le_bytes()
}

/// The byte at `position` of the stream.
pub const fn byte(position: u64) -> u8 {
    word((position / 4) as u32)[(position % 4) as usize]
}

/// Fills `out` with the pattern from `position` on.
pub fn fill(position: u64, out: &mut [u8]) {
    let lead = (position.wrapping_neg() % 4) as usize;
    let (lead, body) = out.split_at_mut(lead.min(out.len()));
    for (at, slot) in (position..).zip(lead.iter_mut()) {
        *slot = byte(at);
    }
    let words = (position + lead.len() as u64) / 4;
    for (at, chunk) in (words..).zip(body.chunks_mut(4)) {
        for (slot, value) in chunk.iter_mut().zip(word(at as u32)) {
            *slot = value;
        }
    }
}

/// Compares a stream with the pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checker {
    position: u64,
    errors: u64,
    first: Option<u64>,
}

impl Checker {
    /// A checker at the start of a stream.
    pub const fn new() -> Self {
        Self { position: 0, errors: 0, first: None }
    }

    /// Compares the next bytes; tells how many of them were wrong.
    pub fn check(&mut self, bytes: &[u8]) -> u64 {
        let before = self.errors;
        let mut expected = [0; 256];
        for chunk in bytes.chunks(expected.len()) {
            fill(self.position, &mut expected);
            if expected.get(..chunk.len()) != Some(chunk) {
                for (at, (found, expected)) in (self.position..).zip(chunk.iter().zip(&expected)) {
                    if found != expected {
                        self.errors += 1;
                        self.first.get_or_insert(at);
                    }
                }
            }
            self.position += chunk.len() as u64;
        }
        self.errors - before
    }

    /// Bytes compared so far.
    pub const fn bytes(&self) -> u64 {
        self.position
    }

    /// Bytes that were wrong.
    pub const fn errors(&self) -> u64 {
        self.errors
    }

    /// Position of the first wrong byte.
    pub const fn first_error(&self) -> Option<u64> {
        self.first
    }
}
