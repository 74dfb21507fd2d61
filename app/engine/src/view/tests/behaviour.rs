//! What a window sees: growth, changes of the specification, filters, searches, wake-ups.

use espalier_core::view::{EncodingName, Filter, FindSpec, Framing, RowFormat};

use super::*;

fn lines(range: Range<u32>) -> Vec<u8> {
    range.flat_map(|n| format!("line {n}\n").into_bytes()).collect()
}

#[test]
fn a_view_follows_a_growing_capture_to_its_last_byte() {
    let folder = folder();
    let capture = capture(&folder);
    let mut window = Window::of(&capture);
    for n in 0..20_u32 {
        receive(&capture, &lines(n * 500..(n + 1) * 500));
        let rows = u64::from(n + 1) * 500;
        let page = window.draw(rows - 3..rows, |_, status| status.shown == rows);
        let page = if page.first + page.rows.len() as u64 == rows {
            page
        } else {
            window.draw(rows - 3..rows, |page, _| page.first + page.rows.len() as u64 == rows)
        };
        assert_eq!(page.rows.last().map(|row| &*row.text), Some(&*format!("line {}", rows - 1)));
    }
}

#[test]
fn a_half_line_is_shown_and_grows_into_a_whole_one() {
    let folder = folder();
    let capture = capture(&folder);
    let mut window = Window::of(&capture);
    receive(&capture, b"promp");
    window.draw(0..10, |page, _| texts(page) == ["promp"]);
    receive(&capture, b"t> ");
    window.draw(0..10, |page, _| texts(page) == ["prompt> "]);
    receive(&capture, b"\n");
    receive(&capture, b"next");
    window.draw(0..10, |page, _| texts(page) == ["prompt> ", "next"]);
}

#[test]
fn d8_what_a_filter_hides_comes_back_with_it() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, &lines(0..5000));
    append(&capture, 1, Direction::Out, 2, b"sent\n");
    let mut window = Window::of(&capture);
    assert_eq!(window.settled(0..2), ["line 0", "line 1"]);
    let filtered = |text: &str| ViewSpec {
        filter: Filter { text: text.to_owned(), ..Filter::default() },
        ..ViewSpec::default()
    };
    window.view.set_spec(filtered("line 499"));
    let page = window.draw(0..100, |page, status| status.shown == 11 && page.rows.len() == 11);
    assert_eq!(texts(&page)[..2], ["line 499", "line 4990"]);
    let direction = Filter { direction: Some(Direction::Out), ..Filter::default() };
    window.view.set_spec(ViewSpec { filter: direction, ..ViewSpec::default() });
    window.draw(0..100, |page, status| status.shown == 1 && texts(page) == ["sent"]);
    window.view.set_spec(ViewSpec::default());
    window.draw(0..3, |_, status| status.shown == 5001);
    assert_eq!(window.settled(4998..5001), ["line 4998", "line 4999", "sent"]);
}

#[test]
fn d12_blank_lines_stay_and_each_line_has_its_own_stamp() {
    let folder = folder();
    let capture = capture(&folder);
    for (at, bytes) in [(100, &b"one\n"[..]), (200, b"\n\r\n"), (300, b"\ntwo"), (400, b"\n")] {
        append(&capture, at, Direction::In, 1, bytes);
    }
    let mut window = Window::of(&capture);
    assert_eq!(window.settled(0..10), ["one", "", "", "", "two"]);
    let page = window.draw(0..10, |page, _| page.rows.len() == 5);
    let stamps: Vec<i64> = page.rows.iter().map(|row| row.at.0).collect();
    assert_eq!(stamps, [100, 200, 200, 300, 300]);
}

#[test]
fn encoding_and_framing_change_over_the_whole_history() {
    let folder = folder();
    let capture = capture(&folder);
    // GBK, one byte per read: 你好 and a newline.
    for _ in 0..300 {
        for byte in [0xC4, 0xE3, 0xBA, 0xC3, b'\n'] {
            receive(&capture, &[byte]);
        }
    }
    let mut window = Window::of(&capture);
    assert_eq!(window.settled(0..1), [r"\xC4\xE3\xBA\xC3"]);
    let gbk = ViewSpec { encoding: EncodingName("GBK".into()), ..ViewSpec::default() };
    window.view.set_spec(gbk.clone());
    window.draw(0..10, |page, _| page.rows.first().is_some_and(|row| &*row.text == "你好"));
    assert_eq!(window.settled(299..300), ["你好"]);
    window.view.set_spec(ViewSpec { framing: Framing::Packet, ..gbk.clone() });
    // A character that two reads share belongs to the first of them.
    window.draw(0..10, |_, status| status.shown == 900);
    window.view.set_spec(ViewSpec { format: RowFormat::Hex, ..gbk });
    window.draw(0..10, |page, status| status.shown == 300 && !page.rows.is_empty());
    assert_eq!(window.settled(0..1), ["C4 E3 BA C3 0A"]);
}

#[test]
fn a_search_counts_hits_and_steps_to_them() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, &lines(0..3000));
    let mut window = Window::of(&capture);
    window.settled(0..10);
    let find = |pattern: &str| FindSpec { pattern: pattern.to_owned(), ..FindSpec::default() };
    window.view.find(Some(find("LINE 29")));
    let hits = |status: &ViewStatus| status.find.clone().unwrap_or_default();
    window.draw(0..10, |_, status| hits(status).hits == 111 && hits(status).searched == 3000);
    window.view.step(1000, true);
    window.draw(0..10, |_, status| hits(status).current == Some((11, 2900)));
    window.view.step(2900, false);
    window.draw(0..10, |_, status| hits(status).current == Some((10, 299)));
    window.view.find(Some(FindSpec { regex: true, ..find("(") }));
    window.draw(0..10, |_, status| hits(status).error.is_some());
    window.view.find(None);
    window.draw(0..10, |_, status| status.find.is_none());
}

