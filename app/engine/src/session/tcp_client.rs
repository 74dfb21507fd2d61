//! A TCP client: connects, lives through the connection, and tries again as its policy says.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::Timestamp;
use espalier_core::backend::{SessionCommand, Target};
use espalier_core::capture::Endpoints;
use espalier_core::session::{
    Backoff, ConnectionState, EndReason, SessionEvent, SessionState, TcpClientSpec, TransportSpec,
};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep;

use super::connect::{Connected, connect};
use super::ending::End;
use super::ledger::{Ledger, is_worth_retrying};
use super::obey::Task;
use super::peer::Wish;
use super::{connection, join, socket};
use crate::clock::now;

/// Why the task has nothing more to do.
enum Rest {
    /// The user stopped it, and perhaps asked for a start while it was stopping.
    Stopped {
        /// It starts again.
        again: bool,
    },
    /// It ended for this reason; the flag says whether a connection had stood.
    Ended(End, bool),
}

/// Runs until the user stops it or no further attempt is to be made; whether it was started again while it stopped.
pub async fn run(ledger: &Arc<Ledger>, commands: &mut Receiver<SessionCommand>) -> bool {
    let mut policy = None;
    let mut backoff = Backoff::new(Default::default());
    while let Some(spec) = spec(ledger) {
        if policy != Some(spec.reconnect) {
            policy = Some(spec.reconnect);
            backoff = Backoff::new(spec.reconnect);
        }
        let (end, stood) = match once(ledger, commands, &spec).await {
            Rest::Stopped { again } => return over(ledger, None, again),
            Rest::Ended(end, stood) => (end, stood),
        };
        if stood {
            backoff.succeeded();
        }
        // The policy may have been changed while the connection stood.
        let current = self::spec(ledger).map(|spec| spec.reconnect);
        if current != policy {
            policy = current;
            backoff = Backoff::new(current.unwrap_or_default());
        }
        let retry = backoff.failed().filter(|_| is_worth_retrying(end.reason));
        let Some((delay, attempt)) = retry else { return over(ledger, Some(&end), false) };
        ledger.event(None, SessionEvent::RetryIn { delay, attempt });
        match wait(ledger, commands, end.reason, delay).await {
            Waited::ToTry => {}
            Waited::Stopped => return over(ledger, None, false),
            Waited::Broken(end) => return over(ledger, Some(&end), false),
        }
    }
    over(ledger, None, false)
}

/// The task rests, unless it starts again at once: then nobody is told that it is over.
fn over(ledger: &Ledger, end: Option<&End>, again: bool) -> bool {
    if !again {
        ledger.rest(end);
    }
    again
}

fn spec(ledger: &Ledger) -> Option<TcpClientSpec> {
    match &ledger.spec.read().transport {
        TransportSpec::TcpClient(client) => Some(client.clone()),
        _ => None,
    }
}

/// One attempt, and the connection it leads to.
async fn once(
    ledger: &Arc<Ledger>,
    commands: &mut Receiver<SessionCommand>,
    spec: &TcpClientSpec,
) -> Rest {
    let target = match spec.host.contains(':') {
        true => format!("[{}]:{}", spec.host, spec.port),
        false => format!("{}:{}", spec.host, spec.port),
    };
    ledger.stand(|stand| stand.state = SessionState::Connecting);
    ledger.event(None, SessionEvent::Connecting { target });
    let mut attempt = pin!(connect(spec));
    let connected = loop {
        tokio::select! {
            connected = &mut attempt => break connected,
            command = commands.recv() => {
                if gives_up(command.as_ref()) || ledger.obey(command) == Some(Task::Stop) {
                    ended(ledger, &End::plain(EndReason::ClosedByUs));
                    return Rest::Stopped { again: false };
                }
            }
            end = ledger.broken() => return Rest::Ended(end, false),
        }
    };
    match connected {
        Ok(Connected { stream, remote, told }) => {
            for sentence in told {
                ledger.note(None, sentence);
            }
            // They may have been changed while it was made.
            let options = super::options_of(&ledger.spec.read().transport);
            if options != spec.options {
                for sentence in socket::apply(SockRef::from(&stream), &options) {
                    ledger.note(None, sentence);
                }
            }
            stand(ledger, commands, stream, remote).await
        }
        Err(end) => {
            ended(ledger, &end);
            Rest::Ended(end, false)
        }
    }
}

