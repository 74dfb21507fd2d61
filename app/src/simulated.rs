//! The simulated boards that are always offered: started when their port is opened, kept until the program ends.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use espalier_core::board::{BoardFault, Chip, FaultKind, PortAccess, PortInfo, PortKind};
use espalier_core::say;
use espalier_engine::board::ports::SimulatedBoards;
use espalier_engine::private;
use espalier_engine::workspace::ProgramPaths;
use espalier_simulator::{RunningBoard, Simulator, SimulatorError, SimulatorSpec};
use parking_lot::Mutex;

/// What is offered, likely first.
const CHIPS: [Chip; 3] = [Chip::Esp32C3, Chip::Esp32, Chip::Esp32C6];
const PREFIX: &str = "simulated:";
/// How many there are of each: `simulated:esp32c3`, `simulated:esp32c3:2` and so on.
const OF_EACH: u8 = 16;

/// Where a board's air is: the port to which senders of SmartConfig send.
const AIR: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 7001);

/// The chip in a name, as its slug, and which of its boards is meant.
fn parts(name: &str) -> Option<(&str, u8)> {
    let board = name.strip_prefix(PREFIX)?;
    let Some((slug, number)) = board.split_once(':') else { return Some((board, 1)) };
    let number = number.parse().ok().filter(|number| (2..=OF_EACH).contains(number))?;
    Some((slug, number))
}

/// The name of a board; the first of a chip has no number.
fn name_of(slug: &str, number: u8) -> String {
    match number {
        1 => format!("{PREFIX}{slug}"),
        _ => format!("{PREFIX}{slug}:{number}"),
    }
}

/// The simulated boards of this program.
#[derive(Debug, Default)]
pub struct BoardSimulators {
    /// Where their flash is kept; `None`: they are new at each start.
    state: Option<PathBuf>,
    running: Mutex<BTreeMap<String, RunningBoard>>,
}

impl BoardSimulators {
    /// Boards whose flash is kept beside the user's captures.
    pub fn of_user() -> Self {
        let state = ProgramPaths::of_user().map(|paths| paths.captures.with_file_name("simulated"));
        Self { state, running: Mutex::default() }
    }

    /// The board of this name, if it runs.
    fn with<T>(&self, name: &str, act: impl FnOnce(&RunningBoard) -> T) -> Option<T> {
        self.running.lock().get(name).map(act)
    }
}

impl SimulatedBoards for BoardSimulators {
    fn ports(&self) -> Vec<PortInfo> {
        if Simulator::unavailable().is_some() {
            return Vec::new();
        }
        let running = self.running.lock();
        // Of each chip those that run, and one more to begin with.
        let of_chip = |chip: Chip| {
            let runs = |number: &u8| running.contains_key(&name_of(chip.slug(), *number));
            let last = (1..=OF_EACH).filter(runs).max().unwrap_or_default();
            (1..=(last + 1).min(OF_EACH)).map(move |number| PortInfo {
                name: name_of(chip.slug(), number),
                kind: PortKind::Simulated { chip },
                access: PortAccess::Free,
            })
        };
        CHIPS.into_iter().flat_map(of_chip).collect()
    }

    fn are_possible(&self) -> bool {
        Simulator::unavailable().is_none()
    }

