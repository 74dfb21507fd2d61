//! Boards on the network, looked for by multicast DNS: for a window that only reads how it goes, and for the command line.
//!
//! Nothing is asked before somebody wants to know, and nothing any more after [`BoardSearch::LONGEST`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::Timestamp;
use espalier_core::board::{
    BOARD_SERVICE, BoardRefusal, BoardSearchFault, BoardSearchStatus, NetworkBoard,
};
use mdns_sd::{IfKind, Receiver, RecvTimeoutError, ResolvedService, ServiceDaemon, ServiceEvent};
use parking_lot::Mutex;

use crate::clock;
use crate::waker::Waker;

/// How often it is looked whether somebody has ended a search.
const LOOK: Duration = Duration::from_millis(100);

/// Who is there; a thread of its own asks and listens as long as this is held.
struct BoardBrowser {
    daemon: ServiceDaemon,
    events: Receiver<ServiceEvent>,
    /// By the full names of their services.
    found: BTreeMap<String, NetworkBoard>,
}

impl BoardBrowser {
    fn open(on: Option<IpAddr>) -> Result<Self, BoardSearchFault> {
        let missing = |error: mdns_sd::Error| BoardSearchFault::NoMulticast(error.to_string());
        let daemon = ServiceDaemon::new().map_err(missing)?;
        let begin = || {
            if let Some(on) = on {
                daemon.disable_interface(IfKind::All)?;
                daemon.enable_interface(IfKind::Addr(on))?;
            }
            daemon.browse(BOARD_SERVICE)
        };
        let events = match begin() {
            Ok(events) => events,
            Err(error) => {
                daemon.shutdown().ok();
                return Err(missing(error));
            }
        };
        Ok(Self { daemon, events, found: BTreeMap::new() })
    }

    /// Waits for at most so long; whether the boards are others than before.
    fn listen(&mut self, longest: Duration) -> Result<bool, BoardSearchFault> {
        match self.events.recv_timeout(longest) {
            Ok(ServiceEvent::ServiceResolved(service)) => Ok(self.resolved(&service)),
            Ok(ServiceEvent::ServiceRemoved(_, name)) => Ok(self.found.remove(&name).is_some()),
            Ok(_) | Err(RecvTimeoutError::Timeout) => Ok(false),
            // Its thread is over, which somebody's datagram should not be able to do.
            Err(error) => Err(BoardSearchFault::NoMulticast(error.to_string())),
        }
    }

    fn resolved(&mut self, service: &ResolvedService) -> bool {
        let addresses = service.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr);
        let said = |key: &str| service.get_property_val_str(key);
        let (host, port) = (service.get_hostname(), service.get_port());
        let Some(board) = NetworkBoard::new(host, addresses, port, said) else { return false };
        let is_full = self.found.len() >= BoardSearchStatus::MOST;
        if is_full && !self.found.contains_key(service.get_fullname()) {
            return false;
        }
        let before = self.found.insert(service.get_fullname().to_owned(), board.clone());
        before.as_ref() != Some(&board)
    }

    fn boards(&self) -> Arc<[NetworkBoard]> {
        let mut boards: Vec<NetworkBoard> = self.found.values().cloned().collect();
        boards.sort();
        boards.into()
    }
}

impl Drop for BoardBrowser {
    fn drop(&mut self) {
        // It is told to end, and does so by itself.
        self.daemon.shutdown().ok();
    }
}

/// Looks for boards for so long, or until it is cancelled, everywhere or `on` the network of one of our addresses; `found` is told
/// of all that are there whenever that changes.
///
/// # Errors
/// Multicast DNS cannot be used here, or not any more.
pub fn search_boards(
    on: Option<IpAddr>,
    longest: Duration,
    cancel: &AtomicBool,
    mut found: impl FnMut(&Arc<[NetworkBoard]>),
) -> Result<Arc<[NetworkBoard]>, BoardSearchFault> {
    let begun = Instant::now();
    let mut browser = BoardBrowser::open(on)?;
    while !cancel.load(Ordering::Relaxed) {
        let Some(left) = longest.checked_sub(begun.elapsed()) else { break };
        if browser.listen(left.min(LOOK))? {
            found(&browser.boards());
        }
    }
    Ok(browser.boards())
}

/// Looks for boards in the background: one search at a time, in a thread of its own.
#[derive(Debug)]
pub struct BoardSearch {
    waker: Arc<Waker>,
    /// The search under way or the last one, and who may end it.
    status: Arc<Mutex<Option<Arc<BoardSearchStatus>>>>,
    cancel: Mutex<Arc<AtomicBool>>,
}

impl BoardSearch {
    /// How long a search takes that nobody ends.
    pub const LONGEST: Duration = Duration::from_secs(60);

    /// Looks for nothing yet; `waker` is told when something changes.
    pub fn new(waker: Arc<Waker>) -> Self {
        Self { waker, status: Arc::default(), cancel: Mutex::default() }
    }

    /// Begins a search.
    ///
    /// # Errors
    /// One is under way already, or the system has no thread left.
    pub fn begin(&self) -> Result<(), BoardRefusal> {
        let began = clock::now();
        let until = Timestamp(began.0.saturating_add(Self::LONGEST.as_nanos() as i64));
        {
            let mut status = self.status.lock();
            if status.as_ref().is_some_and(|status| status.outcome.is_none()) {
                return Err(BoardRefusal::UnderWay);
            }
            let boards = Arc::default();
            *status = Some(Arc::new(BoardSearchStatus { began, until, boards, outcome: None }));
        }
        let cancel = Arc::<AtomicBool>::default();
        *self.cancel.lock() = cancel.clone();
        let (status, waker) = (self.status.clone(), self.waker.clone());
        let publish = move |boards: &Arc<[NetworkBoard]>, outcome| {
            let boards = boards.clone();
            *status.lock() = Some(Arc::new(BoardSearchStatus { began, until, boards, outcome }));
            waker.wake();
        };
        let begun = std::thread::Builder::new().name("board search".to_owned()).spawn(move || {
            match search_boards(None, Self::LONGEST, &cancel, |boards| publish(boards, None)) {
                Ok(boards) => publish(&boards, Some(Ok(()))),
                Err(fault) => publish(&Arc::default(), Some(Err(fault))),
            }
        });
        if begun.is_err() {
            *self.status.lock() = None;
        }
        begun.map(drop).map_err(|error| BoardRefusal::NoThread(error.to_string()))
    }

    /// How the search goes, or how it ended; `None` before the first one.
    pub fn status(&self) -> Option<Arc<BoardSearchStatus>> {
        self.status.lock().clone()
    }

    /// Ends the search under way; the boards that were found stay in its status.
    pub fn end(&self) {
        self.cancel.lock().store(true, Ordering::Relaxed);
    }
}

impl Drop for BoardSearch {
    fn drop(&mut self) {
        self.end();
    }
}
