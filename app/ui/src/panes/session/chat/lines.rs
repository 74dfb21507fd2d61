//! What was said, the latest below. Only rows that are seen are laid out and drawn.

use std::collections::VecDeque;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use egui::text::LayoutJob;
use egui::{Color32, FontId, Frame, Margin, ScrollArea, TextFormat, TextStyle, Ui, UiBuilder};
use espalier_core::chat::{ChatLine, ChatLineKind, ChatStatus, MessageState};

use crate::locale::Language;
use crate::scene::Scene;
use crate::theme;
use crate::words;

/// So many lines are shown; the log of the session has all of them.
const SHOWN: usize = 500;

/// Between two rows, points.
const GAP: f32 = 3.0;

/// How high the rows of a conversation are, measured once.
#[derive(Debug, Default)]
pub(super) struct LineHeights {
    rows: VecDeque<(u64, f32)>,
    of: Option<MeasuredFor>,
}

/// What heights depend on.
#[derive(Clone, Debug, PartialEq)]
struct MeasuredFor {
    width: f32,
    font: FontId,
    language: Language,
    thread: Option<Arc<str>>,
}

impl LineHeights {
    /// Measures what is not measured yet.
    fn follow(&mut self, of: MeasuredFor, lines: &VecDeque<u64>, measure: impl Fn(u64) -> f32) {
        let first = lines.get(lines.len().saturating_sub(SHOWN));
        let last = self.rows.back().map(|(number, _)| *number);
        // Of another chat, when it has nothing of what was measured.
        let goes_on = last.is_none_or(|last| lines.binary_search(&last).is_ok());
        if self.of.as_ref() != Some(&of) || !goes_on {
            self.rows.clear();
            self.of = Some(of);
        }
        let Some(first) = first else { return self.rows.clear() };
        while self.rows.pop_front_if(|(number, _)| *number < *first).is_some() {}
        let next = self.rows.back().map_or(*first, |(number, _)| number + 1);
        let from = lines.partition_point(|number| *number < next);
        self.rows.extend(lines.range(from..).map(|number| (*number, measure(*number))));
    }

    /// The rows between these two places, and where the first of them begins.
    fn seen(&self, top: f32, bottom: f32) -> (std::ops::Range<usize>, f32) {
        let (mut at, mut first) = (0.0, 0);
        while let Some((_, height)) = self.rows.get(first)
            && at + height + GAP < top
        {
            at += height + GAP;
            first += 1;
        }
        let (mut end, mut last) = (at, first);
        while let Some((_, height)) = self.rows.get(last)
            && end < bottom
        {
            end += height + GAP;
            last += 1;
        }
        (first..last, at)
    }

    fn total(&self) -> f32 {
        self.rows.iter().map(|(_, height)| height + GAP).sum()
    }
}

pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    chat: &ChatStatus,
    (thread, lines): (Option<&Arc<str>>, Option<&VecDeque<u64>>),
    heights: &mut LineHeights,
) {
    let field = theme::tokens(ui).field;
    let inside = Frame::new().fill(field).inner_margin(Margin::symmetric(10, 6));
    inside.show(ui, |ui| {
        let Some(lines) = lines else {
            ui.weak(scene.text("chat-nothing"));
            return ui.take_available_space();
        };
        if lines.len() > SHOWN || chat.history.dropped() > 0 {
            ui.weak(scene.text("chat-earlier"));
        }
        ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show_viewport(
            ui,
            |ui, viewport| {
                let of = MeasuredFor {
                    width: ui.available_width(),
                    font: TextStyle::Body.resolve(ui.style()),
                    language: scene.locale.language(),
                    thread: thread.cloned(),
                };
                heights.follow(of, lines, |number| {
                    let Some(line) = chat.history.line(number) else { return 0.0 };
                    let job = job(ui, scene, line);
                    ui.painter().layout_job(job).size().y
                });
                ui.set_height(heights.total());
                ui.spacing_mut().item_spacing.y = GAP;
                let (seen, top) = heights.seen(viewport.top(), viewport.bottom());
                let mut place = ui.max_rect();
                place.min.y += top;
                ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
                    ui.skip_ahead_auto_ids(seen.start);
                    for (number, height) in heights.rows.range_mut(seen) {
                        let Some(line) = chat.history.line(*number) else { continue };
                        let label = egui::Label::new(job(ui, scene, line)).selectable(true);
                        // How far it came may need a row more.
                        *height = ui.add(label).rect.height();
                    }
                });
            },
        );
    });
}

/// A line as it is laid out.
fn job(ui: &Ui, scene: &Scene<'_>, line: &ChatLine) -> LayoutJob {
    let t = theme::tokens(ui);
    let font = TextStyle::Body.resolve(ui.style());
    let mut job = LayoutJob::default();
    job.wrap.max_width = ui.available_width();
    let add = |job: &mut LayoutJob, text: &str, color: Color32, font: &FontId| {
        job.append(text, 0.0, TextFormat::simple(font.clone(), color));
    };
    let time = words::time_of_day(line.at, scene.platform.zone());
    add(&mut job, &format!("{time}  "), t.muted, &TextStyle::Monospace.resolve(ui.style()));
    match &line.kind {
        ChatLineKind::Said { name, text } => {
            add(&mut job, &format!("{name}  "), color_of(ui, name), &font);
            add(&mut job, text, t.text, &font);
        }
        ChatLineKind::Acts { name, text } => {
            add(&mut job, &format!("* {name} "), color_of(ui, name), &font);
            add(&mut job, text, t.text, &font);
        }
        ChatLineKind::Happened(sentence) => {
            add(&mut job, &scene.locale.sentence(sentence), t.muted, &font);
        }
        ChatLineKind::Text(text) => add(&mut job, text, t.muted, &font),
    }
    if let Some((_, state)) = line.own {
        let (key, color) = match state {
            MessageState::Waiting => ("chat-message-waiting", t.muted),
            MessageState::Sent => ("chat-message-sent", t.busy),
            MessageState::Taken => ("chat-message-taken", t.good),
            MessageState::Unknown => ("chat-message-unknown", t.bad),
        };
        let small = TextStyle::Small.resolve(ui.style());
        add(&mut job, &format!("  {}", scene.text(key)), color, &small);
    }
    job
}

/// The same color for the same name, whoever looks.
fn color_of(ui: &Ui, name: &str) -> Color32 {
    let mut hasher = std::hash::DefaultHasher::new();
    name.hash(&mut hasher);
    let hue = (hasher.finish() % 360) as f32 / 360.0;
    let (saturation, value) = if theme::tokens(ui).dark { (0.45, 0.9) } else { (0.75, 0.55) };
    egui::ecolor::Hsva::new(hue, saturation, value, 1.0).into()
}
