//! `espalier go`: from a bare board to a server that answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args as ClapArgs;
use espalier_core::board::{ProvisionStep, Secret};
use espalier_engine::provision::{BoardLink, ProvisionSpec, provision_board};

use super::exit::Exit;
use super::flash::progress::ProgressPrinter;
use super::flash::teller::Teller;
use super::network::NetworkArgs;
use super::open_board::{OpenBoard, tell};
use super::options;

/// How often flashing is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Go the whole way with a board: flash it when needed, join the network, print ADDR:PORT of its server
///
/// A board that runs the firmware of Espalier already keeps it, unless it is an older version: that is updated, and its
/// settings stay. One that is online in that network already is not told the password again. Progress goes to stderr; stdout gets the one line with the address. Ctrl-C ends it, while
/// flashing at the next block.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT")]
    port: String,
    /// The 2.4 GHz network to join; without it, the one that the board knows
    #[arg(long, value_name = "NAME")]
    ssid: Option<String>,
    #[command(flatten)]
    network: NetworkArgs,
    /// Flash nothing: a board that runs another program is told by the exit code, an older version of ours is used as it is
    #[arg(long)]
    no_flash: bool,
    /// Give up after this long
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = options::duration)]
    wait: Duration,
}

/// Goes the whole way.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let password = match &args.ssid {
        Some(ssid) => args.network.password(ssid)?,
        None => Secret::default(),
    };
    let mut board = match OpenBoard::open(&args.port)? {
        Ok(board) => board,
        Err(not_open) => return Ok(not_open.tell(&args.port)),
    };
    let spec = ProvisionSpec {
        network: args.ssid.as_deref().map(|ssid| (ssid, password.0.as_str())),
        may_flash: !args.no_flash,
    };
    let link = board.session.clone();
    let (console, patience) = board.within(args.wait);
    let gone = with_progress(&link.clone(), || {
        provision_board(console, &link, spec, patience, |step| crate::print::tell(words(step)))
    });
    match gone {
        Ok(address) => {
            if let Some(ssid) = &args.ssid {
                args.network.joined(ssid, &password);
            }
            crate::print::line(address)?;
            Ok(Exit::Done)
        }
        Err(fault) => Ok(tell(&fault)),
    }
}

/// Shows how flashing goes meanwhile, and what somebody has to press for it.
fn with_progress<T>(link: &(dyn BoardLink + Sync), run: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = || {
            let mut progress = ProgressPrinter::new(Teller::alone());
            while !done.load(Ordering::Relaxed) {
                if let Some(status) = &link.status().flash {
                    progress.show(status);
                }
                std::thread::sleep(LOOK);
            }
            progress.finish();
        };
        // Without a thread for it there is no progress to see; the way is the same.
        let watched =
            std::thread::Builder::new().name("progress".to_owned()).spawn_scoped(scope, watch);
        let result = run();
        done.store(true, Ordering::Relaxed);
        drop(watched);
        result
    })
}

const fn words(step: ProvisionStep) -> &'static str {
    match step {
        ProvisionStep::Port => "opening the port…",
        ProvisionStep::Firmware => "looking at the firmware, flashing or updating it when needed…",
        ProvisionStep::Wifi => "joining the network…",
        ProvisionStep::Address => "waiting for an address…",
        ProvisionStep::Server => "waiting for the server…",
        ProvisionStep::Conversation => "connecting…",
    }
}
