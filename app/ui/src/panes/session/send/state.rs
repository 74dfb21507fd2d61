//! What comes back of a send box at the next start.

use espalier_core::send::SendSpec;
use serde::{Deserialize, Serialize};

/// How messages are made, and what was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendState {
    /// How what is written becomes bytes.
    pub spec: SendSpec,
    /// Milliseconds from one cyclic send to the next.
    pub period_ms: u32,
    /// How often a cyclic send is made; 0: until it is stopped.
    pub count: u64,
    /// What was sent, latest last.
    pub history: Vec<String>,
}

impl Default for SendState {
    fn default() -> Self {
        Self { spec: SendSpec::default(), period_ms: 1000, count: 0, history: Vec::new() }
    }
}

impl SendState {
    /// How much is remembered; the oldest goes first.
    const LIMIT: usize = 100;
    /// Longer ones are not remembered: they came from a file or the clipboard.
    const LONGEST: usize = 16 * 1024;

    /// Remembers what was sent; the same again only moves to the end.
    pub(super) fn remember(&mut self, text: String) {
        if text.is_empty() || text.len() > Self::LONGEST {
            return;
        }
        self.history.retain(|other| *other != text);
        if self.history.len() == Self::LIMIT {
            self.history.remove(0);
        }
        self.history.push(text);
    }
}
