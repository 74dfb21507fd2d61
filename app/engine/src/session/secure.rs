//! Securing a connection, told as a story in its log: who showed what, what was agreed on, and why not.

use std::sync::Arc;
use std::time::Duration;

use espalier_core::session::{EndReason, TcpClientSpec};
use espalier_core::tls::{
    CertificateFacts, Fingerprint, RefusedCertificate, ServerTrust, TlsStatus,
};
use espalier_core::{Direction, say};
use rustls::{CommonState, Connection};
use tokio::task::spawn_blocking;

use super::end_cause::EndCause;
use super::handshake::{HandshakeFault, handshake};
use super::peer::Peer;
use super::shared::SessionShared;
use super::stream::Stream;
use crate::clock::now;
use crate::tls::{self, ClientParts, Prepared, Seen, TlsFault};

/// Prepares what an attempt to connect needs, and tells of it; `None` for plain text.
pub async fn prepare_client(
    shared: &SessionShared,
    spec: &TcpClientSpec,
) -> Result<Option<Prepared>, EndCause> {
    let parts = client_parts(shared, spec).await?;
    parts.map(|parts| parts.prepare().map_err(|fault| of_setup(&fault))).transpose()
}

/// What several connections to the same target share, told of likewise; `None` for plain text.
pub async fn client_parts(
    shared: &SessionShared,
    spec: &TcpClientSpec,
) -> Result<Option<ClientParts>, EndCause> {
    let Some(tls) = &spec.tls else {
        shared.set_tls(|_| None);
        return Ok(None);
    };
    let unpinned = shared.trusted_once.lock().is_none() && tls.trusts_anyone();
    // What an earlier attempt refused is not why this one fails, if it does before it begins.
    shared.set_tls(|_| Some(TlsStatus { unverified: unpinned, ..TlsStatus::default() }));
    let parts = quiet_parts(shared, spec).await?;
    tell_key_log(shared, tls.key_log.as_deref());
    let key_log = tls.key_log.clone();
    shared.set_tls(|status| Some(TlsStatus { key_log, ..status.unwrap_or_default() }));
    Ok(parts)
}

/// Prepares an attempt, and nothing is told: of one connection among others.
pub async fn prepare(
    shared: &SessionShared,
    spec: &TcpClientSpec,
) -> Result<Option<Prepared>, EndCause> {
    let parts = quiet_parts(shared, spec).await?;
    parts.map(|parts| parts.prepare().map_err(|fault| of_setup(&fault))).transpose()
}

async fn quiet_parts(
    shared: &SessionShared,
    spec: &TcpClientSpec,
) -> Result<Option<ClientParts>, EndCause> {
    let Some(tls) = spec.tls.clone() else { return Ok(None) };
    let once = *shared.trusted_once.lock();
    let host = spec.host.clone();
    in_background(move || ClientParts::new(&tls, &host, once)).await.map(Some)
}

/// Files are read, and the system's list of authorities.
pub async fn in_background<T: Send + 'static>(
    prepare: impl FnOnce() -> Result<T, TlsFault> + Send + 'static,
) -> Result<T, EndCause> {
    match spawn_blocking(prepare).await {
        Ok(prepared) => prepared.map_err(|fault| of_setup(&fault)),
        Err(broken) => Err(EndCause { reason: EndReason::Other, detail: broken.to_string() }),
    }
}

/// What the user asked for cannot be had.
pub fn of_setup(fault: &TlsFault) -> EndCause {
    EndCause { reason: EndReason::TlsFailed, detail: fault.to_string() }
}

/// A key log is a secret that lies in a file: nobody should have to remember that.
pub fn tell_key_log(shared: &SessionShared, path: Option<&std::path::Path>) {
    if let Some(path) = path {
        shared.note(
            None,
            say!(
                "tls-key-log",
                "the secrets of this session's connections are written to {path}: who has that file can read all that is said",
                path = path.display(),
            ),
        );
    }
}

/// Says what a server's own certificate is, and where clients get it from.
pub fn tell_own(shared: &SessionShared, own: &CertificateFacts, kept: Option<&std::path::Path>) {
    shared.note(
        None,
        say!(
            "tls-own",
            "this server's certificate: {subject}, valid until {until}, SHA-256 {fingerprint}",
            subject = own.holder(),
            until = own.until(),
            fingerprint = own.fingerprint,
        ),
    );
    if let Some(path) = kept {
        shared.note(
            None,
            say!(
                "tls-own-file",
                "it is signed by itself; clients can trust it by the file {path}",
                path = path.display(),
            ),
        );
    }
}

/// Secures a connection; its end when that came to nothing.
pub async fn secure(
    shared: &SessionShared,
    peer: &Peer,
    stream: &Stream,
    prepared: Prepared,
    limit: Duration,
) -> Result<(), EndCause> {
    let Prepared { connection, seen, context } = prepared;
    let mut came = Vec::new();
    let agreed = handshake(stream.tcp(), connection, limit, &mut came).await;
    // Of a load test, where it went well, the story of the first ones is that of all.
    let is_told = peer.load.get().is_none_or(|client| client.keeps_bytes);
    if is_told || agreed.is_err() {
        tell_chain(shared, peer, &seen);
    }
    match agreed {
        Ok(connection) => {
            if is_told {
                tell_agreed(shared, peer, &connection, &seen, &context);
            }
            show_agreed(shared, &connection, &context);
            stream.secure(connection);
            Ok(())
        }
        Err(fault) => {
            let chain = seen.chain();
            let end = fault.end(&context, &chain, &came);
            if matches!(fault, HandshakeFault::Plain) {
                keep(shared, peer, &came)?;
            }
            let is_refusal = matches!(
                &fault,
                HandshakeFault::Tls(rustls::Error::InvalidCertificate(_)) if context.is_client
            );
            if let Some(own) = chain.first().filter(|_| is_refusal) {
                let facts = CertificateFacts::read(own);
                let refused = RefusedCertificate { facts, why: end.detail.clone().into() };
                shared.set_tls(|status| {
                    Some(TlsStatus { refused: Some(refused), ..status.unwrap_or_default() })
                });
            }
            Err(end)
        }
    }
}

