//! Where a view's records come from.

use std::ops::{ControlFlow, Range};

use crate::Position;
use crate::capture::{Cursor, Damage, Record, Source, block_before};

/// A capture, record by record. It may still grow at its end and lose its beginning.
pub trait RecordSource: Sync {
    /// From the oldest record kept to the end of the newest.
    fn extent(&self) -> Range<u64>;

    /// A place at or before this one where [`Self::walk`] can begin, near it and found without reading from the beginning; `None`
    /// when there is no way to it.
    fn before(&self, place: u64) -> Option<Position> {
        let _ = place;
        None
    }

    /// Visits the records from the one that begins at `from` on (or from the oldest kept one, if that is later) until
    /// `visit` breaks or the capture ends. Returns where the next record begins, or will begin.
    fn walk(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position;

    /// The same; what was missing or damaged on the way is added to `damage`.
    fn walk_with_damage(
        &self,
        from: Position,
        damage: &mut Option<Damage>,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        let _ = damage;
        self.walk(from, visit)
    }

    /// Does two things of which neither waits for the other: at the same time, where the source knows who could.
    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        one();
        other();
    }
}

/// The records of a capture in pcapng.
#[derive(Clone, Copy)]
pub struct CaptureRecords<'s>(pub &'s dyn Source);

impl std::fmt::Debug for CaptureRecords<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CaptureRecords").field(&self.0.extent()).finish()
    }
}

impl RecordSource for CaptureRecords<'_> {
    fn extent(&self) -> Range<u64> {
        self.0.extent()
    }

    fn before(&self, place: u64) -> Option<Position> {
        block_before(self.0, place).map(Position)
    }

    fn walk(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        self.walk_with_damage(from, &mut None, visit)
    }

    fn walk_with_damage(
        &self,
        from: Position,
        damage: &mut Option<Damage>,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        let mut cursor = Cursor::new(self.0, from);
        while let Some(record) = cursor.next() {
            if visit(&record).is_break() {
                break;
            }
        }
        if let Some(met) = cursor.damage() {
            *damage = Some(damage.map_or(met, |known| known.and(met)));
        }
        cursor.position()
    }
}
