//! A moment as a user writes it.

use jiff::tz::TimeZone;
use jiff::{Span, civil};

use crate::Timestamp;

/// A moment of a log that began at `start`: a time of day (`14`, `14:03`, `14:03:07.5`: the first one since the hour, minute or
/// second of the start), a date with or without one (`2026-11-27 14:03:07`), either in `zone` or with one of its own (`2026-11-27T14:03:07+08:00`), or the
/// seconds since the start (`+12.5`). `None`: it is none of these.
pub fn moment(text: &str, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(seconds) = text.strip_prefix('+') {
        let seconds: f64 = seconds.trim().trim_end_matches('s').trim().parse().ok()?;
        let most = i64::MAX as f64 / 1e9;
        let is_some = (0.0..most).contains(&seconds);
        return is_some.then(|| Timestamp(start.0.saturating_add((seconds * 1e9).round() as i64)));
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return nanoseconds(at);
    }
    if let Ok(at) = text.parse::<civil::DateTime>() {
        return nanoseconds(at.to_zoned(zone.clone()).ok()?.timestamp());
    }
    let time: civil::Time = text.parse().ok()?;
    let began = jiff::Timestamp::from_nanosecond(i128::from(start.0)).ok()?.to_zoned(zone.clone());
    let on =
        |date: civil::Date| Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp());
    let today = on(began.date())?;
    // Whoever writes 14, 14:03 or 14:03:07 means what happened in that hour, minute or second, too.
    let lasts = match text.len() {
        0..=2 => 3600,
        3..=5 => 60,
        _ => 1,
    };
    if today.as_second() + lasts <= began.timestamp().as_second() {
        return nanoseconds(on(began.date().checked_add(Span::new().days(1)).ok()?)?);
    }
    nanoseconds(today)
}

fn nanoseconds(at: jiff::Timestamp) -> Option<Timestamp> {
    i64::try_from(at.as_nanosecond()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form_and_the_next_day_when_the_day_has_turned() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        // 2023-11-15 06:13:20.012345 in this zone.
        let start = Timestamp(1_700_000_000_012_345_000);
        let seconds = |text: &str| {
            let at = moment(text, start, &zone)?;
            Some((at.0 - 1_700_000_000_000_000_000) as f64 / 1e9)
        };
        for (text, expected) in [
            ("06:13:20", 0.0),
            ("06:14", 40.0),
            ("06:13:21.5", 1.5),
            ("14", 28_000.0),
            // The hour and the minute in which it began; the ones before are tomorrow's.
            ("06:13", -20.0),
            ("06", -800.0),
            ("06:12", 86_320.0),
            ("05", 82_000.0),
            (" 06:13:10 ", 86_390.0),
            ("2023-11-15 06:13:30", 10.0),
            ("2023-11-15T06:13:30.25", 10.25),
            ("2023-11-14T22:13:30Z", 10.0),
            ("2023-11-15T07:13:30+09:00", 10.0),
            ("2023-11-15", -22_400.0),
            ("+0", 0.012_345),
            ("+1.5 s", 1.512_345),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for none in ["", "+", "+x", "+-1", "+1e300", "noon", "25:00", "2023-13-01"] {
            assert_eq!(seconds(none), None, "{none}");
        }
    }
}
