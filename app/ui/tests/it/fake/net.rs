//! The network of the engine in memory: clients find the servers of the same engine, and bytes arrive at once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use espalier_core::backend::PeerSelector;
use espalier_core::figures::LatencyHistogram;
use espalier_core::load::{LoadClient, LoadClientState, LoadStatus, LoadSum, is_inside};
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{
    ConnectionState, EndReason, SessionEvent, SessionState, TransportSpec,
};
use espalier_core::view::RowKind;
use espalier_core::{Direction, PeerId, Timestamp};

use super::Fake;
use super::session::{Session, peer};

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// A load test that runs: the first client is refused, the second one hears a wrong byte, of the others nothing is to be said.
fn load_of(clients: u32) -> LoadStatus {
    let client = |number: u32| {
        let connected = LoadClient {
            number,
            peer: Some(PeerId(number)),
            state: LoadClientState::Connected,
            attempts: 1,
            connections: 1,
            connect_us: Some(100 * u64::from(number)),
            answers: 3,
            answer_us: Some(2000),
            longest_answer_us: 5000,
            sent: 1000,
            received: 1000,
            ..LoadClient::default()
        };
        match number {
            1 => LoadClient {
                number,
                peer: Some(PeerId(1)),
                state: LoadClientState::Ended(EndReason::Refused),
                attempts: 1,
                refused: 1,
                ..LoadClient::default()
            },
            2 => LoadClient { wrong: 1, first_wrong: Some(77), ..connected },
            _ => connected,
        }
    };
    let clients: Vec<LoadClient> = (1..=clients).map(client).collect();
    let mut connect = LatencyHistogram::default();
    for client in &clients {
        connect.record(Duration::from_micros(client.connect_us.unwrap_or(1)));
    }
    let connect = connect.summary();
    let began = Timestamp(super::NOON - 3_000_000_000);
    LoadStatus {
        began,
        sum: LoadSum::of(&clients),
        connect,
        clients: clients.into(),
        ..Default::default()
    }
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
            TransportSpec::Load(load) => {
                let session = &mut sessions[at];
                let outside = load.host.parse().ok().filter(|ip| !is_inside(*ip));
                if let Some(outside) = outside.filter(|_| !load.allowed_outside) {
                    let outside = Some(SocketAddr::new(outside, load.port));
                    session.status.load = Some(LoadStatus { outside, ..Default::default() }.into());
                    return session.end(EndReason::Forbidden, "");
                }
                session.status.state = SessionState::Open;
                session.status.load = Some(load_of(load.clients).into());
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
