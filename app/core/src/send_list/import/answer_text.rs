//! What is written in a list, as what a rule sends and looks for.

use super::text;
use crate::matching::PatternFormat;
use crate::rules::{ReceivedTrigger, RuleAnswer};
use crate::send::SendFormat;
use crate::send_list::SendEntry;
use crate::{Sentence, say};

/// What is sent, as a rule has it.
pub(super) fn answer(entry: SendEntry, delay_ms: u32) -> RuleAnswer {
    let SendEntry { text, encoding, spec, .. } = entry;
    RuleAnswer { text, placeholders: false, delay_ms, encoding, spec }
}

/// What is sent, as something that is looked for.
pub(super) fn pattern(entry: SendEntry) -> ReceivedTrigger {
    let SendEntry { text: written, encoding, spec, .. } = entry;
    let ending = spec.line_ending.text();
    match spec.format {
        SendFormat::Hex => ReceivedTrigger {
            pattern: written,
            format: PatternFormat::Hex,
            ..ReceivedTrigger::default()
        },
        SendFormat::Text => {
            let written = if spec.escapes { written } else { text::without_escapes(&written) };
            let pattern = written + &text::without_escapes(ending);
            ReceivedTrigger { pattern, encoding, ..ReceivedTrigger::default() }
        }
    }
}

/// What is in a list and is none of its entries.
pub(super) fn answers_left(count: u64) -> Sentence {
    say!(
        "import-answers",
        "{count} answers to what is received were not taken: they are rules, and imported among these",
        count = count,
    )
}
