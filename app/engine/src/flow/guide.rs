//! The way and the scans of all boards, each in a thread of its own, for a window that only looks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use espalier_core::backend::{SessionCommand, Target};
use espalier_core::board::{GoFault, GoRequest, GoStatus, LinkState, Network, Networks, Station};
use espalier_core::session::{EndReason, SessionId, SessionState};
use parking_lot::Mutex;

use super::console::{BoardConsole, ConsoleFault, Patience};
use super::go::{BoardLink, GoSpec, fault_of, go, is_ours};
use super::networks::scan;
use super::turn::{Told, Turn};
use crate::bell::Bell;
use crate::session::Session;

/// The longest the whole way may take: flashing a large chip slowly is most of it.
const LONGEST: Duration = Duration::from_secs(600);
/// The longest a scan may take.
const SCAN: Duration = Duration::from_secs(20);
/// How long a port may take to open.
const OPEN: Duration = Duration::from_secs(5);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

/// What guides boards. One way and one scan of a board at a time.
#[derive(Debug)]
pub struct Guide {
    bell: Arc<Bell>,
    boards: Mutex<HashMap<SessionId, Arc<Guided>>>,
}

#[derive(Debug, Default)]
struct Guided {
    going: Mutex<Option<Arc<GoStatus>>>,
    networks: Mutex<Networks>,
    way: Arc<Turn>,
    scan: Arc<Turn>,
}

impl Guided {
    fn stands(&self, station: Station, outcome: Option<Result<SocketAddr, GoFault>>) {
        let outcome = outcome.map(|outcome| outcome.map_err(Arc::new));
        let mut going = self.going.lock();
        // A way that was asked to end goes on to say so while it takes its last steps.
        let cancelling = outcome.is_none() && going.as_ref().is_some_and(|it| it.cancelling);
        *going = Some(Arc::new(GoStatus { station, cancelling, outcome }));
    }

    fn scanned(&self, found: Result<Vec<Network>, GoFault>) {
        let mut networks = self.networks.lock();
        networks.scanning = false;
        match found {
            Ok(list) => (networks.list, networks.fault) = (list.into(), None),
            Err(fault) => networks.fault = Some(Arc::new(fault)),
        }
    }
}

impl Guide {
    /// Guides nobody yet; `bell` is rung when something changes.
    pub fn new(bell: Arc<Bell>) -> Self {
        Self { bell, boards: Mutex::default() }
    }

    /// Goes the whole way with a board, unless that is under way already. A closed port is opened first.
    pub fn go(&self, session: Session, request: GoRequest) {
        let id = session.id();
        let guided = self.guided(id);
        let (bell, on_way) = (self.bell.clone(), guided.clone());
        let work = move |cancel: &AtomicBool| -> Told {
            let mut station = Station::Port;
            let patience = Patience::of(LONGEST, cancel);
            let outcome = way(&session, &request, patience, |reached| {
                station = reached;
                on_way.stands(station, None);
                bell.ring();
            });
            let outcome = outcome.map_err(|fault| why(&session, fault));
            Box::new(move || {
                on_way.stands(station, Some(outcome));
                bell.ring();
            })
        };
        let announced = || {
            *guided.going.lock() = None;
            guided.stands(Station::Port, None);
        };
        if let Err(error) = guided.way.begin(format!("go-{}", id.0), announced, Box::new(work)) {
            guided.stands(Station::Port, Some(Err(GoFault::NoThread(error.to_string()))));
        }
        self.bell.ring();
    }

    /// How the way of a board is going, or how it ended.
    pub fn going(&self, id: SessionId) -> Option<Arc<GoStatus>> {
        self.boards.lock().get(&id)?.going.lock().clone()
    }

    /// Ends the way of a board where it is.
    pub fn cancel(&self, id: SessionId) {
        if let Some(guided) = self.boards.lock().get(&id) {
            let mut going = guided.going.lock();
            if let Some(status) = going.as_mut().filter(|status| status.outcome.is_none()) {
                Arc::make_mut(status).cancelling = true;
            }
            drop(going);
            guided.way.cancel();
        }
        self.bell.ring();
    }

