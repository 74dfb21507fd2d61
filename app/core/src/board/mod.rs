//! Boards: what they say on their console (log lines, boot banners, panics, addresses), which chips there are, which
//! ports they hang on, and what flashing one asks and tells.
//!
//! Everything here is pure: text in, meaning out. The engine feeds [`ConsoleScanner`] with what a port receives and publishes
//! [`BoardStatus`]; the window draws it.

mod board_search;
mod board_update;
mod boot;
mod boot_failure;
mod build;
mod chip;
mod command;
mod console_scanner;
mod contents;
mod conversation;
mod esp_touch;
mod fault;
mod flash;
mod flash_part;
mod flash_plan;
mod flash_region;
mod flash_task;
mod image;
mod keyring;
mod links;
mod log_line;
mod panic;
mod port;
mod port_search;
mod provision;
mod reported;
mod secret;
mod status;
mod stream;
mod usb;

/// The TCP port on which our firmware listens unless it is told otherwise (`firmware/README.md`).
pub const DEFAULT_PORT: u16 = 7681;

pub use board_search::{BOARD_SERVICE, BoardSearchFault, BoardSearchStatus, NetworkBoard};
pub use board_update::{BoardUpdateRequest, BoardUpdateStatus};
pub use boot::{Boot, BootLine, ResetCause, RestartWatch};
pub use build::{
    Build, BuildImage, BuildKind, BuildPart, FlashArgs, FlashArgsFault, FlashHeader, FoundBuild,
    parse_address,
};
pub use chip::{Architecture, Chip, UnknownChip};
pub use command::{BoardCommand, BoardRefusal};
pub use console_scanner::{ConsoleScanner, Finding};
pub use conversation::{Conversation, OurConnection};
pub use fault::{BoardFault, FaultKind};
pub use flash::{
    AfterFlash, Attempt, BeforeFlash, ChipInfo, FlashAction, FlashFile, FlashOutcome, FlashSource,
    FlashSpec, FlashStatus, FlashStep, LoaderInfo, PartState, PartStatus,
};
pub use flash_part::FlashPart;
pub use flash_plan::{FlashBlob, FlashPlan, FlashTarget, as_chosen, erased_choice};
pub use flash_region::{FlashRegion, UnknownRegion, no_table};
pub use flash_task::{Backup, FlashTask, FlashTaskResult, FoundTable};
pub use image::{AppDescription, ImageHeader, ImageInfo};
pub use keyring::KeyringFault;
pub use links::{AddressLink, find_links};
pub use log_line::{EspLogLine, LogFilter, LogLevel};
pub use panic::{
    AddressMeaning, CoreDump, CoreDumpState, Frame, Panic, ReportKind, ReportParser, StackDump,
    Symbols, Trace, TracePoint,
};
pub use provision::{
    BoardProgress, FirmwareAge, FirmwareState, Network, Networks, NextAction, OUR_NAME,
    ProvisionFault, ProvisionRequest, ProvisionStatus, ProvisionStep, Secret, StepState,
};

pub use boot_failure::BootFailure;
pub use contents::{
    Contents, EspImage, ImageFlaw, ImageKind, MergedImage, MergedPart, OtaData, Partition,
    PartitionTable, PartitionUse, SECTOR, TableFlaw,
};
pub use esp_touch::{
    EspTouchBoard, EspTouchFault, EspTouchRequest, EspTouchStatus, parse_esp_touch_destination,
    parse_mac,
};
pub use port::{Holder, PortAccess, PortInfo, PortKind};
pub use port_search::{PortMark, find_board, find_port, mark_shared_serials};
pub use reported::{
    BoardClock, BoardConnection, BoardSettings, ClockBounds, ConnectionTable, ConsoleSettings,
    FirmwareInfo, ReportedScreen, ReportedServer, ReportedSlots, ReportedState, ReportedWifi,
    Sample, Samples, ServerSettings, ServiceState, WifiSettings,
};
pub use secret::{Masker, masked};
pub use status::{BoardStatus, LinkState, ModemLines};
pub use stream::{BoardMessage, BoardStream, ImprovAnswer};
pub use usb::{Bridge, UsbIdentity};
