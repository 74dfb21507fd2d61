//! Several boards at once: one thread owns each port, and each board has its own progress, its own end and a row of the table.

use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::board::{BoardFault, ChipInfo, FaultKind, FlashSpec};
use espalier_engine::board::ports::{self, SimulatedBoards};
use tokio::task::LocalSet;

use super::flasher::Flasher;
use super::table::aligned;
use super::teller::{Bars, Teller};
use crate::cli::exit::{BadArgument, Exit};
use crate::cli::interrupt::Wishes;
use crate::print::{say, translated};

/// Ports that are flashed at once: each is a thread, and a row that somebody reads.
const MOST: usize = 16;

/// That these names mean boards, each another one.
///
/// # Errors
/// The outer one: a board is named twice, or there are too many. The inner one: a name that means several boards.
pub fn check<S: AsRef<str>>(
    names: &[S],
    simulated: &dyn SimulatedBoards,
) -> Result<Result<(), BoardFault>, BadArgument> {
    if names.len() > MOST {
        return Err(BadArgument(format!("at most {MOST} boards are flashed at once")));
    }
    let mut known: Vec<(PathBuf, &str)> = Vec::new();
    for name in names.iter().map(S::as_ref) {
        let device = match device(name, simulated) {
            Ok(device) => device,
            Err(fault) if fault.kind == FaultKind::Ambiguous => return Ok(Err(fault)),
            // What is not there is told when it is its turn; the others are flashed.
            Err(_) => PathBuf::from(name),
        };
        if let Some((_, before)) = known.iter().find(|(other, _)| *other == device) {
            return Err(BadArgument(format!(
                "{before} and {name} are the same port: name each board once"
            )));
        }
        known.push((device, name));
    }
    Ok(Ok(()))
}

/// What a name leads to, whatever links and names are on the way.
fn device(name: &str, simulated: &dyn SimulatedBoards) -> Result<PathBuf, BoardFault> {
    if simulated.knows(name) {
        return Ok(PathBuf::from(name));
    }
    let port = ports::look_up(name)?.name;
    Ok(std::fs::canonicalize(&port).unwrap_or_else(|_| PathBuf::from(port)))
}

/// How it ended with one board.
#[derive(Debug)]
struct BoardResult {
    port: String,
    chip: Option<ChipInfo>,
    what: String,
    exit: Exit,
}

/// Flashes all of them; how the first one in the order of the arguments ended that failed.
///
/// # Errors
/// The system has no thread left.
pub async fn run(
    names: &[String],
    spec: &FlashSpec,
    simulated: &Arc<dyn SimulatedBoards>,
    wishes: &Wishes,
) -> anyhow::Result<Exit> {
    let bars = Bars::new();
    let mut flashers = Vec::new();
    for name in names {
        let teller = Teller::of(name, &bars);
        flashers.push(Flasher::new(name, simulated.clone(), wishes.clone(), teller)?);
    }
    let local = LocalSet::new();
    let tasks: Vec<_> = names
        .iter()
        .zip(flashers)
        .map(|(name, flasher)| local.spawn_local(one(name.clone(), flasher, spec.clone())))
        .collect();
    let results = local.run_until(async {
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await);
        }
        results
    });
    let mut rows = vec![["port", "chip", "MAC", "result"].map(translated)];
    let mut exit = Exit::Done;
    for result in results.await {
        let result = result?;
        if exit == Exit::Done {
            exit = result.exit;
        }
        rows.push(result.row());
    }
    for line in aligned(&rows, None) {
        say(line);
    }
    Ok(exit)
}

async fn one(port: String, mut flasher: Flasher, spec: FlashSpec) -> BoardResult {
    let ended = match flasher.opened().await {
        Some(over) => Ok(over),
        None => flasher.flash(spec).await,
    };
    let exit = ended.unwrap_or_else(|error| {
        flasher.result = translated(&error);
        flasher.teller.complain(&error);
        Exit::Failed
    });
    let flash = flasher.link.status().flash.clone();
    let chip = flash.and_then(|flash| flash.chip.clone());
    let Flasher { link, result: what, .. } = flasher;
    link.close();
    // The port is free when this program ends; others go on meanwhile.
    tokio::task::spawn_blocking(move || link.wait_closed()).await.ok();
    BoardResult { port, chip, what, exit }
}

impl BoardResult {
    fn row(self) -> [String; 4] {
        let chip = self.chip.as_ref().map(|chip| chip.chip.name().to_owned());
        let mac = self.chip.and_then(|chip| chip.mac);
        [self.port, chip.unwrap_or_default(), mac.unwrap_or_default(), self.what]
    }
}
