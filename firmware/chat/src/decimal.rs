//! Numbers on a line.

/// Reads decimal digits, all of them; no sign.
pub(super) fn parse(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Cuts `text` at its first space: what is before it, and what is behind; all of it and nothing, when
/// there is none.
pub(super) fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let at = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(at);
    (word, rest.get(1..).unwrap_or_default())
}

/// Cuts off `#NUMBER `, when a line begins so.
pub(super) fn number(line: &[u8]) -> (Option<u32>, &[u8]) {
    let Some(numbered) = line.strip_prefix(b"#") else { return (None, line) };
    let (digits, rest) = word(numbered);
    match parse(digits) {
        Some(number) if number > 0 => (Some(number), rest),
        _ => (None, line),
    }
}
