//! A block on the wire: type, number, its complement, data, check.

use std::fmt::Write as _;

use crc::{CRC_16_XMODEM, Crc};

use super::super::machine::FileOffer;
use super::{SOH, STX};

static CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// How many bytes of data a block has that begins so; `None`: no block does.
pub const fn length_of(kind: u8) -> Option<usize> {
    match kind {
        SOH => Some(128),
        STX => Some(1024),
        _ => None,
    }
}

/// What stands behind the data: the CRC with its high byte first, or the sum.
pub fn check(data: &[u8], crc: bool) -> Vec<u8> {
    if crc {
        CRC.checksum(data).to_be_bytes().to_vec()
    } else {
        vec![data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte))]
    }
}

/// A block with this number and these bytes (at most 1024), filled up with `filler`.
pub fn encode(number: u8, bytes: &[u8], filler: u8, crc: bool) -> Vec<u8> {
    let (kind, length) = if bytes.len() > 128 { (STX, 1024) } else { (SOH, 128) };
    let mut block = vec![kind, number, !number];
    block.extend_from_slice(bytes);
    block.resize(3 + length, filler);
    let check = check(&block[3..], crc);
    block.extend(check);
    block
}

/// What YMODEM says of a file in block 0: its name and a zero, its size in decimal, the time of its last change in octal. Nothing
/// at all: there are no more files.
pub fn header(file: Option<&FileOffer>) -> Vec<u8> {
    /// What a block of 1024 bytes has room for beside the numbers.
    const LONGEST_NAME: usize = 960;
    let Some(file) = file else { return Vec::new() };
    let name: Vec<u8> = file.name.iter().copied().filter(|byte| *byte != 0).collect();
    let mut text = String::new();
    write!(text, "{}", file.size.unwrap_or_default()).ok();
    if let Some(modified) = file.modified {
        write!(text, " {modified:o}").ok();
    }
    let mut bytes = name[..name.len().min(LONGEST_NAME)].to_vec();
    bytes.push(0);
    bytes.extend(text.into_bytes());
    bytes
}

/// What block 0 says of a file; `None`: there are no more.
pub fn parse_header(data: &[u8]) -> Option<FileOffer> {
    let mut fields = data.split(|byte| *byte == 0);
    let name = fields.next().filter(|name| !name.is_empty())?;
    let numbers = String::from_utf8_lossy(fields.next().unwrap_or_default());
    let mut numbers = numbers.split(' ');
    let size = numbers.next().and_then(|size| size.parse().ok());
    let modified = numbers.next().and_then(|time| u64::from_str_radix(time, 8).ok());
    Some(FileOffer { name: name.to_owned(), size, modified: modified.filter(|time| *time > 0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_as_the_reference_has_it() {
        let block = encode(1, b"123456789", 0x1a, true);
        assert_eq!(block.len(), 133);
        assert_eq!(&block[..5], [SOH, 1, 0xfe, b'1', b'2']);
        assert_eq!(block[12], 0x1a);
        // The check value of CRC-16/XMODEM.
        assert_eq!(check(b"123456789", true), [0x31, 0xc3]);
        assert_eq!(encode(2, &[7; 129], 0, true).len(), 1024 + 5);
        assert_eq!(encode(2, &[7; 128], 0, false).len(), 128 + 4);
        assert_eq!(check(&[0xff, 2], false), [1]);
    }

    #[test]
    fn block_0_says_name_size_and_time() {
        let file = FileOffer { name: b"a b.c".to_vec(), size: Some(1234), modified: Some(8) };
        assert_eq!(header(Some(&file)), b"a b.c\x001234 10");
        let mut data = header(Some(&file));
        data.resize(128, 0);
        assert_eq!(parse_header(&data), Some(file));
        assert_eq!(parse_header(&[0; 128]), None);
        let nameless = parse_header(b"x\0\0\0").unwrap();
        assert_eq!((nameless.size, nameless.modified), (None, None));
    }
}
