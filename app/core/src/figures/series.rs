//! What was seen of a connection over time: bounded, by losing detail and not its beginning.

use std::sync::Arc;

use super::{FIGURES, TcpFigures};
use crate::Timestamp;

/// One look at a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigureSample {
    /// When.
    pub at: Timestamp,
    /// What the system told.
    pub figures: TcpFigures,
    /// Bytes received until then.
    pub received_bytes: u64,
    /// Bytes sent until then: taken by the system.
    pub sent_bytes: u64,
}

impl FigureSample {
    /// One for both: the later one, with the peaks of the earlier one.
    const fn merged(self, later: Self) -> Self {
        let mut both = later;
        let (was, is) = (&self.figures, &mut both.figures);
        is.round_trip_us = higher(was.round_trip_us, is.round_trip_us);
        is.unacknowledged_bytes = higher(was.unacknowledged_bytes, is.unacknowledged_bytes);
        is.unsent_bytes = higher(was.unsent_bytes, is.unsent_bytes);
        is.send_buffer_bytes = higher(was.send_buffer_bytes, is.send_buffer_bytes);
        both
    }
}

const fn higher(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) if one > other => Some(one),
        (Some(one), None) => Some(one),
        (_, other) => other,
    }
}

/// Looks at a connection over time, oldest first. When there are [`Self::MOST`], each two of them become one, which keeps
/// their peaks, and from then on so many looks more are one. A copy shares what does not change any more: who is given one after each
/// look has not all of it copied each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureSeries {
    /// All but the latest samples, in blocks of [`Self::BLOCK`].
    blocks: Vec<Arc<[FigureSample]>>,
    /// The latest ones, at most so many.
    latest: Vec<FigureSample>,
    /// How many looks are one sample.
    stride: u64,
    /// How many looks the last sample has.
    in_last: u64,
}

impl Default for FigureSeries {
    fn default() -> Self {
        Self { blocks: Vec::new(), latest: Vec::new(), stride: 1, in_last: 1 }
    }
}

impl FigureSeries {
    /// The most samples: ten minutes, looked at once a second.
    pub const MOST: usize = 600;

    /// Samples that are shared together.
    const BLOCK: usize = 30;

    /// Adds a look.
    pub fn push(&mut self, sample: FigureSample) {
        if self.in_last < self.stride
            && let Some(last) = self.latest.last_mut()
        {
            *last = last.merged(sample);
            self.in_last += 1;
            return;
        }
        if self.len() >= Self::MOST {
            self.halve();
        }
        if self.latest.len() >= Self::BLOCK {
            self.blocks.push(std::mem::take(&mut self.latest).into());
        }
        self.latest.push(sample);
        self.in_last = 1;
    }

    /// Makes one of each two.
    fn halve(&mut self) {
        let all: Vec<FigureSample> = self.samples().copied().collect();
        let half: Vec<FigureSample> = all
            .chunks(2)
            .map(|pair| match pair {
                [one, other] => one.merged(*other),
                rest => rest[0],
            })
            .collect();
        self.blocks = half.chunks(Self::BLOCK).map(Arc::from).collect();
        self.latest.clear();
        self.stride = self.stride.saturating_mul(2);
    }

    /// The samples, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = &FigureSample> + Clone {
        self.blocks.iter().flat_map(|block| block.iter()).chain(&self.latest)
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum::<usize>() + self.latest.len()
    }

    /// Whether nobody has looked yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last look.
    pub fn last(&self) -> Option<&FigureSample> {
        self.samples().next_back()
    }

    /// All of it as CSV (RFC 4180), with a line of names; what was not told is empty. Times are microseconds since the epoch.
    pub fn csv(&self) -> String {
        let mut text = "time_us,state,received_bytes,sent_bytes".to_owned();
        for figure in FIGURES {
            text.push(',');
            text.push_str(figure.column);
        }
        text.push_str("\r\n");
        for FigureSample { at, figures, received_bytes, sent_bytes } in self.samples() {
            let state = figures.state.map_or("", super::TcpState::name);
            text.push_str(&format!("{},{state},{received_bytes},{sent_bytes}", at.0 / 1000));
            for figure in FIGURES {
                text.push(',');
                if let Some(value) = (figure.get)(figures) {
                    text.push_str(&value.to_string());
                }
            }
            text.push_str("\r\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64, round_trip_us: u64) -> FigureSample {
        FigureSample {
            at: Timestamp(second as i64 * 1_000_000_000),
            figures: TcpFigures { round_trip_us: Some(round_trip_us), ..TcpFigures::default() },
            received_bytes: second,
            sent_bytes: 2 * second,
        }
    }

    #[test]
    fn a_long_series_keeps_its_beginning_its_peaks_and_its_size() {
        let mut series = FigureSeries::default();
        for second in 0..100_000 {
            series.push(at(second, if second == 1234 { 9999 } else { 50 }));
            assert!(series.len() <= FigureSeries::MOST);
        }
        let samples: Vec<&FigureSample> = series.samples().collect();
        assert_eq!(samples.len(), series.len());
        assert!(samples.len() > FigureSeries::MOST / 2);
        assert!(samples[0].received_bytes < 100_000 / 256);
        assert_eq!(series.last().map(|sample| sample.sent_bytes), Some(2 * 99_999));
        let peaks = samples.iter().filter(|it| it.figures.round_trip_us == Some(9999));
        assert_eq!(peaks.count(), 1);
        assert!(samples.is_sorted_by_key(|sample| sample.at));
    }

    #[test]
    fn a_copy_stays_as_it_was_and_shares_what_does_not_change() {
        let mut series = FigureSeries::default();
        (0..100).for_each(|second| series.push(at(second, 50)));
        let copy = series.clone();
        let shared =
            copy.blocks.iter().zip(&series.blocks).filter(|(one, other)| Arc::ptr_eq(one, other));
        assert_eq!(shared.count(), 3);
        (100..2000).for_each(|second| series.push(at(second, 50)));
        assert!(copy.samples().copied().eq((0..100).map(|second| at(second, 50))));
    }

    #[test]
    fn what_was_not_told_is_empty_in_a_table() {
        let mut series = FigureSeries::default();
        series.push(at(1, 50));
        let csv = series.csv();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert!(lines[0].starts_with("time_us,state,received_bytes,sent_bytes,round_trip_us,"));
        assert!(lines[1].starts_with("1000000,,1,2,50,,"), "{}", lines[1]);
        assert_eq!(lines[0].matches(',').count(), lines[1].matches(',').count());
        assert_eq!(lines[2], "");
    }
}
