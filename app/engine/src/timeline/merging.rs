//! The thread behind a timeline.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::board::ClockBounds;
use espalier_core::capture::{Record, RecordBody};
use espalier_core::timeline::{MergeLane, Merged, merge};
use espalier_core::{Position, Timestamp};
use parking_lot::{Condvar, Mutex};

use super::writer::TimelineWriter;
use crate::capture::{Capture, CaptureError, Subscription};
use crate::clock::now;

/// Records wait this long before they are merged, so that those of another session that are written a little later still come
/// in order: longer than it takes from a stamp to a record that can be read, on a computer that is busy.
const HOLD: Duration = Duration::from_millis(20);
/// From one look at the lanes to the next, however fast they grow.
const PACE: Duration = Duration::from_millis(10);
/// Bytes that are merged at once at most: the end of a timeline is not kept waiting by long histories.
const ROUND: usize = 16 << 20;

/// A session on a timeline.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What happened in it.
    pub capture: Capture,
    /// The session is a board's serial line.
    pub is_board: bool,
}

/// A timeline under way. Dropping it ends it.
#[derive(Debug)]
pub struct Timeline {
    shared: Arc<TimelineShared>,
}

/// Between the thread and everybody else.
#[derive(Debug, Default)]
struct TimelineShared {
    /// A lane has grown, or something else has changed, since the thread last looked.
    woken: AtomicBool,
    state: Mutex<TimelineState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct TimelineState {
    stop: bool,
    arrived: Vec<(u32, Lane)>,
    clocks: Arc<[(u32, ClockBounds)]>,
}

impl TimelineShared {
    /// Cheap when the thread is awake, or rests and will look by itself: a lane in a flood wakes it once a round.
    fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            // Not between its look at `woken` and its sleep.
            drop(self.state.lock());
            self.changed.notify_one();
        }
    }

    fn stop(&self) {
        self.state.lock().stop = true;
        self.changed.notify_one();
    }

    /// Sleeps until something has changed, but not before `rested`, or for at most this long; the lanes that arrived, or `None`
    /// at the end.
    fn wait(&self, rested: Instant, at_most: Option<Duration>) -> Option<Vec<(u32, Lane)>> {
        let mut state = self.state.lock();
        let latest = at_most.map(|time| Instant::now() + time);
        while !state.stop {
            let woken = self.woken.load(Ordering::Acquire);
            let next = if woken { Some(rested) } else { latest.map(|it| it.max(rested)) };
            match next {
                Some(next) if Instant::now() >= next => break,
                Some(next) => drop(self.changed.wait_until(&mut state, next)),
                None => self.changed.wait(&mut state),
            }
        }
        self.woken.swap(false, Ordering::AcqRel);
        (!state.stop).then(|| std::mem::take(&mut state.arrived))
    }
}

/// A lane as far as it has been merged.
struct Joined {
    number: u32,
    capture: Capture,
    at: Position,
    /// How far its stamps are ahead of the clock, because that was set back, in nanoseconds.
    ahead: i64,
    _subscription: Subscription,
}

impl Joined {
    /// What is merged of it now.
    fn due(&self, now: Timestamp) -> MergeLane<'_> {
        let until = now.0.saturating_sub(HOLD.as_nanos() as i64).saturating_add(self.ahead);
        MergeLane { source: &self.capture, at: self.at, until: Timestamp(until) }
    }

    /// How long until the record that waits is due, if one does.
    fn next_due(&self, now: Timestamp, merged: &Merged) -> Option<Duration> {
        let wait = merged.waiting?.0.saturating_sub(self.due(now).until.0);
        Some(Duration::from_nanos(wait.max(0) as u64).min(HOLD))
    }

    /// The lane has been merged so far.
    fn reached(&mut self, now: Timestamp, Merged { at, waiting }: Merged) {
        self.at = at;
        // A record of the future waits as long as any other from the moment on when it was seen first.
        self.ahead = match waiting {
            Some(waiting) if waiting > now => self.ahead.max(waiting.0.saturating_sub(now.0)),
            Some(_) => 0,
            None => self.ahead,
        };
    }
}

