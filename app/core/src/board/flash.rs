//! Flashing, as asked ([`FlashSpec`]) and as it is ([`FlashStatus`]).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{BoardFault, Chip, FlashTask, FlashTaskResult, FoundTable};
use crate::Sentence;

/// What is to be done with a board's flash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashSpec {
    /// Write nothing, but do this with what is there; the source is not looked at then.
    pub task: Option<FlashTask>,
    /// Where the board's partition table lies; `None`: at 0x8000, else where one is found.
    pub table_at: Option<u32>,
    /// What to write or compare.
    pub source: FlashSource,
    /// What to do with it.
    pub action: FlashAction,
    /// Refuse any other chip; any will do when absent.
    pub chip: Option<Chip>,
    /// The fastest speed to try, in bits per second; slower ones follow when it fails.
    pub baud: u32,
    /// How the chip gets into its loader.
    pub before: BeforeFlash,
    /// How the program is started afterwards.
    pub after: AfterFlash,
    /// How long to wait for the loader's answer, hands included.
    pub patience: Duration,
    /// Write what would be refused for its place or its meaning.
    pub force: bool,
    /// Write a merged image as it is, padding included; else its parts, so that settings stay.
    pub whole: bool,
}

impl FlashSpec {
    /// The speed that is tried first.
    pub const BAUD: u32 = 921_600;
    /// Long enough to find the buttons.
    pub const PATIENCE: Duration = Duration::from_secs(300);

    /// Installs or updates the bundled firmware.
    pub fn bundled() -> Self {
        Self::of(FlashSource::Bundled)
    }

    /// Writes these files.
    pub fn files(files: Vec<FlashFile>) -> Self {
        Self::of(FlashSource::Files(files))
    }

    /// Writes what another tool has built.
    pub fn build(path: PathBuf) -> Self {
        Self::of(FlashSource::Build(path))
    }

    /// Does this with the flash as it is.
    pub fn task(task: FlashTask) -> Self {
        Self { task: Some(task), ..Self::of(FlashSource::Files(Vec::new())) }
    }

    /// Whether anything is written; otherwise what is there is compared, read or erased.
    pub const fn writes(&self) -> bool {
        self.task.is_none() && self.action.writes()
    }

    fn of(source: FlashSource) -> Self {
        Self {
            task: None,
            table_at: None,
            source,
            action: FlashAction::Install,
            chip: None,
            baud: Self::BAUD,
            before: BeforeFlash::Auto,
            after: AfterFlash::Auto,
            patience: Self::PATIENCE,
            force: false,
            whole: false,
        }
    }
}

/// What is written or compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlashSource {
    /// The image for the detected chip that this program carries.
    Bundled,
    /// Files of the user's.
    Files(Vec<FlashFile>),
    /// What another tool has built: a folder or a file that tells what goes where. It is read when it is written, so that
    /// a newer build is taken by itself.
    Build(PathBuf),
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashFile {
    /// Where it is. An ELF (with `esp_app_desc!`) brings bootloader and partition table along.
    pub path: PathBuf,
    /// Where it goes; without one, where its contents belong ([`super::FlashPlan`]). An ELF takes none.
    pub address: Option<u32>,
}

/// What is done with the flash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlashAction {
    /// Write what is not there yet; everything else on the flash (settings) stays.
    #[default]
    Install,
    /// Erase all of it first: settings are lost.
    EraseFirst,
    /// Write nothing, only compare.
    VerifyOnly,
    /// Write nothing; tell what would be written where, and what of it is there already.
    DryRun,
}

impl FlashAction {
    /// Whether anything is written.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Install | Self::EraseFirst)
    }
}

/// How the chip gets into its loader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeforeFlash {
    /// By DTR and RTS where the port has them; when that fails, by hand.
    #[default]
    Auto,
    /// Not at all: a loader already runs, or somebody presses the buttons.
    None,
}

/// How the program is started when all is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterFlash {
    /// By RTS where the port has it; else the loader is asked.
    #[default]
    Auto,
    /// Not at all: the loader goes on running.
    None,
    /// The loader is asked to start it.
    Soft,
}

