//! Sending the same again and again.

use egui::{Role, Ui, WidgetInfo};
use espalier_core::backend::SessionCommand;
use espalier_core::send::OutgoingBytes;

use super::{SendContext, can_send};
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::state::SendState;
use crate::theme;
use crate::widgets::{self, form};

pub(super) fn ui(
    state: &mut SendState,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    with: &SendContext<'_>,
    bytes: Option<&OutgoingBytes>,
) {
    let SendContext { id, status, to, .. } = with;
    ui.horizontal_wrapped(|ui| {
        ui.weak(scene.text("cycle-every"));
        let name = scene.text("cycle-period");
        let field = form::number(ui, &mut state.period_ms, 1..=86_400_000, scene.text("unit-ms"));
        let enabled = ui.is_enabled();
        field.widget_info(|| WidgetInfo::labeled(Role::SpinButton, enabled, name));
        let mut endless = state.count == 0;
        if ui.checkbox(&mut endless, scene.text("cycle-endless")).changed() {
            state.count = if endless { 0 } else { 10 };
        }
        if !endless {
            let name = scene.text("cycle-count");
            let field =
                form::number(ui, &mut state.count, 1..=1_000_000_000, scene.text("cycle-times"));
            field.widget_info(|| WidgetInfo::labeled(Role::SpinButton, enabled, name));
        }
        if let Some(cycle) = status.cycle {
            if widgets::button(ui, Icon::Stop, scene.text("cycle-stop")).clicked() {
                scene.ask(UiRequest::Session(*id, SessionCommand::StopCycle));
            }
            let sent = cycle.sent;
            let text = match cycle.count {
                Some(count) => {
                    scene.with("cycle-progress", [("sent", sent.into()), ("count", count.into())])
                }
                None => scene.with("cycle-sent", [("sent", sent.into())]),
            };
            let text = egui::RichText::new(text).color(theme::tokens(ui).sent);
            ui.add(egui::Label::new(text).truncate());
            return;
        }
        let somebody = (!to.server || to.open > 0) && to.missing.is_none();
        let ready = somebody && can_send(status) && bytes.is_some_and(|bytes| !bytes.is_empty());
        ui.add_enabled_ui(ready, |ui| {
            if widgets::button(ui, Icon::Repeat, scene.text("cycle-start")).clicked()
                && let Some(bytes) = bytes
            {
                let command = SessionCommand::StartCycle {
                    to: to.target.clone(),
                    bytes: bytes.clone(),
                    period_ms: state.period_ms,
                    count: (state.count > 0).then_some(state.count),
                };
                scene.ask(UiRequest::Session(*id, command));
            }
        });
    });
}
