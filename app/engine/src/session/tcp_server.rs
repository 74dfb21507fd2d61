//! A TCP server: listens, takes clients up to its limit, lives through all of them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::backend::SessionCommand;
use espalier_core::say;
use espalier_core::session::{
    EndReason, LocalEndpoint, OverLimit, SessionEvent, SessionState, TcpServerSpec, TransportSpec,
};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::commands::TaskCommand;
use super::end_cause::EndCause;
use super::peer::CloseRequest;
use super::shared::SessionShared;
use super::{connection, socket};
use crate::addresses;
use crate::clock::now;

/// Connections the system may hold for us; it may allow fewer.
const BACKLOG: i32 = 1024;

/// Waits after errors of `accept` (no file descriptors left, no memory), doubled each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Runs until the user stops it or it cannot go on; whether it was started again while it stopped.
pub async fn run(shared: &Arc<SessionShared>, commands: &mut Receiver<SessionCommand>) -> bool {
    let Some(spec) = spec(shared) else {
        shared.end_session(None);
        return false;
    };
    let (listener, local) = match listen(&spec) {
        Ok(listening) => listening,
        Err(error) => {
            let at = LocalEndpoint { address: spec.bind, port: spec.port };
            let end = EndCause { reason: EndReason::BindFailed, detail: format!("{at}: {error}") };
            let EndCause { reason, detail } = end.clone();
            shared.event(None, SessionEvent::Ended { reason, detail });
            shared.end_session(Some(&end));
            return false;
        }
    };
    shared.event(None, SessionEvent::Listening { local });
    shared.update_phase(|phase| {
        phase.state = SessionState::Listening;
        phase.local = Some(local);
        phase.since = Some(now());
    });
    let mut server =
        Server { shared, clients: JoinSet::new(), pause: SHORTEST_PAUSE, accept_after: None };
    let end = server.serve(&listener, commands).await;
    drop(listener);
    shared.event(None, SessionEvent::StoppedListening);
    let again = server.close_clients(commands).await;
    // What starts again at once is not over for anybody.
    if !again {
        shared.end_session(end.as_ref());
    }
    again
}

fn spec(shared: &SessionShared) -> Option<TcpServerSpec> {
    match &shared.spec.read().transport {
        TransportSpec::TcpServer(server) => Some(server.clone()),
        _ => None,
    }
}

fn listen(spec: &TcpServerSpec) -> io::Result<(TcpListener, SocketAddr)> {
    let address = addresses::socket_address(&spec.bind, spec.port)?;
    // Accepted sockets inherit the buffers; what is refused is told with the first client's options.
    let (socket, _) = socket::new(address, &spec.options)?;
    if address.is_ipv6() {
        // `::` means all interfaces of both families everywhere, not only where the system thinks so.
        socket.set_only_v6(false)?;
    }
    // Listen again at once after a stop; on Windows the option would let others steal the port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from_std(socket.into())?;
    let local = listener.local_addr()?;
    Ok((listener, local))
}

struct Server<'a> {
    shared: &'a Arc<SessionShared>,
    clients: JoinSet<EndCause>,
    pause: Duration,
    accept_after: Option<Instant>,
}

impl Server<'_> {
    /// Serves until it is stopped (`None`) or cannot go on.
    async fn serve(
        &mut self,
        listener: &TcpListener,
        commands: &mut Receiver<SessionCommand>,
    ) -> Option<EndCause> {
        loop {
            let (limit, over_limit) = self.limit();
            let has_place = self.clients.len() < limit;
            let accepts = has_place || over_limit == OverLimit::Close;
            let after = self.accept_after;
            tokio::select! {
                accepted = listener.accept(), if accepts && after.is_none() => match accepted {
                    Ok((stream, remote)) => self.take(stream, remote, has_place),
                    Err(error) => self.back_off(&error),
                },
                () = sleep_until(after.unwrap_or_else(Instant::now)), if after.is_some() => {
                    self.accept_after = None;
                }
                Some(_) = self.clients.join_next() => {}
                command = commands.recv() => {
                    if self.shared.apply(command) == Some(TaskCommand::Stop) {
                        return None;
                    }
                }
                end = self.shared.broken() => return Some(end),
            }
        }
    }

    fn limit(&self) -> (usize, OverLimit) {
        let unlimited = (usize::MAX, OverLimit::Pending);
        spec(self.shared).map_or(unlimited, |server| {
            let limit = server.max_clients.map_or(usize::MAX, |limit| limit as usize);
            (limit, server.over_limit)
        })
    }

    fn take(&mut self, stream: TcpStream, remote: SocketAddr, has_place: bool) {
        if self.pause > SHORTEST_PAUSE {
            self.pause = SHORTEST_PAUSE;
            self.shared.note(None, say!("note-accepts-again", "accepts connections again"));
        }
        let ends = match connection::ends(&stream, remote) {
            Ok(ends) => ends,
            // It was gone before we could look at it.
            Err(error) => {
                let sentence = say!(
                    "note-gone-at-once",
                    "a connection was gone at once: {error}",
                    error = error,
                );
                return self.shared.note(None, sentence);
            }
        };
        let stream = Arc::new(stream);
        let peer = connection::join(self.shared, &stream, ends, |local, remote| {
            SessionEvent::Accepted { local, remote }
        });
        if !has_place {
            return self.shared.end_connection(&peer, &EndCause::plain(EndReason::OverLimit));
        }
        if let Some(spec) = spec(self.shared) {
            for sentence in socket::apply(SockRef::from(&*stream), &spec.options) {
                self.shared.note(Some(&peer), sentence);
            }
        }
        self.clients.spawn(connection::run(self.shared.clone(), peer, stream));
    }

    /// Connections wait in the backlog while we wait for descriptors or memory; told once, not each time.
    fn back_off(&mut self, error: &io::Error) {
        if self.pause == SHORTEST_PAUSE {
            let sentence = say!(
                "note-cannot-accept",
                "cannot accept connections now, they wait: {error}",
                error = error,
            );
            self.shared.note(None, sentence);
        }
        self.accept_after = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Closes all connections in order and waits for their ends; whether it is to start again then.
    async fn close_clients(&mut self, commands: &mut Receiver<SessionCommand>) -> bool {
        let mut again = false;
        for peer in self.shared.peers.read().open() {
            peer.request_close(CloseRequest::Close);
        }
        while !self.clients.is_empty() {
            tokio::select! {
                Some(_) = self.clients.join_next() => {}
                // A close that takes too long may still be cut short.
                Some(command) = commands.recv() => match self.shared.apply(Some(command)) {
                    Some(TaskCommand::Start) => again = true,
                    Some(TaskCommand::Stop) => again = false,
                    None => {}
                }
            }
        }
        again
    }
}
