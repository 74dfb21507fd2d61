//! Delimiters that end rows, wherever reads were cut.

use super::chars::{BOUNDARY, CharClass};
use super::frame_state::FrameState;
use super::{EncodingName, FrameBytes, Framing};
use crate::{Sentence, say};

/// What ends rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delimiters {
    list: Vec<Delimiter>,
    /// Bytes that one of them ends with.
    last: Vec<u8>,
    /// The encoding's characters, where what looks like a delimiter can be inside of one.
    chars: Option<CharClass>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Delimiter {
    bytes: Vec<u8>,
    /// It is text: never a part of a character.
    text: bool,
}

impl Delimiters {
    pub(super) fn new(list: &[FrameBytes], encoding: &EncodingName) -> Result<Self, Sentence> {
        if list.is_empty() || list.len() > Framing::MOST_DELIMITERS {
            let most = Framing::MOST_DELIMITERS;
            return Err(say!("framing-delimiters", "1 to {most} delimiters", most = most));
        }
        let delimiter = |it: &FrameBytes| {
            let bytes = it.part(encoding)?;
            if bytes.is_empty() {
                return Err(say!("framing-delimiter-empty", "A delimiter is empty"));
            }
            Ok(Delimiter { bytes, text: it.digits().is_none() })
        };
        let list = list.iter().map(delimiter).collect::<Result<Vec<_>, _>>()?;
        let mut last: Vec<u8> = list.iter().filter_map(|it| it.bytes.last().copied()).collect();
        last.sort_unstable();
        last.dedup();
        let class = CharClass::of(encoding.encoding_or_utf8());
        // In these two a byte of one character is never one of another.
        let alone = matches!(class, CharClass::Single | CharClass::Utf8);
        let chars = (!alone && list.iter().any(|it| it.text)).then_some(class);
        Ok(Self { list, last, chars })
    }

    /// Behind which of `bytes` the first delimiter ends, when `state` came before them in the row; otherwise they are
    /// remembered.
    pub(super) fn end(&self, state: &mut FrameState, bytes: &[u8]) -> Option<usize> {
        if self.chars.is_none() {
            let found = self.candidates(bytes).find(|at| {
                let upto = &bytes[..=*at];
                self.list.iter().any(|it| state.ends_with(upto, &it.bytes))
            });
            if found.is_none() {
                state.remember(bytes);
            }
            return found.map(|at| at + 1);
        }
        let class = self.chars?;
        bytes
            .iter()
            .position(|byte| {
                state.remember_char(class, *byte);
                self.list.iter().any(|it| {
                    let whole = !it.text || state.is_whole(it.bytes.len());
                    whole && state.ends_with(&[], &it.bytes)
                })
            })
            .map(|at| at + 1)
    }

    /// Where a delimiter can end.
    fn candidates<'a>(&'a self, bytes: &'a [u8]) -> Box<dyn Iterator<Item = usize> + 'a> {
        match *self.last.as_slice() {
            [a] => Box::new(memchr::memchr_iter(a, bytes)),
            [a, b] => Box::new(memchr::memchr2_iter(a, b, bytes)),
            [a, b, c] => Box::new(memchr::memchr3_iter(a, b, c, bytes)),
            _ => Box::new((0..bytes.len()).filter(|at| self.last.contains(&bytes[*at]))),
        }
    }
}

impl FrameState {
    /// Remembers a byte, and whether a character begins with it.
    fn remember_char(&mut self, class: CharClass, byte: u8) {
        self.starts = self.starts << 1 | u32::from(self.chars == BOUNDARY);
        self.chars = class.after(self.chars, &[byte]);
        self.remember(&[byte]);
    }

    /// The last so many bytes are whole characters.
    fn is_whole(&self, count: usize) -> bool {
        self.chars == BOUNDARY && self.starts >> (count - 1) & 1 == 1
    }
}
