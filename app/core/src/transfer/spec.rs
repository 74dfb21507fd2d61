//! What is asked of a transfer.

use std::path::PathBuf;
use std::str::FromStr;

use super::TransferTimes;

/// How files travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransferProtocol {
    /// Their bytes alone.
    #[default]
    Raw,
    /// XMODEM in blocks of 128 bytes, with a CRC where the other end knows it, else a sum.
    Xmodem,
    /// XMODEM in blocks of 1024 bytes.
    Xmodem1k,
    /// YMODEM: several files with name and size.
    Ymodem,
    /// ZMODEM: several files with name and size; what was cut off goes on.
    Zmodem,
}

/// There is no such protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("raw, xmodem, xmodem-1k, ymodem or zmodem is needed")]
pub struct UnknownProtocol;

impl TransferProtocol {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Raw, Self::Xmodem, Self::Xmodem1k, Self::Ymodem, Self::Zmodem];

    /// As it is chosen on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Xmodem => "xmodem",
            Self::Xmodem1k => "xmodem-1k",
            Self::Ymodem => "ymodem",
            Self::Zmodem => "zmodem",
        }
    }

    /// As people call it; `None` for raw bytes, which each language has its word for.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Raw => None,
            Self::Xmodem => Some("XMODEM"),
            Self::Xmodem1k => Some("XMODEM-1K"),
            Self::Ymodem => Some("YMODEM"),
            Self::Zmodem => Some("ZMODEM"),
        }
    }

    /// Whether several files go in one transfer.
    pub const fn takes_several(self) -> bool {
        !matches!(self, Self::Xmodem | Self::Xmodem1k)
    }

    /// Whether files bring their names along, and go into a folder.
    pub const fn brings_names(self) -> bool {
        self.takes_several() && self.is_spoken()
    }

    /// Whether the other end must speak it, so that nothing else may be sent meanwhile.
    pub const fn is_spoken(self) -> bool {
        !matches!(self, Self::Raw)
    }

    /// Whether a byte must come through as it is: eight data bits, and no XON or XOFF taken out. ZMODEM escapes those.
    pub const fn needs_clean_line(self) -> bool {
        matches!(self, Self::Xmodem | Self::Xmodem1k | Self::Ymodem)
    }
}

impl FromStr for TransferProtocol {
    type Err = UnknownProtocol;

    fn from_str(key: &str) -> Result<Self, UnknownProtocol> {
        Self::ALL.into_iter().find(|it| it.key() == key).ok_or(UnknownProtocol)
    }
}

/// How raw bytes of a file are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawPacing {
    /// Bytes given away at once, [`Self::CHUNKS`].
    pub chunk: u32,
    /// Milliseconds of rest between two chunks, at most [`Self::LONGEST_PAUSE_MS`]; on a serial port the time that a chunk takes on the
    /// line is no rest. Counted in absolute times: what the program does late does not move the chunks behind it.
    pub pause_ms: u32,
    /// Bytes per second at most; `None`: as many as the other end takes.
    pub rate: Option<u64>,
}

impl RawPacing {
    /// What a chunk may have.
    pub const CHUNKS: std::ops::RangeInclusive<u32> = 1..=1 << 20;

    /// Ten seconds.
    pub const LONGEST_PAUSE_MS: u32 = 10_000;

    /// As fast as it goes, over TCP.
    pub const TCP: Self = Self { chunk: 64 << 10, pause_ms: 0, rate: None };

    /// As fast as it goes, in datagrams that are sent whole on every network.
    pub const UDP: Self = Self { chunk: 1024, pause_ms: 0, rate: None };

    /// As fast as it goes, on a serial port.
    pub const SERIAL: Self = Self { chunk: 256, pause_ms: 0, rate: None };
}

/// Files to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct SendFiles {
    /// Which, at least one; one alone by XMODEM.
    pub files: Vec<PathBuf>,
    /// How.
    pub protocol: TransferProtocol,
    /// How fast, raw.
    pub pacing: RawPacing,
    /// How long the protocol waits.
    pub times: TransferTimes,
}

/// When raw bytes of a peer are a whole file. The first that comes counts; by hand it always can be ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiveEnd {
    /// After so many milliseconds without a byte, once there was one.
    pub silence_ms: Option<u32>,
    /// At so many bytes; what comes behind them is not of the file.
    pub size: Option<u64>,
}

/// Files to be received.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiveFiles {
    /// A file for raw bytes and XMODEM; a folder for protocols that bring names along, which are taken without their folders, and with
    /// a number where there is a file already.
    pub into: PathBuf,
    /// How.
    pub protocol: TransferProtocol,
    /// Replace files that are there.
    pub replace: bool,
    /// When it is whole, raw.
    pub end: ReceiveEnd,
    /// How long the protocol waits.
    pub times: TransferTimes,
}

/// What can be done with a transfer that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferControl {
    /// Send nothing until it is resumed; only raw.
    Pause,
    /// Go on.
    Resume,
    /// End it: of a file that is received raw, all that has come is the file.
    Finish,
    /// End it; what is not whole is not kept.
    Cancel,
    /// Forget how it ended, or what the other end has offered; one that runs is cancelled.
    Dismiss,
}
