//! What is to be closed.

use espalier_core::backend::LogId;

/// What is to be closed although something is under way in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosingSubject {
    /// The window.
    Window,
    /// These tabs.
    Tabs(Vec<LogId>),
}
