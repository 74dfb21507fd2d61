//! All sessions of the program, on one runtime; what the window and the command line hold.

mod boards;
mod captures;
mod sessions;
mod timelines;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use espalier_core::backend::{Backend, PeerSelector, SessionCommand, Sessions as _, SharedRules};
use espalier_core::board::{BoardCommand, BoardRefusal, BoardStatus};
use espalier_core::session::{SessionId, SessionSpec, TransportSpec};
use espalier_core::{Progress, Watch};
use parking_lot::{Mutex, RwLock};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::addresses::LocalAddresses;
use crate::board::ports::{NoSimulatedBoards, Ports, SimulatedBoards};
use crate::board::{BoardSearch, UpdateService};
use crate::captures::CaptureStore;
use crate::provision::{BoardConsole, BoardLink, EspTouchService, Follower, Provisioner};
use crate::session::{CaptureTarget, Session, Surroundings, Tap};
use crate::terminals::Terminals;
use crate::timeline::OpenTimelines;
use crate::views::Views;
use crate::waker::Waker;

/// Snapshots of a session are at least this far apart, and longer where making them takes more than an eighth of that: of ten thousand
/// clients each has its line in them.
const FRAME: Duration = Duration::from_millis(16);
const LONGEST_FRAME: Duration = Duration::from_millis(250);

/// How often a falling rate is shown.
const FALLING: Duration = Duration::from_millis(250);

/// How long the end of the program waits for connections to close in order.
const PATIENCE: Duration = Duration::from_secs(3);

/// All sessions. Dropping it ends them in order.
pub struct Engine {
    /// Taken when the engine is dropped.
    runtime: Option<Runtime>,
    shared: Arc<EngineShared>,
    captures: Arc<CaptureStore>,
    next: AtomicU64,
    next_timeline: AtomicU64,
    /// Imports and copies under way.
    actions: Mutex<Vec<Watch>>,
    simulated: Arc<dyn SimulatedBoards>,
    provisioner: Provisioner,
    esp_touch: EspTouchService,
    board_search: BoardSearch,
    updates: UpdateService,
    /// Ports are listed as soon as somebody asks for them.
    ports: OnceLock<Ports>,
    /// Where certificates of our own making are kept.
    certificates: OnceLock<PathBuf>,
}

#[derive(Debug, Default)]
struct EngineShared {
    /// In the order they were opened.
    sessions: RwLock<Vec<Session>>,
    /// What all of them have in common for rules.
    rules: RwLock<Arc<SharedRules>>,
    /// Held while they are told of it.
    sharing_rules: Mutex<()>,
    waker: Arc<Waker>,
    publisher: Arc<Notify>,
    addresses: Arc<LocalAddresses>,
    views: Views,
    terminals: Terminals,
    timelines: OpenTimelines,
}

impl Engine {
    /// An engine whose captures live in this folder; it is made with the first one.
    ///
    /// # Errors
    /// When the system gives no threads or no event queue.
    pub fn new(captures: &Path) -> io::Result<Self> {
        Self::with_simulated_boards(captures, Arc::new(NoSimulatedBoards))
    }

    /// The same, with simulated boards among the ports.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_simulated_boards(
        captures: &Path,
        simulated: Arc<dyn SimulatedBoards>,
    ) -> io::Result<Self> {
        raise_descriptor_limit();
        // Appending to a capture may wait for the disk, so there are more threads than a small computer has cores.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("espalier-io")
            .worker_threads(cores.max(4))
            .enable_all()
            .build()?;
        let shared = Arc::new(EngineShared::default());
        let provisioner = Provisioner::new(shared.waker.clone());
        let esp_touch = EspTouchService::new(shared.waker.clone());
        let board_search = BoardSearch::new(shared.waker.clone());
        let updates = UpdateService::new(shared.waker.clone());
        runtime.spawn(publish(shared.clone()));
        let engine = Self {
            runtime: Some(runtime),
            shared,
            captures: Arc::new(CaptureStore::new(captures)),
            next: AtomicU64::new(1),
            next_timeline: AtomicU64::new(1),
            actions: Mutex::default(),
            simulated,
            provisioner,
            esp_touch,
            board_search,
            updates,
            ports: OnceLock::new(),
            certificates: OnceLock::new(),
        };
        engine.local_addresses();
        Ok(engine)
    }

    /// What wakes the window; views ring it too.
    pub fn waker(&self) -> Arc<Waker> {
        self.shared.waker.clone()
    }

    /// Keeps the certificates that servers make for themselves in this folder, so that they stay the same; without one they last as
    /// long as a server listens. What was said first stays.
    pub fn keep_certificates_in(&self, folder: &Path) {
        self.certificates.set(folder.to_owned()).ok();
    }

    /// The runtime, for what else runs in the background.
    pub fn runtime(&self) -> &Handle {
        match &self.runtime {
            Some(runtime) => runtime.handle(),
            None => unreachable!("the runtime is there until the engine is dropped"),
        }
    }

    /// A session that is open.
    pub fn session(&self, id: SessionId) -> Option<Session> {
        self.shared.sessions.read().iter().find(|session| session.id() == id).cloned()
    }

    /// Opens a session whose capture goes elsewhere, with received bytes and events going through a tap as well.
    pub fn open_tapped(
        &self,
        spec: SessionSpec,
        store: CaptureTarget,
        tap: Option<Arc<Tap>>,
    ) -> Session {
        // What a window keeps is not continued here.
        let spec = SessionSpec { capture: None, bridge: None, ..spec };
        let store = match &spec.transport {
            TransportSpec::Capture(capture) => CaptureTarget::Saved(capture.path.clone()),
            _ => store,
        };
        let id = SessionId(self.next.fetch_add(1, Ordering::Relaxed));
        let publisher = self.shared.publisher.clone();
        let surroundings = self.surroundings();
        let session = Session::spawn(self.runtime(), id, spec, store, tap, publisher, surroundings);
        self.add(session.clone());
        session
    }

    /// A conversation with the board on a serial session, from now on.
    pub fn console(&self, id: SessionId) -> Option<(Session, BoardConsole)> {
        let session = self.board_session(id)?;
        let speaker = session.clone();
        let speak = move |bytes| speaker.command(send_all(bytes)).is_ok();
        Some((session.clone(), BoardConsole::attach(session.capture()?, speak)))
    }

    fn surroundings(&self) -> Surroundings {
        let rules = self.shared.rules.read().clone();
        let certificates = self.certificates.get().cloned();
        Surroundings { simulated: self.simulated.clone(), rules, certificates }
    }

    fn board_session(&self, id: SessionId) -> Option<Session> {
        self.session(id).filter(|session| session.board().is_some())
    }

    fn add(&self, session: Session) {
        self.shared.sessions.write().push(session);
        // What it had to publish before it was in the list is published now.
        self.shared.publisher.notify_one();
        self.shared.waker.wake();
    }

    fn take(&self, id: SessionId) -> Option<Session> {
        let mut sessions = self.shared.sessions.write();
        let at = sessions.iter().position(|session| session.id() == id)?;
        Some(sessions.remove(at))
    }
}

