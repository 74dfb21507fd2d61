//! A pattern as it is looked for in the bytes of a stream, before these are cut into rows and decoded.

use encoding_rs::{Encoding, UTF_8};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

use super::pattern::{Pattern, TextPattern};

/// What every row that has the pattern has in its bytes, unless a place in them is [odd](super::raw_search).
#[derive(Clone, Debug)]
pub(super) struct RawPattern {
    pub(super) regex: Regex,
    /// Most bytes that a match has.
    pub(super) longest: usize,
    pub(super) text: RawText,
}

/// How bytes become the text that is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RawText {
    /// The bytes themselves are meant, whatever is shown of them.
    Bytes,
    Utf8,
    /// ASCII, and other bytes that may be anything. `trusts_high`: no match lies in what is shown of those.
    Ascii {
        trusts_high: bool,
    },
}

/// Longest match that is looked for in bytes.
const LONGEST: usize = 512;

/// Shortest beginning of a match that is worth looking for in place of the match.
const SHORTEST: usize = 2;

impl RawPattern {
    /// `None` for a pattern that cannot be looked for in bytes.
    pub(super) fn new(pattern: &Pattern, encoding: &'static Encoding) -> Option<Self> {
        match pattern {
            Pattern::Bytes(regex) => {
                let mut parser = ParserBuilder::new();
                parser.unicode(false).utf8(false).dot_matches_new_line(true);
                let longest = bounded(&parser.build().parse(regex.as_str()).ok()?)?;
                Some(Self { regex: regex.clone(), longest, text: RawText::Bytes })
            }
            Pattern::Text(pattern) if encoding == UTF_8 => Self::utf8(pattern),
            Pattern::Text(pattern) if encoding.is_ascii_compatible() => Self::ascii(pattern),
            Pattern::Text(_) => None,
        }
    }

    fn utf8(pattern: &TextPattern) -> Option<Self> {
        let source = pattern.regex.as_str();
        let hir = regex_syntax::parse(source).ok()?;
        let text = RawText::Utf8;
        if let Some(longest) = bounded(&hir) {
            return Some(Self { regex: build(source, true)?, longest, text });
        }
        // Where a match depends on what stands around it, or has no end, all of them begin with one of a few texts.
        let begins = Extractor::new().kind(ExtractKind::Prefix).extract(&hir);
        let longest = begins.max_literal_len()?;
        if begins.min_literal_len()? < SHORTEST {
            return None;
        }
        let one = |bytes: &[u8]| -> String {
            bytes.iter().map(|byte| format!(r"\x{byte:02X}")).collect()
        };
        let all: Vec<_> = begins.literals()?.iter().map(|it| one(it.as_bytes())).collect();
        Some(Self { regex: build(&all.join("|"), false)?, longest, text })
    }

    /// In other encodings than UTF-8, ASCII stands for itself. These bytes may be a part of another character, too: that shows
    /// when the row is decoded.
    fn ascii(pattern: &TextPattern) -> Option<Self> {
        let literal = pattern.literal.as_deref().filter(|it| it.is_ascii())?;
        let mut source = String::new();
        for byte in literal.bytes() {
            let (small, large) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
            source += &match small {
                _ if pattern.case_sensitive || small == large => format!(r"\x{byte:02X}"),
                // The sign for kelvin and the long s are these letters, too, in whichever bytes.
                b'k' | b's' => {
                    format!(r"(?:[\x{small:02X}\x{large:02X}]|[\x80-\xFF][\x00-\xFF]{{0,3}})")
                }
                _ => format!(r"[\x{small:02X}\x{large:02X}]"),
            };
        }
        let longest = literal.len() * 4;
        if longest > LONGEST {
            return None;
        }
        // Bytes that are no character are shown as a backslash with letters and digits behind it, or as one sign.
        let first = literal.bytes().next()?;
        let begins = first.is_ascii_hexdigit() || b"xXrRnNuU{}".contains(&first);
        let trusts_high = !begins && !literal.contains(['\\', '.']);
        Some(Self { regex: build(&source, false)?, longest, text: RawText::Ascii { trusts_high } })
    }
}

/// The length of the longest match of an expression that has one, and does not look at what stands around it.
fn bounded(hir: &Hir) -> Option<usize> {
    let properties = hir.properties();
    let longest = properties.maximum_len().filter(|longest| *longest <= LONGEST)?;
    let is_something = properties.minimum_len().is_some_and(|shortest| shortest > 0);
    (properties.look_set().is_empty() && is_something).then_some(longest)
}

fn build(source: &str, unicode: bool) -> Option<Regex> {
    RegexBuilder::new(source).unicode(unicode).size_limit(Pattern::LARGEST).build().ok()
}
