//! What stands where in a row.

use espalier_core::view::{ClockStyle, RowFormat};

use super::{LaneStyle, LogStyle};

/// Left edges of a row's parts, in points from the log's left edge; those after `content` scroll sideways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RowColumns {
    /// The right edge of the time.
    pub time_right: f32,
    /// The middle of the direction's mark.
    pub mark: f32,
    /// Whose it is.
    pub peer: f32,
    /// How wide the name of a timeline's lane may be.
    pub lane: f32,
    /// Text, or bytes.
    pub content: f32,
    /// From the content's left edge to the text beside the bytes; 0 when there are none.
    pub text: f32,
}

const MARGIN: f32 = 8.0;

impl RowColumns {
    /// For characters of this width, in a log of this width.
    pub(super) fn new(style: &LogStyle<'_>, char_width: f32, width: f32) -> Self {
        let time = match style.clock.style {
            ClockStyle::Off => 0.0,
            // 14:03:07.012345, and 9 days in seconds.
            ClockStyle::Date => 26.0,
            ClockStyle::Local | ClockStyle::SinceStart | ClockStyle::SincePrevious => 15.0,
        };
        let time_right = MARGIN + time * char_width;
        let mark = time_right + if time > 0.0 { 12.0 } else { 4.0 };
        let peer = mark + 10.0;
        let lane = (LaneStyle::cells(style.lanes) as f32 * char_width).min(width * 0.3);
        let content = peer
            + match (style.lanes.is_empty(), style.peers) {
                (false, _) => lane + 12.0,
                (true, true) => 6.0 * char_width,
                (true, false) => 0.0,
            };
        let text = match style.format {
            RowFormat::Text | RowFormat::Hex => 0.0,
            RowFormat::HexText => (16.0 * 3.0 + 1.0) * char_width,
        };
        Self { time_right, mark, peer, lane, content, text }
    }
}