/// What came in plain text is received all the same.
fn keep(shared: &SessionShared, peer: &Peer, came: &[u8]) -> Result<(), EndCause> {
    let at = now();
    let mut meter = peer.meter.lock();
    meter.add(at, Direction::In, came.len() as u64);
    let kept = shared.data(at, Direction::In, peer, came.into());
    // For rules it never stood, and it ends for them here.
    if let Some(rules) = &*shared.rules.lock() {
        rules.gone(peer.id);
    }
    kept
}

fn tell_chain(shared: &SessionShared, peer: &Peer, seen: &Seen) {
    let chain = seen.chain();
    let today = now().0.div_euclid(1_000_000_000);
    for (place, certificate) in (1..).zip(&chain) {
        let facts = CertificateFacts::read(certificate);
        shared.note(Some(peer), facts.told(place, chain.len(), today));
        if place == 1 && !facts.names.is_empty() {
            shared.note(
                Some(peer),
                say!("tls-names", "that certificate is for {names}", names = facts.names_in_one()),
            );
        }
    }
}

fn tell_agreed(
    shared: &SessionShared,
    peer: &Peer,
    connection: &Connection,
    seen: &Seen,
    context: &tls::Context,
) {
    let state: &CommonState = connection;
    let (version, suite) = agreed_on(state);
    let group = state.negotiated_key_exchange_group();
    let group = group.map_or_else(|| "–".to_owned(), |group| format!("{:?}", group.name()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let alpn = state.alpn_protocol().map_or_else(|| "–".to_owned(), text);
    let name = match connection {
        Connection::Server(server) => server.server_name().unwrap_or("–").to_owned(),
        // An address is asked for by no name (RFC 6066 section 3).
        Connection::Client(_) if context.name.parse::<std::net::IpAddr>().is_ok() => "–".to_owned(),
        Connection::Client(_) => context.name.clone(),
    };
    shared.note(
        Some(peer),
        say!(
            "tls-agreed",
            "secured by {version}, {suite}, key exchange {group}, server name (SNI) {name}, protocol (ALPN) {alpn}",
            version = version,
            suite = suite,
            group = group,
            name = name,
            alpn = alpn,
        ),
    );
    if context.unverified {
        shared.note(
            Some(peer),
            say!(
                "tls-unverified",
                "NOT VERIFIED: this session trusts any certificate, so anyone may be at the other end"
            ),
        );
    }
    if !context.is_client && seen.chain().is_empty() {
        shared
            .note(Some(peer), say!("tls-no-certificate-shown", "the client showed no certificate"));
    }
    if seen.was_asked() {
        shared.note(Some(peer), say!("tls-asked", "the server asked for a certificate of ours"));
    }
}

/// Version and cipher suite.
fn agreed_on(state: &CommonState) -> (&'static str, String) {
    let version = match state.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    };
    // As the registry of IANA has it; rustls calls TLS_AES_… TLS13_AES_….
    let suite = state
        .negotiated_cipher_suite()
        .map_or_else(String::new, |suite| format!("{:?}", suite.suite()).replace("TLS13_", "TLS_"));
    (version, suite)
}

/// Has it shown how the session's connections are secured.
fn show_agreed(shared: &SessionShared, connection: &Connection, context: &tls::Context) {
    let (version, suite) = agreed_on(connection);
    let secured = format!("{version} · {suite}");
    shared.set_tls(|status| {
        Some(TlsStatus {
            secured: Some(secured),
            ..status_of_end(status.unwrap_or_default(), context)
        })
    });
}

/// What a handshake that was agreed on says of the server's certificate: only a client has seen one.
fn status_of_end(status: TlsStatus, context: &tls::Context) -> TlsStatus {
    match context.is_client {
        true => TlsStatus { unverified: context.unverified, refused: None, ..status },
        false => status,
    }
}

impl SessionShared {
    /// Changes how the session's connections are said to be secured.
    pub fn set_tls(&self, change: impl FnOnce(Option<TlsStatus>) -> Option<TlsStatus>) {
        let mut status = self.tls.lock();
        let changed = change(status.as_deref().cloned());
        *status = changed.map(Arc::new);
        drop(status);
        self.mark_dirty();
    }

    /// Takes a certificate for the server's, from now on or for the next attempt.
    pub fn trust_certificate(&self, fingerprint: Fingerprint, always: bool) {
        *self.trusted_once.lock() = (!always).then_some(fingerprint);
        // It is answered for.
        self.set_tls(|status| status.map(|status| TlsStatus { refused: None, ..status }));
        if !always {
            return;
        }
        self.change_spec(|spec| {
            if let Some(trust) = spec.transport.trust_mut() {
                *trust = ServerTrust::Fingerprint(fingerprint);
            }
        });
    }
}
