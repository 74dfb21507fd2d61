//! What the thread of a replay does: sends each part when it is due, and compares what comes.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use espalier_core::backend::Refusal;
use espalier_core::capture::Source;
use espalier_core::replay::{
    AnswerMeter, AnswerUnits, Comparison, ExpectedAnswers, PlayStepKind, ReplayBeats, ReplayEnd,
    ReplayPace, ReplayPhase, ReplayPlan, ReplayRequest, ReplayScript,
};
use espalier_core::{Sentence, Timestamp, say};

use super::guest::ReplayState;
use super::host::{ReplayHost, ReplayTarget};

/// How often it is looked at whether the other end is still there.
const LOOK: Duration = Duration::from_millis(100);
/// How long a target without room is left alone.
const HELD_UP: Duration = Duration::from_millis(2);
/// After so long without a byte, what differs so far is told, and an answer that has come is over.
const QUIET: Duration = Duration::from_millis(250);
/// How many differences the log tells one by one.
const TOLD: usize = 16;

/// A replay under way.
pub struct Player<'a> {
    session: &'a Weak<dyn ReplayHost>,
    state: &'a ReplayState,
    target: ReplayTarget,
    request: &'a ReplayRequest,
    plan: &'a ReplayPlan,
    comparison: Comparison,
    answers: ExpectedAnswers<'a>,
    beats: ReplayBeats,
    /// Since when it is played: its first byte moved then.
    begun: Option<Instant>,
    /// The first byte of then was one that came.
    begins_by_hearing: bool,
    /// When the first byte came.
    heard: Option<Instant>,
    /// How much has come: of this exchange when the next waits for it, else of all.
    came: AnswerMeter,
    expected: AnswerMeter,
    exchange: u64,
    /// The longest silence, as it was then, in the answers that are waited for.
    silence: Duration,
    /// When something came or went last.
    moved: Instant,
    /// Until when its line needs for what it was given.
    line_free: Instant,
    /// Bytes that waited to be sent when it was looked at last.
    waiting: usize,
    /// What came was not looked at since nothing more did.
    unrested: bool,
    /// The last part that was sent by a step: those behind it follow it.
    stepped: Option<Timestamp>,
    told: usize,
}

