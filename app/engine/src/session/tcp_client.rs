//! A TCP client: connects, lives through the connection, and tries again as its policy says.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::Timestamp;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::capture::Endpoints;
use espalier_core::session::{
    Backoff, ConnectionState, EndReason, Reconnect, SessionEvent, SessionState, TcpClientSpec,
    TransportSpec, host_and_port,
};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep};

use super::commands::TaskCommand;
use super::connect::{Connected, connect};
use super::end_cause::EndCause;
use super::peer::CloseRequest;
use super::shared::{SessionShared, is_worth_retrying};
use super::stream::Stream;
use super::{connection, secure, socket};
use crate::clock::now;
use crate::tls::Prepared;

/// Why the task has nothing more to do.
enum AttemptEnd {
    /// The user stopped it, and perhaps asked for a start while it was stopping.
    Stopped {
        /// The session starts again.
        again: bool,
    },
    /// The attempt ended for this reason, and the connection that it had led to, if any, stood for so long.
    Ended(EndCause, Duration),
}

/// Runs until the user stops it or no further attempt is to be made; whether it was started again while it stopped.
pub async fn run(shared: &Arc<SessionShared>, commands: &mut Receiver<SessionCommand>) -> bool {
    shared.settle_chat();
    if let Some(chat) = shared.chat() {
        chat.begin(&**shared);
    }
    let mut policy = None;
    let mut backoff = Backoff::new(Default::default());
    while let Some(spec) = spec(shared) {
        if let Err(bad) = spec.check() {
            // Trying again would not help.
            let end = EndCause { reason: EndReason::Other, detail: bad.to_string() };
            ended(shared, &end);
            return over(shared, Some(&end), false);
        }
        if policy != Some(reconnect(shared, &spec)) {
            policy = Some(reconnect(shared, &spec));
            backoff = Backoff::new(reconnect(shared, &spec));
        }
        let (end, life) = match once(shared, commands, &spec).await {
            AttemptEnd::Stopped { again } => return over(shared, None, again),
            AttemptEnd::Ended(end, life) => (end, life),
        };
        backoff.lived(life);
        // The policy may have been changed while the connection stood.
        let current = self::spec(shared).map(|spec| reconnect(shared, &spec));
        if current != policy {
            policy = current;
            backoff = Backoff::new(current.unwrap_or_default());
        }
        let retry = backoff.failed().filter(|_| is_worth_retrying(end.reason));
        let Some((delay, attempt)) = retry else { return over(shared, Some(&end), false) };
        shared.event(None, SessionEvent::RetryIn { delay, attempt });
        match wait(shared, commands, end.reason, delay).await {
            WaitEnd::ToTry => {}
            WaitEnd::Stopped => return over(shared, None, false),
            WaitEnd::Broken(end) => return over(shared, Some(&end), false),
        }
    }
    over(shared, None, false)
}

/// Ends the session, unless it starts again at once: then nobody is told that it ended.
fn over(shared: &SessionShared, end: Option<&EndCause>, again: bool) -> bool {
    if !again {
        shared.end_session(end);
    }
    again
}

fn spec(shared: &SessionShared) -> Option<TcpClientSpec> {
    match &shared.spec.read().transport {
        TransportSpec::TcpClient(client) => Some(client.clone()),
        _ => None,
    }
}

/// How it connects again. A member of a chat room comes back in any case: what it has said is to arrive. Whoever has left it
/// does not, though the room may be the first to close then.
fn reconnect(shared: &SessionShared, spec: &TcpClientSpec) -> Reconnect {
    match (spec.reconnect, shared.chat()) {
        (_, Some(chat)) if chat.has_left() => Reconnect::Off,
        (Reconnect::Off, Some(chat)) if chat.is_member() => Reconnect::Exponential,
        (asked, _) => asked,
    }
}

/// One attempt, and the connection it leads to.
async fn once(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    spec: &TcpClientSpec,
) -> AttemptEnd {
    let target = host_and_port(&spec.host, spec.port);
    shared.update_phase(|phase| phase.state = SessionState::Connecting);
    shared.event(None, SessionEvent::Connecting { target });
    let mut attempt = pin!(async {
        // What cannot be used is told before anybody is called.
        let prepared = secure::prepare_client(shared, spec).await?;
        Ok((connect(spec).await?, prepared))
    });
    let connected = loop {
        tokio::select! {
            connected = &mut attempt => break connected,
            command = commands.recv() => {
                if gives_up(command.as_ref()) || shared.apply(command) == Some(TaskCommand::Stop) {
                    ended(shared, &EndCause::plain(EndReason::ClosedByUs));
                    return AttemptEnd::Stopped { again: false };
                }
            }
            end = shared.broken() => return AttemptEnd::Ended(end, Duration::ZERO),
        }
    };
    match connected {
        Ok((Connected { stream, remote, time, told }, prepared)) => {
            let stream = Stream::new(stream, prepared.is_some());
            for sentence in told {
                shared.note(None, sentence);
            }
            // They may have been changed while it was made.
            let options = socket::options_of(&shared.spec.read().transport);
            if options != spec.options {
                for sentence in socket::apply(stream.socket(), &options) {
                    shared.note(None, sentence);
                }
            }
            run_connection(shared, commands, (stream, remote, time), prepared).await
        }
        Err(end) => {
            ended(shared, &end);
            AttemptEnd::Ended(end, Duration::ZERO)
        }
    }
}

