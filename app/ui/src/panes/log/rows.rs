//! The log as far as the pane sees it.

use std::collections::BTreeSet;

use egui::Ui;
use espalier_core::backend::{Copying, LogId, TextFormat, View};
use espalier_core::board::{DEFAULT_PORT, EspLogLine};
use espalier_core::session::MarkedPlace;
use espalier_core::view::{
    BytesPerRow, DeltaFormat, Row, RowFormat, RowKind, RowMark, TimeFormat, ViewSpec, ViewStatus,
};
use espalier_core::{Position, Timestamp};

use super::marked::marked;
use super::menu::{self, MenuPlace, RowMenu};
use super::paused::PausedBar;
use crate::command::{UiCommand, UiRequest, shortcut_text};
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::log_view::{LaneStyle, LogStyle, LogView, PeerNames};
use crate::words;

/// Where the log is scrolled to and what is selected.
#[derive(Debug, Default)]
pub(super) struct LogRows {
    view: LogView,
    /// Tags of log lines that were in sight, for the filter to offer.
    tags: BTreeSet<String>,
    tells_levels: bool,
    paused: PausedBar,
    menu_place: MenuPlace,
    /// How many bytes there is room for in a row, and since when.
    fitting: Option<(u16, f64)>,
}

impl LogRows {
    /// Tags that are offered at most; what is not among them can be typed.
    const MOST_TAGS: usize = 64;

    /// A log line of a board was in sight.
    pub(super) const fn tells_levels(&self) -> bool {
        self.tells_levels
    }

    /// The tags that were in sight.
    pub(super) const fn tags(&self) -> &BTreeSet<String> {
        &self.tags
    }

    /// Learns from the rows in sight what log lines there are; `true` when these were the first.
    fn learn(&mut self) -> bool {
        let before = self.tells_levels;
        for row in self.view.rows_at_hand().iter().filter(|row| row.kind == RowKind::Data) {
            let Some(line) = EspLogLine::parse(&row.text) else { continue };
            self.tells_levels = true;
            let new = !line.tag.is_empty() && !self.tags.contains(line.tag);
            if new && self.tags.len() < Self::MOST_TAGS {
                self.tags.insert(line.tag.to_owned());
            }
        }
        before != self.tells_levels
    }

    pub(super) const fn follows(&self) -> bool {
        self.view.follows()
    }

    pub(super) const fn toggle_follow(&mut self) {
        self.view.set_follow(!self.view.follows());
    }

    pub(super) fn clear_selection(&mut self) {
        self.view.select(None);
    }

    pub(super) const fn first_row(&self) -> u64 {
        self.view.first_row()
    }

    /// What the first row in sight is known by.
    pub(super) fn mark_in_sight(&self) -> Option<RowMark> {
        self.view.row(self.view.first_row()).map(Row::mark)
    }

    pub(super) const fn go_to(&mut self, row: u64) {
        self.view.go_to(row);
    }

    /// The row that is selected, if it is one alone: in sight or not.
    pub(super) fn selected_row(&self) -> Option<Row> {
        self.view.selected_row().cloned()
    }

    /// Takes what is drawn in this frame.
    pub(super) fn take(&mut self, view: &dyn View) {
        self.view.take(view);
    }

    /// How far the view had come when that was made.
    pub(super) fn status(&self) -> &ViewStatus {
        self.view.status()
    }

