//! A rule as the user has written it.

use serde::{Deserialize, Serialize};

use super::{RuleAction, Trigger};
use crate::matching::MatchGroups;

/// When this comes, do that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// Its name; empty: what it looks for is shown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// It is switched on.
    pub on: bool,
    /// The rules behind it may match the same bytes, too.
    pub go_on: bool,
    /// What it waits for.
    pub when: Trigger,
    /// What is done then, in order.
    #[serde(rename = "action", skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<RuleAction>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            name: String::new(),
            on: true,
            go_on: false,
            when: Trigger::default(),
            actions: Vec::new(),
        }
    }
}

impl Rule {
    /// How many rules a session has, its own and those for all; what is behind them does nothing.
    pub const MOST: usize = 1000;

    /// How many actions of a rule are done.
    pub const ACTIONS: usize = 16;

    /// What it is called where there is room for a few words: its name, or else what it looks for; at most 80 characters.
    pub fn label(&self) -> &str {
        let whole = match (&self.when, self.name.is_empty()) {
            (Trigger::Received(received), true) => &received.pattern,
            _ => &self.name,
        };
        let line = whole.lines().next().unwrap_or_default();
        line.char_indices().nth(80).map_or(line, |(end, _)| &line[..end])
    }

    /// What a match of it may be made of, to try what it sends; just the whole where that is not known.
    pub fn sample(&self) -> MatchGroups {
        let whole = || [("0".to_owned(), b"?".to_vec())].into();
        match &self.when {
            Trigger::Received(received) => received.sample().unwrap_or_else(whole),
            _ => whole(),
        }
    }
}
