//! The whole way: firmware, Wi-Fi, address, server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::backend::Busy;
use espalier_core::board::{
    BoardCommand, BoardFault, BoardStatus, FaultKind, FirmwareAge, FlashSpec, GoFault,
    ImprovAnswer, LinkState, OUR_NAME, Outcome, Station, Told,
};
use espalier_core::say;
use espalier_core::session::EndReason;
use espalier_core::timeline::BoardAccount;
use espalier_protocol::improv::{self, CommandId, Rpc, Status};
use espalier_protocol::{Command, Event, JoinFault, WifiState};

use super::console::{BoardConsole, ConsoleFault, Patience};
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

/// The board's link, as far as the way needs it.
pub trait BoardLink {
    /// The board as it is.
    fn status(&self) -> Arc<BoardStatus>;

    /// Asks something of it.
    ///
    /// # Errors
    /// Too much waits already.
    fn command(&self, command: BoardCommand) -> Result<(), Busy>;
}

/// What may be done on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct GoSpec<'a> {
    /// The network to join; `None`: the one that the board knows.
    pub network: Option<(&'a str, &'a str)>,
    /// Flash the bundled firmware when something else runs on the board, or an older version of ours.
    pub may_flash: bool,
}

impl std::fmt::Debug for GoSpec<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GoSpec")
            .field("ssid", &self.network.map(|(ssid, _)| ssid))
            .field("may_flash", &self.may_flash)
            .finish_non_exhaustive()
    }
}

/// Goes the whole way, from wherever the board stands; `at` is told each station that is being reached.
///
/// # Errors
/// Why it could not go on, with what to do.
pub fn go(
    console: &mut BoardConsole,
    link: &dyn BoardLink,
    spec: GoSpec<'_>,
    patience: Patience<'_>,
    mut at: impl FnMut(Station),
) -> Result<SocketAddr, GoFault> {
    at(Station::Firmware);
    present(&link.status())?;
    // Where the ROM complains, most likely nothing will answer.
    if !answers_as_ours(console, patience, || link.status().notice.is_some())? {
        if !spec.may_flash {
            let heard = link.status().heard;
            return Err(if heard { GoFault::OtherFirmware } else { GoFault::Silent });
        }
        flash(console, link, patience)?;
    } else if spec.may_flash && is_outdated(console) {
        // Its settings stay, so it comes back to where it was.
        flash(console, link, patience)?;
    }
    at(Station::Wifi);
    request(console, Command::Status, patience)?;
    let wifi = &console.account().wifi;
    match spec.network {
        Some((ssid, _)) if wifi.state == WifiState::Online && wifi.ssid == ssid => {}
        Some((ssid, password)) => join(console, ssid, password, patience)?,
        None if wifi.ssid.is_empty() => return Err(GoFault::NoNetwork),
        None => {}
    }
    at(Station::Address);
    until(console, patience, "get an address", |account| match account.wifi.failure {
        _ if account.address.is_some() => Some(Ok(())),
        // With credentials of its own, the board goes on trying; with these it will not succeed.
        Some(JoinFault::Auth) => {
            Some(Err(GoFault::WrongPassword { ssid: account.wifi.ssid.clone() }))
        }
        Some(JoinFault::NotFound) => {
            Some(Err(GoFault::NoSuchNetwork { ssid: account.wifi.ssid.clone() }))
        }
        _ => None,
    })??;
    at(Station::Server);
    until(console, patience, "begin to listen", |account| account.endpoint())
}