    /// Draws the rows. Returns what is to be looked for, when their menu was asked for that.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        id: LogId,
        view: &dyn View,
        spec: &mut ViewSpec,
        about: &LogContext<'_>,
    ) -> Option<String> {
        let status = self.view.status();
        if status.shown == status.first_shown {
            let text = match (status.rows > 0, about.empty, about.running) {
                // Nothing is known yet: not even that there is nothing.
                _ if status.revision == 0 => String::new(),
                (true, ..) if is_behind(status) => {
                    let percent = status.indexed.0 * 100 / status.indexed.1.max(1);
                    scene.with("log-looking", [("percent", percent.into())])
                }
                (true, ..) => scene.text("log-all-hidden").to_owned(),
                (false, Some(empty), _) => scene.text(empty).to_owned(),
                (false, None, true) => scene.text("log-empty").to_owned(),
                (false, None, false) => {
                    let keys = shortcut_text(ui.ctx(), UiCommand::Start);
                    scene.with("log-not-started", [("keys", keys.into())])
                }
            };
            let is_cleared = status.rows > 0 && spec.cleared_before != Position(0);
            self.view.wait(view);
            let label = egui::Label::new(egui::RichText::new(text).weak()).wrap();
            if is_cleared {
                ui.vertical_centered(|ui| {
                    ui.add_space((ui.available_height() / 2.0 - space::CONTROL).max(0.0));
                    ui.add(label);
                    ui.add_space(space::S);
                    if ui.button(scene.text("clear-undo")).clicked() {
                        spec.cleared_before = Position(0);
                    }
                });
            } else {
                ui.centered_and_justified(|ui| ui.add(label));
            }
            return None;
        }
        let clock = TimeFormat {
            style: spec.clock,
            start: about.opened,
            zone: scene.platform.zone(),
            date: false,
        };
        let locale = scene.locale;
        let marked = marked(self.view.rows_at_hand(), about.marked);
        let style = LogStyle {
            format: spec.format,
            wrap: spec.wrap,
            delta: DeltaFormat::of(spec),
            offsets: spec.offsets,
            bytes: spec.bytes_per_row.count(spec.fitted_bytes),
            clock: &clock,
            peers: about.server,
            names: about.names,
            board: about.board,
            lanes: about.lanes,
            name: locale.text("log"),
            scroll_name: locale.text("log-scroll"),
            folded: &|rows| locale.with("rows-folded", [("rows", rows.into())]),
            event: &|event| words::event(locale, event),
            marked: &|row| marked.get(&row).copied(),
            tone: &words::event_tone,
        };
        let said = self.view.ui(ui, view, &style);
        if said.news && self.learn() {
            // The filter bar stands above and is drawn already.
            ui.ctx().request_repaint();
        }
        if let Some(fold) = said.fold {
            menu::toggle_fold(&mut spec.unfolded, fold);
        }
        if let Some(what) = self.selected().filter(|_| said.copy) {
            scene.ask(UiRequest::Copy(id, what));
        }
        if let Some(jump) = said.activated.and_then(|row| self.jump(id, row)) {
            scene.ask(jump);
        }
        if let Some(link) = said.link {
            // Without a port of its own, an address means the board's server.
            let board = id.session().and_then(|id| scene.backend.board(id));
            let told = board.and_then(|board| Some(board.reported.server?.port));
            let endpoint = link.socket(told.unwrap_or(DEFAULT_PORT));
            scene.ask(UiRequest::Connect(endpoint, 1));
        }
        if let Some(row) = said.bookmark.and_then(|row| self.view.row(row)) {
            menu::bookmark(scene, row, spec);
        }
        if spec.bytes_per_row == BytesPerRow::Fitted && spec.format != RowFormat::Text {
            self.fit(ui, spec, said.fitted_bytes);
        }
        let status = self.view.status();
        if self.paused.ui(ui, scene, status, self.view.follows(), said.response.rect) {
            self.view.set_follow(true);
        }
        let menu = self.menu(id, about.lanes);
        let mut find = None;
        let mut place = self.menu_place;
        place.show(&said.response, said.menu, |ui, focus| match menu {
            Some(menu) => find = menu.ui(ui, scene, spec, focus),
            None => ui.close(),
        });
        self.menu_place = place;
        find
    }

    /// Has rows take the room that there is, when it has stayed the same for a moment: the whole capture is cut anew for it.
    fn fit(&mut self, ui: &Ui, spec: &mut ViewSpec, fitted: u16) {
        const MOMENT: f64 = 0.2;
        let now = ui.input(|input| input.time);
        if spec.fitted_bytes == fitted {
            self.fitting = None;
            return;
        }
        let (_, since) = *self.fitting.get_or_insert((fitted, now));
        if self.fitting.is_some_and(|(of, _)| of != fitted) {
            self.fitting = Some((fitted, now));
        } else if now - since >= MOMENT || spec.fitted_bytes == 0 {
            (spec.fitted_bytes, self.fitting) = (fitted, None);
            return;
        }
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(MOMENT));
    }

    /// What the menu of the selected rows is about.
    fn menu<'a>(&'a self, id: LogId, lanes: &'a [LaneStyle]) -> Option<RowMenu<'a>> {
        let what = self.selected()?;
        let first = what.rows.start;
        let jump = self.jump(id, first).and_then(|jump| {
            let UiRequest::Jump(_, origin, _) = &jump else { return None };
            let lane = lanes.get(usize::try_from(origin.lane).ok()?)?;
            Some((jump, lane))
        });
        let ends = self.view.row(first).zip(self.view.row(what.rows.end.saturating_sub(1)));
        let places = ends.map(|(from, to)| {
            let end = espalier_core::Position(to.last.0.0.saturating_add(1));
            (from.position..end, from.number == to.number)
        });
        let (row, chosen) = (self.view.row(first), self.view.chosen_text());
        Some(RowMenu { id, what, places, row, chosen, jump })
    }

    /// What is selected, to be copied as text.
    pub(super) fn selected(&self) -> Option<Copying> {
        let selection = self.view.selection()?;
        let (rows, trim) = (selection.rows(), selection.trim());
        Some(Copying { rows, format: TextFormat::Text, trim })
    }

    /// Where a row of a timeline is from.
    fn jump(&self, id: LogId, row: u64) -> Option<UiRequest> {
        let LogId::Timeline(timeline) = id else { return None };
        let row = self.view.row(row)?;
        Some(UiRequest::Jump(timeline, row.origin?, row.offset))
    }
}

/// Whether a good part of the capture has not been looked through yet.
const fn is_behind(status: &ViewStatus) -> bool {
    let (done, all) = status.indexed;
    all - done > all / 20
}

/// What the log must know of its session.
pub(crate) struct LogContext<'a> {
    /// Since when there is a log.
    pub opened: Timestamp,
    /// Is anything open, or being opened?
    pub running: bool,
    /// Are there several peers?
    pub server: bool,
    /// What these are called.
    pub names: &'a PeerNames,
    /// Is the log a board's serial line?
    pub board: bool,
    /// The lanes, if it is a timeline.
    pub lanes: &'a [LaneStyle],
    /// Places that rules have marked, in order.
    pub marked: &'a [MarkedPlace],
    /// The key of what is said while there is nothing, in place of whether it was started.
    pub empty: Option<&'static str>,
}
