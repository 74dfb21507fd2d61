//! What is typed into a terminal, as bytes.

use crate::send::{SendError, SendSpec, compose};
use crate::view::EncodingName;

/// What was typed, pasted or answered, in the encoding of a session.
///
/// # Errors
/// [`SendError`]: the encoding has no such character.
pub fn typed_bytes(text: &str, encoding: &EncodingName) -> Result<Vec<u8>, SendError> {
    compose(&SendSpec { escapes: false, ..SendSpec::default() }, text, encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_text_are_encoded_alike() {
        let bytes = |text, label: &str| typed_bytes(text, &EncodingName(label.to_owned())).ok();
        assert_eq!(bytes("\x1B[A\\n你", "GBK").unwrap(), b"\x1B[A\\n\xC4\xE3");
        assert_eq!(bytes("\r", "UTF-16LE").unwrap(), b"\r\0");
        assert_eq!(bytes("你", "windows-1252"), None);
    }
}
