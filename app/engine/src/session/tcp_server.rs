//! A TCP server: listens, takes clients up to its limit, lives through all of them.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use espalier_core::backend::SessionCommand;
use espalier_core::say;
use espalier_core::session::{
    EndReason, LocalEndpoint, OverLimit, SessionEvent, SessionState, TcpServerSpec, TransportSpec,
};
use espalier_core::tls::TlsStatus;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::commands::TaskCommand;
use super::end_cause::EndCause;
use super::peer::{CloseRequest, Peer};
use super::shared::SessionShared;
use super::stream::Stream;
use super::{connection, secure, socket};
use crate::addresses;
use crate::clock::now;
use crate::tls::{ServerParts, certificate_of};

/// Connections the system may hold for us: as many as can be asked for. It allows fewer: Linux `net.core.somaxconn`, 4,096 as it is, macOS
/// `kern.ipc.somaxconn`, 128. Of more that come at once, SYNs are dropped, and sent again a second later.
const BACKLOG: i32 = 65_535;

/// Connections that are taken from there before the first of them is served: serving one takes ten times as long as taking it.
const BATCH: usize = 4096;

/// Waits after errors of `accept` (no file descriptors left, no memory), doubled each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Runs until the user stops it or it cannot go on; whether it was started again while it stopped.
pub async fn run(shared: &Arc<SessionShared>, commands: &mut Receiver<SessionCommand>) -> bool {
    shared.settle_room();
    let session = shared.clone();
    let serve = move |peer, stream, _| connection::run(session.clone(), peer, stream);
    run_with(shared, commands, |_| Ok(()), std::future::pending(), serve).await
}

/// The same, if where it listens is right by `check`, and until `gone` says why it cannot go on; `serve` lives through the connection
/// of a client, and hears when all of them are to end.
pub async fn run_with<L>(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    check: impl FnOnce(SocketAddr) -> Result<(), EndCause>,
    gone: impl Future<Output = EndCause>,
    serve: impl FnMut(Arc<Peer>, Arc<Stream>, watch::Receiver<bool>) -> L,
) -> bool
where
    L: Future<Output = EndCause> + Send + 'static,
{
    let Some(spec) = spec(shared) else {
        shared.end_session(None);
        return false;
    };
    let tls = match tls(shared, &spec).await {
        Ok(tls) => tls,
        Err(end) => {
            let EndCause { reason, detail } = end.clone();
            shared.event(None, SessionEvent::Ended { reason, detail });
            shared.end_session(Some(&end));
            return false;
        }
    };
    let listening = listen(&spec).map_err(|error| {
        let at = LocalEndpoint { address: spec.bind, port: spec.port };
        EndCause { reason: EndReason::BindFailed, detail: format!("{at}: {error}") }
    });
    let checked = listening.and_then(|(listener, local)| check(local).map(|()| (listener, local)));
    let (listener, local) = match checked {
        Ok(listening) => listening,
        Err(end) => {
            let EndCause { reason, detail } = end.clone();
            shared.event(None, SessionEvent::Ended { reason, detail });
            shared.end_session(Some(&end));
            return false;
        }
    };
    let listener = Arc::new(listener);
    shared.figures.listens(&listener);
    shared.event(None, SessionEvent::Listening { local });
    shared.update_phase(|phase| {
        phase.state = SessionState::Listening;
        phase.local = Some(local);
        phase.since = Some(now());
    });
    let (stop, _) = watch::channel(false);
    let mut server = Server {
        shared,
        serve,
        tls,
        stop,
        clients: JoinSet::new(),
        arriving: JoinSet::new(),
        pause: SHORTEST_PAUSE,
        accept_after: None,
    };
    let end = server.serve(&listener, commands, pin!(gone)).await;
    shared.look_at_listener_end();
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
        TransportSpec::Relay(relay) => relay.server().ok(),
        _ => None,
    }
}

/// With what clients are secured; its certificate is told.
async fn tls(
    shared: &SessionShared,
    spec: &TcpServerSpec,
) -> Result<Option<(Arc<ServerParts>, Duration)>, EndCause> {
    let Some(tls) = spec.tls.clone() else {
        shared.set_tls(|_| None);
        return Ok(None);
    };
    let key_log = tls.key_log.clone();
    let limit = Duration::from_millis(tls.handshake_timeout_ms);
    let (bind, folder) = (spec.bind.ip, shared.certificates.get().cloned());
    let is_own = tls.identity.is_none();
    let kept =
        is_own.then(|| folder.as_deref().map(|folder| certificate_of(folder, bind))).flatten();
    let parts =
        secure::in_background(move || ServerParts::new(&tls, bind, folder.as_deref())).await?;
    secure::tell_key_log(shared, key_log.as_deref());
    let own = parts.own();
    if let Some(own) = &own {
        secure::tell_own(shared, own, kept.as_deref());
    }
    let own = own.map(|own| own.fingerprint);
    shared.set_tls(|_| Some(TlsStatus { own, key_log, ..TlsStatus::default() }));
    Ok(Some((Arc::new(parts), limit)))
}

