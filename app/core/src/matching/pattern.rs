//! What is looked for in bytes, as it is written and as it is compiled.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::util::syntax;
use serde::{Deserialize, Serialize};

use crate::send::{SendError, SendSpec, compose, hex};
use crate::view::EncodingName;

/// How a pattern is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatternFormat {
    /// Text with escapes, in some encoding.
    #[default]
    Text,
    /// Bytes in hexadecimal; `??` is any byte.
    Hex,
    /// A regular expression over bytes: `.` and classes are single bytes, `\xFF` is that byte; other characters stand for their
    /// bytes in some encoding, and cannot stand in classes.
    Regex,
}

/// Why nothing can be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternFault {
    /// The pattern is empty, or can match nothing at all: it would be everywhere.
    #[error("there is nothing to look for: write what has to come")]
    Empty,
    /// The pattern cannot be read as bytes.
    #[error("the pattern: {0}")]
    Unwritten(#[from] SendError),
    /// The regular expression makes no sense.
    #[error("the pattern is no regular expression: {0}")]
    NoRegex(String),
}

/// What a match is made of: the whole by the name `0`, groups by their numbers and by their names. In hexadecimal, `??`s
/// that stand together are a group.
pub type MatchGroups = BTreeMap<String, Vec<u8>>;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct BytePattern {
    regex: Regex,
    source: String,
    any_byte: bool,
}

impl BytePattern {
    /// Most memory that a compiled expression may take, in bytes.
    pub(super) const LARGEST: usize = 1 << 20;

    /// How many groups of a match are kept.
    const GROUPS: usize = 64;

    /// Compiles a pattern that may stand anywhere. `encoding` is that of its text.
    ///
    /// # Errors
    /// [`PatternFault`]: what is wrong with it.
    pub fn new(
        pattern: &str,
        format: PatternFormat,
        encoding: &EncodingName,
    ) -> Result<Self, PatternFault> {
        let source = match format {
            PatternFormat::Regex => in_encoding(pattern, encoding)?,
            PatternFormat::Text => escaped(&compose(&SendSpec::default(), pattern, encoding)?),
            PatternFormat::Hex => hex_with_wildcards(pattern)?,
        };
        if source.is_empty() {
            return Err(PatternFault::Empty);
        }
        Self::compile(source, format != PatternFormat::Regex)
    }

    /// The same pattern where it begins at the first byte (`start`) and ends at the last one (`end`) of what is looked at.
    ///
    /// # Errors
    /// [`PatternFault::NoRegex`]: it is too large.
    pub fn anchored(&self, start: bool, end: bool) -> Result<Self, PatternFault> {
        let (before, behind) = (if start { r"\A" } else { "" }, if end { r"\z" } else { "" });
        Self::compile(format!("{before}(?:{}){behind}", self.source), self.any_byte)
    }

    fn compile(source: String, any_byte: bool) -> Result<Self, PatternFault> {
        let built = RegexBuilder::new(&source)
            .unicode(false)
            .dot_matches_new_line(any_byte)
            .size_limit(Self::LARGEST)
            .build();
        let regex = built.map_err(|error| PatternFault::NoRegex(reason(&error.to_string())))?;
        let pattern = Self { regex, source, any_byte };
        let parsed = syntax::parse_with(&pattern.source, &pattern.syntax());
        let parsed = parsed.map_err(|error| PatternFault::NoRegex(reason(&error.to_string())))?;
        if parsed.properties().minimum_len() == Some(0) {
            return Err(PatternFault::Empty);
        }
        Ok(pattern)
    }

    pub(super) fn syntax(&self) -> syntax::Config {
        syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(self.any_byte)
    }

    /// As a regular expression.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it asks what stands beside a place (`^`, `\b`).
    pub(super) fn looks_around(&self) -> bool {
        let parsed = syntax::parse_with(&self.source, &self.syntax());
        parsed.is_ok_and(|it| !it.properties().look_set().is_empty())
    }

    /// Where it is found first, from `start` on.
    pub fn find(&self, bytes: &[u8], start: usize) -> Option<Range<usize>> {
        self.regex.find_at(bytes, start).map(|found| found.range())
    }

