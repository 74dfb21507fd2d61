//! What is asked of the rules.

use std::path::PathBuf;

use espalier_core::SessionId;
use espalier_core::rules::Rule;
use espalier_core::view::EncodingName;

/// What is asked of the rules.
#[derive(Debug)]
pub enum RulesRequest {
    /// These are a session's own from now on; its encoding is that of what has none.
    OfSession(SessionId, Vec<Rule>, EncodingName),
    /// These are those of all sessions from now on.
    OfAll(Vec<Rule>),
    /// Switch a rule of a session on again that matched too often.
    Arm(SessionId, usize),
    /// Put the rules of this file behind those of all sessions.
    Import(PathBuf),
    /// Write those of all sessions to this file.
    Export(PathBuf),
    /// What could not be taken was read.
    DismissNotes,
}
