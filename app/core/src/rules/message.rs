//! What comes, in messages.

use std::ops::Range;
use std::time::Duration;

use memchr::memchr2;

use crate::matching::HeldBytes;

/// What ends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// CR, LF or both.
    Line,
    /// Nothing comes for so long.
    Pause(Duration),
}

impl Framing {
    pub(super) fn pause(milliseconds: u32) -> Self {
        Self::Pause(Duration::from_millis(u64::from(milliseconds)))
    }
}

/// The message that is coming in one stream, for one rule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MessageCursor {
    /// Its first byte.
    begin: u64,
    /// Behind the last byte that was looked at.
    at: u64,
    /// The ending before it may go on with LF.
    after_cr: bool,
    /// A rule before this one took something of it.
    taken: bool,
}

impl MessageCursor {
    /// A new message begins at this place.
    pub(super) const fn restart(&mut self, place: u64) {
        *self = Self { begin: place, at: place, after_cr: false, taken: false };
    }

    /// What stands before this place was taken by a rule before: a message that has begun is none any more.
    pub(super) const fn take(&mut self, end: u64) {
        self.taken |= self.begin < end;
    }

    /// The next line that is whole, and the place behind its ending.
    pub(super) fn next_line(&mut self, held: &HeldBytes) -> Option<(Range<u64>, u64)> {
        loop {
            let rest = held.between(self.at..held.end());
            let first = *rest.first()?;
            if self.after_cr && self.begin == self.at && first == b'\n' {
                self.restart(self.at + 1);
                continue;
            }
            let Some(found) = memchr2(b'\r', b'\n', rest) else {
                self.at = held.end();
                return None;
            };
            let (begin, end, taken) = (self.begin, self.at + found as u64, self.taken);
            let after_cr = rest[found] == b'\r';
            self.restart(end + 1);
            self.after_cr = after_cr;
            if begin < end && !taken && end - begin <= held.longest() as u64 {
                return Some((begin..end, end + 1));
            }
        }
    }

    /// Whether bytes came since the last message.
    pub(super) const fn is_open(&self, held: &HeldBytes) -> bool {
        self.begin < held.end()
    }

    /// Ends the message here; `None` when it is taken, or longer than what is held.
    pub(super) fn end(&mut self, held: &HeldBytes) -> Option<Range<u64>> {
        let message = self.begin..held.end();
        let taken = self.taken;
        self.restart(held.end());
        let fits = message.end - message.start <= held.longest() as u64;
        (!taken && fits && !message.is_empty()).then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(reads: &[&[u8]]) -> Vec<Vec<u8>> {
        let (mut held, mut cursor) = (HeldBytes::new(8), MessageCursor::default());
        let mut all = Vec::new();
        for read in reads.iter().flat_map(|read| read.chunks(8)) {
            held.push(read);
            while let Some((line, _)) = cursor.next_line(&held) {
                all.push(held.between(line).to_vec());
            }
        }
        all
    }

    #[test]
    fn a_line_ends_with_any_ending_and_an_empty_one_is_none() {
        assert_eq!(lines(&[b"a\rb\nc\r\n\r\n\n\rd"]), [b"a", b"b", b"c"]);
        assert_eq!(lines(&[b"123456789\n12345678\n"]), [b"12345678"], "a longer one is none");
    }

    proptest! {
        #[test]
        fn a_cut_changes_no_line(text in "[ab\r\n]{0,40}", cut in 0_usize..40) {
            let cut = cut.min(text.len());
            let (before, behind) = text.as_bytes().split_at(cut);
            prop_assert_eq!(lines(&[before, behind]), lines(&[text.as_bytes()]));
        }
    }
}
