//! Bytes as hexadecimal digits: the one place that writes them.

use std::fmt::Write as _;

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

/// How many bytes are written at once.
const CHUNK: usize = 64;

/// Appends two digits for each byte, with a sign between two bytes where there is one.
fn push_digits(out: &mut String, bytes: &[u8], table: &[u8; 16], between: Option<u8>) {
    let width = 2 + usize::from(between.is_some());
    let mut text = [between.unwrap_or_default(); 3 * CHUNK];
    out.reserve(bytes.len() * width);
    for chunk in bytes.chunks(CHUNK) {
        for (digits, byte) in text.chunks_exact_mut(width).zip(chunk) {
            digits[0] = table[usize::from(byte >> 4)];
            digits[1] = table[usize::from(byte & 15)];
        }
        out.push_str(str::from_utf8(&text[..chunk.len() * width]).unwrap_or_default());
    }
    if between.is_some() && !bytes.is_empty() {
        out.pop();
    }
}

fn digits(bytes: &[u8], table: &[u8; 16], between: Option<u8>) -> String {
    let mut text = String::new();
    push_digits(&mut text, bytes, table, between);
    text
}

/// Capital digits with spaces, as logs and dumps show them: `48 65 6C`.
#[must_use]
pub fn spaced(bytes: &[u8]) -> String {
    digits(bytes, UPPER, Some(b' '))
}

/// Appends what [`spaced`] gives.
pub fn push_spaced(out: &mut String, bytes: &[u8]) {
    push_digits(out, bytes, UPPER, Some(b' '));
}

/// Capital digits without spaces: `48656C`.
#[must_use]
pub fn upper(bytes: &[u8]) -> String {
    digits(bytes, UPPER, None)
}

/// Small digits without spaces, as digests are written: `48656c`.
#[must_use]
pub fn lower(bytes: &[u8]) -> String {
    digits(bytes, LOWER, None)
}

/// A hardware address: `48:65:6c:6c:6f:21`.
#[must_use]
pub fn mac(bytes: [u8; 6]) -> String {
    digits(&bytes, LOWER, Some(b':'))
}

/// A line of a hex dump: `offset` in eight digits, 16 bytes at most, and what of them is printable ASCII.
#[must_use]
pub fn dump_line(offset: u64, bytes: &[u8]) -> String {
    let mut line = String::new();
    push_dump_line(&mut line, offset, bytes);
    line
}

/// Appends what [`dump_line`] gives.
pub fn push_dump_line(out: &mut String, offset: u64, bytes: &[u8]) {
    if let (Ok(offset), true) = (u32::try_from(offset), bytes.len() <= USUAL) {
        let mut line = [b' '; USUAL_LINE];
        let length = put_usual_line(&mut line, offset, bytes);
        return out.push_str(str::from_utf8(&line[..length]).unwrap_or_default());
    }
    match u32::try_from(offset) {
        Ok(offset) => push_digits(out, &offset.to_be_bytes(), UPPER, None),
        // Writing into a text does not fail.
        Err(_) => write!(out, "{offset:X}").unwrap_or_default(),
    }
    out.push_str("  ");
    push_spaced(out, bytes);
    // As wide as 16 bytes, so that a last line that is shorter stands in line.
    let missing = 47_usize.saturating_sub((bytes.len() * 3).saturating_sub(1));
    out.extend(std::iter::repeat_n(' ', missing));
    out.push_str("  |");
    let mut text = [0; CHUNK];
    for chunk in bytes.chunks(CHUNK) {
        for (shown, byte) in text.iter_mut().zip(chunk) {
            *shown = if (b' '..=b'~').contains(byte) { *byte } else { b'.' };
        }
        out.push_str(str::from_utf8(&text[..chunk.len()]).unwrap_or_default());
    }
    out.push('|');
}

