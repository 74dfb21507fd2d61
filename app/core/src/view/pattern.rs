//! What is looked for in a row's text.

use std::ops::Range;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

/// A literal or regular expression that has been checked.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Most memory that a compiled expression may take, in bytes.
    const LARGEST: usize = 4 << 20;

    /// Compiles what the user wrote; `None` when it is empty.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the expression.
    pub fn new(text: &str, regex: bool, case_sensitive: bool) -> Result<Option<Self>, Arc<str>> {
        if text.is_empty() {
            return Ok(None);
        }
        let source = if regex { text.to_owned() } else { regex::escape(text) };
        RegexBuilder::new(&source)
            .case_insensitive(!case_sensitive)
            .size_limit(Self::LARGEST)
            .build()
            .map(|regex| Some(Self(regex)))
            .map_err(|error| match error {
                // The last line names the mistake; the ones before it draw an arrow in a fixed-width font.
                regex::Error::Syntax(text) => {
                    text.lines().last().unwrap_or_default().trim_start_matches("error: ").into()
                }
                other => other.to_string().into(),
            })
    }

    /// Whether it is in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Where it is in `text`, without empty matches.
    pub fn ranges<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.0.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty())
    }
}
