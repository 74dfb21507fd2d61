//! What a member may be called.

use super::decimal;
use core::fmt::{self, Write as _};
use heapless::Vec;

/// The longest name, in bytes.
pub const NAME_MAX: usize = 16;

/// A member's name: 1 to [`NAME_MAX`] bytes above 0x20, none of `: > * / #` and no 0x7F. Names are
/// the same when their bytes are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ChatName(Vec<u8, NAME_MAX>);

impl ChatName {
    /// The name that these bytes are.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let may_be = |byte: &u8| *byte > 0x20 && *byte != 0x7f && !b":>*/#".contains(byte);
        if bytes.is_empty() || !bytes.iter().all(may_be) {
            return None;
        }
        Vec::from_slice(bytes).ok().map(Self)
    }

    /// The name of a guest who has not said one.
    pub fn guest(number: u32) -> Self {
        let mut name = Vec::new();
        // "guest4294967295" has 15 bytes.
        write!(name, "guest{number}").ok();
        Self(name)
    }

    /// The number of a guest who has not said a name, by the name.
    pub(crate) fn guest_number(&self) -> Option<u32> {
        decimal::parse(self.0.strip_prefix(b"guest")?)
    }

    /// Its bytes, in whatever encoding they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ChatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_some_bytes_that_mean_nothing_else() {
        // 小明 in GBK.
        for good in [&b"a"[..], b"sixteen-bytes-ok", b"\xd0\xa1\xc3\xf7", b"@|\\{}~!.,=+-_"] {
            assert_eq!(ChatName::new(good).unwrap().as_bytes(), good);
        }
        for bad in [
            &b""[..],
            b"seventeen-bytes-x",
            b"a b",
            b"a:",
            b"a>",
            b"*",
            b"/a",
            b"#1",
            b"\x7f",
            b"a\t",
        ] {
            assert_eq!(ChatName::new(bad), None, "{bad:?}");
        }
        assert!(ChatName::new(ChatName::guest(u32::MAX).as_bytes()).is_some());
    }
}
