//! From bytes to lines.

use super::LINE_MAX;
use heapless::Vec;

/// What a stream holds next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatRead<'a> {
    /// A line without its ending: LF, or CR LF.
    Line(&'a [u8]),
    /// A line that is longer than [`LINE_MAX`]. Told once, as soon as that is known; the rest of it is
    /// passed over.
    TooLong,
}

/// Bytes in, lines out. No allocation; one line of memory.
#[derive(Debug, Clone, Default)]
pub struct LineReader {
    held: Vec<u8, LINE_MAX>,
    /// `held` was a line, and is given away.
    is_spent: bool,
    /// The line goes on that was too long.
    is_passing: bool,
}

impl LineReader {
    /// A reader at the start of a stream.
    pub const fn new() -> Self {
        Self { held: Vec::new(), is_spent: false, is_passing: false }
    }

    /// Takes from the front of `bytes` what the next line needs, and gives that line; `None` when it
    /// needs more than there is. Call it until then.
    pub fn next<'a>(&'a mut self, bytes: &mut &[u8]) -> Option<ChatRead<'a>> {
        if core::mem::take(&mut self.is_spent) {
            self.held.clear();
        }
        loop {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (piece, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            let (has_ended, rest) = (end.is_some(), rest.get(1..).unwrap_or_default());
            if self.is_passing {
                *bytes = rest;
                self.is_passing = !has_ended;
                if has_ended {
                    continue;
                }
                return None;
            }
            // The ending counts, too.
            let fits = self.held.len() + piece.len() < LINE_MAX;
            if !fits || self.held.extend_from_slice(piece).is_err() {
                *bytes = rest;
                self.held.clear();
                self.is_passing = !has_ended;
                return Some(ChatRead::TooLong);
            }
            *bytes = rest;
            return has_ended.then(|| self.line());
        }
    }

    /// Whether a line that was too long goes on.
    pub const fn is_passing(&self) -> bool {
        self.is_passing
    }

    /// What there is of a line that has not ended.
    pub fn pending(&self) -> &[u8] {
        if self.is_spent { &[] } else { &self.held }
    }

    /// Takes what there is of a line as a whole one.
    pub fn flush(&mut self) -> Option<&[u8]> {
        if self.pending().is_empty() {
            return None;
        }
        let ChatRead::Line(line) = self.line() else { return None };
        Some(line)
    }

    fn line(&mut self) -> ChatRead<'_> {
        self.is_spent = true;
        ChatRead::Line(self.held.strip_suffix(b"\r").unwrap_or(&self.held))
    }
}
