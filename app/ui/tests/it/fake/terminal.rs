//! A terminal in memory: it shows what a test puts on it, and remembers what is asked of it.

use std::sync::Arc;

use espalier_core::backend::TerminalView;
use espalier_core::terminal::{
    GridPoint, GridScroll, GridSelection, GridSize, ScreenRow, ScreenRun, TerminalScreen,
    TerminalSpec,
};
use espalier_core::view::EncodingName;
use espalier_core::{PeerId, SgrStyle};
use parking_lot::Mutex;

#[derive(Default)]
pub struct FakeTerminal {
    pub screen: Mutex<TerminalScreen>,
    pub size: Mutex<Option<GridSize>>,
    /// What was asked, in order.
    pub asked: Mutex<Vec<String>>,
}

impl FakeTerminal {
    /// Puts these rows on it, with the cursor behind the last one.
    pub fn show(&self, rows: &[&str]) {
        let row = |text: &&str| {
            let columns = text.chars().count() as u16;
            let style = SgrStyle::default();
            let run = ScreenRun { column: 0, columns, text: (*text).to_owned(), style };
            Arc::new(ScreenRow { runs: Some(run).filter(|_| columns > 0).into_iter().collect() })
        };
        let column = rows.last().map_or(0, |row| row.chars().count()) as u16;
        let at = GridPoint { row: rows.len().saturating_sub(1) as u16, column };
        let mut screen = self.screen.lock();
        screen.generation += 1;
        screen.rows = rows.iter().map(row).collect();
        screen.columns = 80;
        screen.cursor = Some((at, Default::default()));
    }

    fn ask(&self, what: String) {
        self.asked.lock().push(what);
    }
}

impl TerminalView for FakeTerminal {
    fn screen(&self) -> Arc<TerminalScreen> {
        Arc::new(self.screen.lock().clone())
    }

    fn draw(&self, size: GridSize) {
        *self.size.lock() = Some(size);
    }

    fn show(&self, peer: Option<PeerId>) {
        self.ask(format!("show {peer:?}"));
    }

    fn configure(&self, spec: &TerminalSpec, encoding: &EncodingName) {
        let cr = if spec.implicit_cr { " implicit CR" } else { "" };
        self.ask(format!("configure {} {}{cr}", spec.echo, encoding.0));
    }

    fn scroll(&self, to: GridScroll) {
        self.ask(format!("{to:?}"));
    }

    fn select(&self, what: GridSelection) {
        self.ask(format!("{what:?}"));
    }

    fn copy(&self, done: Box<dyn FnOnce(String) + Send>) {
        self.ask("copy".to_owned());
        done("copied words".to_owned());
    }

    fn reset(&self) {
        self.ask("reset".to_owned());
    }
}
