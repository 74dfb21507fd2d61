//! The answers of then and of now, compared as they come.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use super::align::{Stretch, align};
use super::side::Side;
use super::{AnswerUnits, Difference, ExpectedAnswers, ReplayTotals};

/// How much of each side is looked at to find what belongs together: of text, of bytes, and how many units.
const TEXT_WINDOW: usize = 64 << 10;
const BYTE_WINDOW: usize = 2 << 10;
const UNIT_WINDOW: usize = 512;
/// What all aligning of a comparison may cost, in tokens of one side times those of the other. Behind it, bytes are compared where they stand.
const BUDGET: u64 = 1 << 28;

/// Why a comparison looks at what it has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// Something came.
    Came,
    /// Nothing comes at the moment.
    Rests,
    /// Nothing comes any more.
    Ends,
}

/// Compares what comes with what came then. It holds no more of either than it takes to find where they go on alike.
#[derive(Debug)]
pub struct Comparison {
    units: AnswerUnits,
    expected: Side,
    new: Side,
    /// From which byte on what is expected belongs to which exchange.
    exchanges: VecDeque<(u64, u64)>,
    played: u64,
    totals: ReplayTotals,
    differences: Arc<Vec<Arc<Difference>>>,
    /// The last one, which may go on; kept or not.
    last: Option<Difference>,
    budget: u64,
}

impl Comparison {
    /// How many differences are kept; of more, the first.
    pub const KEPT: usize = 1000;

    /// Nothing is compared yet.
    pub fn new(units: AnswerUnits) -> Self {
        Self {
            units,
            expected: Side::default(),
            new: Side::default(),
            exchanges: VecDeque::new(),
            played: 0,
            totals: ReplayTotals::default(),
            differences: Arc::default(),
            last: None,
            budget: BUDGET,
        }
    }

    /// What was compared so far.
    pub const fn totals(&self) -> ReplayTotals {
        self.totals
    }

    /// Where they differ: the first [`Self::KEPT`], as far as they are known.
    pub const fn differences(&self) -> &Arc<Vec<Arc<Difference>>> {
        &self.differences
    }

    /// This exchange is played: what comes beyond all that was expected by then belongs to it.
    pub const fn plays(&mut self, exchange: u64) {
        self.played = exchange;
    }

    /// This came: one read, or one datagram.
    pub fn came(&mut self, bytes: &[u8], answers: &mut ExpectedAnswers<'_>) {
        match &self.units {
            AnswerUnits::Bytes => self.new.push(bytes),
            AnswerUnits::Datagrams(_) => self.new.push_datagram(bytes),
            AnswerUnits::Lines(_) => self.new.push_lines(bytes),
        }
        self.compare(answers, Occasion::Came);
    }

    /// Nothing comes at the moment: what is known by now is told, as far as it is sure.
    pub fn rest(&mut self, answers: &mut ExpectedAnswers<'_>) {
        self.compare(answers, Occasion::Rests);
    }

    /// Nothing more comes of these answers: what of them has not come is missing, what is left of what came is too much.
    pub fn close(&mut self, answers: &mut ExpectedAnswers<'_>) {
        if self.is_of_units() && self.new.has_open_unit() {
            self.new.end_unit();
        }
        self.compare(answers, Occasion::Ends);
    }

    fn compare(&mut self, answers: &mut ExpectedAnswers<'_>, occasion: Occasion) {
        let ends = occasion == Occasion::Ends;
        loop {
            // What comes alike needs no more of what was expected than that.
            let pulled = self.is_spent(&self.expected) && self.pull(answers, ends);
            if self.skip_alike() || (pulled && self.is_spent(&self.expected)) {
                continue;
            }
            match (self.is_spent(&self.expected), self.is_spent(&self.new)) {
                (true, true) => return,
                // All the rest of these answers is missing; or nothing of what came was expected.
                (false, true) if ends => self.part_all(),
                (true, false) if ends || self.is_filled(&self.new) => self.part_all(),
                (false, true) | (true, false) => return,
                // More of what was expected is looked at only when it is needed to find where both go on alike.
                (false, false) if occasion == Occasion::Came && !self.is_filled(&self.new) => {
                    return;
                }
                (false, false) => {
                    let is_all = !self.fill(answers, ends) && ends;
                    if !self.align(is_all, occasion == Occasion::Rests) {
                        return;
                    }
                }
            }
        }
    }

    const fn is_of_units(&self) -> bool {
        self.units.ignored().is_some()
    }

    /// Whether nothing of a side can be compared now.
    fn is_spent(&self, side: &Side) -> bool {
        match self.units {
            AnswerUnits::Bytes => side.bytes().is_empty(),
            AnswerUnits::Datagrams(_) | AnswerUnits::Lines(_) => side.units() == 0,
        }
    }

    /// Whether a side has as much as is aligned at once.
    fn is_filled(&self, side: &Side) -> bool {
        side.units() >= UNIT_WINDOW || side.bytes().len() >= self.window()
    }

