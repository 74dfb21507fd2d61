//! A board that restarts takes its clients along: they learn of it from its console, and find it again at its new address.

use std::collections::HashMap;
use std::net::SocketAddr;

use espalier_core::backend::SessionCommand;
use espalier_core::board::{BoardConnection, ReportedState, ServiceState};
use espalier_core::session::{
    Reconnect, SessionId, SessionSpec, SessionState, TcpClientSpec, TransportSpec,
};

use crate::session::Session;

/// Remembers where boards were last seen, and sends their clients after them.
#[derive(Debug, Default)]
pub struct Follower {
    /// Where, and in which of its lives.
    seen: HashMap<SessionId, (SocketAddr, u32)>,
}

/// How much later we may believe that a connection stands than the board says so.
const APART_NS: i64 = 1_000_000_000;

impl Follower {
    /// Follows the boards to where they are. A connection with a board that restarted is ended. A client session that talks
    /// to a board's old address, and reconnects by itself, is told the new one; one that waits for its next attempt makes it
    /// at once when the board is back.
    pub fn update(&mut self, sessions: &[Session]) {
        self.seen.retain(|id, _| sessions.iter().any(|session| session.id() == *id));
        for board in sessions {
            let Some(status) = board.board() else { continue };
            if let Some((at, _)) = self.seen.get(&board.id()).copied() {
                Self::cut_off(at, &status.reported, sessions);
            }
            let Some(now) = status.reported.endpoint() else { continue };
            let life = (now, status.reported.starts);
            let before = self.seen.get(&board.id()).copied();
            if before == Some(life) {
                continue;
            }
            let before = before.map_or(now, |(address, _)| address);
            let mut all_informed = true;
            for client in sessions {
                let Some(spec) = moved(&client.spec(), before, now) else { continue };
                let waits = matches!(client.status().state, SessionState::Waiting { .. });
                let informed = before == now
                    || client.command(SessionCommand::SetSpec(Box::new(spec))).is_ok();
                if informed && waits {
                    client.command(SessionCommand::Start).ok();
                }
                all_informed &= informed;
            }
            // One that is too busy to be told now is told at the next update.
            if all_informed {
                self.seen.insert(board.id(), life);
            }
        }
    }

    /// Ends the connections that the board there has forgotten by restarting.
    fn cut_off(at: SocketAddr, reported: &ReportedState, sessions: &[Session]) {
        let lost: Vec<&BoardConnection> =
            reported.connections().filter(|it| it.state == ServiceState::BoardRestarted).collect();
        if lost.is_empty() {
            return;
        }
        for client in sessions {
            let status = client.status();
            let Some(peer) = status.peers.last() else { continue };
            // A port of ours may be in use with another board too, or have been used before.
            let is_lost = lost.iter().any(|it| {
                it.peer == peer.local && peer.since.0 <= it.since.0.saturating_add(APART_NS)
            });
            if !client.is_client() || peer.remote != at || !is_lost {
                continue;
            }
            client.board_restarted(peer.local);
        }
    }
}

/// The specification of a client session of the board at `from`, for the board at `to`; `None` for all other sessions.
fn moved(spec: &SessionSpec, from: SocketAddr, to: SocketAddr) -> Option<SessionSpec> {
    let TransportSpec::TcpClient(client) = &spec.transport else { return None };
    let is_there = client.host == from.ip().to_string() && client.port == from.port();
    if !is_there || client.reconnect == Reconnect::Off {
        return None;
    }
    let (host, port) = (to.ip().to_string(), to.port());
    let transport = TransportSpec::TcpClient(TcpClientSpec { host, port, ..client.clone() });
    Some(SessionSpec { transport, ..spec.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(host: &str, reconnect: Reconnect) -> SessionSpec {
        let client = TcpClientSpec { reconnect, ..TcpClientSpec::new(host, 7681) };
        SessionSpec::new(TransportSpec::TcpClient(client))
    }

    #[test]
    fn only_clients_of_the_old_address_that_reconnect_are_moved() {
        let from = SocketAddr::from(([10, 0, 0, 5], 7681));
        let to = SocketAddr::from(([10, 0, 0, 9], 7681));
        let there = moved(&client("10.0.0.5", Reconnect::Exponential), from, to).unwrap();
        assert_eq!(there, client("10.0.0.9", Reconnect::Exponential));
        assert_eq!(moved(&client("10.0.0.5", Reconnect::Off), from, to), None);
        assert_eq!(moved(&client("10.0.0.7", Reconnect::Exponential), from, to), None);
    }
}
