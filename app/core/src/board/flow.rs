//! From a bare board to a conversation: where a board stands, and the way to go from there.

use std::net::SocketAddr;
use std::sync::Arc;

use espalier_protocol::{JoinFault, WifiState};

use super::{BoardFault, BoardStatus, BootLine, LinkState};
use crate::timeline::BoardAccount;

/// What runs on a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FirmwareStanding {
    /// Nobody asked yet.
    #[default]
    Unknown,
    /// Nothing: the flash is empty, or holds no image.
    None,
    /// It was asked and says nothing at all.
    Silent,
    /// It speaks, and does not answer as our firmware does.
    Other,
    /// Ours.
    Ours {
        /// Its version.
        version: String,
        /// How it compares with the one that this program carries.
        age: FirmwareAge,
    },
}

/// How a version of our firmware compares with the one that this program carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirmwareAge {
    /// The same.
    Current,
    /// Older: Go updates it.
    Older,
    /// Newer, or not comparable: it is left as it is.
    Other,
}

impl FirmwareAge {
    /// Compares `MAJOR.MINOR.PATCH`; what follows a `-` or `+` makes no version older.
    pub fn of(version: &str, bundled: &str) -> Self {
        let numbers = |version: &str| -> Option<[u32; 3]> {
            let plain = version.trim_start_matches('v').split(['-', '+']).next()?;
            let numbers: Result<Vec<u32>, _> = plain.split('.').map(str::parse).collect();
            numbers.ok()?.try_into().ok()
        };
        match (numbers(version), numbers(bundled)) {
            _ if version == bundled => Self::Current,
            (Some(there), Some(here)) if there < here => Self::Older,
            _ => Self::Other,
        }
    }
}

/// The stations of the way, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Station {
    /// A port is open.
    Port,
    /// Our firmware runs.
    Firmware,
    /// It has joined a network.
    Wifi,
    /// It has an address.
    Address,
    /// Its server listens.
    Server,
    /// We talk to it.
    Conversation,
}

impl Station {
    /// All, in order.
    pub const ALL: [Self; 6] =
        [Self::Port, Self::Firmware, Self::Wifi, Self::Address, Self::Server, Self::Conversation];
}

/// How a station is lit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Not reached yet.
    Dark,
    /// Under way by itself: waiting is enough.
    Working,
    /// The user's action is needed here.
    Needed,
    /// Something is wrong here.
    Failed,
    /// Reached.
    Lit,
}

/// What is the one obvious thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Choose and open a port.
    OpenPort,
    /// Ask the board who it is.
    Ask,
    /// Flash our firmware.
    Flash,
    /// Update our firmware; its settings stay. What runs there can be talked to meanwhile, if it is that far.
    Update,
    /// Give it a network.
    Provision,
    /// Wait: it goes on by itself.
    Wait,
    /// Open a conversation.
    Connect,
}

/// Where a board stands.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardStanding {
    lights: [Light; 6],
    /// What to do next.
    pub next: NextStep,
    /// What runs on it.
    pub firmware: FirmwareStanding,
    /// Where clients can reach it.
    pub endpoint: Option<SocketAddr>,
}

impl BoardStanding {
    /// Where a board stands, by what its link and its own lines tell. `bundled` is the version of the firmware that this program
    /// carries, `silent` is set when it was asked and did not answer as ours does, `conversations` counts our open sessions
    /// with it.
    pub fn of(
        status: &BoardStatus,
        account: &BoardAccount,
        bundled: &str,
        silent: bool,
        conversations: usize,
    ) -> Self {
        let firmware = firmware_standing(status, account, bundled, silent);
        let endpoint = account.endpoint();
        let ours = matches!(firmware, FirmwareStanding::Ours { .. });
        let port = match status.link {
            LinkState::Monitoring | LinkState::Flashing => Light::Lit,
            LinkState::Away => Light::Working,
            LinkState::Closed => Light::Needed,
        };
        let program = match (&firmware, status.link) {
            (_, LinkState::Flashing) => Light::Working,
            (FirmwareStanding::Ours { .. }, _) => Light::Lit,
            (FirmwareStanding::Unknown, _) => Light::Working,
            (FirmwareStanding::None | FirmwareStanding::Silent | FirmwareStanding::Other, _) => {
                Light::Needed
            }
        };
        let wifi = match (account.wifi.state, account.wifi.failure) {
            (WifiState::Joined | WifiState::Online, _) => Light::Lit,
            (_, Some(JoinFault::Auth | JoinFault::NotFound)) => Light::Failed,
            (WifiState::NoCredentials | WifiState::Provisioning, _) => Light::Needed,
            _ => Light::Working,
        };
        let address = if account.address.is_some() { Light::Lit } else { Light::Working };
        let server = if account.server.is_some() { Light::Lit } else { Light::Working };
        let talk = if conversations > 0 { Light::Lit } else { Light::Needed };
        let mut lights = [port, program, wifi, address, server, talk];
        // A station is dark until the one before it is lit.
        let reached = lights.iter().take_while(|light| **light == Light::Lit).count();
        lights.iter_mut().skip(reached + 1).for_each(|light| *light = Light::Dark);
        let next = match (port, &firmware, wifi, endpoint) {
            (Light::Needed, ..) => NextStep::OpenPort,
            (Light::Working, ..) => NextStep::Wait,
            (_, FirmwareStanding::Unknown, ..) => NextStep::Ask,
            _ if !ours => NextStep::Flash,
            (_, FirmwareStanding::Ours { age: FirmwareAge::Older, .. }, ..) => NextStep::Update,
            (_, _, Light::Needed | Light::Failed, _) => NextStep::Provision,
            (.., Some(_)) => NextStep::Connect,
            _ => NextStep::Wait,
        };
        Self { lights, next, firmware, endpoint }
    }

