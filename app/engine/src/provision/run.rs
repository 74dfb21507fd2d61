//! One provisioning run: firmware, Wi-Fi, address, server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::board::ReportedState;
use espalier_core::board::{
    BoardCommand, BoardFault, BoardMessage, BoardRefusal, BoardStatus, FaultKind, FirmwareAge,
    FlashOutcome, FlashSpec, ImprovAnswer, LinkState, OUR_NAME, ProvisionFault, ProvisionStep,
};
use espalier_core::say;
use espalier_core::session::EndReason;
use espalier_protocol::improv::{self, CommandId, Rpc, Status};
use espalier_protocol::{Command, JoinFault, LineEvent, WifiState};

use super::console::{BoardConsole, ConsoleFault, Deadline};
use crate::board::images;

/// How long a board that runs our firmware takes at most to answer.
const ANSWER: Duration = Duration::from_millis(1500);
/// How long a board may take from its reset to our firmware's first line, boot loops of an older program included.
const START: Duration = Duration::from_secs(15);
/// How long a board may take to join: Improv's own limit is 30 s, and a scan may come before.
const JOIN: Duration = Duration::from_secs(45);
/// How long an address and the server may take after joining.
const ADDRESS: Duration = Duration::from_secs(20);

/// A board that is just starting hears nothing yet, so one silence is not enough; a running one answers at once.
const TRIES: [Duration; 4] = [Duration::from_millis(400), ANSWER, ANSWER, ANSWER];
/// How often the board is asked while nothing that it says leads on.
const ASK: Duration = Duration::from_secs(2);
/// How often the link is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// The board's link, as far as a provisioning run needs it.
pub trait BoardLink {
    /// The board as it is.
    fn status(&self) -> Arc<BoardStatus>;

    /// Asks something of it.
    ///
    /// # Errors
    /// Nothing was done: too much waits already, or the port is closed.
    fn command(&self, command: BoardCommand) -> Result<(), BoardRefusal>;
}

/// What a provisioning run may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ProvisionSpec<'a> {
    /// The network to join; `None`: the one that the board knows.
    pub network: Option<(&'a str, &'a str)>,
    /// Flash the bundled firmware when something else runs on the board, or an older version of ours.
    pub may_flash: bool,
}

impl std::fmt::Debug for ProvisionSpec<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProvisionSpec")
            .field("ssid", &self.network.map(|(ssid, _)| ssid))
            .field("may_flash", &self.may_flash)
            .finish_non_exhaustive()
    }
}

/// Provisions a board from whatever state it is in; `at` is told each step that begins.
///
/// # Errors
/// Why it could not go on, with what to do.
pub fn provision_board(
    console: &mut BoardConsole,
    link: &dyn BoardLink,
    spec: ProvisionSpec<'_>,
    deadline: Deadline<'_>,
    mut at: impl FnMut(ProvisionStep),
) -> Result<SocketAddr, ProvisionFault> {
    at(ProvisionStep::Firmware);
    present(&link.status())?;
    // Where the ROM complains, most likely nothing will answer.
    if !answers_as_ours(console, deadline, || link.status().notice.is_some())? {
        if !spec.may_flash {
            let heard = link.status().heard;
            return Err(if heard { ProvisionFault::OtherFirmware } else { ProvisionFault::Silent });
        }
        flash(console, link, deadline)?;
    } else if spec.may_flash && is_outdated(console) {
        // Its settings stay, so it comes back to where it was.
        flash(console, link, deadline)?;
    }
    at(ProvisionStep::Wifi);
    request(console, Command::Status, deadline)?;
    let wifi = &console.reported().wifi;
    match spec.network {
        Some((ssid, _)) if wifi.state == WifiState::Online && wifi.ssid == ssid => {}
        Some((ssid, password)) => join(console, ssid, password, deadline)?,
        None if wifi.ssid.is_empty() => return Err(ProvisionFault::NoNetwork),
        None => {}
    }
    at(ProvisionStep::Address);
    until(console, deadline, "get an address", |reported| match reported.wifi.failure {
        _ if reported.address.is_some() => Some(Ok(())),
        // With credentials of its own, the board goes on trying; with these it will not succeed.
        Some(JoinFault::Auth) => {
            Some(Err(ProvisionFault::WrongPassword { ssid: reported.wifi.ssid.clone() }))
        }
        Some(JoinFault::NotFound) => {
            Some(Err(ProvisionFault::NoSuchNetwork { ssid: reported.wifi.ssid.clone() }))
        }
        _ => None,
    })??;
    at(ProvisionStep::Server);
    until(console, deadline, "begin to listen", |reported| reported.endpoint())
}

/// The board must be there before it is asked: what is sent to a closed port is never answered.
fn present(status: &BoardStatus) -> Result<(), ProvisionFault> {
    match status.link {
        LinkState::Monitoring | LinkState::Flashing => Ok(()),
        LinkState::Closed | LinkState::Away => Err(gone(String::new()).into()),
    }
}

