//! Core dumps that a board prints in base64.

use std::sync::Arc;

/// A core dump as it came: the bytes that `esp-coredump --core-format raw` reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreDump {
    /// The dump: ESP-IDF's header, the ELF core file, the checksum.
    pub bytes: Arc<[u8]>,
    /// The dump's end was seen, and every line of it was base64.
    pub complete: bool,
}

/// Gathers a core dump. Bounded by [`CoreDumpCollector::MOST`].
#[derive(Clone, Debug, Default)]
pub(super) struct CoreDumpCollector {
    bytes: Vec<u8>,
    damaged: bool,
}

impl CoreDumpCollector {
    /// Larger dumps are cut here: no chip has more memory than that to dump.
    const MOST: usize = 48 << 20;

    pub(super) fn line(&mut self, text: &str) {
        match decode(text) {
            Some(bytes) if self.bytes.len() + bytes.len() <= Self::MOST => self.bytes.extend(bytes),
            _ => self.damaged = true,
        }
    }

    pub(super) fn finish(self, ended: bool) -> CoreDump {
        CoreDump { bytes: self.bytes.into(), complete: ended && !self.damaged }
    }
}

/// Whether a line can be one of base64.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !digits.is_empty()
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|b| digit(b).is_some())
}

fn digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Base64 of RFC 4648 with padding, one line; `None` when it is none.
fn decode(text: &str) -> Option<Vec<u8>> {
    if !is_base64(text) || !text.len().is_multiple_of(4) {
        return None;
    }
    let digits: Vec<u32> = text.trim_end_matches('=').bytes().filter_map(digit).collect();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in digits.chunks(4) {
        let bits =
            group.iter().enumerate().fold(0, |bits, (at, digit)| bits | digit << (18 - 6 * at));
        bytes.extend_from_slice(bits.to_be_bytes().get(1..group.len())?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_rfc_4648_has_it() {
        for (text, bytes) in
            [("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(decode(text), Some(bytes.as_bytes().to_vec()));
        }
        for bad in ["", "=", "Zm9", "Zm9v!mFy", "Z===", "Zm 9v"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_damaged_line_makes_a_dump_incomplete() {
        let mut core_dump = CoreDumpCollector::default();
        core_dump.line("Zm9v");
        core_dump.line("Zm9");
        assert_eq!(core_dump.finish(true), CoreDump { bytes: (*b"foo").into(), complete: false });
    }
}