    /// What the first match from `start` on is made of; of many groups the first 64.
    pub fn captures(&self, bytes: &[u8], start: usize) -> Option<MatchGroups> {
        let found = self.regex.captures_at(bytes, start)?;
        let names = self.regex.capture_names().take(Self::GROUPS).enumerate();
        let mut captures = MatchGroups::new();
        for (number, name) in names {
            let value = found.get(number).map_or(&b""[..], |group| group.as_bytes());
            captures.insert(number.to_string(), value.to_vec());
            if let Some(name) = name {
                captures.insert(name.to_owned(), value.to_vec());
            }
        }
        Some(captures)
    }

    /// Names of what a match is made of, each with a byte for a value: to try what is made of them.
    pub fn sample(&self) -> MatchGroups {
        let names = self.regex.capture_names().take(Self::GROUPS).enumerate();
        let both = names.flat_map(|(number, name)| {
            [Some(number.to_string()), name.map(str::to_owned)].into_iter().flatten()
        });
        both.map(|name| (name, b"?".to_vec())).collect()
    }
}

/// The last line names the mistake; the ones before it draw an arrow in a fixed-width font.
fn reason(error: &str) -> String {
    let last = error.lines().last().unwrap_or_default().trim();
    last.trim_start_matches("error: ").to_owned()
}

/// Bytes as a regular expression that matches just them.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, byte| out + &format!("\\x{byte:02x}"))
}

/// A regular expression whose characters outside of ASCII are written as their bytes in an encoding, each as one thing that
/// may be repeated. Those in classes and in names of groups stay as they are.
fn in_encoding(pattern: &str, encoding: &EncodingName) -> Result<String, SendError> {
    if pattern.is_ascii() {
        return Ok(pattern.to_owned());
    }
    let mut source = String::with_capacity(pattern.len() * 4);
    // How deep in classes, and whether a `]` would be the first of its members.
    let (mut class, mut first, mut is_escaped) = (0_usize, false, false);
    for (at, char) in pattern.char_indices() {
        let (escaped_now, first_now) = (is_escaped, first);
        (is_escaped, first) = (char == '\\' && !escaped_now, first_now && char == '^');
        match char {
            '[' if !escaped_now => (class, first) = (class + 1, true),
            ']' if !escaped_now && !first_now => class = class.saturating_sub(1),
            _ if !char.is_ascii() && class == 0 && !names_a_group(&pattern[..at]) => {
                let mut text = [0; 4];
                let bytes = compose(&SendSpec::default(), char.encode_utf8(&mut text), encoding)
                    .map_err(|error| SendError { range: at..at + char.len_utf8(), ..error })?;
                source += &format!("(?:{})", escaped(&bytes));
                continue;
            }
            _ => {}
        }
        source.push(char);
    }
    Ok(source)
}

/// Whether an expression that is cut here is cut in the name of a group.
fn names_a_group(before: &str) -> bool {
    let last = before.rsplit('(').next().unwrap_or_default();
    (last.starts_with("?P<") || last.starts_with("?<")) && !last.contains('>')
}

