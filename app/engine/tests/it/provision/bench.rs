//! A simulated board and the serial session it hangs on.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use espalier_core::Direction;
use espalier_core::backend::SessionCommand;
use espalier_core::backend::prelude::*;
use espalier_core::board::ServiceState;
use espalier_core::board::{
    AppDescription, BoardCommand, BoardStatus, ProvisionFault, ProvisionRequest, Secret,
};
use espalier_core::session::{
    Reconnect, SerialSpec, SessionEvent, SessionId, SessionSpec, SessionState, TcpClientSpec,
    TransportSpec,
};
use espalier_engine::session::Session;
use espalier_simulator::{Chip, RunningBoard, Simulator, SimulatorSpec};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::rig::{Rig, captured, events, send, until};

/// The simulated networks, and the password of the second.
pub const OPEN: &str = "Simulated";
pub const LOCKED: &str = "Simulated-WPA";
pub const PASSWORD: &str = "espalier";

/// A board on a serial session of an engine.
pub struct Board<'a> {
    pub board: RunningBoard,
    pub serial: Session,
    rig: &'a Rig,
    folder: TempDir,
}

impl<'a> Board<'a> {
    /// A board whose flash is empty.
    pub fn bare(rig: &'a Rig) -> Self {
        Self::with(rig, tempfile::tempdir().unwrap(), None)
    }

    /// A board with our firmware that knows no network. One is flashed; the others get a copy.
    pub fn ours(rig: &'a Rig) -> Self {
        Self::of_version(rig, None)
    }

    /// The same, with an application that says that it is this version.
    pub fn of_version(rig: &'a Rig, version: Option<&str>) -> Self {
        Self::with(rig, flashed(version), None)
    }

    /// A board with our firmware that knows no network, and hears SmartConfig at its air.
    pub fn hearing(rig: &'a Rig) -> Self {
        Self::with(rig, flashed(None), Some(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)))
    }

    fn with(rig: &'a Rig, folder: TempDir, air: Option<SocketAddrV4>) -> Self {
        let mut spec = SimulatorSpec::new(Chip::Esp32c3);
        spec.state = Some(folder.path().to_owned());
        spec.link = Some(folder.path().join("port"));
        spec.air = air;
        let board = Simulator::start(spec).unwrap();
        let serial = open(rig, folder.path().join("port").to_str().unwrap());
        Self { board, serial, rig, folder }
    }

    /// A board that is online in the open network, and where its server listens.
    pub fn online(rig: &'a Rig) -> (Self, SocketAddr) {
        let board = Self::ours(rig);
        let at = board.provision(Some((OPEN, ""))).unwrap();
        (board, at)
    }

    pub fn id(&self) -> SessionId {
        self.serial.id()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn status(&self) -> Arc<BoardStatus> {
        self.rig.engine.board(self.id()).unwrap()
    }

    /// Waits until clients of the board are connected by another connection than before `change`.
    ///
    /// A connection is known to be lost when the board said that it had it: what its console still has to say when it loses
    /// its power nobody hears, so that is waited for first.
    #[track_caller]
    pub fn reconnects(&self, clients: &[&Session], change: impl FnOnce()) {
        until("the board has told of its clients", || {
            let status = self.status();
            clients.iter().all(|client| {
                let local = client.status().peers.last().map(|peer| peer.local);
                local.is_some_and(|local| status.reported.connections().any(|it| it.peer == local))
            })
        });
        let is_one = |event: &SessionEvent| matches!(event, SessionEvent::Connected { .. });
        let connections = |client: &Session| events(client).into_iter().filter(is_one).count();
        let before: Vec<_> = clients.iter().map(|client| connections(client)).collect();
        change();
        for (client, before) in clients.iter().zip(before) {
            until("it has another connection", || connections(client) > before);
        }
    }

    /// Provisions the board, flashing allowed.
    pub fn provision(
        &self,
        network: Option<(&str, &str)>,
    ) -> Result<SocketAddr, Arc<ProvisionFault>> {
        self.begin(ProvisionRequest {
            network: network.map(|(ssid, password)| (ssid.to_owned(), Secret(password.to_owned()))),
            may_flash: true,
        });
        self.gone()
    }

    pub fn begin(&self, request: ProvisionRequest) {
        self.rig.engine.board_command(self.id(), BoardCommand::Provision(request)).unwrap();
    }

    /// How the run ended.
    #[track_caller]
    pub fn gone(&self) -> Result<SocketAddr, Arc<ProvisionFault>> {
        let mut outcome = None;
        until_slow("the way has ended", || {
            outcome = self.rig.engine.provision_status(self.id()).and_then(|it| it.outcome.clone());
            outcome.is_some()
        });
        outcome.unwrap()
    }

    /// A client session of this board that connects again after 100 ms.
    pub fn client(&self, at: SocketAddr) -> Session {
        let spec = TcpClientSpec {
            reconnect: Reconnect::Fixed { delay_ms: 100 },
            ..TcpClientSpec::new(at.ip().to_string(), at.port())
        };
        self.rig.open(SessionSpec::new(TransportSpec::TcpClient(spec)))
    }

    /// Where the board has put a client session's connection.
    pub fn place(&self, client: &Session) -> Option<ServiceState> {
        let local = client.status().local?;
        self.status().reported.connection(local).map(|it| it.state)
    }
}

