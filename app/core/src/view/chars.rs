//! Where characters end, without decoding them: just enough of each encoding's grammar to cut rows between characters.
//!
//! Byte ranges are those of the WHATWG Encoding Standard's decoders.

use encoding_rs::Encoding;

/// How the bytes of an encoding group into characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CharClass {
    /// One byte each.
    Single,
    Utf8,
    Utf16 {
        big_endian: bool,
    },
    /// GBK and GB18030, whose decoders are the same: two bytes, or four when the second is a digit.
    Gb18030,
    Big5,
    EucKr,
    ShiftJis,
    EucJp,
    /// Escape sequences switch between one and two bytes a character.
    Iso2022Jp,
}

/// What is known of the character under way: 0 between characters, otherwise its bytes so far with their count in the top
/// byte (ISO-2022-JP: its mode and the escape sequence under way).
pub(super) type CharState = u32;

/// Between two characters.
pub(super) const BOUNDARY: CharState = 0;

/// What a byte does to the character under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CharStep {
    /// The character goes on (or, after [`BOUNDARY`], a new one begins).
    Pending(CharState),
    /// The byte ends a character.
    Complete,
    /// The byte does not belong to the character under way, which is malformed and ends before it.
    Broken,
}

const fn count(state: CharState) -> u32 {
    state >> 24
}

const fn push(state: CharState, byte: u8) -> CharState {
    ((count(state) + 1) << 24) | ((state & 0xFFFF) << 8) | byte as u32
}

impl CharClass {
    pub(super) fn of(encoding: &'static Encoding) -> Self {
        match encoding.name() {
            "UTF-8" => Self::Utf8,
            "UTF-16LE" => Self::Utf16 { big_endian: false },
            "UTF-16BE" => Self::Utf16 { big_endian: true },
            "GBK" | "gb18030" => Self::Gb18030,
            "Big5" => Self::Big5,
            "EUC-KR" => Self::EucKr,
            "Shift_JIS" => Self::ShiftJis,
            "EUC-JP" => Self::EucJp,
            "ISO-2022-JP" => Self::Iso2022Jp,
            _ => Self::Single,
        }
    }

    /// Most bytes that one character can have; how far a row may have to go on after the place where it should end.
    pub(super) const fn longest(self) -> usize {
        match self {
            Self::Single => 1,
            Self::Big5 | Self::EucKr | Self::ShiftJis => 2,
            Self::EucJp => 3,
            Self::Utf8 | Self::Utf16 { .. } | Self::Gb18030 => 4,
            // A run of two-byte characters is not left before its escape sequence; the row's limit ends it if need be.
            Self::Iso2022Jp => 64,
        }
    }

    /// The state after `bytes`.
    pub(super) fn after(self, state: CharState, bytes: &[u8]) -> CharState {
        match self {
            Self::Single => BOUNDARY,
            // Only a lead byte among the last three can still be pending.
            Self::Utf8 if bytes.len() > 3 => self.fold(BOUNDARY, &bytes[utf8_restart(bytes)..]),
            _ => self.fold(state, bytes),
        }
    }

    fn fold(self, state: CharState, bytes: &[u8]) -> CharState {
        bytes.iter().fold(state, |state, &byte| self.next(state, byte))
    }

    fn next(self, state: CharState, byte: u8) -> CharState {
        match self.step(state, byte) {
            CharStep::Pending(state) => state,
            CharStep::Complete => BOUNDARY,
            CharStep::Broken => match self.step(BOUNDARY, byte) {
                CharStep::Pending(state) => state,
                CharStep::Complete | CharStep::Broken => BOUNDARY,
            },
        }
    }

    /// How many of `bytes` belong to the character under way in `state`, if it ends in or before them: with a malformed one
    /// possibly none. `Err` is the state after all of them.
    pub(super) fn finish(self, mut state: CharState, bytes: &[u8]) -> Result<usize, CharState> {
        if state == BOUNDARY {
            return Ok(0);
        }
        for (index, &byte) in bytes.iter().enumerate() {
            match self.step(state, byte) {
                CharStep::Pending(next) => state = next,
                CharStep::Complete => return Ok(index + 1),
                CharStep::Broken => return Ok(index),
            }
        }
        Err(state)
    }

