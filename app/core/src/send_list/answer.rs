//! What a run waits for after a message: bytes, anywhere in what comes, however it is cut into reads.

use serde::{Deserialize, Serialize};

use crate::matching::{
    BytePattern, HeldBytes, PatternFault, PatternFormat, StreamCursor, StreamMatcher,
};
use crate::view::EncodingName;

/// What a run waits for before it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerSpec {
    /// What has to come, anywhere in what is received after the message.
    pub pattern: String,
    /// How the pattern is written.
    pub format: PatternFormat,
    /// Milliseconds that it may take.
    pub within_ms: u32,
    /// What is done when it has not come by then.
    pub otherwise: OnNoAnswer,
}

impl Default for AnswerSpec {
    fn default() -> Self {
        Self {
            pattern: String::new(),
            format: PatternFormat::Text,
            within_ms: 1000,
            otherwise: OnNoAnswer::Stop,
        }
    }
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

/// Looks for an answer in what comes.
#[derive(Clone, Debug)]
pub struct AnswerMatcher {
    matcher: StreamMatcher,
    cursor: StreamCursor,
    held: HeldBytes,
    found: bool,
}

impl AnswerMatcher {
    /// Compiles the pattern. `encoding` is that of its text.
    ///
    /// # Errors
    /// [`PatternFault`]: what is wrong with the pattern.
    pub fn new(spec: &AnswerSpec, encoding: &EncodingName) -> Result<Self, PatternFault> {
        let pattern = BytePattern::new(&spec.pattern, spec.format, encoding)?;
        let matcher = StreamMatcher::new(pattern)?;
        let (cursor, held) = (StreamCursor::default(), HeldBytes::default());
        Ok(Self { matcher, cursor, held, found: false })
    }

    /// Takes what came; whether the answer has come by now.
    pub fn heard(&mut self, bytes: &[u8]) -> bool {
        for bytes in bytes.chunks(self.held.longest()) {
            if self.found {
                break;
            }
            self.held.push(bytes);
            self.found = self.matcher.next(&mut self.cursor, &self.held).is_some();
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matcher(pattern: &str, format: PatternFormat) -> Result<AnswerMatcher, PatternFault> {
        let spec = AnswerSpec { pattern: pattern.to_owned(), format, ..AnswerSpec::default() };
        AnswerMatcher::new(&spec, &EncodingName("GBK".to_owned()))
    }

    #[test]
    fn an_answer_is_found_however_it_is_cut() {
        let answer = b"junk\xB3\xC9\xB9\xA6\r\nrest";
        for cut in 0..=answer.len() {
            let mut waits = matcher(r"成功\r\n", PatternFormat::Text).unwrap();
            waits.heard(&answer[..cut]);
            assert!(waits.heard(&answer[cut..]), "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn a_flood_is_held_within_bounds(length in 0_usize..300_000) {
            let mut waits = matcher("END", PatternFormat::Text).unwrap();
            prop_assert!(!waits.heard(&vec![b'x'; length]));
            prop_assert!(waits.held.between(0..u64::MAX).len() <= 4 * HeldBytes::LONGEST);
            prop_assert!(waits.heard(b"END"));
        }
    }
}
