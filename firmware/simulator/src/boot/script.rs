//! What a boot prints and how it ends, before it is played.

use std::time::Duration;

use super::descriptor::Application;
use super::partitions::Partition;
use crate::chip::ResetCause;

/// What a boot prints, and what comes of it.
#[derive(Debug, PartialEq, Eq)]
pub struct BootScript {
    /// Text and when it is printed, counted from the reset.
    pub lines: Vec<(Duration, String)>,
    /// When it ends, counted from the reset.
    pub at: Duration,
    /// How it ends.
    pub end: BootEnd,
}

/// How a boot ends.
#[derive(Debug, PartialEq, Eq)]
pub enum BootEnd {
    /// In a reset.
    Restart(ResetCause),
    /// Espalier's firmware starts; the table says where its settings are.
    Espalier(Application, Vec<Partition>),
    /// An application starts that the simulator cannot run.
    Foreign,
}
