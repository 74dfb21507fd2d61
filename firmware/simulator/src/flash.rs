//! The flash chip: 4 MiB of NOR flash in a file.
//!
//! Programming only clears bits and erasing sets whole sectors, as on the chip, so what a tool
//! forgets to erase is corrupted here too. The contents are kept in memory as well; every change
//! goes to the file at once, so that nothing is lost when the process is killed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Bytes in the chip.
pub const SIZE: usize = 4 << 20;
/// The smallest part that can be erased.
pub const SECTOR: usize = 4096;

/// What RDID answers: GigaDevice, 25Q series, 4 MiB.
pub const JEDEC_ID: u32 = 0x16_40c8;

/// An address range that is not on the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len} bytes at {offset:#x} are not all on the 4 MiB flash chip")]
pub struct OutOfFlash {
    offset: usize,
    len: usize,
}

/// The flash chip and its file.
#[derive(Debug)]
pub struct Flash {
    bytes: Vec<u8>,
    file: File,
    lost: Option<io::Error>,
}

impl Flash {
    /// Takes the chip from its file; an empty file is an erased chip.
    ///
    /// # Errors
    /// What the system says about the file.
    pub fn open(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        let mut bytes = vec![0xff; SIZE];
        let known = usize::try_from(len).unwrap_or(SIZE).min(SIZE);
        file.read_exact_at(&mut bytes[..known], 0)?;
        if len != SIZE as u64 {
            file.set_len(SIZE as u64)?;
            file.write_all_at(&bytes[known..], known as u64)?;
        }
        Ok(Self { bytes, file, lost: None })
    }

    /// `len` bytes from `offset` on.
    ///
    /// # Errors
    /// When they are not all on the chip.
    pub fn read(&self, offset: usize, len: usize) -> Result<&[u8], OutOfFlash> {
        let end = offset.checked_add(len);
        end.and_then(|end| self.bytes.get(offset..end)).ok_or(OutOfFlash { offset, len })
    }

    /// Clears the bits that are clear in `bytes`.
    ///
    /// # Errors
    /// When they are not all on the chip; nothing is programmed then.
    pub fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), OutOfFlash> {
        let end = offset.checked_add(bytes.len());
        let cells = end
            .and_then(|end| self.bytes.get_mut(offset..end))
            .ok_or(OutOfFlash { offset, len: bytes.len() })?;
        for (cell, byte) in cells.iter_mut().zip(bytes) {
            *cell &= byte;
        }
        self.save(offset, bytes.len());
        Ok(())
    }

    /// Erases every sector that has a byte in the range; says how many those were.
    ///
    /// # Errors
    /// When a sector is not on the chip; nothing is erased then.
    pub fn erase(&mut self, offset: usize, len: usize) -> Result<usize, OutOfFlash> {
        let start = offset / SECTOR * SECTOR;
        let end = offset.checked_add(len).and_then(|end| end.checked_next_multiple_of(SECTOR));
        let cells =
            end.and_then(|end| self.bytes.get_mut(start..end)).ok_or(OutOfFlash { offset, len })?;
        cells.fill(0xff);
        let erased = cells.len();
        self.save(start, erased);
        Ok(erased / SECTOR)
    }

    /// The file's failure, once: the chip works on without it, but forgets at the end.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.lost.take()
    }

    fn save(&mut self, offset: usize, len: usize) {
        let cells = &self.bytes[offset..offset + len];
        if let Err(error) = self.file.write_all_at(cells, offset as u64) {
            self.lost = Some(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programming_without_erasing_corrupts() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        flash.program(10, &[0xf0]).unwrap();
        flash.program(10, &[0x3c]).unwrap();
        assert_eq!(flash.read(10, 1).unwrap(), [0x30]);
        assert_eq!(flash.erase(10, 1), Ok(1));
        assert_eq!(flash.read(10, 1).unwrap(), [0xff]);
    }

    #[test]
    fn contents_outlive_the_chip() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().read(true).write(true).open(file.path()).unwrap();
        Flash::open(open()).unwrap().program(SIZE - 3, b"end").unwrap();
        let again = Flash::open(open()).unwrap();
        assert_eq!(again.read(SIZE - 3, 3).unwrap(), b"end");
        assert_eq!(file.as_file().metadata().unwrap().len(), SIZE as u64);
    }

    #[test]
    fn nothing_happens_beyond_the_end() {
        let mut flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        assert!(flash.program(SIZE - 1, &[0, 0]).is_err());
        assert!(flash.erase(SIZE - 1, 2).is_err());
        assert!(flash.read(usize::MAX, 2).is_err());
        assert_eq!(flash.read(SIZE - 1, 1).unwrap(), [0xff]);
    }
}
