//! Writes to flash, raw or deflated. The ROM erases before the data, the stub as it goes.

use flate2::{Decompress, FlushDecompress, Status};

use super::command::LoaderError;
use crate::flash::{Flash, SECTOR, SIZE};

/// What became of one block.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BlockResult {
    /// Bytes programmed.
    pub written: usize,
    /// Sectors erased for them.
    pub erased: usize,
}

/// A write under way.
pub struct FlashWrite {
    next: usize,
    remaining: usize,
    /// The sectors that are still to be erased on the way; empty for the ROM.
    erase: std::ops::Range<usize>,
    erase_first: usize,
    stub: bool,
    inflate: Option<Decompress>,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for FlashWrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlashWrite")
            .field("next", &self.next)
            .field("remaining", &self.remaining)
            .field("deflated", &self.inflate.is_some())
            .finish_non_exhaustive()
    }
}

impl FlashWrite {
    /// `size` is what is written (stub) or erased (ROM) from `offset` on.
    pub fn new(
        stub: bool,
        deflated: bool,
        [size, blocks, block_size, offset]: [u32; 4],
    ) -> Result<Self, LoaderError> {
        let (size, offset) = (size as usize, offset as usize);
        let end = offset.checked_add(size).filter(|&end| end <= SIZE);
        let end = end.ok_or(LoaderError::FlashWrite)?;
        // The ROM takes whole blocks, padded with 0xFF, and erased for fewer bytes than that.
        let blocks = (blocks as usize).saturating_mul(block_size as usize);
        let remaining = if stub || deflated { size } else { blocks };
        let sectors = offset / SECTOR * SECTOR..end.next_multiple_of(SECTOR);
        Ok(Self {
            next: offset,
            remaining,
            erase: if stub { sectors } else { 0..0 },
            erase_first: if stub { 0 } else { size },
            stub,
            inflate: deflated.then(|| Decompress::new(true)),
            buffer: Vec::new(),
        })
    }

    pub fn is_deflated(&self) -> bool {
        self.inflate.is_some()
    }

    /// Erases what is to be erased first; says how many sectors.
    pub fn begin(&mut self, flash: &mut Flash) -> Result<usize, LoaderError> {
        if self.erase_first == 0 {
            return Ok(0);
        }
        flash.erase(self.next, self.erase_first).map_err(|_| LoaderError::FlashWrite)
    }

    /// Takes the payload of a data command.
    pub fn data(&mut self, block: &[u8], flash: &mut Flash) -> Result<BlockResult, LoaderError> {
        match self.inflate.take() {
            None => self.put(block, flash),
            Some(mut inflate) => {
                let done = self.inflate(&mut inflate, block, flash);
                self.inflate = Some(inflate);
                done
            }
        }
    }

    fn inflate(
        &mut self,
        inflate: &mut Decompress,
        mut block: &[u8],
        flash: &mut Flash,
    ) -> Result<BlockResult, LoaderError> {
        let mut done = BlockResult::default();
        let mut out = std::mem::take(&mut self.buffer);
        out.resize(32 * 1024, 0);
        let outcome = loop {
            let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
            let status = match inflate.decompress(block, &mut out, FlushDecompress::None) {
                Ok(status) => status,
                Err(_) => break Err(LoaderError::Inflate),
            };
            let taken = usize::try_from(inflate.total_in() - before_in).unwrap_or(block.len());
            let given = usize::try_from(inflate.total_out() - before_out).unwrap_or(out.len());
            block = block.get(taken..).unwrap_or_default();
            if given > self.remaining {
                break Err(LoaderError::TooMuchData);
            }
            let piece = out.get(..given).unwrap_or_default();
            match self.put(piece, flash) {
                Ok(more) => {
                    done.written += more.written;
                    done.erased += more.erased;
                }
                Err(failure) => break Err(failure),
            }
            match status {
                Status::StreamEnd if self.stub && self.remaining > 0 => {
                    break Err(LoaderError::NotEnoughData);
                }
                Status::StreamEnd => break Ok(done),
                _ if taken == 0 && given == 0 => break Ok(done),
                _ => {}
            }
        };
        self.buffer = out;
        outcome
    }

    /// Programs what is still expected of `bytes`; the rest is padding.
    fn put(&mut self, bytes: &[u8], flash: &mut Flash) -> Result<BlockResult, LoaderError> {
        let bytes = bytes.get(..self.remaining).unwrap_or(bytes);
        let end = self.next + bytes.len();
        let mut erased = 0;
        if self.erase.start < end.min(self.erase.end) {
            let until = end.next_multiple_of(SECTOR).min(self.erase.end);
            let len = until - self.erase.start;
            erased = flash.erase(self.erase.start, len).map_err(|_| LoaderError::FlashWrite)?;
            self.erase.start = until;
        }
        flash.program(self.next, bytes).map_err(|_| LoaderError::FlashWrite)?;
        self.next = end;
        self.remaining -= bytes.len();
        Ok(BlockResult { written: bytes.len(), erased })
    }
}
