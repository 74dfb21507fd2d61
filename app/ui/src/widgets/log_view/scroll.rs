//! Where a log is scrolled to: a row and some pixels, never a distance from the top. Pixels from the top do not fit in `f32`
//! beyond a million rows; a row's number does.
//!
//! Rows may have several lines. How many is known only of those at hand; all others count as one line until they are there,
//! so whatever is said of rows far away is a place to begin at, and right when they have come.

use std::ops::Range;

/// What rows are seen through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Viewport {
    /// Height of a line of text in points.
    pub line: f32,
    /// Height of the whole in points.
    pub room: f32,
}

/// What there is to scroll through, and through which window.
pub(super) struct Extent<'a> {
    /// The rows there are.
    pub rows: Range<u64>,
    /// The window.
    pub viewport: Viewport,
    /// How many lines a row has: one for those that are not at hand.
    pub lines: &'a dyn Fn(u64) -> u32,
}

/// The place at the window's upper edge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ScrollPosition {
    /// The row that is cut by the edge, or begins there.
    pub row: u64,
    /// How much of it is above the edge, in points, less than its height.
    pub pixel: f32,
}

/// A place, and whether it stays at the end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scroll {
    /// The place.
    pub position: ScrollPosition,
    /// The last row is kept in sight.
    pub follow: bool,
}

impl Default for Scroll {
    fn default() -> Self {
        Self { position: ScrollPosition::default(), follow: true }
    }
}

impl Viewport {
    /// How many rows it shows at most, if only in part.
    pub(super) fn visible(&self) -> u64 {
        (self.room / self.line).ceil() as u64 + 1
    }

    /// The rows that it shows at most with this place at its upper edge: rows of several lines make them fewer.
    pub(super) fn window(&self, position: ScrollPosition) -> Range<u64> {
        let rows = ((self.room + position.pixel.min(self.line)) / self.line).ceil();
        position.row..position.row.saturating_add(rows as u64)
    }

    /// Lines that are whole in it.
    fn lines(&self) -> f32 {
        (self.room / self.line).floor()
    }

    /// Points to a page: all but one of the lines that are whole in it.
    pub(super) fn page(&self) -> f32 {
        (self.lines() - 1.0).max(1.0) * self.line
    }
}

impl Extent<'_> {
    /// Rows whose lines are counted one by one at most, far more than are at hand; beyond them each is one line.
    const NEAR: usize = 8192;

    /// Height of a row in points.
    pub(super) fn height(&self, row: u64) -> f32 {
        (self.lines)(row).max(1) as f32 * self.viewport.line
    }

    /// Whether all rows are in sight at once.
    pub(super) fn fits(&self) -> bool {
        let count = self.rows.end.saturating_sub(self.rows.start);
        let mut left = self.viewport.room;
        count <= self.viewport.visible()
            && self.rows.clone().all(|row| {
                left -= self.height(row);
                left >= 0.0
            })
    }

    /// The place at which the last row is just whole in sight.
    pub(super) fn last(&self) -> ScrollPosition {
        let mut above = self.viewport.room;
        for row in self.rows.clone().rev() {
            let height = self.height(row);
            if height >= above {
                return ScrollPosition { row, pixel: height - above };
            }
            above -= height;
        }
        ScrollPosition { row: self.rows.start, pixel: 0.0 }
    }

    /// The place so many points further down, or up when negative; not above the first row, and perhaps behind the last.
    fn walk(&self, from: ScrollPosition, points: f64) -> ScrollPosition {
        let mut row = from.row;
        let mut pixel = f64::from(from.pixel) + points;
        for _ in 0..Self::NEAR {
            let height = f64::from(self.height(row));
            if pixel >= height && row < self.rows.end {
                pixel -= height;
                row += 1;
            } else if pixel < 0.0 && row > self.rows.start {
                row -= 1;
                pixel += f64::from(self.height(row));
            } else {
                break;
            }
        }
        let start = ScrollPosition { row: self.rows.start, pixel: 0.0 };
        if pixel < 0.0 && row <= self.rows.start {
            return start;
        }
        if !(0.0..f64::from(self.height(row))).contains(&pixel) {
            let line = f64::from(self.viewport.line);
            let rows = (pixel / line).floor();
            match row.checked_add_signed(rows as i64).filter(|row| *row >= self.rows.start) {
                Some(far) => (row, pixel) = (far, pixel - rows * line),
                None => return start,
            }
        }
        ScrollPosition { row, pixel: pixel as f32 }
    }

    /// How far down a place is, in rows.
    fn depth(&self, position: ScrollPosition) -> f64 {
        position.row.saturating_sub(self.rows.start) as f64
            + f64::from(position.pixel / self.height(position.row))
    }

    /// Which part of all rows is in sight from here on, for the length of a scroll bar.
    pub(super) fn shown(&self, position: ScrollPosition) -> f64 {
        let end = self.walk(position, f64::from(self.viewport.room));
        let rows = self.rows.end.saturating_sub(self.rows.start).max(1) as f64;
        ((self.depth(end) - self.depth(position)) / rows).clamp(0.0, 1.0)
    }
}

