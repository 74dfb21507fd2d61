//! What was said, the latest below.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use egui::text::LayoutJob;
use egui::{Color32, FontId, Frame, Margin, ScrollArea, TextFormat, TextStyle, Ui};
use espalier_core::chat::{ChatLine, ChatLineKind, ChatStatus, MessageState};

use super::is_of;
use crate::scene::Scene;
use crate::theme;
use crate::words;

/// So many lines are shown; the log of the session has all of them.
const SHOWN: usize = 500;

pub(super) fn ui(ui: &mut Ui, scene: &Scene<'_>, chat: &ChatStatus, thread: Option<&Arc<str>>) {
    let field = theme::tokens(ui).field;
    let inside = Frame::new().fill(field).inner_margin(Margin::symmetric(10, 6));
    inside.show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
            let all: Vec<&ChatLine> = chat
                .history
                .lines()
                .rev()
                .filter(|line| is_of(line, thread))
                .take(SHOWN + 1)
                .collect();
            if all.len() > SHOWN || chat.history.dropped() > 0 {
                ui.weak(scene.text("chat-earlier"));
            }
            if all.is_empty() {
                ui.weak(scene.text("chat-nothing"));
            }
            for line in all.iter().take(SHOWN).rev() {
                row(ui, scene, line);
            }
        });
    });
}

fn row(ui: &mut Ui, scene: &Scene<'_>, line: &ChatLine) {
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
    ui.add(egui::Label::new(job).selectable(true));
}

/// The same color for the same name, whoever looks.
fn color_of(ui: &Ui, name: &str) -> Color32 {
    let mut hasher = std::hash::DefaultHasher::new();
    name.hash(&mut hasher);
    let hue = (hasher.finish() % 360) as f32 / 360.0;
    let (saturation, value) = if theme::tokens(ui).dark { (0.45, 0.9) } else { (0.75, 0.55) };
    egui::ecolor::Hsva::new(hue, saturation, value, 1.0).into()
}
