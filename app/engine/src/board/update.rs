//! A new program for a board over the network: the sender's end of `espalier_protocol::ota`. The caller's thread does it.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::board::{BoardFault, BoardUpdateRequest, EspImage, FaultKind, FlashPart};
use espalier_core::{Sentence, say};
use espalier_protocol::ota::{Answer, Greeting, LINE_MAX, Offer, STEP, TokenKey};
use espalier_protocol::{OtaFault, OtaState};
use sha2::{Digest as _, Sha256};

use super::images;
use crate::untrusted;

/// A connection takes no longer than this.
const CONNECT: Duration = Duration::from_secs(5);
/// A board that is at work answers within this: erasing and reading back take a while.
const ANSWER: Duration = Duration::from_secs(30);
/// The new program is back and confirmed within this, or the one before is.
const RETURN: Duration = Duration::from_secs(120);
/// How often it is looked whether somebody wants to end it.
const LOOK: Duration = Duration::from_millis(100);
/// So much may be on its way without being in flash: progress is what the board has written.
const AHEAD: u32 = 4 * STEP;
/// Bytes that are handed over at once.
const CHUNK: usize = 4096;
/// No program is larger.
const LARGEST: u64 = 16 << 20;
/// Bytes of the hash that ends an image.
const HASH: usize = 32;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateStage {
    /// So many bytes are in the board's flash, of so many.
    Written(u32, u32),
    /// All is there and checked; the board restarts.
    Restarting,
}

/// How it ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateReport {
    /// Where the board is.
    pub address: SocketAddr,
    /// The chip.
    pub chip: String,
    /// The version that runs now.
    pub version: String,
    /// Whether it ran already, so that nothing was done.
    pub ran_already: bool,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateFault {
    /// The name has no address.
    NoAddress(String),
    /// The board could not be reached.
    NotReached(SocketAddr, ErrorKind),
    /// Something else answers there.
    OtherProgram(SocketAddr),
    /// The image is none that can be sent.
    Image(BoardFault),
    /// The board refused it, or gave it up.
    Refused(OtaFault),
    /// The connection ended in the middle; the board runs its program as before.
    Cut,
    /// The new program did not come up: the one before runs again.
    RolledBack,
    /// All was sent, and the board has not been seen to run it since: the connection broke, it stays away, or the user waits no more.
    NotSeenAgain,
    /// The user ended it; the board runs its program as before.
    Cancelled,
}

impl UpdateFault {
    /// In words, with what to do next.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::NoAddress(host) => {
                say!("update-no-address", "{host} has no address", host = host)
            }
            Self::NotReached(address, ErrorKind::ConnectionRefused) => say!(
                "update-not-listening",
                "nobody takes updates at {address}: the board's firmware is too old, or this is another computer",
                address = address,
            ),
            Self::NotReached(address, kind) => say!(
                "update-not-reached",
                "the board cannot be reached at {address}: {error}",
                address = address,
                error = io::Error::from(*kind),
            ),
            Self::OtherProgram(address) => say!(
                "update-other-program",
                "what answers at {address} is no board of ours",
                address = address,
            ),
            Self::Image(fault) => fault.what.clone(),
            Self::Refused(fault) => refusal(*fault),
            Self::Cut => say!(
                "update-cut",
                "the connection to the board broke; it runs its program as before, try again"
            ),
            Self::RolledBack => say!(
                "update-rolled-back",
                "the new program did not come up: the board has returned to the one before"
            ),
            Self::NotSeenAgain => say!(
                "update-not-seen-again",
                "all of the new program was sent, and the board was not seen to run it since; look at its console"
            ),
            Self::Cancelled => {
                say!("update-cancelled", "cancelled; the board runs its program as before")
            }
        }
    }
}