fn gone(detail: String) -> BoardFault {
    let what = say!("told-board-gone", "The board is not there");
    let hint = say!("hint-board-gone", "Look at its cable and port; when it is back, try again.");
    BoardFault::new(FaultKind::Gone, what, hint).with_detail(detail)
}

/// Gives the board a network and waits until it has joined.
///
/// # Errors
/// A wrong password, no such network, or no answer in time.
pub fn join(
    console: &mut BoardConsole,
    ssid: &str,
    password: &str,
    deadline: Deadline<'_>,
) -> Result<(), ProvisionFault> {
    let Some(call) = improv::rpc(&Rpc::SendWifi { ssid, password }) else {
        return Err(ProvisionFault::Refused("the name or the password is too long".to_owned()));
    };
    console.send(&call).map_err(fault_of)?;
    let mut why = None;
    let answer = console.wait(deadline.at_most(JOIN), |told, _| match told {
        BoardMessage::Line(line) => {
            match &line.event {
                LineEvent::JoinFailed { reason, ssid: of, .. } if of == ssid => why = Some(*reason),
                // Other attempts say nothing about these credentials.
                LineEvent::CredentialsReceived { .. } => why = None,
                LineEvent::Started { .. } => return Some(Err(ProvisionFault::Restarted)),
                _ => {}
            }
            None
        }
        BoardMessage::Improv(ImprovAnswer::Result { command, .. }) => {
            (*command == CommandId::SendWifi.byte()).then_some(Ok(()))
        }
        BoardMessage::Improv(ImprovAnswer::Status(status)) => {
            (*status != Status::Ok).then(|| Err(refusal(*status)))
        }
        _ => None,
    });
    let fault = match answer {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(fault) => fault_of(fault),
    };
    let ssid = || ssid.to_owned();
    match (fault, why) {
        (ProvisionFault::TimedOut { .. }, Some(JoinFault::Auth)) => {
            Err(ProvisionFault::WrongPassword { ssid: ssid() })
        }
        (ProvisionFault::TimedOut { .. }, Some(JoinFault::NotFound)) => {
            Err(ProvisionFault::NoSuchNetwork { ssid: ssid() })
        }
        (ProvisionFault::TimedOut { .. }, _) => Err(NOT_JOINED),
        (fault, _) => Err(fault),
    }
}

const NOT_JOINED: ProvisionFault = ProvisionFault::TimedOut { what: "join the network" };

/// What Improv's status means while joining; why a board is unable to connect stands in its lines.
fn refusal(status: Status) -> ProvisionFault {
    match status {
        Status::UnableToConnect => NOT_JOINED,
        status => fault_of(ConsoleFault::Improv(status)),
    }
}

/// Whether our firmware answers.
///
/// # Errors
/// The port is not open, or the user gave up.
pub fn is_ours(console: &mut BoardConsole, deadline: Deadline<'_>) -> Result<bool, ProvisionFault> {
    answers_as_ours(console, deadline, || false)
}

fn answers_as_ours(
    console: &mut BoardConsole,
    deadline: Deadline<'_>,
    is_hopeless: impl Fn() -> bool,
) -> Result<bool, ProvisionFault> {
    for answer in TRIES {
        match console.request(Command::Status, deadline.at_most(answer)) {
            Ok(_) => return Ok(speaks_ours(console)),
            Err(ConsoleFault::TimedOut | ConsoleFault::Refused { .. }) if is_hopeless() => break,
            Err(ConsoleFault::TimedOut | ConsoleFault::Refused { .. }) => {}
            Err(fault) => return Err(fault_of(fault)),
        }
    }
    Ok(false)
}

fn speaks_ours(console: &BoardConsole) -> bool {
    console.reported().firmware.as_ref().is_some_and(|firmware| firmware.app == OUR_NAME)
}

/// Whether what runs is ours, and older than what we carry for its chip.
fn is_outdated(console: &BoardConsole) -> bool {
    let Some(firmware) = &console.reported().firmware else { return false };
    let bundled = images::bundled();
    let ours = bundled.iter().find(|image| firmware.chip.parse() == Ok(image.chip));
    ours.is_some_and(|ours| FirmwareAge::of(&firmware.version, &ours.version) == FirmwareAge::Older)
}

