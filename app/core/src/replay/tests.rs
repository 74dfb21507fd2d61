//! Scripts and comparisons of whole conversations.

use proptest::prelude::*;

use super::*;
use crate::capture::{Encoder, Endpoints, Source, file_header};
use crate::session::{EndReason, SessionEvent};
use crate::{Direction, PeerId, Position, Progress, Timestamp, say};

const SECOND: i64 = 1_000_000_000;
const LOCAL: std::net::SocketAddr =
    std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5000);

/// A capture that is built record by record, one a second.
struct Conversation {
    bytes: Vec<u8>,
    count: i64,
    datagrams: bool,
}

impl Conversation {
    fn new() -> Self {
        Self { bytes: file_header(), count: 0, datagrams: false }
    }

    fn of(records: &[(Direction, &[u8])]) -> Vec<u8> {
        let mut it = Self::new();
        records.iter().for_each(|(direction, bytes)| it.data(1, *direction, bytes));
        it.bytes
    }

    fn ends(&self) -> Endpoints {
        let address = |port| std::net::SocketAddr::from(([192, 0, 2, 1], port));
        match self.datagrams {
            true => Endpoints::udp(address(5000), address(5001)),
            false => Endpoints::tcp(address(5000), address(5001)),
        }
    }

    fn data(&mut self, peer: u32, direction: Direction, bytes: &[u8]) {
        let mut encoder = Encoder::default();
        let (at, ends) = (Timestamp(self.count * SECOND), self.ends());
        encoder.data(at, direction, PeerId(peer), Some(&ends), bytes.len());
        for part in [encoder.head(), bytes, encoder.tail()] {
            self.bytes.extend_from_slice(part);
        }
        self.count += 1;
    }

    fn event(&mut self, peer: u32, event: &SessionEvent) {
        let mut encoder = Encoder::default();
        let (at, ends) = (Timestamp(self.count * SECOND), self.ends());
        encoder.event(at, PeerId(peer), Some(&ends), event);
        for part in [encoder.head(), encoder.tail()] {
            self.bytes.extend_from_slice(part);
        }
    }
}

fn plan(capture: &Vec<u8>, choice: &ReplayChoice) -> Result<ReplayPlan, ReplayFault> {
    ReplayPlan::of(capture, choice, false, &Progress::default())
}

fn steps(capture: &Vec<u8>, choice: &ReplayChoice) -> Vec<(PlayStepKind, u64, Vec<u8>)> {
    let peer = plan(capture, choice).unwrap().peer;
    let mut script = ReplayScript::new(capture, choice, peer, Position(u64::MAX));
    let mut all = Vec::new();
    while let Some(step) = script.next() {
        all.push((step.kind, step.exchange, step.bytes.to_vec()));
    }
    all
}

/// What a comparison of an expected stream with this new one finds.
fn compare(expected: &[&[u8]], new: &[&[u8]], units: AnswerUnits) -> Comparison {
    let datagrams = matches!(units, AnswerUnits::Datagrams(_));
    let mut then = Conversation { datagrams, ..Conversation::new() };
    then.data(1, Direction::Out, b"go");
    expected.iter().for_each(|bytes| then.data(1, Direction::In, bytes));
    let choice = ReplayChoice::default();
    let script = ReplayScript::new(&then.bytes, &choice, PeerId(1), Position(u64::MAX));
    let mut answers = ExpectedAnswers::new(script, None);
    let mut comparison = Comparison::new(units);
    new.iter().for_each(|bytes| comparison.came(bytes, &mut answers));
    comparison.close(&mut answers);
    comparison
}

fn told(comparison: &Comparison) -> Vec<(DifferenceKind, u64, String, String)> {
    let told = |difference: &std::sync::Arc<Difference>| {
        let [expected, new] = difference.sides().map(|[before, differs, behind]| {
            let [before, differs, behind] =
                [before, differs, behind].map(|it| it.escape_ascii().to_string());
            format!("{before}[{differs}]{behind}")
        });
        (difference.kind(), difference.first_byte(), expected, new)
    };
    comparison.differences().iter().map(told).collect()
}

