//! What a system answered: a structure of its own, which may be shorter than we know it, or longer.

/// The bytes of an answer. What lies behind their end was not told.
#[derive(Clone, Debug)]
pub struct Answer {
    bytes: [u8; Self::ROOM],
    filled: usize,
}

impl Answer {
    /// More than any of these structures has.
    pub const ROOM: usize = 512;

    /// The first `filled` of these bytes.
    pub fn new(bytes: [u8; Self::ROOM], filled: usize) -> Self {
        Self { bytes, filled: filled.min(Self::ROOM) }
    }

    /// The byte at this offset.
    #[cfg_attr(windows, allow(dead_code, reason = "all that is read there has four"))]
    pub fn u8_at(&self, offset: usize) -> Option<u8> {
        self.at::<1>(offset).map(u8::from_ne_bytes)
    }

    /// The number of four bytes at this offset.
    pub fn u32_at(&self, offset: usize) -> Option<u64> {
        self.at::<4>(offset).map(|bytes| u32::from_ne_bytes(bytes).into())
    }

    /// The number of eight bytes at this offset.
    #[cfg_attr(windows, allow(dead_code, reason = "all that is read there has four"))]
    pub fn u64_at(&self, offset: usize) -> Option<u64> {
        self.at::<8>(offset).map(u64::from_ne_bytes)
    }

    fn at<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.bytes[..self.filled].get(offset..)?.first_chunk().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_behind_the_end_of_an_answer_was_not_told() {
        let mut bytes = [0; Answer::ROOM];
        bytes[..8].copy_from_slice(&0x0102_0304_0506_0708_u64.to_ne_bytes());
        let answer = Answer::new(bytes, 8);
        assert_eq!(answer.u64_at(0), Some(0x0102_0304_0506_0708));
        assert!(answer.u32_at(4).is_some());
        assert_eq!(answer.u32_at(5), None);
        assert!(answer.u8_at(7).is_some());
        assert_eq!((answer.u8_at(8), answer.u64_at(usize::MAX)), (None, None));
    }
}
