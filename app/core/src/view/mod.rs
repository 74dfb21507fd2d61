//! Views: how a capture is cut into rows for eyes. Everything can be changed afterwards, because the capture keeps
//! raw bytes.
//!
//! [`RecordSource`] are cut into rows by the `framer`, which the `index` remembers every 1024 rows; `scan`ning from there gives
//! single rows, which are decoded and marked to be drawn (`render`) or tested (`filter`). A `prefix_counts` counts those
//! that pass. [`History`] puts these together; [`RowStream`] gives rows as they end, once.

mod ansi;
mod block_marks;
mod bookmark;
mod chars;
mod decode;
mod delimiters;
mod delta_format;
mod encoding;
mod export;
mod filtered_index;
mod frame_fault;
mod frame_rule;
mod frame_state;
mod framer;
mod framing;
mod history;
mod improv_packet;
mod index;
mod odd_place;
mod page;
mod panic_folds;
mod partial_index;
mod pattern;
mod pending;
mod prefix_counts;
mod raw_pattern;
mod raw_search;
mod records;
mod render;
mod row_bounds;
mod row_filter;
mod row_mark;
mod row_run;
mod row_stream;
mod row_width;
mod scan;
mod search;
mod seek;
mod source_bytes;
mod spec;
#[cfg(test)]
mod tests;
mod time_format;
mod time_place;
mod written_rows;

pub use bookmark::{Bookmark, BookmarkList};
pub use delta_format::DeltaFormat;
pub use encoding::{EncodingName, offered_encodings};
pub use export::{ExportColumns, Exporter, raw_bytes};
pub use filtered_index::SliceProgress;
pub use frame_fault::FrameFault;
pub use framing::{FrameBytes, FrameCheck, FrameLayout, Framing, LengthField};
pub use history::History;
pub use jiff::tz::TimeZone;
pub use page::{
    FindStatus, FoldId, Folded, Layer, Page, PageRequest, Row, RowKind, RowVisibility, SeekStatus,
    Span, ViewStatus,
};
pub use pattern::{Needle, Pattern};
pub use records::{CaptureRecords, RecordSource};
pub use row_mark::RowMark;
pub use row_stream::RowStream;
pub use row_width::BytesPerRow;
pub use spec::{
    ClockStyle, ControlForm, ControlStyle, DeltaStyle, Filter, FindSpec, HighlightRule, RowFormat,
    Sgr, ViewSpec,
};
pub use time_format::TimeFormat;
pub use time_place::moment;
