//! Tokens that nobody can guess from those that he has seen.

use crate::Token;
use core::hash::Hasher as _;
use siphasher::sip::SipHasher24;

/// Gives a token each time.
#[derive(Clone)]
pub(super) struct Tokens {
    secret: [u8; 16],
    given: u64,
}

impl Tokens {
    pub(super) const fn new(secret: [u8; 16]) -> Self {
        Self { secret, given: 0 }
    }

    pub(super) fn next(&mut self) -> Token {
        // A keyed hash of a counter: as far as anybody knows, nobody tells its output from chance
        // without the key (Aumasson and Bernstein, SipHash, 2012).
        let mut hasher = SipHasher24::new_with_key(&self.secret);
        hasher.write_u64(self.given);
        self.given += 1;
        Token(hasher.finish())
    }
}

/// Not the secret.
impl core::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tokens").field("given", &self.given).finish_non_exhaustive()
    }
}
