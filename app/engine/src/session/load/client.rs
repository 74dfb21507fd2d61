//! One client of a load test: connects, does its work, is closed, and connects again where that is wanted.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use espalier_core::figures::TcpState;
use espalier_core::load::{ClientWatch, LoadSpec, is_inside};
use espalier_core::session::{Backoff, EndReason, SessionEvent, TcpClientSpec};
use espalier_core::{PeerId, say};
use tokio::sync::watch;
use tokio::time::sleep;

use super::meter::ClientMeter;
use super::room::is_lack_of_files;
use super::traffic::{self, LoadMessages};
use crate::session::connect::{Connected, connect_if};
use crate::session::connection;
use crate::session::end_cause::EndCause;
use crate::session::peer::{CloseRequest, Peer};
use crate::session::secure;
use crate::session::shared::SessionShared;
use crate::session::stream::Stream;
use crate::tcp_info;
use crate::tls::ClientParts;

/// What all clients of a load test have.
#[derive(Debug)]
pub struct LoadPlan {
    /// What was asked for.
    pub spec: LoadSpec,
    /// How each connects.
    pub target: Arc<TcpClientSpec>,
    /// Addresses outside may be connected to.
    pub goes_outside: bool,
    /// The messages that they send.
    pub messages: Option<Arc<LoadMessages>>,
    /// How each is secured.
    pub tls: Option<ClientParts>,
}

/// One client.
#[derive(Debug)]
pub struct LoadingClient {
    /// The session.
    pub shared: Arc<SessionShared>,
    /// What all of them have.
    pub plan: Arc<LoadPlan>,
    /// Its number, from 1.
    pub number: u32,
    /// What is known of it.
    pub meter: Arc<ClientMeter>,
    /// Set when all of it is to end.
    pub stop: watch::Receiver<bool>,
}

impl LoadingClient {
    /// Lives until it has done all that it should, or all of it ends. Its first attempt has this number in the log.
    pub async fn run(mut self, mut id: PeerId) {
        let mut backoff = Backoff::new(self.plan.spec.again);
        loop {
            let (end, life) = self.once(id).await;
            // One that has done its work is no failure, however short it was.
            match end.reason {
                EndReason::ClosedByUs => backoff.succeeded(),
                _ => backoff.lived(life),
            }
            let is_final = matches!(end.reason, EndReason::CaptureFailed | EndReason::Forbidden);
            if is_final || *self.stop.borrow() {
                return;
            }
            let Some((delay, attempt)) = backoff.failed() else { return };
            self.meter.change(|watch| watch.waits(end.reason));
            self.shared.event_of(id, None, SessionEvent::RetryIn { delay, attempt });
            tokio::select! {
                () = sleep(delay) => {}
                () = stopped(&mut self.stop) => {
                    return self.meter.change(|watch| watch.stays_ended(end.reason));
                }
            }
            id = self.shared.peers.write().number();
        }
    }

    /// One attempt, and the connection that it leads to: how that ended, and how long it stood.
    async fn once(&mut self, id: PeerId) -> (EndCause, Duration) {
        self.meter.change(|watch| watch.connecting(id));
        let goes_outside = self.plan.goes_outside;
        let target = self.plan.target.clone();
        // A part of the task that is large, and soon over.
        let attempt = Box::pin(connect_if(target, move |ip| goes_outside || is_inside(ip)));
        let connected = tokio::select! {
            connected = attempt => connected,
            () = stopped(&mut self.stop) => {
                self.meter.change(ClientWatch::given_up);
                let end = EndCause::plain(EndReason::ClosedByUs);
                self.tell_end(id, &end);
                return (end, Duration::ZERO);
            }
        };
        match connected {
            Ok(connected) => {
                let stands = Instant::now();
                let (end, stood) = self.connected(id, connected).await;
                (end, if stood { stands.elapsed() } else { Duration::ZERO })
            }
            Err(end) => {
                self.tell_lack(&end);
                self.tell_end(id, &end);
                self.meter.change(|watch| watch.not_connected(end.reason));
                (end, Duration::ZERO)
            }
        }
    }

