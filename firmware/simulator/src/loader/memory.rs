//! Uploads to RAM, of which only one thing matters here: is it a flasher stub?

use super::Outcome;
use super::command::{Failure, Request, Response};

/// The stubs of esptool 4 and 5 and of espflash are 3 to 12 KB; programs that run from RAM, with
/// their own drivers, are well above this.
const LARGEST_STUB: usize = 24 * 1024;
/// More than any chip has; what is announced beyond it is refused.
const LARGEST_UPLOAD: u32 = 1 << 20;

/// What is to be run at the end of an upload.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nothing: the loader stays.
    Stay,
    /// A flasher stub.
    Stub,
    /// Some other program of so many bytes.
    Program(usize),
}

/// What was uploaded since the last start of a program.
#[derive(Debug, Default)]
pub struct Memory {
    segments: Vec<(u32, u32)>,
    expected: usize,
    taken: usize,
}

impl Memory {
    pub fn begin(&mut self, address: u32, size: u32) -> Outcome {
        if size > LARGEST_UPLOAD || self.segments.len() >= 64 {
            return Err(Failure::Refused);
        }
        self.segments.push((address, size));
        // espflash pads the last block of a segment to a word, and then one more.
        self.expected += size as usize + 8;
        Ok(Response::default())
    }

    pub fn data(&mut self, block: &[u8]) -> Outcome {
        if self.taken + block.len() > self.expected {
            return Err(Failure::TooMuchData);
        }
        self.taken += block.len();
        Ok(Response::default())
    }

    pub fn end(&mut self, request: &Request<'_>) -> Entry {
        let Ok([stay, entry]) = request.words() else {
            return Entry::Stay;
        };
        if stay != 0 || entry == 0 {
            return Entry::Stay;
        }
        let Self { segments, taken, .. } = std::mem::take(self);
        let inside = segments.iter().any(|&(at, len)| entry.wrapping_sub(at) < len);
        if inside && taken <= LARGEST_STUB { Entry::Stub } else { Entry::Program(taken) }
    }
}
