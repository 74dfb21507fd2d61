//! All sessions of the program, on one runtime; what the window and the command line hold.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use espalier_core::backend::{
    Backend, Busy, CaptureNews, LookedInto, Refusal, SessionCommand, Target, TimelineStatus, View,
};
use espalier_core::board::{
    BoardCommand, BoardStatus, GoRequest, GoStatus, ImageInfo, Networks, PortInfo, TouchRequest,
    TouchStatus,
};
use espalier_core::kept::{CaptureId, CaptureList, KeepLimits};
use espalier_core::session::{SessionId, SessionSpec, SessionStatus, TransportSpec};
use espalier_core::{Progress, Watch};
use parking_lot::{Mutex, RwLock};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::addresses::Addresses;
use crate::bell::Bell;
use crate::board::images;
use crate::board::ports::{NoSimulatedBoards, Ports, SimulatedBoards};
use crate::captures::{Captures, Outcome};
use crate::flow::{BoardConsole, BoardLink, Follower, Guide, OverAir};
use crate::session::{Session, Store, Tap};
use crate::timeline::Timelines;
use crate::views::Views;

/// Snapshots of a session are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);

/// How often a falling rate is shown.
const FALLING: Duration = Duration::from_millis(250);

/// How long the end of the program waits for connections to close in order.
const PATIENCE: Duration = Duration::from_secs(3);

/// All sessions. Dropping it ends them in order.
pub struct Engine {
    /// Taken when the engine is dropped.
    runtime: Option<Runtime>,
    shared: Arc<Shared>,
    captures: Arc<Captures>,
    next: AtomicU64,
    /// Imports and copies under way.
    actions: Mutex<Vec<Watch>>,
    simulated: Arc<dyn SimulatedBoards>,
    guide: Guide,
    over_air: OverAir,
    /// Ports are listed as soon as somebody asks for them.
    ports: OnceLock<Ports>,
}

