//! Boards: what they say on their console (log lines, boot banners, panics, addresses), which chips there are, which
//! ports they hang on, and what flashing one asks and tells.
//!
//! Everything here is pure: text in, meaning out. The engine feeds [`Console`] with what a port receives and publishes
//! [`BoardStatus`]; the window draws it.

mod boot;
mod chip;
mod console;
mod fault;
mod flash;
mod flow;
mod image;
mod keyring;
mod links;
mod log_line;
mod panic;
mod port;
mod secret;
mod status;
mod stop;
mod stream;
mod touch;

pub use boot::{Boot, BootLine, ResetCause, RestartWatch};
pub use chip::{Architecture, Chip, UnknownChip};
pub use console::{Console, Finding};
pub use fault::{BoardFault, FaultKind};
pub use flash::{
    AfterFlash, Attempt, BeforeFlash, ChipInfo, FlashAction, FlashFile, FlashSource, FlashSpec,
    FlashStatus, FlashStep, Loader, Outcome, PartState, PartStatus,
};
pub use flow::{
    BoardStanding, FirmwareAge, FirmwareStanding, GoFault, GoRequest, GoStatus, Light, Network,
    Networks, NextStep, OUR_NAME, Secret, Station,
};
pub use image::{AppDescription, ImageHeader, ImageInfo};
pub use keyring::KeyringFault;
pub use links::{AddressLink, find_links};
pub use log_line::{Level, LogFilter, LogLine};
pub use panic::{
    CoreDump, Frame, Meaning, Panic, PanicFold, Point, ReportKind, StackDump, Symbols, Trace,
};

use log_line::ansi_free;
pub use port::{Bridge, Holder, PortAccess, PortInfo, PortKind, UsbIdentity};
pub use secret::{Masker, masked};
pub use status::{BoardCommand, BoardStatus, LinkState, ModemLines};
pub use stop::BootStop;
pub use stream::{BoardStream, ImprovAnswer, Told};
pub use touch::{TouchFault, TouchRequest, TouchStatus, Touched, parse_mac};
