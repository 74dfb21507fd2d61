//! The sending end of ZMODEM.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use zmodem2::{Action, Event, FileInfo, Position, Sender};

use super::super::cancel::{CANCEL, CancelCounter};
use super::super::machine::{FileOffer, SendAction, SendMachine};
use super::super::{TransferFault, TransferTimes};
use super::{CANCELS, LARGEST};

/// Bytes that may be held back.
const MOST_HELD: usize = 4096;

/// What a request for another position begins with (ZRPOS, as a hex header).
const ZRPOS: &[u8; 6] = b"**\x18B09";

/// What says that a file is over begins with (ZEOF, as a binary header with a CRC of 32 bits).
const ZEOF: &[u8; 4] = b"*\x18C\x0b";

/// The sending end of ZMODEM.
///
/// A receiver that has met damage asks for the place again with each piece that was under way behind it. Whoever answers all of them
/// sends the same again and again into what is read as garbage. So it waits until the line rests, and answers the last one.
pub struct ZmodemSender {
    machine: Box<Sender>,
    times: TransferTimes,
    input: VecDeque<u8>,
    /// What may be the beginning of a [`ZRPOS`], or what has come since there was one.
    held: Vec<u8>,
    /// Until when the line is to rest; outer `None`: no request waits.
    rests_at: Option<Option<Duration>>,
    /// Bytes of this file have been sent.
    begun: bool,
    /// It was said that this file is over: who does not want it says so before.
    ended: bool,
    cancels: CancelCounter,
    actions: VecDeque<SendAction>,
    wants_file: bool,
    finished: bool,
    position: u64,
    /// The next thing that is sent holds bytes of the file.
    gave: bool,
    /// What was sent last, when it was no data: it is sent again when nothing answers.
    control: Vec<u8>,
    /// Anything of this session was answered.
    answered: bool,
    retries: u32,
    resend_at: Option<Duration>,
    give_up_at: Option<Duration>,
    over: Option<Result<(), TransferFault>>,
}

impl fmt::Debug for ZmodemSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZmodemSender").field("position", &self.position).finish_non_exhaustive()
    }
}

impl ZmodemSender {
    /// Begins a session.
    ///
    /// # Errors
    /// [`TransferFault::TooLarge`]: never; its first header has room.
    pub fn new(times: TransferTimes) -> Result<Self, TransferFault> {
        let machine = Sender::new().map_err(|_| TransferFault::TooLarge)?;
        Ok(Self {
            machine: Box::new(machine),
            times,
            input: VecDeque::new(),
            held: Vec::new(),
            rests_at: None,
            begun: false,
            ended: false,
            cancels: CancelCounter::new(CANCELS),
            // A shell at the other end starts the receiver by it.
            actions: VecDeque::from([SendAction::Send(b"rz\r".to_vec())]),
            wants_file: true,
            finished: false,
            position: 0,
            gave: false,
            control: Vec::new(),
            answered: false,
            retries: 0,
            resend_at: None,
            give_up_at: None,
            over: None,
        })
    }

    fn end(&mut self, end: Result<(), TransferFault>) {
        self.over.get_or_insert(end);
    }

    fn fail(&mut self, why: TransferFault) {
        if self.over.is_none() {
            self.actions.push_back(SendAction::Send(CANCEL.to_vec()));
            self.end(Err(why));
        }
    }

    fn came_further(&mut self) {
        self.answered = true;
        (self.resend_at, self.give_up_at) = (None, None);
    }

    /// Nothing came in time.
    fn on_silence(&mut self) {
        self.retries += 1;
        self.resend_at = None;
        // What is sent before anybody answers, it knows itself.
        if self.answered && !self.control.is_empty() {
            self.actions.push_back(SendAction::Send(self.control.clone()));
        } else {
            self.machine.timeout().ok();
        }
    }

    fn on_byte(&mut self, byte: u8) {
        if self.cancels.heard(byte) {
            return self.end(Err(TransferFault::CancelledThere));
        }
        self.held.push(byte);
        if self.rests_at.is_some() {
            self.rests_at = Some(None);
            // Nothing that anybody means is so long.
            if self.held.len() > MOST_HELD {
                self.answer_last();
            }
            return;
        }
        if self.begun && self.held == ZRPOS {
            self.retries += 1;
            self.rests_at = Some(None);
        } else if !self.begun || !ZRPOS.starts_with(&self.held) {
            self.feed_held();
        }
    }

    fn feed_held(&mut self) {
        for byte in std::mem::take(&mut self.held) {
            // A damaged header: the other end sends it again, or we do.
            if self.machine.submit_wire(&[byte]).is_err() {
                self.retries += 1;
            }
        }
    }