impl Scroll {
    /// Moves by points, down when positive. Going up ends following, arriving at the end begins it; a log that fits does
    /// neither.
    pub(super) fn by(&mut self, points: f32, extent: &Extent<'_>) {
        if extent.fits() {
            return self.settle(extent);
        }
        self.position = extent.walk(self.position, f64::from(points));
        self.follow = false;
        self.settle(extent);
        self.follow = points > 0.0 && self.position == extent.last();
    }

    /// Goes to the first row.
    pub(super) const fn home(&mut self, extent: &Extent<'_>) {
        self.position = ScrollPosition { row: extent.rows.start, pixel: 0.0 };
        self.follow = false;
    }

    /// Goes to the end and stays there.
    pub(super) fn end(&mut self, extent: &Extent<'_>) {
        self.follow = true;
        self.settle(extent);
    }

    /// Brings some lines of a row into sight, in the middle if they are not there already.
    pub(super) fn show(&mut self, row: u64, lines: Range<u32>, extent: &Extent<'_>) {
        let Viewport { line, room } = extent.viewport;
        let (top, bottom) = (lines.start as f32 * line, lines.end as f32 * line);
        let in_sight =
            self.top(row, extent).is_some_and(|at| at + top >= 0.0 && at + bottom <= room);
        if !in_sight {
            let free = extent.viewport.lines() - (lines.len() as f32 - 1.0);
            let above = (free.max(0.0) / 2.0).floor() * line;
            let place = ScrollPosition { row, pixel: top };
            self.position = extent.walk(place, -f64::from(above));
        }
        self.follow = false;
        self.settle(extent);
    }

    /// Where the upper edge of a row is, in points from that of the window; `None` when the whole row is out of sight.
    fn top(&self, row: u64, extent: &Extent<'_>) -> Option<f32> {
        let ScrollPosition { row: first, pixel } = self.position;
        if !extent.viewport.window(self.position).contains(&row) {
            return None;
        }
        let above: f32 = (first..row).map(|row| extent.height(row)).sum();
        Some(above - pixel).filter(|top| *top < extent.viewport.room)
    }

    /// Makes the place one that exists, and follows.
    pub(super) fn settle(&mut self, extent: &Extent<'_>) {
        // A row that is laid out anew may have fewer lines than it had.
        let height = extent.height(self.position.row);
        if self.position.pixel >= height {
            self.position.pixel = height - extent.viewport.line;
        }
        let last = extent.last();
        let beyond = (self.position.row, self.position.pixel) > (last.row, last.pixel);
        if self.follow || beyond {
            self.position = last;
        } else if self.position.row < extent.rows.start {
            self.position = ScrollPosition { row: extent.rows.start, pixel: 0.0 };
        }
    }

