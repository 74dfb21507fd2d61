//! Where the window meets the engine: commands go down, small snapshots come up, and nothing here ever blocks.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use crate::board::{
    BoardCommand, BoardRefusal, BoardStatus, ClockBounds, EspTouchRequest, EspTouchStatus,
    ImageInfo, Networks, PortInfo, ProvisionStatus,
};
use crate::capture_list::{CaptureList, KeepLimits};
use crate::session::{
    Behaviour, OverLimit, Reconnect, SessionId, SessionSpec, SessionStatus, SocketOptions,
};
use crate::view::{FindSpec, Page, PageRequest, ViewSpec, ViewStatus};
use crate::{CaptureId, Direction, PeerId, Position, Progress, Sentence};

/// The engine as the window sees it. Every method returns at once: commands are queued (bounded; a full queue is told as
/// [`Busy`]), snapshots are the last published ones.
pub trait Backend: Send + Sync {
    /// Opens a session and returns its number; it starts by itself when the specification says so.
    fn open(&self, spec: SessionSpec) -> SessionId;

    /// Ends a session in order and forgets it. Its capture stays among [`Self::captures`] if it holds anything.
    fn forget(&self, id: SessionId);

    /// All sessions, in the order they were opened.
    fn sessions(&self) -> Vec<SessionId>;

    /// The session's specification, with all changes since; `None` for an unknown number.
    fn spec(&self, id: SessionId) -> Option<SessionSpec>;

    /// The session's status as it was published last; `None` for an unknown number.
    fn status(&self, id: SessionId) -> Option<Arc<SessionStatus>>;

    /// Asks something of a session.
    ///
    /// # Errors
    /// [`Busy`] when its queue of commands is full; nothing was done then.
    fn command(&self, id: SessionId, command: SessionCommand) -> Result<(), Busy>;

    /// Sends bytes to these connections, or says why not: what is refused was sent to nobody.
    ///
    /// # Errors
    /// [`Refusal`]: a chosen connection has gone or cannot receive, there is none, or there is no room.
    fn send(&self, id: SessionId, to: &PeerSelector, bytes: Arc<[u8]>) -> Result<(), Refusal> {
        let command = SessionCommand::Send { to: to.clone(), bytes };
        self.command(id, command).map_err(|Busy| Refusal::Full)
    }

    /// The view of a session's or timeline's log; `None` for an unknown number.
    fn view(&self, id: SessionId) -> Option<Arc<dyn View>>;

    /// This computer's addresses, for the choice of where to listen; refreshed in the background.
    fn local_addresses(&self) -> Vec<IpAddr>;

    /// The serial ports there are, likely boards first, simulated ones included; refreshed in the background about once
    /// a second.
    fn ports(&self) -> Arc<[PortInfo]> {
        Arc::default()
    }

    /// Whether there can be simulated boards on this system: they need pseudo-terminals, which Windows has not.
    fn simulates_boards(&self) -> bool {
        true
    }

    /// The firmware images that this program carries.
    fn images(&self) -> Arc<[ImageInfo]> {
        Arc::default()
    }

    /// The board on a serial session; `None` for other sessions.
    fn board(&self, _id: SessionId) -> Option<Arc<BoardStatus>> {
        None
    }

    /// Asks something of the board on a serial session. What the board's thread cannot do at the moment (it is away, it is
    /// being flashed) is told in the session's log.
    ///
    /// # Errors
    /// [`BoardRefusal`]; nothing was done then.
    fn board_command(&self, id: SessionId, command: BoardCommand) -> Result<(), BoardRefusal>;

    /// How provisioning is going, or how it ended the last time.
    fn provision_status(&self, _id: SessionId) -> Option<Arc<ProvisionStatus>> {
        None
    }

    /// What the board heard the last time, and whether it is listening now.
    fn networks(&self, _id: SessionId) -> Networks {
        Networks::default()
    }

