//! What the connections of a server's log are called: by number, because its rows know no addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use espalier_core::PeerId;
use espalier_core::session::{KnownClients, PeerStatus};
use espalier_core::view::EncodingName;

use crate::widgets::log_view::PeerNames;

/// The connections that came from addresses of which the user has said something, the latest of them: their names, and the
/// encodings that they have of their own. They stay when they are over and forgotten: their rows do, too.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownPeers {
    seen: BTreeMap<PeerId, IpAddr>,
    names: Arc<PeerNames>,
    encodings: Arc<BTreeMap<PeerId, EncodingName>>,
    /// What this was made of.
    last: Option<(Arc<[PeerStatus]>, KnownClients)>,
}

impl KnownPeers {
    /// How many are remembered; the oldest goes first.
    const MOST: usize = 4096;

    /// Looks at who is there now, and at what is said of them.
    pub(crate) fn update(&mut self, clients: &KnownClients, peers: &Arc<[PeerStatus]>) {
        if clients.is_empty() && self.last.is_none() {
            return;
        }
        let is_same = |(before, said): &(Arc<[PeerStatus]>, KnownClients)| {
            Arc::ptr_eq(before, peers) && said == clients
        };
        if self.last.as_ref().is_some_and(is_same) {
            return;
        }
        let known = peers.iter().map(|peer| (peer.id, peer.remote.ip()));
        self.seen.extend(known.filter(|(_, address)| clients.of(*address).is_some()));
        while self.seen.len() > Self::MOST {
            self.seen.pop_first();
        }
        let name =
            |(peer, address): (&PeerId, &IpAddr)| Some((*peer, clients.name(*address)?.to_owned()));
        self.names = Arc::new(PeerNames::new(self.seen.iter().filter_map(name)));
        let own = |(peer, address): (&PeerId, &IpAddr)| {
            Some((*peer, clients.encoding(*address)?.clone()))
        };
        let encodings: BTreeMap<_, _> = self.seen.iter().filter_map(own).collect();
        if *self.encodings != encodings {
            self.encodings = Arc::new(encodings);
        }
        self.last = Some((peers.clone(), clients.clone()));
    }

    /// What they are called.
    pub(crate) const fn names(&self) -> &Arc<PeerNames> {
        &self.names
    }

    /// The encodings that they have of their own.
    pub(crate) const fn encodings(&self) -> &Arc<BTreeMap<PeerId, EncodingName>> {
        &self.encodings
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::Timestamp;
    use espalier_core::session::{ConnectionState, KnownClient, Traffic};

    use super::*;

    fn peers(ids: std::ops::Range<u32>) -> Arc<[PeerStatus]> {
        let remote = |id: u32| (IpAddr::from([192, 168, 1, (id % 2) as u8]), id as u16).into();
        let peer = |id| PeerStatus {
            id: PeerId(id),
            remote: remote(id),
            local: remote(0),
            since: Timestamp(0),
            state: ConnectionState::Open,
            traffic: Traffic::default(),
            queued: 0,
        };
        ids.map(peer).collect()
    }

    #[test]
    fn who_has_a_name_keeps_it_when_it_is_over_and_gets_another_when_that_is_said() {
        let mut clients = KnownClients::default();
        let mut known = KnownPeers::default();
        known.update(&clients, &peers(1..3));
        assert_eq!(known.names().label(PeerId(1)), "#1");
        let named = |name: &str| KnownClient { name: name.to_owned(), encoding: None };
        clients.set([192, 168, 1, 1].into(), named("灯"));
        known.update(&clients, &peers(1..3));
        known.update(&clients, &peers(2..4));
        let labels = [1, 2, 3].map(|id| known.names().label(PeerId(id)));
        assert_eq!(labels, ["#1 灯", "#2", "#3 灯"]);
        clients.set([192, 168, 1, 1].into(), named("lamp"));
        known.update(&clients, &peers(2..4));
        assert_eq!(known.names().label(PeerId(1)), "#1 lamp");
        assert!(known.encodings().is_empty());
        let gbk = EncodingName("GBK".to_owned());
        let encoded = KnownClient { name: String::new(), encoding: Some(gbk.clone()) };
        clients.set([192, 168, 1, 0].into(), encoded);
        known.update(&clients, &peers(2..4));
        assert_eq!(**known.encodings(), [(PeerId(2), gbk)].into());
        clients.set([192, 168, 1, 0].into(), KnownClient::default());
        known.update(&clients, &peers(4..20_000));
        assert!(known.encodings().is_empty());
        assert_eq!(known.seen.len(), KnownPeers::MOST);
        assert_eq!(known.names().label(PeerId(19_999)), "#19999 lamp");
    }
}
