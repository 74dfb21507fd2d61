//! The whole way: firmware, Wi-Fi, address, server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::backend::Busy;
use espalier_core::board::{
    BoardCommand, BoardStatus, FlashSpec, GoFault, ImprovAnswer, OUR_NAME, Outcome, Station, Told,
};
use espalier_core::timeline::BoardAccount;
use espalier_protocol::improv::{self, CommandId, Rpc, Status};
use espalier_protocol::{Command, Event, JoinFault, WifiState};

use super::console::{BoardConsole, ConsoleFault, Patience};

/// How long a board that runs our firmware takes at most to answer.
const ANSWER: Duration = Duration::from_millis(1500);
/// How long a board may take from its reset to our firmware's first line, boot loops of an older program included.
const START: Duration = Duration::from_secs(15);
/// How long a board may take to join: Improv's own limit is 30 s, and a scan may come before.
const JOIN: Duration = Duration::from_secs(45);
/// How long an address and the server may take after joining.
const ADDRESS: Duration = Duration::from_secs(20);

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
    /// Flash the bundled firmware when something else runs on the board.
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
    if !is_ours(console, patience)? {
        if !spec.may_flash {
            return Err(GoFault::OtherFirmware);
        }
        flash(console, link, patience)?;
    }
    at(Station::Wifi);
    request(console, Command::Status, patience)?;
    if let Some((ssid, password)) = spec.network
        && !(console.account().wifi.state == WifiState::Online
            && console.account().wifi.ssid == ssid)
    {
        join(console, ssid, password, patience)?;
    }
    at(Station::Address);
    until(console, patience.at_most(ADDRESS), "get an address", |account| {
        account.address.map(drop)
    })?;
    at(Station::Server);
    until(console, patience.at_most(ADDRESS), "begin to listen", |account| account.endpoint())
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
                _ => {}
            }
            None
        }
        Told::Improv(ImprovAnswer::Result { command, .. }) => {
            (*command == CommandId::SendWifi.byte()).then_some(Ok(()))
        }
        Told::Improv(ImprovAnswer::Status(status)) => {
            (*status != Status::Ok).then_some(Err(*status))
        }
        _ => None,
    });
    let ssid = || ssid.to_owned();
    match (answer, why) {
        (Ok(Ok(())), _) => Ok(()),
        (Err(ConsoleFault::Cancelled), _) => Err(GoFault::Cancelled),
        (_, Some(JoinFault::Auth)) => Err(GoFault::WrongPassword { ssid: ssid() }),
        (_, Some(JoinFault::NotFound)) => Err(GoFault::NoSuchNetwork { ssid: ssid() }),
        (Ok(Err(status)), None) if status != Status::UnableToConnect => {
            Err(fault_of(ConsoleFault::Improv(status)))
        }
        _ => Err(GoFault::TimedOut { what: "join the network" }),
    }
}

/// Whether our firmware answers.
///
/// # Errors
/// The port is not open, or the user gave up.
pub fn is_ours(console: &mut BoardConsole, patience: Patience<'_>) -> Result<bool, GoFault> {
    // A board that is just starting hears nothing yet, so one silence is not enough.
    for _ in 0..3 {
        match console.request(Command::Status, patience.at_most(ANSWER)) {
            Ok(_) => return Ok(speaks_ours(console)),
            Err(ConsoleFault::TimedOut | ConsoleFault::Refused { .. }) => {}
            Err(fault) => return Err(fault_of(fault)),
        }
    }
    Ok(false)
}

fn speaks_ours(console: &BoardConsole) -> bool {
    console.account().firmware.as_ref().is_some_and(|firmware| firmware.app == OUR_NAME)
}

fn flash(
    console: &mut BoardConsole,
    link: &dyn BoardLink,
    patience: Patience<'_>,
) -> Result<(), GoFault> {
    let busy = |_| GoFault::Refused(Busy.to_string());
    link.command(BoardCommand::DismissFlash).map_err(busy)?;
    link.command(BoardCommand::Flash(Box::new(FlashSpec::bundled()))).map_err(busy)?;
    let mut begun = false;
    // The console's wait keeps us listening while the loader has the line; nothing of ours is said meanwhile.
    loop {
        let outcome = link.status().flash.as_ref().map(|flash| flash.outcome.clone());
        match outcome {
            Some(Some(Err(fault))) => return Err(fault.into()),
            Some(Some(Ok(Outcome::Running | Outcome::Restarted | Outcome::PressReset)))
                if begun =>
            {
                break;
            }
            Some(None) => begun = true,
            Some(Some(Ok(_))) => begun = true,
            None => {}
        }
        match console.wait(patience.at_most(Duration::from_millis(100)), |_, _| None::<()>) {
            Err(ConsoleFault::TimedOut) if std::time::Instant::now() < patience.until => {}
            Err(ConsoleFault::TimedOut) => {
                return Err(GoFault::TimedOut { what: "finish flashing" });
            }
            Err(fault) => return Err(fault_of(fault)),
            Ok(()) => {}
        }
    }
    let started = patience.at_most(START);
    while std::time::Instant::now() < started.until {
        if is_ours(console, started)? {
            return Ok(());
        }
    }
    Err(GoFault::TimedOut { what: "start the new firmware" })
}

fn request(
    console: &mut BoardConsole,
    command: Command,
    patience: Patience<'_>,
) -> Result<Vec<Event<'static>>, GoFault> {
    console.request(command, patience.at_most(ANSWER * 2)).map_err(fault_of)
}

fn until<T>(
    console: &mut BoardConsole,
    patience: Patience<'_>,
    what: &'static str,
    mut find: impl FnMut(&BoardAccount) -> Option<T>,
) -> Result<T, GoFault> {
    if let Some(found) = find(console.account()) {
        return Ok(found);
    }
    console.wait(patience, |_, account| find(account)).map_err(|fault| match fault {
        ConsoleFault::TimedOut => GoFault::TimedOut { what },
        fault => fault_of(fault),
    })
}

/// A console fault on the way.
pub fn fault_of(fault: ConsoleFault) -> GoFault {
    match fault {
        ConsoleFault::TimedOut => GoFault::TimedOut { what: "answer" },
        ConsoleFault::Cancelled => GoFault::Cancelled,
        fault => GoFault::Refused(fault.to_string()),
    }
}
