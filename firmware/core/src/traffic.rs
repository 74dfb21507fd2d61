//! Received bytes on the console.

use core::net::SocketAddr;
use espalier_protocol::{
    Shown,
    line::{Bytes, DATA_MAX, LINE_MAX, LineEvent},
};

/// The longest character, in bytes of UTF-8, less one.
const CHAR_MAX: usize = 3;
/// Lines that mode `log` may fill at once, all connections together.
const LOG_LINES: usize = 4;

/// Cuts off what fits on a line, not within a character.
pub(crate) fn cut(bytes: &[u8]) -> (&[u8], &[u8]) {
    let inside = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let most = bytes.len().min(DATA_MAX);
    let at = (most - most.min(CHAR_MAX)..=most).rev().find(|at| !inside(at));
    bytes.split_at(at.filter(|at| *at > 0).unwrap_or(most))
}

/// The line that tells bytes from a peer: `len` of them, of which `piece` is shown.
pub(crate) fn received(
    peer: SocketAddr,
    slot: u8,
    piece: &[u8],
    len: usize,
    shown: Shown,
) -> LineEvent<'_> {
    let bytes = u32::try_from(len).unwrap_or(u32::MAX);
    LineEvent::Received { peer, slot, bytes, data: data(piece, shown) }
}

/// A piece of received bytes as it is shown.
pub(crate) fn data(piece: &[u8], shown: Shown) -> Option<Bytes<'_>> {
    match shown {
        Shown::Text => Some(Bytes::Text(piece.into())),
        Shown::Hex => Some(Bytes::Hex(piece.into())),
        Shown::Off => None,
    }
}

/// How much mode `log` may read on one of the connections that are served, so that all of it fits
/// into the console's room; the rest stays with the sender. Every connection may hold such a grant
/// that it has not used yet, so there has to be room for all of them.
pub(crate) fn log_grant(served: u8, room: usize) -> usize {
    let served = usize::from(served).max(1);
    let lines = (LOG_LINES / served).max(1);
    if room >= served * lines * LINE_MAX { lines * (DATA_MAX - CHAR_MAX) } else { 0 }
}
