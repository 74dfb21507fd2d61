//! What can be done with the selected rows, as a menu.

use std::ops::Range;

use egui::{Popup, PopupCloseBehavior, Pos2, Response, SetOpenCommand, Ui};
use espalier_core::backend::{Copying, LogId, PeerSelector, SessionCommand, TextFormat};
use espalier_core::board::{EspLogLine, LogFilter, LogLevel};
use espalier_core::session::TransportSpec;
use espalier_core::view::{DeltaStyle, FoldId, HighlightRule, Row, RowKind, ViewSpec};
use espalier_core::{Direction, PeerId, Position};

use super::highlights;
use crate::command::{DialogRequest, ReplayAsk, Toast, UiRequest};
use crate::scene::Scene;
use crate::widgets::log_view::LaneStyle;

/// What the menu is about.
pub(super) struct RowMenu<'a> {
    pub id: LogId,
    /// The selected rows, or the part of them.
    pub what: Copying,
    /// Where they stand in the history, and whether it is one alone; `None` when that is not at hand.
    pub places: Option<(Range<Position>, bool)>,
    /// The first of them, if it is at hand.
    pub row: Option<&'a Row>,
    /// What "this" is: the selected part of a row, or the word that was clicked.
    pub chosen: Option<String>,
    /// From a row of a timeline to that of its session, and the lane of that.
    pub jump: Option<(UiRequest, &'a LaneStyle)>,
}

/// Where the menu of a log is open, when a key opened it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MenuPlace {
    at: Option<Pos2>,
    /// It was opened in this frame: its first line gets the keyboard.
    fresh: bool,
}

impl MenuPlace {
    /// Shows the menu where it was asked for: by a click at the pointer, by a key at `asked`. `items` is told when its first line
    /// is to have the keyboard.
    pub(super) fn show(
        &mut self,
        response: &Response,
        asked: Option<Pos2>,
        items: impl FnOnce(&mut Ui, bool),
    ) {
        if response.secondary_clicked() {
            self.at = None;
        }
        self.fresh |= asked.is_some();
        self.at = asked.or(self.at);
        let mut popup = Popup::context_menu(response);
        popup = popup.close_behavior(PopupCloseBehavior::CloseOnClick);
        if let Some(at) = self.at {
            let open = asked.map(|_| SetOpenCommand::Bool(true));
            let closed = response.clicked().then_some(SetOpenCommand::Bool(false));
            popup = popup.open_memory(open.or(closed)).at_position(at);
        }
        popup.show(|ui| {
            // A menu that is measured first cannot have the keyboard yet.
            let focus = self.fresh && !ui.is_sizing_pass();
            self.fresh &= !focus;
            items(ui, focus);
        });
    }
}

/// A line for each way to copy; the first has the keyboard when `focus` says so.
pub(super) fn copy_items(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    id: LogId,
    what: &Copying,
    focus: bool,
) {
    for (format, key) in [
        (TextFormat::Text, "copy-text"),
        (TextFormat::Timed, "copy-timed"),
        (TextFormat::Hex, "copy-hex"),
        (TextFormat::CArray, "copy-c"),
    ] {
        let line = ui.button(scene.text(key));
        if focus && format == TextFormat::Text {
            line.request_focus();
        }
        if line.clicked() {
            scene.ask(UiRequest::Copy(id, Copying { format, ..what.clone() }));
        }
    }
}

impl RowMenu<'_> {
    /// The lines of the menu. Returns what is to be looked for.
    pub(super) fn ui(
        self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        spec: &mut ViewSpec,
        focus: bool,
    ) -> Option<String> {
        copy_items(ui, scene, self.id, &self.what, focus);
        if let Some((jump, lane)) = self.jump {
            ui.separator();
            let text = scene.with("timeline-jump", [("session", (&lane.name).into())]);
            if ui.button(text).clicked() {
                scene.ask(jump);
            }
        }
        let mut find = None;
        if let Some(chosen) = &self.chosen {
            ui.separator();
            find = this(ui, scene, chosen, spec);
        }
        let Some(row) = self.row else { return find };
        ui.separator();
        if row.kind == RowKind::Data {
            send_again(ui, scene, self.id, row);
        }
        play(ui, scene, self.id, row, self.places);
        marks(ui, scene, row, spec);
        let data = Some(row).filter(|row| row.kind == RowKind::Data);
        if let Some(line) = data.and_then(|row| EspLogLine::parse(&row.text)) {
            ui.separator();
            filter_by_line(ui, scene, &line, &mut spec.filter.log);
        }
        if let Some(fold) = row.fold {
            ui.separator();
            let key = if fold.hidden { "unfold" } else { "fold" };
            if ui.button(scene.text(key)).clicked() {
                toggle_fold(&mut spec.unfolded, fold.id);
            }
        }
        find
    }
}

