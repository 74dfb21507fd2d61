//! Rules at work, on time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use espalier_core::backend::{ListRequest, PeerSelector, SharedRules};
use espalier_core::rules::{
    Rule, RuleAct, RuleAction, RuleRun, RuleStep, RuleTally, RuleTelling, told_text,
};
use espalier_core::send::PlaceholderValues;
use espalier_core::send_list::ListPlan;
use espalier_core::session::{EndReason, MarkedPlace, RulesStatus, SessionEvent};
use espalier_core::view::{EncodingName, TimeZone};
use espalier_core::{PeerId, Position, Sentence, Timestamp, say};
use parking_lot::{Condvar, Mutex};

use super::rule_sink::RuleSink;
use super::tap::Tap;
use crate::clock::now;
use crate::on_time::wake_on_time;
use crate::receipt::UnsentCounter;
use crate::untrusted::said;

/// A read is at most so long ago when rules hear of it: a clock that was set is no delay.
const LONGEST_AGO: Duration = Duration::from_secs(1);

/// Rules at work; they stop when this is dropped.
///
/// They have a thread of their own, which does what is due: what comes is matched where it is read, and nothing is sent there.
#[derive(Debug)]
pub struct RuleRunner {
    shared: Arc<RunnerShared>,
}

#[derive(Debug)]
struct RunnerShared {
    begun: Instant,
    state: Mutex<RunnerState>,
    changed: Condvar,
    /// Whether anything that comes can match.
    listens: AtomicBool,
}

#[derive(Debug)]
struct RunnerState {
    run: RuleRun,
    common: Arc<SharedRules>,
    encoding: EncodingName,
    /// How often something from outside has changed it.
    changes: u64,
    is_over: bool,
    /// The thread has failed: nothing is done any more.
    has_failed: bool,
    /// Who hears that the session has ended, and why, when all that was due by then is done.
    ending: Option<(Arc<Tap>, Option<EndReason>)>,
    /// What the system did not take of what each rule has sent, by its key.
    unsent: BTreeMap<u64, UnsentCounter>,
    marked: VecDeque<MarkedPlace>,
    /// The same for those who look at it, until there is another one.
    shown: Option<Arc<[MarkedPlace]>>,
    notices: VecDeque<(u64, Arc<str>)>,
}

impl Drop for RuleRunner {
    fn drop(&mut self) {
        self.shared.change(|state, _| {
            state.is_over = true;
            state.tell_end();
        });
    }
}

impl RunnerState {
    fn tell_end(&mut self) {
        if let Some((tap, reason)) = self.ending.take() {
            tap.ended(reason);
        }
    }
}

