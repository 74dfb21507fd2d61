//! The time from one row to another.

use super::time_format::seconds;
use super::{DeltaStyle, Row, ViewSpec};
use crate::Timestamp;

/// How the time from one row to another is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeltaFormat {
    /// Which time.
    pub style: DeltaStyle,
    /// When the row came that is measured from.
    pub reference: Option<Timestamp>,
}

impl DeltaFormat {
    /// That of a view.
    pub fn of(spec: &ViewSpec) -> Self {
        Self { style: spec.delta, reference: spec.reference.map(|row| row.at) }
    }

    /// Whether there is such a column.
    pub fn is_shown(&self) -> bool {
        match self.style {
            DeltaStyle::Off => false,
            DeltaStyle::SincePrevious => true,
            DeltaStyle::SinceReference => self.reference.is_some(),
        }
    }

    /// The time of a row, in seconds to the microsecond, with its sign: `+0.001500`; empty when none is wanted.
    pub fn row(&self, row: &Row) -> String {
        self.between(row.previous_shown_at, row.at)
    }

    /// The same of a row that began at a time, and the one that is shown before it at another.
    pub(super) fn between(&self, previous_shown_at: Timestamp, at: Timestamp) -> String {
        let from = match self.style {
            DeltaStyle::Off => None,
            DeltaStyle::SincePrevious => Some(previous_shown_at),
            DeltaStyle::SinceReference => self.reference,
        };
        from.map_or_else(String::new, |from| seconds("+", at.0.saturating_sub(from.0)))
    }
}
