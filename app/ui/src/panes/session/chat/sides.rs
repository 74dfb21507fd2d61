//! With whom one talks: all, or one of the members.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui};
use espalier_core::chat::ChatStatus;

use super::{ChatPane, is_message, is_of};
use crate::scene::Scene;
use crate::theme;

impl ChatPane {
    /// All, and those with whom something was said in private; each with what is unread.
    pub(super) fn threads(&mut self, ui: &mut Ui, scene: &Scene<'_>, chat: &ChatStatus) {
        let mut threads: BTreeSet<Option<Arc<str>>> =
            chat.history.lines().map(|line| line.private.clone()).collect();
        threads.insert(None);
        threads.insert(self.thread.clone());
        for thread in threads {
            let name = thread.as_deref().unwrap_or_else(|| scene.text("chat-all"));
            let is_chosen = thread == self.thread;
            let unread = if is_chosen { 0 } else { self.unread(chat, thread.as_ref()) };
            let text = match unread {
                0 => name.to_owned(),
                count => {
                    scene.with("chat-unread", [("name", name.into()), ("count", count.into())])
                }
            };
            let text = if unread > 0 { RichText::new(text).strong() } else { RichText::new(text) };
            if ui.selectable_label(is_chosen, text).clicked() {
                self.thread = thread;
                self.take_focus();
            }
        }
    }

    /// Messages that were not looked at.
    fn unread(&self, chat: &ChatStatus, thread: Option<&Arc<str>>) -> usize {
        let read = self.read.get(&thread.cloned()).copied().unwrap_or_default();
        let numbered = (chat.history.dropped()..).zip(chat.history.lines());
        numbered
            .filter(|(number, line)| *number >= read && is_of(line, thread) && is_message(line))
            .count()
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
