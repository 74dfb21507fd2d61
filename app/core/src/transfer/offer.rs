//! Finds the beginning of a ZMODEM transfer in what comes.

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

/// Looks for [`TransferOffer`]s in a stream, however it is cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfferScanner {
    /// How much of [`BEGIN`] has come.
    matched: usize,
}

impl OfferScanner {
    /// The last offer in these bytes, if there is any.
    pub fn heard(&mut self, bytes: &[u8]) -> Option<TransferOffer> {
        // Most of what comes has no ZDLE in it, and needs no look at each byte.
        if self.matched < 3 && memchr::memchr(BEGIN[2], bytes).is_none() {
            let stars = bytes.iter().rev().take_while(|byte| **byte == b'*').count();
            let carried = if stars == bytes.len() { self.matched } else { 0 };
            self.matched = (carried + stars).min(2);
            return None;
        }
        let mut found = None;
        let mut rest = bytes;
        loop {
            // Nothing begins without a star.
            if self.matched == 0 {
                let Some(star) = memchr::memchr(b'*', rest) else { break };
                rest = &rest[star..];
            }
            let Some((byte, tail)) = rest.split_first() else { break };
            rest = tail;
            self.matched = match (self.matched, byte) {
                (5, b'0') => {
                    found = Some(TransferOffer::Sends);
                    0
                }
                (5, b'1') => {
                    found = Some(TransferOffer::Receives);
                    0
                }
                // Any number of stars may stand before.
                (2, b'*') => 2,
                (at, byte) if BEGIN.get(at) == Some(byte) => at + 1,
                (_, b'*') => 1,
                _ => 0,
            };
        }
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
