//! A log as the window reads it.

use std::ops::Range;

use super::Trim;
use crate::view::{FindSpec, Page, PageRequest, ViewSpec, ViewStatus};
use crate::{Direction, Position, Progress, Sentence, Timestamp};

/// A log as rows, cut in the background.
pub trait View: Send + Sync {
    /// How far it has come at this moment. Its numbers are not to be mixed with those of a page, which has a status of its
    /// own.
    fn status(&self) -> ViewStatus;

    /// Changes what is shown; the visible rows are right at once, the index follows in the background.
    fn set_spec(&self, spec: ViewSpec);

    /// The newest page there is. Once it was taken and [`Self::request_page`] was called, a newer one is announced.
    fn page(&self) -> Page;

    /// Says what is wanted: pages from now on hold these rows (at most 4096), or the nearest there are. When rows were
    /// numbered anew since [`PageRequest::revision`], [`Page::anchor`] says where to go on. To be said with every frame,
    /// also when nothing else is wanted than before.
    fn request_page(&self, wanted: PageRequest);

    /// Starts a search over the whole history, or ends it with `None`.
    fn find(&self, what: Option<FindSpec>);

    /// Moves to the next (`true`) or previous hit from this shown row; [`ViewStatus::find`] tells where it is.
    fn step(&self, from: u64, forward: bool);

    /// Looks for the row that holds this byte of this record; [`ViewStatus::seek_status`] tells where it is.
    fn seek(&self, record: Position, offset: u32);

    /// Looks for the first row at this time or later; [`ViewStatus::seek_status`] tells where it is.
    fn seek_time(&self, at: Timestamp);

    /// Makes a text of shown rows in the background, for the clipboard; `done` is called with it from another thread. At most
    /// 64 MiB of text; longer ones end with a line that says so.
    fn copy(&self, what: Copying, done: Box<dyn FnOnce(String) + Send>);

    /// Saves in the background; `done` is called with a sentence for the user, from another thread, also when `progress` was
    /// cancelled: then no file is made.
    fn save(
        &self,
        path: std::path::PathBuf,
        what: Saving,
        progress: Progress,
        done: Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>,
    );
}

/// What of a log goes to the clipboard, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copying {
    /// Which shown rows.
    pub rows: Range<u64>,
    /// How.
    pub format: TextFormat,
    /// What of the text of the first and of the last row is left out, and with it the bytes that it shows;
    /// [`TextFormat::Timed`] is of whole rows.
    pub trim: Trim,
}

impl Copying {
    /// Whole rows.
    pub const fn rows(rows: Range<u64>, format: TextFormat) -> Self {
        Self { rows, format, trim: Trim { start: 0, end: 0 } }
    }
}

/// How rows become text for the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextFormat {
    /// As shown.
    Text,
    /// As shown, behind the time, the direction and whose it is.
    Timed,
    /// Their bytes in hexadecimal.
    Hex,
    /// Their bytes as a C array.
    CArray,
}

/// What is written to a file, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saving {
    /// How.
    pub format: SaveFormat,
    /// Only what went this way; `None`: both. It takes the place of the filter's; a capture is saved whole all the same.
    pub direction: Option<Direction>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveFormat {
    /// The bytes alone, in the order in which they passed.
    Raw,
    /// The shown rows as text.
    Text,
    /// The shown rows as a hex dump.
    HexDump,
    /// The shown rows as a table of comma-separated values (RFC 4180).
    Csv,
    /// The whole capture.
    Pcapng,
}
