//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use espalier_core::Timestamp;

/// The time now, in nanoseconds since the Unix epoch. The system's wall clock, so that stamps agree with other programs'
/// logs; it may step when somebody sets it.
pub fn now() -> Timestamp {
    let nanoseconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => {
            i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, std::ops::Neg::neg)
        }
    };
    Timestamp(nanoseconds)
}
