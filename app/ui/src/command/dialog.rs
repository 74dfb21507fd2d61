//! Which dialog is to be opened.

use std::net::IpAddr;
use std::ops::Range;
use std::path::PathBuf;

use espalier_core::backend::{LogId, PeerSelector};
use espalier_core::program_log::Severity;
use espalier_core::transfer::TransferProtocol;
use espalier_core::{PeerId, Position, SessionId};

/// A dialog, and what it is about. What it starts with beyond that, the window knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogRequest {
    /// A new session of this kind.
    NewSession(SessionRole),
    /// What the clients of this server that come from this address are called.
    Client(SessionId, IpAddr),
    /// With which session this one is to be bridged.
    Bridge(SessionId),
    /// The options of a session.
    Options(SessionId),
    /// Where and how to save the log of a session or timeline.
    SaveLog(LogId),
    /// A workspace file to open.
    OpenWorkspace,
    /// A workspace file to write.
    SaveWorkspace,
    /// A file to send, or to receive to.
    Transfer(TransferAsk),
    /// How a part of a history is played.
    Replay(ReplayAsk),
    /// Whether the log of a session is written to files.
    LogToFile(SessionId),
    /// A send list to take entries from.
    ImportList,
    /// A send list to write.
    ExportList,
    /// A file to take rules from.
    ImportRules,
    /// A file to write rules to.
    ExportRules,
    /// The captures that are kept.
    Captures,
    /// A capture file to open.
    OpenCapture,
    /// The settings of the program; those that this finds.
    Settings(String),
    /// Whether these lines are to be pasted into the terminal of this session.
    Paste(SessionId, String),
    /// All shortcuts.
    Shortcuts,
    /// What the program is.
    About,
    /// A search among the commands.
    Palette,
    /// Where to save the lines of the program's own log of at least this level, from this number on.
    SaveProgramLog(Severity, u64),
    /// The report of a crash.
    CrashReport(String),
}

/// What is known of a transfer before it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferAsk {
    /// Of which session.
    pub id: SessionId,
    /// Files go out.
    pub sends: bool,
    /// To or from whom.
    pub peers: PeerSelector,
    /// Which file, when that is known.
    pub path: Option<PathBuf>,
    /// By which protocol, when that is known.
    pub protocol: Option<TransferProtocol>,
}

/// What is known of a replay before it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayAsk {
    /// Whose history.
    pub of: SessionId,
    /// Where the chosen rows stand in it.
    pub chosen: Option<Range<Position>>,
    /// It is one row alone.
    pub is_one: bool,
    /// Whose they are.
    pub peer: Option<PeerId>,
}

/// What kind of session is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionRole {
    /// We connect.
    #[default]
    Client,
    /// We listen.
    Server,
    /// We listen, and forward.
    Relay,
    /// Datagrams.
    Udp,
    /// We connect many times.
    Load,
    /// A serial port.
    Serial,
}
