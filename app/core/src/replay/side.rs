//! One of two streams that are compared: what of it is still to be.

use std::collections::VecDeque;

/// A line that is longer is compared in parts.
const LONGEST_LINE: usize = 4 << 10;

/// So much of what is alike is kept before a difference, to show the line that it is in.
const CONTEXT: usize = 256;

/// Cuts bytes into parts of lines; `part` is told whether one ends its line. `open`: how many bytes that line has already.
pub(super) fn each_line_part(mut open: usize, bytes: &[u8], mut part: impl FnMut(&[u8], bool)) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = LONGEST_LINE.saturating_sub(open).max(1);
        let looked_at = &rest[..rest.len().min(room)];
        let (length, ends) = match memchr::memchr(b'\n', looked_at) {
            Some(at) => (at + 1, true),
            None => (looked_at.len(), looked_at.len() == room),
        };
        part(&rest[..length], ends);
        open = if ends { 0 } else { open + length };
        rest = &rest[length..];
    }
}

/// Bytes of a stream that were not compared yet, and where its units end.
#[derive(Debug, Default)]
pub(super) struct Side {
    bytes: Vec<u8>,
    /// What of them is compared already.
    done: usize,
    /// Bytes of the stream before those.
    offset: u64,
    /// Where units end, in bytes of the stream; empty when it is a stream of bytes.
    ends: VecDeque<u64>,
}

impl Side {
    /// What is to be compared.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.done..).unwrap_or_default()
    }

    /// Where that begins in the stream.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Where it ends.
    pub fn end(&self) -> u64 {
        self.offset + self.bytes().len() as u64
    }

    /// More of it.
    pub fn push(&mut self, bytes: &[u8]) {
        // What is done goes when it is more than what is left: each byte is moved a few times at most.
        let gone = self.done.saturating_sub(CONTEXT);
        if gone > self.bytes.len() / 2 {
            self.bytes.drain(..gone);
            self.done -= gone;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// One more datagram.
    pub fn push_datagram(&mut self, bytes: &[u8]) {
        self.push(bytes);
        self.end_unit();
    }

    /// A unit ends here.
    pub fn end_unit(&mut self) {
        self.ends.push_back(self.end());
    }

    /// Whether something stands behind the last unit.
    pub fn has_open_unit(&self) -> bool {
        self.ends.back().map_or(!self.bytes().is_empty(), |end| *end < self.end())
    }

    /// How many bytes the open unit has.
    pub fn open_length(&self) -> usize {
        let begin = self.ends.back().copied().unwrap_or(self.offset).max(self.offset);
        usize::try_from(self.end() - begin).unwrap_or(usize::MAX)
    }

    /// How many units are whole.
    pub fn units(&self) -> usize {
        self.ends.len()
    }

    /// The lengths of whole units.
    pub fn unit_lengths(&self) -> impl Iterator<Item = usize> {
        let mut begin = self.offset;
        self.ends.iter().map(move |end| {
            let length = end - begin;
            begin = *end;
            usize::try_from(length).unwrap_or(usize::MAX)
        })
    }

    /// The first unit, when it is whole.
    pub fn first_unit(&self) -> Option<&[u8]> {
        let length = self.unit_lengths().next()?;
        self.bytes().get(..length)
    }

    /// So many bytes, and units, are compared.
    pub fn take(&mut self, bytes: usize, units: usize) {
        self.done += bytes;
        self.offset += bytes as u64;
        self.ends.drain(..units.min(self.ends.len()));
    }

    /// More of it, of which each line is a unit.
    pub fn push_lines(&mut self, bytes: &[u8]) {
        each_line_part(self.open_length(), bytes, |part, ends| {
            self.push(part);
            if ends {
                self.end_unit();
            }
        });
    }

    /// So many bytes of [`Self::line_before`] are to be compared again.
    pub const fn give_back(&mut self, bytes: usize) {
        self.done -= bytes;
        self.offset -= bytes as u64;
    }

    /// What of the present line is compared already, as far as it is kept.
    pub fn line_before(&self) -> &[u8] {
        let done = &self.bytes[..self.done];
        let near = &done[done.len().saturating_sub(CONTEXT)..];
        let begin = memchr::memrchr(b'\n', near).map_or(0, |at| at + 1);
        &near[begin..]
    }
}
