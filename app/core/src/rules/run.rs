//! Rules at work.
//!
//! The run is told the time and what happened, and says what to do next; it waits for nothing itself. Times are counted from
//! its beginning. A match is counted from the byte with which it is whole, so reads do not matter: the first rule that is
//! whole takes the bytes, and those behind it begin anew after them, unless it goes on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::bucket::TokenBucket;
use super::compiled::{Compiled, Matching};
use super::listener::{Found, Listener};
use super::queue::{RuleAct, RuleQueue};
use super::state::{RuleState, RuleTally, is_same};
use super::{Rule, RuleAction};
use crate::matching::MatchGroups;
use crate::view::EncodingName;
use crate::{PeerId, Position};

/// Rules at work.
#[derive(Debug)]
pub struct RuleRun {
    rules: Vec<RuleState>,
    /// How many there have been, for their keys.
    counted: u64,
    /// The session's, and those that peers have of their own.
    encodings: Vec<EncodingName>,
    /// Which of them a peer speaks, if it has one of its own.
    spoken: BTreeMap<PeerId, usize>,
    is_serial: bool,
    listeners: BTreeMap<PeerId, Listener>,
    /// When time ends something of what each of them says; maybe too early, never too late.
    timers: BTreeSet<(Duration, PeerId)>,
    bucket: TokenBucket,
    queue: RuleQueue,
    tellings: VecDeque<RuleTelling>,
    /// It was told that no more can wait.
    told_full: bool,
    /// Matches are given back, and nothing is done.
    hits: Option<Vec<RuleHit>>,
}

/// A match, when rules are tried only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHit {
    /// Which rule, from 0.
    pub rule: usize,
    /// Of what.
    pub peer: PeerId,
    /// When.
    pub at: Duration,
    /// The record in which it ends.
    pub record: Position,
    /// Its last byte, counted from the record's first one.
    pub offset: u32,
    /// Its bytes, at most 16 KiB; empty when it is none of bytes.
    pub bytes: Vec<u8>,
}

/// Something that the user is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleTelling {
    /// A rule was switched off: it matched too often.
    Tripped {
        /// Which, from 0.
        rule: usize,
        /// All rules together did.
        by_all: bool,
    },
    /// Too much waits to be done: more is refused until half of it is done.
    Full,
}

/// What is to be done.
#[derive(Debug)]
pub enum RuleStep {
    /// Do this, and tell what came of sending by [`RuleRun::sent`] or [`RuleRun::refused`].
    Act(Box<RuleAct>),
    /// Tell the user.
    Tell(RuleTelling),
    /// Nothing until then; `None`: until something else happens.
    Wait(Option<Duration>),
}

impl RuleRun {
    /// Matches a second, and at once, before a rule is switched off: two rules answer each other faster than anybody reads.
    pub const RATE: u32 = 100;

    /// The same for all rules of a session together.
    pub const RATE_OF_ALL: u32 = 1000;

    /// How many peers are listened to at once; of more, those that came first.
    pub const PEERS: usize = 1024;

    /// How many encodings are spoken at once; who speaks one more is taken to speak the session's.
    const ENCODINGS: usize = 64;

    /// What comes is looked at in pieces of so many bytes: behind each match the rules below begin anew, and look at the rest
    /// of the piece again.
    const PIECE: usize = 512;

    /// Rules from now on. `session` is the encoding of what has none of its own; on a serial port a message is a line where
    /// nothing else is said.
    pub fn new(rules: &[Rule], session: EncodingName, is_serial: bool) -> Self {
        let mut run = Self {
            rules: Vec::new(),
            counted: 0,
            encodings: vec![session],
            spoken: BTreeMap::new(),
            is_serial,
            listeners: BTreeMap::new(),
            timers: BTreeSet::new(),
            bucket: TokenBucket::new(Self::RATE_OF_ALL, Self::RATE_OF_ALL),
            queue: RuleQueue::default(),
            tellings: VecDeque::new(),
            told_full: false,
            hits: None,
        };
        run.rules = rules.iter().take(Rule::MOST).map(|rule| run.state(rule)).collect();
        run
    }

