//! Bytes of a line, put together.

use super::{Token, name::ChatName};
use core::fmt::{self, Write};

/// Where a line goes. Text is bytes: no [`Write`] would take it.
pub trait ChatOutput {
    /// Takes bytes; those that do not fit are left out, and `false` comes back.
    fn put(&mut self, bytes: &[u8]) -> bool;
}

impl<const N: usize> ChatOutput for heapless::Vec<u8, N> {
    fn put(&mut self, bytes: &[u8]) -> bool {
        self.extend_from_slice(bytes).is_ok()
    }
}

impl ChatOutput for alloc::vec::Vec<u8> {
    fn put(&mut self, bytes: &[u8]) -> bool {
        self.extend_from_slice(bytes);
        true
    }
}

/// What stands on a line, piece by piece.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'a> {
    Bytes(&'a [u8]),
    Name(&'a ChatName),
    Number(u32),
    Token(Token),
}

/// Puts pieces together, one behind the other; whether all of it fitted.
pub(super) fn put(out: &mut impl ChatOutput, pieces: &[Piece<'_>]) -> bool {
    pieces.iter().all(|piece| match piece {
        Piece::Bytes(bytes) => out.put(bytes),
        Piece::Name(name) => out.put(name.as_bytes()),
        Piece::Number(number) => write!(Formatted(out), "{number}").is_ok(),
        Piece::Token(token) => write!(Formatted(out), "{token}").is_ok(),
    })
}

struct Formatted<'a, O>(&'a mut O);

impl<O: ChatOutput> Write for Formatted<'_, O> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.put(text.as_bytes()) { Ok(()) } else { Err(fmt::Error) }
    }
}
