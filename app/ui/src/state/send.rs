//! What comes back of a send box at the next start.

use espalier_core::send::{LineEnding, SendFormat, SendSpec};
use espalier_core::session::TransportSpec;
use espalier_core::settings::NewSessionDefaults;
use serde::{Deserialize, Serialize};

/// How messages are made, and what was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendState {
    /// How what is written becomes bytes.
    pub spec: SendSpec,
    /// The line ending of the format that is not chosen: a console's lines end, a frame in hex does not.
    pub other_ending: LineEnding,
    /// Milliseconds from one cyclic send to the next.
    pub period_ms: u32,
    /// How often a cyclic send is made; 0: until it is stopped.
    pub count: u64,
    /// What was sent, latest last.
    pub history: Vec<String>,
}

impl Default for SendState {
    fn default() -> Self {
        Self {
            spec: SendSpec::default(),
            other_ending: LineEnding::None,
            period_ms: 1000,
            count: 0,
            history: Vec::new(),
        }
    }
}

impl SendState {
    /// What a new session starts with: text for a serial console is sent in lines.
    pub fn new(transport: &TransportSpec) -> Self {
        Self::of(transport, &NewSessionDefaults::default())
    }

    /// What a new session starts with, as the user wants it.
    pub fn of(transport: &TransportSpec, wanted: &NewSessionDefaults) -> Self {
        let line_ending = wanted.line_ending(transport);
        let spec = SendSpec { escapes: wanted.escapes, line_ending, ..SendSpec::default() };
        Self { spec, ..Self::default() }
    }

    /// Sends in this format from now on, with the line ending it had.
    pub(crate) fn choose(&mut self, format: SendFormat) {
        if self.spec.format != format {
            self.spec.format = format;
            std::mem::swap(&mut self.spec.line_ending, &mut self.other_ending);
        }
    }

    /// How much is remembered; the oldest goes first.
    const LIMIT: usize = 100;
    /// Longer ones are not remembered: they came from a file or the clipboard.
    const LONGEST: usize = 16 * 1024;

    /// Remembers what was sent; the same again only moves to the end.
    pub(crate) fn remember(&mut self, text: String) {
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
