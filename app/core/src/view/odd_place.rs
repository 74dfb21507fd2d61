//! Places where the text of a stream is not its bytes: bytes that are no character, are shown as something else, or are left out
//! (colours) in the middle of a line.

use super::raw_pattern::RawText;
use super::render::is_marked;

/// A place whose text is not its bytes.
pub(super) struct OddPlace {
    pub(super) at: usize,
    /// A character that what comes next may complete.
    pub(super) is_cut: bool,
}

/// The next odd place from `from` on; `begins` says that a line begins with the bytes.
pub(super) fn next_odd(text: RawText, bytes: &[u8], from: usize, begins: bool) -> Option<OddPlace> {
    const AT_ONCE: usize = 512;
    if text == RawText::Bytes {
        return None;
    }
    let trusts_high = text == RawText::Ascii { trusts_high: true };
    let odd = |at: usize| Some(OddPlace { at, is_cut: false });
    let mut at = from;
    // Where a line begins: there, and behind colours that stand there.
    let mut line = (begins && from == 0).then_some(0);
    while at < bytes.len() {
        let part = &bytes[at..bytes.len().min(at + AT_ONCE)];
        if is_plain(part, bytes.get(at + part.len())) {
            at += part.len();
            continue;
        }
        let end = at + part.len();
        while at < end {
            match bytes[at] {
                b' '..=b'~' | b'\t' | b'\n' => at += 1,
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => at += 1,
                0x1B => {
                    let Some(length) = colour(&bytes[at..]) else { return odd(at) };
                    let begins = line == Some(at) || at > 0 && bytes[at - 1] == b'\n';
                    let ends = matches!(bytes.get(at + length), Some(b'\r' | b'\n'));
                    if !begins && !ends {
                        return odd(at);
                    }
                    at += length;
                    if begins {
                        line = Some(at);
                    }
                }
                0x80.. if trusts_high => at += 1,
                0x80.. if text == RawText::Utf8 => match first_char(&bytes[at..]) {
                    FirstChar::Plain(length) => at += length,
                    FirstChar::Cut => return Some(OddPlace { at, is_cut: true }),
                    FirstChar::Odd => return odd(at),
                },
                _ => return odd(at),
            }
        }
    }
    None
}

/// Where a character begins that is cut off at the end of the bytes.
pub(super) fn cut_char(text: RawText, bytes: &[u8]) -> Option<usize> {
    if text != RawText::Utf8 {
        return None;
    }
    let begin = bytes.len().saturating_sub(3);
    let at = begin + bytes[begin..].iter().rposition(|byte| *byte >= 0xC0)?;
    matches!(first_char(&bytes[at..]), FirstChar::Cut).then_some(at)
}

/// Whether all bytes are printable ASCII and ends of lines. All are looked at, without stopping at the first: that way many are
/// in one instruction.
fn is_plain(part: &[u8], next: Option<&u8>) -> bool {
    let plain = |byte: u8, next: u8| {
        (b' '..=b'~').contains(&byte)
            | (b'\t'..=b'\n').contains(&byte)
            | (byte == b'\r') & (next == b'\n')
    };
    let Some((last, front)) = part.split_last() else { return true };
    let pairs = front.iter().zip(&part[1..]);
    let others = pairs.fold(0, |any, (byte, next)| any | u8::from(!plain(*byte, *next)));
    others == 0 && plain(*last, next.copied().unwrap_or_default())
}

/// The length of a colour sequence at the beginning of `bytes`: it is no part of the text that is searched.
fn colour(bytes: &[u8]) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let end = parameters.iter().take(64).position(|byte| !matches!(byte, b'0'..=b';'))?;
    (parameters.get(end) == Some(&b'm')).then_some(end + 3)
}

pub(super) enum FirstChar {
    /// A character that is shown as it is, and its length.
    Plain(usize),
    Odd,
    /// There is not all of it.
    Cut,
}

/// The first character of some bytes of UTF-8.
pub(super) fn first_char(bytes: &[u8]) -> FirstChar {
    let part = &bytes[..bytes.len().min(4)];
    let valid = match str::from_utf8(part) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            str::from_utf8(&part[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) if error.error_len().is_none() => return FirstChar::Cut,
        Err(_) => return FirstChar::Odd,
    };
    match valid.chars().next() {
        Some(char) if !is_marked(char) => FirstChar::Plain(char.len_utf8()),
        _ => FirstChar::Odd,
    }
}
