//! Escape sequences, in Rust's spelling.

use std::ops::Range;

use super::{SendError, SendFault};

/// A part of what is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A character, to be encoded.
    Char(char),
    /// A byte, sent as it is.
    Byte(u8),
}

/// Reads text with escape sequences: each part with the range of bytes where it stands.
pub(super) fn parse(text: &str) -> Result<Vec<(Range<usize>, Part)>, SendError> {
    let mut parts = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(char) = text[at..].chars().next() {
        let (length, part) = match char {
            '\\' => escape(&text[at..])
                .map_err(|(length, fault)| SendError::new(at..at + length, fault))?,
            _ => (char.len_utf8(), Part::Char(char)),
        };
        parts.push((at..at + length, part));
        at += length;
    }
    Ok(parts)
}

/// Whether somebody seems to mean escape sequences: `\n`, `\r`, `\x41` or `\u{41}` stand in it. Where a path of Windows has begun
/// (`C:\new`, `\\server\run`, `.\x86`), they do not, up to the end of its line.
pub fn looks_escaped(text: &str) -> bool {
    text.lines().any(|line| {
        let plain = path_of_windows(line).map_or(line, |at| &line[..at]);
        let mut at = 0;
        while let Some(next) = plain[at..].find('\\') {
            at += next;
            let kind = plain[at..].chars().nth(1);
            match escape(&plain[at..]) {
                Ok(_) if matches!(kind, Some('n' | 'r' | 'x' | 'u')) => return true,
                Ok((length, _)) => at += length,
                Err(_) => at += 1,
            }
        }
        false
    })
}

/// Where a path of Windows begins, at the start of a word.
fn path_of_windows(line: &str) -> Option<usize> {
    let opens = |at: usize| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|it| it.is_whitespace() || "\"'=(<:,;".contains(it))
    };
    let is_path = |rest: &str| {
        let mut chars = rest.chars();
        let drive =
            chars.next().is_some_and(|it| it.is_ascii_alphabetic()) && chars.next() == Some(':');
        let unc = rest.strip_prefix("\\\\").and_then(|rest| rest.chars().next());
        (drive && rest[2..].starts_with(['\\', '/']))
            || rest.starts_with(".\\")
            || rest.starts_with("..\\")
            || unc.is_some_and(char::is_alphanumeric)
    };
    line.char_indices().map(|(at, _)| at).find(|at| opens(*at) && is_path(&line[*at..]))
}

/// The escape sequence at the start of `text`, with its length; or how much of it is wrong, and why.
fn escape(text: &str) -> Result<(usize, Part), (usize, SendFault)> {
    let Some(kind) = text.chars().nth(1) else { return Err((1, SendFault::UnknownEscape)) };
    match kind {
        'r' => Ok((2, Part::Char('\r'))),
        'n' => Ok((2, Part::Char('\n'))),
        't' => Ok((2, Part::Char('\t'))),
        '0' => Ok((2, Part::Char('\0'))),
        '\\' => Ok((2, Part::Char('\\'))),
        'x' => {
            let digits = text.get(2..4).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
            let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
            byte.map(|byte| (4, Part::Byte(byte))).ok_or_else(|| {
                let good = text[2..].bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
                (2 + good, SendFault::ByteEscape)
            })
        }
        'u' => {
            let end = text.find('}').filter(|_| text[2..].starts_with('{'));
            let number = end.and_then(|end| text.get(3..end)).filter(|it| {
                (1..=6).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_hexdigit())
            });
            let char =
                number.and_then(|it| u32::from_str_radix(it, 16).ok()).and_then(char::from_u32);
            match (char, end) {
                (Some(char), Some(end)) => Ok((end + 1, Part::Char(char))),
                // Not further than an escape sequence can be: the `}` may be a later one's.
                (None, Some(end)) if end <= 9 => Err((end + 1, SendFault::CharacterEscape)),
                _ => Err((2, SendFault::CharacterEscape)),
            }
        }
        other => Err((1 + other.len_utf8(), SendFault::UnknownEscape)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_seen_where_they_are_meant_and_not_in_paths() {
        for text in [r"AT\r\n", r"hello\nworld", r"\x41", r"\u{4f60}", "C:\\a\nAT\\r"] {
            assert!(looks_escaped(text), "{text}");
        }
        for text in [
            r"C:\new\readme.txt",
            r"type C:\Program Files\new\run.bat",
            r"open '\\server\run\x86'",
            r"cd ..\name",
            r"PATH=D:\nx;E:\r",
            r"a\\nb",
            r"\d+ \x \q",
            "plain",
            "",
            "\\",
        ] {
            assert!(!looks_escaped(text), "{text}");
        }
    }

    #[test]
    fn escapes_mean_what_they_mean_in_rust() {
        let parts: Vec<_> =
            parse(r"a\r\n\t\0\\\x1b\u{4F60}").unwrap().into_iter().map(|it| it.1).collect();
        let mut expected: Vec<_> = "a\r\n\t\0\\".chars().map(Part::Char).collect();
        expected.extend([Part::Byte(0x1B), Part::Char('你')]);
        assert_eq!(parts, expected);
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        for (text, range, fault) in [
            (r"ab\q", 2..4, SendFault::UnknownEscape),
            (r"ab\", 2..3, SendFault::UnknownEscape),
            (r"\好", 0..4, SendFault::UnknownEscape),
            (r"\x", 0..2, SendFault::ByteEscape),
            (r"\x4", 0..3, SendFault::ByteEscape),
            (r"\x4g", 0..3, SendFault::ByteEscape),
            (r"\x好", 0..2, SendFault::ByteEscape),
            (r"\u4F60", 0..2, SendFault::CharacterEscape),
            (r"\u{}", 0..4, SendFault::CharacterEscape),
            (r"\u{D800}", 0..8, SendFault::CharacterEscape),
            (r"\u{110000}", 0..10, SendFault::CharacterEscape),
            (r"\u{4F60", 0..2, SendFault::CharacterEscape),
        ] {
            assert_eq!(parse(text), Err(SendError::new(range, fault)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_rusts_own_escaping(text in "\\PC{0,30}") {
            let escaped: String = text.chars().map(|it| match it {
                '\\' => r"\\".to_owned(),
                'a'..='f' => it.escape_unicode().to_string(),
                _ => it.to_string(),
            }).collect();
            let read: String = parse(&escaped).unwrap().into_iter().filter_map(|it| match it.1 {
                Part::Char(char) => Some(char),
                Part::Byte(_) => None,
            }).collect();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn parts_cover_the_text_and_errors_point_into_it(text in r"[\\xu0-9a-f{}nr你 ]{0,16}") {
            match parse(&text) {
                Ok(parts) => {
                    let mut end = 0;
                    for (range, _) in parts {
                        prop_assert_eq!(range.start, end);
                        end = range.end;
                    }
                    prop_assert_eq!(end, text.len());
                }
                Err(error) => prop_assert!(text.get(error.range).is_some_and(|it| !it.is_empty())),
            }
        }
    }
}
