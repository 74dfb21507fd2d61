//! `espalier simulate`: a board that is not there.

use std::io::{self, BufRead as _, Read as _};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use espalier_simulator::{Chip, Crash, Faults, RunningBoard, Simulator, SimulatorSpec};

use super::exit::Exit;
use super::interrupt::Interrupts;
use crate::print::{complain, line};

/// Longer lines on stdin are looked at in pieces.
const LONGEST_LINE: u64 = 4096;
/// How often the board is looked at: whether it still runs, and where its port is.
const LOOK: Duration = Duration::from_millis(200);

/// Be an ESP32 on a serial port of its own
///
/// Prints `ready PORT` as soon as the port can be opened, and again if it moves. The port can be
/// flashed by espalier, esptool and espflash, without modem lines. Lines on stdin are what hands
/// would do: reset, download (reset with BOOT held), unplug, plug, near, far (the access points come
/// within range, go out of it), lease IP (the address at the next join), crash
/// panic|watchdog|brown-out, fault FAULTS.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The chip: esp32, esp32s2, esp32s3, esp32c2, esp32c3 or esp32c6
    #[arg(long, value_name = "CHIP", default_value = "esp32c3")]
    chip: Chip,
    /// A symbolic link to the port, made anew at each start
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
    /// Folder of the board's flash; without it the board is new, and gone at the end
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Where the board's TCP port appears on this computer; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))]
    listen: SocketAddrV4,
    /// Where the board's port for updates appears on this computer; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))]
    ota: SocketAddrV4,
    /// Where the air around the board is on this computer: UDP datagrams to it are heard as SmartConfig's
    #[arg(long, value_name = "ADDR:PORT")]
    air: Option<SocketAddrV4>,
    /// What goes wrong, such as bad-md5=1,vanish-after=100000,vanish-for=2
    #[arg(long, value_name = "FAULTS", default_value_t)]
    faults: Faults,
    /// Seed of noise and of a new board's MAC address; 0 leaves the address to chance
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Ignore SYNC outside of the loader, as a board without the auto-reset circuit does
    #[arg(long)]
    no_auto_reset: bool,
}

/// What a line on stdin asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ManualAction {
    Reset,
    Download,
    Unplug,
    Plug,
    Range(bool),
    Lease(Ipv4Addr),
    Fault(Faults),
    Crash(Crash),
}

impl ManualAction {
    fn parse(line: &str) -> Option<Self> {
        Some(match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["reset"] => Self::Reset,
            ["download"] => Self::Download,
            ["unplug"] => Self::Unplug,
            ["plug"] => Self::Plug,
            ["near"] => Self::Range(true),
            ["far"] => Self::Range(false),
            ["lease", ip] => Self::Lease(ip.parse().ok()?),
            ["fault"] => Self::Fault(Faults::default()),
            ["crash", crash] => Self::Crash(crash.parse().ok()?),
            ["fault", faults] => Self::Fault(faults.parse().ok()?),
            _ => return None,
        })
    }

    fn apply(self, board: &RunningBoard) {
        match self {
            Self::Reset => board.press_en(),
            Self::Download => board.enter_download_mode(),
            Self::Unplug => board.unplug(),
            Self::Plug => board.plug_in(),
            Self::Range(in_range) => board.set_in_range(in_range),
            Self::Lease(ip) => board.set_lease(ip),
            Self::Fault(faults) => board.set_faults(faults),
            Self::Crash(crash) => board.crash(crash),
        }
    }
}

/// Runs the board until the program is told to end.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    let Args { chip, link, state, listen, ota, air, faults, seed, no_auto_reset } = args;
    let mut spec = SimulatorSpec::new(chip);
    spec.announces = true;
    spec.link = link;
    spec.state = state;
    spec.listen = listen;
    spec.ota = ota;
    spec.air = air;
    spec.faults = faults;
    spec.seed = seed;
    spec.auto_reset = !no_auto_reset;
    let board = Arc::new(Simulator::start(spec)?);

    let hands = Arc::downgrade(&board);
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut stdin = io::stdin().lock();
            let mut line = Vec::new();
            while stdin
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .is_ok_and(|it| it > 0)
            {
                let text = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
                let line = text.trim_end();
                let Some(board) = hands.upgrade() else { return };
                match ManualAction::parse(line) {
                    Some(hand) => hand.apply(&board),
                    None if line.trim().is_empty() => {}
                    None => {
                        complain(format_args!("{line:?} is nothing that can be done to the board"))
                    }
                }
            }
        })
        .context("the thread that reads stdin cannot be started")?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(watch(&board))
}

/// Tells where the port is; ends with the board or when asked to.
async fn watch(board: &RunningBoard) -> anyhow::Result<Exit> {
    let mut printed = PathBuf::new();
    // Hanging up counts too: the link to the port is to be taken away in every case.
    let mut end = Interrupts::heard(&tokio::runtime::Handle::current()).and_hanging_up();
    loop {
        let path = board.path();
        if path != printed {
            line(format_args!("ready {}", path.display()))?;
            printed = path;
        }
        if let Some(failure) = board.status().failure {
            anyhow::bail!("the simulated board has stopped: {failure}");
        }
        tokio::select! {
            () = end.next() => return Ok(Exit::Done),
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_do_what_a_line_says() {
        assert_eq!(ManualAction::parse(" reset "), Some(ManualAction::Reset));
        assert_eq!(
            ManualAction::parse("lease 127.0.0.2"),
            Some(ManualAction::Lease(Ipv4Addr::new(127, 0, 0, 2)))
        );
        let fault = Faults { bad_md5: 2, ..Faults::default() };
        assert_eq!(ManualAction::parse("fault bad-md5=2"), Some(ManualAction::Fault(fault)));
        assert_eq!(ManualAction::parse("fault"), Some(ManualAction::Fault(Faults::default())));
        assert_eq!(
            ManualAction::parse("crash brown-out"),
            Some(ManualAction::Crash(Crash::BrownOut))
        );
        assert_eq!(ManualAction::parse("fault on-fire=1"), None);
        assert_eq!(ManualAction::parse("lease nowhere"), None);
    }
}
