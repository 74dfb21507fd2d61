//! Which bytes of a stream are corrupted: by their place in it, however it is cut.

/// Finds the next place that is hit, and the bit that is wrong there.
#[derive(Clone, Debug)]
pub struct Corruption {
    random: fastrand::Rng,
    share: f64,
    /// The place of the next byte that is hit.
    next: Option<u64>,
}

impl Corruption {
    /// None yet.
    pub const fn new(random: fastrand::Rng) -> Self {
        Self { random, share: 0.0, next: None }
    }

    /// From this place on, this share of the bytes is hit.
    pub fn set(&mut self, share: f64, place: u64) {
        if share.to_bits() != self.share.to_bits() {
            self.share = share;
            self.next = self.gap().map(|gap| place.saturating_add(gap));
        }
    }

    /// How many bytes are left alone until the next one that is hit (a geometric distribution).
    fn gap(&mut self) -> Option<u64> {
        match self.share {
            share if share <= 0.0 => None,
            share if share >= 1.0 => Some(0),
            share => {
                let chance = self.random.f64().max(f64::MIN_POSITIVE);
                // Saturates: a gap that no stream is long enough for.
                Some((chance.ln() / (1.0 - share).ln()) as u64)
            }
        }
    }

    /// Corrupts these bytes, which stand at this place; tells of each.
    pub fn apply(&mut self, place: u64, bytes: &mut [u8], mut told: impl FnMut(u64, u8, u8)) {
        while let Some(next) = self.next {
            let Some(byte) = next
                .checked_sub(place)
                .and_then(|at| usize::try_from(at).ok().and_then(|at| bytes.get_mut(at)))
            else {
                return;
            };
            let before = *byte;
            *byte ^= 1 << self.random.u8(0..8);
            told(next, before, *byte);
            self.next = self.gap().map(|gap| next.saturating_add(1).saturating_add(gap));
        }
    }
}
