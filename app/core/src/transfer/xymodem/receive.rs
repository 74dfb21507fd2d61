//! The receiving end of XMODEM and YMODEM.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::cancel::{CANCEL, CancelCounter};
use super::super::machine::{FileOffer, ReceiveAction, ReceiveMachine};
use super::super::{TransferFault, TransferTimes};
use super::{ACK, CRC_PLEASE, EOT, NAK, block};

/// How often a sender is asked for CRCs before it is asked for sums.
const CRC_TRIES: u32 = 4;

/// The receiving end of XMODEM or YMODEM.
#[derive(Debug)]
pub struct XyReceiver {
    times: TransferTimes,
    /// YMODEM: files with names.
    batch: bool,
    phase: Phase,
    input: VecDeque<u8>,
    cancels: CancelCounter,
    actions: VecDeque<ReceiveAction>,
    /// Nothing of the file has come: the sender is asked, and not answered.
    asking: bool,
    crc: bool,
    /// The number of the block that comes next.
    expected: u8,
    /// What is left of the file, when its size is known.
    left: Option<u64>,
    /// The block that is coming.
    block: Vec<u8>,
    /// What came while nobody had said yet where it goes.
    held: Option<Vec<u8>>,
    tries: u32,
    retries: u32,
    begun: Option<Duration>,
    /// When the phase is over; `None`: counted from when it is looked at next.
    deadline: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Ask (again), or repeat the last answer.
    Prompt,
    /// A block is to begin.
    Idle,
    /// A block comes.
    Block,
    /// It was damaged: wait until the line rests, then ask for it again.
    Purge,
    /// An EOT has come. When anything follows, it was none.
    End,
    /// Where does the file go?
    WantAccept,
    Over(Result<(), TransferFault>),
}

impl XyReceiver {
    /// XMODEM: one file, whose end is filled up to a whole block.
    pub fn xmodem(times: TransferTimes) -> Self {
        Self::new(false, times)
    }

    /// YMODEM: several files, with their names and sizes.
    pub fn ymodem(times: TransferTimes) -> Self {
        Self::new(true, times)
    }