/// The board must be there before it is asked: what is sent to a closed port is never answered.
fn present(status: &BoardStatus) -> Result<(), GoFault> {
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
    patience: Patience<'_>,
) -> Result<(), GoFault> {
    let Some(call) = improv::rpc(&Rpc::SendWifi { ssid, password }) else {
        return Err(GoFault::Refused("the name or the password is too long".to_owned()));
    };
    console.send(&call).map_err(fault_of)?;
    let mut why = None;
    let answer = console.wait(patience.at_most(JOIN), |told, _| match told {
        Told::Line(line) => {
            match &line.event {
                Event::JoinFailed { reason, ssid: of, .. } if of == ssid => why = Some(*reason),
                // Other attempts say nothing about these credentials.
                Event::CredentialsReceived { .. } => why = None,
                Event::Started { .. } => return Some(Err(GoFault::Restarted)),
                _ => {}
            }
            None
        }
        Told::Improv(ImprovAnswer::Result { command, .. }) => {
            (*command == CommandId::SendWifi.byte()).then_some(Ok(()))
        }
        Told::Improv(ImprovAnswer::Status(status)) => {
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
        (GoFault::TimedOut { .. }, Some(JoinFault::Auth)) => {
            Err(GoFault::WrongPassword { ssid: ssid() })
        }
        (GoFault::TimedOut { .. }, Some(JoinFault::NotFound)) => {
            Err(GoFault::NoSuchNetwork { ssid: ssid() })
        }
        (GoFault::TimedOut { .. }, _) => Err(NOT_JOINED),
        (fault, _) => Err(fault),
    }
}

const NOT_JOINED: GoFault = GoFault::TimedOut { what: "join the network" };

/// What Improv's status means while joining; why a board is unable to connect stands in its lines.
fn refusal(status: Status) -> GoFault {
    match status {
        Status::UnableToConnect => NOT_JOINED,
        status => fault_of(ConsoleFault::Improv(status)),
    }
}

/// Whether our firmware answers.
///
/// # Errors
/// The port is not open, or the user gave up.
pub fn is_ours(console: &mut BoardConsole, patience: Patience<'_>) -> Result<bool, GoFault> {
    answers_as_ours(console, patience, || false)
}

fn answers_as_ours(
    console: &mut BoardConsole,
    patience: Patience<'_>,
    is_hopeless: impl Fn() -> bool,
) -> Result<bool, GoFault> {
    for answer in TRIES {
        match console.request(Command::Status, patience.at_most(answer)) {
            Ok(_) => return Ok(speaks_ours(console)),
            Err(ConsoleFault::TimedOut | ConsoleFault::Refused { .. }) if is_hopeless() => break,
            Err(ConsoleFault::TimedOut | ConsoleFault::Refused { .. }) => {}
            Err(fault) => return Err(fault_of(fault)),
        }
    }
    Ok(false)
}

fn speaks_ours(console: &BoardConsole) -> bool {
    console.account().firmware.as_ref().is_some_and(|firmware| firmware.app == OUR_NAME)
}

/// Whether what runs is ours, and older than what we carry for its chip.
fn is_outdated(console: &BoardConsole) -> bool {
    let Some(firmware) = &console.account().firmware else { return false };
    let bundled = images::bundled();
    let ours = bundled.iter().find(|image| firmware.chip.parse() == Ok(image.chip));
    ours.is_some_and(|ours| FirmwareAge::of(&firmware.version, &ours.version) == FirmwareAge::Older)
}

fn flash(
    console: &mut BoardConsole,
    link: &dyn BoardLink,
    patience: Patience<'_>,
) -> Result<(), GoFault> {
    let busy = |_| GoFault::Refused(Busy.to_string());
    // How an earlier flashing ended must not be taken for how this one does.
    link.command(BoardCommand::DismissFlash).map_err(busy)?;
    poll(console, patience.at_most(ANSWER * 4), "forget the last flashing", || {
        Ok(link.status().flash.is_none().then_some(()))
    })?;
    link.command(BoardCommand::Flash(Box::new(FlashSpec::bundled()))).map_err(busy)?;
    let flashed = poll(console, patience, "finish flashing", || {
        match link.status().flash.as_ref().and_then(|flash| flash.outcome.clone()) {
            Some(Ok(Outcome::Running | Outcome::Restarted | Outcome::PressReset)) => Ok(Some(())),
            Some(Err(fault)) => Err(fault.into()),
            // The chip stays in its loader only when that was asked for.
            Some(Ok(_)) | None => Ok(None),
        }
    });
    if flashed == Err(GoFault::Cancelled) {
        link.command(BoardCommand::CancelFlash).map_err(busy)?;
    }
    flashed?;
    let started = patience.at_most(START);
    while Instant::now() < started.until {
        if is_ours(console, started)? {
            return Ok(());
        }
    }
    Err(GoFault::TimedOut { what: "start the new firmware" })
}

/// Looks at the link again and again while the console goes on listening.
fn poll(
    console: &mut BoardConsole,
    patience: Patience<'_>,
    what: &'static str,
    mut look: impl FnMut() -> Result<Option<()>, GoFault>,
) -> Result<(), GoFault> {
    loop {
        if look()?.is_some() {
            return Ok(());
        }
        match console.wait(patience.at_most(LOOK), |_, _| None::<()>) {
            Err(ConsoleFault::TimedOut) if Instant::now() < patience.until => {}
            Err(ConsoleFault::TimedOut) => return Err(GoFault::TimedOut { what }),
            Err(fault) => return Err(fault_of(fault)),
            Ok(()) => {}
        }
    }
}

fn request(
    console: &mut BoardConsole,
    command: Command,
    patience: Patience<'_>,
) -> Result<Vec<Event<'static>>, GoFault> {
    console.request(command, patience.at_most(ANSWER * 2)).map_err(fault_of)
}

/// Waits for something in the board's account, asking now and then: a line may be lost, or too quiet for the board's log level.
fn until<T>(
    console: &mut BoardConsole,
    patience: Patience<'_>,
    what: &'static str,
    mut find: impl FnMut(&BoardAccount) -> Option<T>,
) -> Result<T, GoFault> {
    let patience = patience.at_most(ADDRESS);
    loop {
        if let Some(found) = find(console.account()) {
            return Ok(found);
        }
        match console.wait(patience.at_most(ASK), |_, account| find(account)) {
            Ok(found) => return Ok(found),
            Err(ConsoleFault::TimedOut) if Instant::now() < patience.until => {}
            Err(ConsoleFault::TimedOut) => return Err(GoFault::TimedOut { what }),
            Err(fault) => return Err(fault_of(fault)),
        }
        match console.request(Command::Status, patience.at_most(ANSWER)) {
            Ok(_) | Err(ConsoleFault::TimedOut | ConsoleFault::Refused { .. }) => {}
            Err(fault) => return Err(fault_of(fault)),
        }
    }
}

/// A console fault on the way.
pub fn fault_of(fault: ConsoleFault) -> GoFault {
    match fault {
        ConsoleFault::TimedOut => GoFault::TimedOut { what: "answer" },
        ConsoleFault::Cancelled => GoFault::Cancelled,
        ConsoleFault::NotOpen => gone(String::new()).into(),
        ConsoleFault::Lost { reason, detail } => lost(reason, detail).into(),
        fault => GoFault::Refused(fault.to_string()),
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
