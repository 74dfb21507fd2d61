//! What is right while a capture is still being indexed, or grows.

use super::{Tape, history, settle};
use crate::view::{
    Filter, FindSpec, Framing, History, PageRequest, RowFormat, RowVisibility, ViewSpec,
};

/// Some 20 MB of lines with their number.
fn large() -> Tape {
    let mut tape = Tape::default();
    for block in 0..200 {
        let text: String = (0..1000)
            .map(|line| format!("{:6} {}\n", block * 1000 + line, "·".repeat(46)))
            .collect();
        tape.received(text);
    }
    tape
}

#[test]
fn after_a_change_the_visible_rows_are_right_long_before_the_rest() {
    let tape = large();
    let mut history = history(&tape, ViewSpec::default());
    let revision = history.status().revision;
    let before = history.page(&tape, &PageRequest::rows(revision, 150_000..150_040), 0).0;
    let filter = Filter { text: "[02468] ·".into(), regex: true, ..Filter::default() };
    for spec in [
        ViewSpec { filter, ..ViewSpec::default() },
        ViewSpec { format: RowFormat::HexText, ..ViewSpec::default() },
        ViewSpec { framing: Framing::Packet, ..ViewSpec::default() },
    ] {
        let framing = spec.framing.clone();
        history.set_spec(spec);
        while history.page(&tape, &PageRequest::rows(revision, 0..1), 0).0.rows.is_empty() {
            assert!(history.advance(&tape, 1 << 20).more);
        }
        for _ in 0..2 {
            history.advance(&tape, 1 << 20);
        }
        let (indexed, all) = history.status().indexed;
        assert!(indexed < all / 2, "{indexed} of {all}");
        // Numbers of the old revision, so the anchor says where to go on.
        let page = history.page(&tape, &PageRequest::rows(revision, 150_000..150_040), 0).0;
        let anchor = &page.rows[(page.anchor - page.first) as usize];
        if framing == Framing::Line {
            assert_eq!(anchor.position, before.rows[0].position);
            assert_eq!(anchor.bytes[..16], before.rows[0].bytes[..16]);
        }
        let near = page.revision();
        let same_rows = history.rows(&tape, page.anchor..page.anchor + 1);
        assert_eq!(same_rows[0].number, anchor.number);
        let same_page =
            history.page(&tape, &PageRequest::rows(near, page.anchor..page.anchor + 40), 0).0;
        assert_eq!(same_page.rows[0].number, anchor.number);
        settle(&mut history, &tape);
        assert!(history.status().revision > near);
        let settled =
            history.page(&tape, &PageRequest::rows(near, page.anchor..page.anchor + 40), 0).0;
        let settled_anchor = &settled.rows[(settled.anchor - settled.first) as usize];
        assert_eq!(
            (settled_anchor.position, &settled_anchor.bytes),
            (anchor.position, &anchor.bytes)
        );
        // Back, for the next one.
        history.set_spec(ViewSpec::default());
        settle(&mut history, &tape);
        let revision = history.status().revision;
        history.page(&tape, &PageRequest::rows(revision, 150_000..150_040), 0);
    }
}

#[test]
fn a_new_filter_keeps_following_the_end() {
    let mut tape = large();
    let mut history = history(&tape, ViewSpec::default());
    history.page(&tape, &PageRequest::newest(40), 0);
    history.set_spec(ViewSpec {
        filter: Filter { text: "·".into(), ..Filter::default() },
        ..ViewSpec::default()
    });
    for number in 0..3 {
        tape.received(format!("tail · {number}\n"));
        history.advance(&tape, 1 << 20);
        history.advance(&tape, 1 << 20);
        let page = history.page(&tape, &PageRequest::newest(40), 0).0;
        assert_eq!(
            page.rows.last().map(|row| row.text.to_string()),
            Some(format!("tail · {number}"))
        );
    }
}

#[test]
fn the_newest_rows_that_pass_a_filter_are_found_backwards_from_the_end() {
    let tape = large();
    let mut history = history(&tape, ViewSpec::default());
    history.page(&tape, &PageRequest::newest(40), 0);
    let rare = Filter { text: "500 ·".into(), ..Filter::default() };
    history.set_spec(ViewSpec { filter: rare, ..ViewSpec::default() });
    let page = loop {
        let (page, settled) = history.page(&tape, &PageRequest::newest(40), 0);
        if settled {
            break page;
        }
        assert!(history.advance(&tape, 1 << 20).more);
    };
    // What is looked at is cut before the rest.
    let (indexed, all) = history.status().indexed;
    assert!(indexed < all / 6, "{indexed} of {all}");
    let numbers: Vec<String> = page.rows.iter().map(|row| row.text[..6].to_owned()).collect();
    let newest: Vec<String> = (160..200).map(|block| format!("{:6}", block * 1000 + 500)).collect();
    assert_eq!(numbers, newest);
    settle(&mut history, &tape);
    let (page, settled) = history.page(&tape, &PageRequest::newest(40), 0);
    assert!(settled && page.numbers() == (160..200), "{:?}", page.numbers());
}

/// Draws the newest rows until they are there; the numbers that their lines begin with.
fn newest(history: &mut History, records: &Tape, budget: u64) -> Vec<u64> {
    loop {
        let (page, settled) = history.page(records, &PageRequest::newest(40), 0);
        if settled {
            assert_eq!(page.rows.len(), 40);
            return page.rows.iter().map(|row| row.text[..6].trim().parse().unwrap()).collect();
        }
        assert!(history.advance(records, budget).more);
    }
}