    /// Rules that are only tried: matches are counted without a limit and given by [`Self::take_hits`], and nothing is done.
    pub fn trying(rules: &[Rule], session: EncodingName, is_serial: bool) -> Self {
        Self { hits: Some(Vec::new()), ..Self::new(rules, session, is_serial) }
    }

    fn state(&mut self, rule: &Rule) -> RuleState {
        self.counted += 1;
        let bucket = TokenBucket::new(Self::RATE, Self::RATE);
        RuleState::new(self.counted, rule, bucket, &self.encodings, self.is_serial)
    }

    /// Other rules, or the same ones changed. What stays the same but for its switch and its name keeps its count and what it
    /// has heard; of one that is off or gone, nothing that waits is done.
    pub fn replace(&mut self, rules: &[Rule], session: EncodingName, now: Duration) {
        let listened = self.listens();
        let same_encoding = self.encodings.first() == Some(&session);
        self.encodings.splice(..1, [session]);
        let mut old: Vec<Option<RuleState>> =
            std::mem::take(&mut self.rules).into_iter().map(Some).collect();
        let mut moved = BTreeMap::new();
        let mut states = Vec::new();
        for (index, rule) in rules.iter().take(Rule::MOST).enumerate() {
            let is_same = |state: &Option<RuleState>| {
                state.as_ref().is_some_and(|state| is_same(&state.rule, rule))
            };
            // Where it stood, if it stands there still: equal rules do not change places.
            let there = old.get(index).filter(|state| is_same(state)).map(|_| index);
            let found = there.or_else(|| old.iter().position(is_same));
            let kept = found.filter(|_| same_encoding);
            let state = match found.and_then(|at| old[at].take()) {
                Some(state) if kept.is_some() => {
                    if state.rule.on || !rule.on {
                        moved.insert(found.unwrap_or_default(), index);
                    }
                    RuleState { rule: Arc::new(rule.clone()), ..state }
                }
                Some(state) => RuleState { tally: state.tally, key: state.key, ..self.state(rule) },
                None => self.state(rule),
            };
            states.push(state);
        }
        self.rules = states;
        for listener in self.listeners.values_mut() {
            let old = std::mem::take(&mut listener.cursors);
            listener.cursors.resize(self.rules.len(), Default::default());
            if !listened {
                // Nobody knows what came: a silence begins now.
                listener.heard = now;
            }
            (0..self.rules.len()).for_each(|index| listener.forget(index));
            for (from, to) in &moved {
                if let Some(cursor) = old.get(*from) {
                    listener.cursors[*to] = cursor.clone();
                }
            }
        }
        let is_on = |index: usize| self.rules.get(index).is_some_and(|state| state.rule.on);
        self.queue.retain(|act| match moved.get(&act.index) {
            Some(to) if is_on(*to) => {
                act.index = *to;
                true
            }
            _ => false,
        });
        // What was let go of holds nothing up any more.
        self.listeners.values_mut().for_each(|listener| listener.last_due = Duration::ZERO);
        for act in self.queue.acts() {
            if let Some(listener) = self.listeners.get_mut(&act.peer)
                && act.action().is_some_and(|action| !action.is_telling())
            {
                listener.last_due = listener.last_due.max(act.due);
            }
        }
        self.set_timers();
    }

    /// The encoding that a peer speaks: its own, or the session's.
    pub fn spoken(&self, peer: PeerId) -> &EncodingName {
        let which = self.spoken.get(&peer).copied().unwrap_or_default();
        // The session's is the first, and there is always one.
        self.encodings.get(which).unwrap_or(&self.encodings[0])
    }

    /// A peer has an encoding of its own from now on, or (`None`) the session's. Rules that have none of their own look for what
    /// they look for in that.
    pub fn speaks(&mut self, peer: PeerId, encoding: Option<&EncodingName>) {
        let which = encoding.map_or(0, |encoding| self.encoding(encoding));
        let before = match which {
            0 => self.spoken.remove(&peer),
            _ if self.spoken.len() < Self::PEERS || self.spoken.contains_key(&peer) => {
                self.spoken.insert(peer, which)
            }
            _ => return,
        };
        if before.unwrap_or_default() == which {
            return;
        }
        let Some(mut listener) = self.take_listener(peer) else { return };
        listener.encoding = which;
        for (index, state) in self.rules.iter().enumerate() {
            if state.rule.when.depends_on_encoding() {
                listener.forget(index);
            }
        }
        self.put_listener(peer, listener);
    }

