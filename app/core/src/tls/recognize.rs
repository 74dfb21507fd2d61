//! What the first bytes of a conversation are, by RFC 8446 section 5.1: to tell a user that one side speaks TLS and the other
//! does not.

use super::alert_name;

/// What the first bytes of a conversation are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// A record with a ClientHello: somebody begins a TLS handshake.
    ClientHello,
    /// A record with an alert, by its name: somebody ends one.
    Alert(&'static str),
    /// Some other record of TLS, or too little to know.
    Record,
    /// No TLS.
    Plain,
}

/// Bytes of a record before its content.
const HEADER: usize = 5;

/// The most that a record holds (RFC 5246 section 6.2.3: 2^14 and 2048).
const LONGEST: u16 = (1 << 14) + 2048;

/// Looks at the first bytes of a conversation; six are enough for all that is told apart, seven for an alert.
pub fn recognize(bytes: &[u8]) -> Spoken {
    let (Some(&kind), major) = (bytes.first(), bytes.get(1)) else { return Spoken::Record };
    if !(20..=24).contains(&kind) || major.is_some_and(|major| *major != 3) {
        return Spoken::Plain;
    }
    let Some(header) = bytes.get(..HEADER) else { return Spoken::Record };
    let length = u16::from_be_bytes([header[3], header[4]]);
    if header[2] > 4 || length == 0 || length > LONGEST {
        return Spoken::Plain;
    }
    match (kind, &bytes[HEADER..]) {
        (22, [1, ..]) => Spoken::ClientHello,
        (21, [1 | 2, number, ..]) if length == 2 => {
            alert_name(*number).map_or(Spoken::Record, Spoken::Alert)
        }
        _ => Spoken::Record,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hellos_alerts_and_plain_text_are_told_apart() {
        // As openssl s_client and mbedTLS on an ESP32 begin, and as openssl answers plain text.
        assert_eq!(recognize(b"\x16\x03\x01\x01\x2e\x01\x00"), Spoken::ClientHello);
        assert_eq!(recognize(b"\x16\x03\x03\x00\xc8\x01"), Spoken::ClientHello);
        assert_eq!(recognize(b"\x15\x03\x01\x00\x02\x02\x46"), Spoken::Alert("protocol_version"));
        assert_eq!(recognize(b"\x16\x03\x03\x00\x7a\x02"), Spoken::Record, "a ServerHello");
        for plain in [&b"HTTP/1.1 400 Bad Request"[..], b"GET / HTTP/1.1", b"\x16\x2a", b"\xff"] {
            assert_eq!(recognize(plain), Spoken::Plain, "{plain:?}");
        }
        assert_eq!(recognize(b"\x16\x03\x01\xff\xff\x01"), Spoken::Plain, "longer than any record");
    }

    proptest! {
        #[test]
        fn the_more_is_known_the_less_it_changes(bytes in prop::collection::vec(any::<u8>(), 0..9)) {
            let verdicts = (0..=bytes.len()).map(|length| recognize(&bytes[..length]));
            let mut known = None;
            for verdict in verdicts {
                prop_assert!(known.is_none_or(|known| known == verdict));
                known = (verdict != Spoken::Record).then_some(verdict);
            }
        }
    }
}