    /// The line rests: only the last request is answered.
    fn answer_last(&mut self) {
        self.rests_at = None;
        let last = self.held.windows(ZRPOS.len()).rposition(|it| it == ZRPOS);
        self.held.drain(..last.unwrap_or_default());
        self.feed_held();
    }

    /// What the machine wants, as far as it wants anything.
    fn poll(&mut self) -> Option<SendAction> {
        match self.machine.poll() {
            Action::WriteWire(bytes) => {
                let bytes = bytes.to_vec();
                self.machine.wire_written(bytes.len());
                let is_data = std::mem::take(&mut self.gave);
                self.ended |= !is_data && bytes.starts_with(ZEOF);
                self.control = if is_data { Vec::new() } else { bytes.clone() };
                self.resend_at = None;
                Some(SendAction::Send(bytes))
            }
            Action::ReadFile { offset, max_len } => {
                let offset = u64::from(offset.get());
                if offset > self.position || !self.answered {
                    self.came_further();
                }
                self.position = offset;
                Some(SendAction::Read { offset, length: max_len })
            }
            Action::Event(Event::FileCompleted) => {
                self.came_further();
                self.wants_file = true;
                Some(SendAction::FileDone { skipped: !self.ended })
            }
            Action::Event(Event::SessionCompleted) => {
                self.finished = true;
                self.poll()
            }
            Action::Event(Event::Aborted) => {
                self.end(Err(TransferFault::CancelledThere));
                None
            }
            _ => None,
        }
    }
}

impl SendMachine for ZmodemSender {
    fn heard(&mut self, bytes: &[u8]) {
        self.input.extend(bytes);
    }

    fn next(&mut self, now: Duration) -> SendAction {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            if let Some(end) = self.over {
                return SendAction::Over(end);
            }
            if let Some(action) = self.poll() {
                return action;
            }
            if self.finished {
                self.end(Ok(()));
                continue;
            }
            if self.over.is_some() {
                continue;
            }
            if self.wants_file {
                return SendAction::NextFile;
            }
            if let Some(byte) = self.input.pop_front() {
                self.on_byte(byte);
                continue;
            }
            if let Some(rests_at) = &mut self.rests_at {
                let rests_at = *rests_at.get_or_insert(now + self.times.turn);
                if now < rests_at {
                    return SendAction::Wait(rests_at);
                }
                self.answer_last();
                continue;
            }
            let patience = if self.answered { self.times.stall } else { self.times.start };
            let give_up_at = *self.give_up_at.get_or_insert(now + patience);
            let rest = if self.answered { self.times.block } else { self.times.prompt };
            let resend_at = *self.resend_at.get_or_insert(now + rest);
            if now >= give_up_at {
                let why =
                    if self.answered { TransferFault::TimedOut } else { TransferFault::NoAnswer };
                self.fail(why);
            } else if now >= resend_at {
                self.on_silence();
            } else {
                return SendAction::Wait(give_up_at.min(resend_at));
            }
        }
    }

    fn offer(&mut self, file: Option<FileOffer>) {
        if !std::mem::take(&mut self.wants_file) {
            return;
        }
        let Some(file) = file else {
            if self.machine.finish().is_err() {
                self.fail(TransferFault::TooLarge);
            }
            return;
        };
        let size = file.size.unwrap_or_default();
        let position = u32::try_from(size).ok().filter(|_| size < LARGEST).map(Position::new);
        // A zero would end the name.
        let name: Vec<u8> = file.name.iter().copied().filter(|byte| *byte != 0).collect();
        // A regular file, which only its owner may write.
        let mut info = FileInfo::new(&name, position).with_mode(0o100_644);
        if let Some(modified) = file.modified.and_then(|time| u32::try_from(time).ok()) {
            info = info.with_modified(modified);
        }
        (self.position, self.begun, self.ended) = (0, false, false);
        if self.machine.start_file(info).is_err() {
            self.fail(TransferFault::TooLarge);
        }
    }

    fn give(&mut self, bytes: &[u8]) {
        (self.gave, self.begun) = (true, true);
        match self.machine.submit_file(bytes) {
            Ok(()) => self.position += bytes.len() as u64,
            Err(_) => self.fail(TransferFault::Shrunk),
        }
    }

    fn cancel(&mut self) {
        self.actions.clear();
        self.fail(TransferFault::CancelledHere);
    }

    fn unread(&self) -> usize {
        self.input.len()
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn retries(&self) -> u32 {
        self.retries
    }
}
