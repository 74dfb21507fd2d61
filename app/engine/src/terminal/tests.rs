//! Terminals of real captures, drawn as a window does: when woken, and only then.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use espalier_core::backend::TerminalView as _;
use espalier_core::session::{EndReason, SessionEvent};
use espalier_core::terminal::{
    GridPoint, GridScroll, GridSelection, GridSize, MouseReports, SelectionUnit, TerminalScreen,
    TerminalSpec,
};
use espalier_core::view::EncodingName;
use espalier_core::{Direction, PeerId, Timestamp};

use super::{TerminalHandle, TerminalReply};
use crate::capture::{Capture, CaptureLimits};

const SIZE: GridSize = GridSize { columns: 20, rows: 4 };

struct Bench {
    terminal: TerminalHandle,
    capture: Capture,
    woken: Receiver<()>,
    replies: Receiver<TerminalReply>,
    size: Cell<GridSize>,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// A terminal that was opened when this was there already.
    fn after(before: &[u8]) -> Self {
        Self::following(before, None)
    }

    /// The same, which answers from this place on; else from where it was opened.
    fn following(before: &[u8], live: Option<u64>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let capture = Capture::open(folder.path(), CaptureLimits::default()).unwrap();
        let (wake, woken) = sync_channel(1);
        let (reply, replies) = sync_channel(1024);
        // A full channel means that the window was told already; nobody hears a reply at the end of a test.
        let terminal = TerminalHandle::new(
            "test-terminal",
            Arc::new(move || wake.try_send(()).unwrap_or_default()),
            Box::new(move |said| reply.send(said).unwrap_or_default()),
        );
        let terminal = terminal.unwrap();
        let size = Cell::new(SIZE);
        let bench = Self { terminal, capture, woken, replies, size, _folder: folder };
        if !before.is_empty() {
            bench.receive(before);
        }
        bench.terminal.follow(&bench.capture, live);
        bench.terminal.draw(SIZE);
        bench
    }

    fn record(&self, direction: Direction, peer: u32, bytes: &[u8]) {
        self.capture.append_data(Timestamp(0), direction, PeerId(peer), None, bytes).unwrap();
    }

    fn receive(&self, bytes: &[u8]) {
        self.record(Direction::In, 1, bytes);
    }

    /// Draws whenever it is woken until it is as it should be.
    #[track_caller]
    fn until(&self, right: impl Fn(&TerminalScreen) -> bool) -> Arc<TerminalScreen> {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let screen = self.terminal.screen();
            if right(&screen) {
                return screen;
            }
            self.terminal.draw(self.size.get());
            let rest = patience.saturating_duration_since(Instant::now());
            assert!(
                self.woken.recv_timeout(rest).is_ok(),
                "never as it should be:\n{}\n{screen:?}",
                screen.text()
            );
        }
    }

    #[track_caller]
    fn shows(&self, text: &str) -> Arc<TerminalScreen> {
        self.until(|screen| screen.text() == text)
    }

    /// All that it has said, once it has obeyed everything up to here.
    fn said(&self) -> Vec<TerminalReply> {
        self.receive(b"\x1B[2J\x1B[Hsettled");
        self.shows("settled");
        self.replies.try_iter().collect()
    }
}

fn answer(bytes: &[u8]) -> TerminalReply {
    TerminalReply::Answer(PeerId(1), bytes.to_vec())
}

#[test]
fn it_draws_moves_colours_and_wraps() {
    let bench = Bench::after(b"");
    bench.receive(
        b"one\r\n\x1B[1;31mtwo\x1B[0m \x1B[7mthree\x1B[0m\r\nabc\x1B[2D\x1B[K!\x1B[4;19Hedge",
    );
    let screen = bench.shows("two three\na!\n                  ed\nge");
    // Scrolled by one: the first row is history.
    assert_eq!((screen.history, screen.offset), (1, 0));
    let styles: Vec<_> = screen.rows[0].runs.iter().map(|run| (&*run.text, run.style)).collect();
    assert_eq!(styles[0].0, "two");
    assert!(styles[0].1.bold && styles[0].1.foreground == Some(1));
    assert!(styles[1].1.reverse && styles[1].0 == "three");
    assert_eq!(screen.cursor.map(|it| it.0), Some(GridPoint { row: 3, column: 2 }));
}

