//! What comes back at the next start.

mod known_elf;
mod releases;
mod rules;
mod send;
mod send_list;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use espalier_core::rules::Rule;
use espalier_core::send_list::SendList;
use espalier_core::session::SessionSpec;
use espalier_core::settings::UserSettings;
use espalier_core::view::ViewSpec;

use crate::layout::Layout;

pub use known_elf::KnownElf;
pub use releases::{ReleaseStanding, SavedReleases};
pub use rules::RulesState;
pub use send::SendState;
pub use send_list::{SendListState, WorkspaceContents};

/// Everything of the window that is kept between two starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UiState {
    /// What the user has chosen for the whole program.
    pub settings: UserSettings,
    /// What was connected to, latest first.
    pub recent: Vec<Recent>,
    /// Which ELF files backtraces of which boards are decoded with, latest first.
    pub elfs: Vec<KnownElf>,
    /// The open sessions.
    pub sessions: Vec<SavedSession>,
    /// The boards, and their panel.
    pub board: SavedBoards,
    /// The timeline, if it is open.
    pub timeline: Option<SavedTimeline>,
    /// The rules that all sessions have.
    pub rules: Arc<Vec<Rule>>,
    /// The prepared messages.
    pub send_list: Arc<SendList>,
    /// What the user has named, for placeholders in them.
    pub variables: Arc<BTreeMap<String, String>>,
    /// How their tabs lie; sessions are numbered as in `sessions`.
    pub layout: Option<Layout>,
    /// What is known of newer versions.
    pub releases: SavedReleases,
}

/// A network that a board has joined. Its password is not here: the keyring has it, or nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNetwork {
    /// The network's name.
    pub ssid: String,
    /// The keyring has its password.
    #[serde(default)]
    pub remembered: bool,
}

impl KnownNetwork {
    /// How many are kept.
    pub const MOST: usize = 16;
}

/// Where the panel of a board stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dock {
    /// At the left side of the window.
    Left,
    /// At the right side.
    #[default]
    Right,
    /// Below the tabs.
    Below,
    /// Among the tabs.
    Tab,
}

/// The boards, as they come back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedBoards {
    /// The panel at the side of the window is open.
    pub open: bool,
    /// Where it stands; never among the tabs.
    pub dock: Dock,
    /// The boards, in the order in which their ports were opened.
    pub boards: Vec<SavedBoard>,
    /// Which of them was worked with last, counted from 0.
    pub shown: usize,
    /// The networks that boards have joined, latest first.
    pub networks: Vec<KnownNetwork>,
}

/// A board, as it comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedBoard {
    /// The board's serial session; the port is not opened by itself, because that can reset a board.
    pub session: SavedSession,
    /// The board's panel stands among the tabs.
    #[serde(default)]
    pub tab: bool,
}

impl SavedBoards {
    /// What 0.1.0 kept of its one board, whose panel as a whole could stand among the tabs.
    pub fn of_one(open: bool, dock: Dock, session: Option<SavedSession>) -> Self {
        let tab = dock == Dock::Tab;
        let boards = session.into_iter().map(|session| SavedBoard { session, tab }).collect();
        let dock = if tab { Dock::default() } else { dock };
        Self { open, dock, boards, ..Self::default() }
    }
}

/// The timeline, as it comes back: how its rows are shown. It begins with all sessions; which of them were hidden is not kept,
/// because they have other lanes then.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedTimeline {
    /// How its rows are shown.
    pub view: ViewSpec,
}

/// A target that was connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl UiState {
    /// How many targets are remembered.
    pub const RECENT: usize = 8;
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedSession {
    /// As asked for, with all changes; `autostart` says whether it starts with the window.
    pub spec: SessionSpec,
    /// The session's send box.
    #[serde(default)]
    pub send: SendState,
}
