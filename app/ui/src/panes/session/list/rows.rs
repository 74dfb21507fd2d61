//! The entries of the list, one a line; tens of thousands of them cost as much as those that are seen.

use std::sync::Arc;

use egui::{Id, Rect, RichText, ScrollArea, Sense, Ui, Vec2};
use espalier_core::send::SendFormat;
use espalier_core::send_list::{ListEdit, SendEntry, SendList};

use super::ListContext;
use crate::command::{SendListRequest, UiRequest};
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, Focus, form};

const ROW: f32 = 26.0;

/// What a row asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowAction {
    /// Send this entry.
    Send(usize, usize),
    /// Edit this entry.
    Edit(usize, usize),
    /// Run this group.
    Run(usize),
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListLine {
    /// The head of a group.
    Group(usize),
    /// An entry: its group, and its place in it.
    Entry(usize, usize),
}

/// What is shown of the list.
#[derive(Debug, Default)]
pub(super) struct ListRows {
    query: String,
    folded: Vec<usize>,
    /// The lines, and what they were made of.
    lines: Vec<ListLine>,
    of: Option<(Arc<SendList>, String, Vec<usize>)>,
    renaming: Option<(usize, String, Focus)>,
    actions: Vec<RowAction>,
}

impl ListRows {
    /// What was asked for since it was asked.
    pub(super) fn take_actions(&mut self) -> Vec<RowAction> {
        std::mem::take(&mut self.actions)
    }

