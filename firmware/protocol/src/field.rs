//! The values after a `key=`: one way to print each type, and its inverse.

use crate::{
    hex::{self, Hex},
    quote,
};
use alloc::{borrow::Cow, string::String, vec::Vec};
use core::{
    fmt::{self, Write},
    net::{Ipv4Addr, SocketAddr},
};

/// A value in a line. `parse` reads what `print` wrote.
pub(crate) trait Field<'a>: Sized {
    /// The same type owning what it holds.
    type Static;
    /// Whether the whole `key=value` is left out.
    fn is_absent(&self) -> bool {
        false
    }
    /// Writes the value.
    fn print(&self, out: &mut dyn Write) -> fmt::Result;
    /// Reads a value, quotes included.
    fn parse(raw: &'a str) -> Option<Self>;
    /// The value of a key that is not there.
    fn absent() -> Option<Self> {
        None
    }
    /// Takes what is borrowed along.
    fn into_static(self) -> Self::Static;
}

/// Types that `Display` and `FromStr` describe already.
macro_rules! plain {
    ($($ty:ty),+) => {$(
        impl<'a> Field<'a> for $ty {
            type Static = Self;
            fn print(&self, out: &mut dyn Write) -> fmt::Result {
                write!(out, "{self}")
            }
            fn parse(raw: &'a str) -> Option<Self> {
                raw.parse().ok()
            }
            fn into_static(self) -> Self {
                self
            }
        }
    )+};
}
plain!(u8, u16, u32, u64, i8, Ipv4Addr, SocketAddr, Share, Keepalive);

impl<'a, T: Field<'a>> Field<'a> for Option<T> {
    type Static = Option<T::Static>;
    fn is_absent(&self) -> bool {
        self.is_none()
    }
    fn print(&self, out: &mut dyn Write) -> fmt::Result {
        self.as_ref().map_or(Ok(()), |value| value.print(out))
    }
    fn parse(raw: &'a str) -> Option<Self> {
        T::parse(raw).map(Some)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
    fn into_static(self) -> Self::Static {
        self.map(T::into_static)
    }
}

/// Text: bare when it is one plain word, quoted otherwise.
pub type Text<'a> = Cow<'a, str>;

impl<'a> Field<'a> for Text<'a> {
    type Static = Text<'static>;
    fn print(&self, out: &mut dyn Write) -> fmt::Result {
        quote::write_word(out, self)
    }
    fn parse(raw: &'a str) -> Option<Self> {
        if !raw.starts_with('"') {
            return Some(Cow::Borrowed(raw));
        }
        match quote::unquote(raw)? {
            Cow::Borrowed(bytes) => core::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }
    fn into_static(self) -> Self::Static {
        Cow::Owned(self.into_owned())
    }
}

/// The most received bytes that one line shows.
pub const DATA_MAX: usize = 64;

/// Received bytes on a line, at most [`DATA_MAX`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bytes<'a> {
    /// Printed as quoted text.
    Text(Cow<'a, [u8]>),
    /// Printed as hexadecimal digits.
    Hex(Cow<'a, [u8]>),
}

impl Bytes<'_> {
    /// The bytes, however they are printed.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(bytes) | Self::Hex(bytes) => bytes,
        }
    }
}

impl<'a> Field<'a> for Bytes<'a> {
    type Static = Bytes<'static>;
    fn print(&self, out: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Text(bytes) => quote::write_quoted(out, bytes),
            Self::Hex(bytes) => write!(out, "{}", Hex(bytes)),
        }
    }
    fn parse(raw: &'a str) -> Option<Self> {
        if raw.starts_with('"') {
            return quote::unquote(raw).map(Self::Text);
        }
        let (pairs, rest) = raw.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(|pair| hex::byte(*pair)).collect();
        bytes.filter(|_| rest.is_empty()).map(|bytes| Self::Hex(Cow::Owned(bytes)))
    }
    fn into_static(self) -> Self::Static {
        match self {
            Self::Text(bytes) => Bytes::Text(Cow::Owned(bytes.into_owned())),
            Self::Hex(bytes) => Bytes::Hex(Cow::Owned(bytes.into_owned())),
        }
    }
}

/// How many of how many, printed `1/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Share {
    /// Places taken.
    pub taken: u8,
    /// Places there are.
    pub of: u8,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.taken, self.of)
    }
}

impl core::str::FromStr for Share {
    type Err = core::num::ParseIntError;
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let (taken, of) = raw.split_once('/').unwrap_or((raw, ""));
        Ok(Self { taken: taken.parse()?, of: of.parse()? })
    }
}

/// When a silent peer is given up, printed `20/5/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keepalive {
    /// Seconds of silence before the first probe.
    pub idle_s: u16,
    /// Seconds between probes.
    pub interval_s: u16,
    /// Probes without an answer before the connection is dead.
    pub count: u8,
}

impl Keepalive {
    /// What the original server uses: 20 s, then every 5 s, 3 times.
    pub const DEFAULT: Self = Self { idle_s: 20, interval_s: 5, count: 3 };

    /// Seconds of silence after which the peer is dead, for stacks that count no probes.
    pub const fn dead_after_s(self) -> u32 {
        self.idle_s as u32 + self.interval_s as u32 * self.count as u32
    }
}

impl fmt::Display for Keepalive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.idle_s, self.interval_s, self.count)
    }
}

impl core::str::FromStr for Keepalive {
    type Err = core::num::ParseIntError;
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let mut parts = raw.splitn(3, '/');
        let mut next = || parts.next().unwrap_or("");
        Ok(Self { idle_s: next().parse()?, interval_s: next().parse()?, count: next().parse()? })
    }
}
