//! Where a log is scrolled to: a row and some pixels, never a distance from the top. Pixels from the top do not fit in `f32`
//! beyond a million rows; a row's number does.

use std::ops::Range;

/// What there is to scroll through, and through which window.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// The rows there are.
    pub rows: Range<u64>,
    /// Height of a row in points.
    pub row_height: f32,
    /// Height of the window in points.
    pub room: f32,
}

/// The place at the window's upper edge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScrollPosition {
    /// The row that is cut by the edge, or begins there.
    pub row: u64,
    /// How much of it is above the edge, in points, less than a row's height.
    pub pixel: f32,
}

/// A place, and whether it stays at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Scroll {
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

impl Extent {
    /// How many rows the window shows at least in part.
    pub fn visible(&self) -> u64 {
        (self.room / self.row_height).ceil() as u64 + 1
    }

    /// The rows that the window shows, at least in part, with this place at its upper edge.
    pub fn window(&self, position: ScrollPosition) -> Range<u64> {
        let rows = ((self.room + position.pixel) / self.row_height).ceil();
        position.row..position.row.saturating_add(rows as u64)
    }

    /// Rows to a page: all but one of those that are whole in the window.
    pub fn page(&self) -> u64 {
        ((self.room / self.row_height) as u64).saturating_sub(1).max(1)
    }

    fn count(&self) -> u64 {
        self.rows.end.saturating_sub(self.rows.start)
    }

    /// Whether all rows are in sight at once.
    pub fn fits(&self) -> bool {
        self.count() as f64 * f64::from(self.row_height) <= f64::from(self.room)
    }

    /// The place at which the last row is just whole in sight.
    pub fn last(&self) -> ScrollPosition {
        if self.fits() {
            return ScrollPosition { row: self.rows.start, pixel: 0.0 };
        }
        let rows = (self.room / self.row_height).ceil();
        let pixel = (rows * self.row_height - self.room).clamp(0.0, self.row_height);
        ScrollPosition { row: self.rows.end.saturating_sub(rows as u64), pixel }
    }
}

impl Scroll {
    /// Moves by points, down when positive. Going up ends following, arriving at the end begins it; a log that fits does
    /// neither.
    pub fn by(&mut self, points: f32, extent: &Extent) {
        if extent.fits() {
            return self.settle(extent);
        }
        let pixels = f64::from(self.position.pixel) + f64::from(points);
        let height = f64::from(extent.row_height);
        let rows = (pixels / height).floor();
        self.position.row = self.position.row.saturating_add_signed(rows as i64);
        self.position.pixel = (pixels - rows * height) as f32;
        if rows < 0.0 && self.position.row == 0 {
            self.position.pixel = 0.0;
        }
        self.follow = false;
        self.settle(extent);
        self.follow = points > 0.0 && self.position == extent.last();
    }

    /// Moves by whole rows, down when positive.
    pub fn by_rows(&mut self, rows: i64, extent: &Extent) {
        if extent.fits() {
            return self.settle(extent);
        }
        self.position.row = self.position.row.saturating_add_signed(rows);
        self.follow = false;
        self.settle(extent);
        self.follow = rows > 0 && self.position == extent.last();
    }

    /// Goes to the first row.
    pub const fn home(&mut self, extent: &Extent) {
        self.position = ScrollPosition { row: extent.rows.start, pixel: 0.0 };
        self.follow = false;
    }

    /// Goes to the end and stays there.
    pub fn end(&mut self, extent: &Extent) {
        self.follow = true;
        self.settle(extent);
    }

    /// Brings a row into sight, in the middle if it is not there already.
    pub fn show(&mut self, row: u64, extent: &Extent) {
        let whole = (extent.room / extent.row_height) as u64;
        let first = self.position.row + u64::from(self.position.pixel > 0.0);
        if !(first..first + whole).contains(&row) {
            self.position = ScrollPosition { row: row.saturating_sub(whole / 2), pixel: 0.0 };
        }
        self.follow = false;
        self.settle(extent);
    }

    /// Makes the place one that exists, and follows.
    pub fn settle(&mut self, extent: &Extent) {
        let last = extent.last();
        let beyond = (self.position.row, self.position.pixel) > (last.row, last.pixel);
        if self.follow || beyond {
            self.position = last;
        } else if self.position.row < extent.rows.start {
            self.position = ScrollPosition { row: extent.rows.start, pixel: 0.0 };
        }
    }

    /// How far down the place is, from 0 to 1, for a scroll bar.
    pub fn fraction(&self, extent: &Extent) -> f64 {
        let position = |it: ScrollPosition| {
            it.row.saturating_sub(extent.rows.start) as f64
                + f64::from(it.pixel / extent.row_height)
        };
        let whole = position(extent.last());
        if whole > 0.0 { (position(self.position) / whole).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Goes to a fraction of the way; all of it follows.
    pub fn to_fraction(&mut self, fraction: f64, extent: &Extent) {
        let last = extent.last();
        let span = last.row.saturating_sub(extent.rows.start) as f64;
        self.follow = fraction >= 1.0;
        self.position = ScrollPosition {
            row: extent.rows.start + (span * fraction.clamp(0.0, 1.0)).round() as u64,
            pixel: 0.0,
        };
        self.settle(extent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(rows: u64) -> Extent {
        Extent { rows: 0..rows, row_height: 16.0, room: 100.0 }
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
        scroll.to_fraction(0.25, &extent);
        assert!((scroll.fraction(&extent) - 0.25).abs() < 1e-6 && !scroll.follow);
        scroll.to_fraction(1.0, &extent);
        assert!(scroll.follow && scroll.fraction(&extent) == 1.0);
        scroll.to_fraction(0.0, &extent);
        assert_eq!(scroll.position, at(0, 0.0));
    }

    #[test]
    fn rows_that_are_gone_are_left() {
        let mut scroll = Scroll { position: at(10, 3.0), follow: false };
        scroll.settle(&Extent { rows: 500..1000, row_height: 16.0, room: 100.0 });
        assert_eq!(scroll.position, at(500, 0.0));
    }

    #[test]
    fn a_row_in_sight_stays_where_it_is() {
        let mut scroll = Scroll { position: at(100, 0.0), follow: false };
        scroll.show(103, &extent(1000));
        assert_eq!(scroll.position, at(100, 0.0));
        scroll.show(500, &extent(1000));
        assert_eq!(scroll.position, at(497, 0.0));
    }
}
