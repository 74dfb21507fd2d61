//! Uploads to RAM, of which only one thing matters here: is it a flasher stub?

use super::command::{CommandResult, LoaderError, LoaderRequest, LoaderResponse};

/// The stubs of esptool 4 and 5 and of espflash are 3 to 12 KB; programs that run from RAM, with
/// their own drivers, are well above this.
const LARGEST_STUB: usize = 24 * 1024;
/// More than any chip has; what is announced beyond it is refused.
const LARGEST_UPLOAD: u32 = 1 << 20;

/// What is to be run at the end of an upload.
#[derive(Debug, PartialEq, Eq)]
pub enum UploadEnd {
    /// Nothing: the loader stays.
    Stay,
    /// A flasher stub.
    Stub,
    /// Some other program of so many bytes.
    Program(usize),
}

/// What was uploaded since the last start of a program.
#[derive(Debug, Default)]
pub struct RamUpload {
    segments: Vec<(u32, u32)>,
    expected: usize,
    taken: usize,
}

impl RamUpload {
    pub fn begin(&mut self, address: u32, size: u32) -> CommandResult {
        if size > LARGEST_UPLOAD || self.segments.len() >= 64 {
            return Err(LoaderError::Refused);
        }
        self.segments.push((address, size));
        // espflash pads the last block of a segment to a word, and then one more.
        self.expected += size as usize + 8;
        Ok(LoaderResponse::default())
    }

    pub fn data(&mut self, block: &[u8]) -> CommandResult {
        if self.taken + block.len() > self.expected {
            return Err(LoaderError::TooMuchData);
        }
        self.taken += block.len();
        Ok(LoaderResponse::default())
    }

    pub fn end(&mut self, request: &LoaderRequest<'_>) -> UploadEnd {
        let Ok([stay, entry]) = request.words() else {
            return UploadEnd::Stay;
        };
        if stay != 0 || entry == 0 {
            return UploadEnd::Stay;
        }
        let Self { segments, taken, .. } = std::mem::take(self);
        let inside = segments.iter().any(|&(at, len)| entry.wrapping_sub(at) < len);
        if inside && taken <= LARGEST_STUB { UploadEnd::Stub } else { UploadEnd::Program(taken) }
    }
}
