//! Finds the beginning of a ZMODEM transfer in what comes.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// What the other end of a line has begun by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferOffer {
    /// It wants to send files by ZMODEM (`sz`): ZRQINIT.
    Sends,
    /// It waits for files by ZMODEM (`rz`): ZRINIT.
    Receives,
}

/// What both hex headers begin with: padding, ZDLE, the encoding, and the upper digit of their type.
const BEGIN: &[u8; 5] = b"**\x18B0";

/// Finds [`BEGIN`] as fast as bytes can be read: all that is received is looked through.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(BEGIN));

/// Looks for [`TransferOffer`]s in a stream, however it is cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfferScanner {
    /// How much of [`BEGIN`] has come.
    matched: usize,
}

impl OfferScanner {
    /// The last offer in these bytes, if there is any.
    pub fn heard(&mut self, bytes: &[u8]) -> Option<TransferOffer> {
        let mut found = None;
        let mut rest = bytes;
        loop {
            // What has begun goes on byte by byte.
            while self.matched > 0 {
                let Some((byte, tail)) = rest.split_first() else { return found };
                rest = tail;
                found = self.step(*byte).or(found);
            }
            let Some(at) = FINDER.find(rest) else { break };
            rest = &rest[at + BEGIN.len()..];
            self.matched = BEGIN.len();
        }
        // What is cut off in the middle of it.
        let tail = rest.len().saturating_sub(BEGIN.len() - 1);
        for byte in &rest[tail..] {
            self.step(*byte);
        }
        found
    }

    fn step(&mut self, byte: u8) -> Option<TransferOffer> {
        let (matched, found) = match (self.matched, byte) {
            (5, b'0') => (0, Some(TransferOffer::Sends)),
            (5, b'1') => (0, Some(TransferOffer::Receives)),
            // Any number of stars may stand before.
            (2, b'*') => (2, None),
            (at, byte) if BEGIN.get(at) == Some(&byte) => (at + 1, None),
            (_, b'*') => (1, None),
            _ => (0, None),
        };
        self.matched = matched;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_found_however_it_is_cut() {
        let sends = b"login: rz\r**\x18B00000000000000\r\x8a\x11";
        let receives = b"***\x18B0100000023be50\r\x8a\x11";
        for cut in 0..sends.len() {
            let mut scanner = OfferScanner::default();
            let found = [scanner.heard(&sends[..cut]), scanner.heard(&sends[cut..])];
            assert_eq!(found.into_iter().flatten().collect::<Vec<_>>(), [TransferOffer::Sends]);
        }
        for cut in 0..receives.len() {
            let mut scanner = OfferScanner::default();
            let found = [scanner.heard(&receives[..cut]), scanner.heard(&receives[cut..])];
            assert_eq!(found.into_iter().flatten().collect::<Vec<_>>(), [TransferOffer::Receives]);
        }
        let mut scanner = OfferScanner::default();
        assert_eq!(scanner.heard(b"** bold ** \x18\x18 *\x18B01 **\x18A00 **\x18B03"), None);
    }
}
