//! What is left to chance.

use std::hash::{BuildHasher as _, RandomState};

/// Sixteen bytes that nobody knows: a `RandomState` has a key of its own.
pub fn secret() -> [u8; 16] {
    let mut secret = [0; 16];
    for half in secret.chunks_exact_mut(8) {
        half.copy_from_slice(&RandomState::new().hash_one(0).to_ne_bytes());
    }
    secret
}