/// Pairs of digits, and `??` for any byte.
fn hex_with_wildcards(text: &str) -> Result<String, SendError> {
    let mut source = String::new();
    let mut at = 0;
    let mut open = false;
    for part in text.split_inclusive("??") {
        let (digits, wild) = part.strip_suffix("??").map_or((part, false), |digits| (digits, true));
        let bytes = hex::parse(digits).map_err(|error| SendError {
            range: error.range.start + at..error.range.end + at,
            fault: error.fault,
        })?;
        if open && !bytes.is_empty() {
            source.push(')');
            open = false;
        }
        source += &escaped(&bytes);
        if wild {
            source += if open { "." } else { "(." };
            open = true;
        }
        at += part.len();
    }
    if open {
        source.push(')');
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str, format: PatternFormat) -> Result<BytePattern, PatternFault> {
        BytePattern::new(text, format, &EncodingName("GBK".to_owned()))
    }

    #[test]
    fn text_is_found_as_its_encoding_writes_it() {
        let gbk = pattern(r"成功\r\n", PatternFormat::Text).unwrap();
        assert_eq!(gbk.find(b"x\xB3\xC9\xB9\xA6\r\n", 0), Some(1..7));
        assert_eq!(gbk.find("成功\r\n".as_bytes(), 0), None);
    }

    #[test]
    fn characters_of_an_expression_are_in_its_encoding() {
        let find =
            |text: &str, bytes: &[u8]| pattern(text, PatternFormat::Regex).unwrap().find(bytes, 0);
        let hot = b"\xCE\xC2\xB6\xC8=25;";
        assert_eq!(find(r"温度=(\d+);", hot), Some(0..8));
        assert_eq!(find("温度", "温度".as_bytes()), None);
        assert_eq!(find("度{2}=", b"\xB6\xC8\xB6\xC8="), Some(0..5));
        assert_eq!(find(r"(?P<温>[\]\[]x|度)=", hot), Some(2..5));
        assert_eq!(find(r"[]a][^]b]\[度", b"]c[\xB6\xC8"), Some(0..5));
        let refused = pattern("[温度]", PatternFormat::Regex);
        assert!(matches!(refused, Err(PatternFault::NoRegex(_))), "{refused:?}");
        let unwritten = pattern("a☃", PatternFormat::Regex);
        assert!(
            matches!(&unwritten, Err(PatternFault::Unwritten(error)) if error.range == (1..4)),
            "{unwritten:?}"
        );
        let utf8 = BytePattern::new("温度", PatternFormat::Regex, &EncodingName::default());
        assert_eq!(utf8.unwrap().find("温度".as_bytes(), 0), Some(0..6));
    }

    #[test]
    fn any_byte_stands_for_any_byte_and_rows_of_them_are_groups() {
        let hex = pattern("AA ?? 55????01", PatternFormat::Hex).unwrap();
        assert_eq!(hex.find(&[0xAA, 0x55, 0x01], 0), None);
        let bytes = [0x00, 0xAA, 0x0A, 0x55, 0xFF, 0x02, 0x01];
        assert_eq!(hex.find(&bytes, 0), Some(1..7));
        let captures = hex.captures(&bytes, 0).unwrap();
        assert_eq!((&captures["1"][..], &captures["2"][..]), (&[0x0A][..], &[0xFF, 0x02][..]));
        assert!(
            matches!(pattern("AA ?", PatternFormat::Hex), Err(PatternFault::Unwritten(error)) if error.range == (3..4))
        );
    }

    #[test]
    fn a_regular_expression_is_over_bytes() {
        let regex = pattern(r"\xFF(?P<what>..)\x00", PatternFormat::Regex).unwrap();
        let captures = regex.captures(b"\xFF\xAB\x80\0", 0).unwrap();
        assert_eq!((&captures["what"], &captures["1"]), (&vec![0xAB, 0x80], &vec![0xAB, 0x80]));
    }

    #[test]
    fn a_pattern_that_everything_matches_is_none() {
        assert_eq!(pattern("", PatternFormat::Hex).err(), Some(PatternFault::Empty));
        for everywhere in ["x*", "^", r"\b", "(a|)"] {
            let fault = pattern(everywhere, PatternFormat::Regex).err();
            assert_eq!(fault, Some(PatternFault::Empty), "{everywhere}");
        }
        assert!(matches!(pattern("(", PatternFormat::Regex), Err(PatternFault::NoRegex(_))));
        assert!(matches!(
            pattern("a{999}{999}", PatternFormat::Regex),
            Err(PatternFault::NoRegex(_))
        ));
    }

    #[test]
    fn an_anchored_pattern_is_the_whole() {
        let either = pattern("a|bc", PatternFormat::Regex).unwrap();
        let whole = either.anchored(true, true).unwrap();
        assert_eq!((whole.find(b"a", 0), whole.find(b"bc", 0)), (Some(0..1), Some(0..2)));
        assert_eq!((whole.find(b"abc", 0), whole.find(b"xa", 0)), (None, None));
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_is_a_panic(text in r"[()|?*+.\\xA-F0-9{}\[\]^$好 ]{0,12}") {
            for format in [PatternFormat::Text, PatternFormat::Hex, PatternFormat::Regex] {
                if let Ok(pattern) = pattern(&text, format) {
                    pattern.captures(text.as_bytes(), 0);
                    pattern.anchored(true, true).ok();
                }
            }
        }
    }
}
