//! Bytes as hexadecimal digits: the one place that writes them.

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

fn digits(bytes: &[u8], table: &[u8; 16], between: &str) -> String {
    let mut text = String::with_capacity(bytes.len() * (2 + between.len()));
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            text.push_str(between);
        }
        text.push(char::from(table[usize::from(byte >> 4)]));
        text.push(char::from(table[usize::from(byte & 15)]));
    }
    text
}

/// Capital digits with spaces, as logs and dumps show them: `48 65 6C`.
#[must_use]
pub fn spaced(bytes: &[u8]) -> String {
    digits(bytes, UPPER, " ")
}

/// Capital digits without spaces: `48656C`.
#[must_use]
pub fn upper(bytes: &[u8]) -> String {
    digits(bytes, UPPER, "")
}

/// Small digits without spaces, as digests are written: `48656c`.
#[must_use]
pub fn lower(bytes: &[u8]) -> String {
    digits(bytes, LOWER, "")
}

/// A hardware address: `48:65:6c:6c:6f:21`.
#[must_use]
pub fn mac(bytes: [u8; 6]) -> String {
    digits(&bytes, LOWER, ":")
}

/// A line of a hex dump: `offset` in eight digits, 16 bytes at most, and what of them is printable ASCII.
#[must_use]
pub fn dump_line(offset: u64, bytes: &[u8]) -> String {
    let show = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
    let text: String = bytes.iter().map(show).collect();
    // As wide as 16 bytes, so that a last line that is shorter stands in line.
    format!("{offset:08X}  {:<47}  |{text}|", spaced(bytes))
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
        assert_eq!(mac([0x7c, 0xdf, 0xa1, 0, 0x0e, 0xf2]), "7c:df:a1:00:0e:f2");
    }

    #[test]
    fn a_dump_shows_what_is_printable() {
        assert_eq!(
            dump_line(0x10, b"hello\n\xff"),
            "00000010  68 65 6C 6C 6F 0A FF                             |hello..|"
        );
    }
}
