//! A place in the manual.

/// A page of the manual, and the id of a heading in it (empty: its beginning).
pub type Topic = (&'static str, &'static str);
