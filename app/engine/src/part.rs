//! Bytes that move, and whose they are: who keeps a part of what several share copies nothing.

use std::ops::Range;
use std::sync::Arc;

use espalier_core::capture::{LARGEST_PAYLOAD, payloads};
use parking_lot::Mutex;

/// What one read brought, or what one write took.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    bytes: &'a [u8],
    /// What it is a part of, and where it begins there; nothing, where it lies in a buffer that is used again.
    shared: Option<(&'a Arc<[u8]>, usize)>,
}

/// A part that stays as it is.
#[derive(Debug)]
pub struct KeptPart(Kept);

#[derive(Debug)]
enum Kept {
    Shared(Arc<[u8]>, Range<usize>),
    Copied(Vec<u8>),
}

/// Memory of large parts that were copied, to be used again: it would go to the system and be asked for anew with each read.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// How many wait there: 2 MiB, as reads are.
const SPARES: usize = 16;

/// What is worth it, in bytes.
const LARGE: Range<usize> = 16 << 10..(256 << 10) + 1;

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
            Some((shared, start)) => KeptPart(Kept::Shared(shared.clone(), start..start + length)),
            None => {
                let spare = LARGE.contains(&length).then(|| SPARE.lock().pop()).flatten();
                let mut copy = spare.unwrap_or_default();
                copy.extend_from_slice(self.bytes);
                KeptPart(Kept::Copied(copy))
            }
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
        match &self.0 {
            Kept::Shared(shared, range) => shared.get(range.clone()).unwrap_or_default(),
            Kept::Copied(bytes) => bytes,
        }
    }
}

impl Drop for KeptPart {
    fn drop(&mut self) {
        if let Kept::Copied(bytes) = &mut self.0
            && LARGE.contains(&bytes.capacity())
        {
            bytes.clear();
            let mut spare = SPARE.lock();
            if spare.len() < SPARES {
                spare.push(std::mem::take(bytes));
            }
        }
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
