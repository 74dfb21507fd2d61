//! With whom one talks: all, or one of the members.

use egui::{RichText, ScrollArea, Ui};
use espalier_core::chat::ChatStatus;

use super::ChatPane;
use crate::scene::Scene;
use crate::theme;

impl ChatPane {
    /// All, and those with whom something was said in private; each with what is unread.
    pub(super) fn threads(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let private = self.threads.private().map(|(name, unread)| (Some(name.clone()), unread));
        let mut threads = vec![(None, self.threads.unread_of_all())];
        threads.extend(private);
        if threads.iter().all(|(thread, _)| *thread != self.thread) {
            threads.push((self.thread.clone(), 0));
        }
        for (thread, unread) in threads {
            let name = thread.as_deref().unwrap_or_else(|| scene.text("chat-all"));
            let is_chosen = thread == self.thread;
            let text = match unread {
                0 => RichText::new(name),
                count => {
                    let words = [("name", name.into()), ("count", count.into())];
                    RichText::new(scene.with("chat-unread", words)).strong()
                }
            };
            if ui.selectable_label(is_chosen, text).clicked() {
                self.thread = thread;
                self.take_focus();
            }
        }
    }

    /// Who is there. A click talks to one alone.
    pub(super) fn members(&mut self, ui: &mut Ui, scene: &Scene<'_>, chat: &ChatStatus) {
        let t = theme::tokens(ui);
        let count = scene.with("chat-members", [("count", chat.members.len().into())]);
        ui.label(RichText::new(count).color(t.muted));
        let row = ui.text_style_height(&egui::TextStyle::Button) + 6.0;
        ScrollArea::vertical().auto_shrink(false).show_rows(
            ui,
            row,
            chat.members.len(),
            |ui, seen| {
                for member in chat.members.get(seen).unwrap_or_default() {
                    let text = match member.is_away {
                        true => scene.with("chat-member-away", [("name", (&*member.name).into())]),
                        false => member.name.to_string(),
                    };
                    let color = if member.is_away { t.muted } else { t.text };
                    let is_us = member.name == chat.name;
                    let is_chosen = self.thread.as_ref() == Some(&member.name);
                    let label =
                        egui::Button::selectable(is_chosen, RichText::new(text).color(color));
                    let response = ui.add_enabled(!is_us, label);
                    let hint = scene.with("chat-member-hint", [("name", (&*member.name).into())]);
                    if response.on_hover_text(hint).clicked() {
                        self.thread = Some(member.name.clone());
                        self.take_focus();
                    }
                }
            },
        );
    }
}
