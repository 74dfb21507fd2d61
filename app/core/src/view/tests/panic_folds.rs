//! Panics folded in what a board says.

use super::*;
use crate::view::{Exporter, FindSpec};

const BEFORE: &str = "I (1) main: hello\r\n";
const PANIC: [&str; 5] = [
    "Guru Meditation Error: Core  0 panic'ed (LoadProhibited)\r\n",
    "MEPC    : 0x42001234  RA      : 0x42005678\r\n",
    "\r\n",
    "Backtrace: 0x42001234:0x3ffb1000\r\n",
    "Rebooting...\r\n",
];
const AFTER: &str = "ESP-ROM:esp32c3-api1-20210207\r\n";

fn spec() -> ViewSpec {
    ViewSpec { fold_panics: true, ..ViewSpec::default() }
}

fn settled(tape: &Tape, history: &mut History) -> Vec<String> {
    while history.advance(tape, 1 << 20).more {}
    let status = history.status();
    texts(&history.rows(tape, status.first_shown..status.shown))
}

fn texts(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.text.to_string()).collect()
}

fn crash() -> Tape {
    let mut tape = Tape::default();
    tape.data(0, Direction::In, [BEFORE, &PANIC.concat(), AFTER].concat());
    tape
}

#[test]
fn a_complete_panic_is_one_row_that_can_be_unfolded() {
    let tape = crash();
    let mut history = History::new(spec());
    let shown = settled(&tape, &mut history);
    assert_eq!(shown, [BEFORE.trim_end(), PANIC[0].trim_end(), AFTER.trim_end()]);
    let fold = history.rows(&tape, 1..2)[0].fold.expect("a fold");
    assert_eq!((fold.rows, fold.hidden), (4, true));

    history.set_spec(ViewSpec { unfolded: vec![fold.id], ..spec() });
    assert_eq!(settled(&tape, &mut history).len(), 7);
    let open = history.rows(&tape, 1..2)[0].fold.expect("still a fold");
    assert_eq!((open.rows, open.hidden), (4, false));
}

#[test]
fn a_panic_under_way_is_shown_line_by_line() {
    let mut tape = Tape::default();
    let mut history = History::new(spec());
    tape.data(0, Direction::In, BEFORE);
    for (index, line) in PANIC[..4].iter().enumerate() {
        tape.data(0, Direction::In, line);
        assert_eq!(settled(&tape, &mut history).len(), index + 2);
    }
    // Lines of others within it stay.
    tape.data(0, Direction::Out, "help\r\n");
    tape.data(0, Direction::In, PANIC[4]);
    let shown = settled(&tape, &mut history);
    assert_eq!(shown, [BEFORE.trim_end(), PANIC[0].trim_end(), "help"]);
}

#[test]
fn a_board_that_halts_is_folded_when_its_backtrace_is_told() {
    let mut tape = Tape::default();
    tape.data(0, Direction::In, PANIC[..4].concat());
    let mut history = History::new(spec());
    assert_eq!(settled(&tape, &mut history).len(), 4);
    tape.event(0, SessionEvent::Backtrace { core: None, symbols: None });
    let shown = settled(&tape, &mut history);
    assert_eq!(shown, [PANIC[0].trim_end(), "backtrace without symbols"]);
}

#[test]
fn it_does_not_matter_how_a_panic_came() {
    let whole = [BEFORE, &PANIC.concat(), AFTER].concat();
    for size in [1, 7, 64, 1000] {
        let mut tape = Tape::default();
        whole.as_bytes().chunks(size).for_each(|piece| tape.data(0, Direction::In, piece));
        let mut history = History::new(spec());
        assert_eq!(settled(&tape, &mut history).len(), 3, "in pieces of {size}");
    }
}

#[test]
fn what_is_searched_or_filtered_for_is_not_hidden_in_a_fold() {
    let tape = crash();
    let mut history = History::new(spec());
    settled(&tape, &mut history);
    let find = FindSpec { pattern: "MEPC".to_owned(), ..FindSpec::default() };
    history.find(Some(&find));
    assert_eq!(settled(&tape, &mut history).len(), 7);
    assert_eq!(history.status().find.map(|find| find.hits), Some(1));
    history.find(None);
    assert_eq!(settled(&tape, &mut history).len(), 3);
    let mut filtered = spec();
    filtered.filter.text = "mepc".to_owned();
    history.set_spec(filtered);
    assert_eq!(settled(&tape, &mut history), [PANIC[1].trim_end()]);
}

#[test]
fn what_is_folded_is_copied_with_the_row_it_is_behind() {
    let tape = crash();
    let mut history = History::new(spec());
    settled(&tape, &mut history);
    assert_eq!(texts(&history.rows_unfolded(&tape, 0..1)), [BEFORE.trim_end()]);
    let mut text = String::new();
    let mut exporter = Exporter::copy(crate::backend::TextFormat::Text, None);
    for row in history.rows_unfolded(&tape, 0..3) {
        exporter.row(&row, &mut text);
    }
    assert_eq!(text, [BEFORE, &PANIC.concat(), AFTER].concat().replace('\r', ""));
}

#[test]
fn only_a_boards_line_is_folded() {
    let mut tape = Tape::default();
    tape.received([BEFORE, &PANIC.concat(), AFTER].concat());
    let mut history = History::new(spec());
    assert_eq!(settled(&tape, &mut history).len(), 7);
}

#[test]
fn folds_go_with_the_history_that_retention_takes() {
    let mut tape = Tape::default();
    for _ in 0..15 {
        tape.data(0, Direction::In, PANIC.concat());
        tape.data(0, Direction::In, AFTER.repeat(200));
    }
    let mut history = History::new(spec());
    let all = settled(&tape, &mut history).len();
    assert_eq!(all, 15 * 201);
    tape.retire(15);
    let left = settled(&tape, &mut history);
    assert!(left.len() < all);
    assert_eq!(left.iter().filter(|row| row.starts_with("MEPC")).count(), 0);
}