#[test]
fn the_end_of_a_large_capture_is_there_long_before_the_rest() {
    let tape = large();
    let mut history = History::new(ViewSpec::default());
    let end: Vec<u64> = (199_960..200_000).collect();
    assert_eq!(newest(&mut history, &tape, 1 << 20), end);
    let (indexed, all) = history.status().indexed;
    assert!(indexed < all / 8, "{indexed} of {all}");
    let early = history.status().revision;
    settle(&mut history, &tape);
    assert_eq!(newest(&mut history, &tape, 1 << 20), end);
    let status = history.status();
    assert!(status.revision > early && status.shown == 200_000, "{status:?}");
    // The same for the few that pass a filter.
    let rare = Filter { text: "500 ·".into(), ..Filter::default() };
    let mut history = History::new(ViewSpec { filter: rare, ..ViewSpec::default() });
    let rare: Vec<u64> = (160..200).map(|block| block * 1000 + 500).collect();
    assert_eq!(newest(&mut history, &tape, 1 << 20), rare);
    let (indexed, all) = history.status().indexed;
    assert!(indexed < all / 4, "{indexed} of {all}");
    settle(&mut history, &tape);
    assert_eq!(newest(&mut history, &tape, 1 << 20), rare);
}

#[test]
fn a_capture_that_grows_faster_than_it_is_cut_is_followed_all_the_same() {
    let mut tape = large();
    let mut history = history(&tape, ViewSpec::default());
    newest(&mut history, &tape, 1 << 20);
    for round in 0..100 {
        let first = 200_000 + round * 20_000;
        for part in 0..20 {
            let lines = first + part * 1000..first + (part + 1) * 1000;
            tape.received(
                lines.map(|line| format!("{line:6} {}\n", "·".repeat(46))).collect::<String>(),
            );
        }
        history.advance(&tape, 1 << 20);
        let (page, _) = history.page(&tape, &PageRequest::newest(40), 0);
        let lines: Vec<u64> = page.rows.iter().map(|row| row.number).collect();
        assert!(lines.len() == 40 && lines.windows(2).all(|it| it[1] == it[0] + 1), "{lines:?}");
        let last: u64 = page.rows[39].text.split(' ').next().unwrap().parse().unwrap();
        let behind = first + 20_000 - 1 - last;
        assert!(behind < 80_000, "{behind} rows behind in round {round}");
    }
}

#[test]
fn a_page_is_not_settled_before_it_can_be_what_was_wanted() {
    let mut tape = large();
    let mut history = History::new(ViewSpec::default());
    history.advance(&tape, 1 << 20);
    let (page, settled) = history.page(&tape, &PageRequest::newest(40), 0);
    assert!(!settled && page.rows.len() == 40, "there are newer ones");
    let revision = page.revision();
    assert!(history.page(&tape, &PageRequest::rows(revision, 10..50), 0).1, "these are these");
    assert!(!history.page(&tape, &PageRequest::rows(revision, 150_000..150_040), 0).1);
    settle(&mut history, &tape);
    assert!(history.page(&tape, &PageRequest::newest(40), 0).1);
    // An end that moves on is reached all the same.
    tape.received("more\n");
    assert!(history.page(&tape, &PageRequest::newest(40), 0).1);
    // What retention took since is missed, and blank until that is known.
    tape.retire(50);
    let (page, settled) = history.page(&tape, &PageRequest::rows(revision, 10..50), 0);
    assert!(!settled && page.rows.len() == 40);
    settle(&mut history, &tape);
    let (page, settled) = history.page(&tape, &PageRequest::rows(revision, 10..50), 0);
    assert!(settled && (50_000..51_100).contains(&page.first) && page.rows.len() == 40);
}

#[test]
fn the_selected_row_is_found_under_its_new_number() {
    let tape = large();
    let mut history = history(&tape, ViewSpec::default());
    let revision = history.status().revision;
    let (page, _) = history.page(&tape, &PageRequest::rows(revision, 150_000..150_040), 0);
    let place = |index: usize| Some((page.rows[index].position, page.rows[index].offset));
    let standing = |history: &mut History, selected| {
        let wanted = PageRequest { selected, ..PageRequest::rows(revision, 150_000..150_040) };
        history.page(&tape, &wanted, 0).0.selected.map(|it| it.1)
    };
    assert_eq!(standing(&mut history, place(5)), Some(RowVisibility::Row(150_005)));
    let odd = Filter { text: "[13579] ·".into(), regex: true, ..Filter::default() };
    history.set_spec(ViewSpec { filter: odd, ..ViewSpec::default() });
    assert_eq!(standing(&mut history, place(5)), Some(RowVisibility::Unknown));
    settle(&mut history, &tape);
    assert_eq!(standing(&mut history, place(5)), Some(RowVisibility::Row(75_002)));
    assert_eq!(standing(&mut history, place(6)), Some(RowVisibility::Hidden));
    assert_eq!(standing(&mut history, None), None);
}

#[test]
fn previous_goes_back_through_hits_and_waits_for_what_is_not_read_yet() {
    let tape = large();
    let mut history = History::new(ViewSpec::default());
    history.find(Some(&FindSpec { pattern: "99999 ".into(), ..FindSpec::default() }));
    history.advance(&tape, 1 << 20);
    history.step(0, true);
    settle(&mut history, &tape);
    let find = history.status().find.unwrap();
    assert_eq!((find.hits, find.searched, find.current), (2, 200_000, Some((0, 99_999))));
    history.step(99_999, false);
    settle(&mut history, &tape);
    assert_eq!(history.status().find.unwrap().current, Some((1, 199_999)));
}
