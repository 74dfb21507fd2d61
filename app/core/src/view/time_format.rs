//! The time before a row.

use jiff::tz::TimeZone;

use super::{ClockStyle, Row};
use crate::Timestamp;

/// How times are written.
#[derive(Clone, Debug)]
pub struct TimeFormat {
    /// Which time.
    pub style: ClockStyle,
    /// When the capture began.
    pub start: Timestamp,
    /// Where the user is.
    pub zone: TimeZone,
    /// With the date, for what is read on another day.
    pub date: bool,
}

impl TimeFormat {
    /// The time of a row, to the microsecond; empty when none is wanted.
    pub fn row(&self, row: &Row) -> String {
        match self.style {
            ClockStyle::Off => String::new(),
            ClockStyle::Local => self.local(row.at),
            ClockStyle::Date => Self { date: true, ..self.clone() }.local(row.at),
            ClockStyle::SinceStart => seconds("", row.at.0.saturating_sub(self.start.0)),
            ClockStyle::SincePrevious => seconds("+", row.at.0.saturating_sub(row.previous_at.0)),
        }
    }

    /// A time of day: `14:03:07.012345`.
    pub fn local(&self, at: Timestamp) -> String {
        let format = if self.date { "%Y-%m-%d %H:%M:%S%.6f" } else { "%H:%M:%S%.6f" };
        match jiff::Timestamp::from_nanosecond(i128::from(at.0)) {
            Ok(time) => time.to_zoned(self.zone.clone()).strftime(format).to_string(),
            Err(_) => seconds("", at.0),
        }
    }
}

/// Nanoseconds as seconds with six places, cut not rounded; a clock that was set back gives a minus.
pub(super) fn seconds(plus: &str, nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { plus };
    let microseconds = nanoseconds.unsigned_abs() / 1000;
    format!("{sign}{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_microsecond() {
        let mut clock = TimeFormat {
            style: ClockStyle::Local,
            start: Timestamp(0),
            zone: TimeZone::fixed(jiff::tz::offset(8)),
            date: false,
        };
        let at = Timestamp(1_700_000_000_012_345_999);
        assert_eq!(clock.local(at), "06:13:20.012345");
        clock.date = true;
        assert_eq!(clock.local(at), "2023-11-15 06:13:20.012345");
        assert_eq!(
            clock.local(Timestamp(at.0 - at.0 % 1_000_000_000)),
            "2023-11-15 06:13:20.000000"
        );
        assert_eq!(seconds("+", 1_500_000), "+0.001500");
        assert_eq!(seconds("", 61_000_000_000), "61.000000");
        assert_eq!(seconds("+", -2_000), "-0.000002");
    }
}
