//! The conversation with one sender, and what it does to the flash: sans-IO but for [`Flash`].
//!
//! The glue accepts one connection at a time on [`ota::PORT`], calls [`OtaSession::open`], and then, until
//! [`OtaSession::is_over`], again and again: sends [`OtaSession::output`], hands [`OtaSession::take_event`] to the board, calls
//! [`OtaSession::step`] as long as that says so, otherwise reads at most [`OtaSession::wants`] bytes for
//! [`OtaSession::received`]. It tells [`OtaSession::cut`] when the connection ends, or at [`OtaSession::until`]. An event is
//! handed on only after the output before it was sent: with [`OtaEvent::Written`] the board restarts. Who connects meanwhile is
//! told [`ota::BUSY`].
//!
//! Nobody holds the port for long: the offer has 15 s from the connection on, all of it, and the image 15 minutes, without 10 s
//! in which nothing moves.
//!
//! Nothing is erased before the permission was checked and the image's first bytes were those of a program for this board.
//! A sector is erased when its first byte is written. The slot is chosen after its bytes, read back, have the digest that was
//! announced; whatever fails before that leaves the running program the one to be started.
//!
//! [`ota::PORT`]: espalier_protocol::ota::PORT

use super::{
    Aligned, BootSlots, Flash, SECTOR,
    image::{ImageCheck, chip_id},
};
use crate::time::Time;
use core::ops::Range;
use espalier_protocol::{
    OtaFault, OtaState,
    ota::{self, Answer, Greeting, Nonce, Offer, STEP, Sha256Digest, TokenKey},
};
use heapless::{String, Vec};
use sha2::{Digest as _, Sha256};

/// Bytes that are written to flash at once.
pub const BLOCK: usize = 512;
/// A sender that is silent for so long is left, milliseconds.
const SILENCE_MS: u64 = 10_000;
/// A sender whose offer is not there, whole, is left so long after it has connected, milliseconds.
const OFFER_MS: u64 = 15_000;
/// A sender whose image is not there, whole, is left so long after its offer was accepted, milliseconds: 2 KiB a second.
const UPDATE_MS: u64 = 900_000;
/// After a wrong token the next offer with one is refused for so long, milliseconds.
const PENALTY_MS: u64 = 2_000;

const _: () = assert!(SECTOR.is_multiple_of(BLOCK as u32) && STEP.is_multiple_of(BLOCK as u32));

/// What the board permits, and what it is.
#[derive(Debug, Clone)]
pub struct OtaPermit<'a> {
    /// The chip.
    pub chip: &'static str,
    /// Name of the running program, which the new one must have, too.
    pub app: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Where it lies; `None`: there is one slot.
    pub slots: Option<&'a BootSlots>,
    /// The first bytes of its image's hash.
    pub image: Option<[u8; 8]>,
    /// How it stands with it.
    pub state: OtaState,
    /// Whether one update is taken without a token.
    pub allowed: bool,
    /// The token's key.
    pub token: Option<&'a TokenKey>,
    /// Whether the board restarts.
    pub restarts: bool,
}

/// What happened, for the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtaEvent {
    /// An image is being received.
    Receiving {
        /// Its length.
        bytes: u32,
    },
    /// It was not done.
    Refused {
        /// Why.
        reason: OtaFault,
        /// Bytes that were written.
        bytes: u32,
    },
    /// It is done; the board restarts.
    Written {
        /// Its length.
        bytes: u32,
    },
}

/// Where the conversation is.
#[derive(Debug, Clone)]
enum Phase {
    /// There is none, or it is over.
    Over,
    /// The offer is to come.
    Greeted,
    /// The image comes.
    Receiving(ImageCheck),
    /// It is read back; so many bytes so far.
    Verifying { at: u32, hash: Sha256 },
}

/// One conversation after the other; 1.5 KiB.
#[derive(Debug, Clone)]
pub struct OtaSession {
    phase: Phase,
    nonce: Nonce,
    slot: Range<u32>,
    bytes: u32,
    sha256: Sha256Digest,
    /// Bytes in flash.
    written: u32,
    block: Aligned<BLOCK>,
    /// Bytes of `block` that wait.
    held: usize,
    line: Vec<u8, { ota::LINE_MAX }>,
    output: String<{ ota::LINE_MAX }>,
    /// Bytes of `output` that are sent.
    sent: usize,
    event: Option<OtaEvent>,
    penalty: Option<Time>,
    /// When something moved last.
    moved: Time,
    /// When what is under way has to be over.
    limit: Time,
}

impl OtaSession {
    /// No conversation yet.
    pub const fn new() -> Self {
        Self {
            phase: Phase::Over,
            nonce: [0; 16],
            slot: 0..0,
            bytes: 0,
            sha256: [0; 32],
            written: 0,
            block: Aligned([0xff; BLOCK]),
            held: 0,
            line: Vec::new(),
            output: String::new(),
            sent: 0,
            event: None,
            penalty: None,
            moved: Time::ZERO,
            limit: Time::ZERO,
        }
    }

