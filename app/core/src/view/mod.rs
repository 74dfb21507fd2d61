//! Views: how a capture is cut into rows for eyes. Everything can be changed afterwards, because the capture keeps
//! raw bytes.

mod page;
mod spec;

pub use page::{FindStatus, Layer, Page, Row, RowKind, Span, ViewStatus};
pub use spec::{
    ClockStyle, ControlStyle, EncodingName, Filter, FindSpec, Framing, HighlightRule, RowFormat,
    Sgr, ViewSpec,
};