/// The folder of a board with our firmware, that says that it is this version.
fn flashed(version: Option<&str>) -> TempDir {
    static FLASHED: OnceLock<Vec<u8>> = OnceLock::new();
    let flash = FLASHED.get_or_init(|| {
        let rig = Rig::new();
        let bare = Board::bare(&rig);
        assert_eq!(
            bare.provision(None).map_err(|fault| (*fault).clone()),
            Err(ProvisionFault::NoNetwork)
        );
        std::fs::read(bare.folder().join("flash.bin")).unwrap()
    });
    let folder = tempfile::tempdir().unwrap();
    let mut flash = flash.clone();
    if let Some(version) = version {
        set_version(&mut flash[APPLICATION..], version);
    }
    std::fs::write(folder.path().join("flash.bin"), flash).unwrap();
    folder
}

/// Where the application lies in flash.
const APPLICATION: usize = 0x1_0000;

/// Gives an application image another version in its descriptor, with checksum and SHA-256 that are right again.
fn set_version(image: &mut [u8], version: &str) {
    let word = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize;
    // Header, segments (address, length, bytes), and the checksum that ends the last line of 16.
    let end = (0..image[1]).fold(24, |at, _| at + 8 + word(at + 4));
    let checksum = end / 16 * 16 + 15;
    let field = AppDescription::AT + 0x10;
    let mut wanted = version.as_bytes().to_vec();
    wanted.resize(32, 0);
    for (at, byte) in wanted.into_iter().enumerate() {
        image[checksum] ^= image[field + at] ^ byte;
        image[field + at] = byte;
    }
    let digest = Sha256::digest(&image[..=checksum]);
    image[checksum + 1..][..32].copy_from_slice(&digest);
}

/// A serial session whose port is open.
pub fn open(rig: &Rig, port: &str) -> Session {
    let serial = rig.open(SessionSpec::new(TransportSpec::Serial(SerialSpec::new(port))));
    until("the port is open", || serial.state() == SessionState::Open);
    serial
}

/// As [`until`], for what flashing is a part of.
#[track_caller]
pub fn until_slow(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed().as_secs() < 120, "waited in vain until {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Sends, and waits until the echo has come.
#[track_caller]
pub fn echoes(client: &Session, text: &str) {
    until("the client is connected", || matches!(client.state(), SessionState::Connected(_)));
    let before = captured(client, Direction::In, None).len();
    send(client, text.as_bytes());
    until("the echo", || {
        captured(client, Direction::In, None).get(before..) == Some(text.as_bytes())
    });
}

pub fn stop(session: &Session) {
    session.command(SessionCommand::Stop).unwrap();
}
