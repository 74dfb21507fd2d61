//! The send list of the window.

use std::collections::BTreeMap;
use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::rules::Rule;
use espalier_core::send_list::SendList;
use espalier_core::session::SessionSpec;

/// The send list, which all sessions show. What is drawn shares it; a change makes another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendListState {
    /// The prepared messages.
    pub list: Arc<SendList>,
    /// What the user has named, for placeholders in them.
    pub variables: Arc<BTreeMap<String, String>>,
    /// What could not be taken of a list that was imported, until it was read.
    pub notes: Vec<Sentence>,
}

/// What a workspace file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkspaceContents {
    /// The sessions.
    pub sessions: Vec<SessionSpec>,
    /// The rules that all sessions have.
    pub rules: Vec<Rule>,
    /// The prepared messages.
    pub send_list: SendList,
    /// What the user has named, for placeholders in them.
    pub variables: BTreeMap<String, String>,
}
