//! The manual, beside everything else: what it says can be done while it is read.

use std::collections::HashMap;

use egui::{
    Align, Label, Response, RichText, Role, ScrollArea, Sense, TextureFilter, TextureHandle,
    TextureOptions, Ui, Vec2, WidgetInfo, style::ScrollAnimation, vec2,
};

use crate::command::{Topic, UiRequest};
use crate::icon::Icon;
use crate::locale::Language;
use crate::manual::{
    Block, Hit, Manual, ManualLink, ManualSpan, PICTURE_SCALE, SpanStyle, decoded_picture,
    picture_file, picture_pixels,
};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, Edge, Focus, RowTail, Split, form};

/// What is shown of the manual.
#[derive(Debug, Default)]
pub struct ManualPane {
    /// It is open.
    pub open: bool,
    manual: Option<Manual>,
    /// The page that is shown; `None`: the list of pages.
    page: Option<usize>,
    /// The pages before it, the latest last; at most [`ManualPane::REMEMBERED`].
    before: Vec<Option<usize>>,
    query: String,
    focus: Focus,
    /// The heading that is wanted of the page, until it is found.
    wanted: Option<(&'static str, String)>,
    /// The block, and the row of it, that is to be scrolled to.
    target: Option<(usize, Option<usize>)>,
    /// How high the blocks of the page are, 0 where that is not known, and for which page and width.
    heights: Vec<f32>,
    heights_of: Option<(usize, f32)>,
    pictures: Pictures,
}

/// The pictures of the page that is shown, as far as they have been in sight, and whether for a dark window.
#[derive(Default)]
struct Pictures(HashMap<(&'static str, bool), TextureHandle>);

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// What was clicked.
enum Clicked {
    Link(ManualLink),
    Hit(Hit),
    Page(usize),
    Copy(String),
}

impl ManualPane {
    const REMEMBERED: usize = 50;
    /// Below this width, tables stand as lists.
    const NARROW: f32 = 400.0;

    /// Opens it with the keyboard in the search, or closes it.
    pub fn toggle(&mut self) {
        self.open = !self.open;
        if self.open {
            self.focus.want();
        }
    }

    /// Opens it at this place.
    pub fn show(&mut self, (page, id): Topic) {
        self.open = true;
        self.query.clear();
        self.wanted = Some((page, id.to_owned()));
    }

    /// The room that it takes of `room` while it is open.
    pub fn room(&self, ui: &Ui, room: egui::Rect) -> Option<Split> {
        let most = room.width() * 0.75;
        let split =
            || Split::of(ui, room, "manual", Edge::Right, 460.0_f32.min(most), 240.0..=most);
        self.open.then(split)
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        if self.manual.as_ref().is_none_or(|it| it.language() != scene.locale.language()) {
            let reference = scene.platform.reference(scene.locale.language());
            self.manual = Some(Manual::new(scene.locale, &reference));
            self.heights_of = None;
            self.pictures.0.clear();
        }
        self.bar(ui, scene);
        ui.add_space(space::XS);
        let Some(manual) = self.manual.take() else { return };
        if let Some((page, id)) = self.wanted.take()
            && let Some(index) = manual.index(page)
        {
            self.go(Some(index));
            let is_meant =
                |block: &Block| matches!(block, Block::Heading { id: it, .. } if *it == id);
            let at = manual.pages()[index].blocks.iter().position(is_meant).unwrap_or(0);
            self.target = Some((at, None));
        }
        let searches = !self.query.trim().is_empty();
        let salt = ("manual", searches, self.page);
        let mut area = ScrollArea::vertical().id_salt(salt).auto_shrink(false);
        if self.target.is_none() && self.heights_of.is_some_and(|(page, _)| Some(page) != self.page)
        {
            area = area.vertical_scroll_offset(0.0);
        }
        let turned = wheel_beside_a_dialog(ui);
        let clicked = area
            .show(ui, |ui| {
                // Beside the scroll bar.
                ui.set_max_width(ui.available_width() - space::S);
                let clicked = match (searches, self.page) {
                    (true, _) => hits(ui, scene, &manual, &self.query),
                    (false, Some(page)) => self.page(ui, scene, &manual, page),
                    (false, None) => contents(ui, scene, &manual),
                };
                // Behind all areas within, which would take it.
                if turned != Vec2::ZERO {
                    ui.scroll_with_delta_animation(turned, ScrollAnimation::none());
                }
                clicked
            })
            .inner;
        self.manual = Some(manual);
        match clicked {
            None => {}
            Some(Clicked::Link(ManualLink::Command(command))) => scene.command(command),
            Some(Clicked::Link(ManualLink::Page(page, id))) => self.wanted = Some((page, id)),
            Some(Clicked::Copy(text)) => scene.ask(UiRequest::CopyText(text)),
            Some(Clicked::Page(page)) => self.go(Some(page)),
            Some(Clicked::Hit(hit)) => {
                self.query.clear();
                self.go(Some(hit.page));
                self.target = Some((hit.block, hit.row));
            }
        }
        if self.wanted.is_some() || self.target.is_some() {
            ui.ctx().request_repaint();
        }
    }

    /// Shows another page, or the list of pages.
    fn go(&mut self, page: Option<usize>) {
        if page != self.page {
            if self.before.len() == Self::REMEMBERED {
                self.before.remove(0);
            }
            self.before.push(self.page);
            self.page = page;
        }
        self.target = None;
    }

    fn bar(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let end = RowTail::new(ui, "manual");
        ui.horizontal(|ui| {
            end.before(ui, |ui| {
                ui.add_enabled_ui(!self.before.is_empty() || !self.query.is_empty(), |ui| {
                    if widgets::icon_button(ui, Icon::Undo, scene.text("manual-back")).clicked() {
                        if self.query.is_empty() {
                            self.page = self.before.pop().flatten();
                        }
                        self.query.clear();
                        self.target = None;
                    }
                });
                if widgets::icon_button(ui, Icon::List, scene.text("manual-contents")).clicked() {
                    self.query.clear();
                    self.go(None);
                }
                let name = scene.text("manual-search");
                if self.focus.is_due(ui) {
                    form::take_focus(ui, &self.query);
                }
                let field = form::field(ui, &mut self.query, name, ui.available_width());
                field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, name));
            });
            end.show(ui, |ui| {
                if widgets::icon_button(ui, Icon::Cross, scene.text("manual-close")).clicked() {
                    self.open = false;
                    ui.ctx().request_repaint();
                }
            });
        });
    }

    /// A page. What is out of sight and of known height is not laid out.
    fn page(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        manual: &Manual,
        index: usize,
    ) -> Option<Clicked> {
        let page = manual.pages().get(index)?;
        let width = ui.available_width();
        if self.heights_of != Some((index, width)) {
            if self.heights_of.is_none_or(|(other, _)| other != index) {
                self.pictures.0.clear();
            }
            self.heights = vec![0.0; page.blocks.len()];
            self.heights_of = Some((index, width));
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let sight = ui.clip_rect().expand(100.0);
        let target = self.target.take();
        let mut clicked = None;
        let mut heading = String::new();
        for (number, block) in page.blocks.iter().enumerate() {
            if matches!(block, Block::Heading { .. }) {
                heading = block.text();
            }
            let Some(height) = self.heights.get_mut(number) else { break };
            let (top, is_target) = (ui.cursor().top(), target.is_some_and(|(at, _)| at == number));
            let is_in_sight = top < sight.bottom() && top + *height > sight.top();
            if *height > 0.0 && !is_in_sight && !is_target {
                ui.allocate_space(vec2(width, *height));
                continue;
            }
            let row = target.filter(|_| is_target).and_then(|(_, row)| row);
            let pictures = &mut self.pictures;
            let drawn = ui.push_id(number, |ui| draw(ui, scene, (block, &heading), row, pictures));
            *height = drawn.response.rect.height();
            let (found, row_rect) = drawn.inner;
            clicked = clicked.or(found);
            if is_target {
                let rect = row_rect.unwrap_or(drawn.response.rect);
                ui.scroll_to_rect(rect, Some(Align::TOP));
            }
        }
        ui.add_space(space::L * 2.0);
        let others = [(index.checked_sub(1), "manual-previous"), (Some(index + 1), "manual-next")];
        for (other, key) in others {
            if let Some((other, page)) = other.and_then(|at| Some((at, manual.pages().get(at)?))) {
                let text = scene.with(key, [("page", (&page.title).into())]);
                if ui.link(text).clicked() {
                    clicked = Some(Clicked::Page(other));
                }
            }
        }
        ui.add_space(space::L);
        clicked
    }
}

impl Pictures {
    /// Draws a picture as wide as there is room, and no wider than it is.
    fn draw(&mut self, ui: &mut Ui, language: Language, name: &'static str, text: &str) {
        let t = theme::tokens(ui);
        let file = picture_file(language, name, t.dark);
        let Some((file, [width, height])) = file.and_then(|it| Some((it, picture_pixels(it)?)))
        else {
            return;
        };
        ui.add_space(space::S);
        let size = vec2(width as f32, height as f32) / PICTURE_SCALE;
        let size = size * (ui.available_width() / size.x).min(1.0);
        let (rect, picture) = ui.allocate_exact_size(size, Sense::hover());
        picture.widget_info(|| WidgetInfo::labeled(Role::Image, true, text));
        if ui.is_rect_visible(rect) {
            if !self.0.contains_key(&(name, t.dark))
                && let Some(pixels) = decoded_picture(file)
            {
                let linear = TextureFilter::Linear;
                let options =
                    TextureOptions { mipmap_mode: Some(linear), ..TextureOptions::LINEAR };
                self.0.insert((name, t.dark), ui.ctx().load_texture(name, pixels, options));
            }
            if let Some(texture) = self.0.get(&(name, t.dark)) {
                egui::Image::new(texture).paint_at(ui, rect);
                let edge = egui::Stroke::new(1.0, t.outline);
                ui.painter().rect_stroke(rect, 4.0, edge, egui::StrokeKind::Outside);
            }
        }
        ui.add_space(space::M);
    }
}

/// How far the wheel was turned here, in points, while a dialog is open that stands elsewhere: egui gives the wheel to the dialog alone, and what
/// the manual says of it is read meanwhile.
fn wheel_beside_a_dialog(ui: &Ui) -> Vec2 {
    let dialog = ui.memory(|memory| memory.area_rect(memory.top_modal_layer()?.id));
    let at = ui.input(|input| input.pointer.hover_pos());
    match (dialog, at) {
        (Some(dialog), Some(at)) if ui.max_rect().contains(at) && !dialog.contains(at) => {
            ui.input(|input| input.smooth_scroll_delta())
        }
        _ => Vec2::ZERO,
    }
}

/// The list of pages.
fn contents(ui: &mut Ui, scene: &Scene<'_>, manual: &Manual) -> Option<Clicked> {
    let t = theme::tokens(ui);
    ui.label(RichText::new(scene.text("command-manual")).size(19.0).color(t.strong));
    ui.add_space(space::S);
    let mut clicked = None;
    for (number, page) in manual.pages().iter().enumerate() {
        if ui.link(&page.title).clicked() {
            clicked = Some(Clicked::Page(number));
        }
    }
    clicked
}

/// What the search has found.
fn hits(ui: &mut Ui, scene: &Scene<'_>, manual: &Manual, query: &str) -> Option<Clicked> {
    let t = theme::tokens(ui);
    let (hits, count) = manual.search(query);
    // Worth saying where it is not all.
    let shown = if hits.len() == count { 0 } else { hits.len() };
    let said = match count {
        0 => scene.text("nothing-matches").to_owned(),
        _ => scene.with("manual-hits", [("count", count.into()), ("shown", shown.into())]),
    };
    ui.label(RichText::new(said).small().color(t.muted));
    let mut clicked = None;
    for hit in hits {
        let Some(page) = manual.pages().get(hit.page) else { continue };
        ui.add_space(space::S);
        let place = match hit.heading == page.title {
            true => page.title.clone(),
            false => format!("{} › {}", page.title, hit.heading),
        };
        let link = ui.add(egui::Link::new(place));
        ui.add(Label::new(RichText::new(&hit.excerpt).small().color(t.muted)).wrap());
        if link.clicked() {
            clicked = Some(Clicked::Hit(hit));
        }
    }
    clicked
}

/// Draws a block; what was clicked in it, and where that row of it is.
fn draw(
    ui: &mut Ui,
    scene: &Scene<'_>,
    (block, heading): (&Block, &str),
    row: Option<usize>,
    pictures: &mut Pictures,
) -> (Option<Clicked>, Option<egui::Rect>) {
    let t = theme::tokens(ui);
    let link = match block {
        Block::Heading { level, text, .. } => {
            ui.add_space(if *level == 1 { space::XS } else { space::L });
            let size = match level {
                1 => 19.0,
                2 => 16.0,
                _ => 14.5,
            };
            let link = words(ui, text, Some(size));
            ui.add_space(space::S);
            link
        }
        Block::Text(text) => {
            let link = words(ui, text, None);
            ui.add_space(space::S);
            link
        }
        Block::Item { depth, mark, text } => {
            let link = ui
                .horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = space::S;
                    ui.add_space(space::L * (*depth as f32 + 0.3));
                    ui.label(RichText::new(mark).color(t.muted));
                    ui.vertical(|ui| words(ui, text, None)).inner
                })
                .inner;
            ui.add_space(space::XS);
            link
        }
        Block::Code { text, .. } => {
            let copied = code(ui, scene, text);
            ui.add_space(space::S);
            return (copied.then(|| Clicked::Copy(text.clone())), None);
        }
        Block::Sequence(diagram) => {
            widgets::sequence(ui, diagram, heading);
            ui.add_space(space::S);
            None
        }
        Block::Picture { name, text } => {
            pictures.draw(ui, scene.locale.language(), name, text);
            None
        }
        Block::Table(rows) => {
            let (link, rect) = match ui.available_width() < ManualPane::NARROW {
                true => list(ui, rows, row),
                false => table(ui, rows, row),
            };
            ui.add_space(space::M);
            return (link.map(Clicked::Link), rect);
        }
    };
    (link.map(Clicked::Link), None)
}