fn ignoring(expressions: &[&str]) -> IgnorePatterns {
    let expressions: Vec<_> = expressions.iter().map(|&it| it.to_owned()).collect();
    IgnorePatterns::new(&expressions).unwrap()
}

#[test]
fn a_script_has_parts_and_the_answers_between_them() {
    use Direction::{In, Out};
    use PlayStepKind::{Expect, Finish, Play};
    let mut capture = Conversation::new();
    capture.data(1, In, b"hello");
    capture.data(1, Out, b"a");
    capture.data(2, Out, b"of another one");
    capture.data(1, Out, b"b");
    capture.data(1, In, b"A");
    capture.data(1, In, b"B");
    capture.data(1, Out, b"c");
    capture.event(1, &SessionEvent::HalfClosed);
    capture.data(1, In, b"C");
    let capture = capture.bytes;
    let choice = ReplayChoice { peer: Some(PeerId(1)), ..ReplayChoice::default() };
    let step = |kind, exchange, bytes: &[u8]| (kind, exchange, bytes.to_vec());
    assert_eq!(
        steps(&capture, &choice),
        [
            step(Expect, 0, b"hello"),
            step(Play, 1, b"a"),
            step(Play, 1, b"b"),
            step(Expect, 1, b"A"),
            step(Expect, 1, b"B"),
            step(Play, 2, b"c"),
            step(Finish, 2, b""),
            step(Expect, 2, b"C"),
        ]
    );
    let found = plan(&capture, &choice).unwrap();
    assert_eq!((found.parts, found.bytes, found.expected, found.exchanges), (3, 3, 8, 2));
    assert_eq!((found.first, found.last), (Timestamp(0), Timestamp(7 * SECOND)));
    let other_side = ReplayChoice { direction: In, ..choice.clone() };
    let played: Vec<_> = steps(&capture, &other_side);
    assert_eq!(played[0], step(Play, 1, b"hello"));
    assert_eq!(played[1], step(Expect, 1, b"a"));
    let (since, until) = (Some(Timestamp(3 * SECOND)), Some(Timestamp(5 * SECOND)));
    let part = ReplayChoice { since, until, ..choice };
    assert_eq!(steps(&capture, &part), [step(Play, 1, b"b"), step(Expect, 1, b"A")]);
}

fn ended(reason: EndReason) -> SessionEvent {
    SessionEvent::Ended { reason, detail: String::new() }
}

#[test]
fn the_second_fin_of_a_connection_is_its_end() {
    use Direction::{In, Out};
    use PlayStepKind::{Expect, Finish, FinishAfter, Play};
    let mut capture = Conversation::new();
    capture.data(1, Out, b"ask");
    capture.event(1, &SessionEvent::HalfClosed);
    capture.data(1, In, b"answer");
    capture.event(1, &ended(EndReason::ClosedByUs));
    let choice = ReplayChoice::default();
    let kinds = |choice: &ReplayChoice| -> Vec<_> {
        steps(&capture.bytes, choice).into_iter().map(|(kind, ..)| kind).collect()
    };
    assert_eq!(kinds(&choice), [Play, Finish, Expect], "the end was the other side's FIN");
    assert!(!plan(&capture.bytes, &choice).unwrap().half_open);
    let other = ReplayChoice { direction: In, ..choice };
    assert_eq!(kinds(&other), [Expect, Play, FinishAfter]);
    assert!(plan(&capture.bytes, &other).unwrap().half_open, "it answered behind the FIN");
    let mut broken = Conversation::new();
    broken.data(1, In, b"answer");
    broken.event(1, &SessionEvent::HalfClosed);
    broken.event(1, &ended(EndReason::ResetByPeer));
    let found: Vec<_> = steps(&broken.bytes, &other).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(found, [Play]);
    assert!(!plan(&broken.bytes, &other).unwrap().half_open);
}

/// A capture of which retention has taken the first bytes, and whose last record is cut off.
struct Remains(Vec<u8>, u64);

