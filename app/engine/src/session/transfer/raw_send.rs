//! Files sent as they are.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::transfer::{RawPacing, SendFiles, TransferEnd, TransferPhase, TransferredFile};
use espalier_core::{hex, say};
use sha2::{Digest as _, Sha256};

use super::guest::Wish;
use super::outgoing_file::OutgoingFile;
use super::way::{Stop, Way};
use crate::receipt::UnsentCounter;

/// How many pieces a second a rate is met by.
const PIECES_A_SECOND: u64 = 20;

/// How long a cancelled transfer waits for what is on its way.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sends them one behind the other.
///
/// # Errors
/// Why not all of them went.
pub fn run(way: &Way<'_>, asked: &SendFiles) -> Result<(), Stop> {
    let mut pace = Pace::new(asked.pacing, way.state.target.byte_time);
    for path in &asked.files {
        let file = OutgoingFile::open(path).map_err(Stop::failed)?;
        let (path, size) = (file.path.clone(), file.size());
        way.state.change(|inner| {
            inner.status.phase = TransferPhase::Moving;
            (inner.status.name, inner.status.size) = (file.name(), Some(size));
            inner.status.done = 0;
        });
        way.note(say!(
            "note-file-sends",
            "sending {file}: {bytes} bytes",
            file = file.name(),
            bytes = size
        ));
        let mut raw = RawFileSender {
            file,
            digest: Sha256::new(),
            sent: 0,
            flying: VecDeque::new(),
            broken: false,
        };
        let done = raw.run(way, &mut pace, asked.pacing);
        raw.settle_all(way, done.is_ok());
        let whole = done.is_ok() && !raw.broken && raw.sent == size;
        way.state.change(|inner| inner.status.done = raw.sent);
        way.finished(TransferredFile {
            path,
            bytes: raw.sent,
            sha256: hex::lower(&raw.digest.finalize()),
            whole,
            resumed_at: 0,
        });
        done?;
        if !whole {
            // What was handed over did not go: then the other end has.
            way.waiting()?;
            return Err(Stop::failed(say!("transfer-unsent", "not all of it was sent")));
        }
    }
    Ok(())
}

/// A file on its way.
struct RawFileSender {
    file: OutgoingFile,
    /// Of what the system took.
    digest: Sha256,
    sent: u64,
    /// What was handed over, and is not known to be taken.
    flying: VecDeque<(Arc<[u8]>, UnsentCounter)>,
    /// Some of it was not taken: what is behind that cannot count.
    broken: bool,
}

impl RawFileSender {
    fn run(&mut self, way: &Way<'_>, pace: &mut Pace, pacing: RawPacing) -> Result<(), Stop> {
        let in_flight = way.state.target.in_flight;
        let (mut handed, size) = (0_u64, self.file.size());
        let mut in_chunk = 0;
        while handed < size {
            match way.wish() {
                Wish::GoOn => {}
                _ => return Err(Stop::End(TransferEnd::Cancelled)),
            }
            if way.state.inner().paused {
                let waiting = way.waiting()?;
                self.show(way, handed, waiting);
                way.state.rest(Duration::from_millis(50));
                pace.begin_anew();
                continue;
            }
            let chunk = pacing.chunk.max(1) as usize;
            if (in_chunk == 0 || pacing.rate.is_some()) && pace.rest(way) {
                continue;
            }
            let least = pacing.rate.map_or(usize::MAX, |rate| {
                usize::try_from(rate / PIECES_A_SECOND).unwrap_or(usize::MAX).max(1)
            });
            let piece = (chunk - in_chunk).min(in_flight).min(least);
            let waiting = way.until_at_most(in_flight.saturating_sub(piece), true)?;
            self.show(way, handed, waiting);
            if way.wish() != Wish::GoOn || waiting + piece > in_flight.max(piece) {
                continue;
            }
            let bytes = self.file.read(handed, piece).map_err(Stop::failed)?;
            if bytes.is_empty() {
                return Err(Stop::failed(say!(
                    "transfer-shrunk",
                    "the file has become shorter while it was sent"
                )));
            }
            let bytes: Arc<[u8]> = bytes.into();
            let counter = UnsentCounter::default();
            way.hand_over(&bytes, &counter)?;
            handed += bytes.len() as u64;
            in_chunk += bytes.len();
            pace.gave(bytes.len(), in_chunk >= chunk);
            if in_chunk >= chunk {
                in_chunk = 0;
            }
            way.state.moved(bytes.len() as u64);
            self.flying.push_back((bytes, counter));
            self.settle();
        }
        way.state.change(|inner| inner.status.phase = TransferPhase::Ending);
        Ok(())
    }

