//! The way and the scans of all boards, each in a thread of its own, for a window that only looks.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::board::{GoFault, GoRequest, GoStatus, LinkState, Networks, Station};
use espalier_core::session::SessionId;
use parking_lot::Mutex;

use super::console::{BoardConsole, ConsoleFault, Patience};
use super::go::{BoardLink, GoSpec, fault_of, go, is_ours};
use super::networks::scan;
use crate::bell::Bell;

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
    cancel: AtomicBool,
    networks: Mutex<Networks>,
}

impl Guide {
    /// Guides nobody yet; `bell` is rung when something changes.
    pub fn new(bell: Arc<Bell>) -> Self {
        Self { bell, boards: Mutex::default() }
    }

    /// Goes the whole way with a board, unless that is under way already.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn go(
        &self,
        id: SessionId,
        mut console: BoardConsole,
        link: impl BoardLink + Send + 'static,
        request: GoRequest,
    ) -> io::Result<()> {
        let guided = self.guided(id);
        {
            let mut going = guided.going.lock();
            if going.as_ref().is_some_and(|status| status.outcome.is_none()) {
                return Ok(());
            }
            *going = Some(Arc::new(GoStatus { station: Station::Port, outcome: None }));
            guided.cancel.store(false, Ordering::Relaxed);
        }
        let bell = self.bell.clone();
        let unbegun = guided.clone();
        let begun = named(format!("go-{}", id.0), move || {
            let mut station = Station::Port;
            let network = request.network.as_ref();
            let spec = GoSpec {
                network: network.map(|(ssid, secret)| (ssid.as_str(), secret.0.as_str())),
                may_flash: request.may_flash,
            };
            let patience = Patience::of(LONGEST, &guided.cancel);
            let outcome = opened(&mut console, &link, patience).and_then(|()| {
                go(&mut console, &link, spec, patience, |reached| {
                    station = reached;
                    *guided.going.lock() = Some(Arc::new(GoStatus { station, outcome: None }));
                    bell.ring();
                })
            });
            let outcome = Some(outcome.map_err(Arc::new));
            *guided.going.lock() = Some(Arc::new(GoStatus { station, outcome }));
            bell.ring();
        });
        if begun.is_err() {
            *unbegun.going.lock() = None;
        }
        begun
    }

    /// How the way of a board is going, or how it ended.
    pub fn going(&self, id: SessionId) -> Option<Arc<GoStatus>> {
        self.boards.lock().get(&id)?.going.lock().clone()
    }

    /// Ends the way of a board where it is.
    pub fn cancel(&self, id: SessionId) {
        if let Some(guided) = self.boards.lock().get(&id) {
            guided.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Has a board look for networks, unless it does already; those that are `known` come first.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn scan(
        &self,
        id: SessionId,
        mut console: BoardConsole,
        known: Vec<String>,
    ) -> io::Result<()> {
        let guided = self.guided(id);
        {
            let mut networks = guided.networks.lock();
            if networks.scanning {
                return Ok(());
            }
            networks.scanning = true;
        }
        let bell = self.bell.clone();
        let unbegun = guided.clone();
        let begun = named(format!("scan-{}", id.0), move || {
            let patience = Patience::of(SCAN, &guided.cancel);
            // A board that is just starting would not hear the call, and another program never answers it.
            let found = match is_ours(&mut console, patience) {
                Ok(true) => scan(&mut console, &known, patience).map_err(fault_of),
                Ok(false) => Err(GoFault::OtherFirmware),
                Err(fault) => Err(fault),
            };
            let mut networks = guided.networks.lock();
            networks.scanning = false;
            match found {
                Ok(list) => (networks.list, networks.fault) = (list.into(), None),
                Err(fault) => networks.fault = Some(Arc::new(fault)),
            }
            drop(networks);
            bell.ring();
        });
        if begun.is_err() {
            unbegun.networks.lock().scanning = false;
        }
        begun
    }

    /// What a board heard the last time.
    pub fn networks(&self, id: SessionId) -> Networks {
        self.boards.lock().get(&id).map(|it| it.networks.lock().clone()).unwrap_or_default()
    }

    /// A board's session is forgotten: what is under way ends.
    pub fn forget(&self, id: SessionId) {
        if let Some(guided) = self.boards.lock().remove(&id) {
            guided.cancel.store(true, Ordering::Relaxed);
        }
    }

    fn guided(&self, id: SessionId) -> Arc<Guided> {
        self.boards.lock().entry(id).or_default().clone()
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

fn named(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name).spawn(work).map(drop)
}