    /// The field that the list is searched with.
    pub(super) fn search(&mut self, ui: &mut Ui, scene: &Scene<'_>, width: f32) {
        let name = scene.text("list-search");
        let field = form::field(ui, &mut self.query, name, width);
        let enabled = ui.is_enabled();
        field.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::SearchInput, enabled, name);
            info.current_text_value = Some(self.query.clone());
            info
        });
    }

    /// Finds the lines anew when something has changed.
    fn update(&mut self, list: &Arc<SendList>) {
        let is_same = self.of.as_ref().is_some_and(|(of, query, folded)| {
            Arc::ptr_eq(of, list) && *query == self.query && *folded == self.folded
        });
        if is_same {
            return;
        }
        let wanted = self.query.to_lowercase();
        let is_meant = |entry: &SendEntry| {
            wanted.is_empty()
                || entry.name.to_lowercase().contains(&wanted)
                || entry.text.to_lowercase().contains(&wanted)
        };
        self.lines.clear();
        for (group, it) in list.groups.iter().enumerate() {
            self.lines.push(ListLine::Group(group));
            // What is found is shown, folded or not.
            if wanted.is_empty() && self.folded.contains(&group) {
                continue;
            }
            let entries = it.entries.iter().enumerate().filter(|(_, entry)| is_meant(entry));
            self.lines.extend(entries.map(|(at, _)| ListLine::Entry(group, at)));
        }
        self.of = Some((Arc::clone(list), self.query.clone(), self.folded.clone()));
    }

    /// Draws them; `edited` is the entry that is being edited.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &ListContext<'_>,
        edited: Option<(usize, usize)>,
    ) {
        let list = Arc::clone(&scene.send_list.list);
        self.update(&list);
        let running = with.status.list.as_ref().and_then(|run| {
            let over = matches!(run.phase, espalier_core::send_list::RunPhase::Over(_));
            run.at.filter(|_| !over)
        });
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = ScrollArea::vertical().id_salt("list rows").auto_shrink(false);
        area.show_rows(ui, ROW, self.lines.len(), |ui, range| {
            for line in range {
                match self.lines.get(line).copied() {
                    Some(ListLine::Group(group)) => {
                        ui.push_id(("group", group), |ui| self.group(ui, scene, &list, group));
                    }
                    Some(ListLine::Entry(group, at)) => {
                        let Some(entry) = list.entry(group, at) else { continue };
                        let marks = Marks {
                            is_edited: edited == Some((group, at)),
                            is_next: running == Some((group, at)),
                            ready: with.ready,
                        };
                        ui.push_id((group, at), |ui| {
                            self.entry(ui, scene, entry, (group, at), marks);
                        });
                    }
                    None => {}
                }
            }
        });
    }

    /// The head of a group: fold, name, run, menu.
    fn group(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, list: &SendList, group: usize) {
        let Some(it) = list.groups.get(group) else { return };
        let t = theme::tokens(ui);
        let room = row(ui);
        ui.painter().rect_filled(room, 0.0, t.ground);
        drop_here(ui, scene, room, (group, it.entries.len()));
        in_row(ui, room, |ui| {
            let folded = self.folded.contains(&group);
            let icon = if folded { Icon::Right } else { Icon::Down };
            let name = scene.text(if folded { "list-unfold" } else { "list-fold" });
            if widgets::icon_alone(ui, icon, name, false).clicked() {
                match folded {
                    true => self.folded.retain(|other| *other != group),
                    false => self.folded.push(group),
                }
            }
            if let Some((renamed, text, focus)) = &mut self.renaming
                && *renamed == group
            {
                if focus.is_due(ui) {
                    form::take_focus(ui, text);
                }
                let field = form::field(ui, text, scene.text("list-group-name"), 150.0);
                if field.lost_focus() {
                    let name = std::mem::take(text);
                    self.renaming = None;
                    scene.ask(edit(ListEdit::RenameGroup(group, name)));
                }
                return;
            }
            let shown = match it.name.is_empty() {
                true => scene.with("list-group", [("number", (group + 1).into())]),
                false => it.name.clone(),
            };
            let count = it.entries.len();
            ui.add(egui::Label::new(RichText::new(shown).strong()).truncate());
            ui.weak(count.to_string());
            let close = egui::PopupCloseBehavior::CloseOnClick;
            widgets::menu_button(ui, Icon::More, "", scene.text("list-group-more"), close, |ui| {
                if ui.button(scene.text("list-run-group")).clicked() {
                    self.actions.push(RowAction::Run(group));
                }
                if ui.button(scene.text("list-rename-group")).clicked() {
                    self.renaming = Some((group, it.name.clone(), Focus::wanted()));
                }
                if ui.button(scene.text("list-remove-group")).clicked() {
                    scene.ask(edit(ListEdit::RemoveGroup(group)));
                }
            });
        });
    }

    /// One entry: a click sends it.
    fn entry(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        entry: &SendEntry,
        (group, at): (usize, usize),
        marks: Marks,
    ) {
        let t = theme::tokens(ui);
        let room = row(ui);
        let fill = match (marks.is_next, marks.is_edited) {
            (true, _) => Some(t.accent_wash),
            (_, true) => Some(t.hover),
            _ => None,
        };
        if let Some(fill) = fill {
            ui.painter().rect_filled(room, 0.0, fill);
        }
        if let Some(color) = entry.color {
            let bar = Rect::from_min_size(room.min, Vec2::new(3.0, ROW));
            ui.painter().rect_filled(bar, 0.0, t.highlight(color));
        }
        drop_here(ui, scene, room, (group, at));
        in_row(ui, room, |ui| {
            handle(ui, scene, (group, at));
            let name = entry.label();
            let mut runs = entry.order > 0;
            let tip = scene.with("list-in-run", [("order", u64::from(entry.order).into())]);
            let check = ui.checkbox(&mut runs, "").on_hover_text(&tip);
            let enabled = ui.is_enabled();
            let said = scene.with("list-in-run-of", [("entry", name.into())]);
            check.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::CheckBox, enabled, runs, &said)
            });
            if check.changed() {
                // Where it stands; which order it had before, it does not know.
                let group_of = scene.send_list.list.groups.get(group);
                let order = if runs { group_of.map_or(1, |it| it.order_at(at)) } else { 0 };
                let changed = SendEntry { order, ..entry.clone() };
                scene.ask(edit(ListEdit::Replace(group, at, Box::new(changed))));
            }
            let end = widgets::RowTail::new(ui, "entry");
            end.before(ui, |ui| {
                self.sender(ui, scene, entry, (group, at), marks.ready);
            });
            end.show(ui, |ui| {
                if let Some(key) = entry.shortcut {
                    ui.weak(RichText::new(key.to_string()).small());
                }
                let name = scene.with("list-edit-of", [("entry", name.into())]);
                if widgets::icon_alone(ui, Icon::Sliders, &name, marks.is_edited).clicked() {
                    self.actions.push(RowAction::Edit(group, at));
                }
            });
        });
    }

    /// The button with the name and the text of an entry.
    fn sender(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        entry: &SendEntry,
        (group, at): (usize, usize),
        ready: bool,
    ) {
        let t = theme::tokens(ui);
        let font = egui::TextStyle::Body.resolve(ui.style());
        let mut job = egui::text::LayoutJob::default();
        let mut add = |text: &str, font: egui::FontId, color| {
            // Only the beginning can be seen.
            let text: String =
                text.chars().take(160).map(|it| if it == '\n' { ' ' } else { it }).collect();
            job.append(&text, 0.0, egui::TextFormat::simple(font, color));
        };
        if !entry.name.is_empty() {
            add(&entry.name, font.clone(), t.strong);
            add("  ", font, t.muted);
        }
        let mono = egui::FontId::monospace(11.5);
        if entry.spec.format == SendFormat::Hex {
            add("hex ", mono.clone(), t.muted);
        }
        add(&entry.text, mono, if entry.name.is_empty() { t.text } else { t.muted });
        let size = Vec2::new(ui.available_width(), ROW - 4.0);
        job.wrap = egui::text::TextWrapping::truncate_at_width(size.x - 8.0);
        let sends = ready && !entry.text.is_empty();
        let sense = if sends { Sense::click() } else { Sense::hover() };
        let (room, button) = ui.allocate_exact_size(size, sense);
        if sends && (button.hovered() || button.has_focus()) {
            ui.painter().rect_filled(room, 4.0, t.hover);
        }
        let galley = ui.painter().layout_job(job);
        let place = room.left_center() + egui::vec2(4.0, -galley.size().y * 0.5);
        ui.painter().galley(place, galley, t.text);
        let name = scene.with("list-send", [("entry", entry.label().into())]);
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, sends, &name));
        let button = button.on_hover_text(scene.text("list-send-hint"));
        if button.clicked() {
            // So that Enter sends it again, and the arrows go to its neighbours.
            button.request_focus();
            self.actions.push(RowAction::Send(group, at));
        }
        button.context_menu(|ui| {
            if ui.button(scene.text("list-edit")).clicked() {
                self.actions.push(RowAction::Edit(group, at));
            }
            if ui.button(scene.text("list-duplicate")).clicked() {
                let copy = SendEntry { shortcut: None, ..entry.clone() };
                scene.ask(edit(ListEdit::Insert(group, at + 1, Box::new(copy))));
            }
            if ui.button(scene.text("copy")).clicked() {
                scene.ask(UiRequest::CopyText(entry.text.clone()));
            }
            if ui.button(scene.text("list-remove")).clicked() {
                scene.ask(edit(ListEdit::Remove(group, at)));
            }
        });
    }
}

