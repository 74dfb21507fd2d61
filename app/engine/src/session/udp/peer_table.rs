//! The peers of a datagram session by their address, and who was idle longest.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use espalier_core::PeerId;

use crate::session::peer::Peer;

/// The peers of a session by their address.
#[derive(Debug, Default)]
pub struct PeerTable {
    by_address: HashMap<SocketAddr, Arc<Peer>>,
    /// All but those that stay, by when they were active as far as is known here: each is there later than that, or then.
    idle: BinaryHeap<Reverse<(u64, PeerId, SocketAddr)>>,
}

impl PeerTable {
    /// Adds a peer; one that stays is never idle.
    pub fn add(&mut self, peer: Arc<Peer>, stays: bool) {
        let address = peer.ends.remote;
        if !stays {
            self.idle.push(Reverse((peer.active_at(), peer.id, address)));
        }
        self.by_address.insert(address, peer);
    }

    /// Who is at this address.
    pub fn get(&self, address: SocketAddr) -> Option<&Arc<Peer>> {
        self.by_address.get(&address)
    }

    /// Forgets a peer; another one that is at its address now stays.
    pub fn remove(&mut self, peer: &Peer) {
        let address = peer.ends.remote;
        if self.by_address.get(&address).is_some_and(|it| it.id == peer.id) {
            self.by_address.remove(&address);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_address.len()
    }

    /// Who was idle longest, and when it was active last.
    pub fn longest_idle(&mut self) -> Option<(u64, Arc<Peer>)> {
        loop {
            let Reverse((known, id, address)) = *self.idle.peek()?;
            let peer = self.by_address.get(&address).filter(|peer| peer.id == id);
            match peer {
                Some(peer) if peer.active_at() == known => return Some((known, peer.clone())),
                Some(peer) => {
                    let active = peer.active_at();
                    self.idle.pop();
                    self.idle.push(Reverse((active, id, address)));
                }
                None => drop(self.idle.pop()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use espalier_core::Timestamp;
    use espalier_core::capture::Endpoints;

    use super::*;
    use crate::session::datagram_path::DatagramPath;
    use crate::session::outbox::PushError;
    use crate::session::peer::DatagramSender;

    /// Sends nothing.
    #[derive(Debug)]
    struct NoSender;

    impl DatagramSender for NoSender {
        fn push_now(
            &self,
            _: &Peer,
            _: &Arc<[u8]>,
            _: Option<&crate::receipt::Receipt>,
        ) -> Result<(), PushError> {
            Err(PushError::Closed)
        }
    }

    fn peer(id: u32, active: u64) -> Arc<Peer> {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let ends = Endpoints::udp(address(1), address(1000 + id as u16));
        let path = DatagramPath::new(ends.remote, active);
        Arc::new(Peer::of_datagrams(PeerId(id), ends, Timestamp(0), path, Weak::<NoSender>::new()))
    }

    #[test]
    fn who_was_idle_longest_goes_first_and_who_stays_never() {
        let mut table = PeerTable::default();
        let peers: Vec<_> = (0..4).map(|id| peer(id, u64::from(id))).collect();
        for (index, peer) in peers.iter().enumerate() {
            table.add(peer.clone(), index == 0);
        }
        peers[1].touch(10);
        let mut order = Vec::new();
        while let Some((active, peer)) = table.longest_idle() {
            order.push((active, peer.id.0));
            table.remove(&peer);
        }
        assert_eq!(order, [(2, 2), (3, 3), (10, 1)]);
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn who_came_again_is_not_taken_for_who_was_there_before() {
        let mut table = PeerTable::default();
        let (old, new) = (peer(1, 1), peer(1, 5));
        let new = Arc::new(Peer::of_datagrams(
            PeerId(2),
            new.ends,
            Timestamp(0),
            DatagramPath::new(new.ends.remote, 5),
            Weak::<NoSender>::new(),
        ));
        table.add(old.clone(), false);
        table.add(new.clone(), false);
        table.remove(&old);
        assert_eq!(table.longest_idle().map(|it| it.1.id), Some(PeerId(2)));
        assert_eq!(table.get(new.ends.remote).map(|it| it.id), Some(PeerId(2)));
    }
}
