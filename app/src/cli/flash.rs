//! `espalier flash`: a program onto a board, by the same link that the window uses.

mod flasher;
pub mod progress;
mod several;
mod table;
pub mod teller;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args as ClapArgs;
use espalier_core::board::{
    BoardFault, FlashAction, FlashFile, FlashSpec, FlashStatus, parse_address,
};
use espalier_engine::board::build::{self, BuildWatch};
use espalier_engine::board::ports::SimulatedBoards;

use super::exit::{BadArgument, Exit};
use super::interrupt::{Interrupts, Wishes};
use super::loader_args::LoaderArgs;
use crate::simulated::BoardSimulators;
use flasher::Flasher;
use teller::Teller;

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
    /// The port: a name from `espalier ports`, or a path; several times: all of these boards at once
    #[arg(long = "port", value_name = "PORT", required = true)]
    ports: Vec<String>,
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
    #[command(flatten)]
    loader: LoaderArgs,
}

/// Reads `[ADDRESS:]FILE`.
fn image(text: &str) -> Result<FlashFile, String> {
    let split = text.split_once(':');
    let addressed = split.and_then(|(address, file)| Some((parse_address(address)?, file)));
    let (address, path) = addressed.map_or((None, text), |(address, file)| (Some(address), file));
    if path.is_empty() {
        return Err("FILE or ADDRESS:FILE is needed, such as 0x10000:program.bin".to_owned());
    }
    Ok(FlashFile { path: PathBuf::from(path), address })
}

impl Args {
    fn spec(&self) -> FlashSpec {
        let spec = match (&self.path, self.image.as_slice()) {
            (Some(path), _) => FlashSpec::build(path.clone()),
            (None, []) => FlashSpec::bundled(),
            (None, files) => FlashSpec::files(files.to_vec()),
        };
        self.loader.fill(FlashSpec {
            action: match (self.erase, self.verify_only, self.dry_run) {
                (true, ..) => FlashAction::EraseFirst,
                (_, true, _) => FlashAction::VerifyOnly,
                (_, _, true) => FlashAction::DryRun,
                _ => FlashAction::Install,
            },
            force: self.force,
            whole: self.whole,
            ..spec
        })
    }
}

/// Flashes.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    if args.watch && args.ports.len() > 1 {
        let why = "--watch goes with one --port: run it once for each board";
        return Err(BadArgument(why.to_owned()).into());
    }
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
    let simulated: Arc<dyn SimulatedBoards> = Arc::new(BoardSimulators::of_user());
    if let Some(refused) = refused(&args.ports, &*simulated)? {
        return Ok(refused);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let wishes = Interrupts::heard(&tokio::runtime::Handle::current()).for_all();
        match args.ports.as_slice() {
            [port] => one(port, args.spec(), watch, simulated, wishes).await.map(|(exit, _)| exit),
            ports => several::run(ports, &args.spec(), &simulated, &wishes).await,
        }
    })
}

/// How it ends at once where these names do not mean boards, each another one.
///
/// # Errors
/// A board is named twice, or there are too many.
pub fn refused<S: AsRef<str>>(
    ports: &[S],
    simulated: &dyn SimulatedBoards,
) -> Result<Option<Exit>, BadArgument> {
    Ok(several::check(ports, simulated)?.err().map(|fault| failed(&fault)))
}

/// Has the board at a port do this; how it ended, and the last that was seen of it.
///
/// # Errors
/// As for [`Flasher::flash`].
pub fn perform(port: &str, spec: FlashSpec) -> anyhow::Result<(Exit, Option<Arc<FlashStatus>>)> {
    let simulated: Arc<dyn SimulatedBoards> = Arc::new(BoardSimulators::of_user());
    if let Some(refused) = refused(&[port], &*simulated)? {
        return Ok((refused, None));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let wishes = Interrupts::heard(&tokio::runtime::Handle::current()).for_all();
        one(port, spec, None, simulated, wishes).await
    })
}

/// Flashes the only board.
async fn one(
    port: &str,
    spec: FlashSpec,
    watch: Option<BuildWatch>,
    simulated: Arc<dyn SimulatedBoards>,
    wishes: Wishes,
) -> anyhow::Result<(Exit, Option<Arc<FlashStatus>>)> {
    let mut flasher = Flasher::new(port, simulated, wishes, Teller::alone())?;
    let exit = match (flasher.opened().await, watch) {
        (Some(over), _) => Ok(over),
        (None, Some(watch)) => watch::run(&mut flasher, spec, watch).await,
        (None, None) => flasher.flash(spec).await,
    };
    let status = flasher.link.status().flash.clone();
    flasher.link.close();
    flasher.link.wait_closed();
    Ok((exit?, status))
}

/// Says why it failed.
pub fn failed(fault: &BoardFault) -> Exit {
    Teller::alone().failed(fault)
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
        assert_eq!(read("0x+8:a.bin"), Ok((None, PathBuf::from("0x+8:a.bin"))));
        assert!(read("0x10:").is_err());
    }
}
