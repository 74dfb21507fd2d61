//! The lines of base64 in which a board prints a core dump.

use super::core_dump::{CoreDump, CoreDumpState};

/// Gathers a core dump. Bounded by [`CoreDumpCollector::MOST`].
#[derive(Clone, Debug, Default)]
pub(super) struct CoreDumpCollector {
    bytes: Vec<u8>,
    flaw: Option<CoreDumpState>,
}

impl CoreDumpCollector {
    /// Larger dumps are cut here: no chip has more memory than that to dump.
    const MOST: usize = 48 << 20;

    pub(super) fn line(&mut self, text: &str) {
        let flaw = match decode(text) {
            Some(bytes) if self.bytes.len() + bytes.len() <= Self::MOST => {
                self.bytes.extend(bytes);
                return;
            }
            Some(_) => CoreDumpState::TooLarge,
            None => CoreDumpState::Garbled,
        };
        self.flaw = self.flaw.or(Some(flaw));
    }

    pub(super) fn finish(self, ended: bool) -> CoreDump {
        let cut_off = (!ended).then_some(CoreDumpState::CutOff);
        CoreDump { bytes: self.bytes.into(), flaw: self.flaw.or(cut_off) }
    }
}

/// Whether a line can be one of base64: groups of four.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !digits.is_empty()
        && text.len().is_multiple_of(4)
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
    if !is_base64(text) {
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
    fn a_damaged_line_is_a_flaw_of_the_dump() {
        let mut core_dump = CoreDumpCollector::default();
        core_dump.line("Zm9v");
        core_dump.line("Zm9");
        let flaw = Some(CoreDumpState::Garbled);
        assert_eq!(core_dump.finish(true), CoreDump { bytes: (*b"foo").into(), flaw });
    }
}
