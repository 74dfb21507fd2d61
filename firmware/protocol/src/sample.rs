//! Made-up values for tests: of every type that a line can have a field of.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::field::{Bytes, DATA_MAX, Keepalive, Share, Text};

/// A small generator that proptest seeds.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// A value made up from random bits.
pub(crate) trait Sample {
    fn sample(rng: &mut Rng) -> Self;
}

macro_rules! numbers {
    ($($ty:ty),+) => {$(
        impl Sample for $ty {
            fn sample(rng: &mut Rng) -> Self {
                // Ends of the range are as likely as its middle.
                match rng.below(4) { 0 => <$ty>::MIN, 1 => <$ty>::MAX, _ => rng.next() as $ty }
            }
        }
    )+};
}
numbers!(u8, u16, u32, u64, i8);

impl<T: Sample> Sample for Option<T> {
    fn sample(rng: &mut Rng) -> Self {
        (rng.below(3) > 0).then(|| T::sample(rng))
    }
}

impl Sample for Ipv4Addr {
    fn sample(rng: &mut Rng) -> Self {
        Self::from_bits(rng.next() as u32)
    }
}

impl Sample for SocketAddr {
    fn sample(rng: &mut Rng) -> Self {
        let port = u16::sample(rng);
        if rng.below(4) == 0 {
            (Ipv6Addr::from_bits(u128::from(rng.next()) << 64 | 1), port).into()
        } else {
            (Ipv4Addr::sample(rng), port).into()
        }
    }
}

impl Sample for Share {
    fn sample(rng: &mut Rng) -> Self {
        Self { taken: u8::sample(rng), of: u8::sample(rng) }
    }
}

impl Sample for Keepalive {
    fn sample(rng: &mut Rng) -> Self {
        Self { idle_s: u16::sample(rng), interval_s: u16::sample(rng), count: u8::sample(rng) }
    }
}

impl Sample for Text<'static> {
    fn sample(rng: &mut Rng) -> Self {
        const PIECES: &[&str] = &[
            "a",
            "路由器",
            " ",
            "=",
            "\"",
            "\\",
            "\n",
            "\u{85}",
            "key=v",
            "\\x41",
            "é",
            "#1",
            "\0",
        ];
        let count = rng.below(6);
        let text: String =
            (0..count).map(|_| PIECES[rng.below(PIECES.len() as u64) as usize]).collect();
        Cow::Owned(text)
    }
}

impl Sample for Bytes<'static> {
    fn sample(rng: &mut Rng) -> Self {
        let text = rng.below(2) == 0;
        let count = rng.below(DATA_MAX as u64 + 1);
        let bytes: Vec<u8> = match rng.below(2) {
            0 => (0..count).map(|_| rng.next() as u8).collect(),
            _ => Text::sample(rng).into_owned().into_bytes(),
        };
        if text { Self::Text(Cow::Owned(bytes)) } else { Self::Hex(Cow::Owned(bytes)) }
    }
}
