//! Notices that come up in a corner and never block: a bounded list, newest last.

use std::collections::VecDeque;

use egui::{Align2, Area, Frame, Id, Margin, Order, Rect, ScrollArea, Stroke, Ui};

use crate::command::{Toast, ToastKind, Topic};
use crate::icon::{self, Icon};
use crate::locale::Locale;
use crate::manual;
use crate::theme::{self, space};
use crate::widgets;

/// The notices that are up. At most [`Toasts::LIMIT`]; one more takes away the oldest.
#[derive(Debug, Default)]
pub struct Toasts {
    up: VecDeque<(Toast, f64)>,
}

impl Toasts {
    /// How many are up at most.
    pub const LIMIT: usize = 5;
    const SECONDS: f64 = 5.0;
    const WIDTH: f32 = 344.0;

    /// Puts up a notice at `now` (egui's time in seconds); the same one again only starts anew.
    pub fn push(&mut self, toast: Toast, now: f64) {
        self.up.retain(|(other, _)| *other != toast);
        if self.up.len() == Self::LIMIT {
            self.up.pop_front();
        }
        self.up.push_back((toast, now));
    }

    /// Takes a notice away, if it is up; whether it was.
    pub fn take(&mut self, toast: &Toast) -> bool {
        let before = self.up.len();
        self.up.retain(|(other, _)| other != toast);
        self.up.len() < before
    }

    /// The notices that are up, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Toast> {
        self.up.iter().map(|(toast, _)| toast)
    }

    /// Takes away the newest one.
    pub fn dismiss(&mut self) {
        self.up.pop_back();
    }

    /// Draws them at the right, from the top of `room` on, and takes away the old ones; what the manual was asked about.
    pub fn ui(&mut self, ui: &Ui, locale: &Locale, room: Rect) -> Option<Topic> {
        let now = ui.input(|input| input.time);
        self.up.retain(|(toast, since)| {
            toast.kind == ToastKind::Failure || now - since < Self::SECONDS
        });
        if self.up.is_empty() {
            return None;
        }
        if let Some(next) = self
            .up
            .iter()
            .filter(|(toast, _)| toast.kind != ToastKind::Failure)
            .map(|(_, since)| since + Self::SECONDS - now)
            .reduce(f64::min)
        {
            ui.ctx().request_repaint_after_secs(next.max(0.05) as f32);
        }
        let (mut closed, mut asked) = (None, None);
        let width = Self::WIDTH.min(room.width() - 2.0 * space::M);
        let corner = room.right_top() + egui::vec2(-space::M, space::M);
        Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .pivot(Align2::RIGHT_TOP)
            .fixed_pos(corner)
            .constrain(false)
            .show(ui.ctx(), |ui| {
                ui.set_max_width(width);
                let high = (room.height() - 2.0 * space::M).max(40.0);
                let area = ScrollArea::vertical().max_height(high).min_scrolled_height(high);
                area.stick_to_bottom(true).show(ui, |ui| {
                    for (index, (toast, _)) in self.up.iter().enumerate() {
                        let topic = more_of(toast, locale);
                        match one(ui, locale, toast, topic.is_some(), width) {
                            Pressed::Nothing => {}
                            Pressed::Close => closed = Some(index),
                            Pressed::More => asked = topic,
                        }
                    }
                });
            });
        if let Some(index) = closed {
            self.up.remove(index);
        }
        asked
    }
}

/// Where the manual has more to say of it.
fn more_of(toast: &Toast, locale: &Locale) -> Option<Topic> {
    match toast.text.key() {
        Some(key) => manual::topic(key),
        None => manual::topic_of(&toast.text, locale),
    }
}

/// What was pressed of a notice.
enum Pressed {
    Nothing,
    Close,
    More,
}

/// Draws one, with a way to the manual where that has more to say.
fn one(ui: &mut Ui, locale: &Locale, toast: &Toast, has_more: bool, width: f32) -> Pressed {
    let t = theme::tokens(ui);
    let (sign, color) = match toast.kind {
        ToastKind::Done => (Icon::Check, t.good),
        ToastKind::Notice => (Icon::Info, t.calm),
        ToastKind::Failure => (Icon::Warning, t.bad),
    };
    Frame::popup(ui.style())
        .fill(t.float)
        .stroke(Stroke::new(1.0, t.outline))
        .inner_margin(Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.set_width(width - 26.0);
            ui.horizontal(|ui| {
                let (rect, _) =
                    ui.allocate_exact_size(egui::Vec2::splat(space::ICON), egui::Sense::hover());
                icon::paint(ui.painter(), rect, sign, color);
                let buttons = if has_more { 2.0 } else { 1.0 };
                let width = ui.available_width() - buttons * (space::CONTROL + space::S);
                ui.scope(|ui| {
                    ui.set_width(width);
                    ui.add(egui::Label::new(locale.sentence(&toast.text)).wrap());
                });
                let mut pressed = Pressed::Nothing;
                if has_more
                    && widgets::icon_button(ui, Icon::Help, locale.text("manual-more")).clicked()
                {
                    pressed = Pressed::More;
                }
                let name = locale.text("close");
                let tip = [("name", name.into()), ("keys", "Esc".into())];
                let cross = widgets::icon_alone(ui, Icon::Cross, name, false);
                if cross.on_hover_text(locale.with("with-keys", tip)).clicked() {
                    pressed = Pressed::Close;
                }
                pressed
            })
            .inner
        })
        .inner
}
