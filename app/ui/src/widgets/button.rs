//! Buttons with icons.

use egui::{Atom, Button, Color32, Response, RichText, Role, Stroke, Ui, Vec2, WidgetInfo};

use crate::command::{UiCommand, shortcut_text};
use crate::icon::{self, Icon};
use crate::locale::Locale;
use crate::theme::{self, space};

/// An icon as a part of a button's text; it takes `color`, or the colour the button writes in.
fn icon_atom<'a>(icon: Icon, color: Option<Color32>) -> Atom<'a> {
    Atom::paint(Vec2::splat(space::ICON), move |ui, args| {
        let color = color.unwrap_or_else(|| ui.visuals().text_color());
        icon::paint(ui.painter(), args.rect, icon, color);
    })
}

/// A button of an icon alone, without a frame until the pointer is over it; `name` is its tool tip and its name.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    icon_toggle(ui, icon, name, false)
}

/// The button of a listed command: an icon alone, named after the command, with its keys in the tool tip.
pub fn command_button(ui: &mut Ui, locale: &Locale, command: UiCommand) -> Response {
    let icon = command.icon().unwrap_or(Icon::Command);
    command_toggle(ui, locale, command, icon, locale.text(command.key()), false)
}

/// The same with an icon and a name of its own, for a command that can be on.
pub fn command_toggle(
    ui: &mut Ui,
    locale: &Locale,
    command: UiCommand,
    icon: Icon,
    name: &str,
    on: bool,
) -> Response {
    let tip = super::tip(ui, locale, name, command);
    icon_alone(ui, icon, name, on).on_hover_text(tip)
}

/// A line of a menu that runs a command, with its keys.
pub fn command_item(ui: &mut Ui, locale: &Locale, command: UiCommand) -> Response {
    let t = theme::tokens(ui);
    let keys = shortcut_text(ui.ctx(), command);
    let text = locale.text(command.key());
    let button = Button::new(text)
        .right_text(RichText::new(keys).monospace().small().color(t.muted))
        .frame_when_inactive(false)
        .min_size(egui::vec2(210.0, space::CONTROL));
    let response = ui.add(button);
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    response
}

/// A button of an icon alone that can be on.
pub fn icon_toggle(ui: &mut Ui, icon: Icon, name: &str, on: bool) -> Response {
    icon_alone(ui, icon, name, on).on_hover_text(name)
}

/// The same without a tool tip.
pub(crate) fn icon_alone(ui: &mut Ui, icon: Icon, name: &str, on: bool) -> Response {
    let t = theme::tokens(ui);
    let color = match (ui.is_enabled(), on) {
        (false, _) => t.muted.gamma_multiply(0.5),
        (true, true) => t.accent,
        (true, false) => t.text,
    };
    let button = Button::new(icon_atom(icon, Some(color)))
        .frame_when_inactive(on)
        .fill_if(on, t.accent_wash)
        .min_size(Vec2::splat(space::CONTROL));
    let response = square(ui, |ui| ui.add(button));
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, name));
    response
}

/// A button with an icon and a word.
pub fn button(ui: &mut Ui, icon: Icon, text: &str) -> Response {
    let t = theme::tokens(ui);
    let color = if ui.is_enabled() { t.text } else { t.muted.gamma_multiply(0.5) };
    let response = ui.add(Button::new((icon_atom(icon, Some(color)), text)).gap(space::XS));
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    response
}

/// A button with a word, and an icon if it has one, without a frame until the pointer is over it.
pub fn quiet_button(ui: &mut Ui, icon: Option<Icon>, text: &str) -> Response {
    let word = RichText::new(text).small();
    let button = match icon {
        Some(icon) => Button::new((icon_atom(icon, None), word)).gap(space::XS),
        None => Button::new(word),
    };
    let response = ui.add(button.frame_when_inactive(false));
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    response
}

/// The one button that goes on, which Enter presses too.
pub fn primary_button(ui: &mut Ui, icon: Option<Icon>, text: &str) -> Response {
    let t = theme::tokens(ui);
    filled(ui, icon, text, t.accent, t.on_accent)
}

/// A button that takes something away for good. It is not the one that Enter presses.
pub fn danger_button(ui: &mut Ui, icon: Option<Icon>, text: &str) -> Response {
    let t = theme::tokens(ui);
    filled(ui, icon, text, t.bad, t.on_bad)
}

fn filled(ui: &mut Ui, icon: Option<Icon>, text: &str, fill: Color32, ink: Color32) -> Response {
    let t = theme::tokens(ui);
    let response = ui
        .scope(|ui| {
            let widgets = &mut ui.style_mut().visuals.widgets;
            for look in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                look.fg_stroke.color = ink;
            }
            widgets.inactive.weak_bg_fill = fill;
            widgets.hovered.weak_bg_fill = fill.gamma_multiply(0.88);
            widgets.active.weak_bg_fill = fill.gamma_multiply(0.76);
            widgets.inactive.bg_stroke = Stroke::NONE;
            widgets.hovered.bg_stroke = Stroke::NONE;
            widgets.active.bg_stroke = Stroke::new(1.5, t.strong);
            ui.spacing_mut().button_padding.x = 12.0;
            let text = egui::RichText::new(text).color(ink);
            match icon {
                Some(icon) => {
                    ui.add(Button::new((icon_atom(icon, Some(ink)), text)).gap(space::XS))
                }
                None => ui.add(Button::new(text)),
            }
        })
        .inner;
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    response
}

/// A button that opens a menu: an icon, a word (may be empty) and a small arrow.
pub fn menu_button<R>(
    ui: &mut Ui,
    icon: Icon,
    text: &str,
    name: &str,
    close: egui::PopupCloseBehavior,
    content: impl FnOnce(&mut Ui) -> R,
) -> Response {
    let t = theme::tokens(ui);
    let button = if text.is_empty() {
        Button::new(icon_atom(icon, Some(t.text))).min_size(Vec2::splat(space::CONTROL))
    } else {
        Button::new((icon_atom(icon, Some(t.text)), text, arrow(t.muted))).gap(space::XS)
    };
    let config = egui::containers::menu::MenuConfig::default().close_behavior(close);
    let button = button.frame_when_inactive(!text.is_empty());
    let menu = egui::containers::menu::MenuButton::from_button(button).config(config);
    let show = |ui: &mut Ui| {
        let content = |ui: &mut Ui| {
            ui.spacing_mut().button_padding = egui::vec2(8.0, 3.0);
            content(ui)
        };
        menu.ui(ui, content).0
    };
    let response = if text.is_empty() { square(ui, show) } else { show(ui) };
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    if text == name { response } else { response.on_hover_text(name) }
}

/// Draws with the padding of a square button, in the same layout: a child of its own would not wrap with the others.
fn square<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let padding = Vec2::splat((space::CONTROL - space::ICON) / 2.0);
    let before = std::mem::replace(&mut ui.spacing_mut().button_padding, padding);
    let result = content(ui);
    ui.spacing_mut().button_padding = before;
    result
}

fn arrow<'a>(color: Color32) -> Atom<'a> {
    Atom::paint(Vec2::splat(10.0), move |ui, args| {
        icon::paint(ui.painter(), args.rect, Icon::Down, color);
    })
}

trait FillIf {
    fn fill_if(self, on: bool, color: Color32) -> Self;
}

impl FillIf for Button<'_> {
    fn fill_if(self, on: bool, color: Color32) -> Self {
        if on { self.fill(color) } else { self }
    }
}
