//! Sessions, and what is asked of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::{TerminalView, View};
use crate::chat::ChatSpec;
use crate::faults::RelayFaults;
use crate::figures::SessionFigures;
use crate::replay::{ReplayControl, ReplayRequest};
use crate::rules::{Rule, RuleTrial};
use crate::send::OutgoingBytes;
use crate::send_list::{ListPlan, SendList};
use crate::session::{
    Behaviour, KnownClient, LogFileSpec, NoBridge, OverLimit, Reconnect, SessionId, SessionSpec,
    SessionStatus, SocketOptions, ZonedIp,
};
use crate::terminal::TerminalSpec;
use crate::tls::Fingerprint;
use crate::transfer::{ReceiveFiles, SendFiles, TransferControl};
use crate::view::{EncodingName, ViewSpec};
use crate::{PeerId, Progress};

/// The sessions that are open.
pub trait Sessions {
    /// Opens a session and returns its number; it starts by itself when the specification says so.
    fn open(&self, spec: SessionSpec) -> SessionId;

    /// Ends a session in order and forgets it; nothing happens when there is none. Its capture stays among
    /// [`Captures::captures`](super::Captures::captures) if it holds anything.
    fn forget(&self, id: SessionId);

    /// All sessions, in the order they were opened.
    fn sessions(&self) -> Vec<SessionId>;

    /// The session's specification, with all changes since; `None` for an unknown number.
    fn spec(&self, id: SessionId) -> Option<Arc<SessionSpec>>;

    /// The session's status as it was published last; `None` for an unknown number.
    fn status(&self, id: SessionId) -> Option<Arc<SessionStatus>>;

    /// Asks something of a session.
    ///
    /// # Errors
    /// [`CommandRefusal`]; nothing was done then.
    fn command(&self, id: SessionId, command: SessionCommand) -> Result<(), CommandRefusal>;

    /// Begins to play a part of the history of `of` to a connection of a session, or to its port: what is there by now. Why it cannot
    /// be played is told by the status of the session, and in its log.
    ///
    /// # Errors
    /// [`CommandRefusal::Gone`]: one of the two is not there.
    fn start_replay(
        &self,
        id: SessionId,
        to: &PeerSelector,
        of: SessionId,
        request: ReplayRequest,
    ) -> Result<(), CommandRefusal>;

    /// Has what one of two sessions receives be sent by the other, both ways, until [`Self::end_bridge`] or one of them is forgotten. The
    /// other one gets a name, if it has none, and the bridge stands in the specification of the first.
    ///
    /// # Errors
    /// [`NoBridge`]; nothing was done then.
    fn bridge(&self, one: SessionId, other: SessionId) -> Result<(), NoBridge>;

    /// Ends the bridge of this session; nothing happens when it has none.
    fn end_bridge(&self, id: SessionId);

    /// Sends bytes to these connections, or says why not: what is refused was sent to nobody.
    ///
    /// # Errors
    /// [`Refusal`]: a chosen connection has gone or cannot receive, there is none, or there is no room.
    fn send(&self, id: SessionId, to: &PeerSelector, bytes: OutgoingBytes) -> Result<(), Refusal>;

    /// What TCP knows of these connections and of where the session listens, and how long answers take, as it was read last. To ask is
    /// to look: it is read again, at most once a second, and the window is woken then; while nobody asks, nothing is read. `None` for
    /// an unknown number.
    fn figures(&self, id: SessionId, of: &PeerSelector) -> Option<Arc<SessionFigures>>;

    /// What all sessions have in common for their rules, those that are opened later too.
    fn share_rules(&self, shared: Arc<SharedRules>);

    /// Tries rules on a session's history, in the background: nothing is done. `done` is called from another thread, with
    /// `None` when `progress` was cancelled, or when there is no history.
    fn try_rules(
        &self,
        id: SessionId,
        rules: Vec<Rule>,
        encoding: EncodingName,
        progress: Progress,
        done: OnRulesTried,
    );

    /// The view of a session's log; `None` for an unknown number, or when the system gives no thread for it.
    fn view(&self, id: SessionId) -> Option<Arc<dyn View>>;

    /// A session as a terminal, from now on: the same one until [`Self::close_terminal`]. `None` for an unknown number, or when
    /// the system gives no thread for it.
    fn terminal(&self, id: SessionId) -> Option<Arc<dyn TerminalView>>;

    /// The session is no terminal any more, and nothing is answered; its capture holds all that was on it.
    fn close_terminal(&self, id: SessionId);

    /// This computer's addresses, for the choice of where to listen; refreshed in the background.
    fn local_addresses(&self) -> Vec<ZonedIp>;
}

/// Called with what came of trying rules.
pub type OnRulesTried = Box<dyn FnOnce(Option<RuleTrial>) + Send>;

/// A session's queue of commands is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is still busy with earlier commands")]
pub struct Busy;

/// Why a command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefusal {
    /// Too many commands wait already.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// There is no such session any more.
    #[error("the session has gone")]
    Gone,
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A connection that was chosen is over.
    #[error("#{} has gone", .0.0)]
    Gone(PeerId),
    /// A connection that was chosen cannot receive: our side of it is closed (FIN).
    #[error("#{} cannot receive: our side of it is closed", .0.0)]
    Closed(PeerId),
    /// There is no connection that can receive.
    #[error("no connection")]
    Nobody,
    /// Too much waits to be sent already.
    #[error("too much waits already")]
    Full,
    /// A file is being transferred there: nothing else may come between.
    #[error("a file is being transferred")]
    Transferring,
    /// It is more than a datagram holds, and would have to be cut.
    #[error("a datagram holds {most} bytes at most")]
    TooLong {
        /// How many there can be.
        most: u32,
    },
}