    /// A sender has connected. The nonce is from chance.
    pub fn open(&mut self, permit: &OtaPermit<'_>, nonce: Nonce, now: Time) {
        self.phase = Phase::Greeted;
        self.nonce = nonce;
        (self.moved, self.limit) = (now, now + OFFER_MS);
        self.slot = permit.slots.map(BootSlots::target).unwrap_or_default();
        (self.bytes, self.written, self.held) = (0, 0, 0);
        self.line.clear();
        (self.sent, self.event) = (0, None);
        self.output.clear();
        let greeting = Greeting {
            chip: permit.chip,
            version: permit.version,
            image: permit.image,
            slot: permit.slots.map_or(0, BootSlots::running),
            slots: if permit.slots.is_some() { 2 } else { 1 },
            room: self.room(),
            state: permit.state,
            allowed: permit.allowed,
            token: permit.token.is_some(),
            nonce,
        };
        // It always fits (held by a test of the protocol).
        core::fmt::write(&mut self.output, format_args!("{greeting}\n")).ok();
    }

    /// What is to be sent.
    pub fn output(&self) -> &[u8] {
        self.output.as_bytes().get(self.sent..).unwrap_or_default()
    }

    /// The next `count` bytes of [`OtaSession::output`] are sent.
    pub fn sent(&mut self, count: usize, now: Time) {
        self.moved = now;
        self.sent = self.sent.saturating_add(count);
        if self.sent >= self.output.len() {
            self.output.clear();
            self.sent = 0;
        }
    }

    /// What the board is to be told; only when there is no output.
    pub fn take_event(&mut self) -> Option<OtaEvent> {
        self.event.take()
    }

    /// Whether the connection is to be closed.
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// When the sender is left, if nothing moves until then.
    pub fn until(&self) -> Time {
        self.limit.min(self.moved + SILENCE_MS)
    }

    /// Bytes that may be read now, at most; 0: none.
    pub fn wants(&self) -> usize {
        match self.phase {
            Phase::Greeted if self.output.is_empty() => ota::LINE_MAX,
            Phase::Receiving(_) if self.output.is_empty() => BLOCK - self.held,
            _ => 0,
        }
    }

    /// Bytes came, at most as many as were wanted.
    pub fn received(
        &mut self,
        bytes: &[u8],
        permit: &OtaPermit<'_>,
        flash: &mut impl Flash,
        now: Time,
    ) {
        if now >= self.limit {
            self.cut();
            return;
        }
        self.moved = now;
        let done = match self.phase {
            Phase::Greeted => self.heard(bytes, permit, now),
            Phase::Receiving(_) => self.take(bytes, flash),
            Phase::Over | Phase::Verifying { .. } => Ok(()),
        };
        if let Err(reason) = done {
            self.refuse(reason);
        }
    }

    /// Goes on with what needs no bytes; whether there is more of it.
    pub fn step(&mut self, permit: &OtaPermit<'_>, flash: &mut impl Flash) -> bool {
        let Phase::Verifying { .. } = self.phase else { return false };
        match self.verify(permit, flash) {
            Ok(more) => return more,
            Err(reason) => self.refuse(reason),
        }
        false
    }

    /// The connection ended, or its time did.
    pub fn cut(&mut self) {
        match self.phase {
            Phase::Over => {}
            // Whoever only looked is not worth a line.
            Phase::Greeted => self.phase = Phase::Over,
            Phase::Receiving(_) | Phase::Verifying { .. } => self.refuse(OtaFault::Cut),
        }
    }

    fn room(&self) -> u32 {
        self.slot.end - self.slot.start
    }

    fn say(&mut self, answer: Answer) {
        self.output.clear();
        self.sent = 0;
        core::fmt::write(&mut self.output, format_args!("{answer}\n")).ok();
    }

    fn refuse(&mut self, reason: OtaFault) {
        self.phase = Phase::Over;
        self.say(Answer::Refused(reason));
        self.event = Some(OtaEvent::Refused { reason, bytes: self.written });
    }

    /// Takes a part of the offer.
    fn heard(&mut self, bytes: &[u8], permit: &OtaPermit<'_>, now: Time) -> Result<(), OtaFault> {
        let mut bytes = bytes.iter();
        while let Some(&byte) = bytes.next() {
            if byte != b'\n' {
                self.line.push(byte).map_err(|_| OtaFault::Request)?;
                continue;
            }
            // The image comes after the answer.
            if bytes.next().is_some() {
                return Err(OtaFault::Request);
            }
            let line = core::str::from_utf8(&self.line).ok();
            let offer = line.and_then(Offer::parse).ok_or(OtaFault::Request)?;
            return self.accept(&offer, permit, now);
        }
        Ok(())
    }

