//! A pattern as it is looked for in the bytes of a stream, before these are cut into rows and decoded.

use encoding_rs::{Encoding, UTF_8};
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

use super::pattern::{Pattern, TextPattern};

/// What every row that has the pattern has in its bytes, unless a place in them is [odd](super::raw_search).
#[derive(Clone, Debug)]
pub(super) struct RawPattern {
    regex: Regex,
    /// What every match has, found faster than these.
    part: Option<Finder<'static>>,
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

impl RawPattern {
    /// `None` for a pattern that cannot be looked for in bytes.
    pub(super) fn new(pattern: &Pattern, encoding: &'static Encoding) -> Option<Self> {
        match pattern {
            Pattern::Bytes(regex) => {
                let mut parser = ParserBuilder::new();
                parser.unicode(false).utf8(false).dot_matches_new_line(true);
                let longest = bounded(&parser.build().parse(regex.as_str()).ok()?)?;
                let (regex, part, text) = (regex.clone(), None, RawText::Bytes);
                Some(Self { regex, part, longest, text })
            }
            Pattern::Text(pattern) if encoding == UTF_8 => Self::utf8(pattern),
            Pattern::Text(pattern) if encoding.is_ascii_compatible() => Self::ascii(pattern),
            Pattern::Text(_) => None,
        }
    }

    fn utf8(pattern: &TextPattern) -> Option<Self> {
        let hir = needed(&regex_syntax::parse(pattern.regex.as_str()).ok()?)?;
        let longest = bounded(&hir)?;
        let (regex, part) = (build(&hir.to_string(), true)?, without_case(pattern));
        Some(Self { regex, part, longest, text: RawText::Utf8 })
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
        let (regex, part) = (build(&source, false)?, without_case(pattern));
        Some(Self { regex, part, longest, text: RawText::Ascii { trusts_high } })
    }

    /// Where the next one begins that begins at `from` or later, or some place of it.
    pub(super) fn find_at(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let Some(part) = &self.part else {
            return self.regex.find_at(bytes, from).map(|hit| hit.start());
        };
        let mut from = from;
        loop {
            let at = from + part.find(bytes.get(from..)?)?;
            let end = bytes.len().min(at + self.longest);
            if self.regex.is_match(&bytes[at.saturating_sub(self.longest)..end]) {
                return Some(at);
            }
            from = at + 1;
        }
    }

    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        self.find_at(bytes, 0).is_some()
    }
}

/// The longest part of a text that is the same in upper and lower case, where that is worth while: in an expression of many letters
/// in any case, any of these may be the first.
fn without_case(pattern: &TextPattern) -> Option<Finder<'static>> {
    const SHORTEST: usize = 3;
    let literal = pattern.literal.as_deref().filter(|_| !pattern.case_sensitive)?;
    let parts = literal.split(|char: char| !char.is_ascii() || char.is_ascii_alphabetic());
    let longest = parts.max_by_key(|part| part.len()).filter(|part| part.len() >= SHORTEST)?;
    Some(Finder::new(longest).into_owned())
}

/// The length of the longest match of an expression that has one, is never empty, and does not look at what stands around it.
fn bounded(hir: &Hir) -> Option<usize> {
    let properties = hir.properties();
    let longest = properties.maximum_len().filter(|longest| *longest <= LONGEST)?;
    let is_something = properties.minimum_len().is_some_and(|shortest| shortest > 0);
    (properties.look_set().is_empty() && is_something).then_some(longest)
}

/// An expression of a bounded length, which looks at nothing around it, that is met in every match of this one; `None` when there
/// is none. The longest one is taken.
fn needed(hir: &Hir) -> Option<Hir> {
    if bounded(hir).is_some() {
        return Some(hir.clone());
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => None,
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(repetition) => {
            Some(needed(&repetition.sub)?).filter(|_| repetition.min > 0)
        }
        HirKind::Alternation(branches) => {
            let branches: Option<Vec<_>> = branches.iter().map(needed).collect();
            Some(Hir::alternation(branches?))
        }
        HirKind::Concat(parts) => {
            let mut found = Vec::new();
            let mut run = Vec::new();
            for part in parts {
                match without_looks(part) {
                    Some(part) => run.push(part),
                    None => {
                        found.extend(needed(part));
                        found.push(Hir::concat(std::mem::take(&mut run)));
                    }
                }
            }
            found.push(Hir::concat(run));
            let shortest = |hir: &Hir| hir.properties().minimum_len().unwrap_or_default();
            found.into_iter().filter(|it| bounded(it).is_some()).max_by_key(shortest)
        }
    }
}

/// A part whose length is bounded, without what it looks at around it; `None` for one whose length is not.
fn without_looks(hir: &Hir) -> Option<Hir> {
    hir.properties().maximum_len().filter(|longest| *longest <= LONGEST)?;
    if hir.properties().look_set().is_empty() {
        return Some(hir.clone());
    }
    match hir.kind() {
        HirKind::Look(_) => Some(Hir::empty()),
        HirKind::Capture(capture) => without_looks(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().map(without_looks).collect::<Option<_>>().map(Hir::concat)
        }
        HirKind::Alternation(branches) => {
            branches.iter().map(without_looks).collect::<Option<_>>().map(Hir::alternation)
        }
        _ => None,
    }
}

fn build(source: &str, unicode: bool) -> Option<Regex> {
    RegexBuilder::new(source).unicode(unicode).size_limit(Pattern::LARGEST).build().ok()
}
