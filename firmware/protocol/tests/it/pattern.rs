//! The check pattern finds what a stream can suffer.

use espalier_protocol::pattern::{Checker, byte, fill};
use proptest::prelude::*;

fn stream(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    fill(0, &mut bytes);
    bytes
}

proptest! {
    #[test]
    fn a_piece_filled_anywhere_is_the_same_stream(position in 0u64..1 << 40, len in 0usize..600) {
        let mut piece = vec![0; len];
        fill(position, &mut piece);
        let wanted: Vec<u8> = (position..).take(len).map(byte).collect();
        prop_assert_eq!(piece, wanted);
    }

    #[test]
    fn pieces_of_any_size_check_like_the_whole(cuts in prop::collection::vec(1usize..700, 1..20)) {
        let bytes = stream(cuts.iter().sum());
        let (mut checker, mut rest) = (Checker::new(), &bytes[..]);
        for cut in cuts {
            let (piece, tail) = rest.split_at(cut);
            prop_assert_eq!(checker.check(piece), 0);
            rest = tail;
        }
        prop_assert_eq!(checker.bytes(), bytes.len() as u64);
    }

    #[test]
    fn one_altered_byte_is_one_error_at_its_place(at in 0usize..2000, flip in 1u8..) {
        let mut bytes = stream(2000);
        bytes[at] ^= flip;
        let mut checker = Checker::new();
        checker.check(&bytes);
        prop_assert_eq!((checker.errors(), checker.first_error()), (1, Some(at as u64)));
    }

    #[test]
    fn a_lost_or_doubled_piece_is_found_at_once(at in 0usize..4000, len in 1usize..3000, lost: bool) {
        let bytes = stream(8000);
        let mut broken = bytes.clone();
        if lost {
            broken.drain(at..at + len);
        } else {
            let piece = bytes[at..at + len].to_vec();
            broken.splice(at..at, piece);
        }
        let mut checker = Checker::new();
        checker.check(&broken);
        // A single byte may agree by chance; eight in a row do not.
        let (place, first) = (if lost { at } else { at + len } as u64, checker.first_error());
        prop_assert!(first.is_some_and(|first| (place..place + 8).contains(&first)), "{first:?}");
    }
}

#[test]
fn pieces_shifted_by_powers_of_two_differ() {
    let bytes = stream(1 << 17);
    for shift in (0..16).map(|power| 1usize << power) {
        let same = bytes.iter().zip(&bytes[shift..]).filter(|(a, b)| a == b).count();
        assert!(same < bytes.len() / 128, "shift {shift}: {same} agree");
    }
}