    fn accept(&mut self, offer: &Offer, permit: &OtaPermit<'_>, now: Time) -> Result<(), OtaFault> {
        if permit.slots.is_none() {
            return Err(OtaFault::OneSlot);
        }
        if permit.restarts {
            return Err(OtaFault::Busy);
        }
        match permit.token {
            _ if permit.allowed => {}
            None => return Err(OtaFault::Locked),
            Some(_) if self.penalty.is_some_and(|until| now < until) => return Err(OtaFault::Busy),
            Some(key) if key.accepts(&self.nonce, offer) => {}
            Some(_) => {
                self.penalty = Some(now + PENALTY_MS);
                return Err(OtaFault::Token);
            }
        }
        // The other slot holds the program to return to.
        if permit.state == OtaState::Trial {
            return Err(OtaFault::Trial);
        }
        if offer.bytes > self.room() {
            return Err(OtaFault::TooLong);
        }
        if offer.bytes == 0 {
            return Err(OtaFault::NoImage);
        }
        let chip = chip_id(permit.chip).ok_or(OtaFault::Other)?;
        self.bytes = offer.bytes;
        self.sha256 = offer.sha256;
        self.phase = Phase::Receiving(ImageCheck::new(chip, permit.app));
        self.limit = now + UPDATE_MS;
        self.say(Answer::Go);
        self.event = Some(OtaEvent::Receiving { bytes: offer.bytes });
        Ok(())
    }

    /// Takes a part of the image.
    fn take(&mut self, bytes: &[u8], flash: &mut impl Flash) -> Result<(), OtaFault> {
        let Phase::Receiving(check) = &mut self.phase else { return Ok(()) };
        let left = (self.bytes - self.written) as usize - self.held;
        // Whoever sends more than was announced has announced something else.
        let room = self.block.0.get_mut(self.held..).and_then(|room| room.get_mut(..bytes.len()));
        let (Some(room), true) = (room, bytes.len() <= left) else {
            return Err(OtaFault::Request);
        };
        check.take(bytes)?;
        room.copy_from_slice(bytes);
        self.held += bytes.len();
        let is_last = bytes.len() == left;
        if self.held == BLOCK || is_last {
            self.program(flash)?;
        }
        if is_last {
            let Phase::Receiving(check) = core::mem::replace(&mut self.phase, Phase::Over) else {
                return Ok(());
            };
            if check.finish()? != self.sha256 {
                return Err(OtaFault::Damaged);
            }
            self.phase = Phase::Verifying { at: 0, hash: Sha256::new() };
        }
        Ok(())
    }

    /// Writes what is held.
    fn program(&mut self, flash: &mut impl Flash) -> Result<(), OtaFault> {
        let at = self.slot.start + self.written;
        if at.is_multiple_of(SECTOR) {
            flash.erase(at).map_err(|_| OtaFault::Flash)?;
        }
        // The flash takes whole words; what is behind the image stays erased.
        let (held, whole) = (self.held, self.held.next_multiple_of(4));
        let Some(block) = self.block.0.get_mut(..whole) else { return Err(OtaFault::Other) };
        block.iter_mut().skip(held).for_each(|byte| *byte = 0xff);
        flash.write(at, block).map_err(|_| OtaFault::Flash)?;
        self.written += held as u32;
        self.held = 0;
        if self.written.is_multiple_of(STEP) || self.written == self.bytes {
            self.say(Answer::At(self.written));
        }
        Ok(())
    }

    /// Reads a sector back, and chooses the slot after the last.
    fn verify(&mut self, permit: &OtaPermit<'_>, flash: &mut impl Flash) -> Result<bool, OtaFault> {
        let Phase::Verifying { at, hash } = &mut self.phase else { return Ok(false) };
        let end = self.bytes.min(*at + SECTOR);
        while *at < end {
            let len = ((end - *at) as usize).min(BLOCK);
            let Some(block) = self.block.0.get_mut(..len.next_multiple_of(4)) else { break };
            flash.read(self.slot.start + *at, block).map_err(|_| OtaFault::Flash)?;
            hash.update(block.get(..len).unwrap_or_default());
            *at += len as u32;
        }
        if *at < self.bytes {
            return Ok(true);
        }
        let read: Sha256Digest = hash.clone().finalize().into();
        if read != self.sha256 {
            return Err(OtaFault::Flash);
        }
        let slots = permit.slots.ok_or(OtaFault::OneSlot)?;
        slots.choose_other(flash).map_err(|_| OtaFault::Flash)?;
        self.phase = Phase::Over;
        self.say(Answer::Written);
        self.event = Some(OtaEvent::Written { bytes: self.bytes });
        Ok(false)
    }
}

impl Default for OtaSession {
    fn default() -> Self {
        Self::new()
    }
}