#[derive(Debug, Default)]
struct Shared {
    /// In the order they were opened.
    sessions: RwLock<Vec<Session>>,
    bell: Arc<Bell>,
    pulse: Arc<Notify>,
    addresses: Arc<Addresses>,
    views: Views,
    timelines: Timelines,
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
        let shared = Arc::new(Shared::default());
        let guide = Guide::new(shared.bell.clone());
        let over_air = OverAir::new(shared.bell.clone());
        runtime.spawn(publish(shared.clone()));
        let engine = Self {
            runtime: Some(runtime),
            shared,
            captures: Arc::new(Captures::new(captures)),
            next: AtomicU64::new(1),
            actions: Mutex::default(),
            simulated,
            guide,
            over_air,
            ports: OnceLock::new(),
        };
        engine.local_addresses();
        Ok(engine)
    }

    /// From now on captures outlive their sessions, as far as the limits say; what is over them goes a day after it was told.
    /// Without this they go with their sessions: the command line leaves none behind and deletes none.
    pub fn keep_captures(&self, limits: KeepLimits) {
        if !self.captures.are_kept() {
            let captures = self.captures.clone();
            self.runtime().spawn_blocking(move || captures.clear_left_behind());
        }
        let bell = self.bell();
        self.captures.keep(limits, self.runtime(), move || bell.ring());
    }

    /// Does something with the captures on a thread that may wait.
    fn with_captures(
        &self,
        act: impl FnOnce(&Captures) -> Outcome + Send + 'static,
        done: Box<dyn FnOnce(Outcome) + Send>,
    ) {
        let (captures, bell) = (self.captures.clone(), self.bell());
        self.runtime().spawn_blocking(move || {
            done(act(&captures));
            bell.ring();
        });
    }

    /// An action begins that ends, with nothing left of it, when the program does.
    fn begin(&self, progress: &Progress) {
        let mut actions = self.actions.lock();
        actions.retain(|action| action.action().is_some());
        actions.push(progress.watch());
    }

    /// What wakes the window; views ring it too.
    pub fn bell(&self) -> Arc<Bell> {
        self.shared.bell.clone()
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
    pub fn open_tapped(&self, spec: SessionSpec, store: Store, tap: Option<Arc<Tap>>) -> Session {
        // What a window keeps is not continued here.
        let spec = SessionSpec { capture: None, ..spec };
        let store = match &spec.transport {
            TransportSpec::Capture(capture) => Store::Saved(capture.path.clone()),
            _ => store,
        };
        let id = SessionId(self.next.fetch_add(1, Ordering::Relaxed));
        let pulse = self.shared.pulse.clone();
        let session =
            Session::spawn(self.runtime(), id, spec, store, tap, pulse, self.simulated.clone());
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

    fn board_session(&self, id: SessionId) -> Option<Session> {
        self.session(id).filter(|session| session.board().is_some())
    }

    fn add(&self, session: Session) {
        self.shared.sessions.write().push(session);
        // What it had to publish before it was in the list is published now.
        self.shared.pulse.notify_one();
        self.shared.bell.ring();
    }

    fn take(&self, id: SessionId) -> Option<Session> {
        let mut sessions = self.shared.sessions.write();
        let at = sessions.iter().position(|session| session.id() == id)?;
        Some(sessions.remove(at))
    }
}

fn send_all(bytes: Arc<[u8]>) -> SessionCommand {
    SessionCommand::Send { to: Target::All, bytes }
}

impl BoardLink for Session {
    fn status(&self) -> Arc<BoardStatus> {
        self.board().unwrap_or_default()
    }

    fn command(&self, command: BoardCommand) -> Result<(), Busy> {
        self.command(SessionCommand::Board(command))
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
    fn open(&self, mut spec: SessionSpec) -> SessionId {
        let id = SessionId(self.next.fetch_add(1, Ordering::Relaxed));
        let store = if let TransportSpec::Capture(capture) = &spec.transport {
            spec.capture = None;
            Store::Saved(capture.path.clone())
        } else {
            let claimed = self.captures.claim(spec.capture.as_ref());
            spec.capture = Some(claimed.clone());
            Store::Kept(self.captures.clone(), claimed)
        };
        let pulse = self.shared.pulse.clone();
        let simulated = self.simulated.clone();
        self.add(Session::spawn(self.runtime(), id, spec, store, None, pulse, simulated));
        id
    }

    fn forget(&self, id: SessionId) {
        self.shared.timelines.forget(id);
        self.guide.forget(id);
        let Some(session) = self.take(id) else { return };
        self.shared.views.forget(id);
        self.runtime().spawn(leave(session, self.captures.clone()));
        self.shared.bell.ring();
    }

    fn sessions(&self) -> Vec<SessionId> {
        self.shared.sessions.read().iter().map(Session::id).collect()
    }

    fn spec(&self, id: SessionId) -> Option<SessionSpec> {
        self.session(id).map(|session| session.spec())
    }

    fn status(&self, id: SessionId) -> Option<Arc<SessionStatus>> {
        self.session(id).map(|session| session.status())
    }

    fn command(&self, id: SessionId, command: SessionCommand) -> Result<(), Busy> {
        self.session(id).map_or(Ok(()), |session| session.command(command))
    }

    fn send(&self, id: SessionId, to: &Target, bytes: Arc<[u8]>) -> Result<(), Refusal> {
        self.session(id).map_or(Err(Refusal::Nobody), |session| session.send(to, &bytes))
    }

    fn view(&self, id: SessionId) -> Option<Arc<dyn View>> {
        if let Some(view) = self.shared.timelines.view(id) {
            return Some(view);
        }
        let view = self.shared.views.of(&self.session(id)?, &self.shared.bell)?;
        if self.shared.views.any_empty() {
            self.shared.pulse.notify_one();
        }
        Some(view)
    }

    fn local_addresses(&self) -> Vec<IpAddr> {
        let bell = self.bell();
        self.shared.addresses.get(self.runtime(), move || bell.ring())
    }

    fn simulates_boards(&self) -> bool {
        self.simulated.are_possible()
    }

    fn ports(&self) -> Arc<[PortInfo]> {
        if let Some(ports) = self.ports.get() {
            return ports.latest();
        }
        let bell = self.bell();
        match Ports::watch(self.simulated.clone(), move || bell.ring()) {
            // Of two that come at the same time, one thread ends again at once.
            Ok(ports) => self.ports.get_or_init(|| ports).latest(),
            Err(error) => {
                tracing::warn!("ports cannot be watched: {error}");
                Arc::default()
            }
        }
    }

    fn images(&self) -> Arc<[ImageInfo]> {
        images::bundled().into()
    }

    fn board(&self, id: SessionId) -> Option<Arc<BoardStatus>> {
        self.session(id).and_then(|session| session.board())
    }

    fn go(&self, id: SessionId, request: GoRequest) {
        if let Some(session) = self.board_session(id) {
            self.guide.go(session, request);
        }
    }

    fn go_status(&self, id: SessionId) -> Option<Arc<GoStatus>> {
        self.guide.going(id)
    }

    fn cancel_go(&self, id: SessionId) {
        self.guide.cancel(id);
    }

    fn scan(&self, id: SessionId, known: &[String]) {
        if let Some(session) = self.board_session(id) {
            self.guide.scan(session, known.to_vec());
        }
    }

    fn networks(&self, id: SessionId) -> Networks {
        self.guide.networks(id)
    }

    fn touch(&self, request: TouchRequest) {
        if let Err(error) = self.over_air.begin(request) {
            tracing::warn!("no thread to send with: {error}");
        }
    }

    fn touch_status(&self) -> Option<Arc<TouchStatus>> {
        self.over_air.status()
    }

    fn cancel_touch(&self) {
        self.over_air.cancel();
    }

    fn open_timeline(&self, lanes: Vec<SessionId>) -> Option<SessionId> {
        let id = SessionId(self.next.fetch_add(1, Ordering::Relaxed));
        let timelines = &self.shared.timelines;
        let opened = timelines.open(id, &self.captures.timeline(id), lanes, self.bell());
        opened.inspect_err(|error| tracing::error!("no timeline: {error}")).ok()?;
        self.shared.pulse.notify_one();
        Some(id)
    }

    fn join_timeline(&self, timeline: SessionId, session: SessionId) -> bool {
        let joined = self.shared.timelines.join(timeline, session);
        self.shared.pulse.notify_one();
        joined
    }

    fn timeline(&self, id: SessionId) -> Option<TimelineStatus> {
        self.shared.timelines.status(id)
    }

    fn captures(&self) -> Arc<CaptureList> {
        let bell = self.bell();
        self.captures.listed(self.runtime(), move || bell.ring())
    }

    fn look_into(&self, path: PathBuf, progress: Progress, done: LookedInto) {
        let (captures, bell) = (self.captures.clone(), self.bell());
        self.begin(&progress);
        self.runtime().spawn_blocking(move || {
            done(captures.look_into(&path, &progress));
            drop(progress);
            bell.ring();
        });
    }

    fn rename_capture(&self, id: CaptureId, name: String, done: Box<dyn FnOnce(Outcome) + Send>) {
        self.with_captures(move |captures| captures.rename(&id, &name), done);
    }

    fn delete_capture(&self, id: CaptureId, done: Box<dyn FnOnce(Outcome) + Send>) {
        self.with_captures(move |captures| captures.delete(&id), done);
    }

    fn export_capture(
        &self,
        id: CaptureId,
        path: PathBuf,
        progress: Progress,
        done: Box<dyn FnOnce(Outcome) + Send>,
    ) {
        self.begin(&progress);
        self.with_captures(move |captures| captures.export(&id, path, progress), done);
    }

    fn capture_news(&self) -> CaptureNews {
        self.captures.news()
    }

    fn keep_captures(&self, limits: KeepLimits) {
        Self::keep_captures(self, limits);
    }

    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.shared.bell.on_ring(wake);
    }

    fn drawn(&self) {
        self.shared.bell.answered();
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
        sessions.iter().for_each(Session::leave);
        runtime.block_on(async {
            let leaving = sessions.into_iter();
            let leaving =
                leaving.map(|session| tokio::spawn(leave(session, self.captures.clone())));
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
async fn leave(session: Session, captures: Arc<Captures>) {
    session.leave();
    session.left().await;
    let (spec, kept) = (session.spec(), captures.are_kept());
    if kept {
        session.finish_capture();
    } else {
        session.discard_capture();
    }
    if let Some(id) = &spec.capture {
        let is_empty = session.left_nothing();
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
async fn publish(shared: Arc<Shared>) {
    let mut follower = Follower::default();
    loop {
        let lively = shared.views.any_empty()
            || shared.timelines.any_waiting()
            || shared.sessions.read().iter().any(Session::is_lively);
        tokio::select! {
            () = shared.pulse.notified() => {}
            () = sleep(FALLING), if lively => {}
        }
        let sessions = shared.sessions.read().clone();
        shared.views.join(&sessions);
        shared.timelines.attach(&sessions);
        let changed = sessions.iter().filter(|session| session.refresh()).count();
        if changed > 0 {
            follower.look(&sessions);
            shared.bell.ring();
        }
        sleep(FRAME).await;
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
