//! The network of the engine in memory: clients find the servers of the same engine, and bytes arrive at once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use espalier_core::backend::PeerSelector;
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{
    ConnectionState, EndReason, SessionEvent, SessionState, TransportSpec,
};
use espalier_core::view::RowKind;
use espalier_core::{Direction, PeerId};

use super::Fake;
use super::session::{Session, peer};

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

impl Fake {
    pub(super) fn start(&self, sessions: &mut [Session], at: usize) {
        match sessions[at].spec.transport.clone() {
            TransportSpec::Capture(_) => {}
            TransportSpec::TcpServer(server) => {
                let port = if server.port == 0 { 40_000 + at as u16 } else { server.port };
                let session = &mut sessions[at];
                session.status.state = SessionState::Listening;
                session.status.local = Some(SocketAddr::new(server.bind.ip, port));
                session.event(PeerId::SESSION, SessionEvent::Listening { local: local(port) });
            }
            TransportSpec::Udp(udp) => {
                let session = &mut sessions[at];
                let port = if udp.port == 0 { 40_000 + at as u16 } else { udp.port };
                session.status.state = SessionState::Listening;
                session.status.local = Some(local(port));
                session.status.remote = udp.remote.and_then(|it| it.to_string().parse().ok());
                session.event(PeerId::SESSION, SessionEvent::Listening { local: local(port) });
            }
            TransportSpec::TcpClient(client) => {
                let target = format!("{}:{}", client.host, client.port);
                sessions[at].event(PeerId(1), SessionEvent::Connecting { target });
                let found = sessions.iter().position(|other| {
                    other.status.state == SessionState::Listening
                        && other.status.local.is_some_and(|local| local.port() == client.port)
                });
                if client.host.ends_with(".invalid") {
                    sessions[at].end(EndReason::NameNotFound, "Name or service not known");
                    return;
                }
                let Some(server) = found else {
                    sessions[at].end(EndReason::Refused, "Connection refused (os error 111)");
                    return;
                };
                let (here, there) = (local(50_123 + at as u16), local(client.port));
                let session = &mut sessions[at];
                session.status.state = SessionState::Connected(ConnectionState::Open);
                session.status.local = Some(here);
                session.status.remote = Some(there);
                session.event(PeerId(1), SessionEvent::Connected { local: here, remote: there });
                session.peers(|peers| *peers = vec![peer(PeerId(1), there, here)]);
                let session = &mut sessions[server];
                let id = PeerId(session.status.peers.len() as u32 + 1);
                session.event(id, SessionEvent::Accepted { local: there, remote: here });
                session.peers(|peers| peers.push(peer(id, here, there)));
            }
            TransportSpec::Relay(relay) => {
                let asked = relay.server().map_or(0, |server| server.port);
                let port = if asked == 0 { 40_000 + at as u16 } else { asked };
                let session = &mut sessions[at];
                session.status.state = SessionState::Listening;
                session.status.local = Some(local(port));
                session.event(PeerId::SESSION, SessionEvent::Listening { local: local(port) });
            }
            TransportSpec::Serial(_) => sessions[at].status.state = SessionState::Open,
        }
    }

    pub(super) fn send(
        &self,
        sessions: &mut [Session],
        at: usize,
        to: &PeerSelector,
        bytes: &OutgoingBytes,
    ) {
        let ends: Vec<(PeerId, SocketAddr, SocketAddr)> = sessions[at]
            .status
            .peers
            .iter()
            .filter(|peer| match to {
                PeerSelector::All => true,
                PeerSelector::Counterpart => sessions[at].status.counterpart == Some(peer.id),
                PeerSelector::Peers(peers) => peers.contains(&peer.id),
            })
            .map(|peer| (peer.id, peer.local, peer.remote))
            .collect();
        for (peer, here, there) in ends {
            let bytes = bytes.of(there.ip());
            let session = &mut sessions[at];
            session.row(Direction::Out, peer, RowKind::Data, bytes);
            session.status.traffic.sent.add(bytes.len() as u64);
            session.peers(|peers| {
                if let Some(peer) = peers.iter_mut().find(|other| other.id == peer) {
                    peer.traffic.sent.add(bytes.len() as u64);
                }
            });
            for other in sessions.iter_mut() {
                let found = other
                    .status
                    .peers
                    .iter()
                    .find(|peer| peer.local == there && peer.remote == here)
                    .map(|peer| peer.id);
                if let Some(peer) = found {
                    other.receive(peer, bytes);
                }
            }
        }
    }
}