    /// Tells credentials to boards without a cable by ESP-TOUCH, in the background, for at most a minute.
    ///
    /// # Errors
    /// [`BoardRefusal`]: that is under way already, or the system has no thread left.
    fn esp_touch(&self, request: EspTouchRequest) -> Result<(), BoardRefusal>;

    /// How the ESP-TOUCH sending goes, or how it ended the last time; `None` before the first one.
    fn esp_touch_status(&self) -> Option<Arc<EspTouchStatus>> {
        None
    }

    /// Cancels the ESP-TOUCH sending under way.
    fn cancel_esp_touch(&self);

    /// Opens a timeline: the records of these sessions, merged by time and kept so as long as it is open. Its rows' peers
    /// are [`LanePeer`](crate::timeline::LanePeer)s; [`Self::view`] and [`Self::forget`] know its number.
    fn open_timeline(&self, _lanes: Vec<SessionId>) -> Option<SessionId> {
        None
    }

    /// Adds a session to a timeline, which goes on with it from its oldest record; `false` when the timeline is not open or
    /// has no lane left. A session that is added when it is opened has all its records in order; what is older than the
    /// records that stand there already comes after them.
    fn join_timeline(&self, _timeline: SessionId, _session: SessionId) -> bool {
        false
    }

    /// The status of an open timeline; `None` for any other number.
    fn timeline(&self, _id: SessionId) -> Option<TimelineStatus> {
        None
    }

    /// The captures that are kept, as they were listed last. A new list is made in the background when this one is some
    /// seconds old, and a change is announced then.
    fn captures(&self) -> Arc<CaptureList> {
        Arc::default()
    }

    /// Imports a capture that somebody names, in the background: one of ours is opened as it is; of one that another
    /// program has made, each stream becomes a capture that is kept. `done` is called from another thread, also when
    /// `progress` was cancelled: then nothing is kept.
    fn import_capture(&self, path: std::path::PathBuf, progress: Progress, done: OnCapturesFound) {
        drop(progress);
        done(Ok(FoundCaptures { captures: vec![(path, String::new())], told: None }));
    }

    /// Gives a capture a name, in the background; `done` is called with a sentence for the user, from another thread.
    fn rename_capture(&self, _id: CaptureId, _name: String, _done: OnDone) {}

    /// Deletes a capture that nobody writes, likewise.
    fn delete_capture(&self, _id: CaptureId, _done: OnDone) {}

    /// Saves a copy of a capture as one file, likewise; no file is made when `progress` was cancelled.
    fn export_capture(
        &self,
        _id: CaptureId,
        _path: std::path::PathBuf,
        _progress: Progress,
        _done: OnDone,
    ) {
    }

    /// What happened to captures without the window's doing; a change is announced.
    fn capture_changes(&self) -> CaptureChanges {
        CaptureChanges::default()
    }

    /// Keeps so much history from now on.
    fn keep_captures(&self, _limits: KeepLimits) {}

    /// Sets what is called, from any thread and at most once per frame, when something to draw has changed.
    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>);

    /// The window has drawn a frame: the next change wakes it again.
    fn drawn(&self);
}

/// What happened to captures without the window's doing: counts that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureChanges {
    /// Sessions that began another capture than the one they were to continue: their specifications have changed.
    pub moved: u64,
    /// Looks for old captures that marked some to go; the list shows which.
    pub marked: u64,
}

/// Called with a sentence for the user: what was done, or why not.
pub type OnDone = Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>;

/// What is to be opened of a capture that somebody named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundCaptures {
    /// Where they are, and what they are called; empty: by their place.
    pub captures: Vec<(std::path::PathBuf, String)>,
    /// What was found, when there is more to say.
    pub told: Option<Sentence>,
}

/// Called with what was found, or why there is nothing to open.
pub type OnCapturesFound = Box<dyn FnOnce(Result<FoundCaptures, Sentence>) + Send>;

