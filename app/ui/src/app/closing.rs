//! What is asked before the window, or a tab, is closed.

use egui::{Context, ViewportCommand};
use espalier_core::backend::LogId;
use espalier_core::send_list::RunPhase;
use espalier_core::session::SessionStatus;
use espalier_core::settings::AskBeforeClosing;
use espalier_core::{Direction, SessionId};

use super::App;
use crate::command::ClosingSubject;
use crate::dialogs::{ClosingDialog, Dialog};
use crate::panes::board::board_work;
use crate::words;

impl App {
    /// The user closes the window: what closing would cut short is asked about first. Never in the way of the system.
    pub(super) fn hear_closing(&mut self, ctx: &Context) {
        let asked = ctx.input(|input| input.viewport().close_requested());
        if !asked || self.closes_now || self.platform.is_told_to_end() {
            return;
        }
        let mut lines: Vec<String> =
            self.panes.keys().flat_map(|id| self.cut_short(*id, true)).collect();
        if self.settings.ask_before_closing != AskBeforeClosing::Never {
            lines.extend(self.activities.iter().map(|(name, _)| name.clone()));
        }
        if !lines.is_empty() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.set_dialog(Dialog::Closing(ClosingDialog::new(ClosingSubject::Window, lines)));
        }
    }

    /// Closes a tab, or asks first.
    pub(super) fn close_or_ask(&mut self, log: LogId) {
        let lines = log.session().map(|id| self.cut_short(id, false)).unwrap_or_default();
        match &mut self.dialog {
            _ if lines.is_empty() => self.close(log),
            // Several tabs are closed at once.
            Some(Dialog::Closing(dialog)) => dialog.add(log, lines),
            _ => {
                let subject = ClosingSubject::Tabs(vec![log]);
                self.set_dialog(Dialog::Closing(ClosingDialog::new(subject, lines)));
            }
        }
    }

    /// It was asked, and is closed.
    pub(super) fn close_anyway(&mut self, ctx: &Context, subject: ClosingSubject) {
        match subject {
            ClosingSubject::Window => {
                self.closes_now = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            ClosingSubject::Tabs(logs) => logs.into_iter().for_each(|log| self.close(log)),
        }
    }

    /// What closing a session would cut short, as far as the user wants to be asked about it. That it is open at all counts
    /// for the window alone: its tab has a way back.
    fn cut_short(&self, id: SessionId, window: bool) -> Vec<String> {
        let ask = self.settings.ask_before_closing;
        let known = self.backend.spec(id).zip(self.backend.status(id));
        let Some((spec, status)) = known.filter(|_| ask != AskBeforeClosing::Never) else {
            return Vec::new();
        };
        let list = status.list.as_ref().filter(|list| !matches!(list.phase, RunPhase::Over(_)));
        let replay = status.replay.as_ref().filter(|replay| !replay.is_over());
        let work = [
            board_work(&*self.backend, id),
            status.cycle.map(|_| "closing-cycle"),
            list.map(|_| "closing-list"),
            replay.map(|_| "closing-replay"),
        ];
        let words = work.into_iter().flatten().map(|key| self.locale.text(key).to_owned());
        let mut work: Vec<String> = words.chain(self.file_on_its_way(&status)).collect();
        if work.is_empty()
            && window
            && ask == AskBeforeClosing::Connections
            && status.state.is_running()
        {
            work.push(self.locale.text("closing-open").to_owned());
        }
        let name = words::title(&spec, status.local, &self.locale);
        work.into_iter()
            .map(|what| {
                let args = [("name", name.as_str().into()), ("what", what.into())];
                self.locale.with("closing-line", args)
            })
            .collect()
    }

    /// Which file is being sent or received.
    fn file_on_its_way(&self, status: &SessionStatus) -> Option<String> {
        let transfer = status.transfer.as_ref().filter(|transfer| !transfer.is_over())?;
        let sends = transfer.direction == Direction::Out;
        Some(match (sends, transfer.name.as_str()) {
            (true, "") => self.locale.text("closing-send-waits").to_owned(),
            (false, "") => self.locale.text("closing-receive-waits").to_owned(),
            (true, file) => self.locale.with("closing-send", [("file", file.into())]),
            (false, file) => self.locale.with("closing-receive", [("file", file.into())]),
        })
    }
}
