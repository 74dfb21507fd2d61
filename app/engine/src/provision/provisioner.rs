//! The provisioning runs and scans of all boards, each in a thread of its own, for a window that only reads their status.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::board::{
    BoardRefusal, LinkState, Network, Networks, ProvisionFault, ProvisionRequest, ProvisionStatus,
    ProvisionStep,
};
use espalier_core::session::{EndReason, SessionId, SessionState};
use parking_lot::Mutex;

use super::console::{BoardConsole, ConsoleFault, Deadline};
use super::job::{JobSlot, OnEnd};
use super::networks::scan;
use super::run::{BoardLink, ProvisionSpec, fault_of, is_ours, provision_board};
use crate::session::Session;
use crate::waker::Waker;

/// The longest a provisioning run may take: flashing a large chip slowly is most of it.
const LONGEST: Duration = Duration::from_secs(600);
/// The longest a scan may take.
const SCAN: Duration = Duration::from_secs(20);
/// How long a port may take to open.
const OPEN: Duration = Duration::from_secs(5);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

/// Provisions boards in the background: one run and one scan of a board at a time.
#[derive(Debug)]
pub struct Provisioner {
    waker: Arc<Waker>,
    boards: Mutex<HashMap<SessionId, Arc<Provisioning>>>,
}

#[derive(Debug, Default)]
struct Provisioning {
    status: Mutex<Option<Arc<ProvisionStatus>>>,
    networks: Mutex<Networks>,
    run: Arc<JobSlot>,
    scan: Arc<JobSlot>,
}

impl Provisioning {
    fn set_status(&self, step: ProvisionStep, outcome: Option<Result<SocketAddr, ProvisionFault>>) {
        let outcome = outcome.map(|outcome| outcome.map_err(Arc::new));
        let mut status = self.status.lock();
        // A run that was asked to end still reports while it takes its last steps.
        let cancelling = outcome.is_none() && status.as_ref().is_some_and(|it| it.cancelling);
        *status = Some(Arc::new(ProvisionStatus { step, cancelling, outcome }));
    }

    fn scanned(&self, found: Result<Vec<Network>, ProvisionFault>) {
        let mut networks = self.networks.lock();
        networks.scanning = false;
        match found {
            Ok(list) => (networks.list, networks.fault) = (list.into(), None),
            Err(fault) => networks.fault = Some(Arc::new(fault)),
        }
    }
}

impl Provisioner {
    /// No run yet; `waker` is told when something changes.
    pub fn new(waker: Arc<Waker>) -> Self {
        Self { waker, boards: Mutex::default() }
    }

    /// Provisions a board. A closed port is opened first.
    ///
    /// # Errors
    /// That is under way already, or the system has no thread left.
    pub fn provision(
        &self,
        session: Session,
        request: ProvisionRequest,
    ) -> Result<(), BoardRefusal> {
        let id = session.id();
        let provisioning = self.provisioning(id);
        let (waker, in_job) = (self.waker.clone(), provisioning.clone());
        let job = move |cancel: &AtomicBool| -> OnEnd {
            let mut step = ProvisionStep::Port;
            let deadline = Deadline::of(LONGEST, cancel);
            let outcome = run(&session, &request, deadline, |reached| {
                step = reached;
                in_job.set_status(step, None);
                waker.wake();
            });
            let outcome = outcome.map_err(|fault| why(&session, fault));
            Box::new(move || {
                in_job.set_status(step, Some(outcome));
                waker.wake();
            })
        };
        let announced = || {
            *provisioning.status.lock() = None;
            provisioning.set_status(ProvisionStep::Port, None);
        };
        let begun = provisioning.run.begin(format!("go-{}", id.0), announced, Box::new(job));
        if let Err(BoardRefusal::NoThread(error)) = &begun {
            let fault = ProvisionFault::NoThread(error.clone());
            provisioning.set_status(ProvisionStep::Port, Some(Err(fault)));
        }
        self.waker.wake();
        begun
    }

    /// How the run of a board is going, or how it ended; `None` before the first one.
    pub fn status(&self, id: SessionId) -> Option<Arc<ProvisionStatus>> {
        self.boards.lock().get(&id)?.status.lock().clone()
    }

    /// Cancels the run of a board at its next step.
    pub fn cancel(&self, id: SessionId) {
        if let Some(provisioning) = self.boards.lock().get(&id) {
            let mut status = provisioning.status.lock();
            if let Some(status) = status.as_mut().filter(|status| status.outcome.is_none()) {
                Arc::make_mut(status).cancelling = true;
            }
            drop(status);
            provisioning.run.cancel();
        }
        self.waker.wake();
    }

