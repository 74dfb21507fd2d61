//! What happened between two looks at a connection, and what there is to say of it at its end.

use super::{ListenerFigures, TcpFigures};
use crate::{Sentence, say};

/// A time in milliseconds, with as many places as mean something: `0.05`, `12.3`, `1250`.
pub fn milliseconds(us: u64) -> String {
    let ms = us as f64 / 1000.0;
    let places = match us {
        0..10_000 => 2,
        10_000..100_000 => 1,
        _ => 0,
    };
    format!("{ms:.places$}")
}

/// What happened to a connection between two looks at it.
pub fn changes(before: &TcpFigures, after: &TcpFigures) -> Vec<Sentence> {
    let mut told = Vec::new();
    if let Some(count) = grown(before.retransmitted_segments, after.retransmitted_segments) {
        told.push(say!("figures-sent-again", "{count} segments sent again", count = count));
    } else if after.retransmitted_segments.is_none()
        && let Some(count) = grown(before.retransmitted_bytes, after.retransmitted_bytes)
    {
        told.push(say!("figures-bytes-again", "{count} bytes sent again", count = count));
    }
    match (before.send_window_bytes, after.send_window_bytes) {
        (Some(1..), Some(0)) => told.push(say!(
            "figures-window-closed",
            "the other end takes nothing more for now: its receive window is 0"
        )),
        (Some(0), Some(bytes @ 1..)) => told.push(say!(
            "figures-window-opened",
            "the other end takes data again: its receive window is {bytes} bytes",
            bytes = bytes,
        )),
        _ => {}
    }
    match (before.path_mtu_bytes, after.path_mtu_bytes) {
        (Some(was), Some(is)) if was != is => told.push(say!(
            "figures-mtu",
            "the path takes packets of {is} bytes now, and not of {was}",
            is = is,
            was = was,
        )),
        (None, None) => {
            // A segment also grows with the window, which says nothing of the path.
            if let (Some(was), Some(is)) = (before.segment_size_bytes, after.segment_size_bytes)
                && is < was
            {
                told.push(say!(
                    "figures-segment-size",
                    "segments are {is} bytes long at most now, and not {was}",
                    is = is,
                    was = was,
                ));
            }
        }
        _ => {}
    }
    told
}

/// What happened at a listener between two looks at it.
pub fn listener_changes(before: &ListenerFigures, after: &ListenerFigures) -> Vec<Sentence> {
    let dropped = grown(before.dropped, after.dropped);
    let told = dropped.map(|count| match after {
        ListenerFigures { waiting, limit, .. } if waiting >= limit => say!(
            "figures-backlog-full",
            "{count} attempts to connect were dropped, because the backlog is full",
            count = count,
        ),
        _ => say!(
            "figures-dropped",
            "{count} attempts to connect were dropped by the system",
            count = count
        ),
    });
    told.into_iter().collect()
}

/// What there is to say of a connection that is over, when it is worth a line; `cut_off`: it did not end in order.
pub fn summary(last: &TcpFigures, cut_off: bool) -> Vec<Sentence> {
    let mut told = Vec::new();
    let round_trip = last.round_trip_us.map(milliseconds);
    match (last.retransmitted_segments, last.retransmitted_bytes) {
        (Some(count @ 1..), _) => told.push(match round_trip {
            Some(time) => say!(
                "figures-summary",
                "in all {count} segments were sent again; round-trip time {time} ms",
                count = count,
                time = time,
            ),
            None => say!(
                "figures-summary-only",
                "in all {count} segments were sent again",
                count = count
            ),
        }),
        (None, Some(count @ 1..)) => told.push(match round_trip {
            Some(time) => say!(
                "figures-bytes-summary",
                "in all {count} bytes were sent again; round-trip time {time} ms",
                count = count,
                time = time,
            ),
            None => say!(
                "figures-bytes-summary-only",
                "in all {count} bytes were sent again",
                count = count
            ),
        }),
        _ => {}
    }
    if let Some(bytes @ 1..) = last.held_bytes().filter(|_| cut_off) {
        told.push(say!(
            "figures-unacknowledged",
            "{bytes} bytes that count as sent were never acknowledged by the other end",
            bytes = bytes,
        ));
    }
    told
}

