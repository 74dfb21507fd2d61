//! What rules have still to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Rule, RuleAction};
use crate::matching::MatchGroups;
use crate::{PeerId, Position};

/// Something that a rule does.
#[derive(Clone, Debug)]
pub struct RuleAct {
    /// Which rule, from 0.
    pub index: usize,
    /// What the rule is known by however rules are changed: see [`RuleRun::keys`](super::RuleRun::keys).
    pub key: u64,
    /// The rule, as it was when it matched.
    pub rule: Arc<Rule>,
    action: usize,
    /// The peer that it matched.
    pub peer: PeerId,
    /// What the match is made of.
    pub captures: Arc<MatchGroups>,
    /// The record in which the match ends, and its last byte there.
    pub place: (Position, u32),
    /// When it is due.
    pub due: Duration,
}

impl RuleAct {
    /// What is done; `None` never, but who knows.
    pub fn action(&self) -> Option<&RuleAction> {
        self.rule.actions.get(self.action)
    }

    /// How many bytes its match is made of. Each action of a rule counts them, though they share them.
    fn bytes(&self) -> usize {
        self.captures.iter().map(|(name, bytes)| name.len() + bytes.len()).sum()
    }
}

/// What waits to be done, by when it is due; what is due at one time in the order in which it was asked for.
#[derive(Debug, Default)]
pub(super) struct RuleQueue {
    waiting: BTreeMap<(Duration, u64), RuleAct>,
    asked: u64,
    /// What the matches that wait are made of, in bytes.
    bytes: usize,
}

impl RuleQueue {
    /// How much may wait.
    pub(super) const MOST: usize = 1024;

    /// How many bytes of matches may wait with it: a match of 16 KiB with groups has several times as many.
    pub(super) const BYTES: usize = 4 << 20;

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= Self::MOST || self.bytes >= Self::BYTES
    }

    pub(super) fn is_roomy(&self) -> bool {
        self.waiting.len() < Self::MOST / 2 && self.bytes < Self::BYTES / 2
    }

    pub(super) fn push(
        &mut self,
        (index, key, rule): (usize, u64, &Arc<Rule>),
        action: usize,
        (peer, place): (PeerId, (Position, u32)),
        captures: &Arc<MatchGroups>,
        due: Duration,
    ) {
        let (rule, captures) = (rule.clone(), captures.clone());
        let act = RuleAct { index, key, rule, action, peer, captures, place, due };
        self.asked += 1;
        self.bytes += act.bytes();
        self.waiting.insert((due, self.asked), act);
    }

    /// All that waits.
    pub(super) fn acts(&self) -> impl Iterator<Item = &RuleAct> {
        self.waiting.values()
    }

    /// When the next is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.waiting.first_key_value().map(|(key, _)| key.0)
    }

    pub(super) fn take(&mut self, now: Duration) -> Option<RuleAct> {
        let first = self.waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
        let act = first.remove();
        self.bytes -= act.bytes();
        Some(act)
    }

    /// Lets go of what is not kept; by which rules.
    pub(super) fn retain(&mut self, keep: impl Fn(&mut RuleAct) -> bool) -> Vec<usize> {
        let mut gone = Vec::new();
        let bytes = &mut self.bytes;
        self.waiting.retain(|_, act| {
            let kept = keep(act);
            if !kept {
                *bytes -= act.bytes();
                gone.push(act.index);
            }
            kept
        });
        gone
    }
}