    fn step(self, state: CharState, byte: u8) -> CharStep {
        use CharStep::{Broken, Complete, Pending};
        if state == BOUNDARY {
            let begins = match self {
                Self::Single => false,
                Self::Utf8 => (0xC2..=0xF4).contains(&byte),
                Self::Utf16 { .. } => true,
                Self::Gb18030 | Self::Big5 | Self::EucKr => (0x81..=0xFE).contains(&byte),
                Self::ShiftJis => matches!(byte, 0x81..=0x9F | 0xE0..=0xFC),
                Self::EucJp => matches!(byte, 0x8E | 0x8F | 0xA1..=0xFE),
                Self::Iso2022Jp => return jis_step(state, byte),
            };
            return if begins { Pending(push(BOUNDARY, byte)) } else { Complete };
        }
        let lead = (state >> (8 * (count(state) - 1).min(2))) as u8;
        let ends_if = |good: bool| if good { Complete } else { Broken };
        match self {
            Self::Single => Complete,
            Self::Utf8 => {
                let length = match lead {
                    0xC2..=0xDF => 2,
                    0xE0..=0xEF => 3,
                    _ => 4,
                };
                match (0x80..=0xBF).contains(&byte) {
                    false => Broken,
                    true if count(state) + 1 == length => Complete,
                    true => Pending(push(state, byte)),
                }
            }
            Self::Utf16 { big_endian } => match count(state) {
                1 => {
                    let high = if big_endian { lead } else { byte };
                    let surrogate = (0xD8..=0xDB).contains(&high);
                    if surrogate { Pending(push(state, byte)) } else { Complete }
                }
                2 => Pending(push(state, byte)),
                _ => Complete,
            },
            Self::Gb18030 => match count(state) {
                1 if byte.is_ascii_digit() => Pending(push(state, byte)),
                1 => ends_if(byte >= 0x40 && byte != 0x7F && byte != 0xFF),
                2 if (0x81..=0xFE).contains(&byte) => Pending(push(state, byte)),
                2 => Broken,
                _ => ends_if(byte.is_ascii_digit()),
            },
            Self::Big5 => ends_if(matches!(byte, 0x40..=0x7E | 0x80..=0xFE)),
            Self::EucKr => ends_if((0x41..=0xFE).contains(&byte)),
            Self::ShiftJis => ends_if(matches!(byte, 0x40..=0x7E | 0x80..=0xFC)),
            Self::EucJp => match (count(state), lead) {
                _ if !(0xA1..=0xFE).contains(&byte) => Broken,
                (1, 0x8F) => Pending(push(state, byte)),
                _ => Complete,
            },
            Self::Iso2022Jp => jis_step(state, byte),
        }
    }

    /// Where the first line in `bytes` ends (after its newline), when `state` came before them.
    pub(super) fn line_end(self, state: CharState, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Utf16 { big_endian } => unit_end(big_endian, b'\n', state, bytes),
            _ => memchr::memchr(b'\n', bytes).map(|index| index + 1),
        }
    }

    /// The same for the first carriage return or newline.
    pub(super) fn return_end(self, state: CharState, bytes: &[u8]) -> Option<usize> {
        let Self::Utf16 { big_endian } = self else {
            return memchr::memchr2(b'\r', b'\n', bytes).map(|index| index + 1);
        };
        let ends = [b'\r', b'\n'].map(|end| unit_end(big_endian, end, state, bytes));
        ends.into_iter().flatten().min()
    }
}

/// Where the first UTF-16 code unit of this value in `bytes` ends, when `state` came before them.
fn unit_end(big_endian: bool, value: u8, state: CharState, bytes: &[u8]) -> Option<usize> {
    // The first byte of a code unit that was cut by the end of a record.
    let held = (count(state) % 2 == 1).then_some(state as u8);
    let newline = if big_endian { [0, value] } else { [value, 0] };
    let start = match (held, bytes.first()) {
        (Some(held), Some(&first)) if [held, first] == newline => return Some(1),
        (Some(_), _) => 1,
        (None, _) => 0,
    };
    let units = bytes.get(start..)?.chunks_exact(2);
    units.into_iter().position(|unit| unit == newline).map(|index| start + index * 2 + 2)
}

