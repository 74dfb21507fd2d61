//! This computer's addresses, for the choice of where to listen.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::say;
use espalier_core::session::ZonedIp;
use if_addrs::Interface;
use parking_lot::RwLock;
use tokio::runtime::Handle;

/// How old the list may be before it is made anew.
const FRESH: Duration = Duration::from_secs(5);

/// The list as last seen; made anew in the background.
#[derive(Debug, Default)]
pub struct LocalAddresses {
    seen: RwLock<(Vec<ZonedIp>, Option<Instant>)>,
    looking: AtomicBool,
}

impl LocalAddresses {
    /// The addresses as last seen, loopback first. When they are old, they are looked up in the background and `then` is
    /// called if they have changed.
    pub fn get(
        self: &Arc<Self>,
        runtime: &Handle,
        then: impl FnOnce() + Send + 'static,
    ) -> Vec<ZonedIp> {
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

fn list() -> Vec<ZonedIp> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!("the addresses of this computer cannot be listed: {error}");
        Vec::new()
    });
    let mut all: Vec<ZonedIp> = found.into_iter().map(zoned).collect();
    all.sort_by_key(|it| (!it.ip.is_loopback(), it.ip.is_ipv6(), !it.zone.is_empty(), it.clone()));
    all.dedup();
    all
}

/// A link-local address is of no use without its interface; the others stand for themselves.
fn zoned(interface: Interface) -> ZonedIp {
    let ip = interface.ip();
    let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    ZonedIp { ip, zone: if is_link_local { interface.name } else { String::new() } }
}

/// An address with its zone as the system wants it: the number of the interface.
///
/// # Errors
/// There is no such interface; the error names those there are.
pub fn socket_address(address: &ZonedIp, port: u16) -> io::Result<SocketAddr> {
    let IpAddr::V6(ip) = address.ip else { return Ok(SocketAddr::new(address.ip, port)) };
    let zone = &address.zone;
    let number = match zone.is_empty() {
        true => 0,
        false => zone.parse().or_else(|_| index_of(zone))?,
    };
    Ok(SocketAddrV6::new(ip, port, 0, number).into())
}

fn index_of(zone: &str) -> io::Result<u32> {
    let interfaces = if_addrs::get_if_addrs()?;
    let found = interfaces.iter().find(|it| it.name == zone).and_then(|it| it.index);
    found.ok_or_else(|| {
        let names: BTreeSet<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let error = say!(
            "told-no-interface",
            "there is no interface {zone}; there are {names}",
            zone = zone,
            names = names,
        );
        io::Error::new(io::ErrorKind::NotFound, error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_number_or_the_name_of_an_interface() {
        let address = |text: &str| socket_address(&text.parse().unwrap(), 80);
        assert_eq!(address("fe80::1%7").unwrap().to_string(), "[fe80::1%7]:80");
        assert_eq!(address("127.0.0.1").unwrap().to_string(), "127.0.0.1:80");
        let interfaces = if_addrs::get_if_addrs().unwrap();
        let Some(one) = interfaces.iter().find(|it| it.index.is_some()) else {
            return eprintln!("SKIPPED: this system numbers no interface");
        };
        let named = address(&format!("fe80::1%{}", one.name)).unwrap();
        assert!(matches!(named, SocketAddr::V6(it) if Some(it.scope_id()) == one.index));
        assert!(address("fe80::1%no-such").unwrap_err().to_string().contains(&one.name));
    }
}
