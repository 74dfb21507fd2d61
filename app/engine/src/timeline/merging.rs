//! The thread behind a timeline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::Timestamp;
use espalier_core::capture::Source;
use espalier_core::record::Position;
use espalier_core::timeline::{ClockBounds, merge};
use parking_lot::{Condvar, Mutex};

use super::writer::Writer;
use crate::capture::{Capture, CaptureError, Subscription};
use crate::clock::now;

/// Records wait this long before they are merged, so that those of another session that are written a little later still come
/// in order. Longer than a write to a disk should take; with the wait for boards (`shelf`) and a page of the view, what
/// is newest on a timeline is still drawn within 100 ms.
const HOLD: Duration = Duration::from_millis(40);
/// From one look at the lanes to the next, however fast they grow.
const PACE: Duration = Duration::from_millis(10);

/// A session on a timeline.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What happened in it.
    pub capture: Capture,
    /// It is a board's serial line.
    pub is_board: bool,
}

/// A timeline under way. Dropping it ends it.
#[derive(Debug)]
pub struct Timeline {
    shared: Arc<Shared>,
}

/// Between the thread and everybody else.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stop: bool,
    /// A lane has grown, or something else has changed.
    rung: bool,
    arrived: Vec<(u32, Lane)>,
    clocks: Arc<[(u32, ClockBounds)]>,
}

impl Shared {
    fn ring(&self) {
        self.state.lock().rung = true;
        self.changed.notify_one();
    }

    /// Sleeps until something has changed, but not before `rested`, or for at most this long; the lanes that arrived, or `None`
    /// at the end.
    fn wait(&self, rested: Instant, at_most: Option<Duration>) -> Option<Vec<(u32, Lane)>> {
        let mut state = self.state.lock();
        let latest = at_most.map(|time| Instant::now() + time);
        while !state.stop {
            let next = if state.rung { Some(rested) } else { latest.map(|it| it.max(rested)) };
            match next {
                Some(next) if Instant::now() >= next => break,
                Some(next) => drop(self.changed.wait_until(&mut state, next)),
                None => self.changed.wait(&mut state),
            }
        }
        state.rung = false;
        (!state.stop).then(|| std::mem::take(&mut state.arrived))
    }
}

/// A lane as far as it has been merged.
struct Merged {
    number: u32,
    capture: Capture,
    at: Position,
    _subscription: Subscription,
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

    /// Adds a lane. Its records stand in the order of time among those that have not been merged yet.
    pub fn add(&self, number: u32, lane: Lane) {
        self.shared.state.lock().arrived.push((number, lane));
        self.shared.ring();
    }

    /// The clocks of the boards among the lanes, as far as they are known.
    pub fn clocks(&self) -> Arc<[(u32, ClockBounds)]> {
        self.shared.state.lock().clocks.clone()
    }
}

impl Drop for Timeline {
    fn drop(&mut self) {
        self.shared.state.lock().stop = true;
        self.shared.ring();
    }
}

fn run(shared: &Arc<Shared>, into: Capture) -> Result<(), CaptureError> {
    let mut writer = Writer::new(into);
    let mut lanes: Vec<Merged> = Vec::new();
    let mut rest = None;
    let mut rested = Instant::now();
    while let Some(arrived) = shared.wait(rested, rest) {
        rested = Instant::now() + PACE;
        for (number, Lane { capture, is_board }) in arrived {
            if is_board {
                writer.add_board(number);
            }
            let bell = shared.clone();
            let subscription = capture.on_append(move || bell.ring());
            let at = Position(0);
            lanes.push(Merged { number, capture, at, _subscription: subscription });
        }
        let until = Timestamp(now().0 - HOLD.as_nanos() as i64);
        let sources: Vec<(&dyn Source, Position)> =
            lanes.iter().map(|lane| (&lane.capture as &dyn Source, lane.at)).collect();
        let reached = merge(&sources, until, |index, record| {
            let number = lanes.get(index).map_or(0, |lane| lane.number);
            writer.take(number, &record);
        });
        lanes.iter_mut().zip(reached).for_each(|(lane, at)| lane.at = at);
        writer.quiet(until);
        writer.fault()?;
        let clocks = writer.clocks();
        {
            let mut state = shared.state.lock();
            if *state.clocks != clocks {
                state.clocks = clocks.into();
            }
        }
        let behind = lanes.iter().any(|lane| lane.at.0 < lane.capture.extent().end);
        rest = writer.rest().or(behind.then_some(HOLD));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_bell_that_rings_without_end_leaves_the_thread_its_rest() {
        let (shared, over) = (Arc::<Shared>::default(), Arc::<AtomicBool>::default());
        let (bell, rings) = (shared.clone(), over.clone());
        let thread = std::thread::Builder::new().name("ringing".to_owned());
        let ringing = thread.spawn(move || {
            while !rings.load(Ordering::Relaxed) {
                bell.ring();
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
        ringing.expect("a thread").join().expect("it ends");
        shared.state.lock().stop = true;
        assert!(
            shared.wait(Instant::now() + Duration::from_secs(3600), None).is_none(),
            "the end waits for nothing"
        );
    }
}
