//! The text field of the send box, with the bad place marked.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::{
    FontId, Id, KeyboardShortcut, Modifiers, Response, Stroke, TextBuffer, TextEdit, Ui, Vec2,
};

use espalier_core::send::SendError;

use crate::scene::Scene;
use crate::theme;
use crate::widgets::form;

/// The field; Shift+Enter makes a new line in it.
pub(super) fn field(
    ui: &mut Ui,
    scene: &Scene<'_>,
    id: Id,
    text: &mut String,
    problem: Option<&SendError>,
    size: Vec2,
) -> Response {
    let t = theme::tokens(ui);
    let font = FontId::monospace(12.5);
    let bad = problem.map(|problem| problem.range.clone());
    let mut layouter = |ui: &Ui, buffer: &dyn TextBuffer, wrap: f32| -> Arc<egui::Galley> {
        let text = buffer.as_str();
        let plain = TextFormat::simple(font.clone(), t.text);
        let mut wrong = TextFormat::simple(font.clone(), t.bad);
        wrong.underline = Stroke::new(1.5, t.bad);
        let mut job = LayoutJob::default();
        job.wrap.max_width = wrap;
        match bad.clone().filter(|bad| {
            text.is_char_boundary(bad.start) && text.is_char_boundary(bad.end.min(text.len()))
        }) {
            Some(bad) => {
                let end = bad.end.min(text.len());
                job.append(&text[..bad.start.min(end)], 0.0, plain.clone());
                job.append(&text[bad.start.min(end)..end], 0.0, wrong);
                job.append(&text[end..], 0.0, plain);
            }
            None => job.append(text, 0.0, plain),
        }
        ui.painter().layout_job(job)
    };
    let name = scene.text("send-field");
    let hint = egui::RichText::new(scene.text("send-placeholder")).weak();
    let field = egui::ScrollArea::vertical()
        .id_salt("send scroll")
        .max_height(size.y)
        // In one line there is less room than egui gives at least.
        .min_scrolled_height(size.y.min(64.0))
        .show(ui, |ui| {
            let edit = TextEdit::multiline(text)
                .id(id)
                .desired_width(size.x)
                .desired_rows(1)
                .min_size(Vec2::new(0.0, size.y - 1.0))
                .margin(egui::Margin::symmetric(8, 5))
                .hint_text(hint)
                .return_key(KeyboardShortcut::new(Modifiers::SHIFT, egui::Key::Enter))
                .layouter(&mut layouter);
            form::outlined(ui, |ui| ui.add(edit))
        })
        .inner;
    let enabled = ui.is_enabled();
    field.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, enabled, name);
        info.current_text_value = Some(text.clone());
        info
    });
    field
}

/// Puts the cursor after the last character.
pub(super) fn cursor_to_end(ctx: &egui::Context, id: Id, text: &str) {
    let mut state = TextEdit::load_state(ctx, id).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(end)));
    state.store(ctx, id);
}
