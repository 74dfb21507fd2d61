//! One direction of a connection, with its faults.

use std::collections::VecDeque;
use std::time::Duration;

use super::fired::FiredFault;
use super::gap::Corruption;
use super::rate::RateLimit;
use super::spec::FaultSpec;

/// Corrupted bytes that are told one by one; the others are counted.
const CORRUPTED_TOLD: u64 = 16;

/// What a piece costs beside its bytes, so that a line full of single bytes is bounded too.
const PIECE: usize = 64;

/// One direction of a connection with its faults: bytes go in, and come out when, how and if they are to. Times are since the connection
/// began.
#[derive(Clone, Debug)]
pub struct FaultLine {
    spec: FaultSpec,
    /// Since when the specification is as it is.
    since: Duration,
    jitter: fastrand::Rng,
    slices: fastrand::Rng,
    /// What waits for others.
    held: Vec<u8>,
    held_since: Duration,
    /// What waits for its time.
    delayed: VecDeque<Piece>,
    last_due: Duration,
    /// Bytes in both.
    waiting: usize,
    /// When the end of the stream is due, once it has come.
    end_due: Option<Duration>,
    rate: RateLimit,
    /// What is left of the piece that is cut now.
    slice_left: u64,
    /// When the next piece may go.
    slice_due: Duration,
    corruption: Corruption,
    corrupted: u64,
    /// Bytes that went on.
    passed: u64,
    end: Option<LineEnd>,
    told: Told,
    fired: Vec<FiredFault>,
}

#[derive(Clone, Debug)]
struct Piece {
    due: Duration,
    bytes: Vec<u8>,
    /// How many of them went on.
    taken: usize,
}

/// What was told already, as the specification is.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    latency: bool,
    rate: bool,
    slicer: bool,
    coalesce: bool,
    blocked: bool,
}

/// What is to be done with a line now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultStep {
    /// Give these bytes on, as one piece.
    Pass(Vec<u8>),
    /// Nothing before this time, unless something comes.
    Wait(Duration),
    /// Nothing, until something comes.
    Idle,
    /// It is over.
    End(LineEnd),
}

/// How a line came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// All has passed, the end of the stream too.
    Finished,
    /// By a fault: both ends are to be closed (FIN).
    Closed,
    /// By a fault: both ends are to be reset (RST).
    Reset,
}

impl FaultLine {
    /// A line on which nothing has passed yet.
    pub fn new(spec: FaultSpec, seed: u64) -> Self {
        let random = |of: u64| fastrand::Rng::with_seed(seed ^ of);
        let mut line = Self {
            spec: FaultSpec::default(),
            since: Duration::ZERO,
            jitter: random(0x6A69_7474_6572),
            slices: random(0x736C_6963_6572),
            held: Vec::new(),
            held_since: Duration::ZERO,
            delayed: VecDeque::new(),
            last_due: Duration::ZERO,
            waiting: 0,
            end_due: None,
            rate: RateLimit::default(),
            slice_left: 0,
            slice_due: Duration::ZERO,
            corruption: Corruption::new(random(0x636F_7272_7570)),
            corrupted: 0,
            passed: 0,
            end: None,
            told: Told::default(),
            fired: Vec::new(),
        };
        line.set(spec, Duration::ZERO);
        line
    }

    /// Has these faults from now on. What waits already keeps its time.
    pub fn set(&mut self, spec: FaultSpec, now: Duration) {
        if spec == self.spec {
            return;
        }
        self.rate.set(spec.rate, now);
        self.corruption.set(spec.corrupt_share(), self.passed);
        if (spec.slicer, spec.slicer_variation) != (self.spec.slicer, self.spec.slicer_variation) {
            self.slice_left = 0;
        }
        if spec.stop_reading && !self.spec.stop_reading {
            self.fired.push(FiredFault::StopReading);
        }
        self.since = now;
        self.told = Told::default();
        self.spec = spec;
    }

