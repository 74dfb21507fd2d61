//! Which entry of a list is sent when.
//!
//! The run is told the time and what happened, and says what to do next; it waits for nothing itself. Times are counted from
//! its beginning, and each due time from the one before it: what is sent late does not make what follows late, too.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{AnswerMatcher, AnswerSpec, ListPlan, OnNoAnswer, PlannedEntry};
use crate::PeerId;
use crate::view::EncodingName;

/// A run is as late as this at most: the computer slept, and a burst of old messages helps nobody.
const TOO_LATE: Duration = Duration::from_secs(1);

/// A run of a send list.
#[derive(Debug)]
pub struct ListRun {
    plan: ListPlan,
    session: EncodingName,
    /// Place in the plan, and how often this entry was sent in a row.
    at: usize,
    times: u32,
    progress: RunProgress,
    /// When the next entry is due.
    due: Duration,
    state: RunState,
    paused: bool,
    /// While it is paused, this many are sent all the same.
    steps: u32,
    /// How often the entry was sent again for want of an answer.
    tries: u32,
    /// What the entry waits for, and what came of it from each peer: an answer is not made of two halves of two peers.
    matcher: Option<AnswerMatcher>,
    heard: Vec<(PeerId, AnswerMatcher)>,
    answered: bool,
    /// What was compiled, by the entry's place: once for all rounds.
    compiled: BTreeMap<usize, AnswerMatcher>,
    /// The target had no room for the entry.
    held_up: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum RunState {
    /// The next entry is sent when it is due.
    Due,
    /// The entry is being sent.
    Sending,
    /// Its answer may come until then.
    Answer(Duration),
    Over(RunEnd),
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunProgress {
    /// How many messages were sent.
    pub sent: u64,
    /// How many rounds are done.
    pub rounds: u64,
    /// How many answers have come.
    pub answers: u64,
    /// How many answers have not come in time.
    pub missing: u64,
}

/// What a run does at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunPhase {
    /// It sends.
    Sending,
    /// It waits for an answer.
    Waiting,
    /// It waits until the target has room.
    HeldUp,
    /// It is paused.
    Paused,
    /// It is over.
    Over(RunEnd),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// All was sent.
    Done,
    /// The user stopped it.
    Stopped,
    /// No answer came in time.
    NoAnswer,
    /// An entry cannot be sent, or its answer not waited for: why.
    Unsendable(String),
    /// The target takes nothing any more: why.
    TargetGone(String),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunAction {
    /// Send the entry at this place of the plan, then tell [`ListRun::sent`].
    Send(usize),
    /// Nothing until then; `None`: until something else happens.
    Wait(Option<Duration>),
    /// Nothing any more.
    Over(RunEnd),
}

impl ListRun {
    /// How many peers are listened to at once; of more, those that speak first.
    const PEERS: usize = 1024;

    /// A run that begins at once. `session` is the encoding of entries that have none of their own.
    pub fn new(plan: ListPlan, session: EncodingName) -> Self {
        let state = match plan.entries.is_empty() || plan.rounds == Some(0) {
            true => RunState::Over(RunEnd::Done),
            false => RunState::Due,
        };
        Self {
            plan,
            session,
            at: 0,
            times: 0,
            progress: RunProgress::default(),
            due: Duration::ZERO,
            state,
            paused: false,
            steps: 0,
            tries: 0,
            matcher: None,
            heard: Vec::new(),
            answered: false,
            compiled: BTreeMap::new(),
            held_up: false,
        }
    }

    /// What is sent.
    pub const fn plan(&self) -> &ListPlan {
        &self.plan
    }

    /// The entry that is sent next, or whose answer is waited for, or with which the run ended.
    pub fn current(&self) -> Option<&PlannedEntry> {
        self.plan.entries.get(self.at)
    }

    /// How far it has come.
    pub const fn progress(&self) -> RunProgress {
        self.progress
    }

    /// What it does.
    pub fn phase(&self) -> RunPhase {
        match &self.state {
            RunState::Over(end) => RunPhase::Over(end.clone()),
            RunState::Answer(_) => RunPhase::Waiting,
            _ if self.held_up => RunPhase::HeldUp,
            _ if self.paused && self.steps == 0 => RunPhase::Paused,
            _ => RunPhase::Sending,
        }
    }

    /// Whether nothing is sent until it is resumed or stepped; an answer may still be waited for.
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// What is to be done now.
    pub fn next(&mut self, now: Duration) -> RunAction {
        if let RunState::Answer(until) = self.state
            && now >= until
        {
            self.unanswered(until);
        }
        match &self.state {
            RunState::Over(end) => RunAction::Over(end.clone()),
            RunState::Answer(until) => RunAction::Wait(Some(*until)),
            RunState::Sending => RunAction::Wait(None),
            RunState::Due if self.paused && self.steps == 0 => RunAction::Wait(None),
            RunState::Due if now < self.due => RunAction::Wait(Some(self.due)),
            RunState::Due => match self.expect() {
                Ok(()) => {
                    self.state = RunState::Sending;
                    RunAction::Send(self.at)
                }
                Err(end) => {
                    self.state = RunState::Over(end.clone());
                    RunAction::Over(end)
                }
            },
        }
    }

    /// Makes ready to hear the answer, which may be there before the sender knows that all was sent.
    fn expect(&mut self) -> Result<(), RunEnd> {
        self.heard.clear();
        self.answered = false;
        let Some(planned) = self.plan.entries.get(self.at) else { return Ok(()) };
        self.matcher = None;
        let Some(answer) = &planned.entry.answer else { return Ok(()) };
        if !self.compiled.contains_key(&self.at) {
            let encoding = planned.entry.encoding_in(&self.session);
            let compiled = AnswerMatcher::new(answer, encoding);
            let compiled = compiled.map_err(|fault| RunEnd::Unsendable(fault.to_string()))?;
            self.compiled.insert(self.at, compiled);
        }
        self.matcher = self.compiled.get(&self.at).cloned();
        Ok(())
    }

    /// Whether anything that comes can be the answer.
    pub const fn listens(&self) -> bool {
        self.matcher.is_some() && !matches!(self.state, RunState::Over(_))
    }

    /// Until when an answer may come, while one is waited for.
    pub const fn awaits_until(&self) -> Option<Duration> {
        match self.state {
            RunState::Answer(until) => Some(until),
            RunState::Due | RunState::Sending | RunState::Over(_) => None,
        }
    }

    /// The entry was sent.
    pub fn sent(&mut self, now: Duration) {
        if self.state != RunState::Sending {
            return;
        }
        self.held_up = false;
        self.progress.sent += 1;
        self.steps = self.steps.saturating_sub(1);
        match self.answer() {
            Some(_) if self.answered => self.answered(now),
            Some(answer) => {
                let within = Duration::from_millis(u64::from(answer.within_ms));
                self.state = RunState::Answer(now + within);
            }
            None => {
                // One that was asked for by hand is on no beat.
                let beat = if self.paused { now } else { self.due };
                self.go_on(beat);
                if now.saturating_sub(self.due) > TOO_LATE {
                    self.due = now;
                }
            }
        }
    }

    /// The target has no room at the moment: the same entry is due again then.
    pub fn held_up(&mut self, again: Duration) {
        if self.state == RunState::Sending {
            self.state = RunState::Due;
            self.due = again;
            self.held_up = true;
        }
    }

    /// Takes what came from one of those it sends to.
    pub fn heard(&mut self, peer: PeerId, bytes: &[u8], now: Duration) {
        let Some(fresh) = self.matcher.as_ref().filter(|_| self.listens()) else { return };
        let at = match self.heard.iter().position(|(known, _)| *known == peer) {
            Some(at) => at,
            None if self.heard.len() == Self::PEERS => return,
            None => {
                self.heard.push((peer, fresh.clone()));
                self.heard.len() - 1
            }
        };
        if self.heard[at].1.heard(bytes) {
            self.answered = true;
            if matches!(self.state, RunState::Answer(_)) {
                self.answered(now);
            }
        }
    }

    /// Sends nothing until it is resumed; an answer is still waited for.
    pub const fn pause(&mut self) {
        self.paused = true;
    }

    /// Goes on; what was due meanwhile is due now.
    pub fn resume(&mut self, now: Duration) {
        self.paused = false;
        self.steps = 0;
        self.due = self.due.max(now);
    }

    /// Sends the next entry at once, or as soon as its turn comes, and pauses before the one behind it.
    pub const fn step(&mut self) {
        self.paused = true;
        self.steps = 1;
        self.due = Duration::ZERO;
    }

    /// Ends it, for this reason; the first end counts.
    pub fn end(&mut self, end: RunEnd) {
        if !matches!(self.state, RunState::Over(_)) {
            self.state = RunState::Over(end);
        }
    }

    fn answer(&self) -> Option<&AnswerSpec> {
        self.current()?.entry.answer.as_ref()
    }

    fn answered(&mut self, now: Duration) {
        self.progress.answers += 1;
        self.go_on(now);
    }

    fn unanswered(&mut self, until: Duration) {
        self.progress.missing += 1;
        match self.answer().map(|answer| answer.otherwise) {
            Some(OnNoAnswer::GoOn) => self.go_on(until),
            Some(OnNoAnswer::Repeat(times)) if self.tries < times => {
                self.tries += 1;
                self.due = until;
                self.state = RunState::Due;
            }
            _ => self.state = RunState::Over(RunEnd::NoAnswer),
        }
    }

    /// Goes to what follows, which is due its delay after `from`.
    fn go_on(&mut self, from: Duration) {
        let entry = self.current().map(|planned| &planned.entry);
        let (delay, repeat) = entry.map_or((0, 1), |entry| (entry.delay_ms, entry.repeat));
        // What is stepped to waits for no delay.
        let delay = if self.steps > 0 { 0 } else { delay };
        self.due = from + Duration::from_millis(u64::from(delay));
        self.state = RunState::Due;
        self.matcher = None;
        self.heard.clear();
        self.tries = 0;
        self.times += 1;
        if self.times < repeat {
            return;
        }
        self.times = 0;
        if self.at + 1 < self.plan.entries.len() {
            self.at += 1;
            return;
        }
        self.progress.rounds += 1;
        match self.plan.rounds {
            Some(rounds) if self.progress.rounds >= rounds => {
                self.state = RunState::Over(RunEnd::Done);
            }
            _ => self.at = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send_list::{SendEntry, SendGroup, SendList};

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn entry(text: &str, delay_ms: u32) -> SendEntry {
        SendEntry { text: text.to_owned(), delay_ms, ..SendEntry::default() }
    }

    fn waiting(text: &str, otherwise: OnNoAnswer) -> SendEntry {
        let answer = AnswerSpec { pattern: "OK".to_owned(), otherwise, ..AnswerSpec::default() };
        SendEntry { answer: Some(answer), ..entry(text, 10) }
    }

    fn run(entries: Vec<SendEntry>, rounds: Option<u64>) -> ListRun {
        let list = SendList { groups: vec![SendGroup::new("", entries)] };
        ListRun::new(ListPlan::of_all(&list, None, rounds), EncodingName::default())
    }

    /// Everything that is sent with its time, on a clock that wakes `late` after what it was asked for.
    fn sends(
        run: &mut ListRun,
        late: Duration,
        most: usize,
    ) -> (Vec<(String, Duration)>, RunAction) {
        let (mut now, mut sent) = (Duration::ZERO, Vec::new());
        loop {
            match run.next(now) {
                RunAction::Send(at) => {
                    sent.push((run.plan().entries[at].entry.text.clone(), now));
                    run.sent(now);
                    if sent.len() == most {
                        return (sent, RunAction::Wait(None));
                    }
                }
                RunAction::Wait(Some(until)) => now = until + late,
                end => return (sent, end),
            }
        }
    }

    #[test]
    fn what_is_late_makes_nothing_else_late() {
        let mut run = run(vec![entry("a", 10), entry("b", 20), entry("c", 30)], Some(1000));
        let (sent, end) = sends(&mut run, ms(3), usize::MAX);
        assert_eq!((sent.len(), end), (3000, RunAction::Over(RunEnd::Done)));
        assert_eq!(sent[2999].1, ms(999 * 60 + 30 + 3));
        assert_eq!(run.progress().rounds, 1000);
    }

    #[test]
    fn an_entry_is_sent_as_often_as_it_says() {
        let twice = SendEntry { repeat: 2, ..entry("a", 5) };
        let (sent, _) = sends(&mut run(vec![twice, entry("b", 5)], Some(2)), ms(0), usize::MAX);
        let texts: Vec<_> = sent.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["a", "a", "b", "a", "a", "b"]);
        assert_eq!(sent[5].1, ms(25));
    }

    #[test]
    fn an_answer_is_waited_for_and_the_delay_counts_from_it() {
        let mut run = run(vec![waiting("a", OnNoAnswer::Stop), entry("b", 0)], Some(1));
        assert_eq!(run.next(ms(0)), RunAction::Send(0));
        run.heard(PeerId(1), b"O", ms(0));
        run.sent(ms(1));
        assert_eq!(run.next(ms(2)), RunAction::Wait(Some(ms(1001))));
        assert_eq!((run.phase(), run.awaits_until()), (RunPhase::Waiting, Some(ms(1001))));
        run.heard(PeerId(1), b"K", ms(300));
        assert_eq!(run.awaits_until(), None);
        assert_eq!(run.next(ms(301)), RunAction::Wait(Some(ms(310))));
        assert_eq!(run.next(ms(310)), RunAction::Send(1));
    }

    #[test]
    fn halves_of_two_peers_are_no_answer() {
        let mut run = run(vec![waiting("a", OnNoAnswer::Stop), entry("b", 0)], Some(1));
        run.next(ms(0));
        run.sent(ms(0));
        run.heard(PeerId(1), b"O", ms(1));
        run.heard(PeerId(2), b"K", ms(1));
        assert_eq!(run.phase(), RunPhase::Waiting);
        run.heard(PeerId(1), b"K", ms(2));
        assert_eq!(run.phase(), RunPhase::Sending);
    }

    #[test]
    fn an_answer_may_be_there_before_all_is_known_to_be_sent() {
        let mut run = run(vec![waiting("a", OnNoAnswer::Stop), entry("b", 0)], Some(1));
        run.next(ms(0));
        run.heard(PeerId(1), b"OK", ms(0));
        run.sent(ms(5));
        assert_eq!(run.next(ms(15)), RunAction::Send(1));
    }

    #[test]
    fn without_an_answer_it_stops_goes_on_or_repeats() {
        let stops = sends(&mut run(vec![waiting("a", OnNoAnswer::Stop)], None), ms(0), 9);
        assert_eq!((stops.0.len(), stops.1), (1, RunAction::Over(RunEnd::NoAnswer)));
        let mut going = run(vec![waiting("a", OnNoAnswer::GoOn), entry("b", 0)], Some(1));
        assert_eq!(sends(&mut going, ms(0), 9).0[1], ("b".to_owned(), ms(1010)));
        assert_eq!(going.progress().missing, 1);
        let mut again = run(vec![waiting("a", OnNoAnswer::Repeat(2)), entry("b", 0)], Some(1));
        let (sent, end) = sends(&mut again, ms(0), 9);
        let times: Vec<_> = sent.iter().map(|(_, at)| *at).collect();
        assert_eq!(times, [ms(0), ms(1000), ms(2000)]);
        assert_eq!(end, RunAction::Over(RunEnd::NoAnswer));
    }

    #[test]
    fn a_paused_run_sends_what_it_is_stepped_to() {
        let mut run = run(vec![entry("a", 1000), entry("b", 1000), entry("c", 0)], Some(1));
        assert_eq!(run.next(ms(0)), RunAction::Send(0));
        run.sent(ms(0));
        run.pause();
        assert_eq!(run.next(ms(5000)), RunAction::Wait(None));
        run.step();
        assert_eq!(run.next(ms(5000)), RunAction::Send(1));
        run.sent(ms(5000));
        assert_eq!((run.next(ms(9000)), run.phase()), (RunAction::Wait(None), RunPhase::Paused));
        run.resume(ms(9000));
        assert_eq!(run.next(ms(9000)), RunAction::Send(2));
    }

    #[test]
    fn a_step_while_an_answer_is_awaited_needs_no_delay_behind_it() {
        let mut run = run(vec![waiting("a", OnNoAnswer::Stop), entry("b", 0)], Some(1));
        run.next(ms(0));
        run.sent(ms(0));
        run.pause();
        assert_eq!((run.phase(), run.is_paused()), (RunPhase::Waiting, true));
        run.step();
        run.heard(PeerId(1), b"OK", ms(3));
        assert_eq!(run.next(ms(3)), RunAction::Send(1));
    }

    #[test]
    fn after_its_end_nothing_is_listened_to() {
        let mut run = run(vec![waiting("a", OnNoAnswer::Stop)], None);
        run.next(ms(0));
        run.sent(ms(0));
        assert!(run.listens());
        assert_eq!(run.next(ms(5000)), RunAction::Over(RunEnd::NoAnswer));
        assert!(!run.listens());
        run.heard(PeerId(1), b"OK", ms(5001));
        assert_eq!(run.progress().answers, 0);
    }

    #[test]
    fn a_step_waits_for_room_too() {
        let mut run = run(vec![entry("a", 1000), entry("b", 0)], Some(1));
        run.pause();
        run.step();
        assert_eq!(run.next(ms(0)), RunAction::Send(0));
        run.held_up(ms(5));
        assert_eq!(run.next(ms(1)), RunAction::Wait(Some(ms(5))));
        assert_eq!(run.next(ms(5)), RunAction::Send(0));
    }

    #[test]
    fn after_a_sleep_of_the_computer_there_is_no_burst() {
        let mut run = run(vec![entry("a", 100)], None);
        run.next(ms(0));
        run.sent(ms(0));
        assert_eq!(run.next(ms(60_000)), RunAction::Send(0));
        run.sent(ms(60_000));
        assert_eq!(run.next(ms(60_001)), RunAction::Send(0));
        run.sent(ms(60_001));
        assert_eq!(run.next(ms(60_001)), RunAction::Wait(Some(ms(60_100))));
    }

    #[test]
    fn nothing_is_skipped_where_there_is_no_room() {
        let mut run = run(vec![entry("a", 0), entry("b", 0)], Some(1));
        assert_eq!(run.next(ms(0)), RunAction::Send(0));
        run.held_up(ms(7));
        assert_eq!(
            (run.next(ms(1)), run.phase()),
            (RunAction::Wait(Some(ms(7))), RunPhase::HeldUp)
        );
        assert_eq!(run.next(ms(7)), RunAction::Send(0));
        run.sent(ms(7));
        assert_eq!(run.phase(), RunPhase::Sending);
    }
}
