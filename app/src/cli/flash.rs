//! `espalier flash`: a program onto a board, by the same link that the window uses.

pub mod progress;
mod table;
mod watch;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use espalier_core::board::{
    AfterFlash, BeforeFlash, BoardCommand, BoardFault, BoardRefusal, Chip, FlashAction, FlashFile,
    FlashOutcome, FlashSource, FlashSpec, FlashStatus,
};
use espalier_core::session::SerialSpec;
use espalier_engine::board::build::{self, BuildWatch};
use espalier_engine::board::link::Link;

use super::exit::Exit;
use super::interrupt::Interrupts;
use super::options;
use super::port::{LinkEvent, LinkEvents};
use crate::print::{DataOutput, complain, tell as tell_line, tell_more};
use crate::simulated::BoardSimulators;
use progress::ProgressPrinter;
use table::PartsTable;

/// How long the program may take to say its first word.
const FIRST_WORD: Duration = Duration::from_secs(4);

/// Write a program to an ESP32 board
///
/// PATH is what another tool has built: ESP-IDF's build folder, Arduino's export, .pio/build/ENV of PlatformIO, the
/// project above one of them, an ELF, a .bin, flash_args, or manifest.json of ESP Web Tools.
///
/// Without PATH and --image it is the firmware that comes with Espalier, chosen by the chip that answers. What is on the
/// board already is not written again; settings stay unless --erase is given. Ctrl-C stops at the next block and leaves
/// the chip in its loader.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// What was built: a folder or a file
    #[arg(value_name = "PATH", conflicts_with = "image")]
    path: Option<PathBuf>,
    /// The port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT")]
    port: String,
    /// Refuse any other chip
    #[arg(long, value_name = "CHIP")]
    chip: Option<Chip>,
    /// What to write: an ELF, a merged image, or a binary, whose place the partition table tells, or ADDRESS:FILE; may be given several times
    #[arg(long, value_name = "FILE", num_args = 1.., value_parser = image)]
    image: Vec<FlashFile>,
    /// Erase all of the flash first: settings are lost
    #[arg(long, conflicts_with = "verify_only")]
    erase: bool,
    /// Write nothing, only compare
    #[arg(long)]
    verify_only: bool,
    /// Write a merged image as it is, padding included: settings are lost; else its parts are written, and settings stay
    #[arg(long)]
    whole: bool,
    /// Write what is refused because it is not where it belongs, or could not start
    #[arg(long)]
    force: bool,
    /// Write nothing, only show what would be written where
    #[arg(long, conflicts_with_all = ["erase", "verify_only"])]
    dry_run: bool,
    /// Go on: what the board says goes to stdout, and whenever PATH was built again it is flashed again; Ctrl-C ends
    #[arg(long, requires = "path", conflicts_with_all = ["verify_only", "dry_run", "erase"])]
    watch: bool,
    /// The fastest speed to try; slower ones follow when it fails
    #[arg(long, value_name = "N", default_value_t = FlashSpec::BAUD, value_parser = clap::value_parser!(u32).range(9600..=5_000_000))]
    baud: u32,
    /// How the chip gets into its loader
    #[arg(long, value_enum, default_value_t = Before::Default)]
    before: Before,
    /// How the program is started afterwards
    #[arg(long, value_enum, default_value_t = After::Default)]
    after: After,
    /// How long to wait for the loader's answer, for somebody to press the buttons
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = options::duration)]
    wait: Duration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Before {
    /// By DTR and RTS where the port has them, else by hand
    Default,
    /// Not at all: a loader runs already, or somebody presses the buttons
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum After {
    /// By RTS where the port has it, else as with `soft`
    Default,
    /// Not at all: the loader goes on running
    None,
    /// The loader is asked to start the program
    Soft,
}

/// Reads `[ADDRESS:]FILE`.
fn image(text: &str) -> Result<FlashFile, String> {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    let addressed = text.split_once(':').and_then(|(address, file)| Some((number(address)?, file)));
    let (address, path) = addressed.map_or((None, text), |(address, file)| (Some(address), file));
    if path.is_empty() {
        return Err("FILE or ADDRESS:FILE is needed, such as 0x10000:program.bin".to_owned());
    }
    Ok(FlashFile { path: PathBuf::from(path), address })
}

impl Args {
    fn spec(&self) -> FlashSpec {
        let source = match (&self.path, self.image.as_slice()) {
            (Some(path), _) => FlashSource::Build(path.clone()),
            (None, []) => FlashSource::Bundled,
            (None, files) => FlashSource::Files(files.to_vec()),
        };
        FlashSpec {
            source,
            action: match (self.erase, self.verify_only, self.dry_run) {
                (true, ..) => FlashAction::EraseFirst,
                (_, true, _) => FlashAction::VerifyOnly,
                (_, _, true) => FlashAction::DryRun,
                _ => FlashAction::Install,
            },
            chip: self.chip,
            baud: self.baud,
            before: match self.before {
                Before::Default => BeforeFlash::Auto,
                Before::None => BeforeFlash::None,
            },
            after: match self.after {
                After::Default => AfterFlash::Auto,
                After::None => AfterFlash::None,
                After::Soft => AfterFlash::Soft,
            },
            patience: self.wait,
            force: self.force,
            whole: self.whole,
        }
    }
}

/// Flashes.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut watch = None;
    if let Some(path) = &args.path {
        // What cannot be flashed is told before the board is disturbed.
        match build::find_one(path) {
            Ok(build) => {
                table::found(&build);
                watch = args.watch.then(|| BuildWatch::new(&build));
            }
            Err(fault) => return Ok(failed(&fault)),
        }
    }
    let (sink, events) = LinkEvents::new();
    let link = Link::open(SerialSpec::new(&args.port), Arc::new(BoardSimulators::of_user()), sink)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(async {
        let interrupts = Interrupts::heard(&tokio::runtime::Handle::current());
        let mut flasher = Flasher { link: &link, events, interrupts, out: None };
        if let Some(over) = flasher.opened().await {
            return Ok(over);
        }
        match watch {
            Some(watch) => watch::run(flasher, args.spec(), watch).await,
            None => flasher.flash(args.spec()).await,
        }
    });
    link.close();
    link.wait_closed();
    exit
}

