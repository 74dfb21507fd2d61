//! A rule at work.

use std::sync::Arc;

use super::Rule;
use super::bucket::TokenBucket;
use super::compiled::Compiled;
use crate::view::EncodingName;

/// How often a rule did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// How often it matched.
    pub matches: u64,
    /// How many messages it sent.
    pub sent: u64,
    /// How many it could not send: nobody there, no room, too many waiting.
    pub refused: u64,
    /// It matched too often and was switched off, until it is armed again.
    pub tripped: bool,
}

/// A rule at work.
#[derive(Debug)]
pub(super) struct RuleState {
    pub(super) key: u64,
    pub(super) rule: Arc<Rule>,
    /// Ready for each encoding of the run; for all of them alike where it is the only one.
    pub(super) compiled: Vec<Option<Compiled>>,
    pub(super) fault: Option<String>,
    pub(super) tally: RuleTally,
    pub(super) bucket: TokenBucket,
}

impl RuleState {
    /// A rule that has not matched yet. `encodings` begin with the session's.
    pub(super) fn new(
        key: u64,
        rule: &Rule,
        bucket: TokenBucket,
        encodings: &[EncodingName],
        is_serial: bool,
    ) -> Self {
        let session = encodings.first().cloned().unwrap_or_default();
        let compiled = Compiled::new(rule, &session, is_serial);
        let fault = compiled.as_ref().err().map(ToString::to_string);
        let mut state = Self {
            key,
            rule: Arc::new(rule.clone()),
            compiled: vec![compiled.ok()],
            fault,
            tally: RuleTally::default(),
            bucket,
        };
        state.prepare(encodings, is_serial);
        state
    }

    pub(super) fn is_active(&self) -> bool {
        self.rule.on && self.fault.is_none() && !self.tally.tripped
    }

    /// Makes it ready for those encodings that it is not ready for yet.
    pub(super) fn prepare(&mut self, encodings: &[EncodingName], is_serial: bool) {
        if self.fault.is_none() && self.rule.when.depends_on_encoding() {
            let new = encodings.iter().skip(self.compiled.len());
            let rule = &self.rule;
            self.compiled.extend(new.map(|it| Compiled::of_peer(rule, it, is_serial)));
        }
    }

    pub(super) fn compiled(&self, encoding: usize) -> Option<&Compiled> {
        self.compiled.get(encoding).or_else(|| self.compiled.first())?.as_ref()
    }

    pub(super) fn compiled_mut(&mut self, encoding: usize) -> Option<&mut Compiled> {
        let at = if encoding < self.compiled.len() { encoding } else { 0 };
        self.compiled.get_mut(at)?.as_mut()
    }
}

/// Whether they do the same, whatever they are called and whether or not they are on.
pub(super) fn is_same(a: &Rule, b: &Rule) -> bool {
    (a.go_on, &a.when, &a.actions) == (b.go_on, &b.when, &b.actions)
}