impl Source for Remains {
    fn extent(&self) -> std::ops::Range<u64> {
        self.1..self.0.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        if at < self.1 { 0 } else { self.0.read_at(at, into) }
    }

    fn torn(&self) -> u64 {
        7
    }
}

#[test]
fn what_retention_took_and_what_was_cut_off_are_told() {
    use Direction::{In, Out};
    let mut capture = Conversation::new();
    capture.data(1, Out, b"gone");
    let kept = capture.bytes.len() as u64;
    capture.data(1, Out, b"ask");
    capture.data(1, In, b"answer");
    capture.event(2, &SessionEvent::Connected { local: LOCAL, remote: LOCAL });
    capture.data(2, Out, b"whole");
    let capture = Remains(capture.bytes, kept);
    let of = |choice: &ReplayChoice, damaged| {
        ReplayPlan::of(&capture, choice, damaged, &Progress::default())
    };
    let one = ReplayChoice { peer: Some(PeerId(1)), ..ReplayChoice::default() };
    assert_eq!(of(&one, false), Err(ReplayFault::Torn(7)));
    let accepted = of(&one, true).unwrap();
    assert_eq!(accepted.faults(), [ReplayFault::Torn(7), ReplayFault::Retired(kept)]);
    assert_eq!((accepted.parts, accepted.expected), (1, 6));
    let whole = ReplayChoice { peer: Some(PeerId(2)), ..ReplayChoice::default() };
    assert_eq!(of(&whole, true).unwrap().retired, 0, "its beginning is there");
    let later = ReplayChoice { since: Some(Timestamp(2 * SECOND)), direction: In, ..one };
    assert_eq!(of(&later, true).unwrap().retired, 0, "what is gone was not chosen");
}

#[test]
fn places_choose_the_records_between_them() {
    let capture = Conversation::of(&[
        (Direction::Out, b"one"),
        (Direction::In, b"1"),
        (Direction::Out, b"two"),
    ]);
    let mut cursor = crate::capture::Cursor::new(&capture, Position(0));
    let mut places = Vec::new();
    while let Some(record) = cursor.next() {
        places.push(record.position);
    }
    let choice = ReplayChoice {
        places: Some(places[1]..Position(places[2].0 + 1)),
        ..ReplayChoice::default()
    };
    let kinds: Vec<_> = steps(&capture, &choice).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [PlayStepKind::Expect, PlayStepKind::Play]);
}

#[test]
fn what_cannot_be_played_is_told_before_anything_is_sent() {
    use Direction::{In, Out};
    let nothing = Conversation::of(&[(In, b"only received")]);
    let choice = ReplayChoice::default();
    assert_eq!(plan(&nothing, &choice), Err(ReplayFault::Empty(Out, None)));
    let mut several = Conversation::new();
    (1..=20).for_each(|peer| several.data(peer, Out, b"x"));
    let fault = plan(&several.bytes, &choice).unwrap_err();
    assert!(matches!(&fault, ReplayFault::SeveralPeers(named, 20) if named.len() == 8));
    assert!(fault.to_string().contains("#1, #2"), "{fault}");
    let one = ReplayChoice { peer: Some(PeerId(7)), ..choice.clone() };
    assert_eq!(plan(&several.bytes, &one).unwrap().peer, PeerId(7));
    let none = ReplayChoice { peer: Some(PeerId(21)), ..choice.clone() };
    assert_eq!(plan(&several.bytes, &none), Err(ReplayFault::Empty(Out, none.peer)));
    let progress = Progress::default();
    progress.cancel();
    let cancelled = ReplayPlan::of(&several.bytes, &one, false, &progress);
    assert_eq!(cancelled, Err(ReplayFault::Cancelled));
}