#[test]
fn a_query_is_answered_when_it_comes_live_and_not_when_it_is_replayed() {
    let bench = Bench::after(b"old\x1B[5n\x1B[6n\x1B[c");
    bench.shows("old");
    // As linenoise asks, each with its NUL.
    bench.receive(b"\x1B[2J\x1B[H\x1B[5n\0\x1B[6n\0\x1B[999C\0\x1B[6n\0");
    assert_eq!(bench.said(), [answer(b"\x1B[0n\x1B[1;1R\x1B[1;20R")]);
    // Shown in another way, all of that is old.
    let spec = TerminalSpec { echo: true, ..TerminalSpec::default() };
    bench.terminal.configure(&spec, &EncodingName("GBK".to_owned()));
    assert_eq!(bench.said(), []);
}

#[test]
fn a_session_that_begins_as_a_terminal_answers_from_its_first_byte_on() {
    let bench = Bench::following(b"\x1B[5n", Some(0));
    assert_eq!(bench.said(), [answer(b"\x1B[0n")]);
}

#[test]
fn nothing_is_done_that_a_terminal_must_not_do_by_itself() {
    let bench = Bench::after(b"");
    bench.receive(
        b"\x1B]0;title\x07\x1B]52;c;cm0=\x07\x1B]52;c;?\x07\x1B[21t\x1B[8;99;99t\x1B[?3h\x07\x07\x05\x1B]11;?\x1B\\ok",
    );
    let screen = bench.shows("ok");
    assert_eq!((screen.columns, screen.rows.len()), (20, 4));
    assert_eq!(bench.said(), []);
}

#[test]
fn who_asks_without_end_is_answered_no_more() {
    let bench = Bench::after(b"");
    for _ in 0..100 {
        bench.receive(&b"\x1B[5n".repeat(100));
    }
    let said = bench.said();
    let answered: usize = said
        .iter()
        .map(|said| match said {
            TerminalReply::Answer(_, bytes) => bytes.len() / b"\x1B[0n".len(),
            TerminalReply::AskedTooOften(_) => 0,
        })
        .sum();
    assert!(answered < 5000, "{answered}");
    assert!(said.contains(&TerminalReply::AskedTooOften(PeerId(1))), "{said:?}");
}

#[test]
fn text_is_decoded_as_the_session_is() {
    let bench = Bench::after(b"");
    bench.terminal.configure(&TerminalSpec::default(), &EncodingName("GBK".to_owned()));
    bench.receive(b"\x1B[32m\xC4");
    bench.receive(b"\xE3\xBA\xC3\x1B[0m|");
    let screen = bench.shows("你好|");
    let places: Vec<_> = screen.rows[0].runs.iter().map(|run| (run.column, run.columns)).collect();
    assert_eq!(places, [(0, 2), (2, 2), (4, 1)]);
}

#[test]
fn what_is_sent_is_shown_where_nobody_else_does() {
    let bench = Bench::after(b"> ");
    bench.terminal.configure(
        &TerminalSpec { echo: true, ..TerminalSpec::default() },
        &EncodingName::default(),
    );
    bench.record(Direction::Out, 1, b"lx\x7Fs\r");
    bench.receive(b"a.txt\r\n> ");
    bench.shows("> ls\na.txt\n>");
    bench.terminal.configure(&TerminalSpec::default(), &EncodingName::default());
    bench.shows("> a.txt\n>");
}

#[test]
fn a_device_that_sends_line_feeds_alone_makes_no_staircase_where_that_is_asked() {
    let bench = Bench::after(b"one\ntwo\n");
    bench.shows("one\n   two");
    let spec = TerminalSpec { implicit_cr: true, ..TerminalSpec::default() };
    bench.terminal.configure(&spec, &EncodingName::default());
    bench.shows("one\ntwo");
}

