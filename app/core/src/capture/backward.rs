//! The way back through a capture: each block ends with its length, so the one before any block is found without reading from the
//! capture's beginning, whatever the payloads look like.

use super::block::{FRAME, LARGEST_BLOCK};
use super::source::Source;

/// Where a block begins at or before `place`, going back from the end; `None` when damage is in the way.
pub fn block_before(source: &dyn Source, place: u64) -> Option<u64> {
    let extent = source.extent();
    let mut numbers = Numbers { source, start: extent.start, base: 0, bytes: Vec::new() };
    let mut at = extent.end;
    while at > place.max(extent.start) {
        let length = numbers.before(at)?;
        let begin = at.checked_sub(u64::from(length)).filter(|begin| *begin >= extent.start)?;
        let whole = length % 4 == 0 && length as usize >= FRAME && length <= LARGEST_BLOCK;
        if !whole || numbers.before(begin + 8)? != length {
            return None;
        }
        at = begin;
    }
    Some(at)
}

/// Numbers in a source, read from behind.
struct Numbers<'s> {
    source: &'s dyn Source,
    start: u64,
    /// Position of `bytes[0]`.
    base: u64,
    bytes: Vec<u8>,
}

impl Numbers<'_> {
    const READ: u64 = 4096;

    /// The number that ends at `end`.
    fn before(&mut self, end: u64) -> Option<u32> {
        let inside = |it: &Self| {
            let from = usize::try_from(end.checked_sub(it.base + 4)?).ok()?;
            let field = it.bytes.get(from..from + 4)?;
            Some(u32::from_le_bytes(field.try_into().ok()?))
        };
        if let Some(number) = inside(self) {
            return Some(number);
        }
        self.base = end.saturating_sub(Self::READ).max(self.start);
        self.bytes.resize(usize::try_from(end.checked_sub(self.base)?).ok()?, 0);
        let read = self.source.read_at(self.base, &mut self.bytes);
        self.bytes.truncate(read);
        inside(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cursor, Encoder, file_header};
    use super::*;
    use crate::{Direction, PeerId, Position, Timestamp};

    fn capture(payloads: &[&[u8]]) -> Vec<u8> {
        let mut bytes = file_header();
        let mut encoder = Encoder::default();
        for payload in payloads {
            encoder.data(Timestamp(0), Direction::In, PeerId(1), None, payload.len());
            bytes.extend_from_slice(encoder.head());
            bytes.extend_from_slice(payload);
            bytes.extend_from_slice(encoder.tail());
        }
        bytes
    }

    #[test]
    fn every_place_leads_to_the_record_before_it_even_inside_a_capture_of_a_capture() {
        let inner = capture(&[b"one", b"two", b"three"]);
        let long = vec![b'x'; 10_000];
        let bytes = capture(&[b"a", &inner, &long, b"", &inner]);
        let mut records = Vec::new();
        let mut cursor = Cursor::new(&bytes, Position(0));
        while let Some(record) = cursor.next() {
            records.push(record.position.0);
        }
        for place in 0..=bytes.len() as u64 {
            let found = block_before(&bytes, place).unwrap();
            let record = records.iter().rfind(|it| **it <= place);
            match record {
                _ if place == bytes.len() as u64 => assert_eq!(found, place),
                Some(record) => assert_eq!(found, *record),
                // The section or the interface.
                None => assert!(found <= place && found < records[0]),
            }
        }
    }

    #[test]
    fn damage_in_the_way_is_not_passed_over() {
        let mut bytes = capture(&[b"one", b"two", b"three"]);
        let end = bytes.len() as u64;
        let last = block_before(&bytes, end - 1).unwrap();
        bytes[last as usize - 2] ^= 1;
        assert_eq!(block_before(&bytes, last), Some(last));
        assert_eq!(block_before(&bytes, last - 1), None);
    }
}