    /// How a station is lit.
    pub const fn light(&self, station: Station) -> Light {
        self.lights[station as usize]
    }
}

fn firmware_standing(
    status: &BoardStatus,
    account: &BoardAccount,
    bundled: &str,
    silent: bool,
) -> FirmwareStanding {
    match &account.firmware {
        Some(firmware) if firmware.app == OUR_NAME => FirmwareStanding::Ours {
            version: firmware.version.clone(),
            age: FirmwareAge::of(&firmware.version, bundled),
        },
        Some(_) => FirmwareStanding::Other,
        None if status.notice.as_ref().is_some_and(BootLine::is_nothing_to_run) => {
            FirmwareStanding::None
        }
        None if silent && !status.heard => FirmwareStanding::Silent,
        None if silent => FirmwareStanding::Other,
        None => FirmwareStanding::Unknown,
    }
}

/// The name in our firmware's application descriptor and in its first line.
pub const OUR_NAME: &str = "espalier";

/// Why the way ended before its end.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GoFault {
    /// The port could not be opened, or the board went away, or flashing failed.
    #[error(transparent)]
    Board(#[from] BoardFault),
    /// The board says nothing at all, and we were not to flash it.
    #[error(
        "the board says nothing: is it on, is the speed right, does its program use this port? The bundled firmware can be flashed onto it (espalier flash, or Flash in the window)"
    )]
    Silent,
    /// Something else runs on the board, and we were not to flash it.
    #[error(
        "the board runs another program: flash the bundled firmware first (espalier flash, or Flash in the window)"
    )]
    OtherFirmware,
    /// The network refused the password.
    #[error("{ssid:?} refused the password: type it again; upper and lower case differ")]
    WrongPassword {
        /// The network.
        ssid: String,
    },
    /// No such network in the board's range.
    #[error(
        "the board sees no network {ssid:?}: it must be a 2.4 GHz one (most chips hear no other) and in range; check its name"
    )]
    NoSuchNetwork {
        /// The network.
        ssid: String,
    },
    /// The board did not come further in time.
    #[error("the board did not {what} in time: look at its log, or restart it and try again")]
    TimedOut {
        /// What was waited for, after "did not".
        what: &'static str,
    },
    /// The board knows no network, and was given none.
    #[error("the board knows no network yet: give it one (--ssid on the command line)")]
    NoNetwork,
    /// The board restarted while it joined, and forgot what it was told.
    #[error("the board restarted on the way: try again; if it happens again, look at its log")]
    Restarted,
    /// The board refused a command.
    #[error("the board answered: {0}")]
    Refused(String),
    /// What the board says cannot be written down, and so not be read: the capture's folder or disk.
    #[error(
        "what the board says cannot be kept: {0}; make room or let the folder be written, then try again"
    )]
    Unstored(String),
    /// The system gave no thread for it.
    #[error("the system gives no thread for it: {0}; close something and try again")]
    NoThread(String),
    /// The user ended it.
    #[error("cancelled")]
    Cancelled,
}

/// Something that nobody prints: a Wi-Fi password on its way to the board.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What the way should lead to, and what may be done on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoRequest {
    /// The network to join, and its password (empty: an open one); `None`: the one that the board knows.
    pub network: Option<(String, Secret)>,
    /// Flash the bundled firmware when something else runs on the board, or an older version of ours.
    pub may_flash: bool,
}

/// A network in the board's range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub ssid: String,
    /// Signal in dBm, around -30 (near) to -90 (far).
    pub rssi: i8,
    /// It wants a password.
    pub locked: bool,
}

/// What the board hears.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    /// Strongest first, each name once.
    pub list: Arc<[Network]>,
    /// A scan is under way.
    pub scanning: bool,
    /// Why the last scan failed.
    pub fault: Option<Arc<GoFault>>,
}

