//! In what answers are compared.

use std::sync::Arc;

use super::IgnorePatterns;

/// In what answers are compared.
#[derive(Clone, Debug)]
pub enum AnswerUnits {
    /// A stream of bytes: how it was cut into reads means nothing.
    Bytes,
    /// Whole datagrams, without what is ignored.
    Datagrams(Arc<IgnorePatterns>),
    /// Lines of a stream, without what is ignored.
    Lines(Arc<IgnorePatterns>),
}

impl AnswerUnits {
    /// Those for a kind of answer.
    pub fn of(datagrams: bool, ignored: IgnorePatterns) -> Self {
        match (datagrams, ignored.is_empty()) {
            (true, _) => Self::Datagrams(Arc::new(ignored)),
            (false, true) => Self::Bytes,
            (false, false) => Self::Lines(Arc::new(ignored)),
        }
    }

    pub(super) const fn ignored(&self) -> Option<&Arc<IgnorePatterns>> {
        match self {
            Self::Bytes => None,
            Self::Datagrams(ignored) | Self::Lines(ignored) => Some(ignored),
        }
    }
}
