//! A capture that nobody keeps.

use tempfile::TempDir;

use super::{Capture, CaptureError, CaptureLimits};

/// A capture in a folder of the system's for such things, which goes with this: where nothing is kept, but something is written
/// behind what passes.
#[derive(Debug)]
pub struct ScratchCapture {
    capture: Capture,
    _folder: TempDir,
}

impl ScratchCapture {
    /// Begins one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin() -> Result<Self, CaptureError> {
        /// What is written behind it is not far behind.
        const KEPT_MIB: u64 = 128;
        let made = tempfile::Builder::new().prefix("espalier-").tempdir();
        let folder = made.map_err(CaptureError::io("create", &std::env::temp_dir()))?;
        let limits = CaptureLimits::with_retention_mib(KEPT_MIB);
        Ok(Self { capture: Capture::open(folder.path(), limits)?, _folder: folder })
    }

    /// The capture.
    pub const fn capture(&self) -> &Capture {
        &self.capture
    }
}
