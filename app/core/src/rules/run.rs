//! Rules at work.
//!
//! The run is told the time and what happened, and says what to do next; it waits for nothing itself. Times are counted from
//! its beginning. A match is counted from the byte with which it is whole, so reads do not matter: the first rule that is
//! whole takes the bytes, and those behind it begin anew after them, unless it goes on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::bucket::TokenBucket;
use super::compiled::{Compiled, Matching};
use super::listener::{Found, Listener};
use super::queue::{RuleAct, RuleQueue};
use super::{Rule, RuleAction};
use crate::matching::MatchGroups;
use crate::view::EncodingName;
use crate::{PeerId, Position};

/// Rules at work.
#[derive(Debug)]
pub struct RuleRun {
    rules: Vec<RuleState>,
    session: EncodingName,
    is_serial: bool,
    listeners: BTreeMap<PeerId, Listener>,
    bucket: TokenBucket,
    queue: RuleQueue,
    tellings: VecDeque<RuleTelling>,
    /// It was told that no more can wait.
    told_full: bool,
    /// Matches are given back, and nothing is done.
    hits: Option<Vec<RuleHit>>,
}

#[derive(Debug)]
struct RuleState {
    rule: Arc<Rule>,
    compiled: Option<Compiled>,
    fault: Option<String>,
    tally: RuleTally,
    bucket: TokenBucket,
}

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

    /// What comes is looked at in pieces of so many bytes: behind each match the rules below begin anew, and look at the rest
    /// of the piece again.
    const PIECE: usize = 512;

    /// Rules from now on. `session` is the encoding of what has none of its own; on a serial port a message is a line where
    /// nothing else is said.
    pub fn new(rules: &[Rule], session: EncodingName, is_serial: bool) -> Self {
        let mut run = Self {
            rules: Vec::new(),
            session,
            is_serial,
            listeners: BTreeMap::new(),
            bucket: TokenBucket::new(Self::RATE_OF_ALL, Self::RATE_OF_ALL),
            queue: RuleQueue::default(),
            tellings: VecDeque::new(),
            told_full: false,
            hits: None,
        };
        let states = rules.iter().take(Rule::MOST).map(|rule| run.state(rule));
        run.rules = states.collect();
        run
    }

    /// Rules that are only tried: matches are counted without a limit and given by [`Self::take_hits`], and nothing is done.
    pub fn trying(rules: &[Rule], session: EncodingName, is_serial: bool) -> Self {
        Self { hits: Some(Vec::new()), ..Self::new(rules, session, is_serial) }
    }

    fn state(&self, rule: &Rule) -> RuleState {
        let compiled = Compiled::new(rule, &self.session, self.is_serial);
        let fault = compiled.as_ref().err().map(ToString::to_string);
        RuleState {
            rule: Arc::new(rule.clone()),
            compiled: compiled.ok(),
            fault,
            tally: RuleTally::default(),
            bucket: TokenBucket::new(Self::RATE, Self::RATE),
        }
    }

    /// Other rules, or the same ones changed. What stays the same but for its switch and its name keeps its count and what it
    /// has heard; of one that is off or gone, nothing that waits is done.
    pub fn replace(&mut self, rules: &[Rule], session: EncodingName, now: Duration) {
        let listened = self.listens();
        let same_encoding = self.session == session;
        self.session = session;
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
                Some(state) => RuleState { tally: state.tally, ..self.state(rule) },
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
        let rules = self.rules.len();
        if self.listeners.len() < Self::PEERS {
            self.listeners.entry(peer).or_insert_with(|| Listener::new(rules, now));
        }
    }

    /// A connection stands, or the port was opened.
    pub fn connected(&mut self, peer: PeerId, now: Duration, record: Position) {
        self.elapse(now);
        self.listeners.remove(&peer);
        self.present(peer, now);
        self.happened(peer, now, record, |matching| matches!(matching, Matching::Connected));
    }

    /// It is over: what waits for it is not sent.
    pub fn disconnected(&mut self, peer: PeerId, now: Duration, record: Position) {
        self.elapse(now);
        self.end_messages(Some(peer));
        self.listeners.remove(&peer);
        let keep = |act: &mut RuleAct| {
            act.peer != peer || !matches!(act.action(), Some(RuleAction::Send(_)))
        };
        for rule in self.queue.retain(keep) {
            self.refused(rule);
        }
        self.happened(peer, now, record, |matching| matches!(matching, Matching::Disconnected));
    }

    /// Something came from a peer, which is kept in this record.
    pub fn received(&mut self, peer: PeerId, now: Duration, record: Position, bytes: &[u8]) {
        if bytes.is_empty() || !self.listens() {
            return;
        }
        self.elapse(now);
        self.present(peer, now);
        // Out of the map, because what matches changes everything else.
        let Some(mut listener) = self.listeners.remove(&peer) else { return };
        listener.heard = now;
        listener.record = (record, listener.held.end());
        listener.cursors.iter_mut().for_each(|cursor| cursor.told = false);
        for piece in bytes.chunks(Self::PIECE) {
            listener.held.push(piece);
            while let Some((index, found)) = self.first_of(&mut listener) {
                self.matched(index, peer, &mut listener, found);
            }
        }
        self.listeners.insert(peer, listener);
    }

    /// The match that is whole first, of all rules; of those that are at the same byte, the first rule's.
    fn first_of(&mut self, listener: &mut Listener) -> Option<(usize, Found)> {
        let mut first: Option<(u64, usize)> = None;
        for (index, state) in self.rules.iter_mut().enumerate() {
            if !state.is_active() {
                listener.forget(index);
                continue;
            }
            let Some(compiled) = &mut state.compiled else { continue };
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
        while let Some((due, index, peer)) = self.next_timer()
            && due <= now
        {
            self.elapsed(index, peer);
        }
    }

    /// What time ends next.
    fn next_timer(&self) -> Option<(Duration, usize, PeerId)> {
        let timed = self.rules.iter().enumerate().filter_map(|(index, state)| {
            let compiled = state.compiled.as_ref().filter(|_| state.is_active())?;
            compiled.is_timed().then_some((index, compiled))
        });
        let all = timed.flat_map(|(index, compiled)| {
            self.listeners.iter().filter_map(move |(peer, listener)| {
                Some((listener.due(index, compiled)?, index, *peer))
            })
        });
        all.min()
    }

    fn elapsed(&mut self, index: usize, peer: PeerId) {
        let Some(mut listener) = self.listeners.remove(&peer) else { return };
        let compiled = self.rules.get(index).and_then(|state| state.compiled.as_ref());
        if let Some(found) = compiled.and_then(|compiled| listener.elapsed(index, compiled)) {
            self.matched(index, peer, &mut listener, found);
        }
        self.listeners.insert(peer, listener);
    }

    /// Nothing more comes, of one peer or of all: what has come of a message is all of it.
    pub fn end_messages(&mut self, of: Option<PeerId>) {
        let peers: Vec<PeerId> =
            self.listeners.keys().copied().filter(|peer| of.is_none_or(|of| of == *peer)).collect();
        for peer in peers {
            for index in 0..self.rules.len() {
                let state = &self.rules[index];
                let is_message = matches!(
                    state.compiled.as_ref().map(|it| &it.matching),
                    Some(Matching::Message { .. })
                );
                if state.is_active() && is_message {
                    self.elapsed(index, peer);
                }
            }
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
        let at = match &state.compiled {
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
            let meant = state.compiled.as_ref().is_some_and(|it| is_meant(&it.matching));
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
        let (rule, captures) = (state.rule.clone(), Arc::new(captures));
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
            self.queue.push((index, &rule), number, of, &captures, due);
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
                let timer = self.next_timer().map(|(due, ..)| due);
                RuleStep::Wait(self.queue.due().into_iter().chain(timer).min())
            }
        }
    }

    /// The matches since this was asked last, when the rules are only tried.
    pub fn take_hits(&mut self) -> Vec<RuleHit> {
        self.hits.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl RuleState {
    fn is_active(&self) -> bool {
        self.rule.on && self.compiled.is_some() && !self.tally.tripped
    }
}

/// Whether they do the same, whatever they are called and whether or not they are on.
fn is_same(a: &Rule, b: &Rule) -> bool {
    (a.go_on, &a.when, &a.actions) == (b.go_on, &b.when, &b.actions)
}
