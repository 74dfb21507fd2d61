//! The frame all dialogs share.

use egui::{Frame, Id, Key, Margin, Modal, Ui};

use crate::locale::Locale;
use crate::theme::{self, space};
use crate::{icon::Icon, widgets};

/// Draws a dialog of this width with a title and a cross; `content` gets the rest. `false` when it was dismissed by the
/// cross, Escape, or a click beside it.
pub(super) fn dialog(
    ui: &Ui,
    locale: &Locale,
    title: &str,
    width: f32,
    content: impl FnOnce(&mut Ui),
) -> bool {
    let t = theme::tokens(ui);
    let room = ui.ctx().content_rect().size();
    let shown = Modal::new(Id::unique(("dialog", title)))
        .backdrop_color(t.backdrop)
        .frame(Frame::window(ui.style()).inner_margin(Margin::same(0)))
        .show(ui.ctx(), |ui| {
            ui.set_width(width.min(room.x - 24.0));
            let mut crossed = false;
            Frame::new().inner_margin(Margin { left: 18, right: 10, top: 10, bottom: 4 }).show(
                ui,
                |ui| {
                    ui.horizontal(|ui| {
                        ui.label(egui::RichText::new(title).size(16.0).color(t.strong));
                        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                            crossed = widgets::icon_button(ui, Icon::Cross, locale.text("close"))
                                .clicked();
                        });
                    });
                },
            );
            let high = room.y - 110.0;
            egui::ScrollArea::vertical().max_height(high).min_scrolled_height(high).show(
                ui,
                |ui| {
                    Frame::new()
                        .inner_margin(Margin {
                            left: 18,
                            right: 18,
                            top: 4,
                            bottom: space::L as i8,
                        })
                        .show(ui, content);
                },
            );
            crossed
        });
    let escaped =
        !egui::Popup::is_any_open(ui.ctx()) && ui.input(|input| input.key_pressed(Key::Escape));
    !(shown.inner || escaped || (shown.should_close() && shown.backdrop_response.clicked()))
}

/// The row of buttons at the end, the first one rightmost.
pub(super) fn actions<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(space::M);
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), space::CONTROL + 4.0),
        egui::Layout::right_to_left(egui::Align::Center),
        content,
    )
    .inner
}

/// Was Enter pressed to go on? Not when it means the button that has the focus, or a list that is open. To be asked
/// before the dialog is drawn, because a text field gives up the focus when it sees the key.
pub(super) fn enter(ui: &Ui) -> bool {
    let free = ui.memory(|memory| memory.focused().is_none()) || ui.ctx().text_edit_focused();
    free && !egui::Popup::is_any_open(ui.ctx()) && ui.input(|input| input.key_pressed(Key::Enter))
}