impl Timeline {
    /// Merges the lanes that are added into a capture, from their oldest kept records on, in a thread of its own, until dropped;
    /// then the capture is deleted. It is made in that thread, too, because that may wait for a disk. `failed` is told when it
    /// cannot be made, or no longer be written (a full disk); the sessions are not touched by that.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn begin(
        make: impl FnOnce() -> Result<Capture, CaptureError> + Send + 'static,
        failed: impl FnOnce(CaptureError) + Send + 'static,
    ) -> std::io::Result<Self> {
        let timeline = Self { shared: Arc::default() };
        let shared = timeline.shared.clone();
        std::thread::Builder::new().name("timeline".to_owned()).spawn(move || {
            let (capture, ended) = match make() {
                Ok(capture) => (Some(capture.clone()), run(&shared, capture)),
                Err(error) => (None, Err(error)),
            };
            if let Err(error) = ended {
                failed(error);
            }
            while shared.wait(Instant::now(), None).is_some() {}
            capture.iter().for_each(Capture::delete);
        })?;
        Ok(timeline)
    }

    /// Adds lanes. Their records stand in the order of time among those that have not been merged yet: lanes that begin together
    /// are to be added together, or the whole history of one comes before that of the next.
    pub fn add(&self, lanes: impl IntoIterator<Item = (u32, Lane)>) {
        self.shared.state.lock().arrived.extend(lanes);
        self.shared.wake();
    }

    /// The clocks of the boards among the lanes, as far as they are known.
    pub fn clocks(&self) -> Arc<[(u32, ClockBounds)]> {
        self.shared.state.lock().clocks.clone()
    }
}

impl Drop for Timeline {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

fn run(shared: &Arc<TimelineShared>, into: Capture) -> Result<(), CaptureError> {
    let mut writer = TimelineWriter::new(into);
    let mut lanes: Vec<Joined> = Vec::new();
    let mut rest = None;
    let mut rested = Instant::now();
    while let Some(arrived) = shared.wait(rested, rest) {
        rested = Instant::now() + PACE;
        for (number, Lane { capture, is_board }) in arrived {
            if is_board {
                writer.add_board(number);
            }
            let waker = shared.clone();
            let subscription = capture.on_append(move || waker.wake());
            let at = Position(0);
            lanes.push(Joined { number, capture, at, ahead: 0, _subscription: subscription });
        }
        let now = now();
        let due: Vec<MergeLane<'_>> = lanes.iter().map(|lane| lane.due(now)).collect();
        let mut left = ROUND;
        let merged = merge(&due, |index, record| {
            let number = lanes.get(index).map_or(0, |lane| lane.number);
            left = left.saturating_sub(cost(&record));
            writer.take(number, &record);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let waiting =
            lanes.iter().zip(&merged).filter_map(|(lane, merged)| lane.next_due(now, merged));
        let waiting = waiting.min();
        lanes.iter_mut().zip(merged).for_each(|(lane, merged)| lane.reached(now, merged));
        let more = left == 0;
        let passed = Timestamp(now.0.saturating_sub(HOLD.as_nanos() as i64));
        if !more {
            writer.tick(passed);
        }
        writer.fault()?;
        let clocks = writer.clocks();
        {
            let mut state = shared.state.lock();
            if *state.clocks != clocks {
                state.clocks = clocks.into();
            }
        }
        let buffer = writer.next_due(passed);
        rest = if more { Some(Duration::ZERO) } else { waiting.into_iter().chain(buffer).min() };
    }
    Ok(())
}

/// What a record costs to be merged, in bytes.
const fn cost(record: &Record<'_>) -> usize {
    const EVENT: usize = 100;
    match record.body {
        RecordBody::Data(bytes) => EVENT + bytes.len(),
        RecordBody::Event(_) => EVENT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_without_end_leave_the_thread_its_rest() {
        let (shared, over) = (Arc::<TimelineShared>::default(), Arc::<AtomicBool>::default());
        let (waker, stop) = (shared.clone(), over.clone());
        let thread = std::thread::Builder::new().name("waking".to_owned());
        let waking = thread.spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                waker.wake();
            }
        });
        let begun = Instant::now();
        let mut rounds = 0_u32;
        let mut rested = begun;
        while rounds < 20 && shared.wait(rested, None).is_some() {
            rested = Instant::now() + PACE;
            rounds += 1;
        }
        // The first one begins at once; a busy computer only makes it longer.
        assert!(begun.elapsed() >= (rounds - 1) * PACE, "{rounds} in {:?}", begun.elapsed());
        over.store(true, Ordering::Relaxed);
        waking.expect("a thread").join().expect("it ends");
        shared.state.lock().stop = true;
        assert!(
            shared.wait(Instant::now() + Duration::from_secs(3600), None).is_none(),
            "the end waits for nothing"
        );
    }
}
