//! The log in files, beside where the session stands: where it goes, or why it does not.

use egui::{PopupCloseBehavior, RichText, Ui};
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::SessionStatus;
use espalier_core::view::ViewSpec;

use crate::command::UiRequest;
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// Draws it, where the session has such a log.
pub(super) fn ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    id: SessionId,
    view: &ViewSpec,
    status: &SessionStatus,
) {
    let Some(log) = &status.log_file else { return };
    let t = theme::tokens(ui);
    let name = match &log.trouble {
        None => scene.text("log-file-menu"),
        Some(_) => scene.text("log-file-menu-trouble"),
    };
    let icon = if log.trouble.is_some() { Icon::Warning } else { Icon::Folder };
    let close = PopupCloseBehavior::CloseOnClick;
    let button = widgets::menu_button(ui, icon, "", name, close, |ui| {
        ui.set_max_width(420.0);
        let path = log.path.display().to_string();
        let path = if path.is_empty() { "…".to_owned() } else { path };
        ui.label(RichText::new(path).monospace());
        let bytes = number::bytes(log.bytes);
        ui.weak(scene.with("log-file-written", [("bytes", bytes.into())]));
        if let Some(trouble) = &log.trouble {
            ui.label(RichText::new(scene.locale.translate(trouble)).color(t.bad));
        }
        ui.separator();
        if let Some(folder) = log.path.parent().filter(|folder| folder.is_absolute())
            && widgets::button(ui, Icon::Folder, scene.text("log-file-folder")).clicked()
        {
            scene.ask(UiRequest::OpenFolder(folder.to_owned()));
        }
        if widgets::button(ui, Icon::Stop, scene.text("log-file-stop")).clicked() {
            let view = Box::new(view.clone());
            let command = SessionCommand::SetLogFile { log: None, view };
            scene.ask(UiRequest::Session(id, command));
        }
    });
    let tip = match &log.trouble {
        Some(trouble) => scene.locale.translate(trouble),
        None => log.path.display().to_string(),
    };
    button.on_hover_text(tip);
}
