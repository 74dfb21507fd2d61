//! Flashing all boards at once: each with what the form of the shown one says, checked for its own chip.

use egui::{Label, Ui};
use espalier_core::SessionId;
use espalier_core::backend::Backend;
use espalier_core::board::{BoardCommand, FlashSpec};

use super::BoardPanes;
use super::under_way::{Tally, cancels, is_ready};
use crate::command::UiCommand;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

impl BoardPanes {
    /// The boards that take part and can be flashed now.
    fn ready(&self, backend: &dyn Backend) -> Vec<SessionId> {
        let taken = self.list.iter().filter(|pane| !pane.is_left_out);
        let taken = taken.filter_map(|pane| pane.session);
        taken.filter(|id| is_ready(backend, *id)).collect()
    }

    /// What flashes them with what the form of the board that is meant says; `None`: an address there makes no sense.
    pub(crate) fn flash_all(
        &mut self,
        backend: &dyn Backend,
    ) -> Option<(FlashSpec, Vec<SessionId>)> {
        let ready = self.ready(backend);
        if ready.is_empty() {
            return Some((FlashSpec::bundled(), ready));
        }
        Some((self.meant_mut().flash.take()?, ready))
    }

    /// What cancels all that is under way.
    pub(crate) fn cancel_all(&self, backend: &dyn Backend) -> Vec<(SessionId, BoardCommand)> {
        let cancel = |id| Some((id, cancels(backend, id)?));
        self.sessions().into_iter().filter_map(cancel).collect()
    }

    /// The buttons for all boards, and what they are about.
    pub(super) fn all_ui(&self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let ready = self.ready(scene.backend).len();
        let tally = Tally::of(scene.backend, &self.sessions());
        let form = &self.meant().flash;
        ui.horizontal_wrapped(|ui| {
            let text = scene.with("boards-flash-all", [("count", ready.into())]);
            let can = ready > 0 && form.spec().is_ok();
            let flash = ui.add_enabled_ui(can, |ui| {
                widgets::primary_button(ui, Some(Icon::Save), &text)
                    .on_hover_text(scene.text("boards-flash-all-hint"))
                    .clicked()
            });
            if flash.inner {
                scene.command(UiCommand::BoardFlashAll);
            }
            if tally.under_way > 0
                && widgets::button(ui, Icon::Stop, scene.text("boards-cancel-all")).clicked()
            {
                scene.command(UiCommand::BoardCancelAll);
            }
            if tally.good + tally.bad > 0 {
                let t = theme::tokens(ui);
                let counts = [("good", tally.good.into()), ("bad", tally.bad.into())];
                let color = if tally.bad > 0 { t.bad } else { t.good };
                let told = scene.with("boards-tally", counts);
                ui.label(egui::RichText::new(told).small().color(color));
            }
        });
        let key = if form.writes() { "boards-flash-what" } else { "boards-compare-what" };
        let what = scene.with(key, [("what", form.summary(scene).into())]);
        let small = egui::RichText::new(what).small().color(theme::tokens(ui).muted);
        ui.add(Label::new(small).truncate()).on_hover_text(scene.text("boards-flash-all-hint"));
    }
}
