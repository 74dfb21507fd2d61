//! What changes by nature (times, counters) and is no difference.

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder};

use crate::{Sentence, say};

/// Expressions whose matches are left out before answers are compared, one line or datagram at a time.
#[derive(Clone, Debug, Default)]
pub struct IgnorePatterns(Vec<Regex>);

/// An expression that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IgnoreFault(pub Sentence);

impl IgnorePatterns {
    /// How many there can be.
    pub const MOST: usize = 64;

    /// These expressions.
    ///
    /// # Errors
    /// [`IgnoreFault`]: one makes no sense, or there are too many.
    pub fn new(expressions: &[String]) -> Result<Self, IgnoreFault> {
        if expressions.len() > Self::MOST {
            return Err(IgnoreFault(say!(
                "replay-many-ignored",
                "at most {most} expressions can be ignored",
                most = Self::MOST,
            )));
        }
        let compile = |expression: &String| {
            // Bytes are compared: a dot is any of them.
            let built = RegexBuilder::new(expression).unicode(false).size_limit(1 << 20).build();
            built.or_else(|_| RegexBuilder::new(expression).size_limit(1 << 20).build()).map_err(
                |error| {
                    let why = error.to_string();
                    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    IgnoreFault(say!(
                        "replay-bad-ignored",
                        "\"{expression}\" is no regular expression: {why}",
                        expression = expression,
                        why = why,
                    ))
                },
            )
        };
        expressions.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// Whether everything counts.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What of a line or datagram counts.
    pub fn counted<'a>(&self, unit: &'a [u8]) -> Cow<'a, [u8]> {
        let mut left = Cow::Borrowed(unit);
        for pattern in &self.0 {
            if let Cow::Owned(less) = pattern.replace_all(&left, &b""[..]) {
                left = Cow::Owned(less);
            }
        }
        left
    }
}