/// Finds, marks or filters by what was chosen. Returns what is to be found.
fn this(ui: &mut Ui, scene: &Scene<'_>, chosen: &str, spec: &mut ViewSpec) -> Option<String> {
    /// Characters of it that are named.
    const NAMED: usize = 24;
    let mut named: String = chosen.chars().take(NAMED).collect();
    if named.len() < chosen.len() {
        named.push('…');
    }
    let button =
        |ui: &mut Ui, key: &str| ui.button(scene.with(key, [("text", (&named).into())])).clicked();
    let found = button(ui, "find-this").then(|| chosen.to_owned());
    ui.add_enabled_ui(spec.highlights.len() < highlights::LIMIT, |ui| {
        if button(ui, "highlight-this") {
            let color = (spec.highlights.len() % 8) as u8;
            let pattern = chosen.to_owned();
            spec.highlights.push(HighlightRule { pattern, color, ..HighlightRule::default() });
        }
    });
    if button(ui, "filter-this") {
        // It is meant as it stands there, however the filter was meant before.
        let filter = &mut spec.filter;
        chosen.clone_into(&mut filter.text);
        (filter.regex, filter.hex, filter.whole_word, filter.not) = (false, false, false, false);
    }
    found
}

/// Sends the row's bytes, to whom it is of; where that cannot be, the session says so in its log.
fn send_again(ui: &mut Ui, scene: &mut Scene<'_>, id: LogId, row: &Row) {
    let Some(id) = id.session() else { return };
    let to = match scene.backend.spec(id).as_deref().map(|spec| &spec.transport) {
        None | Some(TransportSpec::Capture(_)) => return,
        Some(transport) if transport.has_peers() => PeerSelector::Peers(vec![row.peer]),
        Some(_) => PeerSelector::All,
    };
    let key = match row.direction {
        Direction::Out => "send-again",
        Direction::In => "send-received",
    };
    if ui.button(scene.text(key)).clicked() {
        let bytes = row.bytes.clone();
        scene.ask(UiRequest::Session(id, SessionCommand::Send { to, bytes }));
    }
}

/// Asks how the chosen rows are played.
fn play(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    id: LogId,
    row: &Row,
    places: Option<(Range<Position>, bool)>,
) {
    let (Some(of), Some((chosen, is_one))) = (id.session(), places) else { return };
    if ui.button(scene.text("replay-rows-menu")).clicked() {
        let peer = Some(row.peer).filter(|peer| *peer != PeerId::SESSION);
        let ask = ReplayAsk { of, chosen: Some(chosen), is_one, peer };
        scene.ask(UiRequest::Show(DialogRequest::Replay(ask)));
    }
}

/// Bookmarks the row, and measures from it.
fn marks(ui: &mut Ui, scene: &mut Scene<'_>, row: &Row, spec: &mut ViewSpec) {
    let key = if row.bookmark.is_some() { "bookmark-remove" } else { "bookmark-row" };
    if ui.button(scene.text(key)).clicked() {
        bookmark(scene, row, spec);
    }
    let measured = spec.reference.is_some_and(|mark| row.holds(&mark));
    let key = if measured { "measure-stop" } else { "measure-from" };
    if ui.button(scene.text(key)).clicked() {
        (spec.reference, spec.delta) = match measured {
            true => (None, DeltaStyle::Off),
            false => (Some(row.mark()), DeltaStyle::SinceReference),
        };
    }
}

/// Marks a row, or takes its mark.
pub(super) fn bookmark(scene: &mut Scene<'_>, row: &Row, spec: &mut ViewSpec) {
    if !spec.bookmarks.toggle(row) {
        scene.ask(UiRequest::Toast(Toast::failure(scene.text("bookmarks-full"))));
    }
}

/// Filters by the log line that was pointed at.
fn filter_by_line(ui: &mut Ui, scene: &Scene<'_>, line: &EspLogLine<'_>, filter: &mut LogFilter) {
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

/// Unfolds what is folded, and folds what is not. Bounded: the one unfolded first is folded again.
pub(super) fn toggle_fold(unfolded: &mut Vec<FoldId>, fold: FoldId) {
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
