//! How long a new user waits: from a bare simulated board to the first echoed byte, by the same calls as the window's.
//!
//! Run with `cargo bench -p espalier-engine --bench first_echo`. The simulated line is as fast as the computer; a real board
//! adds the time its serial speed and its flash need.

#[cfg(unix)]
fn main() {
    measured::main();
}

#[cfg(not(unix))]
fn main() {
    println!("there is no simulated board on this system");
}

#[cfg(unix)]
mod measured {
    use std::time::{Duration, Instant};

    use espalier_core::backend::prelude::*;
    use espalier_core::backend::{PeerSelector, SessionCommand};
    use espalier_core::board::{BoardCommand, ProvisionRequest, ProvisionStep, Secret};
    use espalier_core::session::{
        SerialSpec, SessionId, SessionSpec, SessionState, TcpClientSpec, TransportSpec,
    };
    use espalier_engine::Engine;
    use espalier_simulator::{Chip, Simulator, SimulatorSpec};

    const ROUNDS: usize = 5;
    /// Nothing takes this long; a benchmark that would is told, not waited for.
    const LONGEST: Duration = Duration::from_secs(120);

    pub fn main() {
        let mut first: Vec<Duration> = (0..ROUNDS).map(|_| bare_board()).collect();
        first.sort_unstable();
        println!("launch to first echoed byte, bare board, {ROUNDS} rounds:");
        println!(
            "  median {:.2?}, from {:.2?} to {:.2?}",
            first[ROUNDS / 2],
            first[0],
            first[ROUNDS - 1]
        );
    }

    /// One round; prints what each part of the way took.
    fn bare_board() -> Duration {
        let launch = Instant::now();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let engine = Engine::new(&folder.path().join("captures")).expect("an engine");
        let board = Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).expect("a board");
        let port = board.path().to_string_lossy().into_owned();
        let id = engine.open(SessionSpec::new(TransportSpec::Serial(SerialSpec::new(port))));
        wait("an open port", || is(&engine, id, |state| *state == SessionState::Open));
        let network = Some(("Simulated-WPA".to_owned(), Secret("espalier".to_owned())));
        engine
            .board_command(
                id,
                BoardCommand::Provision(ProvisionRequest { network, may_flash: true }),
            )
            .expect("a serial session");
        let mut steps = Vec::new();
        let address = wait("the way", || {
            let status = engine.provision_status(id)?;
            if steps.last().is_none_or(|(step, _)| *step != status.step) {
                steps.push((status.step, launch.elapsed()));
            }
            status.outcome.clone()
        });
        let address = address.expect("the way succeeds");
        let spec = TcpClientSpec::new(address.ip().to_string(), address.port());
        let client = engine.open(SessionSpec::new(TransportSpec::TcpClient(spec)));
        let connected = |state: &SessionState| matches!(state, SessionState::Connected(_));
        wait("a connection", || is(&engine, client, connected));
        steps.push((ProvisionStep::Conversation, launch.elapsed()));
        let bytes = b"!".as_slice().into();
        engine
            .command(client, SessionCommand::Send { to: PeerSelector::All, bytes })
            .expect("room");
        wait("the echo", || (engine.status(client)?.integrity.received_bytes > 0).then_some(()));
        let all = launch.elapsed();
        let parts = steps.iter().map(|(step, at)| format!("{step:?} {at:.2?}"));
        println!("{all:.2?}: {}", parts.collect::<Vec<_>>().join(", "));
        all
    }

    fn is(engine: &Engine, id: SessionId, such: impl Fn(&SessionState) -> bool) -> Option<()> {
        such(&engine.session(id)?.state()).then_some(())
    }

    fn wait<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = find() {
                return found;
            }
            assert!(start.elapsed() < LONGEST, "{what} did not come");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