fn flash(
    console: &mut BoardConsole,
    link: &dyn BoardLink,
    deadline: Deadline<'_>,
) -> Result<(), ProvisionFault> {
    let ask = |command| match link.command(command) {
        // What closed the port, its log tells.
        Ok(()) | Err(BoardRefusal::Closed) => Ok(()),
        Err(refusal) => Err(ProvisionFault::Refused(refusal.to_string())),
    };
    // How an earlier flashing ended must not be taken for how this one does.
    ask(BoardCommand::DismissFlash)?;
    poll(console, deadline.at_most(ANSWER * 4), "forget the last flashing", || {
        Ok(link.status().flash.is_none().then_some(()))
    })?;
    ask(BoardCommand::Flash(Box::new(FlashSpec::bundled())))?;
    let flashed = poll(console, deadline, "finish flashing", || {
        match link.status().flash.as_ref().and_then(|flash| flash.outcome.clone()) {
            Some(Ok(
                FlashOutcome::Running | FlashOutcome::Restarted | FlashOutcome::PressReset,
            )) => Ok(Some(())),
            Some(Err(fault)) => Err(fault.into()),
            // The chip stays in its loader only when that was asked for.
            Some(Ok(_)) | None => Ok(None),
        }
    });
    if flashed == Err(ProvisionFault::Cancelled) {
        ask(BoardCommand::CancelFlash)?;
    }
    flashed?;
    let started = deadline.at_most(START);
    while Instant::now() < started.until {
        if is_ours(console, started)? {
            return Ok(());
        }
        // What ROM or bootloader say of it.
        if let Some(Err(fault)) = link.status().flash.as_ref().and_then(|it| it.outcome.clone()) {
            return Err(fault.into());
        }
    }
    Err(ProvisionFault::TimedOut { what: "start the new firmware" })
}

/// Looks at the link again and again while the console goes on listening.
fn poll(
    console: &mut BoardConsole,
    deadline: Deadline<'_>,
    what: &'static str,
    mut look: impl FnMut() -> Result<Option<()>, ProvisionFault>,
) -> Result<(), ProvisionFault> {
    loop {
        if look()?.is_some() {
            return Ok(());
        }
        match console.wait(deadline.at_most(LOOK), |_, _| None::<()>) {
            Err(ConsoleFault::TimedOut) if Instant::now() < deadline.until => {}
            Err(ConsoleFault::TimedOut) => return Err(ProvisionFault::TimedOut { what }),
            Err(fault) => return Err(fault_of(fault)),
            Ok(()) => {}
        }
    }
}

fn request(
    console: &mut BoardConsole,
    command: Command,
    deadline: Deadline<'_>,
) -> Result<Vec<LineEvent<'static>>, ProvisionFault> {
    console.request(command, deadline.at_most(ANSWER * 2)).map_err(fault_of)
}

/// Waits for something in the board's reported state, asking now and
/// then: a line may be lost, or too quiet for the board's log level.
fn until<T>(
    console: &mut BoardConsole,
    deadline: Deadline<'_>,
    what: &'static str,
    mut find: impl FnMut(&ReportedState) -> Option<T>,
) -> Result<T, ProvisionFault> {
    let deadline = deadline.at_most(ADDRESS);
    loop {
        if let Some(found) = find(console.reported()) {
            return Ok(found);
        }
        match console.wait(deadline.at_most(ASK), |_, reported| find(reported)) {
            Ok(found) => return Ok(found),
            Err(ConsoleFault::TimedOut) if Instant::now() < deadline.until => {}
            Err(ConsoleFault::TimedOut) => return Err(ProvisionFault::TimedOut { what }),
            Err(fault) => return Err(fault_of(fault)),
        }
        match console.request(Command::Status, deadline.at_most(ANSWER)) {
            Ok(_) | Err(ConsoleFault::TimedOut | ConsoleFault::Refused { .. }) => {}
            Err(fault) => return Err(fault_of(fault)),
        }
    }
}

/// A console fault during provisioning.
pub fn fault_of(fault: ConsoleFault) -> ProvisionFault {
    match fault {
        ConsoleFault::TimedOut => ProvisionFault::TimedOut { what: "answer" },
        ConsoleFault::Cancelled => ProvisionFault::Cancelled,
        ConsoleFault::NotOpen => gone(String::new()).into(),
        ConsoleFault::Lost { reason, detail } => lost(reason, detail).into(),
        fault => ProvisionFault::Refused(fault.to_string()),
    }
}

fn lost(reason: EndReason, detail: String) -> BoardFault {
    let (kind, what, hint) = match reason {
        EndReason::PortBusy => (
            FaultKind::Busy,
            say!("told-port-taken", "Another program has the port"),
            say!("hint-port-taken", "End that program, then open the port again."),
        ),
        EndReason::PortForbidden => (
            FaultKind::Forbidden,
            say!("told-not-allowed", "The port may not be opened"),
            say!("hint-not-allowed", "Ask for the right to use it."),
        ),
        EndReason::PortGone => return gone(detail),
        _ => (
            FaultKind::Gone,
            say!("told-port-closed", "The port was closed"),
            say!("hint-port-closed", "Open it again."),
        ),
    };
    BoardFault::new(kind, what, hint).with_detail(detail)
}
