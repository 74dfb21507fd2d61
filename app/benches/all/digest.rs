//! SHA-256, as a session shows it.

use std::io::Read;

use espalier_core::hex;
use sha2::{Digest as _, Sha256};

/// Of some bytes, so many times.
pub fn of_times(piece: &[u8], times: usize) -> String {
    let mut digest = Sha256::new();
    (0..times).for_each(|_| digest.update(piece));
    hex::lower(&digest.finalize())
}

/// Of all that can be read.
pub fn of(mut from: impl Read) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(hex::lower(&digest.finalize())),
            count => digest.update(&piece[..count]),
        }
    }
}
