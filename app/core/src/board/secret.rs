//! Passwords of networks and tokens for updates on their way to a board are not kept: what the capture holds instead of them.

use espalier_protocol::command::{COMMAND_MAX, Credentials, Token};
use espalier_protocol::improv::{self, Item, Packet, Rpc};
use espalier_protocol::{Command, Request};

/// Stands where a password was; long enough to be one by the grammar, so that the masked bytes still read as what they are.
const MASK: &str = "********";
/// How commands begin that hold a secret.
const SECRETS: [[&str; 2]; 2] = [["wifi", "set"], ["ota", "token"]];

/// What to keep of bytes that are sent to a board by themselves: `None` when they hold no secret that we recognise (a
/// `wifi set` or `ota token` line or an Improv call), else the same bytes with that masked.
pub fn masked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut masker = Masker::default();
    let mut kept = Vec::new();
    masker.push(bytes, &mut kept);
    masker.finish(&mut kept);
    (kept != bytes).then_some(kept)
}

/// Masks the secrets in everything that is sent to one board, however it is cut into writes.
///
/// The masker follows the bytes as the board's console does: lines end with CR or LF, backspace and delete take a character back,
/// words may stand in quotes. What begins like one of these commands is held back until the line ends or turns out to be something
/// else; all other bytes pass at once. Upper case and NULs (UTF-16) are looked through, so that a line in a wrong
/// encoding keeps its secret too.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    decoder: improv::Decoder,
    /// What the decoder has not told yet, as it was sent.
    packet: Vec<u8>,
    line: LineState,
}

impl Masker {
    /// Takes bytes that are sent, and adds what may be kept. Whether some of them are part of a command with a password.
    pub fn push(&mut self, bytes: &[u8], kept: &mut Vec<u8>) -> bool {
        let mut found = self.line.secret;
        let mut decoder = std::mem::take(&mut self.decoder);
        for byte in bytes {
            self.packet.push(*byte);
            decoder.push(*byte);
            let mut masks_rest = false;
            while let Some(item) = decoder.next() {
                match item {
                    Item::Through(_) | Item::Fault(..) if masks_rest => {}
                    Item::Through(bytes) => {
                        self.packet.drain(..bytes.len().min(self.packet.len()));
                        for byte in bytes {
                            found |= self.line.take(*byte, kept);
                        }
                    }
                    Item::Packet(_) => {
                        self.line.pass(kept);
                        found |= keep_packet(&std::mem::take(&mut self.packet), kept);
                    }
                    // One that is damaged holds what it holds all the same, also behind the line end where it is cut.
                    Item::Fault(_, bytes) => {
                        self.line.pass(kept);
                        masks_rest = is_secret(&self.packet);
                        let cut = if masks_rest { self.packet.len() } else { bytes.len() };
                        let packet: Vec<u8> =
                            self.packet.drain(..cut.min(self.packet.len())).collect();
                        found |= keep_packet(&packet, kept);
                    }
                }
            }
            if !decoder.is_pending() {
                // The line end behind a packet.
                if !self.packet.is_empty() {
                    self.line.pass(kept);
                }
                kept.append(&mut self.packet);
            }
        }
        self.decoder = decoder;
        found
    }

    /// Whether what was sent last goes on in what is sent next: a line without its end.
    pub fn is_within_a_line(&self) -> bool {
        !self.line.text.is_empty() || self.decoder.is_pending()
    }

    /// Nothing more is sent: adds what was held back.
    pub fn finish(&mut self, kept: &mut Vec<u8>) {
        self.line.end(&[], kept);
        keep_packet(&std::mem::take(&mut self.packet), kept);
        self.decoder = improv::Decoder::new();
    }
}

/// The name, version, type, length, command: what stands before the data of a call (Improv serial).
const HEAD: usize = 10;

/// Whether a packet, or the beginning of one, is the call that gives credentials.
fn is_secret(packet: &[u8]) -> bool {
    const RPC: u8 = 3;
    const SEND_WIFI: u8 = 1;
    packet.len() >= HEAD && packet[7] == RPC && packet[9] == SEND_WIFI
}

