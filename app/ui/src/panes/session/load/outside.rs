//! The question before addresses outside of this computer and of private networks are loaded.

use std::net::SocketAddr;

use egui::{Label, RichText, Ui};
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{SessionState, SessionStatus};

use crate::command::UiRequest;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// The address that it is asked about, while nothing runs.
pub(in super::super) fn asks(status: &SessionStatus) -> Option<SocketAddr> {
    let rests = matches!(status.state, SessionState::Ended { .. });
    status.load.as_ref()?.outside.filter(|_| rests)
}

/// Asks it. Who does nothing has said no.
pub(in super::super) fn question(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    id: SessionId,
    address: SocketAddr,
    clients: u32,
) {
    let busy = theme::tokens(ui).busy;
    let text = scene.with(
        "load-outside-question",
        [("address", address.to_string().into()), ("count", clients.into())],
    );
    ui.add(Label::new(RichText::new(text).color(busy)).wrap().selectable(true));
    let yes = widgets::danger_button(ui, Some(Icon::Warning), scene.text("load-outside-yes"));
    if yes.on_hover_text(scene.text("load-outside-yes-hint")).clicked() {
        scene.ask(UiRequest::Session(id, SessionCommand::AllowOutside));
    }
}
