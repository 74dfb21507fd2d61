//! What is remembered of what was sent: everything but passwords.

use espalier_core::board::{Masker, masked};
use espalier_core::send::{SendFormat, SendSpec, compose};
use espalier_core::view::EncodingName;

/// Follows what a box sends, because a command with a password may come in several pieces.
#[derive(Debug, Default)]
pub(super) struct SentHistory {
    masker: Masker,
}

impl SentHistory {
    /// What to remember of a text that is sent as these bytes; `None`: nothing, it is a part of a password's command.
    pub(super) fn of(&mut self, spec: &SendSpec, text: String, bytes: &[u8]) -> Option<String> {
        let goes_on = self.masker.is_within_a_line();
        let found = self.masker.push(bytes, &mut Vec::new());
        if !found {
            return Some(text);
        }
        if goes_on {
            return None;
        }
        match masked(bytes) {
            None => Some(text),
            Some(kept) => written(spec, &kept),
        }
    }
}

/// Bytes as the text that they would be sent by; `None` when that is not to be had.
fn written(spec: &SendSpec, bytes: &[u8]) -> Option<String> {
    if spec.format != SendFormat::Text || spec.checksum.is_some() {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_suffix(spec.line_ending.text()).unwrap_or(text);
    let text = if spec.escapes { text.replace('\\', r"\\") } else { text.to_owned() };
    Some(text).filter(|text| !text.contains('\0'))
}

/// Masks what an earlier version remembered, however it would be sent.
pub(super) fn scrub(history: &mut Vec<String>) {
    history.retain_mut(|text| {
        let spec = |format, escapes| SendSpec { format, escapes, ..SendSpec::default() };
        let kept = |spec: &SendSpec| {
            let bytes = compose(spec, text, &EncodingName::default()).ok()?;
            masked(&bytes).map(|kept| written(spec, &kept))
        };
        let plain = spec(SendFormat::Text, false);
        let ways = [plain, spec(SendFormat::Text, true), spec(SendFormat::Hex, false)];
        match ways.iter().find_map(kept) {
            None => true,
            Some(Some(masked)) => {
                *text = masked;
                true
            }
            Some(None) => false,
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(spec: &SendSpec, texts: &[&str]) -> Vec<Option<String>> {
        let mut memory = SentHistory::default();
        let send = |text: &&str| {
            let bytes = compose(spec, text, &EncodingName::default()).unwrap();
            memory.of(spec, (*text).to_owned(), &bytes)
        };
        texts.iter().map(send).collect()
    }

    #[test]
    fn a_password_is_not_remembered_in_one_piece_or_in_several() {
        let spec = SendSpec::default();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            remembered(
                &spec,
                &[r"wifi set Home correct-horse\r\n", r"status\n", "wifi set Home\n"]
            ),
            [some("wifi set Home ********\r\n"), some(r"status\n"), some("wifi set Home\n")]
        );
        assert_eq!(
            remembered(&spec, &["wifi set Home ", "correct-", r"horse\n", "status"]),
            [some("wifi set Home "), None, None, some("status")]
        );
        assert_eq!(
            remembered(&spec, &["wifi se", r"t Home correct-horse\r", "status"]),
            [some("wifi se"), None, some("status")]
        );
        let hex = SendSpec { format: SendFormat::Hex, ..SendSpec::default() };
        let line: Vec<String> =
            b"wifi set Home correct-horse\n".iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(remembered(&hex, &[&line.join(" "), "01 02"]), [None, some("01 02")]);
    }

    #[test]
    fn what_was_remembered_earlier_is_masked() {
        let mut history = [
            "hello",
            "wifi set Home correct-horse",
            r"\x77ifi set Home correct-horse\n",
            "77 69 66 69 20 73 65 74 20 48 20 63 6F 72 72 65 63 74 2D 68 6F 72 73 65",
        ]
        .map(str::to_owned)
        .to_vec();
        scrub(&mut history);
        assert_eq!(history, ["hello", "wifi set Home ********", "wifi set Home ********\n"]);
    }
}
