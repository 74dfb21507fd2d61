//! Any text as a line of a board's log: what is found in it lies in it.
#![no_main]

use espalier_core::board::{EspLogLine, LogFilter, find_links};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    if let Some(log) = EspLogLine::parse(line) {
        assert!(line.contains(log.tag));
    }
    for link in find_links(line) {
        assert!(line.get(link.range.clone()).is_some_and(|text| !text.is_empty()));
    }
    assert!(LogFilter::default().passes(line), "an open filter passes everything");
});