impl RuleRunner {
    /// Begins at once.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(
        sink: Weak<impl RuleSink>,
        run: RuleRun,
        common: Arc<SharedRules>,
        encoding: EncodingName,
    ) -> std::io::Result<Self> {
        let listens = AtomicBool::new(run.listens());
        let state = RunnerState {
            run,
            common,
            encoding,
            changes: 0,
            is_over: false,
            has_failed: false,
            ending: None,
            unsent: BTreeMap::new(),
            marked: VecDeque::new(),
            shown: None,
            notices: VecDeque::new(),
        };
        let shared = Arc::new(RunnerShared {
            begun: Instant::now(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            listens,
        });
        let thread = shared.clone();
        thread::Builder::new().name("espalier-rules".to_owned()).spawn(move || {
            wake_on_time();
            let done = catch_unwind(AssertUnwindSafe(|| thread.run(&sink)));
            if let Err(panic) = done {
                thread.failed(&sink, &said(&*panic));
            }
        })?;
        Ok(Self { shared })
    }

    /// The session has ended for this reason, which passes the tap when what was due by then is done: marks and notices of
    /// what came last are no less told than those before.
    pub fn ends(&self, tap: &Arc<Tap>, reason: Option<EndReason>) {
        self.shared.change(|state, _| {
            // The first of two is the end: a rule may stop what ends by itself.
            state.ending.get_or_insert_with(|| (Arc::clone(tap), reason));
            if state.has_failed {
                state.tell_end();
            }
        });
    }

    /// Whether they have failed, and do nothing any more.
    pub fn has_failed(&self) -> bool {
        self.shared.state.lock().has_failed
    }

    /// Other rules, or the same ones changed.
    pub fn replace(&self, rules: &[Rule], common: Arc<SharedRules>, encoding: EncodingName) {
        self.shared.change(|state, now| {
            state.run.replace(rules, encoding.clone(), now);
            state.common = common;
            state.encoding = encoding;
            let keys: BTreeSet<u64> = state.run.keys().collect();
            state.unsent.retain(|key, _| keys.contains(key));
        });
    }

    /// The encoding of what has none of its own.
    pub fn encoding(&self) -> EncodingName {
        self.shared.state.lock().encoding.clone()
    }

    /// Switches a rule on again that matched too often.
    pub fn arm(&self, rule: usize) {
        self.shared.change(|state, _| state.run.arm(rule));
    }

    /// A peer is there already; the encoding that it has of its own.
    pub fn present(&self, peer: PeerId, encoding: Option<&EncodingName>) {
        self.shared.change(|state, now| {
            state.run.speaks(peer, encoding);
            state.run.present(peer, now);
        });
    }

    /// A connection stands, which this record tells; the encoding that it has of its own.
    pub fn connected(&self, peer: PeerId, encoding: Option<&EncodingName>, record: Position) {
        self.shared.change(|state, now| {
            state.run.speaks(peer, encoding);
            state.run.connected(peer, now, record);
        });
    }

    /// The encoding that a peer has of its own from now on.
    pub fn speaks(&self, peer: PeerId, encoding: Option<&EncodingName>) {
        self.shared.change(|state, _| state.run.speaks(peer, encoding));
    }

    /// A connection is over, which this record tells.
    pub fn disconnected(&self, peer: PeerId, record: Position) {
        self.shared.change(|state, now| state.run.disconnected(peer, now, record));
    }

    /// One that was heard is over before it stood.
    pub fn gone(&self, peer: PeerId) {
        self.shared.change(|state, now| state.run.gone(peer, now));
    }

    /// Takes what came from a peer at this time.
    pub fn heard(
        &self,
        (peer, datagram): (PeerId, bool),
        at: Timestamp,
        record: Position,
        bytes: &[u8],
    ) {
        if !self.shared.listens.load(Ordering::Acquire) {
            return;
        }
        let ago = u64::try_from(now().0.saturating_sub(at.0)).unwrap_or(0);
        let ago = Duration::from_nanos(ago).min(LONGEST_AGO);
        self.shared.change(|state, now| {
            let at = now.saturating_sub(ago);
            match datagram {
                true => state.run.received_datagram(peer, at, record, bytes),
                false => state.run.received(peer, at, record, bytes),
            }
        });
    }

    /// How they stand.
    pub fn status(&self) -> RulesStatus {
        let mut state = self.shared.state.lock();
        let RunnerState { marked, shown, .. } = &mut *state;
        let marked = shown.get_or_insert_with(|| marked.iter().copied().collect()).clone();
        let missed = |key| state.unsent.get(&key).map_or(0, UnsentCounter::missed);
        // What was given to be sent, and what became of it since.
        let tallies = state.run.keys().zip(state.run.tallies()).map(|(key, tally)| {
            let missed = missed(key).min(tally.sent);
            RuleTally { sent: tally.sent - missed, refused: tally.refused + missed, ..tally }
        });
        RulesStatus {
            tallies: tallies.collect(),
            faults: state.run.rules().map(|(_, fault)| fault.map(Arc::from)).collect(),
            notices: state.notices.iter().cloned().collect(),
            marked,
        }
    }
}

impl RunnerShared {
    fn change(&self, change: impl FnOnce(&mut RunnerState, Duration)) {
        let mut state = self.state.lock();
        change(&mut state, self.begun.elapsed());
        state.changes += 1;
        let listens = state.run.listens() && !state.has_failed;
        self.listens.store(listens, Ordering::Release);
        drop(state);
        self.changed.notify_all();
    }

    /// A fault of ours in the rules' thread: the session goes on without them.
    fn failed(&self, sink: &Weak<impl RuleSink>, why: &str) {
        self.change(|state, _| {
            state.has_failed = true;
            state.tell_end();
        });
        let Some(sink) = sink.upgrade() else { return };
        sink.note(say!(
            "note-rules-failed",
            "the rules do nothing any more: the program failed in them ({why}); switch one off and on to have them begin anew",
            why = why,
        ));
        sink.mark_dirty();
    }

