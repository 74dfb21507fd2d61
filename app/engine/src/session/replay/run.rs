//! The thread of a replay.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use std::{io, thread};

use espalier_core::backend::PeerSelector;
use espalier_core::capture::Source;
use espalier_core::replay::{
    AnswerUnits, ReplayEnd, ReplayFault, ReplayPace, ReplayPhase, ReplayPlan, ReplayRequest,
    ReplayStatus,
};
use espalier_core::{Sentence, say};

use super::guest::{Replay, ReplayState};
use super::host::{NoTarget, ReplayHost, ReplayTarget};
use super::player::Player;
use crate::on_time::wake_on_time;
use crate::untrusted::said;

/// What is to be played.
pub struct ReplayTask {
    /// The capture.
    pub source: Arc<dyn Source>,
    /// What of it, and how.
    pub request: ReplayRequest,
    /// What that comes to, when somebody has looked already.
    pub plan: Option<ReplayPlan>,
    /// To whom.
    pub to: PeerSelector,
    /// Somebody will be there; else somebody must be there now.
    pub waits: bool,
}

/// How often it is looked at whether somebody is there.
const LOOK: Duration = Duration::from_millis(10);

/// Begins it in a thread of its own; where it goes may be known only later.
///
/// # Errors
/// The system has no thread left.
pub fn start(
    session: Weak<dyn ReplayHost>,
    target: Option<ReplayTarget>,
    task: ReplayTask,
) -> io::Result<Replay> {
    let state = Arc::new(ReplayState::new(task.request.pace));
    if let Some(target) = target {
        state.goes_to(target);
    }
    if let Some(plan) = &task.plan {
        state.listen(plan.half_open);
    }
    let in_thread = state.clone();
    thread::Builder::new().name("espalier-replay".to_owned()).spawn(move || {
        wake_on_time();
        let played = catch_unwind(AssertUnwindSafe(|| play(&session, &in_thread, &task)));
        let end = match played {
            Ok(Ok(())) => ReplayEnd::Done,
            Ok(Err(end)) => end,
            Err(panic) => ReplayEnd::Failed(said(&*panic).into()),
        };
        let session = session.upgrade();
        // Told first: who sees that it is over has heard how it ended.
        if let Some(session) = &session {
            session.note(told(&end, &in_thread.status()));
        }
        let is_fin_due = in_thread.end(end);
        if let Some(session) = session {
            if let Some(target) = in_thread.place().filter(|_| is_fin_due) {
                session.finish(target);
            }
            session.mark_dirty();
        }
    })?;
    Ok(Replay::new(state))
}

fn play(
    session: &Weak<dyn ReplayHost>,
    state: &ReplayState,
    task: &ReplayTask,
) -> Result<(), ReplayEnd> {
    let ReplayTask { source, request, plan, .. } = task;
    let ignored = request.ignored().map_err(|fault| ReplayEnd::Failed(fault.0))?;
    if !request.pace.is_possible() {
        return Err(ReplayEnd::Failed(say!(
            "replay-impossible-pace",
            "it can be played {least} to {most} times as fast as it was recorded",
            least = ReplayPace::FACTORS.start(),
            most = ReplayPace::FACTORS.end(),
        )));
    }
    let plan = match plan {
        Some(plan) => *plan,
        None => {
            let shown = ShownSource { source: &**source, session };
            let found = ReplayPlan::of(&shown, &request.choice, request.damaged, &state.reading);
            let plan = found.map_err(|fault| match fault {
                ReplayFault::Cancelled => ReplayEnd::Stopped,
                fault => ReplayEnd::Failed(fault.sentence()),
            })?;
            state.listen(plan.half_open);
            plan
        }
    };
    let target = target(session, state, task)?;
    {
        let status = &mut state.inner().status;
        status.phase = ReplayPhase::Playing;
        (status.parts, status.bytes, status.expected) = (plan.parts, plan.bytes, plan.expected);
    }
    if let Some(session) = session.upgrade() {
        for fault in plan.faults() {
            session.note(say!(
                "note-replay-all-the-same",
                "it is played all the same: {why}",
                why = fault.sentence(),
            ));
        }
        session.note(say!(
            "note-replay-begins",
            "a replay begins; parts: {parts}, bytes: {bytes}",
            parts = plan.parts,
            bytes = plan.bytes,
        ));
        session.mark_dirty();
    }
    // What was a datagram then is compared as one when it is one now.
    let units = AnswerUnits::of(plan.datagrams && target.datagrams, ignored);
    Player::new(session, (state, target), &**source, request, &plan, units).play(&**source)
}

/// A capture that is looked through in sight of who looks at the session.
struct ShownSource<'a> {
    source: &'a dyn Source,
    session: &'a Weak<dyn ReplayHost>,
}

impl Source for ShownSource<'_> {
    fn extent(&self) -> Range<u64> {
        self.source.extent()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        if let Some(session) = self.session.upgrade() {
            session.mark_dirty();
        }
        self.source.read_at(at, into)
    }

    fn after_hole(&self, at: u64) -> Option<u64> {
        self.source.after_hole(at)
    }

    fn next_data(&self, at: u64) -> u64 {
        self.source.next_data(at)
    }

    fn torn(&self) -> u64 {
        self.source.torn()
    }
}

/// Where it goes, as soon as somebody is there.
fn target(
    session: &Weak<dyn ReplayHost>,
    state: &ReplayState,
    task: &ReplayTask,
) -> Result<ReplayTarget, ReplayEnd> {
    loop {
        if let Some(target) = state.place() {
            return Ok(target);
        }
        state.inner().status.phase = ReplayPhase::Connecting;
        let changes = state.changes();
        let session = session.upgrade().ok_or(ReplayEnd::Stopped)?;
        match session.target(&task.to) {
            Ok(target) => state.goes_to(target),
            Err(NoTarget::Impossible(why)) => return Err(ReplayEnd::Failed(why)),
            Err(NoTarget::Nobody(_)) if state.inner().stops => return Err(ReplayEnd::Stopped),
            Err(NoTarget::Nobody(_)) => {
                drop(session);
                state.wait(changes, Instant::now() + LOOK);
            }
        }
    }
}

/// What the log says of the end.
fn told(end: &ReplayEnd, status: &ReplayStatus) -> Sentence {
    let ReplayStatus { sent, parts, totals, .. } = status;
    match end {
        ReplayEnd::Done if totals.differences == 0 => say!(
            "note-replay-alike",
            "the replay is over; parts sent: {parts}; the answers are those of the capture",
            parts = sent,
        ),
        ReplayEnd::Done => say!(
            "note-replay-differs",
            "the replay is over; parts sent: {parts}; differences in the answers: {count}",
            parts = sent,
            count = totals.differences,
        ),
        ReplayEnd::Stopped => say!(
            "note-replay-stopped",
            "the replay was stopped behind part {sent} of {parts}",
            sent = sent,
            parts = parts,
        ),
        // It was under way.
        ReplayEnd::TargetGone(why) | ReplayEnd::Failed(why) if parts > &0 => say!(
            "note-replay-gone",
            "the replay has ended behind part {sent} of {parts}: {why}",
            sent = sent,
            parts = parts,
            why = why,
        ),
        ReplayEnd::Failed(why) | ReplayEnd::TargetGone(why) => {
            say!("note-no-replay", "the capture is not played: {why}", why = why)
        }
    }
}
