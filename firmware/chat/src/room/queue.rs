//! Lines that wait for a member.

use heapless::Vec;

/// Lines that wait to be sent to a member, or to be acknowledged by it; the oldest first. How much it
/// holds is its own matter; what it does not take the room makes place for, or counts as lost.
pub trait ChatQueue: Default {
    /// Takes a line behind the others; `false` if there is no place for it. Number 0 is none.
    fn push(&mut self, number: u32, line: &[u8]) -> bool;
    /// The number and the line at this place.
    fn get(&self, place: usize) -> Option<(u32, &[u8])>;
    /// Takes out the line at this place.
    fn remove(&mut self, place: usize);
    /// Lines that it holds.
    fn len(&self) -> usize;
    /// Whether it holds none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bytes in front of each line in a [`FixedQueue`]: its number and its length.
const HEAD: usize = 6;

/// A queue of `N` bytes, 6 of which each line needs for itself. No allocation.
#[derive(Debug, Clone, Default)]
pub struct FixedQueue<const N: usize> {
    bytes: Vec<u8, N>,
    lines: usize,
}

impl<const N: usize> FixedQueue<N> {
    /// An empty one.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), lines: 0 }
    }

    /// Where the line at this place begins with its head, its number, and its length.
    fn find(&self, place: usize) -> Option<(usize, u32, usize)> {
        let mut at = 0;
        for found in 0..self.lines {
            let (number, rest) = self.bytes.get(at..)?.split_first_chunk()?;
            let len = usize::from(u16::from_le_bytes(*rest.first_chunk()?));
            if found == place {
                return Some((at, u32::from_le_bytes(*number), len));
            }
            at += HEAD + len;
        }
        None
    }
}

impl<const N: usize> ChatQueue for FixedQueue<N> {
    fn push(&mut self, number: u32, line: &[u8]) -> bool {
        let Ok(len) = u16::try_from(line.len()) else { return false };
        if self.bytes.len() + HEAD + line.len() > N {
            return false;
        }
        let (number, len) = (number.to_le_bytes(), len.to_le_bytes());
        let parts: [&[u8]; 3] = [&number, &len, line];
        for part in parts {
            // There is place for all of them.
            self.bytes.extend_from_slice(part).ok();
        }
        self.lines += 1;
        true
    }

    fn get(&self, place: usize) -> Option<(u32, &[u8])> {
        let (at, number, len) = self.find(place)?;
        Some((number, self.bytes.get(at + HEAD..at + HEAD + len)?))
    }

    fn remove(&mut self, place: usize) {
        let Some((at, _, len)) = self.find(place) else { return };
        self.bytes.drain(at..at + HEAD + len);
        self.lines -= 1;
    }

    fn len(&self) -> usize {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_as_they_went_in_and_what_does_not_fit_is_not_taken() {
        let mut queue = FixedQueue::<31>::new();
        assert!(queue.push(1, b"one") && queue.push(0, b"") && queue.push(3, b"three"));
        assert_eq!((queue.len(), queue.get(1)), (3, Some((0, &b""[..]))));
        assert!(!queue.push(4, b""), "5 bytes are left");
        queue.remove(0);
        assert!(queue.push(4, b"x"));
        assert_eq!(queue.get(1), Some((3, &b"three"[..])));
        assert_eq!(queue.get(2), Some((4, &b"x"[..])));
        queue.remove(1);
        queue.remove(7);
        assert_eq!((queue.len(), queue.get(1)), (2, Some((4, &b"x"[..]))));
    }
}
