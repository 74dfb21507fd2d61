//! Packing: a file in `assets/firmware/` is one zlib stream, and the manifest says the size and SHA-256 of what
//! comes out of it.

use std::io::Read as _;

use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use sha2::{Digest, Sha256};

/// No part is larger than the largest flash that the images are made for, 16 MiB.
pub const LARGEST: usize = 16 << 20;

/// A packed file that is not what the manifest says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The zlib stream is broken or cut.
    #[error("the packed file is damaged ({0}); take it from a fresh copy of the program")]
    Damaged(#[from] std::io::Error),
    /// The unpacked size differs.
    #[error("the unpacked file has {found} bytes where the manifest says {expected}")]
    Size {
        /// Bytes in the manifest.
        expected: usize,
        /// Bytes that came out, one more than expected standing for any larger number.
        found: usize,
    },
    /// The SHA-256 differs.
    #[error("the unpacked file has SHA-256 {found} where the manifest says {expected}")]
    Hash {
        /// Hash in the manifest, hexadecimal.
        expected: String,
        /// Hash of what came out.
        found: String,
    },
}

/// Packs bytes; the same bytes always pack to the same file.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    // Reading from memory into memory cannot fail; were it to, `unpack` would refuse the file.
    let _ = ZlibEncoder::new(bytes, Compression::best()).read_to_end(&mut packed);
    packed
}

/// Unpacks a file and holds it against size (bytes) and SHA-256 (hexadecimal).
///
/// # Errors
/// A damaged stream, or one that holds something else than the manifest says. Never unpacks more than `size + 1`
/// bytes, nor more than [`LARGEST`].
pub fn unpack(packed: &[u8], size: usize, sha256: &str) -> Result<Vec<u8>, PackError> {
    let bound = size.min(LARGEST) + 1;
    let mut bytes = Vec::with_capacity(bound);
    ZlibDecoder::new(packed).take(bound as u64).read_to_end(&mut bytes)?;
    if bytes.len() != size {
        return Err(PackError::Size { expected: size, found: bytes.len() });
    }
    let found = hash(&bytes);
    if found != sha256 {
        return Err(PackError::Hash { expected: sha256.to_owned(), found });
    }
    Ok(bytes)
}

/// The SHA-256 of bytes in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_again() {
        let bytes: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        assert_eq!(unpack(&pack(&bytes), bytes.len(), &hash(&bytes)).unwrap(), bytes);
    }

    #[test]
    fn a_file_that_differs_from_the_manifest_is_refused() {
        let packed = pack(b"bootloader");
        assert!(matches!(
            unpack(&packed, 9, &hash(b"bootloader")),
            Err(PackError::Size { found: 10, .. })
        ));
        assert!(matches!(unpack(&packed, 10, &hash(b"other")), Err(PackError::Hash { .. })));
        assert!(matches!(
            unpack(&packed[..8], 10, ""),
            Err(PackError::Damaged(_) | PackError::Size { .. })
        ));
    }
}
