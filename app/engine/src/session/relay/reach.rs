//! Reaching the target of a relay: called, and secured where that is asked for. Nothing is sent to it before.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use espalier_core::Sentence;
use espalier_core::capture::Endpoints;
use espalier_core::rfc2217::{ComPortCommand, Rfc2217Client};
use espalier_core::say;
use espalier_core::session::{RelaySpec, SessionEvent, TcpClientSpec, TransportSpec};
use espalier_core::tls::TlsStatus;
use parking_lot::Mutex;

use crate::session::connect::{Connected, connect};
use crate::session::connection;
use crate::session::end_cause::EndCause;
use crate::session::onward::Conversion;
use crate::session::peer::Peer;
use crate::session::secure;
use crate::session::shared::SessionShared;
use crate::session::stream::Stream;
use crate::tls::Prepared;

/// A target that has answered.
#[derive(Debug)]
pub struct Called {
    /// The connection to it.
    pub stream: Arc<Stream>,
    /// Its two ends.
    pub ends: Endpoints,
    /// How long that took.
    time: Duration,
    /// A sentence for each socket option the system refused.
    told: Vec<Sentence>,
    /// With what it is yet to be secured.
    prepared: Option<Prepared>,
    spec: TcpClientSpec,
}

/// Connects to a target; what cannot be used for its TLS is told before it is called.
pub async fn call(shared: &SessionShared, spec: TcpClientSpec) -> Result<Called, EndCause> {
    let prepared = secure::prepare(shared, &spec).await?;
    let Connected { stream, remote, time, told } = connect(&spec).await?;
    let stream = Arc::new(Stream::new(stream, prepared.is_some()));
    let ends =
        connection::ends(&stream, remote).map_err(|error| EndCause::of_connection(&error))?;
    Ok(Called { stream, ends, time, told, prepared, spec })
}

impl Called {
    /// It gets its number and its line in the log.
    pub fn begin(&mut self, shared: &SessionShared) -> Arc<Peer> {
        let peer = connection::begin(shared, &self.stream, self.ends, |local, remote| {
            SessionEvent::Connected { local, remote }
        });
        shared.made(&peer, self.time);
        for sentence in self.told.drain(..) {
            shared.note(Some(&peer), sentence);
        }
        peer
    }

    /// Secures it, where that is asked for; its end when that came to nothing.
    pub async fn secure(&mut self, shared: &SessionShared, peer: &Peer) -> Result<(), EndCause> {
        let (Some(prepared), Some(tls)) = (self.prepared.take(), &self.spec.tls) else {
            return Ok(());
        };
        let limit = Duration::from_millis(tls.handshake_timeout_ms);
        secure::secure(shared, peer, &self.stream, prepared, limit).await?;
        if let Some(path) = &tls.key_log {
            shared.set_tls(|status| {
                let status = status.unwrap_or_default();
                Some(TlsStatus { key_log: status.key_log.or_else(|| Some(path.clone())), ..status })
            });
        }
        Ok(())
    }
}

impl SessionShared {
    /// What a relay is asked to be; `None` for other sessions.
    pub fn relay(&self) -> Option<RelaySpec> {
        match &self.spec.read().transport {
            TransportSpec::Relay(relay) => Some(relay.clone()),
            _ => None,
        }
    }
}

/// Says where the secrets of connections to the target go, once for all of them.
pub fn tell_key_log(shared: &SessionShared, spec: &RelaySpec) {
    let path = spec.target_tls.key_log.as_deref().filter(|_| spec.target.speaks_tls());
    let is_told = spec.listen.speaks_tls() && spec.listen_tls.key_log.as_deref() == path;
    if !is_told {
        secure::tell_key_log(shared, path);
    }
}

/// Speaks RFC 2217 with a target: says first how the port is to be, and gives what the port itself sends.
pub fn port_elsewhere(
    shared: &Arc<SessionShared>,
    target: &Arc<Peer>,
    baud: Option<u32>,
) -> Conversion {
    let (client, greeting) = Rfc2217Client::begin(baud);
    target.outbox.push(&greeting.into(), None).ok();
    target.speaks_rfc2217.store(true, Ordering::Relaxed);
    // With what it was told to have last: a server may say so as often as it likes.
    let client = Mutex::new((client, baud));
    let (shared, target) = (Arc::downgrade(shared), Arc::downgrade(target));
    Box::new(move |bytes| {
        let mut client = client.lock();
        let (client, told) = &mut *client;
        let output = client.receive(bytes);
        let Some((shared, target)) = shared.upgrade().zip(target.upgrade()) else {
            return output.data;
        };
        target.outbox.push(&output.answer.into(), None).ok();
        for said in output.said {
            if let (ComPortCommand::Baud(has), Some(asked)) = (said, baud)
                && has != asked
                && *told != Some(has)
            {
                *told = Some(has);
                let sentence = say!(
                    "relay-other-baud",
                    "the port at the other end has {has} baud, and not {asked}",
                    has = has,
                    asked = asked,
                );
                shared.note(Some(&target), sentence);
            }
        }
        output.data
    })
}
