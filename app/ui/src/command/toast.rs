//! A notice, that something was done or failed.

use espalier_core::Sentence;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Something went well.
    Done,
    /// Something to know.
    Notice,
    /// Something failed; stays until it is closed.
    Failure,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How much it matters.
    pub kind: ToastKind,
    /// One sentence.
    pub text: Sentence,
}

impl Toast {
    /// Something went well.
    pub fn done(text: impl Into<Sentence>) -> Self {
        Self { kind: ToastKind::Done, text: text.into() }
    }

    /// Something to know.
    pub fn notice(text: impl Into<Sentence>) -> Self {
        Self { kind: ToastKind::Notice, text: text.into() }
    }

    /// Something failed.
    pub fn failure(text: impl Into<Sentence>) -> Self {
        Self { kind: ToastKind::Failure, text: text.into() }
    }
}
