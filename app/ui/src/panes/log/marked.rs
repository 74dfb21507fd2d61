//! Which rows rules have marked.

use std::collections::BTreeMap;

use espalier_core::session::MarkedPlace;
use espalier_core::view::{Row, RowKind};
use espalier_core::{Direction, PeerId, Position};

/// The rows in which marked places stand, by their numbers, and their colours; `places` are in order.
pub(super) fn marked(rows: &[Row], places: &[MarkedPlace]) -> BTreeMap<u64, u8> {
    let mut found = BTreeMap::new();
    if places.is_empty() {
        return found;
    }
    // Where the next row of each peer begins: what a row holds ends there.
    let mut next: BTreeMap<PeerId, (Position, u32)> = BTreeMap::new();
    let received = |row: &&Row| row.kind == RowKind::Data && row.direction == Direction::In;
    for row in rows.iter().rev().filter(received) {
        let begin = (row.position, row.offset);
        let end = next.insert(row.peer, begin);
        let first = places.partition_point(|place| (place.record, place.offset) < begin);
        let inside = |place: &&MarkedPlace| match end {
            Some(end) => (place.record, place.offset) < end,
            // Of the last row it is known only how much of its first record it holds.
            None => {
                place.record == row.position
                    && (place.offset as usize) < row.offset as usize + row.bytes.len()
            }
        };
        let mut here = places[first..].iter().take_while(inside);
        if let Some(place) = here.find(|place| place.peer == row.peer) {
            found.insert(row.number, place.color);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64, peer: u32, position: u64, offset: u32, length: usize) -> Row {
        Row {
            position: Position(position),
            offset,
            peer: PeerId(peer),
            bytes: vec![0; length].into(),
            ..Row::blank(number)
        }
    }

    #[test]
    fn the_row_that_holds_the_last_byte_of_a_match_is_marked() {
        // A record with two lines, a line over two records with another peer between, and one alone.
        let rows = [
            row(1, 1, 100, 0, 5),
            row(2, 1, 100, 5, 9),
            row(3, 2, 200, 0, 4),
            row(4, 1, 400, 3, 2),
        ];
        let place = |record, offset, peer, color| MarkedPlace {
            record: Position(record),
            offset,
            peer: PeerId(peer),
            color,
        };
        let places = [
            place(100, 4, 1, 0),
            place(200, 3, 2, 1),
            place(300, 1, 1, 2),
            place(400, 4, 1, 3),
            place(400, 9, 1, 4),
        ];
        let found = marked(&rows, &places);
        assert_eq!(found, [(1, 0), (2, 2), (3, 1), (4, 3)].into());
        assert!(marked(&rows, &[]).is_empty());
    }
}
