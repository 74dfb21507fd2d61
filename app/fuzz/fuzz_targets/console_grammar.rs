//! Any line to and from a board's console: what is understood is printed so that it is understood the same.
#![no_main]

use espalier_protocol::{Line, LogLine, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    if let Ok(Some(request)) = Request::parse(line) {
        let printed = request.command.to_string();
        let again = Request::parse(&printed).expect("what we print is understood");
        assert_eq!(again.expect("a command").command, request.command, "{printed}");
    }
    if let Some(understood) = Line::parse(line) {
        let printed = understood.to_string();
        assert_eq!(Line::parse(&printed).as_ref(), Some(&understood), "{printed}");
    }
    if let Some(log) = LogLine::parse(line) {
        assert!(line.contains(log.message));
    }
});