/// What can be asked of a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionCommand {
    /// Connect, listen or open the port.
    Start,
    /// Close everything in order (FIN) and stop trying.
    Stop,
    /// Shut down our sending half (FIN) and go on receiving.
    HalfClose(PeerSelector),
    /// Close these connections in order (FIN); a server goes on listening.
    Close(PeerSelector),
    /// Close these connections by RST.
    Reset(PeerSelector),
    /// Send bytes.
    Send {
        /// To whom.
        to: PeerSelector,
        /// What.
        bytes: Arc<[u8]>,
    },
    /// Send the same bytes again and again.
    StartCycle {
        /// To whom.
        to: PeerSelector,
        /// What.
        bytes: OutgoingBytes,
        /// Milliseconds from one to the next, at least 1.
        period_ms: u32,
        /// How often; `None`: until stopped.
        count: Option<u64>,
    },
    /// End the cyclic send.
    StopCycle,
    /// Run a send list; one that runs already is stopped.
    StartList(Box<ListRequest>),
    /// Do this with the send list that runs.
    List(ListControl),
    /// Replace its own rules; `encoding` is that of what has none of its own. Rules that stay keep their counts.
    SetRules {
        /// The rules.
        rules: Vec<Rule>,
        /// The session's encoding.
        encoding: EncodingName,
    },
    /// Switch a rule on again that matched too often: its number among the session's own and then those for all, from 0.
    ArmRule(usize),
    /// Send pieces, the next one this long after the one before it; what was being sent so is given up.
    Type {
        /// To whom.
        to: PeerSelector,
        /// What.
        pieces: Vec<OutgoingBytes>,
        /// Milliseconds between them.
        pause_ms: u32,
    },
    /// Give up what is being sent so.
    StopTyping,
    /// How it is used as a terminal.
    SetTerminal(TerminalSpec),
    /// Send files. While they go, everything else that would be sent to the same connections is refused.
    SendFiles {
        /// To whom, as they are now; by a protocol that is spoken one alone.
        to: PeerSelector,
        /// What, and how.
        files: Box<SendFiles>,
    },
    /// Receive files, from now on.
    ReceiveFiles {
        /// From whom; by a protocol that is spoken one alone. Raw bytes of all go into one file in the order in which they come.
        from: PeerSelector,
        /// Where to, and how.
        files: Box<ReceiveFiles>,
    },
    /// Do this with the transfer that runs.
    Transfer(TransferControl),
    /// Do this with the capture that is played to it.
    Replay(ReplayControl),
    /// Write its log to files from now on, with rows as this view shows them; `None`: no more.
    SetLogFile {
        /// Which files.
        log: Option<LogFileSpec>,
        /// How rows are cut and written.
        view: Box<ViewSpec>,
    },
    /// Use these socket options, on open connections too where the system allows.
    SetOptions(SocketOptions),
    /// Take this certificate for the server's, whatever it says, and connect.
    TrustCertificate {
        /// Its SHA-256.
        fingerprint: Fingerprint,
        /// From now on (it is written into the specification); otherwise for the next attempt alone.
        always: bool,
    },
    /// A load test may go to addresses outside of private networks, as long as the session is open; and start it.
    AllowOutside,
    /// Use this reconnect policy.
    SetReconnect(Reconnect),
    /// What a server does by itself.
    SetBehaviour(Behaviour),
    /// How many clients a server serves, and what the others get.
    SetLimit {
        /// How many at once.
        max_clients: Option<u32>,
        /// What the others get.
        over_limit: OverLimit,
    },
    /// What happens on the way through a relay, from now on, in connections that stand too.
    SetFaults(Box<RelayFaults>),
    /// Be a member of a chat room from now on, or of none.
    SetChat(Option<ChatSpec>),
    /// Say this in the chat, as a member types it: text, or a command such as `/msg NAME text`.
    Chat(String),
    /// Say again what was heard or not when the room forgot us.
    SayAgain,
    /// Forget how long answers and connections took, and begin anew.
    ResetLatency,
    /// Call the session so; empty: by its address.
    SetName(String),
    /// Say this of the clients of a server that come from this address.
    SetClient(IpAddr, KnownClient),
    /// Forget the connections that are over: of them, only the log still tells.
    ForgetEnded,
    /// Replace the whole specification; what needs a new connection applies at the next one.
    SetSpec(Box<SessionSpec>),
}

/// What the rules of all sessions have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedRules {
    /// Rules of every session, behind its own.
    pub rules: Vec<Rule>,
    /// The list whose groups rules run.
    pub list: Arc<SendList>,
    /// What the user has named, for placeholders.
    pub variables: BTreeMap<String, String>,
}

/// A run of a send list, as it is asked for.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// To whom.
    pub to: PeerSelector,
    /// What.
    pub plan: ListPlan,
    /// The encoding of entries that have none of their own.
    pub encoding: EncodingName,
    /// What the user has named, for placeholders.
    pub variables: BTreeMap<String, String>,
}

/// What can be done with a run of a send list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListControl {
    /// Send nothing until it is resumed.
    Pause,
    /// Go on.
    Resume,
    /// Send the next entry and pause before the one behind it.
    Step,
    /// End it.
    Stop,
    /// Forget how it ended; one that runs ends.
    Dismiss,
}

/// Which connections a command means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerSelector {
    /// All open connections: for a client, its only one. Those whose sending half is closed get nothing.
    All,
    /// Whom a datagram session talks with: the remote that it was given, or else who sent last. Elsewhere all.
    Counterpart,
    /// These. To be closed, those that have ended meanwhile are passed over and told in the log; nothing is sent to the
    /// others when one of them has gone, or cannot receive.
    Peers(Vec<PeerId>),
}
