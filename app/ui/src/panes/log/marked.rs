//! Which rows rules have marked.

use std::collections::BTreeMap;

use espalier_core::Direction;
use espalier_core::session::MarkedPlace;
use espalier_core::view::{Row, RowKind};

/// The rows in which marked places stand, by their numbers, and their colours; `places` are in order.
pub(super) fn marked(rows: &[Row], places: &[MarkedPlace]) -> BTreeMap<u64, u8> {
    let mut found = BTreeMap::new();
    if places.is_empty() {
        return found;
    }
    for row in rows {
        let begin = (row.position, row.offset);
        let end = match (&row.kind, row.direction) {
            // What is marked when a connection comes or goes.
            (RowKind::Event(_), _) => begin,
            (RowKind::Data, Direction::In) => row.last,
            (RowKind::Data, Direction::Out) => continue,
        };
        let first = places.partition_point(|place| (place.record, place.offset) < begin);
        let inside = |place: &&MarkedPlace| (place.record, place.offset) <= end;
        let mut here = places[first..].iter().take_while(inside);
        if let Some(place) = here.find(|place| place.peer == row.peer) {
            found.insert(row.number, place.color);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use espalier_core::session::SessionEvent;
    use espalier_core::{PeerId, Position};

    use super::*;

    fn row(number: u64, peer: u32, first: (u64, u32), last: (u64, u32)) -> Row {
        Row {
            position: Position(first.0),
            offset: first.1,
            last: (Position(last.0), last.1),
            peer: PeerId(peer),
            ..Row::blank(number)
        }
    }

    fn place(record: u64, offset: u32, peer: u32, color: u8) -> MarkedPlace {
        MarkedPlace { record: Position(record), offset, peer: PeerId(peer), color }
    }

    #[test]
    fn the_row_that_holds_the_last_byte_of_a_match_is_marked() {
        // A record with two lines, a line over two records with another peer between, and one alone.
        let rows = [
            row(1, 1, (100, 0), (100, 4)),
            row(2, 1, (100, 5), (300, 4)),
            row(3, 2, (200, 0), (200, 3)),
            row(4, 1, (400, 3), (400, 4)),
        ];
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
        // A filter hides the row that is meant: no other one is.
        assert_eq!(marked(&rows[..1], &places), [(1, 0)].into());
        assert_eq!(marked(&[rows[0].clone(), rows[3].clone()], &places[2..3]), [].into());
    }

    #[test]
    fn what_a_connection_is_marked_for_is_the_row_that_tells_of_it() {
        let event = Row {
            kind: RowKind::Event(SessionEvent::PeerHalfClosed),
            ..row(2, 1, (200, 0), (200, 0))
        };
        let other = Row { peer: PeerId(2), ..event.clone() };
        let rows = [row(1, 1, (100, 0), (100, 9)), event, row(3, 1, (300, 0), (300, 9))];
        assert_eq!(marked(&rows, &[place(200, 0, 1, 5)]), [(2, 5)].into());
        assert_eq!(marked(&[other], &[place(200, 0, 1, 5)]), [].into());
    }
}