#[test]
fn scrolling_a_little_finds_the_rows_there() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, &lines(0..3000));
    let mut window = Window::of(&capture);
    assert_eq!(window.settled(1000..1002), ["line 1000", "line 1001"]);
    window.settled(1000..1050);
    let page = window.view.page();
    assert!(page.first <= 1030 && page.first + page.rows.len() as u64 >= 1080);
}

#[test]
fn a_quiet_view_wakes_nobody_and_a_busy_one_only_those_who_draw() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, b"one\n");
    let mut window = Window::of(&capture);
    window.settled(0..10);
    // Let what is under way end, drawing as a window would.
    let quiet = Duration::from_millis(200);
    while window.woken.recv_timeout(quiet).is_ok() {
        window.request_page(0..10);
    }
    for _ in 0..3 {
        window.request_page(0..10);
        assert!(window.woken.recv_timeout(quiet).is_err(), "woken without a change");
    }
    // It drew after the last wake, so one change wakes it; without drawing nothing more does.
    receive(&capture, b"two\n");
    assert!(window.woken.recv_timeout(Duration::from_secs(10)).is_ok());
    for _ in 0..20 {
        receive(&capture, b"more\n");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(window.woken.recv_timeout(quiet).is_err(), "woken without having drawn");
    window.draw(0..100, |page, _| page.rows.len() == 22);
    assert!(!window.was_woken() || window.settled(0..22).len() == 22);
}

#[test]
fn retention_takes_the_oldest_rows_and_numbers_stay() {
    let folder = folder();
    let limits = CaptureLimits { segment: 64 << 10, retention: 256 << 10 };
    let capture = Capture::open(folder.path(), limits).expect("a capture");
    let mut window = Window::of(&capture);
    for n in 0..400_u32 {
        receive(&capture, &lines(n * 200..(n + 1) * 200));
        // A view that is slower than retention could not know how many rows it missed.
        if n % 10 == 0 {
            window.settled(0..10);
        }
    }
    window.settled(0..10);
    let page = window.draw(0..50, |page, status| {
        let (done, all) = status.indexed;
        done == all && status.first_shown > 0 && page.first == status.first_shown
    });
    let first = page.rows.first().expect("a row");
    assert_eq!(*first.text, *format!("line {}", page.first), "the number is still the line's");
}

#[test]
fn a_view_can_be_made_before_its_capture_and_ends_its_thread_when_dropped() {
    let folder = folder();
    let mut window = Window::new(ViewSpec::default());
    window.draw(0..10, |page, status| page.rows.is_empty() && status.indexed == (0, 0));
    let capture = capture(&folder);
    window.view.follow(&capture);
    receive(&capture, b"late\n");
    window.draw(0..10, |page, _| texts(page) == ["late"]);
    // The worker holds the other end of the channel: it hangs up when the thread ends.
    let Window { view, woken, .. } = window;
    drop(view);
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        match woken.recv_timeout(patience.saturating_duration_since(Instant::now())) {
            Ok(()) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("the thread goes on"),
        }
    }
    receive(&capture, b"nobody looks\n");
}

#[test]
fn d7_a_view_of_what_a_killed_program_left_shows_it_all() {
    let folder = folder();
    let written = capture(&folder);
    receive(&written, &lines(0..1000));
    drop(written);
    let segment = folder.path().join("0000000000000000.pcapng");
    let whole = std::fs::read(&segment).expect("the segment");
    // The next block was torn.
    std::fs::write(&segment, [&whole[..], &whole[whole.len() - 300..whole.len() - 50]].concat())
        .expect("space");
    let window = Window::new(ViewSpec::default());
    window.view.open(crate::capture::SavedCapture::open(folder.path()).expect("a capture"));
    let mut window = window;
    assert_eq!(window.settled(999..1001), ["line 999"]);
}

#[test]
fn whatever_is_asked_in_whatever_order_the_view_settles_to_the_truth() {
    let folder = folder();
    let capture = capture(&folder);
    let mut window = Window::of(&capture);
    receive(&capture, b"line 0\n");
    let mut count = 1_u32;
    let mut filter = "";
    let mut state = 42_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (state >> 33) % below
    };
    for _ in 0..150 {
        match random(5) {
            0 | 1 => {
                let more = random(400) as u32;
                receive(&capture, &lines(count..count + more));
                count += more;
            }
            2 => {
                filter = ["", "7", "line 1", "none"][random(4) as usize];
                let filter = Filter { text: filter.to_owned(), ..Filter::default() };
                window.view.set_spec(ViewSpec { filter, ..ViewSpec::default() });
            }
            3 => {
                let pattern = ["", "9", "e 5"][random(3) as usize].to_owned();
                window.view.find(Some(FindSpec { pattern, ..FindSpec::default() }));
                window.view.step(random(1000), random(2) == 0);
            }
            _ => {
                let from = random(u64::from(count));
                window.request_page(from..from + 20);
            }
        }
        if random(3) == 0 {
            let all = (0..count).map(|n| format!("line {n}"));
            let shown: Vec<String> = all.filter(|line| line.contains(filter)).collect();
            let total = shown.len() as u64;
            window.draw(0..1, |_, status| {
                status.shown == total && status.indexed.0 == capture.kept_bytes()
            });
            let from = random(total.max(1));
            let expected: Vec<_> = shown.iter().skip(from as usize).take(20).cloned().collect();
            assert_eq!(window.settled(from..from + 20), expected);
        }
    }
}
