//! What is done with the send list.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};
use espalier_core::send_list::{ListEdit, Shortcut};
use espalier_core::{Progress, Sentence, SessionId, say};

use super::App;
use crate::command::{SendListRequest, Toast, are_keys_given};
use crate::inbox::InboxMessage;
use crate::state::WorkspaceContents;

impl App {
    pub(super) fn send_list_request(&mut self, ctx: &Context, request: SendListRequest) {
        match request {
            SendListRequest::Edit(edit) => {
                self.edit_list(ctx, edit);
            }
            SendListRequest::Variables(variables) => {
                self.send_list.variables = Arc::new(variables);
            }
            SendListRequest::Import(path) => {
                let (inbox, failed) = (self.inbox.clone(), self.outcome(&Progress::default()));
                let done = move |read| match read {
                    Ok((contents, notes)) => {
                        inbox.leave(InboxMessage::SendList(Box::new(contents), notes));
                    }
                    Err(sentence) => failed(Err(sentence)),
                };
                self.platform.read_list(path, Box::new(done));
            }
            SendListRequest::Export(path) => self.export_list(path),
            SendListRequest::DismissNotes => self.send_list.notes.clear(),
        }
    }

    /// Changes the list; `false`, and told, when it would be too large.
    fn edit_list(&mut self, ctx: &Context, edit: ListEdit) -> bool {
        let fits = Arc::make_mut(&mut self.send_list.list).edit(edit);
        if !fits {
            self.toast(ctx, Toast::failure(self.locale.text("list-too-large")));
        }
        fits
    }

    fn export_list(&self, path: PathBuf) {
        let (inbox, saved) = (self.inbox.clone(), self.saved(&path));
        let contents = self.list_contents();
        let done = move |written: Result<Vec<Sentence>, Sentence>| {
            let notes = written.map(|notes| inbox.leave(InboxMessage::SendListNotes(notes)));
            saved(notes);
        };
        self.platform.write_list(path, contents, Box::new(done));
    }

    /// The list as a file holds it.
    pub(super) fn list_contents(&self) -> WorkspaceContents {
        WorkspaceContents {
            sessions: Vec::new(),
            rules: self.rules.shared.to_vec(),
            send_list: (*self.send_list.list).clone(),
            variables: (*self.send_list.variables).clone(),
        }
    }

    /// Takes the list of a file behind what is there, but no group that is there already; a variable that is there stays as
    /// it is, and that is told. `false` when there is no room for it.
    pub(super) fn take_list(&mut self, ctx: &Context, mut contents: WorkspaceContents) -> bool {
        let known = Arc::clone(&self.send_list.list);
        contents.send_list.groups.retain(|group| !known.groups.contains(group));
        drop(known);
        self.send_list.notes.clear();
        if !contents.send_list.groups.is_empty()
            && !self.edit_list(ctx, ListEdit::Append(contents.send_list))
        {
            return false;
        }
        for (name, value) in contents.variables {
            match self.send_list.variables.get(&name) {
                Some(kept) if *kept != value => self.send_list.notes.push(say!(
                    "told-variable-kept",
                    "{name} is {kept} here and stays so; the file has {value}",
                    name = name,
                    kept = kept,
                    value = value,
                )),
                Some(_) => {}
                None => {
                    Arc::make_mut(&mut self.send_list.variables).insert(name, value);
                }
            }
        }
        true
    }

    /// The session that is worked with: that of the panel where the pointer was pressed last, or the one in front.
    pub(super) fn session_in_hand(&self) -> Option<SessionId> {
        let docked = self.boards.docked().filter(|_| self.pressed_in_panel && self.boards.open);
        docked.or_else(|| self.focused?.session())
    }

    /// A key that an entry of the list has, taken out of the input, and the session that it is meant for: that of the panel
    /// where the pointer was pressed last, or the one in front.
    pub(super) fn hear_list_keys(&self, ctx: &Context) -> Option<(SessionId, Shortcut)> {
        // In a terminal they are keys like all others.
        if are_keys_given(ctx) {
            return None;
        }
        // The list may be long, and most frames have no key in them.
        let is_press = |event: &Event| matches!(event, Event::Key { pressed: true, .. });
        if !ctx.input(|input| input.events.iter().any(is_press)) {
            return None;
        }
        let id = self.session_in_hand()?;
        let entries = self.send_list.list.groups.iter().flat_map(|group| &group.entries);
        let mut keys = entries.filter_map(|entry| entry.shortcut);
        let key =
            ctx.input_mut(|input| keys.find(|key| input.consume_shortcut(&shortcut(*key))))?;
        Some((id, key))
    }
}

/// A key as egui has it.
fn shortcut(key: Shortcut) -> KeyboardShortcut {
    const FUNCTION: [Key; 11] = [
        Key::F2,
        Key::F3,
        Key::F4,
        Key::F5,
        Key::F6,
        Key::F7,
        Key::F8,
        Key::F9,
        Key::F10,
        Key::F11,
        Key::F12,
    ];
    const NUMBER: [Key; 9] = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
    ];
    match key {
        Shortcut::Function(number) => {
            let at = usize::from(number.clamp(2, 12) - 2);
            KeyboardShortcut::new(Modifiers::NONE, FUNCTION[at])
        }
        Shortcut::Control(number) => {
            let at = usize::from(number.clamp(1, 9) - 1);
            KeyboardShortcut::new(Modifiers::COMMAND, NUMBER[at])
        }
    }
}