    fn show(&mut self, way: &Way<'_>, handed: u64, waiting: usize) {
        self.settle();
        let done = handed.saturating_sub(waiting as u64).max(self.sent);
        way.state.inner().status.done = done;
        way.publish();
    }

    /// Counts what the system took, in order.
    fn settle(&mut self) {
        while self.flying.front().is_some_and(|(_, counter)| counter.is_settled()) {
            let Some((bytes, counter)) = self.flying.pop_front() else { return };
            if self.broken {
                continue;
            }
            let missed = usize::try_from(counter.missed_bytes()).unwrap_or(usize::MAX);
            let taken = &bytes[..bytes.len().saturating_sub(missed)];
            self.digest.update(taken);
            self.sent += taken.len() as u64;
            self.broken = missed > 0;
        }
    }

    /// Waits until it is known of everything whether the system took it. When the file is to be whole, as long as the other end is there.
    fn settle_all(&mut self, way: &Way<'_>, whole: bool) {
        let begun = Instant::now();
        loop {
            self.settle();
            if self.flying.is_empty() {
                return;
            }
            let cancelled = !whole || way.wish() == Wish::Cancel;
            if cancelled && begun.elapsed() > PATIENCE {
                return;
            }
            let handed = self.sent + self.flying.iter().map(|(it, _)| it.len() as u64).sum::<u64>();
            match way.waiting() {
                Ok(waiting) => self.show(way, handed, waiting),
                // Its outbox is closed, so each piece settles now.
                Err(Stop::Gone) => return,
                Err(_) => {}
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// When the next chunk is due, in absolute times: one that came late does not move those behind it.
struct Pace {
    pacing: RawPacing,
    byte_time: Duration,
    due: Instant,
    /// From when on the rate counts, and what was given since.
    since: Instant,
    given: u64,
}

impl Pace {
    fn new(pacing: RawPacing, byte_time: Duration) -> Self {
        let now = Instant::now();
        Self { pacing, byte_time, due: now, since: now, given: 0 }
    }

    /// After a pause, what was missed is not made up for.
    fn begin_anew(&mut self) {
        (self.due, self.since, self.given) = (Instant::now(), Instant::now(), 0);
    }

    /// Waits until the next chunk is due; whether it had to, and a wish or a pause may have come meanwhile.
    fn rest(&mut self, way: &Way<'_>) -> bool {
        let mut due = self.due;
        if let Some(rate) = self.pacing.rate {
            due = due
                .max(self.since + Duration::from_secs_f64(self.given as f64 / rate.max(1) as f64));
        }
        let rest = due.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return false;
        }
        way.publish();
        way.state.rest(rest.min(Duration::from_millis(100)));
        true
    }

    fn gave(&mut self, bytes: usize, chunk_is_over: bool) {
        self.given += bytes as u64;
        if self.pacing.pause_ms == 0 {
            return;
        }
        // The line rests for so long: what a port has taken is not sent yet.
        self.due += self.byte_time * u32::try_from(bytes).unwrap_or(u32::MAX);
        if chunk_is_over {
            let pause = Duration::from_millis(u64::from(self.pacing.pause_ms));
            self.due += pause;
            // Held up by the other end: the pause counts from now.
            let now = Instant::now();
            if self.due < now {
                self.due = now + pause;
            }
        }
    }
}
