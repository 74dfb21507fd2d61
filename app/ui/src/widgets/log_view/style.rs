//! How a log is to look, as its pane says.

use std::sync::Arc;

use egui::{Color32, Painter, Rect};
use espalier_core::session::SessionEvent;
use espalier_core::view::{DeltaFormat, RowFormat, TimeFormat};

use super::PeerNames;
use crate::widgets::Tone;

/// What the pane lends the log while it is drawn.
pub struct LogStyle<'a> {
    /// Text, hex, or both: as in the view's specification.
    pub format: RowFormat,
    /// Rows of text that are too long are broken into lines; else they are scrolled sideways.
    pub wrap: bool,
    /// The times before rows.
    pub clock: &'a TimeFormat,
    /// The times since other rows, behind those.
    pub delta: DeltaFormat,
    /// Says how many bytes of its frame came before each row.
    pub offsets: bool,
    /// How many bytes a row has in a view of bytes.
    pub bytes: usize,
    /// Says whose each row is: for sessions with several peers.
    pub peers: bool,
    /// What these are called.
    pub names: &'a PeerNames,
    /// The lanes of a timeline, by number; empty for any other log.
    pub lanes: &'a [LaneStyle],
    /// The log is a board's: addresses in it are links.
    pub board: bool,
    /// The log's name for those who do not see it.
    pub name: &'a str,
    /// The scroll bars' name.
    pub scroll_name: &'a str,
    /// What stands behind a row that so many rows are folded behind.
    pub folded: &'a dyn Fn(u64) -> String,
    /// An event in the user's language.
    pub event: &'a dyn Fn(&SessionEvent) -> String,
    /// The highlight colour of a row that is marked as a whole, by its number.
    pub marked: &'a dyn Fn(u64) -> Option<u8>,
    /// How an event feels: misfortunes are marked.
    pub tone: &'a dyn Fn(&SessionEvent) -> Tone,
}

/// How the rows of one lane of a timeline are told from the others'.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneStyle {
    /// The lane's short name, which stands in each row.
    pub name: String,
    /// Which lane it is, for its colour.
    pub number: u32,
    /// The lane is a server's: rows say which client they are of.
    pub server: bool,
    /// What these are called.
    pub names: Arc<PeerNames>,
    /// The lane is a board's log.
    pub board: bool,
}

impl LaneStyle {
    /// Cells of a fixed-width font that the longest names of these lanes need.
    pub fn cells(lanes: &[Self]) -> usize {
        let cells = |lane: &Self| {
            let name: usize = lane.name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            let peers = match lane.names.cells() {
                0 => 0,
                cells => cells + 1,
            };
            name + if lane.server { 4 + peers } else { 0 }
        };
        lanes.iter().map(cells).max().unwrap_or_default()
    }

    /// Paints its colour into a narrow rectangle: whole, or dashed for the second eight of sixteen lanes.
    pub fn paint(&self, painter: &Painter, rect: Rect, color: Color32) {
        if (self.number / 8).is_multiple_of(2) {
            painter.rect_filled(rect, 0.0, color);
            return;
        }
        let dash = rect.height() / 5.0;
        for at in [0.0, 2.0, 4.0] {
            let top = rect.top() + at * dash;
            let part = Rect::from_x_y_ranges(rect.x_range(), top..=top + dash);
            painter.rect_filled(part, 0.0, color);
        }
    }
}

impl std::fmt::Debug for LogStyle<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogStyle").field("format", &self.format).finish_non_exhaustive()
    }
}
