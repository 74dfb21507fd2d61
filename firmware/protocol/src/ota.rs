//! A new program over the network: what board and sender say to each other on a TCP port of its own, [`PORT`].
//!
//! ```text
//! board    espalier-ota/1 chip=esp32c3 version=0.2.0 image=HEX slot=0 of=2 room=2031616 state=confirmed allowed=no token=yes nonce=HEX
//! sender   update bytes=974080 sha256=HEX proof=HEX
//! board    go
//! sender   the image, as it is
//! board    at 16384            (so much is written; each STEP bytes, and at the end)
//! board    written             (checked, and chosen for the next start; the board restarts)
//! ```
//!
//! Instead of any answer the board may say `error REASON` ([`OtaFault`]); the connection ends then. Instead of its first line it
//! says [`BUSY`] while another sender is served. A field that the reader does not know is skipped. Lines end with LF and have at most [`LINE_MAX`] bytes.
//!
//! The token never crosses the network. The board keeps its hash ([`TokenKey`]); the sender shows that it knows it by an HMAC
//! over the board's nonce, the length and the digest of the image, so that whoever listens or interferes can neither use the
//! proof again nor put another image in its place. The image itself is not encrypted.

use crate::hex::{self, Hex};
use crate::words::{OtaFault, OtaState};
use core::{fmt, str::FromStr};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// TCP port of the board.
pub const PORT: u16 = 7682;
/// The longest line, in bytes, its line end included.
pub const LINE_MAX: usize = 288;
/// The board says how far it is after so many bytes.
pub const STEP: u32 = 16 << 10;

/// What a sender is told who comes while another one is served, and then no more: [`OtaFault::Busy`] as a line.
pub const BUSY: &str = "error busy\n";

const HELLO: &str = "espalier-ota/1";

/// Bytes of a nonce.
pub type Nonce = [u8; 16];
/// A SHA-256.
pub type Sha256Digest = [u8; 32];

/// What the board says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting<'a> {
    /// The chip.
    pub chip: &'a str,
    /// Version of the running program.
    pub version: &'a str,
    /// The first bytes of the hash that ends the running program's image, where it could be read: which build it is.
    pub image: Option<[u8; 8]>,
    /// The slot that it was started from, from 0.
    pub slot: u8,
    /// Slots there are.
    pub slots: u8,
    /// Bytes that a new program may have.
    pub room: u32,
    /// How it stands with the running program.
    pub state: OtaState,
    /// Whether one update is taken without a token.
    pub allowed: bool,
    /// Whether a token is set.
    pub token: bool,
    /// From chance, for the proof.
    pub nonce: Nonce,
}

/// What the sender asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Length of the image.
    pub bytes: u32,
    /// Digest of all of it.
    pub sha256: Sha256Digest,
    /// That the token is known ([`TokenKey::proof`]).
    pub proof: Option<Sha256Digest>,
}

/// What the board answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Send the image.
    Go,
    /// So many bytes of it are in flash.
    At(u32),
    /// All is in flash, checked and chosen.
    Written,
    /// It is not done.
    Refused(OtaFault),
}

/// What a board keeps of its token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// The key of this token.
    pub fn of(token: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"espalier-ota token\0");
        hash.update(token.as_bytes());
        Self(hash.finalize().into())
    }

    /// A key that was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To keep it.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Shows that the token is known, for this greeting and this image.
    pub fn proof(&self, nonce: &Nonce, bytes: u32, sha256: &Sha256Digest) -> Sha256Digest {
        self.mac(nonce, bytes, sha256).finalize().into_bytes().into()
    }

    /// Whether the offer shows that its sender knows the token; compared in constant time.
    pub fn accepts(&self, nonce: &Nonce, offer: &Offer) -> bool {
        let Offer { bytes, sha256, proof } = offer;
        proof.is_some_and(|proof| self.mac(nonce, *bytes, sha256).verify_slice(&proof).is_ok())
    }

    fn mac(&self, nonce: &Nonce, bytes: u32, sha256: &Sha256Digest) -> Hmac<Sha256> {
        // HMAC pads a key to 64 bytes: one of 32 has the same code as this.
        let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (to, from) in key.iter_mut().zip(self.0) {
            *to = from;
        }
        let mut mac = Hmac::<Sha256>::new(&key);
        mac.update(nonce);
        mac.update(&bytes.to_le_bytes());
        mac.update(sha256);
        mac
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(set)")
    }
}

