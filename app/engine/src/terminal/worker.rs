//! The thread behind a terminal.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::capture::{Record, RecordBody, Source};
use espalier_core::session::SessionEvent;
use espalier_core::terminal::{GridSize, LocalEcho, TerminalInput, TerminalScreen, typed_bytes};
use espalier_core::view::{CaptureRecords, EncodingName, RecordSource as _};
use espalier_core::{Direction, PeerId, Position};
use parking_lot::Mutex;

use super::emulator::Emulator;
use super::inbox::{TerminalCommand, TerminalInbox};
use super::{OnReply, TerminalReply};
use crate::view::Wake;

/// How much of a capture is fed when it is opened, and after some of it was skipped.
const TAIL: u64 = 1 << 20;

/// A capture whose end is further away than this comes faster than it can be fed.
const BEHIND: u64 = 4 << 20;

/// Bytes of a capture for one slice of work.
const SLICE: u64 = 128 << 10;

/// Between looks at a growing capture: what is typed is seen at once, a flood in pieces.
const REST: Duration = Duration::from_millis(4);

/// Answers within a second. A console asks for the cursor a few times for each line.
const MOST_REPLIES: u32 = 100;

pub(super) struct TerminalWorker {
    inbox: Arc<TerminalInbox>,
    published: Arc<Mutex<Arc<TerminalScreen>>>,
    wake: Wake,
    source: Option<Arc<dyn Source>>,
    /// Queries that begin here or later are answered.
    live: u64,
    /// The record that is fed next; `None`: nothing was fed yet.
    next: Option<Position>,
    skipped: u64,
    /// None before it is known how large it is.
    emulator: Option<Emulator>,
    size: Option<GridSize>,
    feed: TerminalFeed,
    reply: OnReply,
    replies: ReplyLimit,
    /// The window was told of a screen and has not drawn since.
    told: bool,
    /// What was published is not what is there.
    dirty: bool,
    /// Not all of the capture was fed.
    more: bool,
}

/// How records are fed.
struct TerminalFeed {
    peer: Option<PeerId>,
    encoding: EncodingName,
    input: TerminalInput,
    echo: Option<LocalEcho>,
    implicit_cr: bool,
}

/// How often there were answers within the second that goes on.
#[derive(Debug)]
struct ReplyLimit {
    since: Instant,
    count: u32,
}

impl TerminalWorker {
    pub fn new(
        inbox: Arc<TerminalInbox>,
        published: Arc<Mutex<Arc<TerminalScreen>>>,
        wake: Wake,
        reply: OnReply,
    ) -> Self {
        Self {
            inbox,
            published,
            wake,
            source: None,
            live: u64::MAX,
            next: None,
            skipped: 0,
            emulator: None,
            size: None,
            feed: TerminalFeed::new(None, EncodingName::default(), false, false),
            reply,
            replies: ReplyLimit { since: Instant::now(), count: 0 },
            told: false,
            dirty: false,
            more: false,
        }
    }

    pub fn run(mut self) {
        let mut rest = Instant::now();
        while let Some(batch) = self.inbox.wait(self.more, self.size, rest) {
            for command in batch.commands {
                self.apply(command);
            }
            if let Some(size) = batch.drawn {
                self.drawn(size);
            }
            if self.more || batch.grown {
                self.advance();
                rest = Instant::now() + REST;
            }
            if self.dirty && !self.told {
                self.publish();
            }
            self.inbox.set_stale(self.dirty);
        }
    }

    fn drawn(&mut self, size: GridSize) {
        self.told = false;
        if self.size.replace(size) == Some(size) {
            return;
        }
        match &mut self.emulator {
            Some(emulator) => emulator.resize(size),
            None => {
                self.emulator = Some(Emulator::new(size));
                self.more = true;
            }
        }
        self.dirty = true;
    }

    fn apply(&mut self, command: TerminalCommand) {
        match command {
            TerminalCommand::Source(source, live) => {
                (self.source, self.live) = (Some(source), live);
                self.restart();
            }
            TerminalCommand::Show(peer) => {
                if self.feed.peer != peer {
                    self.feed.peer = peer;
                    self.begin_anew();
                }
            }
            TerminalCommand::Configure { echo, implicit_cr, encoding } => {
                let feed = &self.feed;
                let known = (feed.echo.is_some(), feed.implicit_cr, &feed.encoding);
                if known != (echo, implicit_cr, &encoding) {
                    self.feed = TerminalFeed::new(feed.peer, encoding, echo, implicit_cr);
                    self.begin_anew();
                }
            }
            TerminalCommand::Scroll(to) => self.with(|emulator| emulator.scroll(to)),
            TerminalCommand::Select(what) => self.with(|emulator| emulator.select(what)),
            TerminalCommand::Copy(done) => {
                let text = self.emulator.as_ref().and_then(Emulator::selected_text);
                if let Some(text) = text {
                    done(text);
                }
            }
            TerminalCommand::Reset => {
                // Noise may have begun a control string that still goes on.
                self.feed.begin();
                self.with(Emulator::reset);
            }
        }
    }

    fn with(&mut self, act: impl FnOnce(&mut Emulator)) {
        if let Some(emulator) = &mut self.emulator {
            act(emulator);
            self.dirty = true;
        }
    }