fn ended(ledger: &Ledger, end: &End) {
    let End { reason, detail } = end.clone();
    ledger.event(None, SessionEvent::Ended { reason, detail });
}

/// Lives through a connection.
async fn stand(
    ledger: &Arc<Ledger>,
    commands: &mut Receiver<SessionCommand>,
    stream: TcpStream,
    remote: SocketAddr,
) -> Rest {
    let Endpoints { local, remote } = match ends(&stream, remote) {
        Ok(ends) => ends,
        Err(error) => {
            let end = End::of_connection(&error);
            ended(ledger, &end);
            return Rest::Ended(end, false);
        }
    };
    let stream = Arc::new(stream);
    let peer = join(ledger, &stream, Endpoints { local, remote }, |local, remote| {
        SessionEvent::Connected { local, remote }
    });
    ledger.stand(|stand| {
        stand.state = SessionState::Connected(ConnectionState::Open);
        stand.local = Some(local);
        stand.remote = Some(remote);
        stand.since = Some(peer.since);
    });
    let mut life = pin!(connection::run(ledger.clone(), peer.clone(), stream));
    let (mut stopped, mut again, mut commanded) = (false, false, true);
    let end = loop {
        tokio::select! {
            end = &mut life => break end,
            // Also while it is stopping: a close that takes too long may be cut short by a reset.
            command = commands.recv(), if commanded => {
                commanded = command.is_some();
                match ledger.obey(command) {
                    Some(Task::Stop) => {
                        (stopped, again) = (true, false);
                        peer.ask(Wish::Close);
                    }
                    // What stands needs no start; what is being stopped is started after that.
                    Some(Task::Start) => again = stopped,
                    None => {}
                }
            }
        }
    };
    match stopped {
        true => Rest::Stopped { again },
        false => Rest::Ended(end, true),
    }
}

/// The two ends of a connection.
pub fn ends(stream: &TcpStream, remote: SocketAddr) -> std::io::Result<Endpoints> {
    Ok(Endpoints { local: stream.local_addr()?, remote: canonical(remote) })
}

/// A client that reached an IPv6 listener by IPv4 is shown by its IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Closing all connections while there is none yet is giving up.
const fn gives_up(command: Option<&SessionCommand>) -> bool {
    matches!(command, Some(SessionCommand::Close(Target::All) | SessionCommand::Reset(Target::All)))
}

/// How a wait for the next attempt ended.
enum Waited {
    ToTry,
    /// The user stopped it.
    Stopped,
    /// The capture cannot be written.
    Broken(End),
}

/// Waits for the next attempt.
async fn wait(
    ledger: &Arc<Ledger>,
    commands: &mut Receiver<SessionCommand>,
    reason: EndReason,
    delay: Duration,
) -> Waited {
    let until = now().0.saturating_add(i64::try_from(delay.as_nanos()).unwrap_or(i64::MAX));
    ledger.stand(|stand| {
        *stand = Default::default();
        stand.state = SessionState::Waiting { reason, until: Some(Timestamp(until)) };
    });
    let mut pause = pin!(sleep(delay));
    loop {
        tokio::select! {
            () = &mut pause => return Waited::ToTry,
            command = commands.recv() => {
                if gives_up(command.as_ref()) {
                    return Waited::Stopped;
                }
                match ledger.obey(command) {
                    Some(Task::Start) => return Waited::ToTry,
                    Some(Task::Stop) => return Waited::Stopped,
                    None => {}
                }
            }
            end = ledger.broken() => return Waited::Broken(end),
        }
    }
}
