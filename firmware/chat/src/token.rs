//! The secret by which a member that comes back is known.

use core::fmt;

/// A token: 16 hexadecimal digits on the line. Who has it is that member.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub u64);

impl Token {
    /// Reads exactly 16 hexadecimal digits.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 16 || !text.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let text = core::str::from_utf8(text).ok()?;
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

/// As it stands on the line.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Not the secret itself: what is debugged ends in logs.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
