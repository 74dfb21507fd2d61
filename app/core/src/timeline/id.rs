//! What a timeline is called between the engine and the window.

/// A timeline's number, unique among timelines while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimelineId(pub u64);