#[test]
fn damage_and_a_snapshot_length_are_refused_unless_they_are_accepted() {
    let whole = Conversation::of(&[
        (Direction::Out, b"first"),
        (Direction::Out, b"second"),
        (Direction::Out, b"third"),
    ]);
    let choice = ReplayChoice::default();
    let second = whole.windows(6).position(|it| it == b"second").unwrap();
    // Its length, in the block's head: damage.
    let begin = whole[..second].windows(4).rposition(|it| it == [6, 0, 0, 0]).unwrap();
    let mut damaged = whole.clone();
    damaged[begin + 4] ^= 0xFF;
    assert!(matches!(plan(&damaged, &choice), Err(ReplayFault::Damaged(_))));
    let accepted = ReplayPlan::of(&damaged, &choice, true, &Progress::default()).unwrap();
    assert_eq!((accepted.parts, accepted.damage.is_some()), (2, true));
    // The original length is one more than what there is.
    let mut cut = whole;
    let original = cut[begin + 24];
    cut[begin + 24] = original + 1;
    assert_eq!(plan(&cut, &choice), Err(ReplayFault::Cut(1)));
    assert_eq!(ReplayPlan::of(&cut, &choice, true, &Progress::default()).unwrap().parts, 3);
}

#[test]
fn what_an_import_lacked_is_told_too() {
    let mut capture = Conversation::new();
    capture.data(1, Direction::Out, b"first");
    let note = say!(
        "foreign-missing-sent",
        "{bytes} sent bytes are missing from the capture",
        bytes = 1460
    );
    capture.event(1, &SessionEvent::Note(note));
    capture.data(1, Direction::Out, b"third");
    let choice = ReplayChoice::default();
    assert_eq!(plan(&capture.bytes, &choice), Err(ReplayFault::Lacking(1460)));
    let accepted = ReplayPlan::of(&capture.bytes, &choice, true, &Progress::default()).unwrap();
    assert_eq!((accepted.parts, accepted.lacking), (2, 1460));
}

#[test]
fn segments_are_no_difference_and_what_differs_is_told_with_its_line() {
    let same = compare(&[b"OK\r\nREADY\r\n"], &[b"O", b"K\r\nREA", b"DY\r\n"], AnswerUnits::Bytes);
    assert_eq!((same.totals().differences, same.totals().new), (0, 11));
    let changed = compare(&[b"OK\r\nv=1\r\n"], &[b"OK\r\nv=", b"2\r\n"], AnswerUnits::Bytes);
    let one =
        |kind, at, expected: &str, new: &str| vec![(kind, at, expected.to_owned(), new.to_owned())];
    let wanted = one(DifferenceKind::Changed, 6, r"v=[1]\r\n", r"v=[2]\r\n");
    assert_eq!(told(&changed), wanted);
    let less = compare(&[b"one\ntwo\nthree\n"], &[b"one\nthree\n"], AnswerUnits::Bytes);
    assert_eq!(told(&less), one(DifferenceKind::Missing, 4, r"[two\n]", "[]"));
    let more = compare(&[b"one\nthree\n"], &[b"one\ntwo\nthree\n"], AnswerUnits::Bytes);
    assert_eq!(told(&more), one(DifferenceKind::Additional, 4, "[]", r"[two\n]"));
    let nothing = compare(&[b"all of it"], &[], AnswerUnits::Bytes);
    assert_eq!(told(&nothing), one(DifferenceKind::Missing, 0, "[all of it]", "[]"));
    let end = compare(&[b"v=1"], &[b"v=12"], AnswerUnits::Bytes);
    assert_eq!(told(&end), one(DifferenceKind::Additional, 3, "v=1[]", "v=1[2]"));
}

#[test]
fn bytes_that_are_no_text_go_on_alike_behind_a_difference() {
    let expected: Vec<u8> = (0..=255).chain(0..=255).collect();
    let mut new = expected.clone();
    new[100] = 0xFF;
    new.drain(200..203);
    let found = compare(&[&expected], &[&new], AnswerUnits::Bytes);
    let places: Vec<_> = found
        .differences()
        .iter()
        .map(|it| (it.first_byte(), it.expected_length, it.new_length))
        .collect();
    assert_eq!(places, [(100, 1, 1), (200, 3, 0)]);
}

