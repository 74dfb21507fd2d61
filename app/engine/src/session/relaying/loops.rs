//! Relays of this program that forward to each other in a circle: each client would make another one, without end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use parking_lot::Mutex;

/// How far a circle is followed; a longer chain of relays is none that anybody has.
const LONGEST: usize = 256;

/// What our ends of connections to targets carry, of all relays of this program.
static CARRIED: LazyLock<Mutex<HashMap<SocketAddr, Carried>>> = LazyLock::new(Mutex::default);

#[derive(Clone, Copy, Debug)]
struct Carried {
    /// Which relay: the address of its state, which is its own as long as it lives.
    relay: usize,
    /// The client whose bytes go there.
    client: SocketAddr,
}

/// A connection to a target stands, from this end of ours; as long as this is kept.
#[derive(Debug)]
pub struct Carrying(SocketAddr);

impl Carrying {
    /// It carries what this client of this relay sends.
    pub fn new(local: SocketAddr, relay: usize, client: SocketAddr) -> Self {
        CARRIED.lock().insert(local, Carried { relay, client });
        Self(local)
    }
}

impl Drop for Carrying {
    fn drop(&mut self) {
        CARRIED.lock().remove(&self.0);
    }
}

/// Whether a client is in the end a relay's own connection to its target.
pub fn is_circle(relay: usize, client: SocketAddr) -> bool {
    let carried = CARRIED.lock();
    let mut from = client;
    for _ in 0..LONGEST {
        match carried.get(&from) {
            None => return false,
            Some(found) if found.relay == relay => return true,
            Some(found) => from = found.client,
        }
    }
    false
}