    fn start(&self, name: &str) -> Result<String, BoardFault> {
        if let Some(why) = Simulator::unavailable() {
            let what = say!("told-no-simulator", "There is no simulated board on this system");
            return Err(BoardFault::new(FaultKind::Other, what, why));
        }
        let mut running = self.running.lock();
        if !running.contains_key(name) {
            let parts = parts(name);
            let chip = parts.and_then(|(slug, _)| slug.parse::<espalier_simulator::Chip>().ok());
            let chip = chip.ok_or_else(|| {
                let what = say!("told-not-simulated", "{name} is no simulated board", name = name);
                let kind = FaultKind::Gone;
                BoardFault::new(
                    kind,
                    what,
                    say!(
                        "hint-simulated",
                        "There are simulated:esp32c3, simulated:esp32 and simulated:esp32c6, and more of each with a number behind it (simulated:esp32c3:2)."
                    ),
                )
            })?;
            let mut spec = SimulatorSpec::new(chip);
            spec.announces = true;
            // Of one name and chip, however the chip is spelled; `:` is no sign for a file.
            let folder = name.strip_prefix(PREFIX).unwrap_or_default().replace(':', "-");
            spec.state = self.state.as_ref().map(|state| state.join(folder));
            // The flash holds the networks' passwords. What cannot be closed to others is told by the start, if at all.
            if let Some(folder) = &spec.state
                && let Err(error) = private::own_folder(folder)
            {
                tracing::warn!(%error, folder = %folder.display(), "no folder for a simulated board");
            }
            let state = spec.state.clone();
            // The first board to run hears SmartConfig; the others of this computer do without.
            spec.air = Some(AIR);
            let board = match Simulator::start(spec.clone()) {
                Err(SimulatorError::Air { .. }) => {
                    Simulator::start(SimulatorSpec { air: None, ..spec })
                }
                started => started,
            };
            let board = board.map_err(|error| {
                let what = say!(
                    "told-simulator-failed",
                    "The simulated board cannot be started: {error}",
                    error = error,
                );
                let (kind, hint) = match error {
                    SimulatorError::StateBusy { .. } => (
                        FaultKind::Busy,
                        say!(
                            "hint-simulator-busy",
                            "It runs in another window of this program: close that one, or choose another board."
                        ),
                    ),
                    _ => (
                        FaultKind::Other,
                        say!("hint-simulator-failed", "See to that, then open the port again."),
                    ),
                };
                BoardFault::new(kind, what, hint)
            })?;
            let files = state.iter().flat_map(|folder| folder.read_dir().into_iter().flatten());
            files.flatten().for_each(|file| private::narrow(&file.path()));
            running.insert(name.to_owned(), board);
        }
        let path = running.get(name).map(|board| board.path()).unwrap_or_default();
        Ok(path.to_string_lossy().into_owned())
    }

    fn press(&self, name: &str, boot: bool) -> bool {
        let press = |board: &RunningBoard| {
            if boot { board.enter_download_mode() } else { board.press_en() }
        };
        self.with(name, press).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offered_boards_can_be_started_and_others_are_refused() {
        let boards = BoardSimulators::default();
        if let Some(why) = Simulator::unavailable() {
            eprintln!("SKIPPED: {why}");
            return;
        }
        let name = &boards.ports()[0].name;
        assert!(!boards.press(name, false));
        let path = boards.start(name).unwrap();
        assert_eq!(boards.start(name), Ok(path));
        assert!(boards.press(name, true));
        assert!(boards.start("simulated:toaster").is_err());
    }

    #[test]
    fn of_each_chip_there_is_one_more_than_run() {
        let boards = BoardSimulators::default();
        if let Some(why) = Simulator::unavailable() {
            eprintln!("SKIPPED: {why}");
            return;
        }
        let names = || {
            let of_c3 = |port: &PortInfo| port.name.starts_with("simulated:esp32c3");
            let ports = boards.ports().into_iter().filter(of_c3);
            ports.map(|port| port.name).collect::<Vec<_>>()
        };
        assert_eq!(names(), ["simulated:esp32c3"]);
        let first = boards.start("simulated:esp32c3").unwrap();
        assert_eq!(names(), ["simulated:esp32c3", "simulated:esp32c3:2"]);
        assert_ne!(boards.start("simulated:esp32c3:2").unwrap(), first, "another board");
        assert_eq!(names().len(), 3);
        for wrong in ["simulated:esp32c3:1", "simulated:esp32c3:17", "simulated:esp32c3:x"] {
            assert_eq!(boards.start(wrong).unwrap_err().kind, FaultKind::Gone, "{wrong}");
        }
    }
}