fn ended(shared: &SessionShared, end: &EndCause) {
    let EndCause { reason, detail } = end.clone();
    shared.event(None, SessionEvent::Ended { reason, detail });
}

/// Lives through a connection.
async fn run_connection(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    (stream, remote, time): (Stream, SocketAddr, Duration),
    prepared: Option<Prepared>,
) -> AttemptEnd {
    let ends = match connection::ends(&stream, remote) {
        Ok(ends) => ends,
        Err(error) => {
            let end = EndCause::of_connection(&error);
            ended(shared, &end);
            return AttemptEnd::Ended(end, Duration::ZERO);
        }
    };
    let Endpoints { local, remote, .. } = ends;
    let stream = Arc::new(stream);
    let peer = connection::begin(shared, &stream, ends, |local, remote| SessionEvent::Connected {
        local,
        remote,
    });
    shared.made(&peer, time);
    if let Some(prepared) = prepared {
        let limit = handshake_limit(shared);
        let mut securing = pin!(secure::secure(shared, &peer, &stream, prepared, limit));
        let secured = loop {
            tokio::select! {
                secured = &mut securing => break secured,
                command = commands.recv() => {
                    if gives_up(command.as_ref()) || shared.apply(command) == Some(TaskCommand::Stop) {
                        shared.end_connection(&peer, &EndCause::plain(EndReason::ClosedByUs));
                        return AttemptEnd::Stopped { again: false };
                    }
                }
                end = shared.broken() => break Err(end),
            }
        };
        // An attempt that found nobody has not used it up.
        shared.trusted_once.lock().take();
        if let Err(end) = secured {
            shared.end_connection(&peer, &end);
            return AttemptEnd::Ended(end, Duration::ZERO);
        }
    }
    connection::join(shared, &peer);
    shared.update_phase(|phase| {
        phase.state = SessionState::Connected(ConnectionState::Open);
        phase.local = Some(local);
        phase.remote = Some(remote);
        phase.since = Some(peer.since);
    });
    let stands = Instant::now();
    let mut life = pin!(connection::run(shared.clone(), peer.clone(), stream));
    let (mut stopped, mut again, mut commanded) = (false, false, true);
    let end = loop {
        tokio::select! {
            end = &mut life => break end,
            // Also while it is stopping: a close that takes too long may be cut short by a reset.
            command = commands.recv(), if commanded => {
                commanded = command.is_some();
                match shared.apply(command) {
                    Some(TaskCommand::Stop) => {
                        (stopped, again) = (true, false);
                        peer.request_close(CloseRequest::Close);
                    }
                    // What stands needs no start; what is being stopped is started after that.
                    Some(TaskCommand::Start) => again = stopped,
                    None => {}
                }
            }
        }
    };
    match stopped {
        true => AttemptEnd::Stopped { again },
        false => AttemptEnd::Ended(end, stands.elapsed()),
    }
}

fn handshake_limit(shared: &SessionShared) -> Duration {
    let tls = spec(shared).and_then(|spec| spec.tls).unwrap_or_default();
    Duration::from_millis(tls.handshake_timeout_ms)
}

/// Closing all connections while there is none yet is giving up.
const fn gives_up(command: Option<&SessionCommand>) -> bool {
    matches!(
        command,
        Some(SessionCommand::Close(PeerSelector::All) | SessionCommand::Reset(PeerSelector::All))
    )
}

/// How a wait for the next attempt ended.
enum WaitEnd {
    ToTry,
    /// The user stopped it.
    Stopped,
    /// The capture cannot be written.
    Broken(EndCause),
}

/// Waits for the next attempt.
async fn wait(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    reason: EndReason,
    delay: Duration,
) -> WaitEnd {
    let until = now().0.saturating_add(i64::try_from(delay.as_nanos()).unwrap_or(i64::MAX));
    shared.update_phase(|phase| {
        *phase = Default::default();
        phase.state = SessionState::Waiting { reason, until: Some(Timestamp(until)) };
    });
    let mut pause = pin!(sleep(delay));
    loop {
        tokio::select! {
            () = &mut pause => return WaitEnd::ToTry,
            command = commands.recv() => {
                if gives_up(command.as_ref()) {
                    return WaitEnd::Stopped;
                }
                match shared.apply(command) {
                    Some(TaskCommand::Start) => return WaitEnd::ToTry,
                    Some(TaskCommand::Stop) => return WaitEnd::Stopped,
                    None => {}
                }
            }
            end = shared.broken() => return WaitEnd::Broken(end),
        }
    }
}
