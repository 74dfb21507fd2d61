//! What a session is, as the engine publishes it: small, cheap to clone, read once per frame.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{EndReason, Integrity, LogFileStatus, SessionId, Traffic};
use crate::chat::ChatStatus;
use crate::load::LoadStatus;
use crate::replay::ReplayStatus;
use crate::rules::RuleTally;
use crate::send_list::{RunPhase, RunProgress};
use crate::tls::TlsStatus;
use crate::transfer::{TransferOffer, TransferStatus};
use crate::{PeerId, Position, Timestamp};

/// Where a session stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// Not started, or stopped by the user.
    #[default]
    Idle,
    /// Resolving the name or waiting for the peer's SYN-ACK.
    Connecting,
    /// The connection of a client session stands.
    Connected(ConnectionState),
    /// A server listens, or a socket for datagrams is open.
    Listening,
    /// A serial port is open, or a load test runs.
    Open,
    /// Ended, and no further attempt will be made.
    Ended {
        /// Why.
        reason: EndReason,
        /// The operating system's text, or empty.
        detail: Arc<str>,
    },
    /// Ended, and the next attempt comes at this time.
    Waiting {
        /// Why the last one ended.
        reason: EndReason,
        /// When the next attempt is made; `None`: when its port is there again.
        until: Option<Timestamp>,
    },
}

impl SessionState {
    /// Is anything open, or being opened? A session that waits for its next attempt is running, too.
    pub const fn is_running(&self) -> bool {
        matches!(
            self,
            Self::Connecting
                | Self::Connected(_)
                | Self::Listening
                | Self::Open
                | Self::Waiting { .. }
        )
    }
}

/// Where a standing connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionState {
    /// Both directions are open.
    #[default]
    Open,
    /// The peer sent FIN.
    PeerHalfClosed,
    /// We sent FIN.
    HalfClosed,
    /// The connection is over, for this reason.
    Ended(EndReason),
}

/// One connection of a session.
#[derive(Clone, Debug)]
pub struct PeerStatus {
    /// The peer's number in the session.
    pub id: PeerId,
    /// The other end.
    pub remote: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// Since when.
    pub since: Timestamp,
    /// The connection's state, or the session's.
    pub state: ConnectionState,
    /// What moved.
    pub traffic: Traffic,
    /// Bytes accepted for sending and not yet taken by the operating system.
    pub queued: u64,
}

/// A cyclic send under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CycleStatus {
    /// How often it was sent.
    pub sent: u64,
    /// How often it will be sent in all; `None`: until stopped.
    pub count: Option<u64>,
}

/// A run of a send list, or how the last one ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListStatus {
    /// What it does.
    pub phase: RunPhase,
    /// Nothing is sent until it is resumed; an answer may still be waited for.
    pub paused: bool,
    /// How far it has come.
    pub progress: RunProgress,
    /// How many of the messages that were handed over the system did not take.
    pub unsent: u64,
    /// The entry that is sent next, whose answer is waited for, or with which it ended: its group and its place in it.
    pub at: Option<(usize, usize)>,
    /// What that entry is called.
    pub entry: String,
    /// How many messages a round has.
    pub messages: u64,
    /// How many rounds there are; `None`: until it is stopped.
    pub rounds: Option<u64>,
}

/// The rules of a session at work: its own, then those of all sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesStatus {
    /// How often each did what.
    pub tallies: Vec<RuleTally>,
    /// What is wrong with those that do nothing; `None` for one that works.
    pub faults: Vec<Option<Arc<str>>>,
    /// What they told the user, each with its number: the latest [`Self::NOTICES`].
    pub notices: Vec<(u64, Arc<str>)>,
    /// Rows that they marked, by the record and its byte in which the match ends, and the colour: the latest
    /// [`Self::MARKED`], by their places.
    pub marked: Arc<[MarkedPlace]>,
}

impl RulesStatus {
    /// How many notices are remembered.
    pub const NOTICES: usize = 16;

    /// How many marked places are remembered.
    pub const MARKED: usize = 4096;
}

/// A place in a capture that a rule has marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MarkedPlace {
    /// The record.
    pub record: Position,
    /// Which byte of it.
    pub offset: u32,
    /// Whose.
    pub peer: PeerId,
    /// Which of the theme's eight highlight colours, 0 to 7.
    pub color: u8,
}

/// Who is in a chat room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomStatus {
    /// Those who are there, and those who are away and waited for.
    pub members: Vec<RoomMemberStatus>,
}

/// A member of a chat room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomMemberStatus {
    /// What it is called.
    pub name: Arc<str>,
    /// Its connection; `None` while it is away.
    pub peer: Option<PeerId>,
    /// What is said to it and by it surely arrives.
    pub is_numbered: bool,
}

/// A session as it is.
#[derive(Clone, Debug)]
pub struct SessionStatus {
    /// Which session.
    pub id: SessionId,
    /// The connection's state, or the session's.
    pub state: SessionState,
    /// Our end: bound or connected.
    pub local: Option<SocketAddr>,
    /// The other end of a client session, or whom a datagram session sends to.
    pub remote: Option<SocketAddr>,
    /// Whom a datagram session talks with: its remote, or who sent last; `None` while there is nobody, and elsewhere.
    pub counterpart: Option<PeerId>,
    /// When the session came into its present phase; `None` before it was started.
    pub since: Option<Timestamp>,
    /// Connections, oldest first: all open ones and the latest ended ones (at most 64 ended).
    pub peers: Arc<[PeerStatus]>,
    /// What moved over all connections, in this run.
    pub traffic: Traffic,
    /// Counts and digests of all bytes of this run.
    pub integrity: Integrity,
    /// Bytes accepted for sending and not yet taken by the operating system.
    pub queued: u64,
    /// A cyclic send under way.
    pub cycle: Option<CycleStatus>,
    /// A run of a send list, or how the last one ended.
    pub list: Option<Arc<ListStatus>>,
    /// Its rules; `None` when it has none.
    pub rules: Option<Arc<RulesStatus>>,
    /// Who is in the chat room that it is; `None` when it is none.
    pub room: Option<Arc<RoomStatus>>,
    /// Its chat; `None` when it is no member of a room.
    pub chat: Option<Arc<ChatStatus>>,
    /// A transfer of files, or how the last one ended.
    pub transfer: Option<Arc<TransferStatus>>,
    /// A capture that is played to it, or how the last one ended.
    pub replay: Option<Arc<ReplayStatus>>,
    /// What the other end has begun by itself, and nobody has answered yet.
    pub offer: Option<(PeerId, TransferOffer)>,
    /// Its log in files, when it has one.
    pub log_file: Option<Arc<LogFileStatus>>,
    /// Its load test, or how the last one ended.
    pub load: Option<Arc<LoadStatus>>,
    /// How its connections are secured; `None` for plain text.
    pub tls: Option<Arc<TlsStatus>>,
    /// The session that it is bridged with.
    pub bridge: Option<SessionId>,
    /// Bytes of history on disk.
    pub capture_bytes: u64,
    /// Bytes of history that retention has let go; the log begins after them.
    pub retired_bytes: u64,
    /// Bytes behind the last whole record of a capture that is looked at.
    pub torn_bytes: u64,
    /// The history begins with that of earlier runs, which is neither counted nor digested.
    pub continues: bool,
}