/// Keeps a packet, or the beginning of one, without the password in it; whether there was one.
fn keep_packet(packet: &[u8], kept: &mut Vec<u8>) -> bool {
    if !is_secret(packet) {
        kept.extend_from_slice(packet);
        return false;
    }
    let mut decoder = improv::Decoder::new();
    let mut whole = None;
    for byte in packet {
        decoder.push(*byte);
        while let Some(item) = decoder.next() {
            if let Item::Packet(Packet::Rpc(Ok(Rpc::SendWifi { ssid, .. }))) = item {
                whole = improv::rpc(&Rpc::SendWifi { ssid, password: MASK });
            }
        }
    }
    match whole {
        Some(call) => kept.extend_from_slice(&call),
        None => kept.extend_from_slice(&[&packet[..HEAD], MASK.as_bytes()].concat()),
    }
    true
}

/// What a line can be so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineKind {
    /// The line may become a command with a password.
    #[default]
    Open,
    /// The line is a command with a password.
    Secret,
    /// The line is no such command, unless characters are taken back.
    Clear,
}

/// The line under way.
#[derive(Clone, Debug, Default)]
struct LineState {
    /// As it was sent, as far as it is held back.
    held: Vec<u8>,
    /// As the board's console has it.
    text: Vec<u8>,
    kind: LineKind,
    /// The line was a command with a password at some time since it began.
    secret: bool,
    /// Characters were taken back.
    edited: bool,
}

impl LineState {
    /// More than the console takes; a line of a file that is sent may have any length.
    const LONGEST: usize = 2 * COMMAND_MAX;

    /// Takes a byte; whether the line holds a secret.
    fn take(&mut self, byte: u8, kept: &mut Vec<u8>) -> bool {
        if matches!(byte, b'\r' | b'\n') {
            let secret = self.secret;
            self.end(&[byte], kept);
            return secret;
        }
        if self.held.len() < Self::LONGEST {
            self.held.push(byte);
        } else if !self.secret {
            kept.append(&mut self.held);
            self.held.push(byte);
        }
        match byte {
            0 => {}
            0x08 | 0x7F => {
                self.edited = true;
                while self.text.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {}
                self.kind = kind(&self.text);
            }
            _ if self.text.len() >= Self::LONGEST => {}
            _ => {
                self.text.push(byte);
                if self.kind == LineKind::Open {
                    self.kind = kind(&self.text);
                }
            }
        }
        self.secret |= self.kind == LineKind::Secret;
        if self.kind == LineKind::Clear && !self.secret {
            kept.append(&mut self.held);
        }
        self.secret
    }

    /// Something else stands between what was sent of the line and what comes of it.
    fn pass(&mut self, kept: &mut Vec<u8>) {
        if !self.secret {
            kept.append(&mut self.held);
        }
    }

    /// The line is over: adds what may be kept of it.
    fn end(&mut self, ending: &[u8], kept: &mut Vec<u8>) {
        let Self { held, text, secret, edited, .. } = std::mem::take(self);
        if !secret {
            kept.extend_from_slice(&held);
        } else if let Some(line) = masked_line(&text) {
            kept.extend_from_slice(&line);
        } else {
            // What was taken back is not in it.
            kept.extend_from_slice(if edited { &text } else { &held });
        }
        kept.extend_from_slice(ending);
    }
}

/// What a line of the console is, by its first words behind an optional number.
fn kind(line: &[u8]) -> LineKind {
    let line = readable(line);
    let kinds = SECRETS.map(|words| kind_of(&line, words));
    let is = |kind| kinds.contains(&kind).then_some(kind);
    is(LineKind::Secret).or_else(|| is(LineKind::Open)).unwrap_or(LineKind::Clear)
}

/// The same as to one command.
fn kind_of(line: &str, words: [&str; 2]) -> LineKind {
    let mut rest = line.trim_start();
    for word in words {
        while rest.starts_with('#') {
            match rest.split_once(char::is_whitespace) {
                Some((_, behind)) => rest = behind.trim_start(),
                None => return LineKind::Open,
            }
        }
        let (read, behind) = first_word(rest);
        let read = read.to_lowercase();
        match behind {
            None if word.starts_with(&read) => return LineKind::Open,
            Some(behind) if read == word => rest = behind,
            _ => return LineKind::Clear,
        }
    }
    LineKind::Secret
}

/// A line as text. What is no UTF-8 may be a blank of another encoding (U+3000 in GBK).
fn readable(line: &[u8]) -> String {
    String::from_utf8_lossy(line).replace(char::REPLACEMENT_CHARACTER, " ")
}

