//! The send list beside a session: prepared messages to send by a click, one after the other, or by a key.
//!
//! All sessions show the same list; what is clicked goes to the session that it stands beside.

mod editor;
mod groups;
mod rows;
mod run;

use egui::{Frame, Margin, Ui};
use espalier_core::SessionId;
use espalier_core::backend::PeerSelector;
use espalier_core::send::{OutgoingBytes, PlaceholderValues, SendError};
use espalier_core::send_list::{ListEdit, SendEntry, SendList, Shortcut};
use espalier_core::session::{SessionStatus, TransportSpec};

use crate::command::{DialogRequest, SendListRequest, Toast, UiRequest};
use crate::icon::Icon;
use crate::panes::session::encodings::TargetEncodings;
use crate::panes::session::notes;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, form};

use editor::EntryEditor;
use rows::ListRows;
use run::RunForm;

/// The state of a send list beside a session.
#[derive(Debug, Default)]
pub(super) struct ListPane {
    rows: ListRows,
    editor: Option<EntryEditor>,
    run: RunForm,
    variables: groups::VariablesForm,
    /// How many messages were sent from here by hand.
    sent: u64,
}

/// Where the list sends.
pub(super) struct ListContext<'a> {
    pub id: SessionId,
    pub status: &'a SessionStatus,
    /// Of entries that have none of their own.
    pub encodings: &'a TargetEncodings,
    pub to: PeerSelector,
    /// Something can be sent now.
    pub ready: bool,
}

impl ListPane {
    /// Runs it.
    pub(super) const fn run(&mut self) {
        self.run.begin();
    }

    /// Draws it.
    pub(super) fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, with: &ListContext<'_>) {
        Frame::new().inner_margin(Margin::symmetric(8, 6)).show(ui, |ui| {
            self.toolbar(ui, scene);
            ui.scope(|ui| self.run.ui(ui, scene, with));
        });
        if self.editor.as_mut().is_some_and(|editor| editor.is_gone(&scene.send_list.list)) {
            self.editor = None;
        }
        if let Some(editor) = &mut self.editor {
            let high = ui.available_height();
            let most = (high - 90.0).max(high * 0.5);
            let split = widgets::Split::new(ui, "entry", widgets::Edge::Below, 280.0, 120.0..=most);
            split.show_rest(ui, |ui| self.rows.ui(ui, scene, with, Some(editor.at())));
            let fill = crate::theme::tokens(ui).ground;
            let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(8, 6));
            let goes_on = split.show(ui, frame, |ui| editor.ui(ui, scene, with));
            split.line(ui);
            if !goes_on {
                self.editor = None;
            }
        } else {
            self.rows.ui(ui, scene, with, None);
        }
        for action in self.rows.take_actions() {
            self.act(scene, with, action);
        }
    }

    fn act(&mut self, scene: &mut Scene<'_>, with: &ListContext<'_>, action: rows::RowAction) {
        match action {
            rows::RowAction::Send(group, at) => self.send(scene, with, group, at),
            rows::RowAction::Edit(group, at) => {
                let entry = scene.send_list.list.entry(group, at);
                self.editor = entry.map(|entry| EntryEditor::new((group, at), entry));
            }
            rows::RowAction::Run(group) => run::start(scene, with, Some(group), self.run.rounds()),
        }
    }

    /// Sends one entry.
    fn send(&mut self, scene: &mut Scene<'_>, with: &ListContext<'_>, group: usize, at: usize) {
        let list = scene.send_list.list.clone();
        let Some(entry) = list.entry(group, at) else { return };
        let said = match compose(scene, with, entry, self.sent) {
            Err(error) => {
                let (entry, why) = (entry.label().to_owned(), super::send::sentence(scene, &error));
                scene.with("list-fault", [("entry", entry.into()), ("why", why.into())])
            }
            Ok(bytes) if bytes.is_empty() => return,
            Ok(bytes) => match scene.backend.send(with.id, &with.to, bytes) {
                Ok(()) => {
                    self.sent += 1;
                    return;
                }
                Err(refusal) => super::send::refusal(scene, refusal),
            },
        };
        scene.ask(UiRequest::Toast(Toast::failure(said)));
    }

    /// Sends the first entry that has this key.
    pub(super) fn press(&mut self, scene: &mut Scene<'_>, with: &ListContext<'_>, key: Shortcut) {
        if let Some((group, at)) = position(&scene.send_list.list, key) {
            self.send(scene, with, group, at);
        }
    }

    fn toolbar(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        ui.horizontal_wrapped(|ui| {
            if widgets::icon_button(ui, Icon::Plus, scene.text("list-add")).clicked() {
                let group = scene.send_list.list.groups.len().saturating_sub(1);
                let at = scene.send_list.list.groups.last().map_or(0, |it| it.entries.len());
                let entry = SendEntry::default();
                self.editor = Some(EntryEditor::new((group, at), &entry));
                scene.ask(UiRequest::List(SendListRequest::Edit(ListEdit::Insert(
                    group,
                    at,
                    Box::new(entry),
                ))));
            }
            groups::menu(ui, scene, &mut self.variables);
            let width = ui.available_width().clamp(90.0, 220.0);
            self.rows.search(ui, scene, width);
        });
        if notes::ui(ui, scene, &scene.send_list.notes) {
            scene.ask(UiRequest::List(SendListRequest::DismissNotes));
        }
        if scene.send_list.list.is_empty() {
            ui.add_space(space::S);
            form::hint(ui, scene.text("list-empty"));
            if widgets::button(ui, Icon::Folder, scene.text("list-import")).clicked() {
                scene.ask(UiRequest::Show(DialogRequest::ImportList));
            }
        }
    }
}

/// Where the entry with this key stands.
fn position(list: &SendList, key: Shortcut) -> Option<(usize, usize)> {
    list.groups.iter().enumerate().find_map(|(group, it)| {
        let at = it.entries.iter().position(|entry| entry.shortcut == Some(key))?;
        Some((group, at))
    })
}

/// The bytes of an entry as they would be sent now, or what is wrong with it.
fn compose(
    scene: &Scene<'_>,
    with: &ListContext<'_>,
    entry: &SendEntry,
    counter: u64,
) -> Result<OutgoingBytes, SendError> {
    let peer = address(scene, with);
    let zone = scene.platform.zone();
    let variables = &scene.send_list.variables;
    with.encodings.compose(|encoding| {
        // The same values in each encoding.
        let zone = zone.clone();
        let mut values = PlaceholderValues::new(counter, scene.now, zone, &peer, variables);
        entry.compose(encoding, &mut values)
    })
}

/// The address of the one that it goes to; empty when there are several, or none.
fn address(scene: &Scene<'_>, with: &ListContext<'_>) -> String {
    let spec = scene.backend.spec(with.id);
    if let Some(TransportSpec::Serial(serial)) = spec.as_ref().map(|spec| &spec.transport) {
        return serial.port.clone();
    }
    let mut meant = super::encodings::targets(with.status, &with.to);
    match (meant.next(), meant.next()) {
        (Some(peer), None) => peer.remote.to_string(),
        _ => String::new(),
    }
}