    /// Does what the rules say until they are let go of. Nothing is asked of the session while they are locked: what comes is
    /// told to them under locks of the session.
    fn run(&self, sink: &Weak<impl RuleSink>) {
        // Rules that could not send, and have not since, by their keys: told once.
        let mut unsent = BTreeSet::new();
        loop {
            let (step, changes) = {
                let mut state = self.state.lock();
                if state.is_over {
                    return;
                }
                let step = state.run.next(self.begun.elapsed());
                self.listens.store(state.run.listens(), Ordering::Release);
                (step, state.changes)
            };
            let until = match step {
                RuleStep::Wait(until) => until,
                RuleStep::Tell(telling) => {
                    let Some(sink) = sink.upgrade() else { return };
                    sink.note(self.told(&telling));
                    sink.mark_dirty();
                    continue;
                }
                RuleStep::Act(act) => {
                    let Some(sink) = sink.upgrade() else { return };
                    self.act(&sink, &act, &mut unsent);
                    sink.mark_dirty();
                    continue;
                }
            };
            let mut state = self.state.lock();
            if state.changes == changes {
                state.tell_end();
                match until {
                    Some(until) => {
                        self.changed.wait_until(&mut state, self.begun + until);
                    }
                    None => self.changed.wait(&mut state),
                }
            }
        }
    }

    fn act<S: RuleSink>(&self, sink: &Arc<S>, act: &RuleAct, unsent: &mut BTreeSet<u64>) {
        let to = match act.peer {
            PeerId::SESSION => PeerSelector::All,
            peer => PeerSelector::Peers(vec![peer]),
        };
        let label = act.rule.label();
        match act.action() {
            None => {}
            Some(RuleAction::Send(_)) => match self.send(&**sink, act, &to, unsent) {
                Ok(()) => {
                    unsent.remove(&act.key);
                    self.change(|state, _| state.run.sent(act.index));
                }
                Err(why) => {
                    self.change(|state, _| state.run.refused(act.index));
                    if unsent.insert(act.key) {
                        let why = say!(
                            "note-rule-unsent",
                            "rule \"{rule}\" could not send: {why}",
                            rule = label,
                            why = why,
                        );
                        sink.event(act.peer, SessionEvent::Note(why));
                    }
                }
            },
            Some(RuleAction::RunList { group }) => self.run_list(sink, act, group, to),
            Some(RuleAction::Highlight { color }) => {
                let (record, offset) = act.place;
                let place = MarkedPlace { record, offset, peer: act.peer, color: *color % 8 };
                let mut state = self.state.lock();
                let at = state.marked.partition_point(|it| *it < place);
                state.marked.insert(at, place);
                state.shown = None;
                if state.marked.len() > RulesStatus::MARKED {
                    state.marked.pop_front();
                }
            }
            Some(RuleAction::Notify { text }) => {
                let text = self.told_text(&**sink, act, &to, text);
                let mut state = self.state.lock();
                let number = state.notices.back().map_or(1, |(number, _)| number + 1);
                state.notices.push_back((number, text.as_str().into()));
                if state.notices.len() > RulesStatus::NOTICES {
                    state.notices.pop_front();
                }
                drop(state);
                let told = say!("note-rule-notice", "rule: {text}", text = text);
                sink.event(act.peer, SessionEvent::Note(told));
            }
            Some(RuleAction::Mark { text }) => {
                let text = self.told_text(&**sink, act, &to, text);
                sink.event(act.peer, SessionEvent::Mark(text));
            }
            Some(RuleAction::StopList) => {
                sink.stop_list();
                let told = say!(
                    "note-rule-stops-list",
                    "rule \"{rule}\" stops the send list",
                    rule = label
                );
                sink.event(act.peer, SessionEvent::Note(told));
            }
            Some(RuleAction::EndSession) => {
                let told = say!("note-rule-ends", "rule \"{rule}\" ends the session", rule = label);
                sink.event(act.peer, SessionEvent::Note(told));
                sink.end_session();
            }
        }
    }