/// Appends lines of a hex dump, `width` bytes in each, and ends each.
pub fn push_dump_lines(out: &mut String, offset: u64, bytes: &[u8], width: usize) {
    let end = offset.saturating_add(bytes.len() as u64);
    if width != USUAL || u32::try_from(end).is_err() {
        let offsets = (offset..).step_by(width.max(1));
        for (offset, line) in offsets.zip(bytes.chunks(width.max(1))) {
            push_dump_line(out, offset, line);
            out.push('\n');
        }
        return;
    }
    // Several are appended at once: each time costs as much as a line.
    const LINES: usize = 4;
    let mut lines = [b' '; LINES * USUAL_LINE];
    let mut offset = offset as u32;
    for bytes in bytes.chunks(LINES * USUAL) {
        let mut length = 0;
        for bytes in bytes.chunks(USUAL) {
            let line = &mut lines[length..length + USUAL_LINE];
            length += put_usual_line(line, offset, bytes) + 1;
            lines[length - 1] = b'\n';
            offset = offset.wrapping_add(USUAL as u32);
        }
        out.push_str(str::from_utf8(&lines[..length]).unwrap_or_default());
    }
}

/// How many bytes most lines of a dump have, and how long such a line is, with its end.
const USUAL: usize = 16;
const USUAL_LINE: usize = USUAL_TEXT + USUAL + 2;

/// Where the digits begin in it, and the text.
const USUAL_DIGITS: usize = 10;
const USUAL_TEXT: usize = USUAL_DIGITS + 47 + 3;

/// The digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [UPPER[byte >> 4], UPPER[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Puts a line of 16 bytes at most where there are blanks, or another line was; how long it is.
fn put_usual_line(line: &mut [u8], offset: u32, bytes: &[u8]) -> usize {
    for (digits, byte) in line.chunks_exact_mut(2).zip(offset.to_be_bytes()) {
        digits.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
    for (digits, byte) in line[USUAL_DIGITS..].chunks_exact_mut(3).zip(bytes) {
        digits[..2].copy_from_slice(&PAIRS[usize::from(*byte)]);
    }
    line[USUAL_DIGITS + 3 * bytes.len()..USUAL_TEXT - 1].fill(b' ');
    line[USUAL_TEXT - 1] = b'|';
    for (shown, byte) in line[USUAL_TEXT..].iter_mut().zip(bytes) {
        *shown = if (b' '..=b'~').contains(byte) { *byte } else { b'.' };
    }
    line[USUAL_TEXT + bytes.len()] = b'|';
    USUAL_TEXT + bytes.len() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        for byte in 0..=u8::MAX {
            assert_eq!(spaced(&[byte, byte]), format!("{byte:02X} {byte:02X}"));
            assert_eq!(lower(&[byte, byte]), format!("{byte:02x}{byte:02x}"));
            assert_eq!(upper(&[byte]), format!("{byte:02X}"));
        }
        assert_eq!(spaced(&[]), "");
        for length in [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let bytes = vec![0xA5; length];
            assert_eq!(spaced(&bytes), vec!["A5"; length].join(" "));
            assert_eq!(upper(&bytes), "A5".repeat(length));
        }
        assert_eq!(mac([0x7c, 0xdf, 0xa1, 0, 0x0e, 0xf2]), "7c:df:a1:00:0e:f2");
    }

    #[test]
    fn a_dump_shows_what_is_printable() {
        assert_eq!(
            dump_line(0x10, b"hello\n\xff"),
            "00000010  68 65 6C 6C 6F 0A FF                             |hello..|"
        );
        assert_eq!(dump_line(0, b""), format!("00000000  {}  ||", " ".repeat(47)));
        assert_eq!(
            dump_line(0x89AB_CDEF, b"0123456789abcdef"),
            "89ABCDEF  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|"
        );
        let wide = vec![b'x'; CHUNK + 3];
        assert_eq!(
            dump_line(0x1_2345_6789, &wide),
            format!("123456789  {}  |{}|", spaced(&wide), "x".repeat(CHUNK + 3))
        );
    }

    #[test]
    fn lines_of_a_dump_are_the_same_one_by_one_and_together() {
        let bytes: Vec<u8> = (0..=255).cycle().take(150).collect();
        for length in [0, 1, 15, 16, 17, 63, 64, 65, 128, 150] {
            for width in [1, 8, 16, 20] {
                for offset in [0, 5, u64::from(u32::MAX) - 70, 1 << 33] {
                    let mut together = String::from("before\n");
                    push_dump_lines(&mut together, offset, &bytes[..length], width);
                    let mut each = String::from("before\n");
                    for (number, line) in bytes[..length].chunks(width).enumerate() {
                        each.push_str(&dump_line(offset + (number * width) as u64, line));
                        each.push('\n');
                    }
                    assert_eq!(together, each, "{length} {width} {offset}");
                }
            }
        }
    }
}