    /// Has a board look for networks, unless it does already; those that are `known` come first.
    pub fn scan(&self, session: Session, known: Vec<String>) {
        let id = session.id();
        let guided = self.guided(id);
        let (bell, looking) = (self.bell.clone(), guided.clone());
        let work = move |cancel: &AtomicBool| -> Told {
            let found = heard(&session, &known, Patience::of(SCAN, cancel));
            let found = found.map_err(|fault| why(&session, fault));
            Box::new(move || {
                looking.scanned(found);
                bell.ring();
            })
        };
        let announced = || guided.networks.lock().scanning = true;
        if let Err(error) = guided.scan.begin(format!("scan-{}", id.0), announced, Box::new(work)) {
            guided.scanned(Err(GoFault::NoThread(error.to_string())));
        }
        self.bell.ring();
    }

    /// What a board heard the last time.
    pub fn networks(&self, id: SessionId) -> Networks {
        self.boards.lock().get(&id).map(|it| it.networks.lock().clone()).unwrap_or_default()
    }

    /// A board's session is forgotten: what is under way ends.
    pub fn forget(&self, id: SessionId) {
        if let Some(guided) = self.boards.lock().remove(&id) {
            guided.way.cancel();
            guided.scan.cancel();
        }
    }

    fn guided(&self, id: SessionId) -> Arc<Guided> {
        self.boards.lock().entry(id).or_default().clone()
    }
}

/// The conversation with the board. It needs a capture, which may not be there yet.
fn listen(session: &Session) -> Result<BoardConsole, GoFault> {
    let ready = session.ready_capture().map_err(|error| GoFault::Unstored(error.to_string()))?;
    let capture = ready.ok_or_else(|| GoFault::Unstored("this session keeps none".to_owned()))?;
    let speaker = session.clone();
    let send = move |bytes| SessionCommand::Send { to: Target::All, bytes };
    Ok(BoardConsole::attach(capture, move |bytes| speaker.command(send(bytes)).is_ok()))
}

fn way(
    session: &Session,
    request: &GoRequest,
    patience: Patience<'_>,
    at: impl FnMut(Station),
) -> Result<SocketAddr, GoFault> {
    // It listens before the port is opened, so it hears why that fails.
    let mut console = listen(session)?;
    if BoardLink::status(session).link == LinkState::Closed {
        let opening = session.command(SessionCommand::Start);
        opening.map_err(|busy| GoFault::Refused(busy.to_string()))?;
    }
    let network = request.network.as_ref();
    let spec = GoSpec {
        network: network.map(|(ssid, secret)| (ssid.as_str(), secret.0.as_str())),
        may_flash: request.may_flash,
    };
    opened(&mut console, session, patience)?;
    go(&mut console, session, spec, patience, at)
}

fn heard(
    session: &Session,
    known: &[String],
    patience: Patience<'_>,
) -> Result<Vec<Network>, GoFault> {
    let mut console = listen(session)?;
    // A board that is just starting would not hear the call, and another program never answers it.
    match is_ours(&mut console, patience)? {
        true => scan(&mut console, known, patience).map_err(fault_of),
        false => Err(GoFault::OtherFirmware),
    }
}

/// A session that ended because its capture cannot be written is the reason of all that did not go on.
fn why(session: &Session, fault: GoFault) -> GoFault {
    match session.state() {
        SessionState::Ended { reason: EndReason::CaptureFailed, detail }
            if fault != GoFault::Cancelled =>
        {
            GoFault::Unstored(detail.to_string())
        }
        _ => fault,
    }
}

/// A port that is being opened is waited for.
fn opened(
    console: &mut BoardConsole,
    link: &impl BoardLink,
    patience: Patience<'_>,
) -> Result<(), GoFault> {
    let patience = patience.at_most(OPEN);
    while link.status().link == LinkState::Closed && Instant::now() < patience.until {
        match console.wait(patience.at_most(LOOK), |_, _| None::<()>) {
            Ok(()) | Err(ConsoleFault::TimedOut) => {}
            Err(fault) => return Err(fault_of(fault)),
        }
    }
    Ok(())
}
