//! Views: how a capture is cut into rows for eyes. Everything can be changed afterwards, because the capture keeps
//! raw bytes.
//!
//! [`Records`] are cut into rows by the `cutter`, which the `index` remembers every 1024 rows; `scan`ning from there gives
//! single rows, which are decoded and marked to be drawn (`render`) or tested (`sieve`). A `tally` counts those
//! that pass. [`History`] puts these together.

mod ansi;
mod chars;
mod clock;
mod cut;
mod cutter;
mod decode;
mod encoding;
mod export;
mod folds;
mod history;
mod index;
mod near;
mod open;
mod page;
mod pattern;
mod records;
mod render;
mod scan;
mod search;
mod seek;
mod sieve;
mod spec;
mod tally;
#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use cut::Progress;
pub use encoding::offered_encodings;
pub use export::{Columns, Exporter, raw_bytes};
pub use history::History;
pub use jiff::tz::TimeZone;
pub use page::{
    FindStatus, Folded, Layer, Page, Row, RowKind, Sought, Span, Standing, ViewStatus, Wanted,
};
pub use pattern::Pattern;
pub use records::{Captured, Records};
pub use spec::{
    ClockStyle, ControlStyle, EncodingName, Filter, FindSpec, FoldId, Framing, HighlightRule,
    RowFormat, Sgr, ViewSpec,
};
