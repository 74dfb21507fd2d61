//! Relays of this program that forward to each other in a circle: each client would make another one, without end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use espalier_core::capture::Endpoints;
use parking_lot::Mutex;

/// How far a circle is followed; a longer chain of relays is none that anybody has.
const LONGEST: usize = 256;

/// A connection, by its two ends: a port of ours may be in use with several others, so neither end is enough.
type Ends = (SocketAddr, SocketAddr);

/// What connections to targets carry, by our end and the target's, of all relays of this program.
static CARRIED: LazyLock<Mutex<HashMap<Ends, Carried>>> = LazyLock::new(Mutex::default);

#[derive(Clone, Copy, Debug)]
struct Carried {
    /// Which relay: the address of its state, which is its own as long as it lives.
    relay: usize,
    /// The connection of the client whose bytes go there, as the client has it.
    client: Ends,
}

/// A connection to a target stands; as long as this is kept.
#[derive(Debug)]
pub struct Carrying(Ends);

impl Carrying {
    /// It carries what this client of this relay sends.
    pub fn new(target: Endpoints, relay: usize, client: Endpoints) -> Self {
        let (ends, client) = ((target.local, target.remote), there(client));
        CARRIED.lock().insert(ends, Carried { relay, client });
        Self(ends)
    }
}

impl Drop for Carrying {
    fn drop(&mut self) {
        CARRIED.lock().remove(&self.0);
    }
}

/// A connection as its other end has it.
const fn there(here: Endpoints) -> Ends {
    (here.remote, here.local)
}

/// Whether a client is in the end a relay's own connection to its target.
pub fn is_circle(relay: usize, client: Endpoints) -> bool {
    let carried = CARRIED.lock();
    let mut from = there(client);
    for _ in 0..LONGEST {
        match carried.get(&from) {
            None => return false,
            Some(found) if found.relay == relay => return true,
            Some(found) => from = found.client,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(local: u16, remote: u16) -> Endpoints {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Endpoints::tcp(at(local), at(remote))
    }

    #[test]
    fn a_port_that_is_in_use_with_another_place_makes_no_circle() {
        // Relay 1 listens at 10, relay 2 at 20, and each has the other as its target.
        let _one = Carrying::new(ends(50_001, 20), 1, ends(10, 50_000));
        let _two = Carrying::new(ends(50_002, 10), 2, ends(20, 50_001));
        assert!(is_circle(1, ends(10, 50_002)), "it comes back");
        // A client whose port is one of ours with another place.
        assert!(!is_circle(1, ends(10, 50_001)));
        assert!(!is_circle(1, ends(10, 50_003)));
    }
}
