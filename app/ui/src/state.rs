//! What comes back at the next start.

mod send;

use serde::{Deserialize, Serialize};

use espalier_core::capture_list::KeepLimits;
use espalier_core::session::SessionSpec;
use espalier_core::view::ViewSpec;

use crate::layout::Layout;
use crate::locale::Language;
use crate::theme::ThemeChoice;

pub use send::SendState;

/// Everything of the window that is kept between two starts. Every field has a default, so older files stay readable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UiState {
    /// The language; the system's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The theme.
    pub theme: ThemeChoice,
    /// What was connected to, latest first.
    pub recent: Vec<Recent>,
    /// The open sessions.
    pub sessions: Vec<SavedSession>,
    /// The board panel.
    pub board: SavedBoard,
    /// The timeline, if it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<SavedTimeline>,
    /// How much history is kept.
    pub keep: KeepLimits,
    /// How their tabs lie; sessions are numbered as in `sessions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
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

/// Where the board panel stands.
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

/// The board panel, as it comes back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedBoard {
    /// The panel is open.
    pub open: bool,
    /// Where it stands.
    pub dock: Dock,
    /// The panel's serial session; the port is not opened by itself, because that can reset a board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SavedSession>,
    /// The networks that boards have joined, latest first.
    pub networks: Vec<KnownNetwork>,
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
