//! The window: its state ([`App`]), how it is drawn (`draw`), what its commands do (`handle`), what comes back at the
//! next start (`restore`).

mod activities;
mod board;
mod captures;
mod closing;
mod dialog;
mod draw;
mod focus;
mod frame_pace;
mod handle;
mod help;
mod images;
mod keyring;
mod outcome;
mod palette;
mod program_log;
mod recent;
mod releases;
mod restore;
mod rules;
mod send_list;
mod settings;
mod stops;
mod tabs;
mod terminal;
mod timeline;
mod toasts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use egui_tiles::Tree;
use espalier_core::backend::{Backend, CaptureChanges, LogId};
use espalier_core::settings::UserSettings;
use espalier_core::timeline::TimelineId;
use espalier_core::{SessionId, Watch};

use crate::command::Toast;
use crate::dialogs::Dialog;
use crate::inbox::{Inbox, InboxMessage};
use crate::locale::{Language, Locale};
use crate::panes::board::BoardPanes;
use crate::panes::manual::ManualPane;
use crate::panes::program_log::ProgramLogPane;
use crate::panes::session::SessionPane;
use crate::panes::timeline::TimelinePane;
use crate::panes::{TabLabels, TabRename};
use crate::platform::{About, Platform};
use crate::state::{KnownElf, Recent, RulesState, SendListState, UiState};
use frame_pace::FramePace;
use toasts::Toasts;

/// The window.
pub struct App {
    backend: Arc<dyn Backend>,
    platform: Arc<dyn Platform>,
    inbox: Inbox,
    pace: Arc<FramePace>,
    locale: Locale,
    /// The system's, or what the command line asked for.
    system_language: Language,
    settings: UserSettings,
    /// The font of the log, where the user has chosen one.
    log_font: Option<Arc<egui::FontData>>,
    tree: Tree<LogId>,
    panes: BTreeMap<SessionId, SessionPane>,
    boards: BoardPanes,
    timeline: Option<TimelinePane>,
    focused: Option<LogId>,
    dialog: Option<Dialog>,
    /// How many dialogs have been up: the number of the last one.
    dialogs: u64,
    /// The user was asked, and the window closes.
    closes_now: bool,
    toasts: Toasts,
    program_log: ProgramLogPane,
    manual: ManualPane,
    seen_alerts: program_log::SeenAlerts,
    crash: Option<String>,
    releases: releases::Releases,
    /// The section of a board's panel that is to be opened, until it was drawn.
    board_section: Option<(SessionId, &'static str)>,
    recent: Vec<Recent>,
    asked: recent::AskedTargets,
    labels: TabLabels,
    /// The tab that is getting another name.
    rename: Option<TabRename>,
    send_list: SendListState,
    rules: RulesState,
    rules_told: rules::RulesTold,
    elfs: Vec<KnownElf>,
    told_what_goes: bool,
    capture_changes: CaptureChanges,
    /// What takes its time, and what it is called.
    activities: Vec<(String, Watch)>,
    stored: UiState,
    store_at: Option<f64>,
    /// Focused tab, number of tabs and width of the window that the tab was scrolled into sight for, and for how many frames
    /// more.
    scrolled_for: ((Option<LogId>, usize, f32), u8),
    /// The pointer was pressed last in the board panel.
    pressed_in_panel: bool,
    /// The last step of the keyboard was one back.
    stepped_back: bool,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("focused", &self.focused).finish_non_exhaustive()
    }
}

impl App {
    fn tree_id() -> egui::Id {
        egui::Id::unique("espalier")
    }

    /// A window on this engine, with what was kept of the last one. Sessions are opened again; they start by themselves
    /// only where the user asked for that.
    pub fn new(
        ctx: &egui::Context,
        backend: Arc<dyn Backend>,
        platform: Arc<dyn Platform>,
        state: UiState,
        system_language: Language,
    ) -> Self {
        let language = Language::chosen(state.settings.language).unwrap_or(system_language);
        // Ours are listed, kept, and the same on every page.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let pace = Arc::new(FramePace::default());
        let (wake, paced) = (ctx.clone(), pace.clone());
        backend.on_change(Box::new(move || wake.request_repaint_after(paced.wait(Instant::now()))));
        let crash = platform.crash();
        let About { version, releases: built_in, .. } = platform.about();
        let releases = releases::Releases::new(state.releases.clone(), built_in, version);
        let mut app = Self {
            backend,
            platform,
            inbox: Inbox::new(ctx.clone()),
            pace,
            locale: Locale::new(language),
            system_language,
            settings: state.settings.clone(),
            log_font: None,
            tree: Tree::empty(Self::tree_id()),
            panes: BTreeMap::new(),
            boards: BoardPanes::default(),
            timeline: None,
            focused: None,
            dialog: None,
            dialogs: 0,
            closes_now: false,
            toasts: Toasts::default(),
            program_log: ProgramLogPane::default(),
            manual: ManualPane::default(),
            seen_alerts: Default::default(),
            crash,
            releases,
            board_section: None,
            told_what_goes: false,
            capture_changes: CaptureChanges::default(),
            activities: Vec::new(),
            send_list: SendListState {
                list: Arc::clone(&state.send_list),
                variables: Arc::clone(&state.variables),
                notes: Vec::new(),
            },
            rules: RulesState { shared: Arc::clone(&state.rules), notes: Vec::new() },
            rules_told: rules::RulesTold::default(),
            asked: recent::AskedTargets::default(),
            labels: TabLabels::default(),
            rename: None,
            recent: state.recent.iter().take(UiState::RECENT).cloned().collect(),
            elfs: state.elfs.iter().take(KnownElf::MOST).cloned().collect(),
            stored: UiState::default(),
            store_at: None,
            scrolled_for: ((None, 0, 0.0), 0),
            pressed_in_panel: false,
            stepped_back: false,
        };
        // Before the sessions are opened: what they have written stays.
        app.backend.keep_captures(app.settings.limits);
        app.install_fonts(ctx);
        app.dress(ctx);
        app.read_log_font();
        // A rule may wait for their first connection.
        app.share_rules();
        app.restore(&state);
        // A session that began a capture names it from now on, though the user touches nothing.
        app.stored = state;
        app.store();
        app
    }

    /// How other threads put up a notice.
    pub fn notifier(&self) -> impl Fn(Toast) + Send + Sync + 'static + use<> {
        let inbox = parking_lot::Mutex::new(self.inbox.clone());
        move |toast| inbox.lock().leave(InboxMessage::Toast(toast))
    }

    /// The language of the window.
    pub const fn language(&self) -> Language {
        self.locale.language()
    }

    /// The sessions that have a tab.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.panes.keys().copied()
    }

    /// The timeline, if it is open.
    pub fn timeline(&self) -> Option<TimelineId> {
        self.timeline.as_ref().map(TimelinePane::id)
    }

    /// The notices that are up.
    pub fn toasts(&self) -> impl Iterator<Item = &Toast> {
        self.toasts.iter()
    }
}