/// Flashing as it is.
#[derive(Clone, Debug)]
pub struct FlashStatus {
    /// Something is to be written ([`FlashSpec::writes`]).
    pub writes: bool,
    /// The step under way.
    pub step: FlashStep,
    /// What was attempted and how it went, oldest first: the log to copy into a question. At most 200 lines.
    pub attempts: Arc<[Attempt]>,
    /// The chip, once it has told.
    pub chip: Option<ChipInfo>,
    /// Who speaks for the chip, and how fast.
    pub loader: LoaderInfo,
    /// The parts, in the order they are written.
    pub parts: Arc<[PartStatus]>,
    /// The partition table of the board, once it was read.
    pub table: Option<Arc<FoundTable>>,
    /// What came of a [`FlashTask`], once it is done.
    pub result: Option<FlashTaskResult>,
    /// What is written is to be started: when the board refuses to, flashing has failed.
    pub boots: bool,
    /// Bytes done of the step under way (erasing, reading, writing or verifying).
    pub done: u64,
    /// Bytes the step under way has in all; 0 when it is not counted in bytes.
    pub total: u64,
    /// Bytes per second of the step under way, over the last seconds; 0 when not known.
    pub rate: f64,
    /// How long the step under way will still take.
    pub left: Option<Duration>,
    /// Time since flashing began.
    pub elapsed: Duration,
    /// The flashing was asked to stop, and does at the next block.
    pub cancelling: bool,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Result<FlashOutcome, BoardFault>>,
}

impl Default for FlashStatus {
    fn default() -> Self {
        Self {
            writes: true,
            step: FlashStep::Connecting,
            attempts: Arc::default(),
            chip: None,
            loader: LoaderInfo::default(),
            parts: Arc::default(),
            table: None,
            result: None,
            boots: false,
            done: 0,
            total: 0,
            rate: 0.0,
            left: None,
            elapsed: Duration::ZERO,
            cancelling: false,
            outcome: None,
        }
    }
}

impl FlashStatus {
    /// Done of total, 0 to 1; `None` when the step is not counted in bytes.
    pub fn progress(&self) -> Option<f32> {
        (self.total > 0).then(|| (self.done as f64 / self.total as f64).min(1.0) as f32)
    }
}

/// Steps in the order a user sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlashStep {
    /// Bringing the chip into its loader and waiting for its answer.
    Connecting,
    /// The board cannot be reset from here, or does not answer: somebody has to press this. It goes on by itself.
    NeedsHands {
        /// What to press, or which pins.
        help: Sentence,
    },
    /// The loader answers; asking the chip who it is, loading the stub, changing speed.
    Identifying,
    /// Comparing what is on the chip with what would be written.
    Comparing,
    /// Erasing all of the flash, or a region.
    Erasing,
    /// Reading a region into a file.
    Reading,
    /// Writing this part (index into [`FlashStatus::parts`]).
    Writing(usize),
    /// Reading back the MD5 of this part.
    Verifying(usize),
    /// Starting the program.
    Restarting,
    /// Flashing is over: see [`FlashStatus::outcome`].
    Finished,
}

/// A line of the attempt log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Time since flashing began.
    pub at: Duration,
    /// What was tried, or what came of it.
    pub text: String,
}

/// What is known of the chip.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChipInfo {
    /// Which chip it is.
    pub chip: Chip,
    /// The chip's revision, major and minor.
    pub revision: Option<(u32, u32)>,
    /// The chip's MAC address: `7c:df:a1:00:00:01`.
    pub mac: Option<String>,
    /// Bytes of flash.
    pub flash_size: u64,
    /// What it can do, as the chip tells: `WiFi`, `BLE` …
    pub features: Vec<String>,
    /// The board's crystal in MHz; some chips are sold with different ones.
    pub crystal: Option<u32>,
}

/// Who speaks for the chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoaderInfo {
    /// The stub runs; otherwise the ROM's own loader.
    pub stub: bool,
    /// Bits per second of the link; 0 before the first answer.
    pub baud: u32,
}

/// One region of flash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartStatus {
    /// What it is: `bootloader`, `partition table`, `application`, or a file's name.
    pub name: String,
    /// Where it begins.
    pub address: u32,
    /// How many bytes it has.
    pub size: u64,
    /// The label of the partition that begins there, by the table that is written with it.
    pub partition: Option<String>,
    /// How far writing the part is.
    pub state: PartState,
}

/// How far a part is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartState {
    /// Not yet.
    #[default]
    Waiting,
    /// Under way: this many bytes are done.
    Writing(u64),
    /// Written; not yet read back.
    Written,
    /// The part was there already, by MD5.
    Skipped,
    /// The part was written and its MD5 is right.
    Verified,
    /// The part's MD5 is wrong.
    Different,
}

/// How flashing ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashOutcome {
    /// The program runs: it has said something since.
    Running,
    /// The program was started; it has said nothing yet.
    Restarted,
    /// All is written, but nothing could start the program: press RST (EN).
    PressReset,
    /// All is written (or compared); the loader goes on running, as asked.
    InLoader,
}
