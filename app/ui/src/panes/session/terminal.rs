//! The session as a terminal, in the place of its log and its send box.

use egui::{CentralPanel, Panel, PopupCloseBehavior, Ui};
use espalier_core::backend::{Backend, PeerSelector, SessionCommand, TerminalView};
use espalier_core::terminal::{
    BackspaceKey, EnterKey, GridSelection, TerminalSpec, paste_text, pasted_lines, typed_bytes,
    typed_pieces,
};
use espalier_core::view::EncodingName;
use espalier_core::{PeerId, SessionId};

use super::encodings::TargetEncodings;
use crate::command::{DialogRequest, Toast, UiCommand, UiRequest, shortcut_text};
use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::number;
use crate::panes::log::bar;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::terminal::{TerminalGrid, TerminalNames, TerminalResponse};
use crate::widgets::{self, Search, choice, encoding};

/// Between the pieces of what is pasted as a person types, in milliseconds. linenoise takes what comes within 30 ms as
/// pasted (`linenoise.c`, `PASTE_KEY_DELAY`).
const PAUSE_MS: u32 = 45;

/// The state of a session's terminal.
#[derive(Debug, Default)]
pub(super) struct TerminalPane {
    /// How it is used.
    pub spec: TerminalSpec,
    grid: TerminalGrid,
    search: Search,
    /// What the open terminal was told last: whose bytes, local echo, implicit CR, encoding.
    told: Option<(Option<PeerId>, bool, bool, EncodingName)>,
    /// Something that was pasted is perhaps still being typed.
    typing: bool,
}

/// What a terminal is drawn with.
pub(super) struct TerminalContext<'a> {
    pub id: SessionId,
    /// To whom is sent what is typed.
    pub to: &'a PeerSelector,
    /// In which encodings.
    pub encodings: &'a TargetEncodings,
    /// Whether anything that is sent now would get there.
    pub ready: bool,
    /// Nothing can ever be sent: a capture that is looked at.
    pub saved: bool,
}

impl TerminalPane {
    pub(super) fn new(spec: TerminalSpec) -> Self {
        let mut pane = Self { spec, ..Self::default() };
        pane.grid.take_focus();
        pane
    }

    /// Shows it instead of the log, or the log again.
    pub(super) const fn toggle(&mut self) {
        self.spec.open = !self.spec.open;
        self.grid.take_focus();
    }

    /// Gives it the keyboard.
    pub(super) const fn take_focus(&mut self) {
        self.grid.take_focus();
    }