async fn secure_client(
    shared: &SessionShared,
    peer: &Peer,
    stream: &Stream,
    parts: &ServerParts,
    limit: Duration,
) -> Result<(), EndCause> {
    let prepared = parts.prepare().map_err(|fault| secure::of_setup(&fault))?;
    secure::secure(shared, peer, stream, prepared, limit).await
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

struct Server<'a, S> {
    shared: &'a Arc<SessionShared>,
    serve: S,
    /// With what clients are secured, and how long that may take; `None`: they talk plain text.
    tls: Option<(Arc<ServerParts>, Duration)>,
    /// All clients are to end when it is set: handshakes under way, too.
    stop: watch::Sender<bool>,
    clients: JoinSet<EndCause>,
    /// Clients that a fault has wait before they are served.
    arriving: JoinSet<(TcpStream, SocketAddr)>,
    pause: Duration,
    accept_after: Option<Instant>,
}

impl<S, L> Server<'_, S>
where
    S: FnMut(Arc<Peer>, Arc<Stream>, watch::Receiver<bool>) -> L,
    L: Future<Output = EndCause> + Send + 'static,
{
    /// Serves until it is stopped (`None`) or cannot go on.
    async fn serve(
        &mut self,
        listener: &TcpListener,
        commands: &mut Receiver<SessionCommand>,
        mut gone: Pin<&mut impl Future<Output = EndCause>>,
    ) -> Option<EndCause> {
        loop {
            let (limit, over_limit) = self.limit();
            let has_place = self.clients.len() + self.arriving.len() < limit;
            let accepts = has_place || over_limit == OverLimit::Close;
            let after = self.accept_after;
            tokio::select! {
                accepted = listener.accept(), if accepts && after.is_none() => {
                    self.accepted(listener, accepted, limit, over_limit);
                }
                () = sleep_until(after.unwrap_or_else(Instant::now)), if after.is_some() => {
                    self.accept_after = None;
                }
                Some(_) = self.clients.join_next() => {}
                Some(Ok((stream, remote))) = self.arriving.join_next() => {
                    self.take(stream, remote, true);
                }
                command = commands.recv() => {
                    if self.shared.apply(command) == Some(TaskCommand::Stop) {
                        return None;
                    }
                }
                end = self.shared.broken() => return Some(end),
                end = &mut gone => return Some(end),
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

    /// Takes this client, and those that wait in the backlog besides.
    fn accepted(
        &mut self,
        listener: &TcpListener,
        first: io::Result<(TcpStream, SocketAddr)>,
        limit: usize,
        over_limit: OverLimit,
    ) {
        let places = limit.saturating_sub(self.clients.len() + self.arriving.len());
        let most = if over_limit == OverLimit::Close { BATCH } else { places.min(BATCH) };
        // Who waits in `serve` is woken; nobody is here.
        let mut context = Context::from_waker(Waker::noop());
        let (mut taken, mut failed, mut next) = (Vec::new(), None, Poll::Ready(first));
        while let Poll::Ready(accepted) = next {
            match accepted {
                Ok(client) => taken.push(client),
                Err(error) => failed = Some(error),
            }
            if failed.is_some() || taken.len() >= most {
                break;
            }
            next = listener.poll_accept(&mut context);
        }
        for (at, (stream, remote)) in taken.into_iter().enumerate() {
            self.arrive(stream, remote, at < places);
        }
        if let Some(error) = failed {
            self.back_off(&error);
        }
    }

    /// Takes a client, or has it wait first.
    fn arrive(&mut self, stream: TcpStream, remote: SocketAddr, has_place: bool) {
        let wait = Duration::from_millis(self.shared.receiving.borrow().accept_delay_ms.into());
        if wait.is_zero() || !has_place {
            return self.take(stream, remote, has_place);
        }
        let sentence = say!(
            "fault-accept-delay",
            "fault: {client} waits for {time} ms before it is served (delayed accept)",
            client = remote,
            time = wait.as_millis(),
        );
        self.shared.note(None, sentence);
        self.arriving.spawn(async move {
            sleep(wait).await;
            (stream, remote)
        });
    }

    fn take(&mut self, stream: TcpStream, remote: SocketAddr, has_place: bool) {
        if self.pause > SHORTEST_PAUSE {
            self.pause = SHORTEST_PAUSE;
            self.shared.note(None, say!("note-accepts-again", "accepts connections again"));
        }
        let stream = Arc::new(Stream::new(stream, self.tls.is_some()));
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
        let peer = connection::begin(self.shared, &stream, ends, |local, remote| {
            SessionEvent::Accepted { local, remote }
        });
        if self.tls.is_none() || !has_place {
            connection::join(self.shared, &peer);
        }
        if !has_place {
            return self.shared.end_connection(&peer, &EndCause::plain(EndReason::OverLimit));
        }
        if let Some(spec) = spec(self.shared) {
            for sentence in socket::apply(stream.socket(), &spec.options) {
                self.shared.note(Some(&peer), sentence);
            }
        }
        let shared = self.shared.clone();
        let life = (self.serve)(peer.clone(), stream.clone(), self.stop.subscribe());
        let Some((parts, limit)) = self.tls.clone() else {
            self.clients.spawn(life);
            return;
        };
        let mut stop = self.stop.subscribe();
        self.clients.spawn(async move {
            let secured = tokio::select! {
                secured = secure_client(&shared, &peer, &stream, &parts, limit) => secured,
                _ = stop.wait_for(|stop| *stop) => Err(EndCause::plain(EndReason::ClosedByUs)),
                end = shared.broken() => Err(end),
            };
            if let Err(end) = secured {
                shared.end_connection(&peer, &end);
                return end;
            }
            connection::join(&shared, &peer);
            if *stop.borrow_and_update() {
                peer.request_close(CloseRequest::Close);
            }
            life.await
        });
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
        self.arriving.shutdown().await;
        self.stop.send_replace(true);
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