/// What the board's refusal means.
fn refusal(fault: OtaFault) -> Sentence {
    match fault {
        OtaFault::Locked => say!(
            "update-locked",
            "the board takes no update: say `ota allow` on its console, or set a token there by `ota token`"
        ),
        OtaFault::Token => say!(
            "update-token",
            "the board has another token; say `ota allow` on its console to do without"
        ),
        OtaFault::OneSlot => say!(
            "update-one-slot",
            "the board has room for one program only: flash it over the cable; where it has 4 MB of flash, that makes two"
        ),
        OtaFault::Trial => say!(
            "update-trial",
            "the board's program is itself new and not confirmed yet; try again in some minutes"
        ),
        OtaFault::Busy => say!("update-busy", "the board is busy; try again in some seconds"),
        OtaFault::TooLong => say!("update-too-long", "the program is too long for the board"),
        OtaFault::NoImage => say!("update-no-image", "this is no application image"),
        OtaFault::WrongChip => say!("update-wrong-chip", "the image is for another chip"),
        OtaFault::Foreign => say!(
            "update-foreign",
            "the image is another program, which could not confirm itself; flash it over the cable"
        ),
        OtaFault::Damaged => say!("update-damaged", "the image is damaged"),
        OtaFault::Flash => say!("update-flash", "the board's flash does not take the program"),
        OtaFault::Cut => say!("update-silent", "the board has heard nothing for too long"),
        OtaFault::Request | OtaFault::Other => {
            say!("update-refused", "the board does not take the update")
        }
    }
}

/// Does it: sends the program (an application image; `None`: the bundled firmware for the board's chip), and waits until the board runs it and has confirmed it. A board that runs it already is left alone.
///
/// # Errors
/// See [`UpdateFault`].
pub fn update(
    request: &BoardUpdateRequest,
    image: Option<&Path>,
    cancel: &AtomicBool,
    mut progress: impl FnMut(UpdateStage),
) -> Result<UpdateReport, UpdateFault> {
    let (mut conversation, line) = Conversation::begin(request, cancel)?;
    let address = conversation.address;
    let greeting = Greeting::parse(&line).ok_or(UpdateFault::OtherProgram(address))?;
    let image = bytes_of(image, greeting.chip)?;
    let hash = hash_of(&image);
    let report = |version: &str, ran_already| UpdateReport {
        address,
        chip: greeting.chip.to_owned(),
        version: version.to_owned(),
        ran_already,
    };
    if greeting.image.is_some() && greeting.image == hash && greeting.state != OtaState::Trial {
        return Ok(report(greeting.version, true));
    }
    if greeting.slots < 2 {
        return Err(UpdateFault::Refused(OtaFault::OneSlot));
    }
    let (bytes, sha256) = (image.len() as u32, Sha256::digest(&image).into());
    let key = request.token.as_ref().map(|token| TokenKey::of(token.reveal()));
    let proof = key.map(|key| key.proof(&greeting.nonce, bytes, &sha256));
    conversation.offer(&Offer { bytes, sha256, proof })?;
    conversation.send(&image, &mut progress)?;
    progress(UpdateStage::Restarting);
    drop(conversation);
    let returned = seen_again(address, hash, greeting.state, cancel)?;
    Ok(report(&returned, false))
}

/// Waits for the board's return; the version that it runs then.
fn seen_again(
    address: SocketAddr,
    hash: Option<[u8; 8]>,
    before: OtaState,
    cancel: &AtomicBool,
) -> Result<String, UpdateFault> {
    let until = Instant::now() + RETURN;
    // It answers as before until it restarts.
    let mut was_away = false;
    while Instant::now() < until {
        let seen = Conversation::open(address, cancel);
        let line = match seen {
            Ok((_conversation, line)) => line,
            Err(UpdateFault::Cancelled) => return Err(UpdateFault::NotSeenAgain),
            Err(fault) => {
                was_away |= !matches!(fault, UpdateFault::Refused(_));
                std::thread::sleep(LOOK);
                continue;
            }
        };
        if let Some(greeting) = Greeting::parse(&line) {
            let is_new = greeting.image.is_some() && greeting.image == hash;
            match greeting.state {
                OtaState::Confirmed if is_new => return Ok(greeting.version.to_owned()),
                OtaState::RolledBack if !is_new && (was_away || before != OtaState::RolledBack) => {
                    return Err(UpdateFault::RolledBack);
                }
                _ => {}
            }
        }
        std::thread::sleep(LOOK);
    }
    Err(UpdateFault::NotSeenAgain)
}

