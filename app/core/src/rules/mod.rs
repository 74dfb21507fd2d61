//! Rules: when this comes, do that.
//!
//! - [`Rule`]: a [`Trigger`] and its [`RuleAction`]s, as a file keeps them
//! - [`RuleRun`]: told what comes and what time it is, it says what to do next; it sends nothing itself
//! - [`RuleTrial`]: what would have come of them in what has passed already
//! - [`RuleTally`]: how often each rule matched, sent, and was refused

mod action;
mod bucket;
mod compiled;
mod listener;
mod message;
mod queue;
mod rule;
mod run;
mod state;
#[cfg(test)]
mod tests;
mod trial;
mod trigger;

pub use action::{RuleAction, RuleAnswer, told_text};
pub use bucket::TokenBucket;
pub use compiled::RuleFault;
pub use queue::RuleAct;
pub use rule::Rule;
pub use run::{RuleHit, RuleRun, RuleStep, RuleTelling};
pub use state::RuleTally;
pub use trial::{RuleTrial, TrialPlace};
pub use trigger::{MessageFraming, PatternPlace, ReceivedTrigger, Trigger};
