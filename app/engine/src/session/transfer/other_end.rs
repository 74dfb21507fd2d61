//! What the other end of a transfer has said before there was any.

use espalier_core::PeerId;
use espalier_core::transfer::{OfferScanner, TransferOffer};

use super::target::TransferTarget;

/// What the other end has said before there was a transfer.
#[derive(Debug, Default)]
pub struct OtherEnd {
    scanner: OfferScanner,
    offer: Option<(PeerId, TransferOffer)>,
    last: Option<(PeerId, u8)>,
}

impl OtherEnd {
    /// Takes what came.
    pub fn heard(&mut self, peer: PeerId, bytes: &[u8]) {
        if let Some(found) = self.scanner.heard(bytes) {
            self.offer = Some((peer, found));
        }
        self.last = bytes.last().map(|byte| (peer, *byte)).or(self.last);
    }

    /// What it has begun, and nobody has answered.
    pub const fn offer(&self) -> Option<(PeerId, TransferOffer)> {
        self.offer
    }

    /// Its last byte, when a receiver of XMODEM or YMODEM asks so: it asks again only after ten seconds.
    pub fn asks(&self, target: &TransferTarget) -> Option<u8> {
        /// C, and NAK.
        const QUESTIONS: [u8; 2] = [b'C', 0x15];
        let asks = self.last.filter(|(peer, byte)| target.has(*peer) && QUESTIONS.contains(byte));
        asks.map(|(_, byte)| byte)
    }

    /// Somebody answers, or does not want to.
    pub const fn answered(&mut self) {
        self.offer = None;
        self.last = None;
    }
}
