//! The log as far as the pane sees it.

use std::collections::BTreeSet;
use std::ops::Range;

use egui::Ui;
use espalier_core::Timestamp;
use espalier_core::backend::{LogId, TextFormat, View};
use espalier_core::board::{DEFAULT_PORT, EspLogLine, LogFilter, LogLevel};
use espalier_core::session::MarkedPlace;
use espalier_core::view::{FoldId, Row, RowKind, TimeFormat, ViewSpec, ViewStatus};

use super::marked::marked;
use crate::command::{UiCommand, UiRequest, shortcut_text};
use crate::scene::Scene;
use crate::widgets::log_view::{LaneStyle, LogStyle, LogView, Selection};
use crate::words;

/// Where the log is scrolled to and what is selected.
#[derive(Debug, Default)]
pub(super) struct LogRows {
    view: LogView,
    /// Tags of log lines that were in sight, for the filter to offer.
    tags: BTreeSet<String>,
    tells_levels: bool,
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

    pub(super) fn selected_rows(&self) -> Option<Range<u64>> {
        self.view.selected_rows()
    }

    pub(super) fn clear_selection(&mut self) {
        self.view.select(None);
    }

    pub(super) const fn first_row(&self) -> u64 {
        self.view.first_row()
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

    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        id: LogId,
        view: &dyn View,
        spec: &mut ViewSpec,
        about: &LogContext<'_>,
    ) {
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
            self.view.wait(view);
            ui.centered_and_justified(|ui| {
                ui.add(egui::Label::new(egui::RichText::new(text).weak()).wrap())
            });
            return;
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
            clock: &clock,
            peers: about.server,
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
            toggle(&mut spec.unfolded, fold);
        }
        if said.copy
            && let Some(selection) = self.view.selection()
        {
            scene.ask(copy_selection(id, selection));
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
        said.response.context_menu(|ui| self.menu(ui, scene, id, about.lanes, spec));
    }

    /// Where a row of a timeline is from.
    fn jump(&self, id: LogId, row: u64) -> Option<UiRequest> {
        let LogId::Timeline(timeline) = id else { return None };
        let row = self.view.row(row)?;
        Some(UiRequest::Jump(timeline, row.origin?, row.offset))
    }

    fn menu(
        &self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        id: LogId,
        lanes: &[LaneStyle],
        spec: &mut ViewSpec,
    ) {
        let Some(rows) = self.view.selected_rows() else { return ui.close() };
        if let Some(jump) = self.jump(id, rows.start)
            && let UiRequest::Jump(_, origin, _) = &jump
            && let Some(lane) = usize::try_from(origin.lane).ok().and_then(|it| lanes.get(it))
        {
            let text = scene.with("timeline-jump", [("session", (&lane.name).into())]);
            if ui.button(text).clicked() {
                scene.ask(jump);
            }
            ui.separator();
        }
        for (format, key) in [
            (TextFormat::Text, "copy-text"),
            (TextFormat::Hex, "copy-hex"),
            (TextFormat::CArray, "copy-c"),
        ] {
            if ui.button(scene.text(key)).clicked() {
                scene.ask(match (format, self.view.selection()) {
                    (TextFormat::Text, Some(part)) => copy_selection(id, part),
                    _ => UiRequest::CopyRows(id, rows.clone(), format),
                });
            }
        }
        let row = self.view.row(rows.start).filter(|row| row.kind == RowKind::Data);
        if let Some(line) = row.and_then(|row| EspLogLine::parse(&row.text)) {
            ui.separator();
            filter_menu(ui, scene, &line, &mut spec.filter.log);
        }
        if let Some(fold) = row.and_then(|row| row.fold) {
            ui.separator();
            let key = if fold.hidden { "unfold" } else { "fold" };
            if ui.button(scene.text(key)).clicked() {
                toggle(&mut spec.unfolded, fold.id);
            }
        }
    }
}

fn copy_selection(id: LogId, selection: &Selection) -> UiRequest {
    UiRequest::CopySelection(id, selection.rows(), selection.trim())
}

/// Whether a good part of the capture has not been looked through yet.
const fn is_behind(status: &ViewStatus) -> bool {
    let (done, all) = status.indexed;
    all - done > all / 20
}

/// Unfolds what is folded, and folds what is not. Bounded: the one unfolded first is folded again.
fn toggle(unfolded: &mut Vec<FoldId>, fold: FoldId) {
    const MOST: usize = 64;
    match unfolded.iter().position(|other| *other == fold) {
        Some(index) => drop(unfolded.remove(index)),
        None => {
            if unfolded.len() >= MOST {
                unfolded.remove(0);
            }
            unfolded.push(fold);
        }
    }
}

/// Filters by the log line that was pointed at.
fn filter_menu(ui: &mut Ui, scene: &Scene<'_>, line: &EspLogLine<'_>, filter: &mut LogFilter) {
    if !line.tag.is_empty() {
        let tag = || [("tag", line.tag.into())];
        if filter.tag != line.tag && ui.button(scene.with("tag-only", tag())).clicked() {
            line.tag.clone_into(&mut filter.tag);
        }
        if ui.button(scene.with("tag-hide", tag())).clicked() {
            if filter.tag == line.tag {
                filter.tag.clear();
            }
            filter.hidden.push(line.tag.to_owned());
        }
    }
    if filter.level != Some(line.level) {
        let key = match line.level {
            LogLevel::Error => "level-error",
            LogLevel::Warning => "level-warning",
            LogLevel::Info => "level-info",
            LogLevel::Debug => "level-debug",
            LogLevel::Verbose => return,
        };
        if ui.button(scene.text(key)).clicked() {
            filter.level = Some(line.level);
        }
    }
}

/// What the log must know of its session.
pub(crate) struct LogContext<'a> {
    /// Since when there is a log.
    pub opened: Timestamp,
    /// Is anything open, or being opened?
    pub running: bool,
    /// Are there several peers?
    pub server: bool,
    /// Is the log a board's serial line?
    pub board: bool,
    /// The lanes, if it is a timeline.
    pub lanes: &'a [LaneStyle],
    /// Places that rules have marked, in order.
    pub marked: &'a [MarkedPlace],
    /// The key of what is said while there is nothing, in place of whether it was started.
    pub empty: Option<&'static str>,
}
