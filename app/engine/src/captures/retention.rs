//! What goes, and when it is told.

use std::path::Path;

use espalier_core::Timestamp;
use espalier_core::capture_list::{CaptureInfo, KeepLimits};

use super::list::{capture_info, list};
use super::metadata::CaptureMetadata;
use crate::capture::{self, CaptureError};

/// Looks after the captures in this folder: marks those over a limit, and deletes those that were marked a day ago. How many
/// were marked now: the user hears of them.
pub fn sweep(root: &Path, limits: &KeepLimits, now: Timestamp) -> usize {
    let mut marked = 0;
    let listed = list(root).captures;
    let over = limits.over(&listed, now);
    for (index, capture) in listed.iter().enumerate() {
        match (over.contains(&index), capture.goes) {
            (false, Some(_)) => mark(capture, None),
            (true, None) => {
                let goes = Timestamp(now.0.saturating_add(KeepLimits::NOTICE));
                tracing::info!("the capture {} goes in a day: it is over the limits", capture.id);
                mark(capture, Some(goes));
                marked += 1;
            }
            (true, Some(goes)) if goes <= now => delete(capture),
            _ => {}
        }
    }
    marked
}

fn mark(capture: &CaptureInfo, goes: Option<Timestamp>) {
    if let Err(error) = CaptureMetadata::update(&capture.path, |about| about.set_goes(goes)) {
        tracing::warn!("{error}");
    }
}

fn delete(capture: &CaptureInfo) {
    // Somebody may have continued it since the list was read.
    let now = capture_info(&capture.path, capture.id.as_str().to_owned());
    if now.is_none_or(|now| now.is_open || now.ended != capture.ended) {
        return;
    }
    match capture::delete(&capture.path) {
        Ok(()) => {
            tracing::info!("the capture {} went: {} bytes", capture.id, capture.bytes);
            // The folder of a run of 0.1.0, when it was the last in it.
            if capture.id.as_str().contains('/')
                && let Some(run) = capture.path.parent()
            {
                std::fs::remove_file(run.join("lock")).ok();
                std::fs::remove_dir(run).ok();
            }
        }
        // As long as it is looked at.
        Err(error @ CaptureError::BeingRead { .. }) => tracing::debug!("{error}"),
        Err(error) => tracing::warn!("an old capture stays: {error}"),
    }
}
