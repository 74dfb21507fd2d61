//! Frames of a binary protocol: found by their header, ended by their length or footer, checked, and found again after
//! damage.
//!
//! Each byte is judged when it comes, by the bytes before it alone, so that rows do not depend on how reads were cut. What is
//! no frame is a row up to the next byte that can begin a header: no byte is taken back once it is in a row. A frame whose
//! length is wrong takes what follows until that length, [`FrameLayout::longest`] or a pause ends it.

use super::frame_state::{FramePhase, FrameState};
use super::{EncodingName, FrameFault, FrameLayout, LengthField};
use crate::send::Checksum;
use crate::{Sentence, say};

/// What a byte does to the frame under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameStep {
    /// It belongs to it.
    Take,
    /// It is its last one.
    End,
    /// It begins another one.
    Before,
}

/// How frames are found.
#[derive(Clone, Debug)]
pub(super) struct FrameRule {
    header: Vec<u8>,
    /// For each prefix of the header, how long the longest shorter prefix is that it ends with (Knuth, Morris and Pratt).
    fallback: Vec<u32>,
    length: Option<LengthField>,
    footer: Vec<u8>,
    check: Option<Check>,
    longest: u32,
    /// All frames are as long as this; 0: not.
    fixed: u32,
}

#[derive(Clone, Copy, Debug)]
struct Check {
    checksum: &'static Checksum,
    from: u32,
    big_endian: bool,
    /// How many bytes of a frame are not covered at its end: the checksum and what is behind it.
    tail: u32,
}

impl FrameRule {
    /// Frames of so many bytes.
    pub(super) fn of_length(bytes: u32) -> Result<Self, Sentence> {
        let longest = FrameLayout::LONGEST;
        if !(1..=longest).contains(&bytes) {
            return Err(say!("framing-longest", "1 to {longest} bytes", longest = longest));
        }
        Ok(Self {
            header: Vec::new(),
            fallback: Vec::new(),
            length: None,
            footer: Vec::new(),
            check: None,
            longest: bytes,
            fixed: bytes,
        })
    }

    pub(super) fn new(layout: &FrameLayout, encoding: &EncodingName) -> Result<Self, Sentence> {
        let FrameLayout { header, length, footer, check, longest } = layout;
        let (header, footer) = (header.part(encoding)?, footer.part(encoding)?);
        if length.is_none() && (header.is_empty() || footer.is_empty()) {
            return Err(say!(
                "framing-ends",
                "A frame needs a length field, or a header and a footer"
            ));
        }
        let most = FrameLayout::LONGEST;
        if !(1..=most).contains(longest) {
            return Err(say!("framing-longest", "1 to {longest} bytes", longest = most));
        }
        if let Some(LengthField { at, width, .. }) = length {
            if !matches!(width, 1 | 2 | 4) {
                return Err(say!("framing-length-width", "A length field has 1, 2 or 4 bytes"));
            }
            if *at > 255 || (*at as usize) < header.len() {
                return Err(say!(
                    "framing-length-at",
                    "The length field stands behind the header, at byte 255 at the latest"
                ));
            }
        }
        let check = check.as_ref().map(|it| {
            let checksum = Checksum::named(&it.name).ok_or_else(|| {
                say!("framing-check-name", "There is no checksum {name}", name = it.name)
            })?;
            let tail = checksum.length() + footer.len() + it.behind.min(256) as usize;
            if tail > 15 {
                return Err(say!(
                    "framing-check-tail",
                    "Checksum, footer and what is between them have at most 15 bytes"
                ));
            }
            let (from, big_endian) = (it.from, it.big_endian);
            Ok(Check { checksum, from, big_endian, tail: tail as u32 })
        });
        let fallback = fallback(&header);
        Ok(Self {
            fallback,
            header,
            length: *length,
            footer,
            check: check.transpose()?,
            longest: *longest,
            fixed: 0,
        })
    }

    /// Judges the next byte.
    pub(super) fn step(&self, state: &mut FrameState, byte: u8) -> FrameStep {
        let begins = self.header.first() == Some(&byte);
        if state.seen == 0 {
            *state = FrameState { total: self.fixed, ..FrameState::default() };
            if let Some(check) = &self.check {
                state.check = check.checksum.start();
            }
            if self.header.is_empty() {
                state.phase = FramePhase::Body;
            } else if !begins {
                state.fail(FrameFault::NoHeader);
            }
        }
        match state.phase {
            FramePhase::Broken if begins && state.seen > 0 => FrameStep::Before,
            FramePhase::Broken => {
                state.remember(&[byte]);
                FrameStep::Take
            }
            FramePhase::Header => self.header_step(state, byte),
            FramePhase::Body => self.body_step(state, byte),
        }
    }

