//! What is known of newer versions of the program.

use espalier_core::releases::{Release, ReleaseAnswer, ReleaseFault};
use serde::{Deserialize, Serialize};

/// What comes back of it at the next start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedReleases {
    /// When was asked last, in seconds since 1970; 0: never.
    pub asked: i64,
    /// The newer version that was heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Release>,
    /// The version of which the user wants no notice.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dismissed: String,
}

/// How it stands with the question whether there is a newer version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReleaseStanding {
    /// Nobody has asked in this window.
    #[default]
    Unasked,
    /// The answer is awaited.
    Asking,
    /// This came of it.
    Answered(Result<ReleaseAnswer, ReleaseFault>),
}
