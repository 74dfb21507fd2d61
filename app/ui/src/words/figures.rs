//! What TCP knows, in words.

use espalier_core::figures::{FigureUnit, milliseconds};

use crate::number;

/// A figure's value with its unit: `1.23 ms`, `64.0 KiB`.
pub fn figure_value(unit: FigureUnit, value: u64) -> String {
    match unit {
        FigureUnit::Time => format!("{} ms", milliseconds(value)),
        // A segment of 1,448 bytes is known by that number.
        FigureUnit::Bytes if value < 10_000 => format!("{} B", number::grouped(value)),
        FigureUnit::Bytes => number::bytes(value),
        FigureUnit::Rate => number::rate(value as f64),
        FigureUnit::Count => number::grouped(value),
    }
}
