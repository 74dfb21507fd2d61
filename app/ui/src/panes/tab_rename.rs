//! Giving a tab another name, in the tab itself.

use egui::{Key, Layout, Modifiers, Rect, Role, Ui, UiBuilder, WidgetInfo};
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;

use crate::command::UiRequest;
use crate::scene::Scene;
use crate::widgets::{Focus, form};

/// The tab that is getting another name, and what was typed so far.
#[derive(Debug)]
pub(crate) struct TabRename {
    session: SessionId,
    name: String,
    focus: Focus,
}

impl TabRename {
    /// How much room a tab has for its name at least while it is typed.
    pub(crate) const WIDTH: f32 = 150.0;

    /// Begins with the name that the session has.
    pub(crate) const fn new(session: SessionId, name: String) -> Self {
        Self { session, name, focus: Focus::wanted() }
    }

    /// Which session's tab it is.
    pub(crate) const fn session(&self) -> SessionId {
        self.session
    }

    /// Draws the field. Enter takes what was typed, and so does whatever else takes the keyboard; Escape leaves the name as it
    /// was. Without a name, the address stands there again.
    pub(crate) fn show(rename: &mut Option<Self>, ui: &mut Ui, scene: &mut Scene<'_>, room: Rect) {
        let Some(open) = rename else { return };
        let builder = UiBuilder::new().id_salt("rename tab").max_rect(room);
        let mut ui = ui.new_child(builder.layout(Layout::left_to_right(egui::Align::Center)));
        if open.focus.is_due(&ui) {
            form::take_focus(&ui, &open.name);
        }
        let hint = scene.text("name-hint");
        let field = form::field(&mut ui, &mut open.name, hint, room.width());
        let enabled = ui.is_enabled();
        let (name, value) = (scene.text("command-rename-tab"), open.name.clone());
        field.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::TextInput, enabled, name);
            info.current_text_value = Some(value.clone());
            info
        });
        if !field.lost_focus() {
            return;
        }
        if !ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            let command = SessionCommand::SetName(open.name.trim().to_owned());
            scene.ask(UiRequest::Session(open.session, command));
        }
        *rename = None;
    }
}
