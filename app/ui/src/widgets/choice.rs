//! One of several.

use egui::{Button, ComboBox, CornerRadius, Response, Role, Ui, Vec2, WidgetInfo};

use crate::theme::{self, space};

/// A few short choices side by side, joined into one control. `true` when another was chosen.
pub fn segmented<T: Copy + PartialEq>(ui: &mut Ui, value: &mut T, choices: &[(T, &str)]) -> bool {
    segmented_with_tips(ui, value, choices, &[])
}

/// The same with a tool tip for each, as far as there are any.
pub fn segmented_with_tips<T: Copy + PartialEq>(
    ui: &mut Ui,
    value: &mut T,
    choices: &[(T, &str)],
    tips: &[String],
) -> bool {
    let t = theme::tokens(ui);
    let mut changed = false;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 1.0;
        ui.spacing_mut().button_padding.x = 9.0;
        ui.horizontal(|ui| {
            for (index, (choice, text)) in choices.iter().enumerate() {
                let on = value == choice;
                let ends = (index == 0, index + 1 == choices.len());
                let round = |end: bool| if end { space::RADIUS } else { 1 };
                let button = Button::new(egui::RichText::new(*text).color(if on {
                    t.accent
                } else {
                    t.text
                }))
                .fill(if on { t.accent_wash } else { t.control[0] })
                .corner_radius(CornerRadius {
                    nw: round(ends.0),
                    sw: round(ends.0),
                    ne: round(ends.1),
                    se: round(ends.1),
                })
                .min_size(Vec2::new(0.0, space::CONTROL));
                let mut response = ui.add(button);
                if let Some(tip) = tips.get(index) {
                    response = response.on_hover_text(tip);
                }
                let enabled = ui.is_enabled();
                response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, on, text));
                if response.clicked() && !on {
                    *value = *choice;
                    changed = true;
                }
            }
        });
    });
    changed
}

/// One of a list that opens. `name` is its tool tip and its name; `true` when another was chosen.
pub fn choice<T: Clone + PartialEq>(
    ui: &mut Ui,
    salt: &str,
    name: &str,
    value: &mut T,
    choices: &[(T, impl AsRef<str>)],
) -> (bool, Response) {
    let current = choices.iter().find(|(choice, _)| choice == value);
    let current = current.map_or("", |(_, text)| text.as_ref());
    let mut changed = false;
    let response = ComboBox::from_id_salt(salt)
        .selected_text(shown(ui, current))
        .width(0.0)
        .icon(arrow)
        .show_ui(ui, |ui| {
            for (choice, text) in choices {
                let shown = shown(ui, text.as_ref());
                if ui.selectable_label(value == choice, shown).clicked() && value != choice {
                    *value = choice.clone();
                    changed = true;
                }
            }
        })
        .response;
    let enabled = ui.is_enabled();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, enabled, name);
        info.current_text_value = Some(current.to_owned());
        info
    });
    (changed, response.on_hover_text(name))
}

/// Stands between what a choice is called and the word that a console or file has for it, which is shown in grey.
pub const CODE: char = '\u{2002}';

fn shown(ui: &Ui, text: &str) -> egui::WidgetText {
    let Some((name, code)) = text.split_once(CODE) else { return text.into() };
    let t = theme::tokens(ui);
    let font = egui::TextStyle::Button.resolve(ui.style());
    let mut job = egui::text::LayoutJob::default();
    for (text, color) in [(format!("{name} "), t.text), (code.to_owned(), t.muted)] {
        job.append(&text, 0.0, egui::TextFormat::simple(font.clone(), color));
    }
    job.into()
}

/// The sign of a list that opens.
pub(super) fn arrow(ui: &Ui, rect: egui::Rect, _visuals: &egui::style::WidgetVisuals, _open: bool) {
    let place = egui::Rect::from_center_size(rect.center(), Vec2::splat(10.0));
    crate::icon::paint(ui.painter(), place, crate::icon::Icon::Down, theme::tokens(ui).muted);
}
