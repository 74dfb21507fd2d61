//! The name of a capture that is kept.

use std::path::{Component, Path};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which capture: its path below the folder of captures. Only names that stay below it are taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaptureId(Arc<str>);

/// The name leads out of the folder of captures, or is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a capture")]
pub struct NotACaptureId(String);

impl CaptureId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CaptureId {
    type Error = NotACaptureId;

    fn try_from(name: String) -> Result<Self, NotACaptureId> {
        let path = Path::new(&name);
        let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
        // A drive or a stream on Windows.
        if name.is_empty() || !stays || name.contains([':', '\\', '\0']) {
            return Err(NotACaptureId(name));
        }
        Ok(Self(name.into()))
    }
}

impl From<CaptureId> for String {
    fn from(id: CaptureId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl std::fmt::Display for CaptureId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["", "..", "a/../b", "/etc", "C:x", "a\\b", ".", "./a"] {
            assert!(CaptureId::try_from(name.to_owned()).is_err(), "{name}");
        }
        for name in ["20261126-224721-4f2a", "1700000000-12/3"] {
            assert!(CaptureId::try_from(name.to_owned()).is_ok(), "{name}");
        }
    }
}