#[test]
fn datagrams_are_compared_as_such() {
    let units = || AnswerUnits::Datagrams(IgnorePatterns::default().into());
    assert_eq!(compare(&[b"ab", b"", b"c"], &[b"ab", b"", b"c"], units()).totals().differences, 0);
    // One by one, although the bytes of all are the same.
    let cut = compare(&[b"ab", b"c"], &[b"a", b"bc"], units());
    let one = |kind, at, expected: &str, new: &str| (kind, at, expected.to_owned(), new.to_owned());
    assert_eq!(
        told(&cut),
        [
            one(DifferenceKind::Changed, 1, "a[b]", "a[]"),
            one(DifferenceKind::Changed, 2, "[]c", "[b]c"),
        ]
    );
    let kinds = |found: Comparison| -> Vec<_> {
        found
            .differences()
            .iter()
            .map(|it| (it.kind(), it.expected_length, it.new_length))
            .collect()
    };
    let more = compare(&[b"x"], &[b"y", b"", b"z"], units());
    assert_eq!(
        kinds(more),
        [
            (DifferenceKind::Changed, 1, 1),
            (DifferenceKind::Additional, 0, 0),
            (DifferenceKind::Additional, 0, 1),
        ]
    );
    assert_eq!(kinds(compare(&[b""], &[], units())), [(DifferenceKind::Missing, 0, 0)]);
    let lost = compare(&[b"1", b"2", b"3"], &[b"1", b"3"], units());
    assert_eq!(told(&lost), [(DifferenceKind::Missing, 1, "[2]".to_owned(), "[]".to_owned())]);
    assert_eq!(compare(&[b"1", b""], &[b"1"], units()).totals().differences, 1, "an empty one");
}

#[test]
fn what_is_ignored_is_no_difference() {
    let expected: &[&[u8]] = &[b"12:00:01 temp 20\n", b"12:00:02 temp 21\n"];
    let new: &[&[u8]] = &[b"9:13:59 te", b"mp 20\n9:14:00 temp 22\n"];
    let units = AnswerUnits::of(false, ignoring(&[r"\d+:\d\d:\d\d"]));
    let found = compare(expected, new, units);
    assert_eq!(found.totals().differences, 1);
    assert_eq!(found.differences()[0].new, b"9:14:00 temp 22\n");
    let counters = || AnswerUnits::of(false, ignoring(&["[0-9]+"]));
    assert_eq!(compare(&[b"n=1"], &[b"n=10", b"0"], counters()).totals().differences, 0);
    assert_eq!(compare(&[b"n=1\nend"], &[b"n=77\nend"], counters()).totals().differences, 0);
    let bytes = AnswerUnits::of(true, ignoring(&[r"^\xFF."]));
    assert_eq!(compare(&[b"\xFF\x01ab"], &[b"\xFF\x82ab"], bytes).totals().differences, 0);
    assert!(IgnorePatterns::new(&["(".to_owned()]).is_err());
}

#[test]
fn an_answer_is_measured_in_what_counts() {
    let size = |units: AnswerUnits, pieces: &[&[u8]]| {
        let mut meter = AnswerMeter::new(units);
        pieces.iter().for_each(|piece| meter.push(piece));
        meter.size()
    };
    assert_eq!(size(AnswerUnits::Bytes, &[b"ab", b"c"]), 3);
    assert_eq!(size(AnswerUnits::of(true, IgnorePatterns::default()), &[b"ab", b""]), 2);
    let lines = || AnswerUnits::of(false, ignoring(&["[0-9]+"]));
    assert_eq!(size(lines(), &[b"n=12", b"34\nok"]), size(lines(), &[b"n=1\nok"]));
}