/// The first word, without its quotes, and what follows when it is whole.
fn first_word(text: &str) -> (String, Option<&str>) {
    if !text.starts_with('"') {
        return match text.split_once(char::is_whitespace) {
            Some((word, behind)) => (word.to_owned(), Some(behind.trim_start())),
            None => (text.to_owned(), None),
        };
    }
    let mut word = Vec::new();
    let mut rest = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = rest.next() {
        match byte {
            b'"' => {
                let behind = text.get(at + 1..).unwrap_or_default();
                let whole = behind.starts_with(char::is_whitespace).then(|| behind.trim_start());
                return (String::from_utf8_lossy(&word).into_owned(), whole);
            }
            b'\\' => {
                if text.len() < at + 2 || text[at + 1..].starts_with('x') && text.len() < at + 4 {
                    break;
                }
                // As the console's grammar has it; others stand for no letter of the words looked for.
                let hex = text.get(at + 2..at + 4).and_then(|it| u8::from_str_radix(it, 16).ok());
                match (rest.next(), hex) {
                    (Some((_, b'x')), Some(byte)) => {
                        word.push(byte);
                        rest.by_ref().take(2).for_each(drop);
                    }
                    (other, _) => word.extend(other.map(|(_, byte)| byte)),
                }
            }
            byte => word.push(byte),
        }
    }
    (String::from_utf8_lossy(&word).into_owned(), None)
}

