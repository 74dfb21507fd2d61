//! The published status of flashing: counted, timed, and told no more often than eyes can follow.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::board::{
    Attempt, BoardFault, ChipInfo, FlashOutcome, FlashPart, FlashStatus, FlashStep,
    FlashTaskResult, FoundTable, LoaderInfo, PartState, PartStatus, PartitionTable,
};

use super::host::FlashHost;

/// Progress is published at most this often; steps at once.
const EVERY: Duration = Duration::from_millis(50);
/// The rate is that of the last seconds.
const WINDOW: Duration = Duration::from_secs(3);
/// More attempts than this are not kept.
const MOST_ATTEMPTS: usize = 200;

pub struct Tracker<'a> {
    host: &'a mut dyn FlashHost,
    status: FlashStatus,
    attempts: Vec<Attempt>,
    parts: Vec<PartStatus>,
    began: Instant,
    published: Instant,
    marks: VecDeque<(Instant, u64)>,
    has_written: bool,
}

impl<'a> Tracker<'a> {
    /// `writes`: what is asked for writes something.
    pub fn new(host: &'a mut dyn FlashHost, writes: bool) -> Self {
        let now = Instant::now();
        let mut tracker = Self {
            host,
            status: FlashStatus { writes, ..FlashStatus::default() },
            attempts: Vec::new(),
            parts: Vec::new(),
            began: now,
            published: now,
            marks: VecDeque::new(),
            has_written: false,
        };
        tracker.publish();
        tracker
    }

    pub fn is_cancelled(&mut self) -> bool {
        self.host.is_cancelled()
    }

    /// Checked at every block.
    pub fn check_cancelled(&mut self) -> Result<(), BoardFault> {
        match (self.is_cancelled(), self.has_written()) {
            (false, _) => Ok(()),
            (true, false) => Err(BoardFault::cancelled()),
            (true, true) => Err(BoardFault::cancelled_halfway()),
        }
    }

    /// Something was erased or written since the beginning, in whatever link mode.
    pub fn has_written(&self) -> bool {
        self.has_written
    }

    /// The next command erases something.
    pub fn erases(&mut self) {
        self.has_written = true;
    }

    pub fn heard(&mut self, bytes: &[u8]) {
        self.host.heard(bytes);
    }

    pub fn press(&mut self, boot: bool) -> bool {
        self.host.press(boot)
    }

    /// Adds a line to the log of attempts.
    pub fn attempt(&mut self, text: impl Into<String>) {
        let text = text.into();
        tracing::info!("flash: {text}");
        if self.attempts.len() < MOST_ATTEMPTS {
            self.attempts.push(Attempt { at: self.began.elapsed(), text });
            self.status.attempts = self.attempts.as_slice().into();
        }
        self.publish();
    }

    /// Begins a step that is not counted in bytes.
    pub fn step(&mut self, step: FlashStep) {
        self.counted_step(step, 0);
    }

    /// Begins a step of `total` bytes.
    pub fn counted_step(&mut self, step: FlashStep, total: u64) {
        self.has_written |= matches!(step, FlashStep::Writing(_));
        self.status.step = step;
        self.status.done = 0;
        self.status.total = total;
        self.status.rate = 0.0;
        self.status.left = None;
        self.marks.clear();
        self.marks.push_back((Instant::now(), 0));
        self.publish();
    }

    /// Goes on to another part within the same count.
    pub fn same_count(&mut self, step: FlashStep) {
        self.status.step = step;
        self.publish();
    }

    pub fn chip(&mut self, info: ChipInfo) {
        self.status.chip = Some(info);
        self.publish();
    }

    pub fn loader(&mut self, loader: LoaderInfo) {
        self.status.loader = loader;
        self.publish();
    }

    /// What is to be written, and whether it is to be started.
    pub fn parts(&mut self, parts: &[FlashPart], boots: bool, on_board: Option<&PartitionTable>) {
        self.status.boots = boots;
        let table = parts.iter().find_map(|part| PartitionTable::parse(&part.bytes).ok());
        let table = table.as_ref().or(on_board);
        let label = |address| Some(table?.at(address)?.label.clone());
        let status = |part: &FlashPart| PartStatus {
            partition: label(part.address),
            name: part.name.clone(),
            address: part.address,
            size: part.bytes.len() as u64,
            state: PartState::Waiting,
        };
        self.parts = parts.iter().map(status).collect();
        self.status.parts = self.parts.as_slice().into();
        self.publish();
    }

    /// The board's partition table.
    pub fn table(&mut self, table: FoundTable) {
        self.status.table = Some(Arc::new(table));
        self.publish();
    }

    /// What a task came to.
    pub fn result(&mut self, result: FlashTaskResult) {
        self.status.result = Some(result);
        self.publish();
    }

    /// Whether the chip has said who it is.
    pub fn has_answered(&self) -> bool {
        self.status.chip.is_some()
    }

    pub fn part(&mut self, index: usize, state: PartState) {
        if let Some(part) = self.parts.get_mut(index) {
            part.state = state;
        }
        let progress_only = matches!(state, PartState::Writing(_));
        if !progress_only || self.published.elapsed() >= EVERY {
            self.status.parts = self.parts.as_slice().into();
            self.publish();
        }
    }

    /// This many more bytes of the step are done.
    pub fn advance(&mut self, bytes: u64) {
        self.status.done += bytes;
        let now = Instant::now();
        self.marks.push_back((now, self.status.done));
        while self.marks.len() > 2 && self.marks.get(1).is_some_and(|(at, _)| now - *at > WINDOW) {
            self.marks.pop_front();
        }
        if let Some((from, before)) = self.marks.front() {
            let seconds = now.duration_since(*from).as_secs_f64();
            if seconds > 0.05 {
                self.status.rate = (self.status.done - before) as f64 / seconds;
                let rest = self.status.total.saturating_sub(self.status.done) as f64;
                let left = rest / self.status.rate.max(1.0);
                self.status.left = Duration::try_from_secs_f64(left).ok();
            }
        }
        if self.published.elapsed() >= EVERY {
            self.publish();
        }
    }

    /// Flashing is over: publishes the last status. The step that failed stays visible in the log of attempts.
    pub fn finish(mut self, result: Result<FlashOutcome, BoardFault>) -> FlashStatus {
        match &result {
            Ok(_) => {}
            Err(fault) if fault.detail.is_empty() => self.attempt(fault.what.english()),
            Err(fault) => self.attempt(format!("{}: {}", fault.what, fault.detail)),
        }
        self.status.step = FlashStep::Finished;
        self.status.left = None;
        self.status.parts = Arc::from(self.parts.as_slice());
        self.status.outcome = Some(result);
        self.publish();
        self.status
    }

    fn publish(&mut self) {
        self.status.elapsed = self.began.elapsed();
        self.published = Instant::now();
        self.host.publish(&self.status);
    }
}