#[test]
fn what_differs_is_told_at_rest_as_far_as_it_is_sure() {
    let then = Conversation::of(&[
        (Direction::Out, b"go"),
        (Direction::In, b"one\ntwo\n"),
        (Direction::Out, b"go"),
        (Direction::In, b"two\nmore\n"),
    ]);
    let choice = ReplayChoice::default();
    let script = ReplayScript::new(&then, &choice, PeerId(1), Position(u64::MAX));
    let mut answers = ExpectedAnswers::new(script, Some(1));
    let mut comparison = Comparison::new(AnswerUnits::Bytes);
    comparison.came(b"ONE\n", &mut answers);
    comparison.rest(&mut answers);
    assert_eq!(comparison.totals().differences, 0, "nothing alike has come yet");
    comparison.came(b"two\n", &mut answers);
    comparison.rest(&mut answers);
    assert_eq!(comparison.totals().differences, 1);
    answers.go_to(None);
    comparison.came(b"two\nmore\n", &mut answers);
    comparison.close(&mut answers);
    assert_eq!((comparison.totals().differences, comparison.differences()[0].exchange), (1, 1));
}

#[test]
fn a_flood_of_differences_costs_no_more_than_its_limit() {
    let lines = |word: &str| (0..5000).map(|n| format!("{n} {word}\nsame\n")).collect::<String>();
    let (expected, new) = (lines("was"), lines("is"));
    let found = compare(&[expected.as_bytes()], &[new.as_bytes()], AnswerUnits::Bytes);
    assert!(found.totals().differences > 4000);
    assert_eq!(found.differences().len(), Comparison::KEPT);
    assert_eq!(found.totals().new, new.len() as u64);
    let noise = |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..20_000).map(|_| random.u8(..)).collect::<Vec<_>>()
    };
    let (expected, new) = (noise(1), noise(2));
    let found = compare(&[&expected], &[&new], AnswerUnits::Bytes);
    let totals = found.totals();
    assert_eq!((totals.expected, totals.new), (20_000, 20_000));
    assert!(found.differences().iter().all(|it| it.new.len() <= Difference::KEPT));
}

/// What came, by what was expected and the differences.
fn rebuilt(expected: &[u8], comparison: &Comparison) -> Vec<u8> {
    let mut built = Vec::new();
    let mut at = 0;
    for difference in comparison.differences().iter() {
        let begin = difference.expected_at as usize;
        built.extend_from_slice(&expected[at..begin]);
        assert_eq!(built.len() as u64, difference.new_at);
        assert_eq!(difference.expected, expected[begin..difference.ends().0 as usize]);
        built.extend_from_slice(&difference.new);
        at = difference.ends().0 as usize;
    }
    built.extend_from_slice(&expected[at..]);
    built
}

fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).filter(|it| !it.is_empty()).collect()
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::collection::vec(prop::sample::select(b"ab\n".to_vec()), 0..200);
    let bytes = prop::collection::vec(0_u8..4, 0..200);
    prop_oneof![text, bytes]
}

proptest! {
    #[test]
    fn differences_lead_from_what_was_expected_to_what_came(
        expected in stream(),
        new in stream(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
        others in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let (was, is) = (pieces(&expected, &cuts), pieces(&new, &others));
        for units in [AnswerUnits::Bytes, AnswerUnits::of(false, ignoring(&["never"]))] {
            let found = compare(&was, &is, units);
            prop_assert_eq!(rebuilt(&expected, &found), new.clone());
            prop_assert_eq!(found.totals().new, new.len() as u64);
            prop_assert_eq!(found.totals().expected, expected.len() as u64);
            prop_assert_eq!(found.totals().differences == 0, expected == new);
        }
    }

    #[test]
    fn however_both_are_cut_what_is_alike_is_alike(
        stream in stream(),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
        others in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let found = compare(&pieces(&stream, &cuts), &pieces(&stream, &others), AnswerUnits::Bytes);
        prop_assert_eq!(found.totals().differences, 0);
    }

    #[test]
    fn datagrams_lead_from_one_to_the_other_too(
        was in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..12),
        is in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..12),
    ) {
        let (one, other): (Vec<_>, Vec<_>) =
            (was.iter().map(Vec::as_slice).collect(), is.iter().map(Vec::as_slice).collect());
        let found = compare(&one, &other, AnswerUnits::of(true, IgnorePatterns::default()));
        prop_assert_eq!(rebuilt(&was.concat(), &found), is.concat());
        prop_assert_eq!(found.totals().differences == 0, was == is);
    }
}