    /// The number of an encoding that a peer has of its own.
    fn encoding(&mut self, encoding: &EncodingName) -> usize {
        let known = self.encodings.iter().skip(1).position(|it| it == encoding);
        if let Some(known) = known {
            return known + 1;
        }
        if self.encodings.len() >= Self::ENCODINGS {
            return 0;
        }
        self.encodings.push(encoding.clone());
        for state in &mut self.rules {
            state.prepare(&self.encodings, self.is_serial);
        }
        self.encodings.len() - 1
    }

    /// What each rule is known by, in the order of [`Self::tallies`]: it stays as long as its count does.
    pub fn keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.rules.iter().map(|state| state.key)
    }

    /// How often each rule did what.
    pub fn tallies(&self) -> impl Iterator<Item = RuleTally> + '_ {
        self.rules.iter().map(|state| state.tally)
    }

    /// The rules, and what is wrong with those that do nothing.
    pub fn rules(&self) -> impl Iterator<Item = (&Arc<Rule>, Option<&str>)> {
        self.rules.iter().map(|state| (&state.rule, state.fault.as_deref()))
    }

    /// Whether anything that comes can match.
    pub fn listens(&self) -> bool {
        self.rules.iter().any(RuleState::is_active)
    }

    /// Switches a rule on again that was switched off for matching too often.
    pub fn arm(&mut self, rule: usize) {
        let Some(state) = self.rules.get_mut(rule) else { return };
        if std::mem::take(&mut state.tally.tripped) {
            state.bucket.fill();
            self.bucket.fill();
            self.listeners.values_mut().for_each(|listener| listener.forget(rule));
            self.set_timers();
        }
    }

    /// A rule's message was sent.
    pub fn sent(&mut self, rule: usize) {
        if let Some(state) = self.rules.get_mut(rule) {
            state.tally.sent += 1;
        }
    }

    /// A rule's message could not be sent.
    pub fn refused(&mut self, rule: usize) {
        if let Some(state) = self.rules.get_mut(rule) {
            state.tally.refused += 1;
        }
    }

    /// A peer is there already: it is listened to, and nothing else happens.
    pub fn present(&mut self, peer: PeerId, now: Duration) {
        if self.listeners.len() < Self::PEERS && !self.listeners.contains_key(&peer) {
            let encoding = self.spoken.get(&peer).copied().unwrap_or_default();
            self.put_listener(peer, Listener::new(self.rules.len(), now, encoding));
        }
    }

    /// A connection stands, or the port was opened.
    pub fn connected(&mut self, peer: PeerId, now: Duration, record: Position) {
        self.elapse(now);
        self.take_listener(peer);
        self.present(peer, now);
        self.happened(peer, now, record, |matching| matches!(matching, Matching::Connected));
    }

    /// It is over: what waits for it is not sent.
    pub fn disconnected(&mut self, peer: PeerId, now: Duration, record: Position) {
        self.gone(peer, now);
        self.happened(peer, now, record, |matching| matches!(matching, Matching::Disconnected));
    }

    /// The same of one that was heard and never stood: nobody waits for its end.
    pub fn gone(&mut self, peer: PeerId, now: Duration) {
        self.elapse(now);
        self.end_messages(Some(peer));
        self.take_listener(peer);
        self.spoken.remove(&peer);
        let keep = |act: &mut RuleAct| {
            act.peer != peer || !matches!(act.action(), Some(RuleAction::Send(_)))
        };
        for rule in self.queue.retain(keep) {
            self.refused(rule);
        }
    }

    /// Something came from a peer, which is kept in this record.
    pub fn received(&mut self, peer: PeerId, now: Duration, record: Position, bytes: &[u8]) {
        if bytes.is_empty() || !self.listens() {
            return;
        }
        self.elapse(now);
        self.present(peer, now);
        // Out of the map, because what matches changes everything else.
        let Some(mut listener) = self.take_listener(peer) else { return };
        listener.heard = now;
        listener.record = (record, listener.held.end());
        listener.cursors.iter_mut().for_each(|cursor| cursor.told = false);
        for piece in bytes.chunks(Self::PIECE) {
            listener.held.push(piece);
            while let Some((index, found)) = self.first_of(&mut listener) {
                self.matched(index, peer, &mut listener, found);
            }
        }
        self.put_listener(peer, listener);
    }

    /// A datagram came from a peer: a message of its own, and nothing goes on from the one before it.
    pub fn received_datagram(
        &mut self,
        peer: PeerId,
        now: Duration,
        record: Position,
        bytes: &[u8],
    ) {
        if let Some(listener) = self.listeners.get_mut(&peer) {
            (0..self.rules.len()).for_each(|index| listener.forget(index));
        }
        self.received(peer, now, record, bytes);
        self.end_messages(Some(peer));
    }

    /// The match that is whole first, of all rules; of those that are at the same byte, the first rule's.
    fn first_of(&mut self, listener: &mut Listener) -> Option<(usize, Found)> {
        let mut first: Option<(u64, usize)> = None;
        for (index, state) in self.rules.iter_mut().enumerate() {
            if !state.is_active() {
                listener.forget(index);
                continue;
            }
            let Some(compiled) = state.compiled_mut(listener.encoding) else { continue };
            let end = listener.look(index, compiled).map(|found| found.end);
            if let Some(end) = end.filter(|end| first.is_none_or(|(before, _)| *end < before)) {
                first = Some((end, index));
            }
        }
        let (_, index) = first?;
        Some((index, listener.cursors.get_mut(index)?.found.take()?))
    }

    /// Ends what time alone ends.
    fn elapse(&mut self, now: Duration) {
        while let Some((due, peer)) = self.timers.first().copied()
            && due <= now
        {
            let Some(mut listener) = self.take_listener(peer) else { return };
            // A rule may have been switched off meanwhile: then another one is next, or none.
            let next = self.next_timer(&listener).filter(|(at, _)| *at == due);
            if let Some((_, index)) = next {
                self.elapsed(index, peer, &mut listener);
            }
            self.put_listener(peer, listener);
        }
    }

    /// When time ends something of what a peer says, and for which rule.
    fn next_timer(&self, listener: &Listener) -> Option<(Duration, usize)> {
        let due = |(index, state): (usize, &RuleState)| {
            let compiled = state.compiled(listener.encoding).filter(|_| state.is_active())?;
            Some((listener.due(index, compiled)?, index))
        };
        self.rules.iter().enumerate().filter_map(due).min()
    }

    fn take_listener(&mut self, peer: PeerId) -> Option<Listener> {
        let listener = self.listeners.remove(&peer)?;
        if let Some(at) = listener.timer {
            self.timers.remove(&(at, peer));
        }
        Some(listener)
    }

    fn put_listener(&mut self, peer: PeerId, mut listener: Listener) {
        listener.timer = self.next_timer(&listener).map(|(at, _)| at);
        self.timers.extend(listener.timer.map(|at| (at, peer)));
        self.listeners.insert(peer, listener);
    }

    /// The rules have changed, and what time ends with them.
    fn set_timers(&mut self) {
        let peers: Vec<PeerId> = self.listeners.keys().copied().collect();
        for peer in peers {
            if let Some(listener) = self.take_listener(peer) {
                self.put_listener(peer, listener);
            }
        }
    }

    fn elapsed(&mut self, index: usize, peer: PeerId, listener: &mut Listener) {
        let state = self.rules.get(index);
        let compiled = state.and_then(|state| state.compiled(listener.encoding));
        if let Some(found) = compiled.and_then(|compiled| listener.elapsed(index, compiled)) {
            self.matched(index, peer, listener, found);
        }
    }

    /// Nothing more comes, of one peer or of all: what has come of a message is all of it.
    pub fn end_messages(&mut self, of: Option<PeerId>) {
        let peers: Vec<PeerId> =
            self.listeners.keys().copied().filter(|peer| of.is_none_or(|of| of == *peer)).collect();
        for peer in peers {
            let Some(mut listener) = self.take_listener(peer) else { continue };
            for index in 0..self.rules.len() {
                let state = &self.rules[index];
                let matching = state.compiled(listener.encoding).map(|it| &it.matching);
                if state.is_active() && matches!(matching, Some(Matching::Message { .. })) {
                    self.elapsed(index, peer, &mut listener);
                }
            }
            self.put_listener(peer, listener);
        }
    }

    /// A match of bytes, or a silence.
    fn matched(&mut self, index: usize, peer: PeerId, listener: &mut Listener, found: Found) {
        let Found { content, end, captures } = found;
        let Some(state) = self.rules.get(index) else { return };
        let is_silence = content.is_empty();
        if !state.rule.go_on && !is_silence {
            listener.take(index, end);
        }
        let at = match state.compiled(listener.encoding) {
            Some(Compiled { matching: Matching::Silence(after), .. }) => listener.heard + *after,
            _ => listener.heard,
        };
        let (record, begin) = listener.record;
        let offset = content.end.saturating_sub(1).saturating_sub(begin);
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        if let Some(hits) = &mut self.hits {
            let bytes = listener.held.between(content).to_vec();
            hits.push(RuleHit { rule: index, peer, at, record, offset, bytes });
        }
        let of = (peer, (record, offset));
        self.fire(index, of, at, captures, &mut listener.last_due);
    }

    /// Something other than bytes.
    fn happened(
        &mut self,
        peer: PeerId,
        now: Duration,
        record: Position,
        is_meant: impl Fn(&Matching) -> bool,
    ) {
        for index in 0..self.rules.len() {
            let state = &self.rules[index];
            let meant = state.compiled(0).is_some_and(|it| is_meant(&it.matching));
            if !meant || !state.is_active() {
                continue;
            }
            let goes_on = state.rule.go_on;
            if let Some(hits) = &mut self.hits {
                let bytes = Vec::new();
                hits.push(RuleHit { rule: index, peer, at: now, record, offset: 0, bytes });
            }
            let mut last_due = self.listeners.get(&peer).map_or(now, |it| it.last_due);
            self.fire(index, (peer, (record, 0)), now, MatchGroups::new(), &mut last_due);
            if let Some(listener) = self.listeners.get_mut(&peer) {
                listener.last_due = last_due;
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Counts a match and has its actions done, unless there were too many.
    fn fire(
        &mut self,
        index: usize,
        of: (PeerId, (Position, u32)),
        at: Duration,
        captures: MatchGroups,
        last_due: &mut Duration,
    ) {
        let Some(state) = self.rules.get_mut(index) else { return };
        state.tally.matches += 1;
        if self.hits.is_some() {
            return;
        }
        let (own, all) = (state.bucket.take(at), self.bucket.take(at));
        if !own || !all {
            state.tally.tripped = true;
            self.tellings.push_back(RuleTelling::Tripped { rule: index, by_all: own });
            return;
        }
        let (key, rule, captures) = (state.key, state.rule.clone(), Arc::new(captures));
        for (number, action) in rule.actions.iter().enumerate() {
            // In order, and to one peer in the order in which it asked.
            let due = match action {
                _ if action.is_telling() => at,
                RuleAction::Send(answer) => {
                    let delay = Duration::from_millis(u64::from(answer.delay_ms));
                    (at + delay).max(*last_due)
                }
                _ => at.max(*last_due),
            };
            if self.queue.is_full() {
                self.refused(index);
                if !std::mem::replace(&mut self.told_full, true) {
                    self.tellings.push_back(RuleTelling::Full);
                }
                continue;
            }
            if !action.is_telling() {
                *last_due = due;
            }
            self.queue.push((index, key, &rule), number, of, &captures, due);
        }
    }

    /// What is to be done now.
    pub fn next(&mut self, now: Duration) -> RuleStep {
        self.elapse(now);
        self.told_full &= !self.queue.is_roomy();
        if let Some(telling) = self.tellings.pop_front() {
            return RuleStep::Tell(telling);
        }
        match self.queue.take(now) {
            Some(act) => RuleStep::Act(Box::new(act)),
            None => {
                let timer = self.timers.first().map(|(due, _)| *due);
                RuleStep::Wait(self.queue.due().into_iter().chain(timer).min())
            }
        }
    }

    /// The matches since this was asked last, when the rules are only tried.
    pub fn take_hits(&mut self) -> Vec<RuleHit> {
        self.hits.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
