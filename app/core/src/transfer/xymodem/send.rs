//! The sending end of XMODEM and YMODEM.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::cancel::{CANCEL, CancelCounter};
use super::super::machine::{FileOffer, SendAction, SendMachine};
use super::super::{TransferFault, TransferTimes};
use super::{ACK, CRC_PLEASE, EOT, NAK, SUB, block};

/// The sending end of XMODEM or YMODEM.
#[derive(Debug)]
pub struct XySender {
    times: TransferTimes,
    /// Bytes of a block.
    block: usize,
    /// YMODEM: files with names.
    batch: bool,
    phase: Phase,
    input: VecDeque<u8>,
    cancels: CancelCounter,
    actions: VecDeque<SendAction>,
    file: Option<FileOffer>,
    crc: bool,
    /// Of the block that is on its way, or comes next.
    number: u8,
    offset: u64,
    /// Bytes of the file in the block that is on its way.
    filled: usize,
    /// What was sent last, to be sent again.
    last: Vec<u8>,
    tries: u32,
    retries: u32,
    /// Until when the other end may be silent; `None`: from when it is looked at next.
    deadline: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Which file is next?
    WantFile,
    /// The other end is to ask for the first block.
    Asked,
    /// It has asked, and is answered in a moment.
    Turn(Answer),
    /// Block 0 is on its way.
    Header,
    /// It was taken; the other end is to ask for the first block of data.
    HeaderTaken,
    /// The file's next bytes are wanted.
    WantBlock,
    /// A block is on its way.
    Block,
    /// EOT is on its way.
    End,
    /// The block that ends a batch is on its way.
    BatchEnd,
    Over(Result<(), TransferFault>),
}

/// What a receiver that has asked gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// Block 0.
    Header,
    /// The first block of data.
    Data,
    /// What was sent last: block 0, a block, EOT, or the end of the batch.
    HeaderAgain,
    BlockAgain,
    EndAgain,
    BatchEndAgain,
}

impl XySender {
    /// XMODEM: one file, in blocks of 128 or 1024 bytes.
    pub fn xmodem(blocks_of_1k: bool, times: TransferTimes) -> Self {
        Self::new(if blocks_of_1k { 1024 } else { 128 }, false, times)
    }

    /// YMODEM: several files, in blocks of 1024 bytes.
    pub fn ymodem(times: TransferTimes) -> Self {
        Self::new(1024, true, times)
    }

    fn new(block: usize, batch: bool, times: TransferTimes) -> Self {
        Self {
            times,
            block,
            batch,
            phase: Phase::WantFile,
            input: VecDeque::new(),
            cancels: CancelCounter::new(2),
            actions: VecDeque::new(),
            file: None,
            crc: true,
            number: 1,
            offset: 0,
            filled: 0,
            last: Vec::new(),
            tries: 0,
            retries: 0,
            deadline: None,
        }
    }

    fn size(&self) -> u64 {
        self.file.as_ref().and_then(|file| file.size).unwrap_or_default()
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.deadline = None;
    }

    /// Sends this and waits for its answer: what came before is none.
    fn send(&mut self, bytes: Vec<u8>, phase: Phase) {
        self.input.clear();
        self.tries = 0;
        self.actions.push_back(SendAction::Send(bytes.clone()));
        self.last = bytes;
        self.enter(phase);
    }

    fn resend(&mut self, why: TransferFault) {
        self.tries += 1;
        self.retries += 1;
        if self.tries >= self.times.tries {
            return self.fail(why);
        }
        self.input.clear();
        self.actions.push_back(SendAction::Send(self.last.clone()));
        self.deadline = None;
    }

    fn fail(&mut self, why: TransferFault) {
        self.actions.push_back(SendAction::Send(CANCEL.to_vec()));
        self.enter(Phase::Over(Err(why)));
    }

    fn next_block(&mut self) {
        if self.offset >= self.size() {
            self.send(vec![EOT], Phase::End);
        } else {
            self.enter(Phase::WantBlock);
        }
    }

