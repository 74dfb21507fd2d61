//! A TCP server: listens, takes clients up to its limit, lives through all of them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::backend::SessionCommand;
use espalier_core::say;
use espalier_core::session::{
    EndReason, OverLimit, SessionEvent, SessionState, TcpServerSpec, TransportSpec,
};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::ending::End;
use super::ledger::Ledger;
use super::obey::Task;
use super::peer::Wish;
use super::tcp_client::ends;
use super::{connection, join, socket};
use crate::clock::now;

/// Connections the system may hold for us; it may allow fewer.
const BACKLOG: i32 = 1024;

/// Waits after errors of `accept` (no file descriptors left, no memory), doubled each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Runs until the user stops it or it cannot go on; whether it was started again while it stopped.
pub async fn run(ledger: &Arc<Ledger>, commands: &mut Receiver<SessionCommand>) -> bool {
    let Some(spec) = spec(ledger) else {
        ledger.rest(None);
        return false;
    };
    let (listener, local) = match listen(&spec) {
        Ok(listening) => listening,
        Err(error) => {
            let address = SocketAddr::new(spec.bind, spec.port);
            let end = End { reason: EndReason::BindFailed, detail: format!("{address}: {error}") };
            let End { reason, detail } = end.clone();
            ledger.event(None, SessionEvent::Ended { reason, detail });
            ledger.rest(Some(&end));
            return false;
        }
    };
    ledger.event(None, SessionEvent::Listening { local });
    ledger.stand(|stand| {
        stand.state = SessionState::Listening;
        stand.local = Some(local);
        stand.since = Some(now());
    });
    let mut server =
        Server { ledger, crowd: JoinSet::new(), pause: SHORTEST_PAUSE, accept_after: None };
    let end = server.serve(&listener, commands).await;
    drop(listener);
    ledger.event(None, SessionEvent::StoppedListening);
    let again = server.dismiss(commands).await;
    // What starts again at once is not over for anybody.
    if !again {
        ledger.rest(end.as_ref());
    }
    again
}

fn spec(ledger: &Ledger) -> Option<TcpServerSpec> {
    match &ledger.spec.read().transport {
        TransportSpec::TcpServer(server) => Some(server.clone()),
        _ => None,
    }
}

fn listen(spec: &TcpServerSpec) -> io::Result<(TcpListener, SocketAddr)> {
    let address = SocketAddr::new(spec.bind, spec.port);
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
    ledger: &'a Arc<Ledger>,
    crowd: JoinSet<End>,
    pause: Duration,
    accept_after: Option<Instant>,
}

impl Server<'_> {
    /// Serves until it is stopped (`None`) or cannot go on.
    async fn serve(
        &mut self,
        listener: &TcpListener,
        commands: &mut Receiver<SessionCommand>,
    ) -> Option<End> {
        loop {
            let (limit, over_limit) = self.limit();
            let has_place = self.crowd.len() < limit;
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
                Some(_) = self.crowd.join_next() => {}
                command = commands.recv() => {
                    if self.ledger.obey(command) == Some(Task::Stop) {
                        return None;
                    }
                }
                end = self.ledger.broken() => return Some(end),
            }
        }
    }

    fn limit(&self) -> (usize, OverLimit) {
        let unlimited = (usize::MAX, OverLimit::Pending);
        spec(self.ledger).map_or(unlimited, |server| {
            let limit = server.max_clients.map_or(usize::MAX, |limit| limit as usize);
            (limit, server.over_limit)
        })
    }

    fn take(&mut self, stream: TcpStream, remote: SocketAddr, has_place: bool) {
        if self.pause > SHORTEST_PAUSE {
            self.pause = SHORTEST_PAUSE;
            self.ledger.note(None, say!("note-accepts-again", "accepts connections again"));
        }
        let ends = match ends(&stream, remote) {
            Ok(ends) => ends,
            // It was gone before we could look at it.
            Err(error) => {
                let sentence = say!(
                    "note-gone-at-once",
                    "a connection was gone at once: {error}",
                    error = error,
                );
                return self.ledger.note(None, sentence);
            }
        };
        let stream = Arc::new(stream);
        let peer = join(self.ledger, &stream, ends, |local, remote| SessionEvent::Accepted {
            local,
            remote,
        });
        if !has_place {
            return self.ledger.leave(&peer, &End::plain(EndReason::OverLimit));
        }
        if let Some(spec) = spec(self.ledger) {
            for sentence in socket::apply(SockRef::from(&*stream), &spec.options) {
                self.ledger.note(Some(&peer), sentence);
            }
        }
        self.crowd.spawn(connection::run(self.ledger.clone(), peer, stream));
    }

    /// Connections wait in the backlog while we wait for descriptors or memory; told once, not each time.
    fn back_off(&mut self, error: &io::Error) {
        if self.pause == SHORTEST_PAUSE {
            let sentence = say!(
                "note-cannot-accept",
                "cannot accept connections now, they wait: {error}",
                error = error,
            );
            self.ledger.note(None, sentence);
        }
        self.accept_after = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Closes all connections in order and waits for their ends; whether it is to start again then.
    async fn dismiss(&mut self, commands: &mut Receiver<SessionCommand>) -> bool {
        let mut again = false;
        for peer in self.ledger.peers.read().open() {
            peer.ask(Wish::Close);
        }
        while !self.crowd.is_empty() {
            tokio::select! {
                Some(_) = self.crowd.join_next() => {}
                // A close that takes too long may still be cut short.
                Some(command) = commands.recv() => match self.ledger.obey(Some(command)) {
                    Some(Task::Start) => again = true,
                    Some(Task::Stop) => again = false,
                    None => {}
                }
            }
        }
        again
    }
}
