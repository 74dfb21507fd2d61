//! This computer's addresses, for the choice of where to listen.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use tokio::runtime::Handle;

/// How old the list may be before it is made anew.
const FRESH: Duration = Duration::from_secs(5);

/// The list as last seen; made anew in the background.
#[derive(Debug, Default)]
pub struct LocalAddresses {
    seen: RwLock<(Vec<IpAddr>, Option<Instant>)>,
    looking: AtomicBool,
}

impl LocalAddresses {
    /// The addresses as last seen, loopback first. When they are old, they are looked up in the background and `then` is
    /// called if they have changed.
    pub fn get(
        self: &Arc<Self>,
        runtime: &Handle,
        then: impl FnOnce() + Send + 'static,
    ) -> Vec<IpAddr> {
        let (seen, at) = self.seen.read().clone();
        let is_fresh = at.is_some_and(|at| at.elapsed() < FRESH);
        if !is_fresh && !self.looking.swap(true, Ordering::AcqRel) {
            let shared = self.clone();
            runtime.spawn_blocking(move || {
                let found = list();
                let mut seen = shared.seen.write();
                let changed = seen.0 != found;
                *seen = (found, Some(Instant::now()));
                drop(seen);
                shared.looking.store(false, Ordering::Release);
                if changed {
                    then();
                }
            });
        }
        seen
    }
}

fn list() -> Vec<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!("the addresses of this computer cannot be listed: {error}");
        Vec::new()
    });
    let mut all: Vec<IpAddr> = found.into_iter().map(|interface| interface.ip()).collect();
    all.retain(|ip| !is_link_local_v6(ip));
    all.sort_by_key(|ip| (!ip.is_loopback(), ip.is_ipv6(), *ip));
    all.dedup();
    all
}

/// Useless without an interface, which a plain address does not name.
fn is_link_local_v6(ip: &IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}
