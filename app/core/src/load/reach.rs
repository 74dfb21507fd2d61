//! Which addresses may be loaded without asking.

use std::net::IpAddr;

/// Whether an address is of this computer or of a private network: loopback, unspecified (which leads to this computer),
/// private (RFC 1918, RFC 4193), link-local (RFC 3927, RFC 4291). An IPv4 address that is written as IPv6 (`::ffff:a.b.c.d`)
/// is that IPv4 address. Everything else is somebody else's: shared address space (RFC 6598), translated and tunnelled
/// addresses (RFC 6052, RFC 3056) among it, because they lead anywhere.
pub const fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => {
            ip.is_loopback() || ip.is_unspecified() || ip.is_private() || ip.is_link_local()
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn this_computer_and_private_networks_are_inside() {
        for text in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.5",
            "169.254.7.7",
            "::1",
            "::",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "::ffff:192.168.1.5",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_inside(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn all_others_are_outside() {
        for text in [
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "169.253.255.255",
            "100.64.0.1",
            "128.0.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "2001:4860:4860::8888",
            "::2",
            "::127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::192.168.1.5",
            "2002:c0a8:105::1",
            "fbff::1",
            "fe00::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_inside(text.parse().unwrap()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_address_is_the_same_however_it_is_written(bits in any::<u32>()) {
            let ip = Ipv4Addr::from(bits);
            let mapped: Ipv6Addr = ip.to_ipv6_mapped();
            prop_assert_eq!(is_inside(ip.into()), is_inside(mapped.into()));
            let [a, b, ..] = ip.octets();
            let inside = matches!((a, b), (127 | 10, _) | (172, 16..=31) | (192, 168) | (169, 254));
            prop_assert_eq!(is_inside(ip.into()), inside || bits == 0);
        }
    }
}
