//! The receiving end of ZMODEM.

use std::collections::VecDeque;
use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use crc::{CRC_16_XMODEM, Crc};
use zmodem2::{Action, Event, Receiver};

use super::super::cancel::{CANCEL, CancelCounter};
use super::super::machine::{FileOffer, ReceiveAction, ReceiveMachine};
use super::super::{TransferFault, TransferTimes};
use super::CANCELS;

/// The receiving end of ZMODEM.
pub struct ZmodemReceiver {
    machine: Box<Receiver>,
    times: TransferTimes,
    input: VecDeque<u8>,
    cancels: CancelCounter,
    actions: VecDeque<ReceiveAction>,
    /// The file that was offered, and where it stands once it was accepted.
    file: Option<(FileOffer, Option<u64>)>,
    finished: bool,
    /// Anybody has begun.
    answered: bool,
    /// Errors in a row, in what should tell of a file.
    errors: u32,
    retries: u32,
    ask_at: Option<Duration>,
    give_up_at: Option<Duration>,
    over: Option<Result<(), TransferFault>>,
}

impl fmt::Debug for ZmodemReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZmodemReceiver").field("file", &self.file).finish_non_exhaustive()
    }
}

fn machine() -> Result<Box<Receiver>, TransferFault> {
    // Nonstop: who calls this writes while it receives, and TCP or the port holds back what is too much.
    let mut machine = Receiver::with_flow_control(0, true).map_err(|_| TransferFault::TooLarge)?;
    machine.set_manual_file_accept(true);
    Ok(Box::new(machine))
}

impl ZmodemReceiver {
    /// Begins a session.
    ///
    /// # Errors
    /// [`TransferFault::TooLarge`]: never; its first header has room.
    pub fn new(times: TransferTimes) -> Result<Self, TransferFault> {
        Ok(Self {
            machine: machine()?,
            times,
            input: VecDeque::new(),
            cancels: CancelCounter::new(CANCELS),
            actions: VecDeque::new(),
            file: None,
            finished: false,
            answered: false,
            errors: 0,
            retries: 0,
            ask_at: None,
            give_up_at: None,
            over: None,
        })
    }

    fn end(&mut self, end: Result<(), TransferFault>) {
        self.over.get_or_insert(end);
    }

    fn fail(&mut self, why: TransferFault) {
        if self.over.is_none() {
            self.actions.push_back(ReceiveAction::Send(CANCEL.to_vec()));
            self.end(Err(why));
        }
    }

    fn came_further(&mut self) {
        self.answered = true;
        self.errors = 0;
        (self.ask_at, self.give_up_at) = (None, None);
    }

    fn on_byte(&mut self, byte: u8) {
        self.ask_at = None;
        if self.cancels.heard(byte) {
            return self.end(Err(TransferFault::CancelledThere));
        }
        if self.machine.submit_wire(&[byte]).is_ok() {
            return;
        }
        // In a file it finds back by itself. What tells of a file and came damaged it would never leave: begin anew, which
        // has the sender tell it again.
        self.errors += 1;
        let is_in_file = self.file.as_ref().is_some_and(|(_, at)| at.is_some());
        if !is_in_file && self.errors > 3 {
            self.retries += 1;
            self.errors = 0;
            match machine() {
                Ok(machine) => self.machine = machine,
                Err(why) => self.fail(why),
            }
        }
    }

    /// Nothing came for a while: asks again.
    fn on_silence(&mut self) {
        self.ask_at = None;
        self.retries += 1;
        match &self.file {
            // Where it is in the middle of a piece, what comes next is taken for its rest and found damaged, and asked for again.
            Some((_, Some(at))) => self.actions.push_back(ReceiveAction::Send(zrpos(*at))),
            _ => {
                self.machine.timeout().ok();
            }
        }
    }

    fn poll(&mut self) -> Option<ReceiveAction> {
        match self.machine.poll() {
            Action::WriteWire(bytes) => {
                let bytes = bytes.to_vec();
                self.machine.wire_written(bytes.len());
                Some(ReceiveAction::Send(bytes))
            }
            Action::WriteFile(bytes) => {
                let bytes = bytes.to_vec();
                if self.machine.file_written(bytes.len()).is_err() {
                    self.fail(TransferFault::TooLarge);
                    return None;
                }
                if let Some((_, Some(at))) = &mut self.file {
                    *at += bytes.len() as u64;
                }
                self.came_further();
                Some(ReceiveAction::Write(bytes))
            }
            Action::Event(Event::FileStarted(info)) => {
                let offer = FileOffer {
                    name: info.name.to_vec(),
                    size: info.size.map(|size| u64::from(size.get())),
                    modified: info.modified.map(u64::from),
                };
                match &self.file {
                    // It did not hear from where on we want it.
                    Some((known, Some(at))) if *known == offer => {
                        let at = *at;
                        self.machine.accept_file_at(u32::try_from(at).unwrap_or_default()).ok();
                        self.poll()
                    }
                    _ => {
                        self.came_further();
                        self.file = Some((offer.clone(), None));
                        Some(ReceiveAction::Begin(offer))
                    }
                }
            }
            Action::Event(Event::FileCompleted) => {
                self.came_further();
                self.file.take().map(|_| ReceiveAction::FileDone).or_else(|| self.poll())
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

/// `I want the file from there on`, as a hex header.
fn zrpos(position: u64) -> Vec<u8> {
    static CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
    let position = u32::try_from(position).unwrap_or(u32::MAX).to_le_bytes();
    let header = [&[0x09], &position[..]].concat();
    let mut text = "**\x18B".to_owned();
    for byte in header.iter().chain(&CRC.checksum(&header).to_be_bytes()) {
        write!(text, "{byte:02x}").ok();
    }
    let mut bytes = text.into_bytes();
    bytes.extend(b"\r\x8a\x11");
    bytes
}

impl ReceiveMachine for ZmodemReceiver {
    fn heard(&mut self, bytes: &[u8]) {
        self.input.extend(bytes);
    }

    fn next(&mut self, now: Duration) -> ReceiveAction {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            if let Some(end) = self.over {
                return ReceiveAction::Over(end);
            }
            if let Some(action) = self.poll() {
                return action;
            }
            if self.finished {
                self.end(Ok(()));
            }
            if self.over.is_some() {
                continue;
            }
            if let Some(byte) = self.input.pop_front() {
                self.on_byte(byte);
                continue;
            }
            let patience = if self.answered { self.times.stall } else { self.times.start };
            let give_up_at = *self.give_up_at.get_or_insert(now + patience);
            let rest = if self.answered { self.times.block } else { self.times.prompt };
            let ask_at = *self.ask_at.get_or_insert(now + rest);
            if now >= give_up_at {
                let why =
                    if self.answered { TransferFault::TimedOut } else { TransferFault::NoAnswer };
                self.fail(why);
            } else if now >= ask_at {
                self.on_silence();
            } else {
                return ReceiveAction::Wait(give_up_at.min(ask_at));
            }
        }
    }

    fn accept(&mut self, from: u64) {
        let Some((_, at @ None)) = &mut self.file else { return };
        *at = Some(from);
        let from = u32::try_from(from).unwrap_or_default();
        if self.machine.accept_file_at(from).is_err() {
            self.fail(TransferFault::TooLarge);
        }
    }

    fn cancel(&mut self) {
        self.actions.clear();
        self.fail(TransferFault::CancelledHere);
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

    #[test]
    fn a_position_is_asked_for_as_lrzsz_does() {
        // Seen from `rz`: ZRPOS to 0.
        assert_eq!(zrpos(0), b"**\x18B0900000000a87c\r\x8a\x11");
    }
}
