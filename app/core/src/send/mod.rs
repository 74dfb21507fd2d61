//! What we send: text with escapes, hex, line endings, checksums.
