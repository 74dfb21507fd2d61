//! The send box.

pub(super) mod checksum;
mod chips;
mod composer;
mod cycle;
mod editor;
pub(super) mod ending;
mod fault;
mod history;
mod preview;

use std::cell::Cell;

use egui::{Frame, Key, Modifiers, Panel, Ui, UiBuilder};
use espalier_core::SessionId;
use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::send::{SendError, SendFormat, looks_escaped};
use espalier_core::session::{KnownClients, SessionStatus};

pub(super) use fault::{refusal, sentence};
pub(super) use preview::preview;

use composer::{Composed, Composer};
use history::SentHistory;

use crate::command::{Toast, UiCommand, UiRequest};
use crate::icon::Icon;
use crate::panes::session::beside::Beside;
use crate::panes::session::chosen::{ChosenClients, ChosenEdit};
use crate::panes::session::encodings::TargetEncodings;
use crate::scene::Scene;
use crate::state::SendState;
use crate::theme::{self, space};
use crate::widgets::{self, Focus, RowTail, Search, segmented};

/// To whom the box sends.
pub(super) struct Recipients {
    /// The connections.
    pub target: PeerSelector,
    /// The clients that were chosen; none means all.
    pub chosen: ChosenClients,
    /// How many clients can receive.
    pub open: usize,
    /// A chosen one that cannot, and why.
    pub missing: Option<Refusal>,
    /// What the user asks of that choice.
    pub edit: Cell<Option<ChosenEdit>>,
    /// Is there a choice at all?
    pub server: bool,
}

impl Recipients {
    /// Whether anything that is sent now would get to them.
    pub(super) fn can_be_sent_to(&self, status: &SessionStatus) -> bool {
        let somebody = match &self.target {
            PeerSelector::Counterpart => status.counterpart.is_some(),
            _ => !self.server || self.open > 0,
        };
        somebody && self.missing.is_none() && can_send(status)
    }
}

/// What a box sends into.
pub(super) struct SendContext<'a> {
    pub id: SessionId,
    pub status: &'a SessionStatus,
    /// What the user has said of clients.
    pub clients: &'a KnownClients,
    /// What is sent are datagrams.
    pub datagrams: bool,
    /// Of the text that is sent.
    pub encodings: &'a TargetEncodings,
    pub to: Recipients,
    /// What is shown beside the session.
    pub beside: Beside,
}

/// How much room a send box takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendBoxLayout {
    /// The field below its options, above what would be sent.
    Box,
    /// The field alone; its options open above it.
    Line,
}

/// The state of a send box.
#[derive(Debug)]
pub(super) struct SendBox {
    pub(super) state: SendState,
    text: String,
    /// Which entry of the history is shown, counted from the latest; `None`: what is being written.
    recalled: Option<usize>,
    draft: String,
    memory: SentHistory,
    composer: Composer,
    checksum_search: Search,
    focus: Focus,
    cycle_open: bool,
    options_open: bool,
    least_height: f32,
}

impl SendBox {
    pub(super) fn new(mut state: SendState) -> Self {
        history::scrub(&mut state.history);
        Self {
            state,
            memory: SentHistory::default(),
            composer: Composer::default(),
            text: String::new(),
            recalled: None,
            draft: String::new(),
            checksum_search: Search::default(),
            focus: Focus::default(),
            cycle_open: false,
            options_open: false,
            least_height: 108.0,
        }
    }

    pub(super) const fn take_focus(&mut self) {
        self.focus.want();
    }

    /// Shows or hides what sends again and again.
    pub(super) const fn toggle_cycle(&mut self) {
        self.cycle_open = !self.cycle_open;
        self.options_open |= self.cycle_open;
    }

