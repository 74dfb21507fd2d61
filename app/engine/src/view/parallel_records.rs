//! The records of a capture for who may use two processors.

use std::ops::{ControlFlow, Range};

use espalier_core::Position;
use espalier_core::capture::{Damage, Record, Source};
use espalier_core::view::{CaptureRecords, RecordSource};

use crate::at_once;

/// The records of a capture in pcapng. Of two things that can be done at once, one is done in a thread that lives as long as
/// that takes.
#[derive(Clone, Copy, Debug)]
pub struct ParallelRecords<'s>(CaptureRecords<'s>);

impl<'s> ParallelRecords<'s> {
    /// Those of this capture.
    pub const fn new(source: &'s dyn Source) -> Self {
        Self(CaptureRecords(source))
    }
}

impl RecordSource for ParallelRecords<'_> {
    fn extent(&self) -> Range<u64> {
        self.0.extent()
    }

    fn before(&self, place: u64) -> Option<Position> {
        self.0.before(place)
    }

    fn walk(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        self.0.walk(from, visit)
    }

    fn walk_with_damage(
        &self,
        from: Position,
        damage: &mut Option<Damage>,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        self.0.walk_with_damage(from, damage, visit)
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        at_once::both("espalier-view", one, other);
    }
}
