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
        let mut text = String::new();
        self.push_row(row.at, row.previous_at, &mut SecondText::default(), &mut text);
        text
    }

    /// Appends the time of a row that began then, and the one before it at another time.
    pub(super) fn push_row(
        &self,
        at: Timestamp,
        previous_at: Timestamp,
        second: &mut SecondText,
        out: &mut String,
    ) {
        match self.style {
            ClockStyle::Off => {}
            ClockStyle::Local => self.push(at, self.date, second, out),
            ClockStyle::Date => self.push(at, true, second, out),
            ClockStyle::SinceStart => {
                out.push_str(&seconds("", at.0.saturating_sub(self.start.0)));
            }
            ClockStyle::SincePrevious => {
                out.push_str(&seconds("+", at.0.saturating_sub(previous_at.0)));
            }
        }
    }

    /// A time of day: `14:03:07.012345`.
    pub fn local(&self, at: Timestamp) -> String {
        let mut text = String::new();
        self.push(at, self.date, &mut SecondText::default(), &mut text);
        text
    }

    fn push(&self, at: Timestamp, date: bool, second: &mut SecondText, out: &mut String) {
        let format = if date { ("%Y-%m-%d %H:%M:%S", "") } else { ("%H:%M:%S", "") };
        second.push(at, &self.zone, format, out);
    }
}

/// The text of a second: rows of the same one differ in its fraction alone.
#[derive(Clone, Debug, Default)]
pub(super) struct SecondText {
    second: Option<i64>,
    before: String,
    after: String,
}

impl SecondText {
    /// Appends a time to the microsecond, with what these formats give before its fraction and after it; they and the zone are
    /// always the same.
    pub(super) fn push(
        &mut self,
        at: Timestamp,
        zone: &TimeZone,
        (before, after): (&str, &str),
        out: &mut String,
    ) {
        let second = at.0.div_euclid(1_000_000_000);
        if self.second != Some(second) {
            let Ok(time) = jiff::Timestamp::from_second(second) else {
                out.push_str(&seconds("", at.0));
                return;
            };
            let time = time.to_zoned(zone.clone());
            self.before = time.strftime(before).to_string();
            self.after = time.strftime(after).to_string();
            self.second = Some(second);
        }
        out.push_str(&self.before);
        let micros = at.0.rem_euclid(1_000_000_000) / 1000;
        let mut fraction = *b".000000";
        let mut rest = micros;
        for digit in fraction[1..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.push_str(str::from_utf8(&fraction).unwrap_or_default());
        out.push_str(&self.after);
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
        let (mut second, mut text) = (SecondText::default(), String::new());
        for at in [0, 999_999_999, 1_000_000_000, -1, -1_000_000_000] {
            text.clear();
            let format = ("%Y-%m-%dT%H:%M:%S", "%:z");
            second.push(Timestamp(at), &clock.zone, format, &mut text);
            let time = jiff::Timestamp::from_nanosecond(i128::from(at)).unwrap();
            // Before 1970 as after it, the fraction counts from the second that has begun.
            let begun = time.to_zoned(clock.zone.clone());
            assert_eq!(text, begun.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string(), "{at}");
        }
        assert_eq!(seconds("+", 1_500_000), "+0.001500");
        assert_eq!(seconds("", 61_000_000_000), "61.000000");
        assert_eq!(seconds("+", -2_000), "-0.000002");
    }
}