    /// Secures a connection, where that is asked for, and lives through it: how it ended, and whether it had stood.
    async fn connected(&mut self, id: PeerId, connected: Connected) -> (EndCause, bool) {
        let Connected { stream, remote, time, told: _ } = connected;
        let shared = self.shared.clone();
        let stream = Arc::new(Stream::new(stream, self.plan.tls.is_some()));
        let ends = match connection::ends(&stream, remote) {
            Ok(ends) => ends,
            Err(error) => {
                let end = EndCause::of_connection(&error);
                self.tell_end(id, &end);
                self.meter.change(|watch| watch.not_connected(end.reason));
                return (end, false);
            }
        };
        let peer = connection::begin_as(&shared, id, &stream, ends, |local, remote| {
            SessionEvent::Connected { local, remote }
        });
        peer.load.set(self.meter.clone()).ok();
        shared.made(&peer, time);
        let mut handshake = None;
        if let Some(tls) = &self.plan.clone().tls {
            let begun = Instant::now();
            // Large, and soon over.
            if let Err(end) = Box::pin(self.secure(tls, &peer, &stream)).await {
                shared.end_connection(&peer, &end);
                self.meter.change(|watch| match end.reason {
                    EndReason::ClosedByUs => watch.given_up(),
                    why => watch.not_connected(why),
                });
                return (end, false);
            }
            handshake = Some(begun.elapsed());
        }
        self.meter.connected(time, handshake);
        connection::join(&shared, &peer);
        let end = self.live(&peer, &stream).await;
        // The system alone knows whether anybody has heard of our end.
        let told = tcp_info::of_connection(stream.tcp(), true).and_then(|told| told.state);
        let is_unheard = told == Some(TcpState::FinWait1);
        if is_unheard {
            shared.note(
                Some(&peer),
                say!(
                    "load-unheard",
                    "the other end has not acknowledged our end (FIN): it takes nothing, or is not reached any more"
                ),
            );
        }
        self.meter.ended(end.reason, is_unheard);
        (end, true)
    }

    /// Secures its connection, unless all of it is to end meanwhile.
    async fn secure(
        &mut self,
        tls: &ClientParts,
        peer: &Peer,
        stream: &Stream,
    ) -> Result<(), EndCause> {
        let shared = self.shared.clone();
        let prepared = tls.prepare().map_err(|fault| secure::of_setup(&fault))?;
        let limit = self.plan.target.tls.as_ref().map(|tls| tls.handshake_timeout_ms);
        let limit = Duration::from_millis(limit.unwrap_or_default());
        tokio::select! {
            secured = secure::secure(&shared, peer, stream, prepared, limit) => secured,
            () = stopped(&mut self.stop) => Err(EndCause::plain(EndReason::ClosedByUs)),
            end = shared.broken() => Err(end),
        }
    }

    async fn live(&mut self, peer: &Arc<Peer>, stream: &Arc<Stream>) -> EndCause {
        let plan = self.plan.clone();
        let (shared, meter) = (self.shared.clone(), self.meter.clone());
        let messages = plan.messages.as_deref();
        let who = (self.number, &*meter);
        let mut life = pin!(connection::run(shared.clone(), peer.clone(), stream.clone()));
        let mut work = traffic::work(&shared, &plan.spec, messages, who, peer);
        let mut settled = pin!(traffic::settle(&meter, peer, stream));
        let mut stay = pin!(async {
            match plan.spec.stay_ms {
                Some(stay) => sleep(Duration::from_millis(stay)).await,
                None => pending().await,
            }
        });
        let (mut works, mut leaves, mut closes) = (true, false, false);
        loop {
            tokio::select! {
                end = &mut life => return end,
                () = &mut work, if works && !leaves => {
                    works = false;
                    // One that stays for some time has done what it should all the same.
                    meter.change(ClientWatch::done);
                    leaves = plan.spec.stay_ms.is_none();
                }
                () = &mut stay, if !leaves => leaves = true,
                () = stopped(&mut self.stop), if !leaves => leaves = true,
                () = &mut settled, if leaves && !closes => {
                    closes = true;
                    peer.request_close(CloseRequest::Close);
                }
            }
            if leaves {
                meter.change(ClientWatch::done);
            }
        }
    }

    fn tell_end(&self, id: PeerId, EndCause { reason, detail }: &EndCause) {
        let (reason, detail) = (*reason, detail.clone());
        self.shared.event_of(id, None, SessionEvent::Ended { reason, detail });
    }

    /// Says once what is missing here, and not there.
    fn tell_lack(&self, end: &EndCause) {
        let sentence = if is_lack_of_files(&end.detail) {
            say!(
                "load-no-files",
                "this program may open no more connections: raise its limit of open files (ulimit -n), or load with fewer clients"
            )
        } else if end.reason == EndReason::BindFailed {
            say!(
                "load-no-ports",
                "this computer has no port left for another connection to {target}: load with fewer clients, or wait a minute or two until ports of closed connections are free again (TIME_WAIT)",
                target = self.plan.target.host,
            )
        } else {
            return;
        };
        if !self.meter.all().told_of_lack.swap(true, Ordering::AcqRel) {
            self.shared.note(None, sentence);
        }
    }
}

/// Completes when all of it is to end.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Whoever would set it is gone, and this task with it.
        pending().await
    }
}
