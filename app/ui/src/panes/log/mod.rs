//! A log as one reads it, whosever it is: the toolbar, find and filter bars, the rows, and the selected row in full.

mod damage;
mod detail;
mod filter;
mod find;
mod framing;
mod highlights;
mod marked;
mod menu;
mod paused;
mod places;
mod rows;
mod toolbar;

use egui::{CentralPanel, Frame, Margin, Panel, Rect, Ui};
use espalier_core::backend::{Copying, LogId, TextFormat, View};
use espalier_core::view::{RowMark, ViewSpec, ViewStatus};
use espalier_core::{Position, Timestamp};

use crate::command::{Toast, UiCommand, UiRequest};
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{Focus, Search};
use find::FindBar;
use places::TimeRange;
pub(crate) use rows::LogContext;
use rows::LogRows;

/// The log part of a pane.
#[derive(Debug)]
pub struct LogPane {
    id: LogId,
    /// How the log is shown.
    pub view: ViewSpec,
    find: FindBar,
    filter_open: bool,
    filter_focus: Focus,
    encoding_search: Search,
    log: LogRows,
    /// The moment to go to, as it is typed.
    moment: String,
    /// The range of time of the filter, as it is typed.
    range: TimeRange,
    /// The bookmark that was gone to last, and the shown row that was found for it.
    place: Option<RowMark>,
    place_row: Option<u64>,
    /// The moment that is to be shown.
    wanted_time: Option<Timestamp>,
    /// The record that is to be shown.
    wanted: Option<(Position, u32)>,
    /// Where the rows were drawn last.
    area: Rect,
}

impl LogPane {
    /// This log, shown like this.
    pub fn new(id: LogId, view: ViewSpec) -> Self {
        // A filter of an earlier run is to be seen.
        let filter_open = filter::hides_data(&view.filter);
        Self {
            id,
            view,
            find: FindBar::default(),
            filter_open,
            filter_focus: Focus::default(),
            encoding_search: Search::default(),
            log: LogRows::default(),
            moment: String::new(),
            range: TimeRange::default(),
            place: None,
            place_row: None,
            wanted_time: None,
            wanted: None,
            area: Rect::NOTHING,
        }
    }

    /// Where the rows were drawn last.
    pub const fn area(&self) -> Rect {
        self.area
    }

    /// Acts on a listed command that concerns only the log; `retired` bytes of its capture are gone.
    pub(crate) fn command(&mut self, command: UiCommand, view: &dyn View, retired: u64) {
        match command {
            UiCommand::Find => self.find.toggle(view, self.view.format),
            UiCommand::FindNext => self.find.step(view, &mut self.log, true),
            UiCommand::FindPrevious => self.find.step(view, &mut self.log, false),
            UiCommand::Filter => self.toggle_filter(),
            UiCommand::BookmarkNext => places::step(self, view, true),
            UiCommand::BookmarkPrevious => places::step(self, view, false),
            UiCommand::Follow => self.log.toggle_follow(),
            UiCommand::Wrap | UiCommand::Events | UiCommand::Controls | UiCommand::FoldPanics => {
                toolbar::toggle(&mut self.view, command);
                view.set_spec(self.view.clone());
            }
            UiCommand::Clear => {
                toolbar::clear(&mut self.view, view, retired);
                view.set_spec(self.view.clone());
            }
            _ => {}
        }
    }

    /// Shows the filter bar with the keyboard in it, or puts it away.
    fn toggle_filter(&mut self) {
        self.filter_open = !self.filter_open;
        if self.filter_open {
            self.filter_focus.want();
        }
    }

    /// What is selected, or all rows; as text.
    pub(crate) fn selected_or_all(&self) -> Copying {
        self.log.selected().unwrap_or_else(|| {
            let status = self.log.status();
            Copying::rows(status.first_shown..status.shown, TextFormat::Text)
        })
    }

