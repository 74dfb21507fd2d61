//! Commands that carry what they are about.

use std::net::SocketAddr;
use std::path::PathBuf;

use espalier_core::backend::{Copying, LogId, Saving, SessionCommand};
use espalier_core::board::{BoardCommand, BoardUpdateRequest, EspTouchRequest, ProvisionRequest};
use espalier_core::program_log::Severity;
use espalier_core::replay::ReplayRequest;
use espalier_core::session::{SerialSpec, SessionSpec};
use espalier_core::settings::SettingValue;
use espalier_core::timeline::TimelineId;
use espalier_core::view::{EncodingName, ViewSpec};
use espalier_core::{CaptureId, Origin, Position, SessionId, Timestamp};

use super::{
    ClosingSubject, DialogRequest, KeyringRequest, RulesRequest, SendListRequest, Toast, Topic,
    UiCommand,
};
use crate::state::Dock;

/// What can be done with a capture that is kept.
#[derive(Debug)]
pub enum CaptureRequest {
    /// Give it a name.
    Rename(CaptureId, String),
    /// Save a copy as one file.
    Save(CaptureId, PathBuf),
    /// Delete it.
    Delete(CaptureId),
}

/// A part of a history that is to be played.
#[derive(Clone, Debug)]
pub struct ReplayOrder {
    /// Whose history.
    pub of: SessionId,
    /// To which session.
    pub to: SessionId,
    /// What of it, and how.
    pub request: ReplayRequest,
}

/// What drawing asks the window to do.
#[derive(Debug)]
pub enum UiRequest {
    /// A listed command, for the focused session where it needs one.
    Command(UiCommand),
    /// Open a session in a new tab.
    Open(Box<SessionSpec>),
    /// Ask something of a session.
    Session(SessionId, SessionCommand),
    /// Play a part of a history to a session.
    Replay(Box<ReplayOrder>),
    /// Bridge two sessions.
    Bridge(SessionId, SessionId),
    /// Ask something of the send list.
    List(SendListRequest),
    /// Ask something of the rules.
    Rules(RulesRequest),
    /// Go to the row of a session's log that holds this byte of this record.
    ShowPlace(SessionId, Position, u32),
    /// Open this port in the board panel.
    OpenBoard(Box<SerialSpec>),
    /// Open the board panel.
    ShowBoard,
    /// Tell credentials to boards without a cable.
    EspTouch(Box<EspTouchRequest>),
    /// End that.
    CancelEspTouch,
    /// Look for boards on the network.
    SearchBoards,
    /// End that.
    EndBoardSearch,
    /// Give a board on the network the bundled program.
    UpdateBoard(Box<BoardUpdateRequest>),
    /// Cancel that.
    CancelBoardUpdate,
    /// Ask something of the keyring, about the password of this network.
    Keyring(KeyringRequest, String),
    /// Ask something of the board on a serial session.
    Board(SessionId, BoardCommand),
    /// Provision a board, and see to what follows.
    Go {
        /// The board's serial session.
        id: SessionId,
        /// Where to, and what may be done.
        request: ProvisionRequest,
        /// Open a conversation at its end.
        talk: bool,
    },
    /// Let a file be picked to flash the board on this session.
    PickFlashFile(SessionId),
    /// Let an ELF file be picked for decoding the backtraces of this session.
    PickElf(SessionId),
    /// Let a file be named for the core dump of a report (when its first line came, and its number) of this session's board.
    SaveCoreDump(SessionId, Timestamp, u64),
    /// Open this many client sessions to the board that listens there.
    Connect(SocketAddr, u8),
    /// Put the panel of this board there; without one, the panel that is docked.
    Dock(Option<SessionId>, Dock),
    /// Show a log so.
    View(LogId, Box<ViewSpec>),
    /// Show the log in front in this encoding.
    Encoding(EncodingName),
    /// Close a session or timeline and its tab, unless that is to be asked about first; the history of a session is kept.
    Close(LogId),
    /// Close this, although something is under way in it.
    CloseAnyway(ClosingSubject),
    /// Open a capture in a tab, to be looked at.
    OpenCapture(PathBuf),
    /// Do something with a capture that is kept.
    Capture(CaptureRequest),
    /// Make this session or timeline the one that commands mean.
    Focus(LogId),
    /// Bring a session's log to the front, wherever it stands.
    Reveal(SessionId),
    /// From a row of this timeline to the row of its session that it was copied from: which record, and which byte of it.
    Jump(TimelineId, Origin, u32),
    /// Put rows, or a part of them, on the clipboard.
    Copy(LogId, Copying),
    /// Paste this into the terminal of this session.
    Paste(SessionId, String),
    /// Put a text on the clipboard and say so.
    CopyText(String),
    /// Save a log.
    SaveLog(LogId, PathBuf, Saving),
    /// Show a folder in the system's own window.
    OpenFolder(PathBuf),
    /// Show a page in the system's browser.
    OpenPage(String),
    /// Ask whether there is a newer version of the program.
    AskForReleases,
    /// Tell no more of this version.
    DismissRelease(String),
    /// Read a workspace file and open its sessions.
    ReadWorkspace(PathBuf),
    /// Write the open sessions to a workspace file.
    WriteWorkspace(PathBuf),
    /// Change the setting of this name.
    Set(&'static str, SettingValue),
    /// Open a dialog.
    Show(DialogRequest),
    /// Show this place of the manual.
    ShowManual(Topic),
    /// Show a notice.
    Toast(Toast),
    /// Save the lines of the program's own log of at least this level, from this number on.
    SaveProgramLog(PathBuf, Severity, u64),
    /// The report of the last crash is not offered again.
    SettleCrash {
        /// The capture is deleted, not kept.
        delete: bool,
    },
    /// Forget a target that was connected to before.
    ForgetRecent(usize),
}
