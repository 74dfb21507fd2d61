//! A board as it is.

use std::sync::Arc;

use super::{
    AddressLink, Boot, BootLine, FlashStatus, Panic, PortKind, ReportedState, ResetCause, Symbols,
};

/// A board as it is, as far as its serial session tells.
#[derive(Clone, Debug, Default)]
pub struct BoardStatus {
    /// What the port is; `None` before it was opened for the first time.
    pub port: Option<PortKind>,
    /// The port's name now: a board that comes back may have got another one.
    pub port_name: String,
    /// What the link does.
    pub link: LinkState,
    /// The modem lines.
    pub lines: ModemLines,
    /// The latest start that was seen.
    pub boot: Option<Boot>,
    /// Something was received since the port was opened, or the board reset by us.
    pub heard: bool,
    /// Why it started the last time, where nobody asked for that; cleared when the program has run for a while since.
    pub trouble: Option<ResetCause>,
    /// The latest line of ROM or bootloader that needs explaining (empty flash, brown-out), with what to do; cleared when
    /// a program speaks.
    pub notice: Option<BootLine>,
    /// How often the board started since the port was opened.
    pub starts: u64,
    /// Set while the board starts over and over: why it did the last time.
    pub restart_loop: Option<ResetCause>,
    /// The latest panics, oldest first, at most 16; the core dumps of the newest ones, up to 64 MiB in all.
    pub panics: Arc<[Panic]>,
    /// The latest address that the board told.
    pub address: Option<AddressLink>,
    /// The flashing under way, or the last one until it is dismissed.
    pub flash: Option<Arc<FlashStatus>>,
    /// What a board with our firmware has told of itself, folded.
    pub reported: Arc<ReportedState>,
    /// What backtraces are decoded with; `None`: addresses stay numbers. The bundled symbols are used only while the board
    /// says that it runs the bundled firmware.
    pub symbols: Option<Symbols>,
}

/// What the one thread that owns the port does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// The port is closed.
    #[default]
    Closed,
    /// Bytes go in and out.
    Monitoring,
    /// The loader has the line; the port stays open.
    Flashing,
    /// The board went away; it is opened again when it comes back.
    Away,
}

/// Modem lines of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModemLines {
    /// The port has such lines; a pseudo-terminal has none.
    pub present: bool,
    /// Data Terminal Ready, ours.
    pub dtr: bool,
    /// Request To Send, ours.
    pub rts: bool,
    /// Clear To Send, theirs.
    pub cts: bool,
    /// Data Set Ready, theirs.
    pub dsr: bool,
    /// Data Carrier Detect, theirs.
    pub dcd: bool,
    /// Ring Indicator, theirs: looked at a few times a second, so a short pulse may pass unseen.
    pub ri: bool,
}