#[test]
fn who_asks_for_the_mouse_is_told_of_it() {
    let bench = Bench::after(b"");
    bench.receive(b"\x1B[?1002h\x1B[?1006hdrags");
    let modes = bench.shows("drags").modes;
    assert_eq!((modes.mouse, modes.sgr_mouse), (MouseReports::Drags, true));
    bench.receive(b"\x1B[?1002l\x1B[?1000h\x1B[?1006l\rclicks");
    let modes = bench.shows("clicks").modes;
    assert_eq!((modes.mouse, modes.sgr_mouse), (MouseReports::Buttons, false));
}

#[test]
fn one_of_several_clients_can_be_shown() {
    let bench = Bench::after(b"first");
    bench.record(Direction::In, 2, b"second");
    bench.shows("firstsecond");
    bench.terminal.show(Some(PeerId(2)));
    bench.shows("second");
    bench.record(Direction::In, 1, b"unseen");
    bench.record(Direction::In, 2, b"!");
    bench.shows("second!");
}

#[test]
fn what_a_program_asked_for_ends_with_its_connection() {
    let bench = Bench::after(b"");
    bench.receive(b"shell\r\n\x1B[?1049h\x1B[?1h\x1B[?2004h\x1B[?1003h\x1B[?1006h\x1B[?25l\x1B[2J\x1B[Hediting");
    let screen = bench.shows("editing");
    assert!(screen.modes.alternate_screen && screen.modes.application_cursor);
    assert!(screen.modes.bracketed_paste && screen.cursor.is_none());
    let ended = SessionEvent::Ended { reason: EndReason::ClosedByPeer, detail: String::new() };
    bench.capture.append_event(Timestamp(0), PeerId(1), None, &ended).unwrap();
    bench.record(Direction::In, 2, b"again");
    let screen = bench.shows("shell\nagain");
    assert_eq!(screen.modes, Default::default());
    assert!(screen.cursor.is_some());
    // Nor does the next one begin in it when nobody has told of the end.
    bench.record(Direction::In, 2, b"\x1B[?1049h\x1B[2J\x1B[Hediting");
    bench.shows("editing");
    let at = "127.0.0.1:9".parse().unwrap();
    let connected = SessionEvent::Connected { local: at, remote: at };
    bench.capture.append_event(Timestamp(0), PeerId(3), None, &connected).unwrap();
    bench.shows("shell\nagain");
}

#[test]
fn history_scrolls_and_stays_where_one_reads() {
    let bench = Bench::after(b"");
    let lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
    bench.receive(lines.join("\r\n").as_bytes());
    bench.shows("line 96\nline 97\nline 98\nline 99");
    bench.terminal.scroll(GridScroll::Rows(10));
    let screen = bench.shows("line 86\nline 87\nline 88\nline 89");
    assert_eq!((screen.history, screen.offset, screen.cursor), (96, 10, None));
    bench.receive(b"\r\nmore");
    bench.until(|screen| screen.history == 97);
    bench.shows("line 86\nline 87\nline 88\nline 89");
    bench.terminal.scroll(GridScroll::Top);
    bench.shows("line 0\nline 1\nline 2\nline 3");
    bench.terminal.scroll(GridScroll::Bottom);
    bench.shows("line 97\nline 98\nline 99\nmore");
}

