//! The rules of the window.

use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::rules::Rule;

/// The rules that all sessions have; those of a session are in its specification. What is drawn shares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesState {
    /// The rules.
    pub shared: Arc<Vec<Rule>>,
    /// What could not be taken of rules that were imported, until it was read.
    pub notes: Vec<Sentence>,
}
