//! A conversation with our firmware over its serial console: commands and Improv calls out, answers in.
//!
//! It follows the session's capture, as a view does, so it takes nothing away from the log and sees every byte. It blocks,
//! and belongs on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::board::{BoardMessage, BoardStream, Finding, ImprovAnswer, ReportedState};
use espalier_core::capture::{Cursor, RecordBody, Source as _};
use espalier_core::session::{EndReason, SessionEvent};
use espalier_core::{Direction, Position, Timestamp};
use espalier_protocol::improv::{self, Rpc, Status};
use espalier_protocol::{Command, ErrorCode, LineEvent, Request};
use parking_lot::{Condvar, Mutex};

use crate::capture::{Capture, Subscription};

/// Why the board did not answer as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConsoleFault {
    /// No answer in time.
    #[error("the board did not answer in time")]
    TimedOut,
    /// The board understood, and refused.
    #[error("{text}")]
    Refused {
        /// What kind of refusal.
        code: ErrorCode,
        /// The board's own words.
        text: String,
    },
    /// An Improv call failed.
    #[error("the board answered: {}", improv_words(*.0))]
    Improv(Status),
    /// The link does not take bytes: the port is closed, or the loader has it.
    #[error("the board cannot be spoken to while its port is closed or the loader has it")]
    NotOpen,
    /// The port was closed, or the board went away and did not come back soon.
    #[error("the board went away: {detail}")]
    Lost {
        /// Why.
        reason: EndReason,
        /// The system's own words.
        detail: String,
    },
    /// Whoever waited gave up.
    #[error("cancelled")]
    Cancelled,
}

const fn improv_words(status: Status) -> &'static str {
    match status {
        Status::UnableToConnect => "it could not join the network",
        Status::UnknownCommand => "it does not know this call",
        _ => "it could not do this",
    }
}

/// How long to wait, and who may end it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline<'a> {
    /// The latest moment.
    pub until: Instant,
    /// Set by whoever waits no longer.
    pub cancel: &'a AtomicBool,
}

impl<'a> Deadline<'a> {
    /// From now on.
    pub fn of(time: Duration, cancel: &'a AtomicBool) -> Self {
        Self { until: Instant::now() + time, cancel }
    }

    /// The same, but no longer than this.
    pub fn at_most(self, time: Duration) -> Self {
        Self { until: self.until.min(Instant::now() + time), ..self }
    }
}

/// Hands bytes to the serial session; `false` when it does not take them.
type SendBytes = Box<dyn Fn(Arc<[u8]>) -> bool + Send>;

/// A conversation with the board on a serial session.
pub struct BoardConsole {
    capture: Capture,
    send_bytes: SendBytes,
    signal: Arc<Waker>,
    _subscription: Subscription,
    at: Position,
    stream: BoardStream,
    reported: ReportedState,
    next_id: u32,
    lost: Option<PortLoss>,
}

/// The port is gone since then.
#[derive(Debug)]
struct PortLoss {
    since: Instant,
    reason: EndReason,
    detail: String,
}

impl std::fmt::Debug for BoardConsole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoardConsole").field("at", &self.at).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Waker {
    changed: Mutex<bool>,
    condvar: Condvar,
}

impl BoardConsole {
    /// How often `cancel` is looked at, and silence is noticed, while nothing comes.
    const GLANCE: Duration = Duration::from_millis(50);
    /// A board on the chip's own USB takes its port away when it restarts, and comes back within this time.
    const RETURN: Duration = Duration::from_secs(3);

    /// Listens to a serial session from now on; what the board said before is not read again.
    pub fn attach(
        capture: Capture,
        send_bytes: impl Fn(Arc<[u8]>) -> bool + Send + 'static,
    ) -> Self {
        let signal = Arc::new(Waker::default());
        let subscription = capture.on_append({
            let signal = Arc::clone(&signal);
            move || {
                *signal.changed.lock() = true;
                signal.condvar.notify_one();
            }
        });
        let at = Position(capture.extent().end);
        Self {
            capture,
            send_bytes: Box::new(send_bytes),
            signal,
            _subscription: subscription,
            at,
            stream: BoardStream::default(),
            reported: ReportedState::default(),
            next_id: 1,
            lost: None,
        }
    }

    /// What the board has told since, folded.
    pub const fn reported(&self) -> &ReportedState {
        &self.reported
    }

