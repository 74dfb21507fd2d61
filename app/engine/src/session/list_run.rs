//! A run of a send list, on time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use espalier_core::backend::{ListControl, ListRequest, PeerSelector, Refusal};
use espalier_core::send::{OutgoingBytes, PlaceholderValues};
use espalier_core::send_list::{ListRun, PlannedEntry, RunAction, RunEnd};
use espalier_core::session::ListStatus;
use espalier_core::view::TimeZone;
use espalier_core::{PeerId, Sentence, say};
use parking_lot::{Condvar, Mutex};

use super::beat_sink::BeatSink;
use crate::clock::now;
use crate::on_time::wake_on_time;
use crate::receipt::UnsentCounter;

/// How often it is looked at whether the target is still there.
const LOOK: Duration = Duration::from_millis(200);

/// How long a target without room is left alone.
const HELD_UP: Duration = Duration::from_millis(5);

/// A run of a send list; it stops when this is dropped.
///
/// It has a thread of its own for the same reason as a [`CyclicSend`](super::cyclic_send::CyclicSend).
#[derive(Debug)]
pub struct ListRunner {
    shared: Arc<RunnerShared>,
}

#[derive(Debug)]
struct RunnerShared {
    to: PeerSelector,
    begun: Instant,
    state: Mutex<RunnerState>,
    changed: Condvar,
    /// Whether anything that comes can be an answer: most of what comes is none.
    listens: AtomicBool,
    unsent: UnsentCounter,
}

#[derive(Debug)]
struct RunnerState {
    run: ListRun,
    /// How often something from outside has changed it.
    changes: u64,
}

impl Drop for ListRunner {
    fn drop(&mut self) {
        self.shared.change(|run, _| run.end(RunEnd::Stopped));
    }
}

impl ListRunner {
    /// Begins at once.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(sink: Weak<impl BeatSink>, request: ListRequest) -> std::io::Result<Self> {
        let ListRequest { to, plan, encoding, variables } = request;
        let run = ListRun::new(plan, encoding.clone());
        // Before the first is due: the system's zone is read from files.
        let zone = TimeZone::system();
        let shared = Arc::new(RunnerShared {
            to,
            begun: Instant::now(),
            state: Mutex::new(RunnerState { run, changes: 0 }),
            changed: Condvar::new(),
            listens: AtomicBool::new(false),
            unsent: UnsentCounter::default(),
        });
        let thread = shared.clone();
        thread::Builder::new().name("espalier-list".to_owned()).spawn(move || {
            wake_on_time();
            thread.run(&sink, |sink, to, planned, counter| {
                let (at, peer) = (now(), sink.address(to));
                // The same values in each encoding.
                sink.compose(to, &encoding, &mut |encoding| {
                    let mut values =
                        PlaceholderValues::new(counter, at, zone.clone(), &peer, &variables);
                    planned.entry.compose(encoding, &mut values).map_err(|error| error.to_string())
                })
            });
        })?;
        Ok(Self { shared })
    }

    /// How it goes, or how it ended.
    pub fn status(&self) -> ListStatus {
        let run = &self.shared.state.lock().run;
        let current = run.current();
        ListStatus {
            phase: run.phase(),
            paused: run.is_paused(),
            progress: run.progress(),
            unsent: self.shared.unsent.missed(),
            at: current.map(|planned| (planned.group, planned.index)),
            entry: current.map(|planned| planned.entry.label().to_owned()).unwrap_or_default(),
            messages: run.plan().messages(),
            rounds: run.plan().rounds,
        }
    }

    /// What the system did not take of what was handed over.
    pub fn unsent(&self) -> UnsentCounter {
        self.shared.unsent.clone()
    }

    /// Takes what came from a peer.
    pub fn heard(&self, peer: PeerId, bytes: &[u8]) {
        let shared = &self.shared;
        let meant = match &shared.to {
            PeerSelector::All | PeerSelector::Counterpart => true,
            PeerSelector::Peers(peers) => peers.contains(&peer),
        };
        if meant && shared.listens.load(Ordering::Acquire) {
            shared.change(|run, now| run.heard(peer, bytes, now));
        }
    }

    /// Does this with it.
    pub fn control(&self, control: ListControl) {
        self.shared.change(|run, now| match control {
            ListControl::Pause => run.pause(),
            ListControl::Resume => run.resume(now),
            ListControl::Step => run.step(),
            ListControl::Stop | ListControl::Dismiss => run.end(RunEnd::Stopped),
        });
    }
}