    fn new(batch: bool, times: TransferTimes) -> Self {
        Self {
            times,
            batch,
            phase: Phase::Prompt,
            input: VecDeque::new(),
            cancels: CancelCounter::new(2),
            actions: VecDeque::new(),
            asking: true,
            crc: true,
            expected: if batch { 0 } else { 1 },
            left: None,
            block: Vec::new(),
            held: None,
            tries: 0,
            retries: 0,
            begun: None,
            deadline: None,
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.deadline = None;
    }

    fn send(&mut self, byte: u8) {
        self.actions.push_back(ReceiveAction::Send(vec![byte]));
    }

    fn fail(&mut self, why: TransferFault) {
        self.actions.push_back(ReceiveAction::Send(CANCEL.to_vec()));
        self.enter(Phase::Over(Err(why)));
    }

    /// Whether block 0 comes next.
    const fn wants_header(&self) -> bool {
        self.batch && self.asking && self.expected == 0
    }

    fn prompt(&mut self) {
        let asks = if self.crc { CRC_PLEASE } else { NAK };
        self.send(if self.asking { asks } else { NAK });
        self.enter(Phase::Idle);
    }

    /// Nothing came in time where a block should begin.
    fn on_no_block(&mut self, now: Duration) {
        self.tries += 1;
        if self.asking {
            let begun = *self.begun.get_or_insert(now);
            if now.saturating_sub(begun) >= self.times.start {
                return self.fail(TransferFault::NoAnswer);
            }
            if !self.batch && self.tries == CRC_TRIES {
                self.crc = false;
            }
        } else if self.tries >= self.times.tries {
            return self.fail(TransferFault::TimedOut);
        }
        self.prompt();
    }

    fn on_byte(&mut self, byte: u8) {
        match self.phase {
            Phase::Idle => {
                if self.cancels.heard(byte) {
                    return self.enter(Phase::Over(Err(TransferFault::CancelledThere)));
                }
                if byte == EOT {
                    self.enter(Phase::End);
                } else if block::length_of(byte).is_some() {
                    self.block.clear();
                    self.block.push(byte);
                    self.enter(Phase::Block);
                }
            }
            Phase::Block => {
                self.block.push(byte);
                self.deadline = None;
                let data = self.block.first().and_then(|kind| block::length_of(*kind));
                let whole = 3 + data.unwrap_or_default() + if self.crc { 2 } else { 1 };
                if self.block.len() >= whole {
                    self.on_block();
                }
            }
            Phase::Purge | Phase::End => {
                // A sender that gives up in the middle of a block is heard, too.
                if self.cancels.heard(byte) {
                    return self.enter(Phase::Over(Err(TransferFault::CancelledThere)));
                }
                self.enter(Phase::Purge);
            }
            _ => {}
        }
    }

    fn on_block(&mut self) {
        let (number, complement) = (self.block[1], self.block[2]);
        let end = self.block.len() - if self.crc { 2 } else { 1 };
        let (data, check) = (&self.block[3..end], &self.block[end..]);
        if number != !complement || block::check(data, self.crc) != check {
            return self.enter(Phase::Purge);
        }
        let data = data.to_vec();
        if number == self.expected {
            self.tries = 0;
            if self.wants_header() {
                return self.on_header(&data);
            }
            self.expected = self.expected.wrapping_add(1);
            if self.asking && !self.batch {
                // XMODEM says nothing of the file: its first block begins it.
                self.held = Some(data);
                self.actions.push_back(ReceiveAction::Begin(FileOffer::default()));
                return self.enter(Phase::WantAccept);
            }
            self.asking = false;
            self.take(data);
        } else if number == self.expected.wrapping_sub(1) && (self.batch || !self.asking) {
            // Our answer was lost.
            self.send(ACK);
            if self.asking {
                self.send(CRC_PLEASE);
            }
            self.enter(Phase::Idle);
        } else if self.asking {
            self.enter(Phase::Purge);
        } else {
            self.fail(TransferFault::LostBlock);
        }
    }

    fn on_header(&mut self, data: &[u8]) {
        match block::parse_header(data) {
            None => {
                self.send(ACK);
                self.enter(Phase::Over(Ok(())));
            }
            Some(offer) => {
                self.left = offer.size;
                self.actions.push_back(ReceiveAction::Begin(offer));
                self.enter(Phase::WantAccept);
            }
        }
    }

    fn take(&mut self, mut data: Vec<u8>) {
        if let Some(left) = &mut self.left {
            data.truncate((*left).min(data.len() as u64) as usize);
            *left -= data.len() as u64;
        }
        if !data.is_empty() {
            self.actions.push_back(ReceiveAction::Write(data));
        }
        self.send(ACK);
        self.enter(Phase::Idle);
    }

    /// The line rests behind an EOT: it was one.
    fn on_end(&mut self) {
        if self.wants_header() {
            // That of the file before: our answer was lost.
            self.send(ACK);
            return self.enter(Phase::Prompt);
        }
        if self.asking && !self.batch {
            // An empty file.
            self.asking = false;
            self.actions.push_back(ReceiveAction::Begin(FileOffer::default()));
            return self.enter(Phase::WantAccept);
        }
        // Its sender is told when it is known that all of it is there.
        self.actions.push_back(ReceiveAction::FileDone);
        self.send(ACK);
        if !self.batch {
            return self.enter(Phase::Over(Ok(())));
        }
        (self.asking, self.expected, self.left) = (true, 0, None);
        (self.tries, self.begun) = (0, None);
        self.enter(Phase::Prompt);
    }

    fn on_damage(&mut self) {
        self.tries += 1;
        self.retries += 1;
        if self.tries >= self.times.tries {
            return self.fail(TransferFault::TooManyErrors);
        }
        self.prompt();
    }

    const fn patience(&self) -> Duration {
        match self.phase {
            Phase::Block => self.times.byte,
            Phase::Purge | Phase::End => self.times.quiet,
            _ if self.asking => self.times.prompt,
            _ => self.times.block,
        }
    }
}

impl ReceiveMachine for XyReceiver {
    fn heard(&mut self, bytes: &[u8]) {
        self.input.extend(bytes);
    }