#[test]
fn cells_words_rows_and_all_can_be_copied() {
    let bench = Bench::after(b"wifi join \xE4\xBD\xA0\xE5\xA5\xBD home\r\nok\r\n");
    bench.shows("wifi join 你好 home\nok");
    let copied = |what: &[GridSelection]| {
        what.iter().for_each(|what| bench.terminal.select(*what));
        let (to, from) = sync_channel(1);
        bench.terminal.copy(Box::new(move |text| to.send(text).unwrap_or_default()));
        from.recv_timeout(Duration::from_secs(20)).unwrap()
    };
    let at = |row, column| GridPoint { row, column };
    use GridSelection::{All, Begin, Extend, Nothing};
    assert_eq!(
        copied(&[Begin(SelectionUnit::Cells, at(0, 5), false), Extend(at(0, 11), true)]),
        "join 你"
    );
    assert_eq!(copied(&[Begin(SelectionUnit::Words, at(0, 6), false)]), "join");
    assert_eq!(
        copied(&[Begin(SelectionUnit::Rows, at(0, 6), false), Extend(at(1, 0), false)]),
        "wifi join 你好 home\nok"
    );
    assert_eq!(copied(&[All]), "wifi join 你好 home\nok");
    bench.until(|screen| screen.selected == Some((at(0, 0), at(3, 19))));
    bench.terminal.select(Nothing);
    bench.until(|screen| screen.selected.is_none());
}

#[test]
fn it_follows_its_room() {
    let bench = Bench::after(b"a long line that is wrapped here\r\n$ ");
    bench.shows("a long line that is\nwrapped here\n$");
    bench.size.set(GridSize { columns: 40, rows: 4 });
    bench.shows("a long line that is wrapped here\n$");
    bench.size.set(GridSize { columns: 0, rows: 0 });
    bench.until(|screen| screen.columns == 2 && screen.rows.len() == 1);
}

#[test]
fn a_flood_is_skipped_to_its_end_and_that_is_told() {
    let bench = Bench::after(b"");
    let block = "0123456789abcdef\r\n".repeat(3640);
    for _ in 0..400 {
        bench.receive(block.as_bytes());
    }
    bench.receive(b"the end");
    let screen = bench.until(|screen| screen.text().ends_with("the end"));
    let all = 400 * block.len() as u64;
    assert!(screen.skipped < all, "{}", screen.skipped);
    assert!(screen.history <= 5000);
}

#[test]
fn what_is_combined_without_end_stays_small() {
    let bench = Bench::after(b"");
    bench.receive(format!("e{}!", "\u{301}".repeat(100_000)).as_bytes());
    let screen = bench.until(|screen| screen.text().ends_with('!'));
    assert!(screen.rows[0].runs[0].text.len() < 100, "{}", screen.rows[0].runs[0].text.len());
}

#[test]
fn noise_of_any_kind_ends_in_a_screen() {
    let bench = Bench::after(b"");
    let mut state = 7_u64;
    let mut noise = Vec::new();
    for _ in 0..200_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let byte = (state >> 56) as u8;
        noise.extend_from_slice(if byte < 40 { b"\x1B[" } else { b"" });
        noise.push(byte);
    }
    bench.receive(&noise);
    bench.size.set(GridSize { columns: 7, rows: 3 });
    // Whatever it was left in: a string that has not ended, another character set.
    bench.receive(b"\x18\x1Bcstill here");
    bench.until(|screen| screen.text().ends_with("still h\nere"));
}

#[test]
fn idle_it_wakes_nobody_and_what_was_not_drawn_is_announced_once() {
    let bench = Bench::after(b"one");
    bench.shows("one");
    while bench.woken.try_recv().is_ok() {}
    bench.terminal.draw(SIZE);
    bench.receive(b" two");
    assert!(bench.woken.recv_timeout(Duration::from_secs(20)).is_ok());
    // Not drawn since: what comes is obeyed, and announced when it has been.
    bench.receive(b" three\x1B[5n");
    assert_eq!(bench.replies.recv_timeout(Duration::from_secs(20)), Ok(answer(b"\x1B[0n")));
    assert!(bench.woken.try_recv().is_err());
    bench.shows("one two three");
}

#[test]
fn it_can_be_cleared() {
    let bench = Bench::after(b"\x1B[?1049h\x1B[?1hgarbage\x1B(0");
    bench.until(|screen| screen.modes.alternate_screen);
    bench.terminal.reset();
    bench.receive(b"clean");
    let screen = bench.shows("clean");
    assert_eq!((screen.modes, screen.history), (Default::default(), 0));
}