impl<'a> Greeting<'a> {
    /// Reads a line without its line end. `None` where it is no greeting of this version.
    pub fn parse(line: &'a str) -> Option<Self> {
        let fields = line.trim_end_matches(['\r', '\n']).strip_prefix(HELLO)?;
        Some(Self {
            chip: field(fields, "chip")?,
            version: field(fields, "version")?,
            image: field(fields, "image").and_then(unhex),
            slot: number(fields, "slot")?,
            slots: number(fields, "of")?,
            room: number(fields, "room")?,
            state: OtaState::from_word(field(fields, "state")?).unwrap_or(OtaState::Other),
            allowed: flag(fields, "allowed")?,
            token: flag(fields, "token")?,
            nonce: field(fields, "nonce").and_then(unhex)?,
        })
    }
}

impl fmt::Display for Greeting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HELLO} chip={} version={}", Word(self.chip), Word(self.version))?;
        if let Some(image) = &self.image {
            write!(f, " image={}", Hex(image))?;
        }
        let yes = |is: bool| if is { "yes" } else { "no" };
        write!(f, " slot={} of={} room={} state={}", self.slot, self.slots, self.room, self.state)?;
        let (allowed, token) = (yes(self.allowed), yes(self.token));
        write!(f, " allowed={allowed} token={token} nonce={}", Hex(&self.nonce))
    }
}

impl Offer {
    /// Reads a line without its line end.
    pub fn parse(line: &str) -> Option<Self> {
        let fields = line.trim_end_matches(['\r', '\n']).strip_prefix("update")?;
        let proof = match field(fields, "proof") {
            Some(proof) => Some(unhex(proof)?),
            None => None,
        };
        let sha256 = field(fields, "sha256").and_then(unhex)?;
        Some(Self { bytes: number(fields, "bytes")?, sha256, proof })
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "update bytes={} sha256={}", self.bytes, Hex(&self.sha256))?;
        self.proof.iter().try_for_each(|proof| write!(f, " proof={}", Hex(proof)))
    }
}

impl Answer {
    /// Reads a line without its line end. `None` for what no board of this version says.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim_end_matches(['\r', '\n']).split(' ');
        Some(match (words.next()?, words.next()) {
            ("go", _) => Self::Go,
            ("at", Some(bytes)) => Self::At(bytes.parse().ok()?),
            ("written", _) => Self::Written,
            ("error", Some(reason)) => {
                Self::Refused(OtaFault::from_word(reason).unwrap_or(OtaFault::Other))
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Go => f.write_str("go"),
            Self::At(bytes) => write!(f, "at {bytes}"),
            Self::Written => f.write_str("written"),
            Self::Refused(reason) => write!(f, "error {reason}"),
        }
    }
}

/// The value of this key.
fn field<'a>(fields: &'a str, key: &str) -> Option<&'a str> {
    fields.split(' ').find_map(|field| field.strip_prefix(key)?.strip_prefix('='))
}

/// Digits only, so that each number is written in one way.
fn number<T: FromStr>(fields: &str, key: &str) -> Option<T> {
    let digits = field(fields, key)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn flag(fields: &str, key: &str) -> Option<bool> {
    match field(fields, key)? {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = hex::byte(*pair)?;
    }
    Some(bytes)
}

/// Text without what would end a field: at most 32 characters, as an application descriptor has them.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| if c.is_ascii_graphic() { c } else { '_' };
        self.0.chars().take(32).try_for_each(|c| fmt::Write::write_char(f, plain(c)))
    }
}