    /// The faults as they are.
    pub const fn spec(&self) -> &FaultSpec {
        &self.spec
    }

    /// Whether bytes may go on at once, beside the line: it has no faults and nothing waits. They are counted.
    pub fn lets_by(&mut self, bytes: usize) -> bool {
        let by = self.end.is_none() && self.waiting == 0 && self.spec.is_clear();
        if by {
            self.passed += bytes as u64;
        }
        by
    }

    /// Takes bytes.
    pub fn push(&mut self, bytes: &[u8], now: Duration) {
        if self.end.is_some() || self.end_due.is_some() || bytes.is_empty() {
            return;
        }
        self.waiting += bytes.len();
        if self.spec.coalesce.is_none() && self.held.is_empty() {
            return self.delay(bytes.to_vec(), now);
        }
        if self.held.is_empty() {
            self.held_since = now;
        }
        self.held.extend(bytes);
        self.let_go(now);
    }

    /// Takes the end of the stream: nothing comes behind it.
    pub fn finish(&mut self, now: Duration) {
        if self.end_due.is_some() {
            return;
        }
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.delay(held, now);
        }
        let slow = self.spec.slow_close_ms;
        if slow > 0 {
            self.fired.push(FiredFault::SlowClose { delay_ms: slow });
        }
        let due = self.due(now) + millis(slow);
        self.end_due = Some(due);
    }

    /// Whether nothing that happens on one side is told on the other one: what comes is lost.
    pub fn is_silent(&self) -> bool {
        self.end.is_none() && (self.silent_after().is_some() || self.spec.timeout_ms.is_some())
    }

    /// Whether a fault has ended it.
    pub const fn is_cut(&self) -> bool {
        matches!(self.end, Some(LineEnd::Closed | LineEnd::Reset))
    }

    /// Bytes that are in it.
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// What waits in it costs its bytes, and 64 more for each piece.
    pub fn cost(&self) -> usize {
        self.waiting + self.delayed.len() * PIECE
    }

    /// What faults have done since this was asked last.
    pub fn take_fired(&mut self) -> Vec<FiredFault> {
        std::mem::take(&mut self.fired)
    }

    /// What is not told yet of corrupted bytes, at the end.
    pub fn untold(&self) -> Option<FiredFault> {
        let count = self.corrupted.saturating_sub(CORRUPTED_TOLD);
        (count > 0).then_some(FiredFault::MoreCorrupted { count })
    }

    /// What is to be done now.
    pub fn next(&mut self, now: Duration) -> FaultStep {
        if let Some(end) = self.end {
            return FaultStep::End(end);
        }
        if let Some((end, fired)) = self.ended_by_time(now) {
            return self.end_by(end, fired);
        }
        if let Some((end, fired)) = self.ended_by_count() {
            return self.end_by(end, fired);
        }
        if let Some(after) = self.silent_after() {
            return self.swallow(after, now);
        }
        if self.spec.timeout_ms.is_some() {
            return self.block();
        }
        self.let_go(now);
        let step = self.pass(now);
        let held = self.held_until();
        let by_time = self.reset_due();
        match step {
            FaultStep::Wait(due) => {
                let other = earliest_of(held, by_time);
                FaultStep::Wait(other.map_or(due, |other| other.min(due)))
            }
            FaultStep::Idle => match earliest_of(held, by_time) {
                Some(due) => FaultStep::Wait(due),
                None => FaultStep::Idle,
            },
            step => step,
        }
    }

    /// Ends the line for a fault, which takes with it what waits.
    fn end_by(&mut self, end: LineEnd, fired: FiredFault) -> FaultStep {
        self.fired.push(fired);
        self.drop_waiting();
        self.end = Some(end);
        FaultStep::End(end)
    }

    fn drop_waiting(&mut self) {
        self.held.clear();
        self.delayed.clear();
        self.waiting = 0;
    }

    fn ended_by_time(&self, now: Duration) -> Option<(LineEnd, FiredFault)> {
        if let Some(after_ms) = self.spec.reset_peer_ms
            && self.reset_due().is_some_and(|due| due <= now)
        {
            return Some((LineEnd::Reset, FiredFault::ResetPeer { after_ms }));
        }
        let after_ms = self.spec.timeout_ms.filter(|after| *after > 0)?;
        let is_due = self.since + millis(after_ms) <= now;
        is_due.then_some((LineEnd::Closed, FiredFault::Timeout { after_ms }))
    }

    fn reset_due(&self) -> Option<Duration> {
        self.spec.reset_peer_ms.map(|after| self.since + millis(after))
    }

    /// After how many bytes it became silent, once it has.
    fn silent_after(&self) -> Option<u64> {
        self.spec.silence_after.filter(|after| self.passed >= *after)
    }

    /// What comes is lost, and so is the end.
    fn swallow(&mut self, after: u64, now: Duration) -> FaultStep {
        if (self.waiting > 0 || self.end_due.is_some()) && !self.told.blocked {
            self.told.blocked = true;
            self.fired.push(FiredFault::SilenceAfter { after });
        }
        self.drop_waiting();
        self.reset_due().filter(|due| *due > now).map_or(FaultStep::Idle, FaultStep::Wait)
    }

    /// What comes is lost, until its time has come.
    fn block(&mut self) -> FaultStep {
        if self.waiting > 0 && !self.told.blocked {
            self.told.blocked = true;
            self.fired.push(FiredFault::Blocked);
        }
        self.drop_waiting();
        let closes = self.spec.timeout_ms.filter(|after| *after > 0);
        let closes = closes.map(|after| self.since + millis(after));
        earliest_of(closes, self.reset_due()).map_or(FaultStep::Idle, FaultStep::Wait)
    }

    fn held_until(&self) -> Option<Duration> {
        (!self.held.is_empty()).then(|| self.held_since + millis(self.spec.coalesce_ms))
    }

    /// Lets go of what was held, when there is enough of it or it was held for long enough.
    fn let_go(&mut self, now: Duration) {
        let Some(until) = self.held_until() else { return };
        let enough = self.spec.coalesce.is_none_or(|size| self.held.len() >= size as usize);
        if enough || now >= until {
            if let Some(size) = self.spec.coalesce.filter(|_| !self.told.coalesce) {
                self.told.coalesce = true;
                let within_ms = self.spec.coalesce_ms;
                self.fired.push(FiredFault::Coalesce { size, within_ms });
            }
            let held = std::mem::take(&mut self.held);
            self.delay(held, now);
        }
    }

    fn delay(&mut self, bytes: Vec<u8>, now: Duration) {
        let FaultSpec { latency_ms, jitter_ms, .. } = self.spec;
        if (latency_ms, jitter_ms) != (0, 0) && !self.told.latency {
            self.told.latency = true;
            self.fired.push(FiredFault::Latency { latency_ms, jitter_ms });
        }
        let due = self.due(now);
        self.delayed.push_back(Piece { due, bytes, taken: 0 });
    }

    /// When what comes now arrives: not before what came before.
    fn due(&mut self, now: Duration) -> Duration {
        let FaultSpec { latency_ms, jitter_ms, .. } = self.spec;
        let jitter = i64::from(jitter_ms);
        let late =
            i64::from(latency_ms) + if jitter > 0 { self.jitter.i64(-jitter..=jitter) } else { 0 };
        let late = Duration::from_millis(u64::try_from(late).unwrap_or(0));
        self.last_due = self.last_due.max(now + late);
        self.last_due
    }

    /// Gives on what is due, as far as the rate allows, up to where it is cut and to where something ends.
    fn pass(&mut self, now: Duration) -> FaultStep {
        let Some(piece) = self.delayed.front() else {
            return match self.end_due {
                Some(due) if due <= now && self.held.is_empty() => {
                    self.end = Some(LineEnd::Finished);
                    FaultStep::End(LineEnd::Finished)
                }
                Some(due) => FaultStep::Wait(due),
                None => FaultStep::Idle,
            };
        };
        if piece.due > now {
            return FaultStep::Wait(piece.due);
        }
        let there = piece.bytes.len() - piece.taken;
        let mut wanted = there;
        if self.spec.slicer.is_some() {
            if self.slice_due > now {
                return FaultStep::Wait(self.slice_due);
            }
            wanted = wanted.min(usize::try_from(self.slice()).unwrap_or(usize::MAX));
        }
        wanted = wanted.min(usize::try_from(self.left_until_end()).unwrap_or(usize::MAX));
        let count = match self.rate.allows(wanted, now) {
            Ok(count) => count,
            Err(due) => {
                if let Some(rate) = self.spec.rate.filter(|_| !self.told.rate) {
                    self.told.rate = true;
                    self.fired.push(FiredFault::Rate { rate });
                }
                return FaultStep::Wait(due);
            }
        };
        FaultStep::Pass(self.take(count, there, now))
    }

    /// Takes so many of the `there` bytes of the first piece.
    fn take(&mut self, count: usize, there: usize, now: Duration) -> Vec<u8> {
        let mut bytes = match self.delayed.front_mut() {
            Some(piece) if count < there => {
                let from = piece.taken;
                piece.taken += count;
                piece.bytes[from..from + count].to_vec()
            }
            _ => {
                let piece = self.delayed.pop_front();
                piece.map(|mut piece| piece.bytes.split_off(piece.taken)).unwrap_or_default()
            }
        };
        self.rate.take(count);
        self.waiting -= count;
        if let Some(size) = self.spec.slicer {
            self.slice_left -= count as u64;
            if self.slice_left == 0 {
                self.slice_due = now + millis(self.spec.slicer_delay_ms);
            }
            if count < there && !self.told.slicer {
                self.told.slicer = true;
                self.fired.push(FiredFault::Slicer { size });
            }
        }
        let Self { corruption, corrupted, fired, .. } = self;
        corruption.apply(self.passed, &mut bytes, |place, was, is| {
            *corrupted += 1;
            if *corrupted <= CORRUPTED_TOLD {
                fired.push(FiredFault::Corrupted { place, was, is });
            }
        });
        self.passed += count as u64;
        bytes
    }

    /// What is left of the piece that is cut now, at least 1.
    fn slice(&mut self) -> u64 {
        if self.slice_left == 0 {
            let size = u64::from(self.spec.slicer.unwrap_or(1).max(1));
            let variation = u64::from(self.spec.slicer_variation).min(size - 1);
            self.slice_left = match variation {
                0 => size,
                variation => self.slices.u64(size - variation..=size + variation),
            };
        }
        self.slice_left
    }

    /// How many bytes may pass before something ends.
    fn left_until_end(&self) -> u64 {
        let FaultSpec { limit_data, reset_after, silence_after, .. } = self.spec;
        let ends = [limit_data, reset_after, silence_after];
        let first = ends.into_iter().flatten().min();
        first.map_or(u64::MAX, |first| first.saturating_sub(self.passed))
    }

    fn ended_by_count(&self) -> Option<(LineEnd, FiredFault)> {
        let FaultSpec { limit_data, reset_after, .. } = self.spec;
        let is_reached = |after: &u64| *after <= self.passed;
        if let Some(after) = reset_after.filter(is_reached) {
            return Some((LineEnd::Reset, FiredFault::ResetAfter { after }));
        }
        let after = limit_data.filter(is_reached)?;
        Some((LineEnd::Closed, FiredFault::LimitData { after }))
    }
}

const fn millis(millis: u32) -> Duration {
    Duration::from_millis(millis as u64)
}

fn earliest_of(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    [one, other].into_iter().flatten().min()
}
