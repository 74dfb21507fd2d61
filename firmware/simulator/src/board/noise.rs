//! What arrives when both ends of a line count time differently.

/// Baud rates that differ by less than this part still understand each other.
const TOLERANCE: f64 = 0.03;

/// Whether a sender at one rate is understood at the other.
pub fn rates_match(a: u32, b: u32) -> bool {
    let (a, b) = (f64::from(a), f64::from(b));
    (a - b).abs() <= TOLERANCE * a.max(b)
}

/// Noise from a seed: the same seed, the same noise.
#[derive(Debug)]
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// What is heard instead of `bytes`: as many, but others, none of which frames anything.
    pub fn garble(&mut self, bytes: &[u8]) -> Vec<u8> {
        bytes.iter().map(|&byte| self.byte(byte)).collect()
    }

    fn byte(&mut self, byte: u8) -> u8 {
        // xorshift64: enough for noise.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let [noise, ..] = self.0.to_le_bytes();
        // Never what was sent; and bits that run into each other give few line ends or frame ends.
        match byte ^ (noise | 1) {
            b'\n' | b'\r' | crate::slip::END => 0xff,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_seeded_and_never_the_message() {
        let message = b"got ip: 127.0.0.1\n".repeat(20);
        let noise = Noise::new(5).garble(&message);
        assert_eq!(noise, Noise::new(5).garble(&message));
        assert_ne!(noise, Noise::new(6 << 8).garble(&message));
        let same = noise.iter().zip(&message).filter(|(a, b)| a == b).count();
        assert_eq!(same, 0);
    }

    #[test]
    fn divider_errors_are_tolerated_and_other_rates_are_not() {
        assert!(rates_match(115_200, 115_740));
        assert!(!rates_match(115_200, 74_880));
        assert!(!rates_match(460_800, 921_600));
    }
}
