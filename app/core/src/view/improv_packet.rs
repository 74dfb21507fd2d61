//! Improv packets among the lines of a serial line: any of their bytes may look like a newline, so that a row that begins as a
//! packet ends where that does.
//!
//! `IMPROV`, version, type, length, data, checksum: <https://www.improv-wifi.com/serial/>.

use super::frame_state::FrameState;

/// How a packet of version 1 begins.
pub(super) const HEADER: &[u8] = b"IMPROV\x01";
/// Most bytes of a packet, and of the newline behind it.
pub(super) const LONGEST: usize = LENGTH_AT + 1 + 255 + 1 + 1;
/// Where the length of its data stands, behind its type.
const LENGTH_AT: usize = HEADER.len() + 1;

/// What of some bytes is a packet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PacketPiece {
    /// All of them, and it goes on.
    More,
    /// So many, and it is whole.
    Whole(usize),
    /// None: what began is no packet.
    Not,
}

/// How long the packet is, once its length is known.
fn total(length: u8) -> usize {
    LENGTH_AT + 1 + usize::from(length) + 1
}

/// Goes on with the packet that a row began as, or begins one; `frame` is what is known of it in between. What turns out to
/// be none is a row as any other.
pub(super) fn extend(frame: &mut Option<Box<FrameState>>, bytes: &[u8]) -> PacketPiece {
    let (mut seen, mut whole) =
        frame.as_ref().map_or((0, 0), |it| (it.seen as usize, it.total as usize));
    for (at, byte) in bytes.iter().enumerate() {
        match HEADER.get(seen) {
            Some(expected) if expected != byte => {
                *frame = None;
                return PacketPiece::Not;
            }
            None if seen == LENGTH_AT => whole = total(*byte),
            _ => {}
        }
        seen += 1;
        if seen == whole {
            *frame = None;
            return PacketPiece::Whole(at + 1);
        }
    }
    let state = frame.get_or_insert_default();
    // Both are below 300.
    (state.seen, state.total) = (seen as u32, whole as u32);
    PacketPiece::More
}

/// Whether a row is a packet, or what has come of one. What only begins like one (damaged, or cut, with lines behind it) is
/// none: nothing that somebody wrote hides behind it.
pub(super) fn is_packet(row: &[u8]) -> bool {
    if !row.starts_with(HEADER) {
        return false;
    }
    let Some(length) = row.get(LENGTH_AT) else { return true };
    match row.split_at_checked(total(*length) - 1) {
        Some((summed, [sum, ..])) => {
            *sum == summed.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
        }
        _ => !row[LENGTH_AT + 1..].contains(&b'\n'),
    }
}
