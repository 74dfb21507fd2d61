//! The frame all dialogs share.
//!
//! Escape closes what is innermost: a list that is open, the typing of a number, and only then the dialog. Enter presses the
//! button that goes on, never one that takes something away. The keyboard goes through a dialog as it is read, and comes to
//! the cross last.

use egui::{Frame, Id, Key, Margin, Modal, Modifiers, Rect, Ui, UiBuilder};

use crate::locale::Locale;
use crate::theme::{self, space};
use crate::widgets::{RowTail, form};
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
            let head = Margin { left: 18, right: 10, top: 10, bottom: 4 };
            let head = Frame::new().inner_margin(head).show(ui, |ui| {
                ui.set_min_size(egui::vec2(ui.available_width(), space::CONTROL));
                let room = ui.available_width() - space::CONTROL - space::S;
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    let text = egui::RichText::new(title).size(16.0).color(t.strong);
                    ui.add(egui::Label::new(text).truncate());
                });
            });
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
            let corner = head.response.rect.right_top() + egui::vec2(-10.0, 10.0);
            let place = Rect::from_min_max(
                corner - egui::vec2(space::CONTROL, 0.0),
                corner + egui::vec2(0.0, space::CONTROL),
            );
            let mut ui = ui.new_child(UiBuilder::new().max_rect(place));
            let name = locale.text("close");
            let tip = locale.with("with-keys", [("name", name.into()), ("keys", "Esc".into())]);
            widgets::icon_alone(&mut ui, Icon::Cross, name, false).on_hover_text(tip).clicked()
        });
    let open_inside = shown.any_popup_open;
    let escaped =
        !open_inside && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let beside = !open_inside && shown.backdrop_response.clicked();
    !(shown.inner || escaped || beside)
}

/// The row at the end: what is wrong, if anything, and the buttons, the one that goes on last.
pub(super) fn actions<R>(
    ui: &mut Ui,
    problem: Option<&str>,
    buttons: impl FnOnce(&mut Ui) -> R,
) -> R {
    ui.add_space(space::M);
    ui.horizontal(|ui| {
        ui.set_min_height(space::CONTROL + 4.0);
        let end = RowTail::new(ui, "actions");
        if let Some(problem) = problem {
            end.before(ui, |ui| form::problem(ui, problem));
        }
        end.show(ui, buttons)
    })
    .inner
}

/// Was Enter pressed to go on? Not when it means the button that has the focus, or a list that is open. To be asked
/// before the dialog is drawn, because a text field gives up the focus when it sees the key.
pub(super) fn enter(ui: &Ui) -> bool {
    let free = ui.memory(|memory| memory.focused().is_none()) || ui.ctx().text_edit_focused();
    free && !egui::Popup::is_any_open(ui.ctx()) && ui.input(|input| input.key_pressed(Key::Enter))
}
