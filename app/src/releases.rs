//! Where the releases of this build are. The workflow that makes them says so; a build of somebody else does not know.

use espalier_core::releases::ReleasesUrl;

/// The version that runs.
pub use crate::program_log::crash::VERSION;

/// Where the build says that its releases are.
pub fn built_in() -> Option<ReleasesUrl> {
    option_env!("ESPALIER_RELEASES").and_then(ReleasesUrl::parse)
}