    /// What a notice or a mark says; the rule's name where nothing is written.
    fn told_text(
        &self,
        sink: &impl RuleSink,
        act: &RuleAct,
        to: &PeerSelector,
        text: &str,
    ) -> String {
        if text.is_empty() {
            return act.rule.label().to_owned();
        }
        let (counter, common, encoding) = {
            let state = self.state.lock();
            let counter = state
                .run
                .tallies()
                .nth(act.index)
                .map_or(0, |tally| tally.matches.saturating_sub(1));
            (counter, state.common.clone(), state.run.spoken(act.peer).clone())
        };
        let (address, zone) = (sink.address(to), TimeZone::system());
        let mut values = PlaceholderValues::new(counter, now(), zone, &address, &common.variables)
            .with_captures(&act.captures);
        told_text(text, &encoding, &mut values)
    }

    /// Sends what a rule sends; before it stands in the log whose it is.
    fn send(
        &self,
        sink: &impl RuleSink,
        act: &RuleAct,
        to: &PeerSelector,
        unsent: &mut BTreeSet<u64>,
    ) -> Result<(), String> {
        let Some(RuleAction::Send(answer)) = act.action() else { return Ok(()) };
        let (counter, common, encoding, receipt) = {
            let mut state = self.state.lock();
            let counter = state.run.tallies().nth(act.index).map_or(0, |tally| tally.sent);
            let receipt = state.unsent.entry(act.key).or_default().receipt();
            (counter, state.common.clone(), state.encoding.clone(), receipt)
        };
        let address = sink.address(to);
        let (at, zone) = (now(), TimeZone::system());
        // In the encoding of the one that it goes to.
        let bytes = sink.compose(to, &encoding, &mut |encoding| {
            let mut values =
                PlaceholderValues::new(counter, at, zone.clone(), &address, &common.variables)
                    .with_captures(&act.captures);
            answer.compose(encoding, &mut values).map_err(|error| error.to_string())
        })?;
        let ends = address.parse::<SocketAddr>();
        let length = ends.map_or(bytes.common(), |ends| bytes.of(ends.ip())).len();
        sink.reach(to).map_err(|refusal| refusal.to_string())?;
        let told = say!(
            "note-rule-sends",
            "rule \"{rule}\" sends {bytes} bytes",
            rule = act.rule.label(),
            bytes = length,
        );
        sink.event(act.peer, SessionEvent::Note(told));
        sink.deliver(to, &bytes, Some(&receipt)).map_err(|refusal| {
            // The log says that it is sent: that it was not is told each time.
            unsent.remove(&act.key);
            refusal.to_string()
        })
    }

    fn run_list<S: RuleSink>(&self, sink: &Arc<S>, act: &RuleAct, group: &str, to: PeerSelector) {
        let (common, encoding) = {
            let state = self.state.lock();
            (state.common.clone(), state.encoding.clone())
        };
        let found = common.list.groups.iter().position(|it| it.name == group);
        let Some(found) = found else {
            let told = say!(
                "note-rule-no-group",
                "rule \"{rule}\" runs nothing: the send list has no group \"{group}\"",
                rule = act.rule.label(),
                group = group,
            );
            return sink.event(act.peer, SessionEvent::Note(told));
        };
        let told = say!(
            "note-rule-runs-list",
            "rule \"{rule}\" runs \"{group}\" of the send list",
            rule = act.rule.label(),
            group = group,
        );
        sink.event(act.peer, SessionEvent::Note(told));
        let plan = ListPlan::of_all(&common.list, Some(found), Some(1));
        let variables = common.variables.clone();
        Arc::clone(sink).run_list(ListRequest { to, plan, encoding, variables });
    }

    fn told(&self, telling: &RuleTelling) -> Sentence {
        let label = |rule: usize| {
            let state = self.state.lock();
            let found = state.run.rules().nth(rule);
            found.map_or_else(String::new, |(rule, _)| rule.label().to_owned())
        };
        match telling {
            RuleTelling::Tripped { rule, by_all: false } => say!(
                "note-rule-tripped",
                "rule \"{rule}\" is switched off: it matched more than {rate} times a second, as rules do that answer each other",
                rule = label(*rule),
                rate = RuleRun::RATE,
            ),
            RuleTelling::Tripped { rule, by_all: true } => say!(
                "note-rule-tripped-all",
                "rule \"{rule}\" is switched off: all rules together matched more than {rate} times a second",
                rule = label(*rule),
                rate = RuleRun::RATE_OF_ALL,
            ),
            RuleTelling::Full => say!(
                "note-rules-full",
                "too much waits to be done by rules: what they do meanwhile is left out and counted"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