    /// What puts that on the clipboard.
    pub(crate) fn copies(&self, format: TextFormat) -> UiRequest {
        UiRequest::Copy(self.id, Copying { format, ..self.selected_or_all() })
    }

    /// Goes to the row that holds this byte of this record, as soon as it is known where that is.
    pub(crate) fn seek(&mut self, view: &dyn View, record: Position, offset: u32) {
        view.seek(record, offset);
        (self.wanted, self.place) = (Some((record, offset)), None);
    }

    /// Goes to the first row at this moment or later.
    fn seek_time(&mut self, view: &dyn View, at: Timestamp) {
        view.seek_time(at);
        (self.wanted, self.wanted_time, self.place) = (None, Some(at), None);
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, status: &ViewStatus) {
        let Some(found) = status.seek_status.filter(|it| match it.time {
            Some(at) => self.wanted_time == Some(at),
            None => self.wanted == Some((it.record, it.offset)),
        }) else {
            return;
        };
        (self.wanted, self.wanted_time, self.place_row) = (None, None, found.row);
        let sentence = match found.row {
            Some(row) => {
                self.log.go_to(row);
                (!found.exact).then(|| scene.text("timeline-row-hidden"))
            }
            None => Some(scene.text("timeline-all-hidden")),
        };
        if let Some(sentence) = sentence {
            scene.ask(UiRequest::Toast(Toast::done(sentence)));
        }
    }

    /// The bars above the rows; before [`Self::rows`] in each frame. Of the capture, `retired` bytes are gone, and `torn` bytes
    /// at its end are no whole record.
    pub(crate) fn bars(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        (retired, torn): (u64, u64),
    ) {
        // Bars and rows are of one page.
        self.log.take(view);
        let bar = bar(ui);
        Panel::top("toolbar").frame(bar).show(ui, |ui| toolbar::ui(self, ui, scene, view, retired));
        if framing::has_bar(&self.view.framing) {
            Panel::top("framing").frame(bar).show(ui, |ui| {
                framing::bar(ui, scene, &mut self.view.framing, &self.view.encoding);
            });
        }
        damage::bar(ui, scene, self.log.status().damage, torn);
        if self.find.is_open() {
            Panel::top("find").frame(bar).show(ui, |ui| {
                self.find.ui(ui, scene, view, &mut self.log);
            });
        }
        if self.filter_open {
            Panel::top("filter").frame(bar).show(ui, |ui| filter::ui(self, ui, scene, view));
        }
    }

    /// The rows in the room that is left, and the selected one in full below them.
    pub(crate) fn rows(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn View,
        about: &LogContext<'_>,
    ) {
        let status = self.log.status().clone();
        self.arrive(scene, &status);
        let bar = bar(ui);
        // Where there is no room for both, rows come before one of them.
        if let Some(row) = self.log.selected_row().filter(|_| ui.available_height() > 160.0) {
            Panel::bottom("detail")
                .frame(bar)
                .show(ui, |ui| detail::ui(&mut self.log, ui, scene, &row));
        }
        self.area = ui.available_rect_before_wrap();
        CentralPanel::default().frame(theme::field(ui)).show(ui, |ui| {
            let before = self.view.filter.clone();
            let find = self.log.ui(ui, scene, self.id, view, &mut self.view, about);
            // What hides rows is to be seen, also when it was asked for in the rows' menu.
            self.filter_open |= self.view.filter != before;
            if let Some(text) = find {
                self.find.look_for(view, text);
            }
        });
    }

    /// Tells the engine when what is shown is no longer `before`.
    pub(crate) fn tell(&self, scene: &mut Scene<'_>, before: &ViewSpec) {
        if self.view != *before {
            scene.ask(UiRequest::View(self.id, Box::new(self.view.clone())));
        }
    }
}

/// How strips above and below a log are framed.
pub(crate) fn bar(ui: &Ui) -> Frame {
    Frame::new().fill(theme::tokens(ui).panel).inner_margin(Margin::symmetric(10, 4))
}