    /// Asks the board something and gathers the lines of its answer. An empty line goes first, so that what noise has left on
    /// the board's input (its boot, a half-typed line) does not become a part of the command.
    ///
    /// # Errors
    /// [`ConsoleFault::Refused`] with the board's own words, and when no answer comes or nothing can be sent.
    pub fn request(
        &mut self,
        command: Command,
        deadline: Deadline<'_>,
    ) -> Result<Vec<LineEvent<'static>>, ConsoleFault> {
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1).max(1);
        self.send(format!("\n{}\n", Request { id: Some(id), command }).as_bytes())?;
        let mut lines = Vec::new();
        self.wait(deadline, |message, _| {
            let BoardMessage::Line(line) = message else { return None };
            match &line.event {
                LineEvent::Ok { id: answered, .. } if *answered == Some(id) => {
                    Some(Ok(std::mem::take(&mut lines)))
                }
                LineEvent::Error { id: answered, code, text, .. } if *answered == Some(id) => {
                    Some(Err(ConsoleFault::Refused { code: *code, text: text.to_string() }))
                }
                event => {
                    lines.push(event.clone());
                    None
                }
            }
        })?
    }

    /// Makes an Improv call and gathers its results: one for most calls, one for each network for a scan.
    ///
    /// # Errors
    /// [`ConsoleFault::Improv`] with the board's status, and when no answer comes or nothing can be sent.
    pub fn call(
        &mut self,
        rpc: &Rpc<'_>,
        deadline: Deadline<'_>,
    ) -> Result<Vec<Vec<String>>, ConsoleFault> {
        let Some(packet) = improv::rpc(rpc) else {
            return Err(ConsoleFault::Improv(Status::InvalidRpc));
        };
        self.send(&packet)?;
        let (wanted, many) = (rpc.id().byte(), matches!(rpc, Rpc::Scan));
        let mut results = Vec::new();
        self.wait(deadline, |message, _| match message {
            BoardMessage::Improv(ImprovAnswer::Result { command, strings })
                if *command == wanted =>
            {
                let last = !many || strings.is_empty();
                if !many || !last {
                    results.push(strings.clone());
                }
                last.then(|| Ok(std::mem::take(&mut results)))
            }
            BoardMessage::Improv(ImprovAnswer::Status(status)) if *status != Status::Ok => {
                Some(Err(ConsoleFault::Improv(*status)))
            }
            _ => None,
        })?
    }

    /// Waits until `pick` finds what it looks for in what the board tells, or in its reported state.
    ///
    /// # Errors
    /// [`ConsoleFault::TimedOut`], [`ConsoleFault::Cancelled`], and [`ConsoleFault::Lost`] when the port is closed or the board
    /// stays away.
    pub fn wait<T>(
        &mut self,
        deadline: Deadline<'_>,
        mut pick: impl FnMut(&BoardMessage, &ReportedState) -> Option<T>,
    ) -> Result<T, ConsoleFault> {
        loop {
            let mut found = None;
            self.read(|message, reported| {
                if found.is_none() {
                    found = pick(message, reported);
                }
            });
            if let Some(found) = found {
                return Ok(found);
            }
            if deadline.cancel.load(Ordering::Relaxed) {
                return Err(ConsoleFault::Cancelled);
            }
            let now = Instant::now();
            if let Some(PortLoss { since, reason, detail }) = &self.lost
                && (*reason != EndReason::PortGone || now - *since >= Self::RETURN)
            {
                return Err(ConsoleFault::Lost { reason: *reason, detail: detail.clone() });
            }
            if now >= deadline.until {
                return Err(ConsoleFault::TimedOut);
            }
            let mut changed = self.signal.changed.lock();
            if !*changed {
                let glance = (now + Self::GLANCE).min(deadline.until);
                self.signal.condvar.wait_until(&mut changed, glance);
            }
            *changed = false;
        }
    }

    /// Sends bytes to the board.
    ///
    /// # Errors
    /// [`ConsoleFault::NotOpen`].
    pub fn send(&self, bytes: &[u8]) -> Result<(), ConsoleFault> {
        if (self.send_bytes)(Arc::from(bytes)) { Ok(()) } else { Err(ConsoleFault::NotOpen) }
    }

    /// Takes what has come since the last time.
    fn read(&mut self, mut each: impl FnMut(&BoardMessage, &ReportedState)) {
        let Self { capture, at, stream, reported, lost, .. } = self;
        let mut cursor = Cursor::new(capture, *at);
        let mut last = None;
        while let Some(record) = cursor.next() {
            last = Some(record.at);
            match (&record.body, record.direction) {
                (RecordBody::Data(bytes), Direction::In) => {
                    stream.receive(bytes, record.at, |message| {
                        hear(reported, &message, record.at, &mut each)
                    });
                }
                (RecordBody::Event(SessionEvent::PortOpened { .. }), _) => {
                    stream.start_over();
                    *lost = None;
                }
                (RecordBody::Event(SessionEvent::Ended { reason, detail }), _) => {
                    let since = lost.take().map_or_else(Instant::now, |loss| loss.since);
                    *lost = Some(PortLoss { since, reason: *reason, detail: detail.clone() });
                }
                _ => {}
            }
        }
        *at = cursor.position();
        if last.is_none() {
            let now = crate::clock::now();
            stream.tick(now, |message| hear(reported, &message, now, &mut each));
        }
    }
}

fn hear(
    reported: &mut ReportedState,
    message: &BoardMessage,
    at: Timestamp,
    each: &mut impl FnMut(&BoardMessage, &ReportedState),
) {
    match message {
        BoardMessage::Line(line) => reported.line(line, at),
        BoardMessage::Finding(Finding::Started(_) | Finding::Panicked(_)) => reported.restarted(),
        _ => {}
    }
    each(message, reported);
}
