//! The lines of base64 in which a board prints a core dump.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
        let flaw = self.flaw.or(cut_off);
        let state = flaw.unwrap_or_else(|| CoreDumpState::of(&self.bytes));
        CoreDump { bytes: self.bytes.into(), state }
    }
}

/// Whether a line can be one of base64: groups of four.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !digits.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// Base64 of RFC 4648 with padding, one line; `None` when it is none.
fn decode(text: &str) -> Option<Vec<u8>> {
    is_base64(text).then(|| STANDARD.decode(text).ok()).flatten()
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
        let state = CoreDumpState::Garbled;
        assert_eq!(core_dump.finish(true), CoreDump { bytes: (*b"foo").into(), state });
    }
}
