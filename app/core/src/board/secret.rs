//! Wi-Fi passwords on their way to a board are not kept: what the capture holds instead of them.

use espalier_protocol::command::Credentials;
use espalier_protocol::improv::{self, Item, Packet, Rpc};
use espalier_protocol::{Command, Request};

/// Stands where a password was; long enough to be one by the grammar, so that the masked bytes still read as what they are.
const MASK: &str = "********";

/// What to keep of bytes that are sent to a board: `None` when they hold no password that we recognise (a `wifi set` line or
/// an Improv call), else the same bytes with the password masked.
pub fn masked(bytes: &[u8]) -> Option<Vec<u8>> {
    // Files of megabytes are sent too, and hold neither.
    let holds =
        |word: &[u8]| bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    let packet = || holds(b"improv").then(|| masked_packet(bytes)).flatten();
    let lines = || holds(b"wifi").then(|| masked_lines(bytes)).flatten();
    packet().or_else(lines)
}

fn masked_packet(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = improv::Decoder::new();
    let mut kept = Vec::new();
    let mut found = false;
    for byte in bytes {
        decoder.push(*byte);
        while let Some(item) = decoder.next() {
            match item {
                Item::Packet(Packet::Rpc(Ok(Rpc::SendWifi { ssid, .. }))) => {
                    found = true;
                    let call = improv::rpc(&Rpc::SendWifi { ssid, password: MASK });
                    kept.extend_from_slice(call.as_deref().unwrap_or_default());
                }
                Item::Through(bytes) | Item::Fault(_, bytes) => kept.extend_from_slice(bytes),
                Item::Packet(_) => {}
            }
        }
    }
    found.then_some(kept)
}

fn masked_lines(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut found = false;
    let kept = bytes.split_inclusive(|byte| *byte == b'\n').flat_map(|piece| {
        let masked = masked_line(piece);
        found |= masked.is_some();
        masked.unwrap_or_else(|| piece.to_vec())
    });
    let kept = kept.collect();
    found.then_some(kept)
}

fn masked_line(piece: &[u8]) -> Option<Vec<u8>> {
    let line = piece.trim_ascii_end();
    let request = Request::parse(std::str::from_utf8(line).ok()?);
    let Ok(Some(Request { id, command: Command::WifiSet(credentials) })) = request else {
        // A `wifi set` that is not quite right may hold a password all the same.
        return names_wifi(line)
            .then(|| [b"wifi set ".as_slice(), MASK.as_bytes(), &piece[line.len()..]].concat());
    };
    if credentials.password.is_empty() {
        return None;
    }
    let command = Command::WifiSet(Credentials::new(&credentials.ssid, MASK)?);
    let mut kept = Request { id, command }.to_string().into_bytes();
    kept.extend_from_slice(&piece[line.len()..]);
    Some(kept)
}

/// Whether a line's first words, after an optional number, are `wifi set`.
fn names_wifi(line: &[u8]) -> bool {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut words = words.skip_while(|word| word.starts_with(b"#"));
    words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"wifi"))
        && words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"set"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "correct horse";

    fn holds(bytes: &[u8]) -> bool {
        bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
    }

    #[test]
    fn a_password_is_masked_in_a_command_and_in_an_improv_call() {
        let command = Command::WifiSet(Credentials::new("My Net", SECRET).unwrap());
        let line = format!("{}\r\n", Request { id: Some(7), command });
        let kept = masked(line.as_bytes()).unwrap();
        assert!(holds(line.as_bytes()) && !holds(&kept));
        assert_eq!(kept, b"#7 wifi set \"My Net\" ********\r\n");

        let call = improv::rpc(&Rpc::SendWifi { ssid: "My Net", password: SECRET }).unwrap();
        let kept = masked(&call).unwrap();
        assert!(holds(&call) && !holds(&kept));
    }

    #[test]
    fn a_mistyped_command_does_not_keep_its_password() {
        for line in [
            "wifi set Net \"correct horse\n",
            "#3 wifi set a b correct horse\n",
            "WIFI  set correct horse\n",
        ] {
            assert!(!holds(&masked(line.as_bytes()).unwrap()), "{line}");
        }
    }

    #[test]
    fn everything_else_is_kept_as_it_is() {
        for bytes in [b"wifi scan\n".as_slice(), b"wifi set Open\n", b"hello \xFF\n", b""] {
            assert_eq!(masked(bytes), None);
        }
    }

    proptest! {
        #[test]
        fn noise_is_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            masked(&bytes);
        }
    }
}
