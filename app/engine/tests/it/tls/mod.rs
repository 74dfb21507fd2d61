//! Connections secured by TLS: with our own ends, with rustls by itself, and with foreign programs. Certificates are made here.

mod bytes;
mod certificates;
mod faults;
mod load;
mod peer;
mod relays;
mod stories;
mod strangers;
mod wireshark;

use espalier_core::session::{ConnectionState, SessionState, TcpClientSpec, TcpServerSpec};
use espalier_core::tls::{ServerTrust, TlsClientSpec, TlsIdentity, TlsServerSpec};
use espalier_engine::session::Session;

use crate::rig::{Rig, notes, status_until};

/// Makes a client one that trusts so.
fn trusting(trust: ServerTrust) -> impl FnOnce(&mut TcpClientSpec) {
    move |spec| spec.tls = Some(TlsClientSpec { trust, ..TlsClientSpec::default() })
}

/// Makes a server one with this certificate.
fn showing(identity: TlsIdentity) -> impl FnOnce(&mut TcpServerSpec) {
    move |spec| {
        spec.tls = Some(TlsServerSpec { identity: Some(identity), ..TlsServerSpec::default() });
    }
}

#[track_caller]
fn connected(session: &Session) {
    status_until(session, "it is connected", |status| {
        status.state == SessionState::Connected(ConnectionState::Open)
    });
}

/// Whether a note holds this.
fn told(session: &Session, part: &str) -> bool {
    notes(session).iter().any(|note| note.contains(part))
}

/// A client and a server of ours that are connected.
fn pair(rig: &Rig) -> (Session, Session) {
    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let own = server.status().tls.clone().and_then(|tls| tls.own).expect("it has a certificate");
    let client = rig.client(address.port(), trusting(ServerTrust::Fingerprint(own)));
    connected(&client);
    (client, server)
}
