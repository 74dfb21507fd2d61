//! Console input: bytes become lines and Improv packets; noise becomes one clear item.

use crate::time::Time;
use espalier_protocol::{
    CommandError, ImprovFault, Request,
    command::COMMAND_MAX,
    improv::{Decoder, Item, Packet, Rpc, Status},
};
use heapless::Vec;

/// Serial lines that commands may come from: UART0 and USB-Serial/JTAG.
pub const CONSOLES: usize = 2;

/// A packet that stops in the middle is given up after so long, milliseconds.
const CUT_MS: u64 = 500;

/// What came in on a serial line.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    /// A command.
    Request(Request),
    /// A line that is no command; with its number, where it has one.
    BadCommand(Option<u32>, CommandError),
    /// A line of so many bytes was too long and is thrown away.
    Overlong { bytes: u32 },
    /// A line of so many bytes was no text and is thrown away.
    Noise { bytes: u32 },
    /// A command of an Improv client.
    Rpc(Result<Rpc<'a>, Status>),
    /// Something that began like an Improv packet and is none.
    BadPacket(ImprovFault),
}

/// One serial line's input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Console {
    decoder: Decoder,
    line: LineBuffer,
    /// When the last byte came.
    heard: Time,
}

impl Console {
    pub(crate) const fn new() -> Self {
        Self { decoder: Decoder::new(), line: LineBuffer::new(), heard: Time::ZERO }
    }

    /// Takes bytes, any at all, and gives what they make.
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Time, give: &mut dyn FnMut(Input<'_>)) {
        self.heard = now;
        for byte in bytes {
            self.decoder.push(*byte);
            while let Some(item) = self.decoder.next() {
                sort(item, &mut self.line, give);
            }
        }
    }

    /// When a packet that stopped in the middle is given up.
    pub(crate) fn poll_at(&self) -> Option<Time> {
        self.decoder.is_pending().then(|| self.heard + CUT_MS)
    }

    /// Gives up a packet that stopped in the middle, if it is time.
    pub(crate) fn tick(&mut self, now: Time, give: &mut dyn FnMut(Input<'_>)) {
        if self.poll_at().is_none_or(|due| now < due) {
            return;
        }
        let mut item = self.decoder.give_up();
        while let Some(found) = item {
            sort(found, &mut self.line, give);
            item = self.decoder.next();
        }
    }
}

/// Takes what the decoder has found to where it belongs.
fn sort(item: Item<'_>, line: &mut LineBuffer, give: &mut dyn FnMut(Input<'_>)) {
    match item {
        Item::Through(bytes) => bytes.iter().for_each(|byte| line.push(*byte, give)),
        Item::Packet(Packet::Rpc(rpc)) => give(Input::Rpc(rpc)),
        // Packets for clients: an echo of our own, perhaps.
        Item::Packet(_) => {}
        Item::Fault(reason, _) => give(Input::BadPacket(reason)),
    }
}

/// The line that is being typed.
#[derive(Debug, Clone, Default)]
struct LineBuffer {
    bytes: Vec<u8, COMMAND_MAX>,
    /// Bytes that did not fit.
    overflow: u32,
}

impl LineBuffer {
    const fn new() -> Self {
        Self { bytes: Vec::new(), overflow: 0 }
    }

    fn push(&mut self, byte: u8, give: &mut dyn FnMut(Input<'_>)) {
        match byte {
            b'\n' | b'\r' => {
                let input = self.ended();
                *self = Self::new();
                if let Some(input) = input {
                    give(input);
                }
            }
            // Backspace and delete, for people.
            0x08 | 0x7f => while self.bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            byte => {
                if self.bytes.push(byte).is_err() {
                    self.overflow = self.overflow.saturating_add(1);
                }
            }
        }
    }

    /// What the line says; `None` if it says nothing.
    fn ended(&self) -> Option<Input<'static>> {
        let len = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        if self.overflow > 0 {
            return Some(Input::Overlong { bytes: len.saturating_add(self.overflow) });
        }
        match core::str::from_utf8(&self.bytes) {
            Ok(text) if !text.contains(|c: char| c.is_control() && c != '\t') => {
                match Request::parse(text) {
                    Ok(request) => request.map(Input::Request),
                    Err(error) => Some(Input::BadCommand(Request::id_of(text), error)),
                }
            }
            _ => Some(Input::Noise { bytes: len }),
        }
    }
}
