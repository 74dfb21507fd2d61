//! What belongs together of two pieces that differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A stretch of both sides, in tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub expected: Range<usize>,
    pub new: Range<usize>,
    pub alike: bool,
}

/// Bytes that are alike between two differences and fewer than that are no sign that anything belongs together.
const LEAST_ALIKE: usize = 4;

/// Aligns tokens. `single`: they are bytes, so that a few alike are chance.
///
/// The cost is bounded by the number of tokens alone: `similar` gives up the shortest way where it is far, and no clock is read.
pub(super) fn align<T: std::hash::Hash + Ord>(
    expected: &[T],
    new: &[T],
    single: bool,
) -> Vec<Stretch> {
    let mut stretches = Vec::<Stretch>::new();
    let ops = capture_diff_slices(Algorithm::Myers, expected, new);
    let last = ops.len().saturating_sub(1);
    for (at, op) in ops.iter().enumerate() {
        let is_chance = single && at > 0 && at < last && op.old_range().len() < LEAST_ALIKE;
        let alike = matches!(op, DiffOp::Equal { .. }) && !is_chance;
        match stretches.last_mut() {
            Some(before) if !alike && !before.alike => {
                before.expected.end = op.old_range().end.max(before.expected.end);
                before.new.end = op.new_range().end.max(before.new.end);
            }
            _ => stretches.push(Stretch { expected: op.old_range(), new: op.new_range(), alike }),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_bytes_alike_within_a_difference_are_part_of_it() {
        let (expected, new) = (b"HEADaXbYcTAIL", b"HEADpXqYrsTAIL");
        let found = align(expected, new, true);
        let shape: Vec<_> =
            found.iter().map(|it| (it.expected.clone(), it.new.clone(), it.alike)).collect();
        assert_eq!(shape, [(0..4, 0..4, true), (4..9, 4..10, false), (9..13, 10..14, true)]);
        assert_eq!(align(expected, new, false).len(), 7);
    }
}
