//! What stands where in a row.

use espalier_core::view::{ClockStyle, RowFormat};

use super::{LaneStyle, LogStyle};

/// Left edges of a row's parts, in points from the log's left edge; those after `content` scroll sideways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RowColumns {
    /// There is room for the names of connections behind their numbers.
    pub named: bool,
    /// The right edge of the time.
    pub time_right: f32,
    /// The right edge of the time since another row.
    pub delta_right: f32,
    /// Digits that a time leaves out at its end, where there is little room.
    pub cut: usize,
    /// The middle of the direction's mark.
    pub mark: f32,
    /// Whose it is.
    pub peer: f32,
    /// How wide the name of a timeline's lane may be.
    pub lane: f32,
    /// The right edge of the offset.
    pub offset_right: f32,
    /// Text, or bytes.
    pub content: f32,
    /// From the content's left edge to the text beside the bytes; 0 when there are none.
    pub text: f32,
}

impl RowColumns {
    /// Characters of a log from which on it has room for names of connections.
    const NAMED: f32 = 64.0;
    /// Left of everything, for bookmarks.
    pub(super) const MARGIN: f32 = 12.0;
    /// Digits that a time between rows gives up at most: less than milliseconds would say nothing.
    const LEAST: usize = 3;
    /// Characters of a time between rows: +3600.012345.
    const DELTA: usize = 12;
    /// Characters of the content that times give up digits for.
    const WANTED: f32 = 36.0;

    /// For characters of this width, in a log of this width.
    pub(super) fn new(style: &LogStyle<'_>, char_width: f32, width: f32) -> Self {
        // Microseconds, milliseconds, seconds.
        let cuts = [0, 3, 7].map(|cut| Self::with_cut(style, char_width, width, cut));
        let roomy = cuts.iter().find(|it| width - it.content >= Self::WANTED * char_width);
        *roomy.unwrap_or(&cuts[2])
    }

    fn with_cut(style: &LogStyle<'_>, char_width: f32, width: f32, cut: usize) -> Self {
        let time = match style.clock.style {
            ClockStyle::Off => 0,
            // 14:03:07.012345, and 9 days in seconds.
            ClockStyle::Date => 26 - cut,
            ClockStyle::Local | ClockStyle::SinceStart | ClockStyle::SincePrevious => 15 - cut,
        };
        let delta = if style.delta.is_shown() { Self::DELTA - cut.min(Self::LEAST) } else { 0 };
        let behind = |left: f32, cells: usize, gap: f32| match cells {
            0 => left,
            cells => left + gap + cells as f32 * char_width,
        };
        let time_right = behind(Self::MARGIN, time, 0.0);
        let delta_right = behind(time_right, delta, if time > 0 { char_width } else { 0.0 });
        let mark = delta_right + if time + delta > 0 { 12.0 } else { 4.0 };
        let peer = mark + 10.0;
        let names = match style.names.cells() {
            cells if cells > 0 && width >= Self::NAMED * char_width => {
                (cells + 1) as f32 * char_width
            }
            _ => 0.0,
        };
        let lane = (LaneStyle::cells(style.lanes) as f32 * char_width).min(width * 0.3);
        let whose = match (style.lanes.is_empty(), style.peers) {
            (false, _) => lane + 12.0,
            (true, true) => 6.0 * char_width + names,
            (true, false) => 0.0,
        };
        let offset_right = behind(peer + whose, if style.offsets { 6 } else { 0 }, 0.0);
        let content = offset_right + if style.offsets { char_width } else { 0.0 };
        let text = match style.format {
            RowFormat::Text | RowFormat::Hex => 0.0,
            RowFormat::HexText => (style.bytes as f32 * 3.0 + 1.0) * char_width,
        };
        let named = names > 0.0;
        Self { named, time_right, delta_right, cut, mark, peer, lane, offset_right, content, text }
    }

    /// A time without the digits that there is no room for.
    pub(super) fn short_time<'t>(&self, time: &'t str) -> &'t str {
        time.get(..time.len().saturating_sub(self.cut)).unwrap_or(time)
    }

    /// The same of a time between rows; a long one gives up more of them, so that it stays in its column.
    pub(super) fn short_delta<'t>(&self, delta: &'t str) -> &'t str {
        let cut = self.cut.min(Self::LEAST);
        let whole = delta.find('.').unwrap_or(delta.len());
        let length = delta.len().saturating_sub(cut).min((Self::DELTA - cut).max(whole));
        // A point without a digit behind it says nothing.
        delta.get(..length).map_or(delta, |delta| delta.trim_end_matches('.'))
    }
}

/// How many bytes of a hex view fit into so many points: a multiple of four, as far as it is more than that.
pub(super) fn fitted_bytes(format: RowFormat, room: f32, char_width: f32) -> u16 {
    let cells = (room / char_width).max(0.0) as u16;
    let bytes = match format {
        // `48 69 21`, and `48 69 21  Hi!`.
        RowFormat::Text | RowFormat::Hex => (cells + 1) / 3,
        RowFormat::HexText => cells.saturating_sub(2) / 4,
    };
    if bytes > 4 { bytes / 4 * 4 } else { bytes.max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_between_rows_stays_in_its_column() {
        let short = |cut: usize, delta: &str| {
            let columns = RowColumns {
                named: false,
                time_right: 0.0,
                delta_right: 0.0,
                cut,
                mark: 0.0,
                peer: 0.0,
                lane: 0.0,
                offset_right: 0.0,
                content: 0.0,
                text: 0.0,
            };
            columns.short_delta(delta).to_owned()
        };
        assert_eq!(short(0, "+3600.012345"), "+3600.012345");
        assert_eq!(short(0, "+36000.012345"), "+36000.01234");
        assert_eq!(short(0, "-1234567890.012345"), "-1234567890");
        assert_eq!(short(3, "+3600.012345"), "+3600.012");
        assert_eq!(short(7, "+360000.012345"), "+360000.0");
        assert_eq!(short(7, "+3600000000.012345"), "+3600000000", "whole seconds are never cut");
    }
}
