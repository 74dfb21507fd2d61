//! How long a link takes to have its board back: from the port's return to the open port. The aim is 300 ms.
//!
//! `cargo bench -p espalier-engine --bench replug`. Once by the port's path, and once by the board's identity on USB, under
//! another name each time; the system's part is played by the preloaded shim of the program's tests.

fn main() {
    #[cfg(target_os = "linux")]
    measured::main();
    #[cfg(not(target_os = "linux"))]
    println!("SKIPPED: the ports of this system cannot be played");
}

#[cfg(target_os = "linux")]
#[allow(dead_code, clippy::unwrap_used, reason = "it is the tests', which use more of it")]
#[path = "../../tests/it/board/shims.rs"]
mod shims;

#[cfg(target_os = "linux")]
mod measured {
    use std::path::Path;
    use std::process::Command;
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::{Duration, Instant};

    use espalier_core::Timestamp;
    use espalier_core::board::{BoardFault, LinkState};
    use espalier_core::session::{EndReason, SerialSpec, SessionEvent};
    use espalier_engine::board::link::{Link, LinkSink};
    use espalier_engine::board::ports::NoSimulatedBoards;
    use espalier_simulator::{Chip, RunningBoard, Simulator, SimulatorSpec};

    use super::shims::{System, Usb};

    const ROUNDS: usize = 40;
    const LONGEST: Duration = Duration::from_secs(60);
    const ESP: Usb<'_> =
        Usb { vid: "303a", pid: "1001", serial: "7C:DF", product: "JTAG", socket: "1-1" };
    /// Set in the process that has the shim.
    const FOLDER: &str = "ESPALIER_BENCH_FOLDER";

    /// Tells when a port was opened.
    struct Opened(SyncSender<Instant>);

    impl LinkSink for Opened {
        fn opened(&mut self, _at: Timestamp, _port: &str, _baud: u32) {
            self.0.send(Instant::now()).ok();
        }
        fn received(&mut self, _at: Timestamp, _bytes: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn sent(&mut self, _at: Timestamp, _bytes: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn event(&mut self, _at: Timestamp, _event: SessionEvent) {}
        fn waiting(&mut self, _at: Timestamp, _fault: &BoardFault) {}
        fn ended(&mut self, _at: Timestamp, _reason: EndReason, _detail: &str) {}
        fn symbols(
            &mut self,
            _elf: Option<&std::path::Path>,
            _board: Option<&espalier_core::board::UsbIdentity>,
        ) {
        }

        fn changed(&mut self) {}
    }

    pub fn main() {
        if let Some(folder) = std::env::var_os(FOLDER) {
            return by_identity(Path::new(&folder));
        }
        by_path();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let Some(system) = System::new(folder.path()) else { return };
        let mut again = Command::new(std::env::current_exe().expect("this program"));
        system.show(again.env(FOLDER, folder.path()));
        assert!(again.status().expect("this program again").success());
    }

    fn by_path() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut spec = SimulatorSpec::new(Chip::Esp32c3);
        spec.link = Some(folder.path().join("port"));
        let board = Simulator::start(spec).expect("a board");
        let path = folder.path().join("port");
        let (link, opened) = open(path.to_str().expect("a path"));
        measure("by its path", || {
            board.unplug();
            away(&link);
            let back = Instant::now();
            board.plug_in();
            opened.recv_timeout(LONGEST).expect("an open port") - back
        });
    }

    fn by_identity(folder: &Path) {
        let system = System::new(folder).expect("a shim, as before");
        let board = Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).expect("a board");
        let mut names = (0..).map(|number| format!("ttyACM{number}"));
        let mut name = names.next().expect("a name");
        system.plug_in(&name, ESP, &board.path());
        let (link, opened) = open(&format!("/dev/{name}"));
        measure("by what it is, under another name", || {
            board.unplug();
            system.unplug(&name);
            away(&link);
            board.plug_in();
            let path = powered(&board);
            name = names.next().expect("a name");
            let back = Instant::now();
            system.plug_in(&name, ESP, &path);
            opened.recv_timeout(LONGEST).expect("an open port") - back
        });
    }

    fn open(port: &str) -> (Link, Receiver<Instant>) {
        let (tell, opened) = sync_channel(16);
        let spec = SerialSpec::new(port);
        let link = Link::open(spec, Arc::new(NoSimulatedBoards), Box::new(Opened(tell)));
        let link = link.expect("a link");
        opened.recv_timeout(LONGEST).expect("an open port");
        (link, opened)
    }

    /// Waits until the link misses its board, and a while that is never the same.
    fn away(link: &Link) {
        let since = Instant::now();
        while link.status().link != LinkState::Away {
            assert!(since.elapsed() < LONGEST, "the board is not missed");
            std::thread::sleep(Duration::from_millis(1));
        }
        let nanos = u64::from(since.elapsed().subsec_nanos());
        std::thread::sleep(Duration::from_micros(nanos % 70_000));
    }

    fn powered(board: &RunningBoard) -> std::path::PathBuf {
        let since = Instant::now();
        while board.status().mode == espalier_simulator::Mode::Unplugged {
            assert!(since.elapsed() < LONGEST, "the board has no port");
            std::thread::sleep(Duration::from_millis(1));
        }
        board.path()
    }

    fn measure(what: &str, round: impl FnMut() -> Duration) {
        let mut times: Vec<Duration> = std::iter::repeat_with(round).take(ROUNDS).collect();
        times.sort_unstable();
        let (median, worst) = (times[ROUNDS / 2], times[ROUNDS - 1]);
        println!("open again {what}, {ROUNDS} times: median {median:.1?}, worst {worst:.1?}");
    }
}
