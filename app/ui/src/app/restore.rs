//! What is kept of the window, and how it comes back.

use std::sync::Arc;

use espalier_core::SessionId;
use espalier_core::backend::LogId;
use espalier_core::session::{NoBridge, SessionSpec, TransportSpec, bridges};

use super::App;
use crate::command::Toast;
use crate::layout::{self, Layout};
use crate::panes::session::SessionPane;
use crate::state::{KnownElf, SavedSession, SendState, UiState};

/// A load test that comes from a file, or from the last window, starts when the user says so, and not by itself.
pub(super) fn waits_for_user(spec: &mut SessionSpec) {
    spec.autostart &= !matches!(spec.transport, TransportSpec::Load(_));
}

impl App {
    /// Seconds from a change until it is stored, so that a burst of changes is stored once.
    const STORE_AFTER: f64 = 1.0;

    /// Opens the sessions of the last window and puts their tabs where they were.
    pub(super) fn restore(&mut self, state: &UiState) {
        // First, so that all sessions join it as they are opened.
        let timeline = state.timeline.as_ref();
        let timeline = timeline.and_then(|saved| self.open_timeline(saved.view.clone()).ok());
        let ids: Vec<SessionId> = state
            .sessions
            .iter()
            .map(|saved| {
                let mut spec = saved.spec.clone();
                waits_for_user(&mut spec);
                self.open_quietly(spec, saved.send.clone())
            })
            .collect();
        let specs: Vec<_> = state.sessions.iter().map(|saved| saved.spec.clone()).collect();
        self.bridge_all(&ids, bridges(&specs));
        let boards = self.restore_boards(&state.board);
        let pane = |leaf: &Layout| match leaf {
            Layout::Session { index } => ids.get(*index).map(|id| LogId::Session(*id)),
            Layout::Board { index } => boards.get(*index).copied().flatten().map(LogId::Session),
            Layout::Timeline => timeline.map(LogId::Timeline),
            _ => None,
        };
        if let Some(layout) = &state.layout {
            self.tree = layout::to_tree(Self::tree_id(), layout, pane);
        }
        let placed = self.tab_order();
        for id in ids.into_iter().chain(boards.into_iter().flatten()) {
            if !placed.contains(&id.into()) {
                self.add_tab(id);
            }
        }
        if let Some(id) = timeline.filter(|id| !placed.contains(&(*id).into())) {
            self.add_tab(id);
        }
        self.focused = None;
        self.focus_what_is_in_front();
    }

    /// Opens a session and gives it a pane, but no tab yet.
    pub(super) fn open_quietly(&mut self, mut spec: SessionSpec, send: SendState) -> SessionId {
        if let TransportSpec::Serial(serial) = &mut spec.transport {
            KnownElf::recall(&self.elfs, serial);
        }
        let opened = self.platform.now();
        let pane = |id| SessionPane::new(id, &spec, send, opened);
        let id = self.backend.open(spec.clone());
        self.panes.insert(id, pane(id));
        self.join_timeline(id);
        id
    }

    /// Bridges two sessions; why that cannot be is told.
    pub(super) fn bridge(&mut self, one: SessionId, other: SessionId) {
        if let Err(none) = self.backend.bridge(one, other) {
            self.tell_no_bridge(&none);
        }
    }

    /// Bridges sessions that were opened together, by their places.
    pub(super) fn bridge_all(
        &mut self,
        ids: &[SessionId],
        bridges: Vec<(usize, Result<usize, NoBridge>)>,
    ) {
        for (one, other) in bridges {
            match other {
                Ok(other) => {
                    if let (Some(one), Some(other)) = (ids.get(one), ids.get(other)) {
                        self.bridge(*one, *other);
                    }
                }
                Err(none) => self.tell_no_bridge(&none),
            }
        }
    }

    fn tell_no_bridge(&mut self, why: &NoBridge) {
        let sentence = self.locale.translate(&why.to_string());
        // It stays until it is taken away, so its time does not matter.
        self.toasts.push(Toast::failure(sentence), 0.0);
    }

    /// The window as it would come back.
    pub fn state(&self) -> UiState {
        let order = self.tab_order().into_iter().filter_map(LogId::session);
        let order: Vec<SessionId> = order.filter(|id| !self.boards.has(*id)).collect();
        let sessions = order
            .iter()
            .filter_map(|id| {
                let pane = self.panes.get(id)?;
                let spec = self.backend.spec(*id)?;
                let spec = pane.spec_to_keep(&spec);
                Some(SavedSession { spec, send: pane.send_state() })
            })
            .collect();
        let is_kept = |id: &SessionId| self.panes.contains_key(id);
        let kept: Vec<_> = order.iter().copied().filter(is_kept).collect();
        let leaf = |log: LogId| match log {
            LogId::Session(id) if self.boards.has(id) => {
                let index = self.boards.sessions().iter().position(|other| *other == id)?;
                Some(Layout::Board { index })
            }
            LogId::Session(id) => {
                let index = kept.iter().position(|other| *other == id)?;
                Some(Layout::Session { index })
            }
            LogId::Timeline(_) => Some(Layout::Timeline),
        };
        UiState {
            settings: self.settings.clone(),
            recent: self.recent.clone(),
            elfs: self.known_elfs(self.panes.keys().copied()),
            sessions,
            rules: Arc::clone(&self.rules.shared),
            send_list: Arc::clone(&self.send_list.list),
            variables: Arc::clone(&self.send_list.variables),
            board: self.board_state(),
            timeline: self.timeline_state(),
            layout: layout::of_tree(&self.tree, leaf),
            releases: self.releases.saved.clone(),
        }
    }

    /// The ELF files that are known, with those of these sessions.
    pub(super) fn known_elfs(&self, ids: impl Iterator<Item = SessionId>) -> Vec<KnownElf> {
        let mut known = self.elfs.clone();
        for spec in ids.filter_map(|id| self.backend.spec(id)) {
            if let TransportSpec::Serial(serial) = &spec.transport {
                KnownElf::remember(&mut known, serial);
            }
        }
        known
    }

    /// Stores the window a moment after it changed.
    pub(super) fn remember(&mut self, ctx: &egui::Context, acted: bool) {
        let now = ctx.input(|input| input.time);
        // Only the user changes what is kept, and moving the pointer alone changes nothing.
        let moves = |event: &egui::Event| {
            matches!(event, egui::Event::PointerMoved(_) | egui::Event::MouseMoved(_))
        };
        let touched = acted || ctx.input(|input| input.events.iter().any(|event| !moves(event)));
        match self.store_at {
            // Whether it did is looked at once then, not at every key: the state is all text of all send boxes.
            None if touched => self.store_soon(ctx),
            None => {}
            Some(at) if now >= at => self.store(),
            Some(at) => ctx.request_repaint_after_secs((at - now) as f32 + 0.05),
        }
    }

    /// Stores the window in a moment.
    pub(super) fn store_soon(&mut self, ctx: &egui::Context) {
        let now = ctx.input(|input| input.time);
        self.store_at.get_or_insert(now + Self::STORE_AFTER);
        ctx.request_repaint_after_secs(Self::STORE_AFTER as f32 + 0.05);
    }

    /// Stores the window now: for its end.
    pub fn store(&mut self) {
        self.store_at = None;
        let state = self.state();
        if state != self.stored {
            self.platform.store(&state);
            self.stored = state;
        }
    }
}
