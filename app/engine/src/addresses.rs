//! This computer's addresses, for the choice of where to listen.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
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

/// An interface that multicast goes by; the default is the system's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MulticastInterface {
    /// Its number; 0: the system's choice.
    pub index: u32,
    /// Its IPv4 address, if it has one.
    pub v4: Option<Ipv4Addr>,
}

impl MulticastInterface {
    /// Its IPv4 address, or that of no interface.
    pub fn address_v4(self) -> Ipv4Addr {
        self.v4.unwrap_or(Ipv4Addr::UNSPECIFIED)
    }

    /// The same for what cannot be done otherwise.
    ///
    /// # Errors
    /// The interface has none.
    pub fn needed_v4(self) -> io::Result<Ipv4Addr> {
        match (self.index, self.v4) {
            (1.., None) => Err(io::ErrorKind::AddrNotAvailable.into()),
            _ => Ok(self.address_v4()),
        }
    }
}

/// The interface that a user means by its name, its number or one of its addresses.
///
/// # Errors
/// There is no such interface; the error names those there are.
pub fn multicast_interface(text: &str) -> io::Result<MulticastInterface> {
    let interfaces = if_addrs::get_if_addrs()?;
    let (address, number) = (text.parse::<IpAddr>().ok(), text.parse::<u32>().ok());
    let is_meant = |it: &&Interface| {
        it.name == text
            || address.is_some_and(|address| it.ip() == address)
            || number.is_some_and(|number| it.index == Some(number))
    };
    let Some(meant) = interfaces.iter().find(is_meant) else {
        return Err(no_interface(text, &interfaces));
    };
    // Several addresses of one interface are several entries; the one that was named counts most.
    let v4 = |it: &Interface| match it.ip() {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    };
    let mut of_it = interfaces.iter().filter(|it| it.name == meant.name);
    // Windows numbers an interface for each family by itself, and not for one that is switched off.
    let other = || of_it.clone().find_map(|it| it.index);
    Ok(MulticastInterface {
        index: meant.index.or_else(other).unwrap_or_default(),
        v4: v4(meant).or_else(|| of_it.find_map(v4)),
    })
}

fn index_of(zone: &str) -> io::Result<u32> {
    let interfaces = if_addrs::get_if_addrs()?;
    let found = interfaces.iter().filter(|it| it.name == zone).find_map(|it| it.index);
    found.ok_or_else(|| no_interface(zone, &interfaces))
}

fn no_interface(zone: &str, interfaces: &[Interface]) -> io::Error {
    let names: BTreeSet<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let error = say!(
        "told-no-interface",
        "there is no interface {zone}; there are {names}",
        zone = zone,
        names = names,
    );
    io::Error::new(io::ErrorKind::NotFound, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_known_by_its_name_its_number_and_its_address() {
        let interfaces = if_addrs::get_if_addrs().unwrap();
        let loopback = interfaces.iter().find(|it| it.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST));
        let Some(loopback) = loopback else { return eprintln!("SKIPPED: no loopback interface") };
        let by_name = multicast_interface(&loopback.name).unwrap();
        assert_eq!(by_name.v4, Some(Ipv4Addr::LOCALHOST));
        assert_eq!(multicast_interface("127.0.0.1").unwrap(), by_name);
        assert_eq!(multicast_interface(&by_name.index.to_string()).unwrap(), by_name);
        let missing = multicast_interface("no-such").unwrap_err().to_string();
        assert!(missing.contains(&loopback.name), "{missing}");
    }

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