/// Draws words, wrapped; the link that was clicked.
fn words(ui: &mut Ui, spans: &[ManualSpan], size: Option<f32>) -> Option<ManualLink> {
    let t = theme::tokens(ui);
    let mut clicked = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
        for span in spans {
            let text = RichText::new(&span.text);
            let text = match span.style {
                SpanStyle::Plain if size.is_some() => text.color(t.strong),
                SpanStyle::Plain => text.color(t.text),
                SpanStyle::Label => text.color(t.strong).strong(),
                SpanStyle::Emphasis => text.color(t.text).italics(),
                SpanStyle::Code => text.monospace().color(t.strong).background_color(t.field),
            };
            let text = match size {
                Some(size) => text.size(size),
                None => text,
            };
            match &span.link {
                Some(link) => {
                    if ui.link(&span.text).clicked() {
                        clicked = Some(link.clone());
                    }
                }
                None => drop(ui.add(Label::new(text).selectable(true))),
            }
        }
    });
    clicked
}

/// Draws what is shown as it is, with a button that copies it; whether that was clicked.
fn code(ui: &mut Ui, scene: &Scene<'_>, text: &str) -> bool {
    let t = theme::tokens(ui);
    let frame = egui::Frame::new().fill(t.field).corner_radius(4.0).inner_margin(space::S);
    frame
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let end = RowTail::new(ui, "code");
            ui.horizontal_top(|ui| {
                let room = ui.available_width() - space::CONTROL - space::S;
                ui.vertical(|ui| {
                    ui.set_max_width(room);
                    ScrollArea::horizontal().show(ui, |ui| {
                        let text = RichText::new(text).monospace().color(t.text);
                        ui.add(Label::new(text).selectable(true).extend());
                    });
                });
                let copy = |ui: &mut Ui| widgets::icon_button(ui, Icon::Copy, scene.text("copy"));
                end.show(ui, copy).clicked()
            })
            .inner
        })
        .inner
}

