//! The stub's fast read: frames of data, each acknowledged, and a digest at the end.

use md5::{Digest as _, Md5};

use super::command::{LoaderError, words};
use super::effect::Effect;
use crate::flash::Flash;

/// The largest block that the stub has a buffer for.
const LARGEST_BLOCK: u32 = 0x1_0000;

/// A read under way.
#[derive(Debug)]
pub struct FlashRead {
    offset: usize,
    len: usize,
    block: usize,
    /// Bytes that may be unacknowledged when the next block is sent, as the stub counts them. With
    /// the 64 that esptool asks for this means one block at a time, and espflash relies on it: it
    /// empties its input before each acknowledgement.
    window: usize,
    sent: usize,
    acknowledged: usize,
}

impl FlashRead {
    pub fn new(
        flash: &Flash,
        offset: u32,
        len: u32,
        block: u32,
        window: u32,
    ) -> Result<Self, LoaderError> {
        let (offset, len) = (offset as usize, len as usize);
        flash.read(offset, len).map_err(|_| LoaderError::FlashRead)?;
        if block == 0 || block > LARGEST_BLOCK || window == 0 {
            return Err(LoaderError::BadLength);
        }
        let window = window.min(4 * LARGEST_BLOCK) as usize;
        Ok(Self { offset, len, block: block as usize, window, sent: 0, acknowledged: 0 })
    }

    /// Sends what may be sent before anything is acknowledged.
    pub fn start(&mut self, flash: &Flash, effects: &mut Vec<Effect>) {
        while self.sent < self.len && self.sent - self.acknowledged < self.window {
            let n = self.block.min(self.len - self.sent);
            // The range was checked at the beginning.
            if let Ok(bytes) = flash.read(self.offset + self.sent, n) {
                effects.push(Effect::Send(bytes.to_vec()));
            }
            self.sent += n;
        }
    }

    /// Takes an acknowledgement; says whether the read is over.
    pub fn on_ack(&mut self, frame: &[u8], flash: &Flash, effects: &mut Vec<Effect>) -> bool {
        // Anything else than one word: the tool has given up, and so does the stub.
        let (4, Ok([total])) = (frame.len(), words(frame)) else {
            return true;
        };
        self.acknowledged = (total as usize).clamp(self.acknowledged, self.sent);
        self.start(flash, effects);
        let done = self.acknowledged >= self.len;
        if done && let Ok(bytes) = flash.read(self.offset, self.len) {
            effects.push(Effect::Send(Md5::digest(bytes).to_vec()));
        }
        done
    }
}
