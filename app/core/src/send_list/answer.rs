//! What a run waits for after a message: bytes, anywhere in what comes, however it is cut into reads.

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::send::{SendError, SendSpec, compose, hex};
use crate::view::EncodingName;

/// What a run waits for before it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerSpec {
    /// What has to come, anywhere in what is received after the message.
    pub pattern: String,
    /// How the pattern is written.
    pub format: AnswerFormat,
    /// Milliseconds that it may take.
    pub within_ms: u32,
    /// What is done when it has not come by then.
    pub otherwise: OnNoAnswer,
}

impl Default for AnswerSpec {
    fn default() -> Self {
        Self {
            pattern: String::new(),
            format: AnswerFormat::Text,
            within_ms: 1000,
            otherwise: OnNoAnswer::Stop,
        }
    }
}

/// How an expected answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerFormat {
    /// Text with escapes, in the encoding of the entry.
    #[default]
    Text,
    /// Bytes in hexadecimal; `??` is any byte.
    Hex,
    /// A regular expression over bytes; text in it is UTF-8.
    Regex,
}

/// What is done when an answer has not come in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnNoAnswer {
    /// The run stops there.
    #[default]
    Stop,
    /// The run goes on.
    GoOn,
    /// The message is sent again so many times at most; then the run stops.
    Repeat(u32),
}

/// Why nothing can be waited for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// The pattern is empty: everything would be the answer.
    #[error("there is no answer to wait for: write what has to come")]
    Empty,
    /// The pattern cannot be read as bytes.
    #[error("the answer: {0}")]
    Unwritten(#[from] SendError),
    /// The regular expression makes no sense.
    #[error("the answer is no regular expression: {0}")]
    NoRegex(String),
}

/// Looks for an answer in what comes.
#[derive(Clone, Debug)]
pub struct AnswerMatcher {
    regex: Regex,
    held: Vec<u8>,
    found: bool,
}

impl AnswerMatcher {
    /// Bytes of what came that are held; what is longer ago than that is no part of an answer any more.
    pub const HELD: usize = 16 * 1024;

    /// Compiles the pattern. `encoding` is that of its text.
    ///
    /// # Errors
    /// [`AnswerFault`]: what is wrong with the pattern.
    pub fn new(spec: &AnswerSpec, encoding: &EncodingName) -> Result<Self, AnswerFault> {
        if spec.pattern.is_empty() {
            return Err(AnswerFault::Empty);
        }
        let source = match spec.format {
            AnswerFormat::Regex => spec.pattern.clone(),
            AnswerFormat::Text => escaped(&compose(&SendSpec::default(), &spec.pattern, encoding)?),
            AnswerFormat::Hex => hex_with_wildcards(&spec.pattern)?,
        };
        let built = RegexBuilder::new(&source)
            .unicode(spec.format == AnswerFormat::Regex)
            .dot_matches_new_line(spec.format != AnswerFormat::Regex)
            .size_limit(1 << 20)
            .build();
        let regex = built.map_err(|error| {
            let text = error.to_string();
            AnswerFault::NoRegex(text.lines().last().unwrap_or_default().trim().to_owned())
        })?;
        if regex.is_match(b"") {
            return Err(AnswerFault::Empty);
        }
        Ok(Self { regex, held: Vec::new(), found: false })
    }

    /// Takes what came; whether the answer has come by now.
    pub fn heard(&mut self, bytes: &[u8]) -> bool {
        // In steps: one read may be larger than what is held.
        for bytes in bytes.chunks(Self::HELD / 2) {
            if self.found {
                break;
            }
            let too_many = (self.held.len() + bytes.len()).saturating_sub(Self::HELD);
            self.held.drain(..too_many);
            self.held.extend(bytes);
            self.found = self.regex.is_match(&self.held);
        }
        self.found
    }
}

/// Bytes as a regular expression that matches just them.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, byte| out + &format!("\\x{byte:02x}"))
}

/// Pairs of digits, and `??` for any byte.
fn hex_with_wildcards(text: &str) -> Result<String, SendError> {
    let mut source = String::new();
    let mut at = 0;
    for part in text.split_inclusive("??") {
        let (digits, wild) = part.strip_suffix("??").map_or((part, ""), |digits| (digits, "."));
        let bytes = hex::parse(digits).map_err(|error| SendError {
            range: error.range.start + at..error.range.end + at,
            fault: error.fault,
        })?;
        source += &escaped(&bytes);
        source += wild;
        at += part.len();
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matcher(pattern: &str, format: AnswerFormat) -> Result<AnswerMatcher, AnswerFault> {
        let spec = AnswerSpec { pattern: pattern.to_owned(), format, ..AnswerSpec::default() };
        AnswerMatcher::new(&spec, &EncodingName("GBK".to_owned()))
    }

    #[test]
    fn an_answer_is_found_however_it_is_cut() {
        let answer = b"junk\xB3\xC9\xB9\xA6\r\nrest";
        for cut in 0..=answer.len() {
            let mut waits = matcher(r"成功\r\n", AnswerFormat::Text).unwrap();
            waits.heard(&answer[..cut]);
            assert!(waits.heard(&answer[cut..]), "cut at {cut}");
        }
    }

    #[test]
    fn any_byte_stands_for_any_byte() {
        let mut waits = matcher("AA ?? 55??01", AnswerFormat::Hex).unwrap();
        assert!(!waits.heard(&[0xAA, 0x55, 0x01]));
        assert!(waits.heard(&[0x00, 0xAA, 0x0A, 0x55, 0xFF, 0x01]));
        assert!(
            matches!(matcher("AA ?", AnswerFormat::Hex), Err(AnswerFault::Unwritten(error)) if error.range == (3..4))
        );
    }

    #[test]
    fn a_pattern_that_everything_matches_is_none() {
        assert_eq!(matcher("", AnswerFormat::Hex).err(), Some(AnswerFault::Empty));
        assert_eq!(matcher("x*", AnswerFormat::Regex).err(), Some(AnswerFault::Empty));
        assert!(matches!(matcher("(", AnswerFormat::Regex), Err(AnswerFault::NoRegex(_))));
    }

    proptest! {
        #[test]
        fn a_flood_is_held_within_bounds(length in 0_usize..300_000) {
            let mut waits = matcher("END", AnswerFormat::Text).unwrap();
            prop_assert!(!waits.heard(&vec![b'x'; length]));
            prop_assert!(waits.held.len() <= AnswerMatcher::HELD);
            prop_assert!(waits.heard(b"END"));
        }
    }
}
