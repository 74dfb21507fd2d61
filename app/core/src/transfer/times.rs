//! How long a protocol waits.

use std::time::Duration;

/// How long a protocol waits for what, and how often it tries (Forsberg, YMODEM.DOC chapters 7 and 8; lrzsz).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransferTimes {
    /// From one call of a receiver to the next, while nobody sends.
    pub prompt: Duration,
    /// Before a receiver that asks, or asks again, is answered: lrzsz throws away what has come by when it has asked.
    pub turn: Duration,
    /// For the other end to begin.
    pub start: Duration,
    /// For a block, or its answer.
    pub block: Duration,
    /// For the next byte of a block.
    pub byte: Duration,
    /// How long the line must rest before what came damaged is over.
    pub quiet: Duration,
    /// For ZMODEM to come any further.
    pub stall: Duration,
    /// How often a block is sent, or asked for, again.
    pub tries: u32,
}

impl Default for TransferTimes {
    fn default() -> Self {
        Self {
            prompt: Duration::from_secs(3),
            turn: Duration::from_millis(100),
            start: Duration::from_secs(60),
            block: Duration::from_secs(10),
            byte: Duration::from_secs(1),
            quiet: Duration::from_millis(250),
            stall: Duration::from_secs(60),
            tries: 10,
        }
    }
}

impl TransferTimes {
    /// All times multiplied by this.
    #[must_use]
    pub fn scaled(self, by: f64) -> Self {
        Self {
            prompt: self.prompt.mul_f64(by),
            turn: self.turn.mul_f64(by),
            start: self.start.mul_f64(by),
            block: self.block.mul_f64(by),
            byte: self.byte.mul_f64(by),
            quiet: self.quiet.mul_f64(by),
            stall: self.stall.mul_f64(by),
            tries: self.tries,
        }
    }
}
