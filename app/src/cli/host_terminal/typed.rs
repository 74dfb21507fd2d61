//! What is typed, as the bytes that go out.

use std::io;

use encoding_rs::{Decoder, UTF_8};
use espalier_core::terminal::{BackspaceKey, LocalEcho, TerminalSpec, typed_bytes};
use espalier_core::view::EncodingName;

use super::keys;
use crate::print::echo;

/// Ctrl-].
const LEAVE: u8 = 0x1D;

/// Keys, read one after the other.
pub struct TypedKeys {
    spec: TerminalSpec,
    encoding: EncodingName,
    /// Of UTF-8, which is what is typed.
    decoder: Decoder,
    echo: Option<LocalEcho>,
}

impl TypedKeys {
    /// From now on, sent like this.
    pub fn new(spec: TerminalSpec, encoding: EncodingName) -> Self {
        let echo = spec.echo.then(|| LocalEcho::new(&encoding));
        Self { spec, encoding, decoder: UTF_8.new_decoder_without_bom_handling(), echo }
    }

    /// Reads until Ctrl-] or the end of stdin. What `take` does not take rings the bell.
    ///
    /// # Errors
    /// Stdin cannot be read.
    pub fn read(mut self, mut take: impl FnMut(Vec<u8>) -> bool) -> io::Result<()> {
        loop {
            let typed = keys::next()?;
            let leaves = typed.iter().position(|byte| *byte == LEAVE);
            let (bytes, all) = self.bytes(&typed[..leaves.unwrap_or(typed.len())]);
            let shown = self.echo.as_mut().map(|echo| {
                let mut shown = String::new();
                echo.push(&bytes, &mut shown);
                shown
            });
            let taken = bytes.is_empty() || take(bytes);
            match shown {
                _ if !taken || !all => echo("\x07"),
                Some(shown) => echo(&shown),
                None => {}
            }
            if leaves.is_some() || typed.is_empty() {
                return Ok(());
            }
        }
    }

    /// The bytes of keys, and whether all of them have some.
    fn bytes(&mut self, typed: &[u8]) -> (Vec<u8>, bool) {
        let mut text = String::with_capacity(typed.len() * 3 + 8);
        let (_, _, mut has_failed) = self.decoder.decode_to_string(typed, &mut text, false);
        let mut bytes = Vec::new();
        for char in text.chars() {
            let meant = match char {
                '\r' => self.spec.enter.text().to_owned(),
                '\x7F' if self.spec.backspace == BackspaceKey::Backspace => "\x08".to_owned(),
                char => char.to_string(),
            };
            match typed_bytes(&meant, &self.encoding) {
                Ok(some) => bytes.extend(some),
                Err(_) => has_failed = true,
            }
        }
        (bytes, !has_failed)
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::terminal::EnterKey;

    use super::*;

    #[test]
    fn keys_are_encoded_and_what_cannot_be_is_left_out() {
        let spec = TerminalSpec {
            enter: EnterKey::CrLf,
            backspace: BackspaceKey::Backspace,
            ..TerminalSpec::default()
        };
        let mut keys = TypedKeys::new(spec, EncodingName("GBK".to_owned()));
        assert_eq!(keys.bytes("a\u{7F}\r".as_bytes()), (b"a\x08\r\n".to_vec(), true));
        // A character that comes in two reads.
        assert_eq!(keys.bytes(b"\xE4\xBD"), (Vec::new(), true));
        assert_eq!(keys.bytes(b"\xA0\x1B[A"), (b"\xC4\xE3\x1B[A".to_vec(), true));
        let mut keys =
            TypedKeys::new(TerminalSpec::default(), EncodingName("windows-1252".to_owned()));
        assert_eq!(keys.bytes("a你b".as_bytes()), (b"ab".to_vec(), false));
    }
}