    /// Shows what is there already in another way: nothing of it is answered again.
    fn begin_anew(&mut self) {
        self.live = self.live.max(self.next.map_or(0, |next| next.0));
        self.restart();
    }

    fn restart(&mut self) {
        (self.next, self.skipped) = (None, 0);
        self.feed.begin();
        self.with(Emulator::reset);
        self.more = true;
    }

    /// Feeds some of what is there.
    fn advance(&mut self) {
        let (Some(source), Some(emulator)) = (&self.source, &mut self.emulator) else {
            self.more = false;
            return;
        };
        let records = CaptureRecords(&**source);
        let extent = source.extent();
        let next = match self.next {
            Some(next) if extent.end.saturating_sub(next.0) <= BEHIND => next,
            known => {
                let tail = extent.end.saturating_sub(TAIL).max(extent.start);
                let tail = records.before(tail).unwrap_or(Position(tail));
                if let Some(known) = known {
                    self.skipped += tail.0.saturating_sub(known.0);
                    self.feed.begin();
                    emulator.leave_program();
                }
                tail
            }
        };
        let (feed, live) = (&mut self.feed, self.live);
        let mut replies = Vec::new();
        let until = next.0 + SLICE;
        let mut changed = false;
        let reached = records.walk(next, &mut |record| {
            changed |= feed.take(record, emulator);
            let answers = emulator.take_answers();
            if record.position.0 >= live {
                replies.extend(answers.into_iter().map(|answer| (record.peer, answer)));
            }
            if record.position.0 >= until {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        self.more = reached.0 < source.extent().end && Some(reached) != self.next;
        self.next = Some(reached);
        self.dirty |= changed;
        self.answer(&replies);
    }

    fn answer(&mut self, replies: &[(PeerId, String)]) {
        let mut pending: Option<(PeerId, Vec<u8>)> = None;
        for (peer, answer) in replies {
            match self.replies.admit(Instant::now()) {
                Admission::Yes => {}
                Admission::Last => {
                    (self.reply)(TerminalReply::AskedTooOften(*peer));
                    continue;
                }
                Admission::No => continue,
            }
            // An answer is of ASCII, which every encoding has.
            let Ok(bytes) = typed_bytes(answer, &self.feed.encoding) else { continue };
            // What was asked together is answered together.
            match &mut pending {
                Some((to, all)) if to == peer => all.extend(bytes),
                _ => {
                    let before = pending.replace((*peer, bytes));
                    self.send(before);
                }
            }
        }
        self.send(pending);
    }

    fn send(&self, pending: Option<(PeerId, Vec<u8>)>) {
        if let Some((peer, bytes)) = pending {
            (self.reply)(TerminalReply::Answer(peer, bytes));
        }
    }

    /// Publishes what is there and tells the window: once, and again when it has drawn.
    fn publish(&mut self) {
        let Some(emulator) = &mut self.emulator else { return };
        let screen = Arc::new(emulator.screen(self.skipped));
        let _old = std::mem::replace(&mut *self.published.lock(), screen);
        (self.dirty, self.told) = (false, true);
        (self.wake)();
    }
}

impl TerminalFeed {
    fn new(peer: Option<PeerId>, encoding: EncodingName, echo: bool, implicit_cr: bool) -> Self {
        Self {
            peer,
            input: TerminalInput::new(&encoding).with_implicit_cr(implicit_cr),
            echo: echo.then(|| LocalEcho::new(&encoding)),
            encoding,
            implicit_cr,
        }
    }

    /// A stream begins.
    fn begin(&mut self) {
        let (echo, implicit_cr) = (self.echo.is_some(), self.implicit_cr);
        *self = Self::new(self.peer, self.encoding.clone(), echo, implicit_cr);
    }

    /// Feeds one record; whether there was anything in it.
    fn take(&mut self, record: &Record<'_>, emulator: &mut Emulator) -> bool {
        let is_shown = self.peer.is_none_or(|peer| record.peer == peer);
        let mut text = String::new();
        match (&record.body, record.direction) {
            _ if !is_shown => return false,
            (RecordBody::Data(bytes), Direction::In) => self.input.push(bytes, &mut text),
            (RecordBody::Data(bytes), Direction::Out) => match &mut self.echo {
                Some(echo) => echo.push(bytes, &mut text),
                None => return false,
            },
            // After a kill or a power cut, a connection's end is not told: the next one begins anew all the same.
            (
                RecordBody::Event(
                    SessionEvent::Ended { .. }
                    | SessionEvent::Connected { .. }
                    | SessionEvent::PortOpened { .. },
                ),
                _,
            ) => {
                self.begin();
                emulator.leave_program();
                return true;
            }
            (RecordBody::Event(_), _) => return false,
        }
        emulator.feed(&text);
        true
    }
}

/// Whether there may be one more answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admission {
    Yes,
    /// No, for the first time in this second.
    Last,
    No,
}

impl ReplyLimit {
    fn admit(&mut self, now: Instant) -> Admission {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            *self = Self { since: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        match self.count {
            ..=MOST_REPLIES => Admission::Yes,
            count if count == MOST_REPLIES + 1 => Admission::Last,
            _ => Admission::No,
        }
    }
}