    fn next(&mut self, now: Duration) -> ReceiveAction {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            match self.phase {
                Phase::Over(end) => return ReceiveAction::Over(end),
                // The caller answers it before it asks again.
                Phase::WantAccept => return ReceiveAction::Wait(now + self.times.block),
                Phase::Prompt => {
                    self.begun.get_or_insert(now);
                    self.prompt();
                    continue;
                }
                _ => {}
            }
            if let Some(byte) = self.input.pop_front() {
                self.on_byte(byte);
                continue;
            }
            let deadline = *self.deadline.get_or_insert(now + self.patience());
            if now < deadline {
                return ReceiveAction::Wait(deadline);
            }
            match self.phase {
                Phase::Idle => self.on_no_block(now),
                Phase::End => self.on_end(),
                _ => self.on_damage(),
            }
        }
    }

    fn accept(&mut self, _from: u64) {
        if self.phase != Phase::WantAccept {
            return;
        }
        if self.batch {
            self.expected = 1;
            self.actions.push_back(ReceiveAction::Send(vec![ACK, CRC_PLEASE]));
            self.begun = None;
            return self.enter(Phase::Idle);
        }
        self.asking = false;
        match self.held.take() {
            Some(data) => self.take(data),
            None => self.on_end(),
        }
    }

    fn cancel(&mut self) {
        // The last answer may wait until it is known whether the file could be kept.
        let over = match self.phase {
            Phase::Over(end) => end.is_err() || self.actions.is_empty(),
            _ => false,
        };
        if !over {
            self.actions.clear();
            self.fail(TransferFault::CancelledHere);
        }
    }

    fn unread(&self) -> usize {
        self.input.len()
    }

    fn retries(&self) -> u32 {
        self.retries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it says until it waits, and until when.
    fn said(receiver: &mut XyReceiver, now: Duration) -> (Vec<u8>, Duration) {
        let mut said = Vec::new();
        loop {
            match receiver.next(now) {
                ReceiveAction::Send(bytes) => said.extend(bytes),
                ReceiveAction::Begin(_) => receiver.accept(0),
                ReceiveAction::Wait(until) => return (said, until),
                _ => {}
            }
        }
    }

    #[test]
    fn a_sender_by_xmodem_is_not_told_that_all_is_there_when_it_could_not_be_kept() {
        let mut receiver = XyReceiver::xmodem(TransferTimes::default());
        let now = Duration::ZERO;
        said(&mut receiver, now);
        receiver.heard(&block::encode(1, b"abc", 0x1a, true));
        said(&mut receiver, now);
        receiver.heard(&[EOT]);
        let (_, rests) = said(&mut receiver, now);
        assert_eq!(receiver.next(rests), ReceiveAction::FileDone);
        receiver.cancel();
        assert_eq!(receiver.next(rests), ReceiveAction::Send(CANCEL.to_vec()));
        let end = Err(TransferFault::CancelledHere);
        assert_eq!(receiver.next(rests), ReceiveAction::Over(end));
    }

    #[test]
    fn the_end_of_a_file_is_answered_again_when_the_answer_was_lost() {
        let mut receiver = XyReceiver::ymodem(TransferTimes::default());
        let mut now = Duration::ZERO;
        assert_eq!(said(&mut receiver, now).0, [CRC_PLEASE]);
        receiver.heard(&block::encode(0, b"a\x003", 0, true));
        assert_eq!(said(&mut receiver, now).0, [ACK, CRC_PLEASE]);
        receiver.heard(&block::encode(1, b"abc", 0x1a, true));
        assert_eq!(said(&mut receiver, now).0, [ACK]);
        for _ in 0..2 {
            receiver.heard(&[EOT]);
            let (before, rests) = said(&mut receiver, now);
            assert!(before.is_empty());
            now = rests;
            assert_eq!(said(&mut receiver, now).0, [ACK, CRC_PLEASE]);
        }
    }
}