impl<'a> Player<'a> {
    /// Nothing is sent yet.
    pub fn new(
        session: &'a Weak<dyn ReplayHost>,
        (state, target): (&'a ReplayState, ReplayTarget),
        source: &'a dyn Source,
        request: &'a ReplayRequest,
        plan: &'a ReplayPlan,
        units: AnswerUnits,
    ) -> Self {
        let script = ReplayScript::new(source, &request.choice, plan.peer, plan.end);
        let until = (request.pace == ReplayPace::ByAnswer).then_some(0);
        let now = Instant::now();
        Self {
            session,
            state,
            target,
            request,
            plan,
            comparison: Comparison::new(units.clone()),
            answers: ExpectedAnswers::new(script, until),
            beats: ReplayBeats::new(request.pace, plan.first),
            begun: None,
            begins_by_hearing: false,
            heard: None,
            came: AnswerMeter::new(units.clone()),
            expected: AnswerMeter::new(units),
            exchange: 0,
            silence: Duration::ZERO,
            moved: now,
            line_free: now,
            waiting: 0,
            unrested: false,
            stepped: None,
            told: 0,
        }
    }

    /// Plays all of it.
    ///
    /// # Errors
    /// Why not all was played.
    pub fn play(mut self, source: &'a dyn Source) -> Result<(), ReplayEnd> {
        let plan = self.plan;
        let mut script = ReplayScript::new(source, &self.request.choice, plan.peer, plan.end);
        let (mut parts, mut bytes, mut before) = (0, 0, plan.first);
        while let Some(step) = script.next() {
            let since = step.at.0.saturating_sub(before.0).max(0).cast_unsigned();
            before = step.at;
            match step.kind {
                PlayStepKind::Play => {
                    if step.exchange != self.exchange {
                        self.next_exchange(step.exchange)?;
                    }
                    // Where nothing waits for answers, those to all parts are waited for at the end.
                    if self.request.pace != ReplayPace::Fast {
                        self.silence = Duration::ZERO;
                    }
                    if !self.until_due(step.at)? {
                        return Err(self.gone(Refusal::Nobody));
                    }
                    self.send(step.bytes)?;
                    parts += 1;
                    bytes += step.bytes.len() as u64;
                }
                PlayStepKind::Expect => {
                    self.begins_by_hearing |= parts == 0;
                    self.expected.push(step.bytes);
                    self.silence = self.silence.max(Duration::from_nanos(since));
                }
                PlayStepKind::Finish => self.finish(step.at, false)?,
                PlayStepKind::FinishAfter if plan.half_open => self.finish(step.at, true)?,
                // The session does that by itself.
                PlayStepKind::FinishAfter => {}
            }
        }
        self.end()?;
        // What was there when it was looked through is not any more.
        let read = (bytes, self.answers.read());
        match parts == plan.parts && read == (plan.bytes, plan.expected) {
            true => Ok(()),
            false => Err(ReplayEnd::Failed(say!(
                "replay-parts-gone",
                "a part of the capture has gone while it was played (bytes of what was sent: {sent}, of the answers: {answers})",
                answers = plan.expected.saturating_sub(read.1),
                sent = plan.bytes.saturating_sub(read.0),
            ))),
        }
    }

    fn is_by_answer(&self) -> bool {
        self.request.pace == ReplayPace::ByAnswer
    }

    fn session(&self) -> Result<Arc<dyn ReplayHost>, ReplayEnd> {
        self.session.upgrade().ok_or(ReplayEnd::Stopped)
    }

    /// Goes on to this exchange, when it goes by answers not before the one to the last has come.
    fn next_exchange(&mut self, exchange: u64) -> Result<(), ReplayEnd> {
        if self.is_by_answer() {
            // Where the next part is wanted at once, what is still to come may come behind it.
            if self.until_answered()? {
                self.comparison.close(&mut self.answers);
                self.publish();
                self.came.begin();
                self.expected.begin();
            }
            self.answers.go_to(Some(exchange));
        }
        self.exchange = exchange;
        self.comparison.plays(exchange);
        Ok(())
    }

    /// Waits for the answer to what was played: until it is there, or does not come any more. `false`: the next part is wanted before.
    fn until_answered(&mut self) -> Result<bool, ReplayEnd> {
        self.set_phase(ReplayPhase::Waiting);
        let begun = Instant::now();
        loop {
            let is_over = self.is_over_there()?;
            if is_over || self.has_answer() || self.is_silent(begun) {
                break;
            }
            if self.is_step_wanted() {
                return Ok(false);
            }
            self.turn(None)?;
        }
        self.turn(Some(Instant::now()))?;
        Ok(true)
    }

    fn is_step_wanted(&self) -> bool {
        let inner = self.state.inner();
        inner.paused.is_some() && inner.steps > 0
    }

    /// Whether as much has come as came then. Where something of it is ignored its end is not known, but by the silence behind it.
    fn has_answer(&self) -> bool {
        let is_there = self.came.size() >= self.expected.size();
        is_there && (self.request.ignore.is_empty() || self.moved.elapsed() >= QUIET)
    }

    /// Whether nothing has moved for as long as an answer may take: beyond what it took then, and from when all was sent on.
    fn is_silent(&self, begun: Instant) -> bool {
        let then = match self.request.pace {
            ReplayPace::Recorded(factor) if factor < 1.0 => self.silence.div_f64(factor),
            _ => self.silence,
        };
        let since = self.moved.max(begun).max(self.line_free);
        since.elapsed() >= self.request.timeout().saturating_add(then)
    }

    /// What waits to be sent; `None`: the other end has gone. That less waits than before is a sign of life.
    fn waiting(&mut self) -> Result<Option<usize>, ReplayEnd> {
        let now = self.session()?.waiting(self.target);
        if now.is_some_and(|now| now < self.waiting) {
            self.moved = Instant::now();
        }
        self.waiting = now.unwrap_or_default();
        Ok(now)
    }

    /// Whether nothing more can come, and nothing waits to be sent.
    fn is_over_there(&mut self) -> Result<bool, ReplayEnd> {
        Ok(match self.waiting()? {
            None => true,
            Some(waiting) => waiting == 0 && self.session()?.has_finished(self.target),
        })
    }

    /// Since when it is played. Where the other end spoke first, that is when it has: it may take its time after it was connected.
    fn begin(&mut self) -> Result<Instant, ReplayEnd> {
        if let Some(begun) = self.begun {
            return Ok(begun);
        }
        if self.begins_by_hearing {
            self.set_phase(ReplayPhase::Waiting);
            let since = Instant::now();
            while self.heard.is_none()
                && since.elapsed() < self.request.timeout()
                && !self.is_step_wanted()
                && !self.is_over_there()?
            {
                self.turn(Some(since + self.request.timeout()))?;
            }
        }
        let begun = self.heard.filter(|_| self.begins_by_hearing).unwrap_or_else(Instant::now);
        self.begun = Some(begun);
        // A pause before that has put nothing off.
        let inner = &mut *self.state.inner();
        inner.rested = Duration::ZERO;
        inner.paused = inner.paused.map(|since| since.max(begun));
        Ok(begun)
    }

    /// Waits until what was recorded then is due; whether the other end is there then.
    fn until_due(&mut self, at: Timestamp) -> Result<bool, ReplayEnd> {
        let begun = match self.request.pace {
            ReplayPace::Recorded(_) => self.begin()?,
            ReplayPace::Fast | ReplayPace::ByAnswer => *self.begun.get_or_insert_with(Instant::now),
        };
        self.set_phase(ReplayPhase::Playing);
        loop {
            let now = begun.elapsed();
            let (is_paused, is_stepped) = {
                let inner = &mut *self.state.inner();
                let rested = std::mem::take(&mut inner.rested);
                if !rested.is_zero() {
                    match self.stepped.take() {
                        Some(last) => self.beats.begin_from(last, now),
                        None => self.beats.paused(rested),
                    }
                }
                let is_stepped = inner.paused.is_some() && inner.steps > 0;
                inner.steps -= u32::from(is_stepped);
                (inner.paused.is_some(), is_stepped)
            };
            let is_there = self.waiting()?.is_some();
            if is_stepped {
                self.stepped = Some(at);
            }
            let due = self.beats.due(at);
            if !is_there || is_stepped || (!is_paused && now >= due) {
                return Ok(is_there);
            }
            let until = begun.checked_add(due).filter(|_| !is_paused);
            self.turn(until)?;
        }
    }

    /// Says that nothing more is sent, when that was said then; by answers, not before those that came before it. `after`: the other end
    /// has to have said so, too.
    fn finish(&mut self, at: Timestamp, after: bool) -> Result<(), ReplayEnd> {
        if self.is_by_answer() {
            self.until_answered()?;
        }
        if self.until_due(at)? {
            let session = self.session()?;
            if !after || session.has_finished(self.target) {
                session.finish(self.target);
            }
        }
        Ok(())
    }

    /// Sends a part, as soon as there is room for it.
    fn send(&mut self, bytes: &[u8]) -> Result<(), ReplayEnd> {
        let bytes: Arc<[u8]> = bytes.into();
        // What has come is compared, however fast parts follow each other.
        self.turn(Some(Instant::now()))?;
        let mut held_up = false;
        loop {
            let Some(waiting) = self.waiting()? else {
                return Err(self.gone(Refusal::Nobody));
            };
            let (session, target) = (self.session()?, self.target);
            let receipt = self.state.unsent.receipt();
            let done = match waiting > 0 && waiting + bytes.len() > target.in_flight {
                true => Err(Refusal::Full),
                false => session.play(target, bytes.clone(), &receipt),
            };
            drop((receipt, session));
            match done {
                Ok(()) => break,
                Err(Refusal::Full) => {
                    if !held_up {
                        self.set_phase(ReplayPhase::HeldUp);
                        held_up = true;
                    }
                    self.turn(Some(Instant::now() + HELD_UP))?;
                }
                Err(refusal) => return Err(self.gone(refusal)),
            }
        }
        if held_up {
            self.set_phase(ReplayPhase::Playing);
        }
        self.moved = Instant::now();
        self.waiting += bytes.len();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let takes = self.target.byte_time.saturating_mul(length);
        let begins = self.line_free.max(self.moved);
        self.line_free = begins.checked_add(takes).unwrap_or(begins);
        {
            let status = &mut self.state.inner().status;
            status.sent += 1;
            status.sent_bytes += bytes.len() as u64;
        }
        self.publish();
        Ok(())
    }

    /// Why not all was sent, after what still came was compared.
    fn gone(&mut self, refusal: Refusal) -> ReplayEnd {
        self.listen();
        self.answers.go_to(Some(self.exchange));
        self.comparison.close(&mut self.answers);
        self.show();
        ReplayEnd::TargetGone(match refusal {
            Refusal::Closed(_) => {
                say!("replay-closed", "our side of the connection is closed")
            }
            Refusal::TooLong { most } => say!(
                "replay-too-long",
                "a datagram holds {most} bytes at most, and the next part has more",
                most = most,
            ),
            Refusal::Transferring => say!("replay-transfer", "a file is being transferred there"),
            _ => say!("replay-target-gone", "the other end has gone"),
        })
    }

    /// Waits for the rest of the answers.
    fn end(&mut self) -> Result<(), ReplayEnd> {
        self.set_phase(ReplayPhase::Ending);
        let begun = Instant::now();
        loop {
            let is_over = self.is_over_there()?;
            // What came before that is there.
            self.turn(is_over.then(Instant::now))?;
            let has_all = self.came.size() >= self.expected.size();
            let is_quiet = self.moved.max(begun).elapsed() >= QUIET.min(self.request.timeout());
            let is_done = has_all && is_quiet && self.waiting == 0;
            if is_over || is_done || self.is_silent(begun) {
                break;
            }
        }
        self.answers.go_to(None);
        self.comparison.close(&mut self.answers);
        self.publish();
        Ok(())
    }

    /// Compares what has come; when there is nothing, waits until then, for something to happen, or for the next look.
    fn turn(&mut self, until: Option<Instant>) -> Result<(), ReplayEnd> {
        let changes = self.state.changes();
        let heard = self.listen();
        if self.unrested && self.moved.elapsed() >= QUIET {
            self.unrested = false;
            // Only what was played can have been answered.
            self.answers.go_to(Some(self.exchange));
            self.comparison.rest(&mut self.answers);
            self.answers.go_to(self.is_by_answer().then_some(self.exchange));
            self.publish();
        }
        {
            let inner = self.state.inner();
            if inner.overflowed {
                return Err(ReplayEnd::Failed(say!(
                    "replay-overflowed",
                    "more came than could be compared in time"
                )));
            }
            if inner.stops {
                return Err(ReplayEnd::Stopped);
            }
        }
        let look = Instant::now() + LOOK;
        let until = until.map_or(look, |until| until.min(look));
        if !heard && until > Instant::now() {
            self.state.wait(changes, until);
        }
        Ok(())
    }

    /// Compares what has come; whether there was anything.
    fn listen(&mut self) -> bool {
        let input = self.state.take_input();
        if input.is_empty() {
            return false;
        }
        for bytes in input {
            self.came.push(&bytes);
            self.comparison.came(&bytes, &mut self.answers);
        }
        self.moved = Instant::now();
        self.heard.get_or_insert(self.moved);
        self.unrested = true;
        self.publish();
        true
    }

    fn set_phase(&self, phase: ReplayPhase) {
        self.state.inner().status.phase = phase;
        self.publish_only();
    }

    fn publish(&mut self) {
        self.show();
        self.publish_only();
    }

    fn publish_only(&self) {
        if let Some(session) = self.session.upgrade() {
            session.mark_dirty();
        }
    }

    /// Puts into the status what was compared, and tells what differs.
    fn show(&mut self) {
        {
            let status = &mut self.state.inner().status;
            status.totals = self.comparison.totals();
            if !Arc::ptr_eq(&status.differences, self.comparison.differences()) {
                status.differences = self.comparison.differences().clone();
            }
        }
        let differences = self.comparison.differences().clone();
        // The last one may go on.
        let sure = differences.len().saturating_sub(1).min(TOLD);
        for difference in differences.get(self.told..sure).unwrap_or_default() {
            self.tell(difference_told(difference));
        }
        self.told = self.told.max(sure);
    }

    fn tell(&self, sentence: Sentence) {
        if let Some(session) = self.session.upgrade() {
            session.note(sentence);
        }
    }
}

impl Drop for Player<'_> {
    /// The last difference is told when nothing goes on any more, and how many are not told.
    fn drop(&mut self) {
        let differences = self.comparison.differences().clone();
        for difference in differences.iter().take(TOLD).skip(self.told) {
            self.tell(difference_told(difference));
        }
        let more = self.comparison.totals().differences.saturating_sub(TOLD as u64);
        if more > 0 {
            self.tell(say!(
                "note-replay-more",
                "… and differences that are not told here: {count}",
                count = more,
            ));
        }
    }
}

fn difference_told(difference: &espalier_core::replay::Difference) -> Sentence {
    let alike = (difference.alike_before + difference.alike_behind) as u64;
    say!(
        "note-replay-difference",
        "the answer to exchange {exchange} differs at byte {place}; bytes expected: {expected}, came: {new}",
        exchange = difference.exchange,
        place = difference.first_byte(),
        expected = difference.expected_length - alike,
        new = difference.new_length - alike,
    )
}