impl RunnerShared {
    fn change(&self, change: impl FnOnce(&mut ListRun, Duration)) {
        let mut state = self.state.lock();
        change(&mut state.run, self.begun.elapsed());
        state.changes += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Does what the run says until it is over. Nothing is asked of the session while the run is locked: what comes from a
    /// peer is told to the run under locks of the session.
    fn run<S: BeatSink>(
        &self,
        sink: &Weak<S>,
        mut compose: impl FnMut(&S, &PeerSelector, &PlannedEntry, u64) -> Result<OutgoingBytes, String>,
    ) {
        let plan = self.state.lock().run.plan().clone();
        // What the target had no room for: it is not composed again.
        let mut held: Option<OutgoingBytes> = None;
        loop {
            let (action, counter, changes) = {
                let RunnerState { run, changes } = &mut *self.state.lock();
                let action = run.next(self.begun.elapsed());
                self.listens.store(run.listens(), Ordering::Release);
                (action, run.progress().sent, *changes)
            };
            let Some(sink) = sink.upgrade() else { return };
            match action {
                RunAction::Send(at) => {
                    let Some(planned) = plan.entries.get(at) else { return };
                    let composed =
                        held.take().map_or_else(|| compose(&sink, &self.to, planned, counter), Ok);
                    let bytes = match composed {
                        Ok(bytes) => bytes,
                        Err(why) => {
                            self.change(|run, _| run.end(RunEnd::Unsendable(why)));
                            continue;
                        }
                    };
                    let receipt = self.unsent.receipt();
                    let reached = sink.reach(&self.to);
                    let done =
                        reached.and_then(|()| sink.deliver(&self.to, &bytes, Some(&receipt)));
                    drop(receipt);
                    self.change(|run, now| match done {
                        Ok(()) => run.sent(now),
                        Err(Refusal::Full) => run.held_up(now + HELD_UP),
                        Err(refusal) => run.end(RunEnd::TargetGone(refusal.to_string())),
                    });
                    held = (done == Err(Refusal::Full)).then_some(bytes);
                    sink.mark_dirty();
                }
                RunAction::Wait(until) => {
                    // Not only when something is sent: the next entry may be due in an hour.
                    match sink.reach(&self.to) {
                        Ok(()) => {
                            drop(sink);
                            self.wait(until, changes);
                        }
                        Err(refusal) => {
                            self.change(|run, _| run.end(RunEnd::TargetGone(refusal.to_string())));
                        }
                    }
                }
                RunAction::Over(end) => {
                    let sentence = told(&end, &self.state.lock().run);
                    sentence.into_iter().for_each(|sentence| sink.note(sentence));
                    return sink.mark_dirty();
                }
            }
        }
    }

    /// Waits until then, until something has changed since, or until the target is to be looked at.
    fn wait(&self, until: Option<Duration>, changes: u64) {
        let look = self.begun.elapsed() + LOOK;
        let until = until.unwrap_or(look).min(look);
        let mut state = self.state.lock();
        if state.changes == changes {
            self.changed.wait_until(&mut state, self.begun + until);
        }
    }
}

/// What the log says of the end; of one that was to be expected, nothing.
fn told(end: &RunEnd, run: &ListRun) -> Option<Sentence> {
    let entry = run.current().map_or("", |planned| planned.entry.label());
    match end {
        RunEnd::Done | RunEnd::Stopped => None,
        RunEnd::NoAnswer => Some(say!(
            "note-list-no-answer",
            "the send list has stopped: no answer to \"{entry}\" in time",
            entry = entry,
        )),
        RunEnd::Unsendable(why) => Some(say!(
            "note-list-unsendable",
            "the send list has stopped at \"{entry}\": {why}",
            entry = entry,
            why = why,
        )),
        RunEnd::TargetGone(why) => Some(say!(
            "note-list-gone",
            "the send list has stopped before \"{entry}\": {why}",
            entry = entry,
            why = why,
        )),
    }
}