    /// How far down the place is, from 0 to 1, for a scroll bar.
    pub(super) fn fraction(&self, extent: &Extent<'_>) -> f64 {
        let whole = extent.depth(extent.last());
        if whole > 0.0 { (extent.depth(self.position) / whole).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Goes to a fraction of the way, to whole lines; all of it follows.
    pub(super) fn go_to_fraction(&mut self, fraction: f64, extent: &Extent<'_>) {
        let depth = extent.depth(extent.last()) * fraction.clamp(0.0, 1.0);
        self.follow = fraction >= 1.0;
        let row = extent.rows.start + depth as u64;
        let lines = f64::from((extent.lines)(row).max(1));
        let pixel = (depth.fract() * lines).floor() as f32 * extent.viewport.line;
        self.position = ScrollPosition { row, pixel };
        self.settle(extent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWPORT: Viewport = Viewport { line: 16.0, room: 100.0 };

    fn extent(rows: u64) -> Extent<'static> {
        Extent { rows: 0..rows, viewport: VIEWPORT, lines: &|_| 1 }
    }

    /// Every third row has four lines.
    fn wrapped(rows: u64) -> Extent<'static> {
        let lines = &|row: u64| if row.is_multiple_of(3) { 4 } else { 1 };
        Extent { rows: 0..rows, viewport: VIEWPORT, lines }
    }

    fn at(row: u64, pixel: f32) -> ScrollPosition {
        ScrollPosition { row, pixel }
    }

    #[test]
    fn a_pixel_moves_the_log_even_at_a_hundred_million_rows() {
        let extent = extent(100_000_000);
        let mut scroll = Scroll { position: at(77_777_777, 0.0), follow: false };
        scroll.by(1.0, &extent);
        assert_eq!(scroll.position, at(77_777_777, 1.0));
        scroll.by(-2.0, &extent);
        assert_eq!(scroll.position, at(77_777_776, 15.0));
        scroll.by(16.0 * 20_000_000.0, &extent);
        assert_eq!(scroll.position.row, 97_777_776);
    }

    #[test]
    fn the_end_follows_and_going_up_stops_that() {
        let mut scroll = Scroll::default();
        scroll.settle(&extent(1000));
        assert_eq!(scroll.position, at(993, 12.0));
        scroll.settle(&extent(1001));
        assert_eq!(scroll.position, at(994, 12.0));
        scroll.by(-1.0, &extent(1001));
        assert!(!scroll.follow);
        scroll.settle(&extent(2000));
        assert_eq!(scroll.position, at(994, 11.0));
        scroll.by(1e9, &extent(2000));
        assert!(scroll.follow);
        assert_eq!(scroll.position, extent(2000).last());
    }

    #[test]
    fn a_log_that_fits_does_not_move() {
        let mut scroll = Scroll::default();
        for step in [50.0, -50.0] {
            scroll.by(step, &extent(6));
            assert_eq!((scroll.position, scroll.follow), (at(0, 0.0), true));
        }
        assert_eq!(scroll.fraction(&extent(6)), 0.0);
    }

    #[test]
    fn the_bar_reaches_both_ends_and_every_part() {
        let extent = extent(100_000_000);
        let mut scroll = Scroll::default();
        scroll.go_to_fraction(0.25, &extent);
        assert!((scroll.fraction(&extent) - 0.25).abs() < 1e-6 && !scroll.follow);
        scroll.go_to_fraction(1.0, &extent);
        assert!(scroll.follow && scroll.fraction(&extent) == 1.0);
        scroll.go_to_fraction(0.0, &extent);
        assert_eq!(scroll.position, at(0, 0.0));
    }

    #[test]
    fn rows_that_are_gone_are_left() {
        let mut scroll = Scroll { position: at(10, 3.0), follow: false };
        scroll.settle(&Extent { rows: 500..1000, ..extent(0) });
        assert_eq!(scroll.position, at(500, 0.0));
    }

    #[test]
    fn a_row_in_sight_stays_where_it_is() {
        let mut scroll = Scroll { position: at(100, 0.0), follow: false };
        scroll.show(103, 0..1, &extent(1000));
        assert_eq!(scroll.position, at(100, 0.0));
        scroll.show(500, 0..1, &extent(1000));
        assert_eq!(scroll.position, at(497, 0.0));
    }

    #[test]
    fn rows_of_several_lines_are_gone_through_point_by_point() {
        let extent = wrapped(1000);
        let mut scroll = Scroll { position: at(0, 0.0), follow: false };
        let mut places = Vec::new();
        for _ in 0..9 {
            scroll.by(16.0, &extent);
            places.push((scroll.position.row, scroll.position.pixel));
        }
        let down = [
            (0, 16.0),
            (0, 32.0),
            (0, 48.0),
            (1, 0.0),
            (2, 0.0),
            (3, 0.0),
            (3, 16.0),
            (3, 32.0),
            (3, 48.0),
        ];
        assert_eq!(places, down);
        for place in down.iter().rev().skip(1) {
            scroll.by(-16.0, &extent);
            assert_eq!((scroll.position.row, scroll.position.pixel), *place);
        }
        scroll.by(-1000.0, &extent);
        assert_eq!(scroll.position, at(0, 0.0));
    }

    #[test]
    fn the_last_line_of_the_last_row_is_the_end() {
        // 999: 64 points, 998 and 997: 16 each, 996: 4 of its 64.
        let mut scroll = Scroll::default();
        scroll.settle(&wrapped(1000));
        assert_eq!(scroll.position, at(996, 60.0));
        scroll.settle(&wrapped(1001));
        assert_eq!(scroll.position, at(997, 12.0));
        scroll.by(-20.0, &wrapped(1001));
        assert!(!scroll.follow);
        scroll.by(20.0, &wrapped(1001));
        assert!(scroll.follow, "{:?}", scroll.position);
        // One row that is higher than the window.
        let extent = Extent { rows: 0..1, lines: &|_| 50, ..wrapped(0) };
        assert!(!extent.fits());
        scroll.settle(&extent);
        assert_eq!(scroll.position, at(0, 700.0));
        scroll.go_to_fraction(0.5, &extent);
        assert_eq!(scroll.position, at(0, 336.0));
        assert!((extent.shown(scroll.position) - 0.125).abs() < 1e-6);
        scroll.go_to_fraction(0.0, &extent);
        assert_eq!(scroll.position, at(0, 0.0));
    }

    #[test]
    fn a_row_that_became_shorter_is_left_at_its_last_line() {
        let mut scroll = Scroll { position: at(30, 50.0), follow: false };
        scroll.settle(&wrapped(1000));
        assert_eq!(scroll.position, at(30, 50.0));
        scroll.settle(&extent(1000));
        assert_eq!(scroll.position, at(30, 0.0));
    }

    #[test]
    fn a_line_within_a_row_is_brought_into_sight() {
        let extent = Extent { lines: &|row| if row == 500 { 100 } else { 1 }, ..wrapped(1000) };
        let mut scroll = Scroll { position: at(500, 0.0), follow: false };
        scroll.show(500, 4..5, &extent);
        assert_eq!(scroll.position, at(500, 0.0), "it is there");
        scroll.show(500, 70..71, &extent);
        assert_eq!(scroll.position, at(500, 67.0 * 16.0));
        scroll.show(500, 0..100, &extent);
        assert_eq!(scroll.position, at(500, 0.0), "more than fits: from its beginning");
    }
}