/// The image to send.
fn bytes_of(image: Option<&Path>, chip: &str) -> Result<Vec<u8>, UpdateFault> {
    let Some(path) = image else {
        let chip = chip.parse().map_err(|_| UpdateFault::Refused(OtaFault::WrongChip))?;
        let FlashPart { bytes, .. } = images::application(chip).map_err(UpdateFault::Image)?;
        return Ok(bytes);
    };
    let bytes = untrusted::read(path, LARGEST).map_err(|error| {
        let (path, error) = (path.display(), error);
        let what = say!(
            "update-image-unreadable",
            "{path} cannot be read: {error}",
            path = path,
            error = error
        );
        UpdateFault::Image(BoardFault::new(FaultKind::BadFile, what, Sentence::from("")))
    })?;
    // The board would find out when it has all of it; and one whose end is whole would pass for the program that it was.
    if EspImage::read(&bytes).is_some_and(|image| image.flaw.is_some()) {
        return Err(UpdateFault::Refused(OtaFault::Damaged));
    }
    Ok(bytes)
}

/// By which a board tells its build: the first bytes of the hash at the end.
fn hash_of(image: &[u8]) -> Option<[u8; 8]> {
    image.len().checked_sub(HASH).and_then(|at| image.get(at..at + 8)?.try_into().ok())
}

/// A connection to the board.
struct Conversation<'a> {
    address: SocketAddr,
    stream: TcpStream,
    /// What came after the last line.
    heard: Vec<u8>,
    cancel: &'a AtomicBool,
}

impl<'a> Conversation<'a> {
    /// Connects to the first address of the name that answers, and hears the greeting.
    fn begin(
        request: &BoardUpdateRequest,
        cancel: &'a AtomicBool,
    ) -> Result<(Self, String), UpdateFault> {
        let BoardUpdateRequest { host, port, .. } = request;
        let unknown = || UpdateFault::NoAddress(host.clone());
        let addresses = (host.as_str(), *port).to_socket_addrs().map_err(|_| unknown())?;
        let mut last = unknown();
        let until = Instant::now() + CONNECT;
        for address in addresses {
            loop {
                match Self::open(address, cancel) {
                    // Often that is a conversation which is over already.
                    Err(UpdateFault::Refused(OtaFault::Busy)) if Instant::now() < until => {
                        std::thread::sleep(LOOK);
                    }
                    Err(fault @ UpdateFault::NotReached(..)) => {
                        last = fault;
                        break;
                    }
                    opened => return opened,
                }
            }
        }
        Err(last)
    }

    fn open(address: SocketAddr, cancel: &'a AtomicBool) -> Result<(Self, String), UpdateFault> {
        if cancel.load(Ordering::Relaxed) {
            return Err(UpdateFault::Cancelled);
        }
        let not_reached = |error: io::Error| UpdateFault::NotReached(address, error.kind());
        let stream = TcpStream::connect_timeout(&address, CONNECT).map_err(not_reached)?;
        stream.set_nodelay(true).map_err(not_reached)?;
        stream.set_read_timeout(Some(LOOK)).map_err(not_reached)?;
        stream.set_write_timeout(Some(LOOK)).map_err(not_reached)?;
        let mut it = Self { address, stream, heard: Vec::new(), cancel };
        let greeting = it.line(Instant::now() + CONNECT).map_err(|fault| match fault {
            UpdateFault::Cut => UpdateFault::OtherProgram(address),
            fault => fault,
        })?;
        // Somebody else is being served.
        if let Some(Answer::Refused(fault)) = Answer::parse(&greeting) {
            return Err(UpdateFault::Refused(fault));
        }
        Ok((it, greeting))
    }

