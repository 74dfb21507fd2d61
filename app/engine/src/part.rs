//! Bytes that move, and whose they are: who keeps a part of what several share copies nothing.

use std::ops::Range;
use std::sync::Arc;

use espalier_core::capture::{LARGEST_PAYLOAD, payloads};

/// What one read brought, or what one write took.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    bytes: &'a [u8],
    /// What it is a part of, and where it begins there; nothing, where it lies in a buffer that is used again.
    shared: Option<(&'a Arc<[u8]>, usize)>,
}

/// A part that stays as it is.
#[derive(Clone, Debug)]
pub struct KeptPart {
    shared: Arc<[u8]>,
    range: Range<usize>,
}

impl<'a> Part<'a> {
    /// This range of shared bytes, as far as there is one.
    pub fn of(shared: &'a Arc<[u8]>, range: Range<usize>) -> Self {
        let bytes = shared.get(range.clone()).unwrap_or_default();
        Self { bytes, shared: Some((shared, range.start)) }
    }

    /// The bytes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What the records hold that it is kept in; without bytes, one that is empty.
    pub fn payloads(self) -> impl Iterator<Item = Self> {
        payloads(self.bytes).enumerate().map(move |(n, bytes)| Self {
            bytes,
            shared: self.shared.map(|(shared, start)| (shared, start + n * LARGEST_PAYLOAD)),
        })
    }

    /// Keeps it; only what nobody shares is copied.
    pub fn keep(self) -> KeptPart {
        let length = self.bytes.len();
        match self.shared {
            Some((shared, start)) => {
                KeptPart { shared: shared.clone(), range: start..start + length }
            }
            None => KeptPart { shared: self.bytes.into(), range: 0..length },
        }
    }
}

impl<'a> From<&'a [u8]> for Part<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { bytes, shared: None }
    }
}

impl<'a> From<&'a Arc<[u8]>> for Part<'a> {
    fn from(shared: &'a Arc<[u8]>) -> Self {
        Self { bytes: shared, shared: Some((shared, 0)) }
    }
}

impl KeptPart {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.shared.get(self.range.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_of_a_part_are_the_part_again() {
        let length = 2 * LARGEST_PAYLOAD + 100;
        let shared: Arc<[u8]> = (0..length).map(|n| (n >> 3) as u8).collect();
        for range in [3..3, 3..250, 3..length] {
            for part in [Part::of(&shared, range.clone()), Part::from(&shared[range.clone()])] {
                let kept: Vec<KeptPart> = part.payloads().map(Part::keep).collect();
                assert_eq!(kept.len(), range.len().div_ceil(LARGEST_PAYLOAD).max(1));
                let all: Vec<u8> = kept.iter().flat_map(KeptPart::bytes).copied().collect();
                assert!(all == shared[range.clone()]);
            }
        }
    }
}