/// A line with its secret masked; `None` when it has none.
fn masked_line(text: &[u8]) -> Option<Vec<u8>> {
    let line = text.trim_ascii_end();
    let request = std::str::from_utf8(line).map(Request::parse);
    let (id, command) = match request {
        Ok(Ok(Some(Request { command: Command::WifiSet(credentials), .. })))
            if credentials.password.is_empty() =>
        {
            return None;
        }
        Ok(Ok(Some(Request { id, command: Command::WifiSet(credentials) }))) => {
            (id, Command::WifiSet(Credentials::new(&credentials.ssid, MASK)?))
        }
        Ok(Ok(Some(Request { id, command: Command::OtaToken(_) }))) => {
            (id, Command::OtaToken(Token::new(MASK)?))
        }
        // One that is not quite right may hold a secret all the same.
        _ => {
            let text = readable(text);
            let words = SECRETS.into_iter().find(|it| kind_of(&text, *it) == LineKind::Secret)?;
            return Some(format!("{} {MASK}", words.join(" ")).into_bytes());
        }
    };
    Some(Request { id, command }.to_string().into_bytes())
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

        let command = Command::OtaToken(Token::new(SECRET).unwrap());
        let line = format!("{}\r\n", Request { id: Some(7), command });
        let kept = masked(line.as_bytes()).unwrap();
        assert!(holds(line.as_bytes()) && !holds(&kept));
        assert_eq!(kept, b"#7 ota token ********\r\n");

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
            "ota  token correct horse\n",
            "OTA Token \"correct horse\n",
        ] {
            assert!(!holds(&masked(line.as_bytes()).unwrap()), "{line}");
        }
    }

    #[test]
    fn everything_else_is_kept_as_it_is() {
        let told = [b"wifi scan\n".as_slice(), b"wifi set Open\n", b"ota allow\n", b"ota forget\n"];
        for bytes in told.into_iter().chain([b"wifi token x\n".as_slice(), b"hello \xFF\n", b""]) {
            assert_eq!(masked(bytes), None);
        }
    }

    /// The ways to write a word of the line.
    fn spellings(word: &str) -> impl Strategy<Value = String> + use<> {
        let upper = word.to_uppercase();
        prop::sample::select(vec![
            word.to_owned(),
            upper.clone(),
            format!("\"{word}\""),
            format!("\"{upper}\""),
            format!("\"\\x{:02x}{}\"", word.as_bytes()[0], &word[1..]),
        ])
    }

    fn blanks() -> impl Strategy<Value = String> {
        "[ \t]{1,3}|\u{3000}"
    }

    /// A line with the secret in it, as somebody may type it: with edits, in other encodings, after other lines.
    fn typed() -> impl Strategy<Value = Vec<u8>> {
        // With what stands before the secret.
        let before = vec![
            (SECRETS[0], "Home "),
            (SECRETS[0], "\"My Net\" "),
            (SECRETS[0], "网络 "),
            (SECRETS[0], "a b c "),
            (SECRETS[1], ""),
            (SECRETS[1], "a b "),
        ];
        let begun = prop::sample::select(before).prop_flat_map(|([first, second], before)| {
            (spellings(first), blanks(), spellings(second), Just(before))
        });
        let line = (
            prop::sample::select(vec!["", "status\r\n", "x\r", "noise \u{1F600}\n", "\0", "  "]),
            prop::sample::select(vec!["", "#7 ", "#x "]),
            begun,
            blanks(),
            prop::sample::select(vec!["\"correct horse\"", "correct horse", "\"correct horse"]),
            prop::sample::select(vec!["\r", "\n", "\r\n", "", " more\n", "\r\nstatus\r\n"]),
        );
        let edits = prop::collection::vec((any::<prop::sample::Index>(), "[a-z你]"), 0..4);
        (line, edits, 0..4).prop_map(|((a, b, (c, d, e, g), f, h, i), edits, encoding)| {
            let mut text: Vec<String> =
                [a, b, &c, &d, &e, &f, g].concat().chars().map(String::from).collect();
            for (at, junk) in edits {
                // Typed and taken back, one by one.
                text.insert(at.index(text.len() + 1), format!("{junk}\u{8}"));
            }
            let text = format!("{}{h}{i}", text.concat());
            match encoding {
                0 => encoding_rs::GBK.encode(&text.replace('你', "x")).0.into_owned(),
                // Of characters beyond ASCII nothing is left that could be recognised.
                1 => text
                    .replace('\u{3000}', " ")
                    .replace('你', "x")
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect(),
                _ => text.into_bytes(),
            }
        })
    }

    fn pieces(bytes: &[u8], sizes: &[usize]) -> (bool, Vec<u8>) {
        let mut masker = Masker::default();
        let (mut kept, mut found, mut rest) = (Vec::new(), false, bytes);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            found |= masker.push(piece, &mut kept);
            rest = behind;
        }
        masker.finish(&mut kept);
        (found, kept)
    }

    fn without_nulls(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().copied().filter(|byte| *byte != 0).collect()
    }

    #[test]
    fn what_was_typed_and_taken_back_is_not_kept_either() {
        let line = [&b"wifi set Home correct horse"[..], &[0x08; 22], b"can\n"].concat();
        let (found, kept) = pieces(&line, &[1]);
        assert!(found && !holds(&kept), "{}", kept.escape_ascii());
    }

    #[test]
    fn a_damaged_or_unfinished_call_keeps_no_password() {
        let call = improv::rpc(&Rpc::SendWifi { ssid: "Net", password: SECRET }).unwrap();
        let mut damaged = call.to_vec();
        let last = damaged.len() - 2;
        damaged[last] ^= 1;
        for bytes in [&damaged[..], &call[..call.len() - 2], &damaged[..last]] {
            for size in [1, 7, 1000] {
                let (_, kept) = pieces(bytes, &[size]);
                assert!(!holds(&kept), "{}", kept.escape_ascii());
            }
        }
    }

    proptest! {
        #[test]
        fn a_secret_typed_in_any_pieces_is_never_kept(
            bytes in typed(),
            sizes in prop::collection::vec(1_usize..12, 1..8),
        ) {
            let (found, kept) = pieces(&bytes, &sizes);
            prop_assert!(found);
            prop_assert!(!holds(&without_nulls(&kept)), "{}", kept.escape_ascii());
            prop_assert!(!without_nulls(&kept).windows(7).any(|it| it == b"correct"));
        }

        #[test]
        fn what_holds_no_secret_is_kept_byte_by_byte(
            pieces_of in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..20),
                    prop::sample::select(vec!["wifi scan\r\n", "wif", "wifi se\x08", "ota tok\x08", "o", "w", "#7", "IMPROV", "\n"])
                        .prop_map(|text| text.as_bytes().to_vec()),
                ],
                0..12,
            ),
            sizes in prop::collection::vec(1_usize..12, 1..8),
        ) {
            let bytes = pieces_of.concat();
            let (found, kept) = pieces(&bytes, &sizes);
            if !found {
                prop_assert_eq!(kept, bytes);
            }
        }

        #[test]
        fn noise_is_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            masked(&bytes);
        }
    }
}
