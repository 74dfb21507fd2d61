//! A search finds what its rows have, however their bytes came.

use proptest::prelude::*;

use super::{Tape, history, rows, settle};
use crate::Direction;
use crate::session::SessionEvent;
use crate::view::{EncodingName, Filter, FindSpec, History, Pattern, Sgr, ViewSpec};

/// What streams are made of: plain lines, and all that is shown otherwise than it came.
const PIECES: &[&[u8]] = &[
    b"error",
    b"ERROR 5g",
    b"err\x1b[0mor",
    b"\x1b[0;31mE (5) tag: ",
    b"\x1b[0m\n",
    b"\x1b[0m\r\n",
    b"\x1b[31m\x1b[1merror",
    b"\x1b[2K",
    b"\r\n",
    b"\n",
    b"\n",
    b"\r",
    b"ror",
    b"\xFF",
    b"\xFFRRor",
    b"\x01rror",
    b"ask",
    b"\xC5\xBF",
    b"\xE2\x84\xAA",
    b"\xD6\xD0\xCE\xC4",
    b"\xE4\xB8\xAD\xE6\x96\x87",
    b"\xE4\xB8",
    b"\xAD",
    b"\xE2\x80\x8B",
    b"\x83\\x",
    b"x01",
    b"plain text goes on and on",
];

const NEEDLES: &[(&str, bool, bool, bool)] = &[
    ("error", false, false, false),
    ("error", false, true, false),
    ("ask", false, false, false),
    ("中文", false, false, false),
    ("文", false, true, false),
    ("g\\xff", false, false, false),
    ("x01", false, false, false),
    (r"\x01", false, false, false),
    ("5g", false, true, false),
    ("or.", true, false, false),
    (r"^E \(\d+\)", true, true, false),
    ("error$", true, false, false),
    ("e.*or", true, false, false),
    ("[^a-z]or", true, false, false),
    ("error", false, false, true),
    ("peer", false, false, false),
];

/// Streams of several peers, cut anywhere, with long plain stretches between what matters, so that there are several blocks.
fn tape(seed: u64) -> Tape {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tape = Tape::default();
    let mut streams = vec![Vec::new(); 3];
    for _ in 0..60 {
        let stream = &mut streams[random.usize(0..3)];
        if random.u8(..) < 140 {
            let lines = random.usize(1..400);
            stream.extend(b"nothing here\r\n".repeat(lines));
        } else {
            for _ in 0..random.usize(1..6) {
                stream.extend_from_slice(PIECES[random.usize(0..PIECES.len())]);
            }
        }
    }
    while streams.iter().any(|it| !it.is_empty()) {
        let which = random.usize(0..3);
        let most = if random.bool() { 9 } else { 3000 };
        let count = random.usize(1..=most).min(streams[which].len());
        let rest = streams[which].split_off(count);
        let direction = if which == 2 { Direction::Out } else { Direction::In };
        tape.data(which as u32 / 2 + 1, direction, &streams[which]);
        streams[which] = rest;
        if random.u8(..) == 0 {
            tape.event(1, SessionEvent::PeerHalfClosed);
        }
    }
    tape
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_search_hits_the_rows_whose_text_has_it(
        seed in any::<u64>(),
        needle in prop::sample::select(NEEDLES),
        encoding in prop::sample::select(&["UTF-8", "GBK", "Shift_JIS", "windows-1252", "UTF-16LE"][..]),
    ) {
        let tape = tape(seed);
        let (text, regex, case_sensitive, whole_word) = needle;
        let spec = ViewSpec {
            encoding: EncodingName(encoding.to_owned()),
            sgr: Sgr::Stripped,
            ..ViewSpec::default()
        };
        let mut history = history(&tape, spec.clone());
        let find = FindSpec { pattern: text.into(), regex, case_sensitive, whole_word, ..FindSpec::default() };
        let pattern = Pattern::new(&find.needle()).unwrap().unwrap();
        let all = rows(&history, &tape);
        let has = |text: &str| pattern.is_in(&[], || text.into());
        let expected: Vec<_> = all.iter().filter(|row| has(&row.text)).map(|it| it.number).collect();
        history.find(Some(&find));
        settle(&mut history, &tape);
        prop_assert_eq!(history.status().find.unwrap().hits, expected.len() as u64);

        let filter = Filter { text: text.into(), regex, case_sensitive, whole_word, ..Filter::default() };
        let mut filtered = History::new(ViewSpec { filter, ..spec });
        settle(&mut filtered, &tape);
        let shown: Vec<_> = rows(&filtered, &tape).iter().map(|row| row.number).collect();
        prop_assert_eq!(shown, expected);
    }

    #[test]
    fn a_search_for_bytes_hits_the_rows_that_have_them(
        seed in any::<u64>(),
        needle in prop::sample::select(&["65 72 72", "0A", "FF ?2", "E4 B8 AD", "1B 5B 3? 6D 0D"][..]),
    ) {
        let tape = tape(seed);
        let mut history = history(&tape, ViewSpec::default());
        let find = FindSpec { pattern: needle.into(), hex: true, ..FindSpec::default() };
        let pattern = Pattern::new(&find.needle()).unwrap().unwrap();
        let all = rows(&history, &tape);
        let expected = all.iter().filter(|row| pattern.is_in(&row.bytes, || "".into())).count();
        history.find(Some(&find));
        settle(&mut history, &tape);
        prop_assert_eq!(history.status().find.unwrap().hits, expected as u64);
    }
}
