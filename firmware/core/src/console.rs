//! Console input: bytes become lines and Improv packets; noise becomes one clear line.

use crate::{Board, Time};
use espalier_protocol::{
    CommandError, ErrorCode, Request,
    command::COMMAND_MAX,
    improv::{Decoder, Item, Packet},
    line,
};
use heapless::Vec;

/// Serial lines that commands may come from: UART0 and USB-Serial/JTAG.
pub const CONSOLES: usize = 2;

/// A packet that stops in the middle is given up after so long, milliseconds.
const CUT_MS: u64 = 500;

/// One serial line's input.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    decoder: Decoder,
    line: Vec<u8, COMMAND_MAX>,
    /// Bytes of the line that did not fit.
    overflow: u32,
    /// When the last byte came.
    heard: Time,
}

impl Console {
    pub(crate) const fn new() -> Self {
        Self { decoder: Decoder::new(), line: Vec::new(), overflow: 0, heard: Time::ZERO }
    }
}

/// Who is to be answered later.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asks {
    /// Commands whose settings are to be stored.
    pub(crate) save: Vec<Ask, 8>,
    /// Commands whose settings are being stored; `None` while the store has nothing to do.
    pub(crate) saving: Option<Vec<Ask, 8>>,
    /// The command that scans.
    pub(crate) scan: Option<Ask>,
    /// An Improv client scans.
    pub(crate) improv_scan: bool,
    /// An Improv client waits for its credentials to be tried.
    pub(crate) improv_trial: bool,
}

/// A command to be answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) id: Option<u32>,
    pub(crate) words: &'static str,
}

impl Board {
    /// Bytes came in on this serial line (0 or 1). Any bytes are welcome.
    pub fn console(&mut self, console: usize, bytes: &[u8], now: Time) {
        let Some(input) = self.consoles.get_mut(console) else { return };
        input.heard = now;
        // The decoder is out while the board answers from what it holds.
        let mut decoder = core::mem::take(&mut input.decoder);
        for byte in bytes {
            decoder.push(*byte);
            while let Some(item) = decoder.next() {
                self.heard(console, item, now);
            }
        }
        if let Some(input) = self.consoles.get_mut(console) {
            input.decoder = decoder;
        }
        self.settle(now);
    }

    fn heard(&mut self, console: usize, item: Item<'_>, now: Time) {
        match item {
            Item::Through(bytes) => self.text(console, bytes, now),
            Item::Packet(Packet::Rpc(rpc)) => self.improv_command(rpc, now),
            // Packets for clients: an echo of our own, perhaps.
            Item::Packet(_) => {}
            Item::Fault(reason, _) => self.say(line::Event::ImprovBadPacket { reason }, now),
        }
    }

    /// Bytes that belong to no packet.
    fn text(&mut self, console: usize, bytes: &[u8], now: Time) {
        for byte in bytes {
            let Some(input) = self.consoles.get_mut(console) else { return };
            match byte {
                b'\n' | b'\r' => self.line_ended(console, now),
                // Backspace and delete, for people.
                0x08 | 0x7f => while input.line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
                byte => {
                    if input.line.push(*byte).is_err() {
                        input.overflow = input.overflow.saturating_add(1);
                    }
                }
            }
        }
    }

    fn line_ended(&mut self, console: usize, now: Time) {
        let Some(input) = self.consoles.get_mut(console) else { return };
        let line = core::mem::take(&mut input.line);
        let overflow = core::mem::take(&mut input.overflow);
        let len = u32::try_from(line.len()).unwrap_or(u32::MAX);
        if overflow > 0 {
            return self.answer(line::Event::Overlong { bytes: len.saturating_add(overflow) }, now);
        }
        match core::str::from_utf8(&line) {
            Ok(text) if !text.contains(|c: char| c.is_control() && c != '\t') => {
                self.command_line(text, now);
            }
            _ => self.answer(line::Event::Noise { bytes: len }, now),
        }
    }

    fn command_line(&mut self, text: &str, now: Time) {
        match Request::parse(text) {
            Ok(None) => {}
            Ok(Some(Request { id, command })) => {
                let ask = Ask { id, words: command.words() };
                self.execute(command, ask, now);
            }
            Err(error) => self.refuse(Request::id_of(text), &error, now),
        }
    }

    fn refuse(&mut self, id: Option<u32>, error: &CommandError, now: Time) {
        let mut text = heapless::String::<192>::new();
        // What does not fit is cut: it is for people.
        core::fmt::write(&mut text, format_args!("{error}")).ok();
        let (code, command) = (error.code(), error.words().map(Into::into));
        self.answer(line::Event::Error { command, id, code, text: text.as_str().into() }, now);
    }

    pub(crate) fn ok(&mut self, ask: &Ask, now: Time) {
        self.answer(line::Event::Ok { command: ask.words.into(), id: ask.id }, now);
    }

    pub(crate) fn error(&mut self, ask: &Ask, code: ErrorCode, text: &str, now: Time) {
        let (command, id) = (Some(ask.words.into()), ask.id);
        self.answer(line::Event::Error { command, id, code, text: text.into() }, now);
    }

    /// When a packet that stopped in the middle is given up.
    pub(crate) fn input_due(&self) -> Option<Time> {
        let pending = self.consoles.iter().filter(|input| input.decoder.is_pending());
        pending.map(|input| input.heard + CUT_MS).min()
    }

    pub(crate) fn give_up_on_cut_input(&mut self, now: Time) {
        for console in 0..CONSOLES {
            let Some(input) = self.consoles.get_mut(console) else { return };
            if !input.decoder.is_pending() || now < input.heard + CUT_MS {
                continue;
            }
            let mut decoder = core::mem::take(&mut input.decoder);
            let mut item = decoder.give_up();
            while let Some(found) = item {
                self.heard(console, found, now);
                item = decoder.next();
            }
            if let Some(input) = self.consoles.get_mut(console) {
                input.decoder = decoder;
            }
        }
    }
}