    /// Has a board look for networks; those that are `known` come first.
    ///
    /// # Errors
    /// The same is under way already, or the system has no thread left.
    pub fn scan(&self, session: Session, known: Vec<String>) -> Result<(), BoardRefusal> {
        let id = session.id();
        let provisioning = self.provisioning(id);
        let (waker, looking) = (self.waker.clone(), provisioning.clone());
        let job = move |cancel: &AtomicBool| -> OnEnd {
            let found = heard(&session, &known, Deadline::of(SCAN, cancel));
            let found = found.map_err(|fault| why(&session, fault));
            Box::new(move || {
                looking.scanned(found);
                waker.wake();
            })
        };
        let announced = || provisioning.networks.lock().scanning = true;
        let begun = provisioning.scan.begin(format!("scan-{}", id.0), announced, Box::new(job));
        if let Err(BoardRefusal::NoThread(error)) = &begun {
            provisioning.scanned(Err(ProvisionFault::NoThread(error.clone())));
        }
        self.waker.wake();
        begun
    }

    /// The networks of a board's last scan, and whether one is under way.
    pub fn networks(&self, id: SessionId) -> Networks {
        self.boards.lock().get(&id).map(|it| it.networks.lock().clone()).unwrap_or_default()
    }

    /// A board's session is forgotten: what is under way ends.
    pub fn forget(&self, id: SessionId) {
        if let Some(provisioning) = self.boards.lock().remove(&id) {
            provisioning.run.cancel();
            provisioning.scan.cancel();
        }
    }

    fn provisioning(&self, id: SessionId) -> Arc<Provisioning> {
        self.boards.lock().entry(id).or_default().clone()
    }
}

/// The conversation with the board. It needs a capture, which may not be there yet.
fn listen(session: &Session) -> Result<BoardConsole, ProvisionFault> {
    let ready =
        session.ready_capture().map_err(|error| ProvisionFault::Unstored(error.to_string()))?;
    let capture =
        ready.ok_or_else(|| ProvisionFault::Unstored("this session keeps none".to_owned()))?;
    let speaker = session.clone();
    let send = move |bytes| SessionCommand::Send { to: PeerSelector::All, bytes };
    Ok(BoardConsole::attach(capture, move |bytes| speaker.command(send(bytes)).is_ok()))
}

fn run(
    session: &Session,
    request: &ProvisionRequest,
    deadline: Deadline<'_>,
    at: impl FnMut(ProvisionStep),
) -> Result<SocketAddr, ProvisionFault> {
    // It listens before the port is opened, so it hears why that fails.
    let mut console = listen(session)?;
    if BoardLink::status(session).link == LinkState::Closed {
        let opening = session.command(SessionCommand::Start);
        opening.map_err(|busy| ProvisionFault::Refused(busy.to_string()))?;
    }
    let network = request.network.as_ref();
    let spec = ProvisionSpec {
        network: network.map(|(ssid, secret)| (ssid.as_str(), secret.0.as_str())),
        may_flash: request.may_flash,
    };
    opened(&mut console, session, deadline)?;
    provision_board(&mut console, session, spec, deadline, at)
}

fn heard(
    session: &Session,
    known: &[String],
    deadline: Deadline<'_>,
) -> Result<Vec<Network>, ProvisionFault> {
    let mut console = listen(session)?;
    // A board that is just starting would not hear the call, and another program never answers it.
    match is_ours(&mut console, deadline)? {
        true => scan(&mut console, known, deadline).map_err(fault_of),
        false => Err(ProvisionFault::OtherFirmware),
    }
}

/// A session that ended because its capture cannot be written is the reason of all that did not go on.
fn why(session: &Session, fault: ProvisionFault) -> ProvisionFault {
    match session.state() {
        SessionState::Ended { reason: EndReason::CaptureFailed, detail }
            if fault != ProvisionFault::Cancelled =>
        {
            ProvisionFault::Unstored(detail.to_string())
        }
        _ => fault,
    }
}

/// A port that is being opened is waited for.
fn opened(
    console: &mut BoardConsole,
    link: &impl BoardLink,
    deadline: Deadline<'_>,
) -> Result<(), ProvisionFault> {
    let deadline = deadline.at_most(OPEN);
    while link.status().link == LinkState::Closed && Instant::now() < deadline.until {
        match console.wait(deadline.at_most(LOOK), |_, _| None::<()>) {
            Ok(()) | Err(ConsoleFault::TimedOut) => {}
            Err(fault) => return Err(fault_of(fault)),
        }
    }
    Ok(())
}
