//! The session as a chat, in the place of its log and its send box; the log of the same bytes is one click away.
//!
//! - `lines`: what was said; `sides`: with whom; `threads`: which line belongs to which of them

mod lines;
mod sides;
mod threads;

use std::sync::Arc;

use egui::{CentralPanel, Frame, Key, Margin, Panel, RichText, Ui};
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::chat::{ChatSpec, ChatState, ChatStatus};
use espalier_core::session::{Reconnect, SessionSpec, SessionStatus, TransportSpec};

use self::lines::LineHeights;
use self::threads::Threads;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::panes::log::bar;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, Edge, Split, form};

/// Below this width the members are not shown.
const WIDE: f32 = 420.0;

/// The state of a session's chat.
#[derive(Debug, Default)]
pub(super) struct ChatPane {
    /// It is shown.
    pub open: bool,
    /// The name to come with.
    name: String,
    draft: String,
    /// With whom; `None`: all.
    thread: Option<Arc<str>>,
    threads: Threads,
    heights: LineHeights,
    focus: bool,
}

/// The session that a chat is of.
pub(super) struct ChatContext<'a> {
    pub id: SessionId,
    pub spec: &'a SessionSpec,
    pub status: &'a SessionStatus,
}

impl ChatPane {
    pub(super) fn new(transport: &TransportSpec) -> Self {
        let chat = match transport {
            TransportSpec::TcpClient(client) => client.chat.as_ref(),
            _ => None,
        };
        let name = chat.map(|chat| chat.name.clone()).unwrap_or_default();
        Self { open: chat.is_some(), name, ..Self::default() }
    }

    /// Shows it instead of the log, or the log again.
    pub(super) const fn toggle(&mut self) {
        self.open = !self.open;
        self.focus = self.open;
    }

    /// Gives it the keyboard.
    pub(super) const fn take_focus(&mut self) {
        self.focus = true;
    }