    fn on_byte(&mut self, byte: u8) {
        if self.cancels.heard(byte) {
            return self.enter(Phase::Over(Err(TransferFault::CancelledThere)));
        }
        match (self.phase, byte) {
            (Phase::Asked, CRC_PLEASE | NAK) => {
                self.crc = byte == CRC_PLEASE;
                self.enter(Phase::Turn(if self.batch { Answer::Header } else { Answer::Data }));
            }
            (Phase::Header, ACK) => self.enter(Phase::HeaderTaken),
            (Phase::HeaderTaken, CRC_PLEASE | NAK) => self.enter(Phase::Turn(Answer::Data)),
            (Phase::Block, ACK) => {
                self.offset += self.filled as u64;
                self.filled = 0;
                self.number = self.number.wrapping_add(1);
                self.next_block();
            }
            (Phase::End, ACK) => {
                self.actions.push_back(SendAction::FileDone { skipped: false });
                let done = Phase::Over(Ok(()));
                self.enter(if self.batch { Phase::WantFile } else { done });
            }
            (Phase::BatchEnd, ACK) => self.enter(Phase::Over(Ok(()))),
            (Phase::Header, NAK) => self.enter(Phase::Turn(Answer::HeaderAgain)),
            (Phase::Block, NAK) => self.enter(Phase::Turn(Answer::BlockAgain)),
            (Phase::End, NAK) => self.enter(Phase::Turn(Answer::EndAgain)),
            (Phase::BatchEnd, NAK) => self.enter(Phase::Turn(Answer::BatchEndAgain)),
            // It did not notice the first block at all.
            (Phase::Block, CRC_PLEASE) if self.offset == 0 => {
                self.enter(Phase::Turn(Answer::BlockAgain))
            }
            _ => {}
        }
    }

    fn on_silence(&mut self) {
        match self.phase {
            Phase::Turn(Answer::Header) => {
                let header = block::header(self.file.as_ref());
                let phase = if self.file.is_none() { Phase::BatchEnd } else { Phase::Header };
                self.send(block::encode(0, &header, 0, self.crc), phase);
            }
            Phase::Turn(Answer::Data) => self.next_block(),
            Phase::Turn(again) => {
                self.phase = match again {
                    Answer::HeaderAgain => Phase::Header,
                    Answer::EndAgain => Phase::End,
                    Answer::BatchEndAgain => Phase::BatchEnd,
                    _ => Phase::Block,
                };
                self.resend(TransferFault::TooManyErrors);
            }
            Phase::Asked | Phase::HeaderTaken => self.fail(TransferFault::NoAnswer),
            // Each file was taken; who has left already needs not be told that there are no more.
            Phase::BatchEnd if self.tries > 0 => self.enter(Phase::Over(Ok(()))),
            _ => self.resend(TransferFault::TimedOut),
        }
    }

    const fn patience(&self) -> Duration {
        match self.phase {
            Phase::Turn(_) => self.times.turn,
            Phase::Asked | Phase::HeaderTaken => self.times.start,
            _ => self.times.block,
        }
    }
}

impl SendMachine for XySender {
    fn heard(&mut self, bytes: &[u8]) {
        self.input.extend(bytes);
    }

    fn next(&mut self, now: Duration) -> SendAction {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            match self.phase {
                Phase::Over(end) => return SendAction::Over(end),
                Phase::WantFile => return SendAction::NextFile,
                Phase::WantBlock => {
                    let length = (self.size() - self.offset).min(self.block as u64) as usize;
                    return SendAction::Read { offset: self.offset, length };
                }
                _ => {}
            }
            if let Some(byte) = self.input.pop_front() {
                self.on_byte(byte);
                continue;
            }
            let deadline = *self.deadline.get_or_insert(now + self.patience());
            if now < deadline {
                return SendAction::Wait(deadline);
            }
            self.on_silence();
        }
    }

    fn offer(&mut self, file: Option<FileOffer>) {
        if self.phase != Phase::WantFile {
            return;
        }
        (self.number, self.offset, self.filled) = (1, 0, 0);
        let nothing = file.is_none() && !self.batch;
        self.file = file;
        self.enter(if nothing { Phase::Over(Ok(())) } else { Phase::Asked });
    }

    fn give(&mut self, bytes: &[u8]) {
        if self.phase != Phase::WantBlock {
            return;
        }
        if bytes.is_empty() {
            return self.fail(TransferFault::Shrunk);
        }
        self.filled = bytes.len().min(self.block);
        let block = block::encode(self.number, &bytes[..self.filled], SUB, self.crc);
        self.send(block, Phase::Block);
    }

    fn cancel(&mut self) {
        if !matches!(self.phase, Phase::Over(_)) {
            self.actions.clear();
            self.fail(TransferFault::CancelledHere);
        }
    }

    fn unread(&self) -> usize {
        self.input.len()
    }

    fn position(&self) -> u64 {
        self.offset
    }

    fn retries(&self) -> u32 {
        self.retries
    }
}