/// How an entry looks.
#[derive(Clone, Copy, Debug)]
struct Marks {
    is_edited: bool,
    /// A run sends it next, or waits for its answer.
    is_next: bool,
    ready: bool,
}

fn edit(edit: ListEdit) -> UiRequest {
    UiRequest::List(SendListRequest::Edit(edit))
}

/// The room of the next row.
fn row(ui: &mut Ui) -> Rect {
    ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::hover()).0
}

fn in_row(ui: &mut Ui, room: Rect, content: impl FnOnce(&mut Ui)) {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let room = room.shrink2(Vec2::new(4.0, 0.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(room).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        content(ui);
    });
}

/// What is taken hold of to move an entry.
fn handle(ui: &mut Ui, scene: &Scene<'_>, at: (usize, usize)) {
    let (room, response) = ui.allocate_exact_size(Vec2::new(12.0, ROW), Sense::drag());
    response.dnd_set_drag_payload(at);
    let t = theme::tokens(ui);
    let color = if response.hovered() || response.dragged() { t.text } else { t.line };
    for (x, y) in [(-2.0, -4.0), (2.0, -4.0), (-2.0, 0.0), (2.0, 0.0), (-2.0, 4.0), (2.0, 4.0)] {
        ui.painter().circle_filled(room.center() + egui::vec2(x, y), 1.1, color);
    }
    let response = response.on_hover_cursor(egui::CursorIcon::Grab);
    response.on_hover_text(scene.text("list-move-hint"));
}

/// An entry that is dragged here goes before this place.
fn drop_here(ui: &Ui, scene: &mut Scene<'_>, room: Rect, to: (usize, usize)) {
    let id: Id = ui.scope_id().with(("drop", to));
    let here = ui.interact(room, id, Sense::hover());
    if here.dnd_hover_payload::<(usize, usize)>().is_some() {
        let stroke = egui::Stroke::new(2.0, theme::tokens(ui).accent);
        ui.painter().hline(room.x_range(), room.top() + 1.0, stroke);
    }
    if let Some(from) = here.dnd_release_payload::<(usize, usize)>() {
        scene.ask(edit(ListEdit::Move(*from, to)));
    }
}