/// By how much a counter has grown, if it has.
fn grown(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    after?.checked_sub(before?).filter(|by| *by > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(told: &[Sentence]) -> Vec<&str> {
        told.iter().map(Sentence::english).collect()
    }

    #[test]
    fn what_happened_between_two_looks_is_told() {
        let before = TcpFigures {
            retransmitted_segments: Some(2),
            send_window_bytes: Some(64),
            path_mtu_bytes: Some(1500),
            segment_size_bytes: Some(1448),
            ..TcpFigures::default()
        };
        assert!(changes(&before, &before).is_empty());
        let after = TcpFigures {
            retransmitted_segments: Some(5),
            retransmitted_bytes: Some(900),
            send_window_bytes: Some(0),
            path_mtu_bytes: Some(1280),
            segment_size_bytes: Some(1228),
            ..before
        };
        let told = changes(&before, &after);
        assert_eq!(
            english(&told),
            [
                "3 segments sent again",
                "the other end takes nothing more for now: its receive window is 0",
                "the path takes packets of 1280 bytes now, and not of 1500",
            ]
        );
        let open = TcpFigures { send_window_bytes: Some(512), ..after };
        let told = changes(&after, &open);
        assert_eq!(
            english(&told),
            ["the other end takes data again: its receive window is 512 bytes"]
        );
    }

    #[test]
    fn a_system_that_tells_less_is_believed_in_what_it_tells() {
        let before = TcpFigures {
            retransmitted_bytes: Some(0),
            segment_size_bytes: Some(1460),
            ..TcpFigures::default()
        };
        let after = TcpFigures {
            retransmitted_bytes: Some(1460),
            segment_size_bytes: Some(536),
            ..TcpFigures::default()
        };
        assert_eq!(
            english(&changes(&before, &after)),
            ["1460 bytes sent again", "segments are 536 bytes long at most now, and not 1460"]
        );
        // Nothing is made of what is told only once, of nothing, or of a counter that went back.
        assert!(changes(&TcpFigures::default(), &after).is_empty());
        assert!(changes(&after, &TcpFigures::default()).is_empty());
        let grown = TcpFigures { segment_size_bytes: Some(9000), ..before };
        assert!(changes(&after, &TcpFigures { retransmitted_bytes: Some(3), ..grown }).is_empty());
    }

    #[test]
    fn an_end_has_a_line_where_there_is_something_to_say() {
        let quiet = TcpFigures {
            retransmitted_segments: Some(0),
            retransmitted_bytes: Some(0),
            round_trip_us: Some(50),
            unacknowledged_bytes: Some(7),
            ..TcpFigures::default()
        };
        assert!(summary(&quiet, false).is_empty());
        assert_eq!(
            english(&summary(&quiet, true)),
            ["7 bytes that count as sent were never acknowledged by the other end"]
        );
        let lossy = TcpFigures {
            retransmitted_segments: Some(3),
            round_trip_us: Some(12_340),
            unsent_bytes: Some(5),
            ..quiet
        };
        assert_eq!(
            english(&summary(&lossy, true)),
            [
                "in all 3 segments were sent again; round-trip time 12.3 ms",
                "12 bytes that count as sent were never acknowledged by the other end",
            ]
        );
    }

    #[test]
    fn what_a_listener_drops_is_told_with_the_reason_that_is_known() {
        let listener =
            |waiting, dropped| ListenerFigures { waiting, limit: 4, dropped: Some(dropped) };
        assert!(listener_changes(&listener(5, 2), &listener(5, 2)).is_empty());
        let told = listener_changes(&listener(0, 2), &listener(5, 4));
        assert_eq!(
            english(&told),
            ["2 attempts to connect were dropped, because the backlog is full"]
        );
        let told = listener_changes(&listener(0, 2), &listener(1, 3));
        assert_eq!(english(&told), ["1 attempts to connect were dropped by the system"]);
    }

    #[test]
    fn times_are_told_with_three_figures_or_so() {
        let spelled = [7, 1234, 12_340, 99_960, 1_250_000].map(milliseconds);
        assert_eq!(spelled, ["0.01", "1.23", "12.3", "100.0", "1250"]);
    }
}