fn send_all(bytes: Arc<[u8]>) -> SessionCommand {
    SessionCommand::Send { to: PeerSelector::All, bytes }
}

impl BoardLink for Session {
    fn status(&self) -> Arc<BoardStatus> {
        self.board().unwrap_or_default()
    }

    fn command(&self, command: BoardCommand) -> Result<(), BoardRefusal> {
        self.board_command(command)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { runtime: _, shared, captures, .. } = self;
        f.debug_struct("Engine")
            .field("shared", shared)
            .field("captures", captures)
            .finish_non_exhaustive()
    }
}

impl Backend for Engine {
    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.shared.waker.set(wake);
    }

    fn drawn(&self) {
        self.shared.waker.drawn();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // Nobody waits for them any more, and nothing half done is to stay.
        self.actions.lock().drain(..).for_each(|action| cancel(&action));
        self.shared.timelines.close();
        let sessions = std::mem::take(&mut *self.shared.sessions.write());
        // All are told first, so that they close at the same time.
        sessions.iter().for_each(Session::end);
        runtime.block_on(async {
            let leaving = sessions.into_iter();
            let leaving =
                leaving.map(|session| tokio::spawn(end_session(session, self.captures.clone())));
            let leaving: Vec<_> = leaving.collect();
            for task in leaving {
                if timeout(PATIENCE, task).await.is_err() {
                    tracing::warn!("a session did not close in time");
                }
            }
        });
        runtime.shutdown_timeout(Duration::from_secs(1));
        self.captures.close();
    }
}

/// Ends a session in order; its capture goes with it unless it is kept or belongs to the user.
async fn end_session(session: Session, captures: Arc<CaptureStore>) {
    session.end();
    session.ended().await;
    let (spec, kept) = (session.spec(), captures.are_kept());
    if kept {
        session.finish_capture();
    } else {
        session.discard_capture();
    }
    if let Some(id) = &spec.capture {
        let is_empty = session.is_empty();
        if kept && !is_empty && session.capture().is_some() {
            captures.describe(&spec, session.numbered());
        }
        captures.release(id, is_empty);
    }
}

fn cancel(action: &Watch) {
    action.action().iter().for_each(Progress::cancel);
}

/// Publishes snapshots: all that changed, then a pause. Sleeps as long as nothing changes.
async fn publish(shared: Arc<EngineShared>) {
    let mut follower = Follower::default();
    loop {
        let lively = shared.views.any_empty()
            || shared.terminals.any_empty()
            || shared.timelines.any_waiting()
            || shared.sessions.read().iter().any(Session::is_lively);
        tokio::select! {
            () = shared.publisher.notified() => {}
            () = sleep(FALLING), if lively => {}
        }
        let begun = Instant::now();
        let sessions = shared.sessions.read().clone();
        shared.views.join(&sessions);
        shared.terminals.join(&sessions);
        shared.timelines.attach(&sessions);
        let changed = sessions.iter().filter(|session| session.refresh()).count();
        if changed > 0 {
            follower.update(&sessions);
            shared.waker.wake();
        }
        sleep((begun.elapsed() * 8).clamp(FRAME, LONGEST_FRAME)).await;
    }
}

/// A thousand clients need a thousand descriptors, and the soft limit of many systems is 1024 or 256.
fn raise_descriptor_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        /// macOS allows no more than its `OPEN_MAX`, whatever its hard limit says.
        const WANTED: u64 = if cfg!(target_vendor = "apple") { 10_240 } else { 65_535 };
        let mut limit = getrlimit(Resource::Nofile);
        let wanted = limit.maximum.map_or(WANTED, |hard| hard.min(WANTED));
        if limit.current.is_some_and(|soft| soft < wanted) {
            limit.current = Some(wanted);
            if let Err(error) = setrlimit(Resource::Nofile, limit) {
                tracing::warn!("the limit of open files stays as it is: {error}");
            }
        }
    }
}
