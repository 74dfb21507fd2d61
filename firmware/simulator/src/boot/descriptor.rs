//! `esp_app_desc_t`: what an application says of itself, at the start of its first segment.

use std::ops::Range;

use super::image::Image;
use super::text::text;
use crate::flash::Flash;

const MAGIC: [u8; 4] = 0xabcd_5432_u32.to_le_bytes();

/// Bytes of an image before the content of its first segment.
const BEFORE: usize = 32;

/// An application, by its own description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Project name.
    pub name: String,
    /// Version.
    pub version: String,
    /// The addresses of its code: its largest segment.
    pub code: Range<u32>,
    /// Where its partition begins in flash.
    pub at: usize,
}

impl Application {
    /// Reads the description, if the image has one.
    pub fn read(flash: &Flash, image: &Image) -> Option<Self> {
        let first = image.segments.first()?;
        let bytes = flash.read(first.offset, first.len.min(256)).ok()?;
        if bytes.get(..4)? != MAGIC {
            return None;
        }
        let (version, name) = (text(bytes.get(16..48)?), text(bytes.get(48..80)?));
        let code = image.segments.iter().max_by_key(|segment| segment.len)?;
        let len = u32::try_from(code.len).unwrap_or(u32::MAX);
        let at = first.offset - BEFORE;
        Some(Self { name, version, at, code: code.address..code.address.saturating_add(len) })
    }
}
