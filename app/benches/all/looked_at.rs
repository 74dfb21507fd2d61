//! A capture in a view, looked at as a window does.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::backend::View as _;
use espalier_core::view::{Filter, FindSpec, PageRequest, ViewSpec, ViewStatus};
use espalier_engine::capture::SavedCapture;
use espalier_engine::view::ViewHandle;

/// Rows of a window.
const SCREEN: u64 = 60;

pub struct LookedAt {
    view: ViewHandle,
    begun: Instant,
    /// The newest rows are looked at, not the oldest.
    end: bool,
}

impl LookedAt {
    /// Opens a capture; its newest rows are looked at, or else the oldest.
    pub fn open(capture: &Path, end: bool) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let view = ViewHandle::new("bench-view", ViewSpec::default(), Arc::new(|| ()))?;
        view.open(SavedCapture::open(capture)?);
        Ok(Self { view, begun, end })
    }

    /// Draws sixty times a second until something is so, which is looked for more often. In seconds.
    fn until(&self, is_so: impl Fn(&ViewStatus) -> bool) -> f64 {
        let begun = Instant::now();
        let mut drawn = None;
        loop {
            if is_so(&self.view.status()) {
                return begun.elapsed().as_secs_f64();
            }
            if drawn.is_none_or(|at: Instant| at.elapsed() > Duration::from_millis(16)) {
                drawn = Some(Instant::now());
                self.draw();
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// How many rows a frame would have.
    fn draw(&self) -> usize {
        let page = self.view.page();
        self.view.request_page(match self.end {
            true => PageRequest::newest(SCREEN),
            false => PageRequest::rows(page.revision(), 0..SCREEN),
        });
        page.rows.len()
    }

    /// Seconds from the beginning until a screen is full.
    pub fn wait_for_screen(&self) -> f64 {
        while self.draw() < SCREEN as usize {
            std::thread::sleep(Duration::from_micros(200));
        }
        self.begun.elapsed().as_secs_f64()
    }

    /// Seconds from the beginning until all rows are counted.
    pub fn wait_for_index(&self) -> f64 {
        self.until(is_indexed);
        self.begun.elapsed().as_secs_f64()
    }

    /// Seconds until all of it is searched, and how many rows have it.
    pub fn find(&self, what: &FindSpec) -> (f64, u64) {
        self.view.find(None);
        self.until(|status| status.find.is_none());
        self.view.find(Some(what.clone()));
        let is_searched = |status: &ViewStatus| {
            status.find.as_ref().is_some_and(|find| find.searched == status.shown)
        };
        let took = self.until(is_searched);
        (took, self.view.status().find.map_or(0, |find| find.hits))
    }

    /// Seconds until it is known which rows pass, and how many do.
    pub fn filter(&self, what: &FindSpec) -> (f64, u64) {
        let FindSpec { pattern, regex, case_sensitive, hex, whole_word } = what.clone();
        let text = pattern;
        let filter = Filter { text, regex, case_sensitive, hex, whole_word, ..Filter::default() };
        let before = self.view.status().revision;
        self.view.set_spec(ViewSpec { filter, ..ViewSpec::default() });
        let took = self.until(|status| status.revision > before && is_indexed(status));
        let passed = self.view.status().shown;
        let before = self.view.status().revision;
        self.view.set_spec(ViewSpec::default());
        self.until(|status| status.revision > before && is_indexed(status));
        (took, passed)
    }
}

fn is_indexed(status: &ViewStatus) -> bool {
    status.indexed.1 > 0 && status.indexed.0 == status.indexed.1 && !status.is_estimated
}
