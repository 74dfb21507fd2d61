//! Rows of a form: a quiet label on the left, its control on the right.

use std::ops::Range;

use egui::text::{CCursor, CCursorRange};
use egui::{DragValue, Key, Modifiers, Response, Role, TextEdit, Ui, Vec2, WidgetInfo};

use crate::theme::{self, space};

/// How wide the labels of a form are.
pub const LABEL: f32 = 128.0;

/// A row; `control` draws what stands beside the label and returns what the label names.
pub fn row(ui: &mut Ui, label: &str, control: impl FnOnce(&mut Ui) -> Response) -> Response {
    ui.horizontal(|ui| {
        let label = self::label(ui, label);
        control(ui).labelled_by(label.id)
    })
    .inner
}

/// The label at the beginning of a row that is laid out by whoever calls.
pub fn label(ui: &mut Ui, text: &str) -> Response {
    let muted = theme::tokens(ui).muted;
    ui.allocate_ui_with_layout(
        Vec2::new(LABEL, space::CONTROL),
        egui::Layout::left_to_right(egui::Align::Center),
        |ui| {
            ui.set_min_width(LABEL);
            ui.add(egui::Label::new(egui::RichText::new(text).color(muted)).wrap())
        },
    )
    .inner
}

/// A row without a label of its own, aligned with the controls of the others.
pub fn plain<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal(|ui| {
        ui.add_space(LABEL + ui.spacing().item_spacing.x);
        ui.vertical(content).inner
    })
    .inner
}

/// A field for one line of text.
pub fn text(ui: &mut Ui, label: &str, value: &mut String, hint: &str) -> Response {
    first_text(ui, label, value, hint, false)
}

/// The same for the first field of a dialog: with `focus` it takes the keyboard, and what is typed the place of what is in it.
pub fn first_text(
    ui: &mut Ui,
    label: &str,
    value: &mut String,
    hint: &str,
    focus: bool,
) -> Response {
    row(ui, label, |ui| {
        if focus {
            take_focus(ui, value);
        }
        field(ui, value, hint, ui.available_width())
    })
}

/// A one-line text field of this width, without a label.
pub fn field(ui: &mut Ui, value: &mut String, hint: &str, width: f32) -> Response {
    outlined(ui, |ui| {
        ui.add(
            TextEdit::singleline(value)
                .hint_text(egui::RichText::new(hint.to_owned()).weak())
                .margin(egui::Margin::symmetric(7, 3))
                .min_size(Vec2::new(0.0, space::CONTROL))
                .desired_width(width - 14.0),
        )
    })
}

/// A text field with a name that is its hint, too.
pub fn named(ui: &mut Ui, name: &str, value: &mut String, width: f32) -> Response {
    let response = field(ui, value, name, width);
    told(ui, &response, Role::TextInput, name, value);
    response
}

/// A field for several lines, of which so many are seen at least, with a name that is its hint, too.
pub fn named_lines(ui: &mut Ui, name: &str, value: &mut String, rows: usize) -> Response {
    let width = ui.available_width() - 16.0;
    let field = outlined(ui, |ui| {
        let edit = TextEdit::multiline(value).code_editor().desired_rows(rows);
        ui.add(edit.desired_width(width).hint_text(egui::RichText::new(name).weak()))
    });
    told(ui, &field, Role::MultilineTextInput, name, value);
    field
}

/// Tells a field's name and text to those who listen.
fn told(ui: &Ui, field: &Response, role: Role, name: &str, value: &str) {
    let enabled = ui.is_enabled();
    field.widget_info(|| {
        let mut info = WidgetInfo::labeled(role, enabled, name);
        info.current_text_value = Some(value.to_owned());
        info
    });
}

/// Gives the keyboard to the field that is drawn next, with all of its `text` selected: what is typed takes its place.
///
/// Before it is drawn and not after, because what is typed in this very frame is then written into it, and the system is told
/// in this frame that an input method may be used.
pub fn take_focus(ui: &Ui, text: &str) {
    take_focus_in(ui, 0..text.chars().count());
}

/// The same with these characters selected.
pub fn take_focus_in(ui: &Ui, selected: Range<usize>) {
    let id = ui.next_auto_id();
    let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    let part = CCursorRange::two(CCursor::new(selected.start), CCursor::new(selected.end));
    state.cursor.set_char_range(Some(part));
    state.store(ui.ctx(), id);
    ui.memory_mut(|memory| memory.request_focus(id));
}

/// Draws a text field with a line around it: fields lie on grounds of their own colour, too.
pub fn outlined<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let outline = theme::tokens(ui).outline;
    let stroke = egui::Stroke::new(1.0, outline);
    let resting = &mut ui.visuals_mut().widgets.inactive.bg_stroke;
    let before = std::mem::replace(resting, stroke);
    let result = content(ui);
    ui.visuals_mut().widgets.inactive.bg_stroke = before;
    result
}

/// A number with a unit. One that came from a file and is beyond the range stays as it is until the user changes it: to look at
/// a form changes nothing.
pub fn number<N: egui::emath::Numeric>(
    ui: &mut Ui,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    unit: &str,
) -> Response {
    let response = ui.add(drag_value(value, range).speed(1.0));
    // Escape has ended the typing of a number: it does not end what is around it, too.
    if response.lost_focus() {
        ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    }
    if !unit.is_empty() {
        ui.weak(unit);
    }
    response
}

/// The control of a number.
pub fn drag_value<N: egui::emath::Numeric>(
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
) -> DragValue<'_> {
    DragValue::new(value).range(range).clamp_existing_to_range(false)
}

/// A number with a unit and a name of its own, where the label beside it names something else.
pub fn named_number<N: egui::emath::Numeric>(
    ui: &mut Ui,
    name: &str,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    unit: &str,
) -> Response {
    let response = number(ui, value, range, unit);
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, enabled, name));
    response
}

/// A tick without words beside it, and with a name of its own.
pub fn named_check(ui: &mut Ui, name: &str, on: &mut bool) -> Response {
    let response = ui.checkbox(on, "");
    let (enabled, on) = (ui.is_enabled(), *on);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, on, name));
    response
}

/// A quiet sentence under a control.
pub fn hint(ui: &mut Ui, text: &str) -> Response {
    ui.add(egui::Label::new(egui::RichText::new(text).small().weak()).wrap())
}

/// A sentence about what is wrong.
pub fn problem(ui: &mut Ui, text: &str) -> Response {
    let bad = theme::tokens(ui).bad;
    ui.add(egui::Label::new(egui::RichText::new(text).small().color(bad)).wrap())
}

/// The same with a cross that takes it away; `true` when that was clicked.
pub fn problem_to_dismiss(ui: &mut Ui, text: &str, dismiss: &str) -> bool {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::TOP), |ui| {
        let clicked = super::icon_button(ui, crate::icon::Icon::Cross, dismiss).clicked();
        ui.with_layout(egui::Layout::left_to_right(egui::Align::TOP), |ui| problem(ui, text));
        clicked
    })
    .inner
}

/// A sentence about what to take care of.
pub fn caution(ui: &mut Ui, text: &str) -> Response {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(13.0), egui::Sense::hover());
        crate::icon::paint(ui.painter(), rect, crate::icon::Icon::Warning, t.busy);
        ui.add(egui::Label::new(egui::RichText::new(text).small().color(t.busy)).wrap())
    })
    .inner
}