/// The columns of a table get room by how much stands in them.
fn columns(rows: &[Vec<Vec<ManualSpan>>], width: f32) -> Vec<f32> {
    let length = |cell: &Vec<ManualSpan>| cell.iter().map(|span| wide(&span.text)).sum::<usize>();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let most = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(length).max().unwrap_or(0).clamp(6, 48) as f32
    };
    let lengths: Vec<f32> = (0..count).map(most).collect();
    let sum: f32 = lengths.iter().sum();
    lengths.into_iter().map(|length| width * length / sum.max(1.0)).collect()
}

/// How many columns of a terminal it would take, roughly.
fn wide(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2E80}' { 2 } else { 1 }).sum()
}

fn table(
    ui: &mut Ui,
    rows: &[Vec<Vec<ManualSpan>>],
    wanted: Option<usize>,
) -> (Option<ManualLink>, Option<egui::Rect>) {
    let t = theme::tokens(ui);
    const GAP: f32 = 10.0;
    let widths = columns(rows, ui.available_width());
    let (mut clicked, mut found) = (None, None);
    for (number, row) in rows.iter().enumerate() {
        let drawn = ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for (cell, width) in row.iter().zip(&widths) {
                let size = vec2(*width, 0.0);
                let layout = egui::Layout::top_down(Align::LEFT);
                ui.allocate_ui_with_layout(size, layout, |ui| {
                    ui.set_width((width - GAP).max(20.0));
                    if number == 0 {
                        let text = cell.iter().map(|span| span.text.as_str()).collect::<String>();
                        ui.add(Label::new(RichText::new(text).color(t.muted)).wrap());
                    } else {
                        clicked = words(ui, cell, None).or(clicked.take());
                    }
                    ui.set_min_width(width - 0.01);
                });
            }
        });
        line(ui, &drawn.response);
        if wanted == Some(number) {
            found = Some(drawn.response.rect);
        }
    }
    (clicked, found)
}

/// A table where there is no room for one: each row by itself, its first cell as the heading.
fn list(
    ui: &mut Ui,
    rows: &[Vec<Vec<ManualSpan>>],
    wanted: Option<usize>,
) -> (Option<ManualLink>, Option<egui::Rect>) {
    let (mut clicked, mut found) = (None, None);
    for (number, row) in rows.iter().enumerate().skip(1) {
        let drawn = ui.vertical(|ui| {
            for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                ui.horizontal_top(|ui| {
                    ui.add_space(if column == 0 { 0.0 } else { space::L });
                    clicked = ui.vertical(|ui| words(ui, cell, None)).inner.or(clicked.take());
                });
            }
        });
        line(ui, &drawn.response);
        if wanted == Some(number) {
            found = Some(drawn.response.rect);
        }
    }
    (clicked, found)
}

/// A thin line below a row.
fn line(ui: &mut Ui, row: &Response) {
    let y = row.rect.bottom() + 2.0;
    let stroke = egui::Stroke::new(1.0, theme::tokens(ui).outline);
    ui.painter().hline(ui.max_rect().x_range(), y, stroke);
    ui.add_space(5.0);
}
