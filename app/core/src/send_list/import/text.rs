//! Bytes as text, and what is written there as an entry.

use encoding_rs::{Encoding, GBK, UTF_8};

use crate::send::LineEnding;
use crate::send_list::SendEntry;
use crate::view::EncodingName;

/// The text of a file that a Chinese program wrote: UTF-8 where it is, else GBK.
pub(super) fn of_bytes(bytes: &[u8]) -> (String, &'static Encoding) {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), UTF_8),
        Err(_) => (GBK.decode_without_bom_handling(bytes).0.into_owned(), GBK),
    }
}

/// The encoding that text needs to be the same bytes again; ASCII needs none.
pub(super) fn encoding(text: &str, encoding: &str) -> Option<EncodingName> {
    (!text.is_ascii()).then(|| EncodingName(encoding.to_owned()))
}

/// Bytes, as an entry in hexadecimal.
pub(super) fn hex_entry(bytes: &[u8]) -> SendEntry {
    let mut entry = SendEntry { text: crate::hex::spaced(bytes), ..SendEntry::default() };
    entry.spec.format = crate::send::SendFormat::Hex;
    entry
}

/// Written text whose backslashes mean nothing, so that escapes can stand beside it.
pub(super) fn without_escapes(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n")
}

/// Text, with what it says as it is: line breaks in it become escapes, because the text field of a list has one line.
pub(super) fn plain_entry(text: &str, ending: LineEnding) -> SendEntry {
    let mut entry = SendEntry { text: text.to_owned(), ..SendEntry::default() };
    if text.contains(['\r', '\n']) {
        entry.text = without_escapes(text);
        entry.spec.escapes = true;
    }
    entry.spec.line_ending = ending;
    entry
}