/// A link, and what is heard meanwhile.
struct Flasher<'l> {
    link: &'l Link,
    events: LinkEvents,
    interrupts: Interrupts,
    /// Where goes what the board says; nowhere, where nobody asked for it.
    out: Option<DataOutput>,
}

impl Flasher<'_> {
    /// Waits until the port is open; how it ends when it cannot be.
    async fn opened(&mut self) -> Option<Exit> {
        loop {
            match self.events.next().await {
                LinkEvent::Opened { .. } => return None,
                // For a script, a port that is not there is an answer, not something to wait for.
                LinkEvent::Waiting(fault) => return Some(failed(&fault)),
                LinkEvent::Ended { reason, detail } => {
                    complain(detail);
                    return Some(Exit::of(reason));
                }
                _ => {}
            }
        }
    }

    /// Flashes once.
    async fn flash(&mut self, spec: FlashSpec) -> anyhow::Result<Exit> {
        let looked_only = spec.action == FlashAction::DryRun;
        match self.link.command(BoardCommand::Flash(Box::new(spec))) {
            // Why, is heard below.
            Ok(()) | Err(BoardRefusal::Closed) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        let mut progress = ProgressPrinter::new();
        let mut table = PartsTable::default();
        let mut ended = None;
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        // How the last one ended is there until this one begins.
        let before = self.link.status().flash.clone();
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                // Heard out, so that the link never waits for us.
                told = self.events.next() => if let Some(over) = self.hear(told)? {
                    progress.finish();
                    return Ok(over);
                },
                () = self.interrupts.next() => {
                    self.link.command(BoardCommand::CancelFlash)?;
                }
            }
            let Some(status) = self.link.status().flash.clone() else { continue };
            if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, &status)) {
                continue;
            }
            table.show(&status);
            progress.show(&status);
            let Some(outcome) = &status.outcome else { continue };
            let since = *ended.get_or_insert_with(std::time::Instant::now);
            match outcome {
                // What is on the board was there before: nobody waits for its words.
                Ok(FlashOutcome::Restarted | FlashOutcome::Running) if looked_only => {
                    progress.finish();
                    tell_line("the board was started again with what it had");
                    return Ok(Exit::Done);
                }
                Ok(FlashOutcome::Restarted) if since.elapsed() < FIRST_WORD => {}
                _ => {
                    progress.finish();
                    return Ok(tell(&status, outcome));
                }
            }
        }
    }

    /// What the link tells while something else is waited for; how it ends when it is over.
    fn hear(&mut self, told: LinkEvent) -> anyhow::Result<Option<Exit>> {
        match told {
            LinkEvent::Received { bytes, .. } => {
                if let Some(out) = &mut self.out {
                    out.write_all(&bytes)?;
                }
            }
            LinkEvent::Ended { reason, detail } => {
                complain(detail);
                return Ok(Some(Exit::of(reason)));
            }
            _ => {}
        }
        Ok(None)
    }
}

fn tell(status: &FlashStatus, outcome: &Result<FlashOutcome, BoardFault>) -> Exit {
    let what = match outcome {
        Ok(FlashOutcome::Running) => "the program runs",
        Ok(FlashOutcome::Restarted) => "the program was started; it has said nothing yet",
        Ok(FlashOutcome::PressReset) => "all is written; press RST (EN) to start the program",
        Ok(FlashOutcome::InLoader) => "done; the loader goes on running",
        Err(fault) => return failed(fault),
    };
    tell_line(format_args!("{what} ({:.1} s)", status.elapsed.as_secs_f64()));
    Exit::Done
}

/// Says why it failed.
pub fn failed(fault: &BoardFault) -> Exit {
    complain(fault);
    tell_more(&fault.detail);
    tell_more(&fault.hint);
    Exit::of_board(fault.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_addresses_or_none() {
        let read = |text| image(text).map(|file| (file.address, file.path));
        assert_eq!(read("0x10000:a.bin"), Ok((Some(0x1_0000), PathBuf::from("a.bin"))));
        assert_eq!(read("4096:a.bin"), Ok((Some(4096), PathBuf::from("a.bin"))));
        assert_eq!(read("a.elf"), Ok((None, PathBuf::from("a.elf"))));
        assert_eq!(read(r"C:\a.bin"), Ok((None, PathBuf::from(r"C:\a.bin"))));
        assert!(read("0x10:").is_err());
    }
}