    /// Draws it. A session that is no member of a room yet is asked for a name.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        about: &ChatContext<'_>,
        chat: Option<&ChatStatus>,
    ) {
        let id = about.id;
        let Some(chat) = chat else {
            self.threads = Threads::default();
            return self.join(ui, scene, about);
        };
        self.threads.follow(&chat.history);
        if self.thread.as_ref().is_some_and(|with| !self.is_known(chat, with)) {
            self.thread = None;
        }
        self.threads.read(&self.thread);
        let strip = bar(ui).inner_margin(Margin::symmetric(10, 5));
        Panel::top("chat bar").frame(strip).show(ui, |ui| self.bar(ui, scene, id, chat));
        let foot = Split::fitted(ui, "chat input");
        foot.show_rest(ui, |ui| self.sides(ui, scene, chat));
        foot.show(ui, bar(ui).inner_margin(Margin::symmetric(10, 6)), |ui| {
            self.input(ui, scene, about, chat);
        });
        foot.line(ui);
    }

    fn join(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, about: &ChatContext<'_>) {
        let field = theme::tokens(ui).field;
        CentralPanel::default().frame(Frame::new().fill(field).inner_margin(16)).show(ui, |ui| {
            let size = egui::vec2(ui.available_width().min(460.0), 0.0);
            let down = egui::Layout::top_down(egui::Align::Min);
            ui.allocate_ui_with_layout(size, down, |ui| self.form(ui, scene, about));
        });
    }

    fn form(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, about: &ChatContext<'_>) {
        ui.label(RichText::new(scene.text("chat-join-title")).strong());
        ui.label(RichText::new(scene.text("chat-join-hint")).color(theme::tokens(ui).muted));
        ui.add_space(8.0);
        let name =
            form::text(ui, scene.text("chat-name"), &mut self.name, scene.text("chat-name-hint"));
        if std::mem::take(&mut self.focus) {
            name.request_focus();
        }
        let entered = name.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let encoding = about.spec.view.encoding.encoding_or_utf8();
        let is_name = self.name.trim().is_empty() || ChatSpec::is_name(self.name.trim(), encoding);
        if !is_name {
            let told = RichText::new(scene.text("chat-name-bad")).color(theme::tokens(ui).bad);
            ui.label(told);
        }
        let clicked = form::plain(ui, |ui| {
            let join = |ui: &mut Ui| {
                widgets::primary_button(ui, Some(Icon::People), scene.text("chat-join")).clicked()
            };
            ui.add_enabled_ui(is_name, join).inner
        });
        if clicked || entered && is_name {
            self.ask_to_join(scene, about);
        }
    }

    fn ask_to_join(&mut self, scene: &mut Scene<'_>, about: &ChatContext<'_>) {
        let ask = |scene: &mut Scene<'_>, command| {
            scene.ask(UiRequest::Session(about.id, command));
        };
        let spec = ChatSpec { name: self.name.trim().to_owned(), say_again: false };
        ask(scene, SessionCommand::SetChat(Some(spec)));
        // A member comes back in any case: so it is shown.
        if let TransportSpec::TcpClient(client) = &about.spec.transport
            && client.reconnect == Reconnect::Off
        {
            ask(scene, SessionCommand::SetReconnect(Reconnect::Exponential));
        }
        self.focus = true;
    }

    /// Where the member is, with whom it talks, and what is to be decided.
    fn bar(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, chat: &ChatStatus) {
        let t = theme::tokens(ui);
        ui.horizontal_wrapped(|ui| {
            let (key, color) = match chat.state {
                ChatState::Live => ("chat-state-live", t.good),
                ChatState::Greeting => ("chat-state-greeting", t.busy),
                ChatState::Plain => ("chat-state-plain", t.busy),
                ChatState::Off => ("chat-state-off", t.muted),
                ChatState::Left => ("chat-state-left", t.muted),
            };
            ui.label(RichText::new(&*chat.name).strong());
            ui.label(RichText::new(scene.text(key)).color(color))
                .on_hover_text(scene.text("chat-state-hint"));
            if chat.waiting > 0 {
                let waiting = scene.with("chat-waiting", [("count", chat.waiting.into())]);
                ui.label(RichText::new(waiting).color(t.muted));
            }
            ui.separator();
            self.threads(ui, scene);
            if widgets::quiet_button(ui, None, scene.text("chat-leave")).clicked() {
                scene.ask(UiRequest::Session(id, SessionCommand::SetChat(None)));
            }
        });
        if chat.unknown > 0 {
            ui.horizontal_wrapped(|ui| {
                let told = scene.with("chat-unknown-bar", [("count", chat.unknown.into())]);
                ui.label(RichText::new(told).color(t.busy));
                if widgets::button(ui, Icon::Repeat, scene.text("chat-say-again")).clicked() {
                    scene.ask(UiRequest::Session(id, SessionCommand::SayAgain));
                }
            });
        }
    }

    fn sides(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, chat: &ChatStatus) {
        let shown = |ui: &mut Ui, pane: &mut Self, scene: &mut Scene<'_>| {
            let lines = pane.threads.lines(pane.thread.as_ref());
            lines::ui(ui, scene, chat, (pane.thread.as_ref(), lines), &mut pane.heights);
        };
        if ui.available_width() < WIDE {
            return shown(ui, self, scene);
        }
        let most = ui.available_width() - 200.0;
        let split = Split::new(ui, "chat members", Edge::Right, 150.0, 90.0..=most);
        split.show_rest(ui, |ui| shown(ui, self, scene));
        let frame =
            Frame::new().fill(theme::tokens(ui).panel).inner_margin(Margin::symmetric(8, 6));
        split.show(ui, frame, |ui| self.members(ui, scene, chat));
        split.line(ui);
    }

    fn input(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        about: &ChatContext<'_>,
        chat: &ChatStatus,
    ) {
        let id = about.id;
        ui.horizontal(|ui| {
            let hint = match &self.thread {
                Some(with) => scene.with("chat-input-private", [("name", (&**with).into())]),
                None => scene.text("chat-input").to_owned(),
            };
            let width = (ui.available_width() - 90.0).max(60.0);
            let field = form::named(ui, &hint, &mut self.draft, width);
            if std::mem::take(&mut self.focus) {
                field.request_focus();
            }
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let button = widgets::button(ui, Icon::Send, scene.text("chat-say"));
            if (entered || button.clicked()) && !self.draft.trim().is_empty() {
                let text = match &self.thread {
                    // A command is one, wherever it is typed; // is none.
                    Some(with) if !is_command(&self.draft) => {
                        let text = self
                            .draft
                            .strip_prefix("//")
                            .map_or_else(|| self.draft.clone(), |rest| format!("/{rest}"));
                        format!("/msg {with} {text}")
                    }
                    _ => self.draft.clone(),
                };
                scene.ask(UiRequest::Session(id, SessionCommand::Chat(text)));
                self.draft.clear();
                self.focus = true;
            }
            if entered {
                self.focus = true;
            }
        });
        let hint = match chat.state {
            _ if !about.status.state.is_running() => "chat-ended-hint",
            ChatState::Off => "chat-off-hint",
            _ => return,
        };
        ui.label(RichText::new(scene.text(hint)).color(theme::tokens(ui).muted));
    }

    /// Whether somebody of this name is there, or has said or heard something in private.
    fn is_known(&self, chat: &ChatStatus, name: &Arc<str>) -> bool {
        self.threads.lines(Some(name)).is_some()
            || chat.members.iter().any(|member| member.name == *name)
    }
}

fn is_command(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//")
}