    /// Offers the image, and waits for the board's consent.
    fn offer(&mut self, offer: &Offer) -> Result<(), UpdateFault> {
        self.write(format!("{offer}\n").as_bytes())?;
        let line = self.line(Instant::now() + ANSWER)?;
        match self.answer_of(&line)? {
            Answer::Go => Ok(()),
            Answer::Refused(fault) => Err(UpdateFault::Refused(fault)),
            Answer::At(_) | Answer::Written => Err(UpdateFault::OtherProgram(self.address)),
        }
    }

    /// Sends the image, at the pace at which it is written, until it is chosen for the next start.
    fn send(
        &mut self,
        image: &[u8],
        progress: &mut impl FnMut(UpdateStage),
    ) -> Result<(), UpdateFault> {
        let total = image.len() as u32;
        let mut written = 0;
        // Words alone, of a board that writes nothing, keep nobody here.
        let mut until = Instant::now() + ANSWER;
        let (mut rest, mut is_cut) = (image, false);
        progress(UpdateStage::Written(0, total));
        loop {
            let sent = total - rest.len() as u32;
            if !rest.is_empty() && sent - written < AHEAD {
                let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
                match self.write(chunk) {
                    Ok(()) => rest = after,
                    // Why it listens no more may have been said before.
                    Err(UpdateFault::Cut) => (rest, is_cut) = (&[], true),
                    Err(fault) => return Err(fault),
                }
                continue;
            }
            let has_all = rest.is_empty() && !is_cut;
            let answer = self.line(until).map_err(|fault| match fault {
                // The board goes on with what it has.
                UpdateFault::Cut | UpdateFault::Cancelled if has_all => UpdateFault::NotSeenAgain,
                fault => fault,
            });
            match self.answer_of(&answer?)? {
                // It has written no more than was sent, and what it has written stays.
                Answer::At(bytes) if (written..=sent).contains(&bytes) => {
                    if bytes > written {
                        until = Instant::now() + ANSWER;
                    }
                    written = bytes;
                    progress(UpdateStage::Written(written, total));
                }
                Answer::Written if has_all => return Ok(()),
                Answer::Refused(fault) => return Err(UpdateFault::Refused(fault)),
                Answer::At(_) | Answer::Written | Answer::Go => {
                    return Err(UpdateFault::OtherProgram(self.address));
                }
            }
        }
    }

    fn answer_of(&self, line: &str) -> Result<Answer, UpdateFault> {
        Answer::parse(line).ok_or(UpdateFault::OtherProgram(self.address))
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), UpdateFault> {
        let until = Instant::now() + ANSWER;
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(error) => self.goes_on(&error, until)?,
            }
        }
        Ok(())
    }

    /// The next line, if it is there by then.
    fn line(&mut self, until: Instant) -> Result<String, UpdateFault> {
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(UpdateFault::Cancelled);
            }
            if Instant::now() >= until {
                return Err(UpdateFault::Cut);
            }
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.heard.len() > LINE_MAX {
                return Err(UpdateFault::OtherProgram(self.address));
            }
            let mut bytes = [0; LINE_MAX];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(UpdateFault::Cut),
                Ok(n) => self.heard.extend_from_slice(bytes.get(..n).unwrap_or_default()),
                Err(error) => self.goes_on(&error, until)?,
            }
        }
    }

    /// Whether an error is only a moment without news.
    fn goes_on(&self, error: &io::Error, until: Instant) -> Result<(), UpdateFault> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(UpdateFault::Cancelled);
        }
        let is_moment = matches!(
            error.kind(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
        );
        if is_moment && Instant::now() < until { Ok(()) } else { Err(UpdateFault::Cut) }
    }
}
