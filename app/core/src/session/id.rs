//! What a session is called between the engine and the window.

use serde::{Deserialize, Serialize};

/// A session's number, unique while the program runs and stable in a workspace file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);