    /// Draws it. `encoding` is that of the session.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &TerminalContext<'_>,
        encoding: &mut EncodingName,
    ) {
        let Some(view) = scene.backend.terminal(with.id) else {
            let text = egui::RichText::new(scene.text("terminal-no-thread")).weak();
            ui.centered_and_justified(|ui| ui.add(egui::Label::new(text).wrap()));
            return;
        };
        self.tell(&*view, with);
        let before = self.spec.clone();
        let strip = bar(ui);
        Panel::top("terminal bar")
            .frame(strip)
            .show(ui, |ui| self.bar(ui, scene, &*view, with, encoding));
        let names = TerminalNames {
            terminal: scene.text("terminal"),
            scroll: scene.text("terminal-scroll"),
        };
        let shown = CentralPanel::default()
            .frame(theme::field(ui))
            .show(ui, |ui| self.grid.ui(ui, &*view, &self.spec, names))
            .inner;
        let TerminalResponse { response, typed, pasted, copy, has_mouse } = shown;
        // Where the program has the mouse, a click with Shift is meant for us; what is open stays open.
        if has_mouse || egui::Popup::is_any_open(ui.ctx()) {
            response.context_menu(|ui| self.menu(ui, scene, &*view, with));
        }
        if copy {
            copy_selected(scene, &*view);
        }
        if !typed.is_empty() && !with.saved {
            // What interrupts a console interrupts what is typed for one, too: Ctrl+C and Escape, not an arrow key.
            if self.typing && (typed.contains('\x03') || typed.ends_with('\x1B')) {
                self.typing = false;
                scene.ask(UiRequest::Session(with.id, SessionCommand::StopTyping));
            }
            self.send(scene, with, &typed);
        }
        if let Some(text) = pasted.filter(|_| !with.saved) {
            let request = match pasted_lines(&text) {
                0 => UiRequest::Paste(with.id, text),
                _ => UiRequest::Show(DialogRequest::Paste(with.id, text)),
            };
            scene.ask(request);
        }
        if self.spec != before {
            let command = SessionCommand::SetTerminal(self.spec.clone());
            scene.ask(UiRequest::Session(with.id, command));
        }
    }

    /// Tells the terminal how it is shown, where that has changed.
    fn tell(&mut self, view: &dyn TerminalView, with: &TerminalContext<'_>) {
        // Of several clients that one is shown that was chosen to be sent to.
        let peer = match with.to {
            PeerSelector::Peers(peers) => peers.first().copied().filter(|_| peers.len() == 1),
            PeerSelector::All | PeerSelector::Counterpart => None,
        };
        // Of one that has an encoding of its own, what it sends is in that.
        let own = with.encodings.told();
        let encoding = own.first().copied().unwrap_or(&with.encodings.session);
        let now = (peer, self.spec.echo, self.spec.implicit_cr, encoding.clone());
        if self.told.as_ref() != Some(&now) {
            view.show(peer);
            view.configure(&self.spec, encoding);
            self.told = Some(now);
        }
    }

    /// The terminal was closed: another one will know nothing.
    pub(super) fn closed(&mut self) {
        self.told = None;
    }

    fn send(&self, scene: &mut Scene<'_>, with: &TerminalContext<'_>, text: &str) {
        let refused = match with.encodings.compose(|encoding| typed_bytes(text, encoding)) {
            Ok(bytes) => scene
                .backend
                .send(with.id, with.to, bytes)
                // The bar says so already when there is nobody.
                .err()
                .filter(|_| with.ready)
                .map(|why| super::send::refusal(scene, why)),
            Err(error) => Some(super::send::sentence(scene, &error)),
        };
        if let Some(sentence) = refused {
            scene.ask(UiRequest::Toast(Toast::failure(sentence)));
        }
    }

    /// Sends what was pasted, and what stands in a text that nothing can be typed for is told.
    pub(super) fn paste(
        &mut self,
        backend: &dyn Backend,
        id: SessionId,
        to: PeerSelector,
        text: &str,
        encodings: &TargetEncodings,
    ) -> Result<Option<SessionCommand>, espalier_core::send::SendError> {
        self.grid.take_focus();
        let modes = backend.terminal(id).map(|view| view.screen().modes).unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        let text = paste_text(text, modes, &self.spec);
        let bytes = |text: &str| encodings.compose(|encoding| typed_bytes(text, encoding));
        let pieces = match self.spec.typing && !modes.bracketed_paste {
            true => typed_pieces(&text, self.spec.enter.text()),
            false => vec![text.as_str()],
        };
        let pieces: Vec<_> = pieces.into_iter().map(bytes).collect::<Result<_, _>>()?;
        self.typing = pieces.len() > 1;
        Ok(Some(SessionCommand::Type { to, pieces, pause_ms: PAUSE_MS }))
    }

    fn bar(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn TerminalView,
        with: &TerminalContext<'_>,
        encoding: &mut EncodingName,
    ) {
        let t = theme::tokens(ui);
        ui.spacing_mut().item_spacing = egui::vec2(5.0, 4.0);
        ui.horizontal_wrapped(|ui| {
            encoding::combo(ui, scene.locale, encoding, &mut self.search);
            if !with.saved {
                let name = scene.text("terminal-options");
                let close = PopupCloseBehavior::CloseOnClickOutside;
                widgets::menu_button(ui, Icon::Sliders, "", name, close, |ui| {
                    self.options(ui, scene);
                });
            }
            let keys = |name: &str, keys: &str| {
                scene.with("with-keys", [("name", name.into()), ("keys", keys.into())])
            };
            let (copy, paste) = (scene.text("copy"), scene.text("terminal-paste"));
            let button = widgets::icon_button(ui, Icon::Copy, copy);
            if button.on_hover_text(keys(copy, "Ctrl+Shift+C")).clicked() {
                copy_selected(scene, view);
                self.grid.take_focus();
            }
            if !with.saved {
                let button = widgets::icon_button(ui, Icon::Paste, paste);
                if button.on_hover_text(keys(paste, "Ctrl+Shift+V")).clicked() {
                    self.grid.ask_for_paste(ui.ctx());
                }
            }
            if widgets::icon_button(ui, Icon::Broom, scene.text("terminal-reset")).clicked() {
                view.reset();
                self.grid.take_focus();
            }
            let screen = view.screen();
            if !screen.rows.is_empty() {
                let (columns, rows) = (u32::from(screen.columns), screen.rows.len());
                let size = egui::RichText::new(format!("{columns} × {rows}")).color(t.muted);
                let why = [("columns", columns.into()), ("rows", rows.into())];
                ui.label(size).on_hover_text(scene.with("terminal-size", why));
            }
            let skipped = screen.skipped;
            if skipped > 0 {
                let bytes = number::bytes(skipped);
                let told = scene.with("terminal-skipped", [("bytes", bytes.into())]);
                ui.label(egui::RichText::new(told).color(t.busy));
            }
            let hint = if with.saved {
                scene.text("terminal-saved").to_owned()
            } else if with.ready {
                let keys = shortcut_text(ui.ctx(), UiCommand::Terminal);
                scene.with("terminal-leave", [("keys", keys.into())])
            } else {
                scene.text("terminal-idle").to_owned()
            };
            ui.label(egui::RichText::new(hint).color(t.muted));
        });
    }

    fn options(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        ui.set_min_width(240.0);
        ui.horizontal(|ui| {
            ui.label(scene.text("terminal-enter"));
            let choices = EnterKey::ALL.map(|key| {
                let text = match key {
                    EnterKey::Cr => "ending-cr",
                    EnterKey::Lf => "ending-lf",
                    EnterKey::CrLf => "ending-crlf",
                };
                (key, scene.text(text))
            });
            let name = scene.text("terminal-enter");
            choice(ui, "terminal enter", name, &mut self.spec.enter, &choices);
        });
        ui.horizontal(|ui| {
            ui.label(scene.text("terminal-backspace"));
            let choices = BackspaceKey::ALL.map(|key| match key {
                BackspaceKey::Delete => (key, "DEL (7F)"),
                BackspaceKey::Backspace => (key, "BS (08)"),
            });
            let name = scene.text("terminal-backspace");
            choice(ui, "terminal backspace", name, &mut self.spec.backspace, &choices);
        });
        ui.checkbox(&mut self.spec.echo, scene.text("terminal-echo"));
        ui.checkbox(&mut self.spec.implicit_cr, scene.text("terminal-implicit-cr"))
            .on_hover_text(scene.text("terminal-implicit-cr-why"));
        ui.checkbox(&mut self.spec.typing, scene.text("terminal-typing"))
            .on_hover_text(scene.text("terminal-typing-why"));
    }

    fn menu(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        view: &dyn TerminalView,
        with: &TerminalContext<'_>,
    ) {
        let selected = view.screen().selected.is_some();
        ui.add_enabled_ui(selected, |ui| {
            if ui.button(scene.text("copy")).clicked() {
                copy_selected(scene, view);
            }
        });
        ui.add_enabled_ui(!with.saved, |ui| {
            if ui.button(scene.text("terminal-paste")).clicked() {
                self.grid.ask_for_paste(ui.ctx());
            }
        });
        if ui.button(scene.text("terminal-select-all")).clicked() {
            view.select(GridSelection::All);
        }
        if ui.button(scene.text("terminal-reset")).clicked() {
            view.reset();
        }
    }
}

fn copy_selected(scene: &Scene<'_>, view: &dyn TerminalView) {
    let inbox = scene.inbox.clone();
    view.copy(Box::new(move |text| {
        let rows = text.lines().count() as u64;
        inbox.leave(InboxMessage::Copied(text, rows));
    }));
}