/// How the way is going.
#[derive(Clone, Debug)]
pub struct GoStatus {
    /// The station that is being reached.
    pub station: Station,
    /// It was asked to end, and does at the next step.
    pub cancelling: bool,
    /// How it ended: where clients reach the board, or why not. `None` while it goes on.
    pub outcome: Option<Result<SocketAddr, Arc<GoFault>>>,
}

#[cfg(test)]
mod tests {
    use espalier_protocol::Line;

    use super::*;
    use crate::Timestamp;

    const STARTED: &str =
        "I (1) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=power-on";

    fn account(lines: &[&str]) -> BoardAccount {
        let mut account = BoardAccount::default();
        for line in lines {
            account.line(&Line::parse(line).unwrap(), Timestamp(0));
        }
        account
    }

    fn standing(lines: &[&str]) -> BoardStanding {
        let status = BoardStatus { link: LinkState::Monitoring, ..BoardStatus::default() };
        BoardStanding::of(&status, &account(lines), "0.1.0", false, 0)
    }

    #[test]
    fn the_way_is_walked_station_by_station() {
        let closed = BoardStanding::of(&BoardStatus::default(), &account(&[]), "0.1.0", false, 0);
        assert_eq!(closed.next, NextStep::OpenPort);
        assert_eq!(standing(&[]).next, NextStep::Ask);

        let mut log = vec![STARTED, "W (2) wifi: no credentials"];
        assert_eq!(standing(&log).next, NextStep::Provision);
        log.push("I (3) wifi: joining ssid=Home attempt=1");
        assert_eq!(standing(&log).next, NextStep::Wait);
        log.push("I (4) wifi: joined ssid=Home rssi=-40 channel=1");
        log.push("I (5) wifi: got ip: 192.168.1.7 prefix=24 from=dhcp");
        assert_eq!(standing(&log).light(Station::Address), Light::Lit);
        assert_eq!(standing(&log).next, NextStep::Wait);
        log.push("I (6) tcp: listening port=7681 served=0/2 waiting=0/1");
        let there = standing(&log);
        assert_eq!(there.next, NextStep::Connect);
        assert_eq!(there.endpoint, Some(SocketAddr::from(([192, 168, 1, 7], 7681))));
        assert_eq!(there.light(Station::Conversation), Light::Needed);
    }

    #[test]
    fn a_wrong_password_stops_at_the_wifi_and_what_follows_is_dark() {
        let there = standing(&[
            STARTED,
            "I (3) wifi: joining ssid=Home attempt=1",
            "W (9) wifi: failed ssid=Home reason=auth attempt=1 retry_ms=1000",
        ]);
        assert_eq!(there.light(Station::Wifi), Light::Failed);
        assert_eq!(there.light(Station::Address), Light::Dark);
        assert_eq!(there.next, NextStep::Provision);
    }

    #[test]
    fn an_older_version_of_ours_wants_to_be_updated_and_a_newer_one_is_left_alone() {
        let log = [
            STARTED,
            "I (4) wifi: joined ssid=Home rssi=-40 channel=1",
            "I (5) wifi: got ip: 192.168.1.7 prefix=24 from=dhcp",
            "I (6) tcp: listening port=7681 served=0/2 waiting=0/1",
        ];
        let status = BoardStatus { link: LinkState::Monitoring, ..BoardStatus::default() };
        let beside = |bundled| BoardStanding::of(&status, &account(&log), bundled, false, 0);
        for (bundled, next) in [
            ("0.1.0", NextStep::Connect),
            ("0.1.1", NextStep::Update),
            ("0.10.0", NextStep::Update),
            ("0.0.9", NextStep::Connect),
            ("0.1.0-dirty", NextStep::Connect),
            ("", NextStep::Connect),
        ] {
            let there = beside(bundled);
            assert_eq!(there.next, next, "{bundled:?}");
            // It can be talked to all the same.
            assert!(there.endpoint.is_some() && there.light(Station::Firmware) == Light::Lit);
        }
    }

    #[test]
    fn a_silent_board_and_an_empty_one_want_to_be_flashed() {
        let monitoring = BoardStatus { link: LinkState::Monitoring, ..BoardStatus::default() };
        let silent = BoardStanding::of(&monitoring, &account(&[]), "0.1.0", true, 0);
        assert_eq!((silent.firmware, silent.next), (FirmwareStanding::Silent, NextStep::Flash));
        let speaks = BoardStatus { heard: true, ..monitoring.clone() };
        let other = BoardStanding::of(&speaks, &account(&[]), "0.1.0", true, 0);
        assert_eq!((other.firmware, other.next), (FirmwareStanding::Other, NextStep::Flash));
        let line = BootLine::parse("invalid header: 0xffffffff", crate::Timestamp(0));
        let empty = BoardStatus { notice: line, ..monitoring };
        let empty = BoardStanding::of(&empty, &account(&[]), "0.1.0", false, 0);
        assert_eq!(empty.firmware, FirmwareStanding::None);
    }
}