    fn header_step(&self, state: &mut FrameState, byte: u8) -> FrameStep {
        let at = |index: u32| self.header.get(index as usize).copied();
        let mut matched = state.matched;
        while matched > 0 && at(matched) != Some(byte) {
            matched = self.fallback.get(matched as usize - 1).copied().unwrap_or_default();
        }
        matched += u32::from(at(matched) == Some(byte));
        let skipped = state.matched + 1 - matched;
        if skipped > 0 && matched == 1 {
            state.fail(FrameFault::NoHeader);
            return FrameStep::Before;
        }
        if matched == 0 {
            state.fail(FrameFault::NoHeader);
            state.remember(&[byte]);
            return FrameStep::Take;
        }
        if skipped > 0 {
            // The header begins later in what looks like it: the checksum is of less.
            state.start += skipped;
            state.check = self.check.map_or(0, |check| check.checksum.start());
        }
        state.matched = matched;
        state.remember(&[byte]);
        if matched as usize == self.header.len() {
            state.phase = FramePhase::Body;
            self.cover(state, matched);
        }
        FrameStep::Take
    }

    fn body_step(&self, state: &mut FrameState, byte: u8) -> FrameStep {
        state.remember(&[byte]);
        let seen = state.seen - state.start;
        self.cover(state, 1);
        if let Some(length) = &self.length
            && seen == length.at + length.width
        {
            match self.total(length, state.recent, seen) {
                Some(total) => state.total = total,
                None => {
                    state.fail(FrameFault::BadLength);
                    return FrameStep::Take;
                }
            }
        }
        let ended = if self.length.is_some() || self.fixed > 0 {
            state.total == seen
        } else {
            let least = self.header.len() + self.footer.len();
            seen as usize >= least && state.ends_with(&[], &self.footer)
        };
        if ended {
            state.fault = self.judge(state, seen);
            return FrameStep::End;
        }
        if seen >= self.longest {
            state.fail(FrameFault::BadLength);
        }
        FrameStep::Take
    }

    /// The length that the field just read says, if a frame can have it.
    fn total(&self, field: &LengthField, recent: u128, seen: u32) -> Option<u32> {
        let bytes = recent as u32;
        let value = match (field.width, field.big_endian) {
            (1, _) => bytes & 0xFF,
            (2, true) => bytes & 0xFFFF,
            (2, false) => u32::from((bytes as u16).swap_bytes()),
            (_, true) => bytes,
            (_, false) => bytes.swap_bytes(),
        };
        let total = u32::try_from(i64::from(value) + i64::from(field.add)).ok()?;
        let check = self.check.map_or(self.footer.len() as u32, |check| check.tail);
        let least = seen.max(self.header.len() as u32 + check);
        (least..=self.longest).contains(&total).then_some(total)
    }

    /// Takes into the checksum what is now too far from the end to be a part of it: of the last `new` bytes the frame has
    /// grown by, as many bytes that far back.
    fn cover(&self, state: &mut FrameState, new: u32) {
        let Some(check) = &self.check else { return };
        let seen = state.seen - state.start;
        let known = state.recent.to_be_bytes();
        for index in seen.saturating_sub(check.tail + new)..seen.saturating_sub(check.tail) {
            let back = (seen - index) as usize;
            if index >= check.from
                && let Some(byte) = known.len().checked_sub(back).and_then(|at| known.get(at))
            {
                state.check = check.checksum.update(state.check, std::slice::from_ref(byte));
            }
        }
    }

    /// What is wrong with a frame that is there to its end.
    fn judge(&self, state: &FrameState, seen: u32) -> Option<FrameFault> {
        if !self.footer.is_empty() && !state.ends_with(&[], &self.footer) {
            return Some(FrameFault::NoFooter);
        }
        let check = self.check.as_ref()?;
        if seen < check.tail {
            return Some(FrameFault::BadChecksum);
        }
        let known = state.recent.to_be_bytes();
        let from = known.len() - check.tail as usize;
        let value = &known[from..from + check.checksum.length()];
        let join = |value: u128, byte: &u8| value << 8 | u128::from(*byte);
        let told = match check.big_endian {
            true => value.iter().fold(0, join),
            false => value.iter().rev().fold(0, join),
        };
        (told != check.checksum.finish(state.check)).then_some(FrameFault::BadChecksum)
    }
}

impl FrameState {
    fn fail(&mut self, fault: FrameFault) {
        self.phase = FramePhase::Broken;
        self.fault = Some(fault);
    }
}

fn fallback(header: &[u8]) -> Vec<u32> {
    let mut list = vec![0; header.len()];
    let mut length = 0;
    for at in 1..header.len() {
        while length > 0 && header[at] != header[length] {
            length = list[length - 1] as usize;
        }
        length += usize::from(header[at] == header[length]);
        list[at] = length as u32;
    }
    list
}
