//! Text in the structures that an image holds.

/// Text up to the first zero; what a terminal should not see is replaced.
pub fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