    fn window(&self) -> usize {
        match self.units {
            AnswerUnits::Bytes if !self.is_text() => BYTE_WINDOW,
            _ => TEXT_WINDOW,
        }
    }

    /// Whether both sides are lines of text, as far as they are known.
    fn is_text(&self) -> bool {
        let looks = |side: &Side| {
            let bytes = side.bytes();
            let bytes = &bytes[..bytes.len().min(BYTE_WINDOW)];
            let controls = bytes.iter().filter(|byte| {
                (**byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n' | 0x1B)) || **byte == 0x7F
            });
            controls.count() * 32 <= bytes.len()
        };
        looks(&self.expected) && looks(&self.new)
    }

    /// Reads a piece of what was expected; whether there was one. At the end the last line is whole although nothing ends it.
    fn pull(&mut self, answers: &mut ExpectedAnswers<'_>, ends: bool) -> bool {
        let Some((exchange, bytes)) = answers.next_piece() else {
            let is_open = ends && self.is_of_units() && self.expected.has_open_unit();
            if is_open {
                self.expected.end_unit();
            }
            return is_open;
        };
        if self.exchanges.back().is_none_or(|(_, last)| *last < exchange) {
            self.exchanges.push_back((self.expected.end(), exchange));
        }
        self.exchange_at(self.expected.offset());
        match &self.units {
            AnswerUnits::Bytes => self.expected.push(&bytes),
            AnswerUnits::Datagrams(_) => self.expected.push_datagram(&bytes),
            AnswerUnits::Lines(_) => self.expected.push_lines(&bytes),
        }
        true
    }

    /// Reads what was expected until there is as much as is aligned at once; whether there may be more.
    fn fill(&mut self, answers: &mut ExpectedAnswers<'_>, ends: bool) -> bool {
        while !self.is_filled(&self.expected) {
            if !self.pull(answers, ends) {
                return false;
            }
        }
        true
    }

    /// Passes over what is alike at the beginning; whether there was any.
    fn skip_alike(&mut self) -> bool {
        let Some(ignored) = self.units.ignored().cloned() else {
            let (expected, new) = (self.expected.bytes(), self.new.bytes());
            let most = expected.len().min(new.len());
            // At the speed of memory, as nearly all is alike.
            let alike = match expected[..most] == new[..most] {
                true => most,
                false => expected.iter().zip(new).take_while(|(one, other)| one == other).count(),
            };
            self.take((alike, 0), (alike, 0));
            return alike > 0;
        };
        let mut any = false;
        while let (Some(expected), Some(new)) = (self.expected.first_unit(), self.new.first_unit())
            && (expected == new || ignored.counted(expected) == ignored.counted(new))
        {
            let lengths = (expected.len(), new.len());
            self.take((lengths.0, 1), (lengths.1, 1));
            any = true;
        }
        any
    }

    fn take(&mut self, expected: (usize, usize), new: (usize, usize)) {
        self.expected.take(expected.0, expected.1);
        self.new.take(new.0, new.1);
        self.totals.expected += expected.0 as u64;
        self.totals.new += new.0 as u64;
    }

    /// Finds what belongs together of what differs now; whether anything was settled. `is_all`: nothing more comes of either side; else
    /// what stands behind the last stretch that is alike is left, because it may go on. `waits`: so is what has no such stretch.
    fn align(&mut self, is_all: bool, waits: bool) -> bool {
        self.back_to_line();
        let single = !self.is_of_units() && !self.is_text();
        let window = self.window();
        let lengths = [&self.expected, &self.new].map(|side| match self.units {
            AnswerUnits::Bytes => cut(side.bytes(), window, single),
            AnswerUnits::Datagrams(_) | AnswerUnits::Lines(_) => {
                side.unit_lengths().take(UNIT_WINDOW).collect()
            }
        });
        let cost = lengths.iter().map(|tokens| tokens.len() as u64).product::<u64>();
        let stretches = match self.budget.checked_sub(cost) {
            Some(left) => {
                self.budget = left;
                let [expected, new] = [(&self.expected, &lengths[0]), (&self.new, &lengths[1])]
                    .map(|(side, lengths)| tokens(side.bytes(), lengths, &self.units));
                align(&expected, &new, single)
            }
            None => vec![in_place(&lengths)],
        };
        let whole = is_all
            && lengths[0].iter().sum::<usize>() >= self.expected.bytes().len()
            && lengths[1].iter().sum::<usize>() >= self.new.bytes().len();
        // What is near to the end may belong to what is behind it.
        let is_near = |stretch: &Stretch| {
            stretch.expected.start * 2 > lengths[0].len()
                || stretch.new.start * 2 > lengths[1].len()
        };
        let last = stretches.iter().rposition(|stretch| stretch.alike && !is_near(stretch));
        let last = last.or_else(|| stretches.iter().rposition(|stretch| stretch.alike));
        let sure = match last {
            Some(last) if !whole => last + 1,
            None if waits => 0,
            _ => stretches.len(),
        };
        for Stretch { expected, new, alike } in stretches.into_iter().take(sure) {
            let sum = |side: usize, tokens: &std::ops::Range<usize>| {
                let bytes = lengths[side][tokens.clone()].iter().sum::<usize>();
                (bytes, if self.is_of_units() { tokens.len() } else { 0 })
            };
            let (expected, new) = (sum(0, &expected), sum(1, &new));
            match alike {
                true => self.take(expected, new),
                false => self.part(expected, new),
            }
        }
        sure > 0
    }

    /// All that is at hand differs.
    fn part_all(&mut self) {
        self.back_to_line();
        let all = |side: &Side| (side.bytes().len(), side.units());
        let (expected, new) = (all(&self.expected), all(&self.new));
        self.part(expected, new);
    }

    /// So many bytes, and units, of both sides differ.
    fn part(&mut self, expected: (usize, usize), new: (usize, usize)) {
        let AnswerUnits::Datagrams(_) = self.units else {
            return self.part_once(expected, new, None);
        };
        // Each is a difference of its own, and what is beyond the others belongs to none.
        for at in 0..expected.1.max(new.1) {
            let of = |side: &Side, count: usize| {
                (at < count).then(|| side.first_unit().map_or(0, <[u8]>::len))
            };
            let lengths = [of(&self.expected, expected.1), of(&self.new, new.1)];
            let [expected, new] = lengths.map(|length| length.map_or((0, 0), |it| (it, 1)));
            self.part_once(expected, new, Some(lengths.map(|length| length.is_some())));
        }
    }

    fn part_once(
        &mut self,
        expected: (usize, usize),
        new: (usize, usize),
        datagram: Option<[bool; 2]>,
    ) {
        let places = (self.expected.offset(), self.new.offset());
        let exchange = match self.is_spent(&self.expected) {
            true => self.exchange_at(places.0).max(self.played),
            false => self.exchange_at(places.0),
        };
        let goes_on = self.last.as_ref().is_some_and(|last| last.is_followed_by(exchange, places));
        if !goes_on {
            self.totals.differences += 1;
        }
        let mut difference = match self.last.take() {
            Some(last) if goes_on => last,
            _ => Difference::new(exchange, places, datagram),
        };
        difference.grow(
            self.expected.bytes().get(..expected.0).unwrap_or_default(),
            self.new.bytes().get(..new.0).unwrap_or_default(),
        );
        if self.totals.differences <= Self::KEPT as u64 {
            let kept = Arc::make_mut(&mut self.differences);
            if goes_on {
                kept.pop();
            }
            kept.push(Arc::new(difference.clone()));
        }
        self.last = Some(difference);
        self.take(expected, new);
    }

    /// Goes back to where the present line of text begins, so that it differs as a whole; no further than to the last difference.
    fn back_to_line(&mut self) {
        if self.is_of_units() || !self.is_text() {
            return;
        }
        let since = self.last.as_ref().map_or((0, 0), Difference::ends);
        let before = self.expected.line_before();
        let most = (self.expected.offset() - since.0).min(self.new.offset() - since.1);
        let length = before.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        // What is behind a difference in the same line may be cut elsewhere.
        if !self.new.line_before().ends_with(&before[before.len() - length..]) {
            return;
        }
        self.expected.give_back(length);
        self.new.give_back(length);
        self.totals.expected -= length as u64;
        self.totals.new -= length as u64;
    }

    /// To which exchange a byte of what was expected belongs, or what comes in its place.
    fn exchange_at(&mut self, place: u64) -> u64 {
        while self.exchanges.get(1).is_some_and(|(begin, _)| *begin <= place) {
            self.exchanges.pop_front();
        }
        self.exchanges.front().map_or(0, |(_, exchange)| *exchange)
    }
}

/// Cuts a stream into what is aligned: bytes, or lines of text.
fn cut(bytes: &[u8], window: usize, single: bool) -> Vec<usize> {
    let bytes = &bytes[..bytes.len().min(window)];
    if single {
        return vec![1; bytes.len()];
    }
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.map(<[u8]>::len).collect()
}

/// What of each token counts.
fn tokens<'b>(bytes: &'b [u8], lengths: &[usize], units: &AnswerUnits) -> Vec<Cow<'b, [u8]>> {
    let mut rest = bytes;
    let next = lengths.iter().map(|length| {
        let (token, behind) = rest.split_at((*length).min(rest.len()));
        rest = behind;
        match units.ignored() {
            Some(ignored) => ignored.counted(token),
            None => Cow::Borrowed(token),
        }
    });
    next.collect()
}

/// Without looking for what belongs together: both sides differ from the first byte to the last of what is at hand.
fn in_place(lengths: &[Vec<usize>; 2]) -> Stretch {
    Stretch { expected: 0..lengths[0].len(), new: 0..lengths[1].len(), alike: false }
}