/// A timeline as it is.
#[derive(Clone, Debug, Default)]
pub struct TimelineStatus {
    /// The timeline's sessions, in the order of their lanes; those that were closed keep theirs.
    pub lanes: Arc<[SessionId]>,
    /// The clocks of the boards among them, by lane, as far as they are known.
    pub clocks: Arc<[(u32, ClockBounds)]>,
    /// Bytes of its oldest history that retention has let go.
    pub retired_bytes: u64,
    /// Why it no longer grows (a full disk).
    pub fault: Option<Arc<str>>,
}

/// A session's queue of commands is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is still busy with earlier commands")]
pub struct Busy;

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
        bytes: Arc<[u8]>,
        /// Milliseconds from one to the next, at least 1.
        period_ms: u32,
        /// How often; `None`: until stopped.
        count: Option<u64>,
    },
    /// End the cyclic send.
    StopCycle,
    /// Use these socket options, on open connections too where the system allows.
    SetOptions(SocketOptions),
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
    /// Replace the whole specification; what needs a new connection applies at the next one.
    SetSpec(Box<SessionSpec>),
}

/// Which connections a command means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerSelector {
    /// All open connections: for a client, its only one. Those whose sending half is closed get nothing.
    All,
    /// These. To be closed, those that have ended meanwhile are passed over and told in the log; nothing is sent to the
    /// others when one of them has gone, or cannot receive.
    Peers(Vec<PeerId>),
}

/// A log as rows, cut in the background.
pub trait View: Send + Sync {
    /// How far it has come at this moment. Its numbers are not to be mixed with those of a page, which has a status of its
    /// own.
    fn status(&self) -> ViewStatus;

    /// Changes what is shown; the visible rows are right at once, the index follows in the background.
    fn set_spec(&self, spec: ViewSpec);

    /// The newest page there is. Once it was taken and [`Self::request_page`] was called, a newer one is announced.
    fn page(&self) -> Page;

    /// Says what is wanted: pages from now on hold these rows (at most 4096), or the nearest there are. When rows were
    /// numbered anew since [`PageRequest::revision`], [`Page::anchor`] says where to go on. To be said with every frame,
    /// also when nothing else is wanted than before.
    fn request_page(&self, wanted: PageRequest);

    /// Starts a search over the whole history, or ends it with `None`.
    fn find(&self, what: Option<FindSpec>);

    /// Moves to the next (`true`) or previous hit from this shown row; [`ViewStatus::find`] tells where it is.
    fn step(&self, from: u64, forward: bool);

    /// Looks for the row that holds this byte of this record; [`ViewStatus::seek_status`] tells where it is.
    fn seek(&self, record: Position, offset: u32);

    /// Makes a text of these shown rows in the background, for the clipboard; `done` is called with it from another thread.
    /// At most 64 MiB of text; longer ones end with a line that says so.
    fn copy(&self, rows: Range<u64>, format: TextFormat, done: Box<dyn FnOnce(String) + Send>);

    /// Saves in the background; `done` is called with a sentence for the user, from another thread, also when `progress` was
    /// cancelled: then no file is made.
    fn save(
        &self,
        path: std::path::PathBuf,
        what: Saving,
        progress: Progress,
        done: Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>,
    );
}

/// How rows become text for the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextFormat {
    /// As shown.
    Text,
    /// Their bytes in hexadecimal.
    Hex,
    /// Their bytes as a C array.
    CArray,
}

/// What is written to a file, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saving {
    /// How.
    pub format: SaveFormat,
    /// Only what went this way; `None`: both. It takes the place of the filter's; a capture is saved whole all the same.
    pub direction: Option<Direction>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveFormat {
    /// The bytes alone, in the order in which they passed.
    Raw,
    /// The shown rows as text.
    Text,
    /// The shown rows as a hex dump.
    HexDump,
    /// The shown rows as a table of comma-separated values (RFC 4180).
    Csv,
    /// The whole capture.
    Pcapng,
}
