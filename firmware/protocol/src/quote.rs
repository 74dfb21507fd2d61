//! Quoting: how any bytes become part of a line, and back.
//!
//! A quoted piece is `"…"` with `\"`, `\\`, `\n`, `\r`, `\t`, and `\xNN` for every other control
//! character and for bytes that are not UTF-8. Everything else stands as it is, Chinese included.

use alloc::{borrow::Cow, vec::Vec};
use core::fmt::{self, Write};

/// Whether `text` may stand without quotes.
pub(crate) fn is_bare(text: &str) -> bool {
    !text.is_empty()
        && !text.chars().any(|c| {
            c.is_whitespace() || c.is_control() || matches!(c, '"' | '\\' | '=' | '#' | '\'')
        })
}

/// Writes `text` bare where that can be read back, quoted otherwise.
pub(crate) fn write_word(out: &mut dyn Write, text: &str) -> fmt::Result {
    if is_bare(text) { out.write_str(text) } else { write_quoted(out, text.as_bytes()) }
}

/// Writes `bytes` in quotes.
pub(crate) fn write_quoted(out: &mut dyn Write, bytes: &[u8]) -> fmt::Result {
    out.write_char('"')?;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.write_str("\\\"")?,
                '\\' => out.write_str("\\\\")?,
                '\n' => out.write_str("\\n")?,
                '\r' => out.write_str("\\r")?,
                '\t' => out.write_str("\\t")?,
                c if c.is_control() => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        write!(out, "\\x{byte:02x}")?;
                    }
                }
                c => out.write_char(c)?,
            }
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}")?;
        }
    }
    out.write_char('"')
}

/// The bytes of a piece that starts with a quote; `None` when it is malformed.
pub(crate) fn unquote(raw: &str) -> Option<Cow<'_, [u8]>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return (!inner.contains('"')).then_some(Cow::Borrowed(inner.as_bytes()));
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => return None,
            b'\\' => bytes.push(unescape(&mut rest)?),
            byte => bytes.push(byte),
        }
    }
    Some(Cow::Owned(bytes))
}

/// The byte after a backslash.
pub(crate) fn unescape(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let hex = |byte: Option<u8>| char::from(byte?).to_digit(16);
    match rest.next()? {
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'x' => u8::try_from(hex(rest.next())? << 4 | hex(rest.next())?).ok(),
        byte @ (b'"' | b'\\') => Some(byte),
        _ => None,
    }
}

/// The length of the quoted piece that starts `text`, both quotes included.
pub(crate) fn quoted_len(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