    /// Draws the box: with its options above, or as one line that opens them, where room is scarce.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &SendContext<'_>,
        layout: SendBoxLayout,
    ) {
        let SendContext { id, status, encodings, to, beside, .. } = with;
        let composed = self.composer.compose(&self.state.spec, &self.text, encodings);
        let may = to.can_be_sent_to(status);
        let ready = composed.is_ok() && may;
        // What runs can be seen, and stopped.
        self.options_open |= status.cycle.is_some();
        let options = |this: &mut Self, ui: &mut Ui, scene: &mut Scene<'_>| {
            this.options(ui, scene, status, *beside);
            if this.cycle_open || status.cycle.is_some() {
                cycle::ui(&mut this.state, ui, scene, with, composed.as_ref().as_ref().ok());
            }
        };
        let send = match layout {
            SendBoxLayout::Line => self.line(ui, scene, ready, &composed, with, options),
            SendBoxLayout::Box => self.full(ui, scene, ready, &composed, with, options),
        };
        // Composed again: the frame that brings Enter may bring what was written before it.
        if send
            && may
            && let Ok(bytes) = &*self.composer.compose(&self.state.spec, &self.text, encodings)
        {
            if !bytes.is_empty() {
                match scene.backend.send(*id, &to.target, bytes.clone()) {
                    Ok(()) => self.sent(encodings.shown(bytes)),
                    // What was not sent stays in the box.
                    Err(refusal) => {
                        let said = fault::refusal(scene, refusal);
                        scene.ask(UiRequest::Toast(Toast::failure(said)));
                    }
                }
            }
            self.focus.want();
        }
    }

    /// The whole box; `true` when it shall send.
    fn full(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        ready: bool,
        composed: &Composed,
        with: &SendContext<'_>,
        options: impl FnOnce(&mut Self, &mut Ui, &mut Scene<'_>),
    ) -> bool {
        let bare = Frame::new();
        let above = Panel::top("send options").frame(bare).show_separator_line(false);
        let above = above.show(ui, |ui| {
            options(self, ui, scene);
            chips::ui(ui, scene, with);
            ui.add_space(5.0);
        });
        let below = Panel::bottom("send preview").frame(bare).show_separator_line(false);
        let below = below.show(ui, |ui| {
            ui.horizontal(|ui| {
                let end = RowTail::new(ui, "escapes");
                end.before(ui, |ui| self.preview(ui, scene, with.encodings, composed));
                end.show(ui, |ui| self.escapes_off(ui, scene));
            });
        });
        let field = 2.0 * space::CONTROL;
        let least = above.response.rect.height() + below.response.rect.height() + field + 12.0;
        if (self.least_height - least).abs() > 0.5 {
            self.least_height = least;
            ui.ctx().request_discard("the send box needs another height");
        }
        const BUTTON: f32 = 96.0;
        let room = ui.available_rect_before_wrap();
        let (left, right) =
            room.split_left_right_at_x((room.right() - BUTTON).max(room.center().x));
        let mut send = false;
        ui.scope_builder(UiBuilder::new().max_rect(left), |ui| {
            let size = ui.available_size() - egui::vec2(6.0, 0.0);
            send = self.field(ui, scene, composed.as_ref().err(), size);
        });
        ui.scope_builder(UiBuilder::new().max_rect(right), |ui| {
            ui.vertical_centered_justified(|ui| {
                send |= send_button(ui, scene, ready);
            });
        });
        send
    }

    fn preview(
        &self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        encodings: &TargetEncodings,
        composed: &Composed,
    ) {
        let shown = composed.as_ref().map(|bytes| encodings.shown(bytes));
        let told = Some(encodings).filter(|_| self.state.spec.format == SendFormat::Text);
        preview(ui, scene, &self.text, told, shown, scene.text("send-hint"));
    }

    /// Lower than this, the field or the button would be cut: options take more lines where it is narrow, and one more while
    /// a cycle is set up or runs.
    pub(super) const fn least_height(&self) -> f32 {
        self.least_height
    }

    /// One line; `true` when it shall send.
    fn line(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        ready: bool,
        composed: &Composed,
        with: &SendContext<'_>,
        options: impl FnOnce(&mut Self, &mut Ui, &mut Scene<'_>),
    ) -> bool {
        if self.options_open {
            options(self, ui, scene);
        }
        let mut send = false;
        ui.horizontal(|ui| {
            let name = scene.text("send-options");
            if widgets::icon_toggle(ui, Icon::Sliders, name, self.options_open).clicked() {
                self.options_open = !self.options_open;
            }
            let end = RowTail::new(ui, "send");
            end.before(ui, |ui| {
                let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y + 4.0);
                send = self.field(ui, scene, composed.as_ref().err(), size);
            });
            send |= end.show(ui, |ui| send_button(ui, scene, ready));
        });
        if composed.is_err() {
            self.preview(ui, scene, with.encodings, composed);
        }
        if self.misses_escapes() {
            ui.horizontal_wrapped(|ui| self.escapes_off(ui, scene));
        }
        chips::ui(ui, scene, with);
        send
    }

    /// Whether escapes are off, and some seem to be meant.
    fn misses_escapes(&self) -> bool {
        let spec = &self.state.spec;
        spec.format == SendFormat::Text && !spec.escapes && looks_escaped(&self.text)
    }

    /// Says so, and offers to turn them on.
    fn escapes_off(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        if !self.misses_escapes() {
            return;
        }
        let busy = theme::tokens(ui).busy;
        ui.label(egui::RichText::new(scene.text("send-escapes-off")).small().color(busy));
        let turn_on = egui::RichText::new(scene.text("send-escapes-on")).small();
        self.state.spec.escapes = ui.button(turn_on).clicked();
    }

    fn sent(&mut self, bytes: &[u8]) {
        let text = std::mem::take(&mut self.text);
        if let Some(text) = self.memory.of(&self.state.spec, text, bytes) {
            self.state.remember(text);
        }
        self.recalled = None;
        self.draft.clear();
    }

    fn options(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        status: &SessionStatus,
        beside: Beside,
    ) {
        ui.spacing_mut().item_spacing = egui::vec2(5.0, 4.0);
        ui.horizontal_wrapped(|ui| {
            let formats = [
                (SendFormat::Text, scene.text("send-text")),
                (SendFormat::Hex, scene.text("send-hex")),
            ];
            let mut format = self.state.spec.format;
            segmented(ui, &mut format, &formats);
            self.state.choose(format);
            if self.state.spec.format == SendFormat::Text {
                ui.checkbox(&mut self.state.spec.escapes, scene.text("send-escapes"))
                    .on_hover_text(scene.text("send-escapes-hint"));
            }
            let spec = &mut self.state.spec;
            ending::choose(ui, scene, &mut spec.line_ending);
            checksum::menu(ui, scene, &mut spec.checksum, &mut self.checksum_search);
            let on = self.cycle_open || status.cycle.is_some();
            let name = scene.text("cycle");
            if widgets::icon_toggle(ui, Icon::Repeat, name, on).clicked() {
                self.cycle_open = !self.cycle_open;
            }
            self.history_menu(ui, scene);
            let (list, name) = (UiCommand::SendList, scene.text(UiCommand::SendList.key()));
            let on = beside == Beside::List;
            if widgets::command_toggle(ui, scene.locale, list, Icon::List, name, on).clicked() {
                scene.command(list);
            }
            let (rules, name) = (UiCommand::Rules, scene.text(UiCommand::Rules.key()));
            let on = beside == Beside::Rules;
            if widgets::command_toggle(ui, scene.locale, rules, Icon::Bolt, name, on).clicked() {
                scene.command(rules);
            }
        });
    }

    fn history_menu(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let name = scene.text("send-history");
        let close = egui::PopupCloseBehavior::CloseOnClick;
        widgets::menu_button(ui, Icon::History, "", name, close, |ui| {
            ui.set_min_width(220.0);
            if self.state.history.is_empty() {
                ui.weak(scene.text("send-history-empty"));
            }
            egui::ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
                for entry in self.state.history.iter().rev() {
                    let line = entry.lines().next().unwrap_or_default();
                    let short: String = line.chars().take(60).collect();
                    let text = egui::RichText::new(short).monospace();
                    if ui.add(egui::Button::new(text).frame_when_inactive(false)).clicked() {
                        self.text.clone_from(entry);
                        self.focus.want();
                    }
                }
            });
        });
    }

    /// The text field; `true` when Enter was pressed in it.
    fn field(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        problem: Option<&SendError>,
        size: egui::Vec2,
    ) -> bool {
        let id = ui.scope_id().with("send field");
        // Before the field is drawn: see `form::take_focus`.
        if self.focus.is_due(ui) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let focused = ui.memory(|memory| memory.has_focus(id));
        let mut send = false;
        if focused {
            send = take_key(ui, Key::Enter);
            let single = !self.text.contains('\n');
            if single && take_key(ui, Key::ArrowUp) {
                self.recall(true, ui, id);
            }
            if single && take_key(ui, Key::ArrowDown) {
                self.recall(false, ui, id);
            }
        }
        let field = editor::field(ui, scene, id, &mut self.text, problem, size);
        if field.changed() {
            self.recalled = None;
        }
        send
    }

    /// Goes up or down in the history.
    fn recall(&mut self, older: bool, ui: &Ui, id: egui::Id) {
        let count = self.state.history.len();
        if self.recalled.is_none() {
            self.draft.clone_from(&self.text);
        }
        let next = match (self.recalled, older) {
            (None, true) => (count > 0).then_some(0),
            (None, false) => return,
            (Some(at), true) => Some((at + 1).min(count.saturating_sub(1))),
            (Some(0), false) => None,
            (Some(at), false) => Some(at - 1),
        };
        self.recalled = next;
        self.text = match next {
            Some(at) => self.state.history.iter().rev().nth(at).cloned().unwrap_or_default(),
            None => std::mem::take(&mut self.draft),
        };
        editor::cursor_to_end(ui.ctx(), id, &self.text);
    }
}

/// The button, with the key that does the same; `true` when it was clicked.
fn send_button(ui: &mut Ui, scene: &Scene<'_>, ready: bool) -> bool {
    let name = scene.text("send");
    let tip = scene.with("with-keys", [("name", name.into()), ("keys", "Enter".into())]);
    ui.add_enabled_ui(ready, |ui| {
        widgets::primary_button(ui, Some(Icon::Send), name).on_hover_text(tip).clicked()
    })
    .inner
}

/// Takes a press of this key without any modifier out of the input; egui's own `consume_key` also takes Shift+Enter.
fn take_key(ui: &Ui, wanted: Key) -> bool {
    ui.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| {
            !matches!(event, egui::Event::Key { key, pressed: true, modifiers, .. }
                if *key == wanted && *modifiers == Modifiers::NONE)
        });
        input.events.len() < before
    })
}

fn can_send(status: &SessionStatus) -> bool {
    use espalier_core::session::{ConnectionState, SessionState};
    matches!(
        status.state,
        SessionState::Connected(ConnectionState::Open | ConnectionState::PeerHalfClosed)
            | SessionState::Listening
            | SessionState::Open
    )
}
