//! A capture that grows faster than anybody draws.

use std::sync::atomic::{AtomicBool, Ordering};

use espalier_core::view::Filter;

use super::*;

/// A thread that receives numbered lines as fast as the disk takes them, and its view, until this is dropped.
struct Flood {
    window: Window,
    stop: Arc<AtomicBool>,
    writer: Option<std::thread::JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Flood {
    /// Bounded, should nobody stop it.
    const MOST: u64 = 50_000_000;
    /// Rows that the view may not know yet: beyond that the oldest would go before they were numbered.
    const AHEAD: u64 = 50_000;

    fn new() -> Self {
        let folder = folder();
        let limits = CaptureLimits { segment: 4 << 20, retention: 32 << 20 };
        let capture = Capture::open(folder.path(), limits).expect("a capture");
        let window = Window::of(&capture);
        let stop = Arc::<AtomicBool>::default();
        let (stopped, view) = (stop.clone(), window.view.clone());
        let thread = std::thread::Builder::new().name("flood".to_owned());
        let writer = thread.spawn(move || {
            for first in (0..Self::MOST).step_by(1000) {
                while first > view.status().rows + Self::AHEAD && !stopped.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let lines: String = (first..first + 1000).map(|n| format!("line {n}\n")).collect();
                receive(&capture, lines.as_bytes());
            }
        });
        Self { window, stop, writer: Some(writer.expect("a thread")), _folder: folder }
    }

    /// The next page that is announced, when these are wanted.
    fn page(&self, wanted: &PageRequest) -> Page {
        let patience = Duration::from_secs(20);
        self.window.woken.recv_timeout(patience).expect("a flood has news");
        let page = self.window.view.page();
        self.window.view.request_page(wanted.clone());
        page
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(writer) = self.writer.take() {
            writer.join().ok();
        }
    }
}

/// The lines of a page.
fn lines(page: &Page) -> Vec<u64> {
    let number = |text: String| text.strip_prefix("line ").and_then(|it| it.parse().ok());
    texts(page).into_iter().map(|text| number(text).expect("a whole line")).collect()
}

#[test]
fn every_page_is_full_and_in_order_and_ends_with_the_newest_row() {
    let flood = Flood::new();
    let wanted = PageRequest::newest(40);
    flood.window.view.request_page(wanted.clone());
    let mut before = 0;
    for _ in 0..60 {
        let page = flood.page(&wanted);
        if page.status.shown < 40 {
            continue;
        }
        let lines = lines(&page);
        assert!(lines.len() >= 40 && page.answers(&wanted), "{page:?}");
        assert!(lines.windows(2).all(|it| it[1] == it[0] + 1), "{lines:?}");
        let newest = page.status.shown - 1;
        assert_eq!(lines.last(), Some(&newest), "lines are numbered as rows are");
        assert!(newest >= before, "the log goes on");
        before = newest;
    }
    assert!(before > 1000, "it was a flood: {before}");
}

#[test]
fn a_filter_that_comes_and_goes_leaves_no_row_out() {
    let flood = Flood::new();
    let wanted = PageRequest::newest(40);
    flood.window.view.request_page(wanted.clone());
    // Something is there to be filtered.
    while flood.page(&wanted).status.shown < 50_000 {}
    for text in ["7", "", "77", "line", "777", ""] {
        let before = flood.window.view.page().revision();
        let filter = Filter { text: text.to_owned(), ..Filter::default() };
        flood.window.view.set_spec(ViewSpec { filter, ..ViewSpec::default() });
        let passes = |line: &u64| format!("line {line}").contains(text);
        let mut seen = 0;
        while seen < 4 {
            let page = flood.page(&wanted);
            let lines = lines(&page);
            if page.revision() == before {
                assert!(lines.len() >= 40, "what was there stays until the new rows come");
                continue;
            }
            let Some((first, last)) = lines.first().zip(lines.last()) else { continue };
            assert_eq!(lines, (*first..last + 1).filter(passes).collect::<Vec<_>>());
            // On a busy computer the first ones come before there is enough for a page.
            seen += u32::from(lines.len() >= 40);
        }
    }
}