/// Where to start so that the state at the end of `bytes` comes out right.
fn utf8_restart(bytes: &[u8]) -> usize {
    let low = bytes.len() - 3;
    let lead = bytes[low..].iter().rposition(|byte| !(0x80..=0xBF).contains(byte));
    lead.map_or(bytes.len(), |index| low + index)
}

/// ISO-2022-JP (RFC 1468): bits 0–7 hold the mode (0 ASCII, 1 another single-byte set, 2 two bytes), bits 8–15 how far an
/// escape sequence has come, bit 16 half a character, bit 24 says that there is something to wait for.
fn jis_step(state: CharState, byte: u8) -> CharStep {
    let (mode, escape, half) = (state & 0xFF, (state >> 8) & 0xFF, state & 0x1_0000);
    let (mode, escape, half) = match (escape, byte) {
        (_, 0x1B) => (mode, 1, 0),
        (1, b'(') => (mode, 2, 0),
        (1, b'$') => (mode, 3, 0),
        (2, b'B') => (0, 0, 0),
        (2, b'J' | b'I') => (1, 0, 0),
        (3, b'@' | b'B') => (2, 0, 0),
        // A line, and whatever is no escape sequence of this encoding, starts over in ASCII.
        (_, b'\n') | (1.., _) => (0, 0, 0),
        _ => (mode, 0, if mode == 2 { half ^ 0x1_0000 } else { 0 }),
    };
    if mode == 0 && escape == 0 {
        return CharStep::Complete;
    }
    CharStep::Pending(1 << 24 | half | escape << 8 | mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLASSES: [CharClass; 10] = [
        CharClass::Single,
        CharClass::Utf8,
        CharClass::Utf16 { big_endian: false },
        CharClass::Utf16 { big_endian: true },
        CharClass::Gb18030,
        CharClass::Big5,
        CharClass::EucKr,
        CharClass::ShiftJis,
        CharClass::EucJp,
        CharClass::Iso2022Jp,
    ];

    proptest! {
        #[test]
        fn the_state_after_two_pieces_is_the_state_after_both_at_once(
            class in prop::sample::select(&CLASSES[..]),
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            cut in any::<prop::sample::Index>(),
        ) {
            let (a, b) = bytes.split_at(cut.index(bytes.len() + 1));
            prop_assert_eq!(class.after(class.after(0, a), b), class.after(0, &bytes));
            let one_by_one = bytes.iter().fold(0, |state, byte| class.after(state, &[*byte]));
            prop_assert_eq!(one_by_one, class.after(0, &bytes));
        }

        #[test]
        fn whole_text_ends_between_characters(text in "[a-z你好吗測試日本語에서😀é]{0,12}") {
            for label in ["UTF-8", "gb18030", "GBK", "Big5", "EUC-KR", "Shift_JIS", "EUC-JP", "ISO-2022-JP"] {
                let encoding = Encoding::for_label(label.as_bytes()).unwrap();
                let (bytes, _, _) = encoding.encode(&text);
                prop_assert_eq!(CharClass::of(encoding).after(0, &bytes), BOUNDARY, "{}", label);
            }
            for big_endian in [false, true] {
                let unit = if big_endian { u16::to_be_bytes } else { u16::to_le_bytes };
                let bytes: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
                prop_assert_eq!(CharClass::Utf16 { big_endian }.after(0, &bytes), BOUNDARY);
            }
        }
    }

    #[test]
    fn a_newline_in_utf16_is_a_code_unit_not_a_byte() {
        let le = CharClass::Utf16 { big_endian: false };
        assert_eq!(le.line_end(0, &[0x0A, 0x4E, 0x0A, 0x00]), Some(4));
        assert_eq!(le.line_end(0, &[0x41, 0x0A, 0x00, 0x41]), None);
        let cut = le.after(0, &[0x0A]);
        assert_eq!(le.line_end(cut, &[0x00]), Some(1));
    }

    #[test]
    fn what_cannot_continue_a_character_is_not_part_of_it() {
        let state = CharClass::Utf8.after(0, &[0xE4]);
        assert_eq!(CharClass::Utf8.finish(state, b"A"), Ok(0));
        assert_eq!(CharClass::Utf8.finish(state, &[0xBD, 0xA0, b'x']), Ok(2));
        assert!(CharClass::Utf8.finish(state, &[0xBD]).is_err());
    }
}
