//! From a bare board to a conversation: how far a board is provisioned, and what comes next.

use std::net::SocketAddr;
use std::sync::Arc;

use espalier_protocol::{JoinFault, WifiState};

use super::{BoardFault, BoardStatus, BootLine, Conversation, LinkState, ReportedState};

/// What runs on a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FirmwareState {
    /// Nobody asked yet.
    #[default]
    Unknown,
    /// Nothing: the flash is empty, or holds no image.
    None,
    /// The board was asked and says nothing at all.
    Silent,
    /// The board speaks, and does not answer as our firmware does.
    Other,
    /// Ours.
    Ours {
        /// The firmware's version.
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

/// The steps of provisioning, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProvisionStep {
    /// A port is open.
    Port,
    /// Our firmware runs.
    Firmware,
    /// The board has joined a network.
    Wifi,
    /// The board has an address.
    Address,
    /// The board's server listens.
    Server,
    /// We talk to it.
    Conversation,
}

impl ProvisionStep {
    /// All, in order.
    pub const ALL: [Self; 6] =
        [Self::Port, Self::Firmware, Self::Wifi, Self::Address, Self::Server, Self::Conversation];
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not reached yet.
    Pending,
    /// Under way by itself: waiting is enough.
    Working,
    /// The user's action is needed here.
    Needed,
    /// Something is wrong here.
    Failed,
    /// Reached.
    Done,
}

/// The one obvious thing to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextAction {
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

/// How far a board is provisioned.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardProgress {
    states: [StepState; 6],
    /// What to do next.
    pub next: NextAction,
    /// What runs on it.
    pub firmware: FirmwareState,
    /// Where clients can reach it.
    pub endpoint: Option<SocketAddr>,
    /// What our connections to it are.
    pub conversation: Conversation,
}

impl BoardProgress {
    /// How far a board is, by what its link and its own lines tell. `bundled` is the version of the firmware that this program
    /// carries, `silent` is set when it was asked and did not answer as ours does, `conversation` is what our connections to
    /// its address are.
    pub fn of(
        status: &BoardStatus,
        reported: &ReportedState,
        bundled: &str,
        silent: bool,
        conversation: Conversation,
    ) -> Self {
        let firmware = firmware_standing(status, reported, bundled, silent);
        let endpoint = reported.endpoint();
        let ours = matches!(firmware, FirmwareState::Ours { .. });
        let port = match status.link {
            LinkState::Monitoring | LinkState::Flashing => StepState::Done,
            LinkState::Away => StepState::Working,
            LinkState::Closed => StepState::Needed,
        };
        let program = match (&firmware, status.link) {
            (_, LinkState::Flashing) => StepState::Working,
            (FirmwareState::Ours { .. }, _) => StepState::Done,
            (FirmwareState::Unknown, _) => StepState::Working,
            (FirmwareState::None | FirmwareState::Silent | FirmwareState::Other, _) => {
                StepState::Needed
            }
        };
        let wifi = match (reported.wifi.state, reported.wifi.failure) {
            (WifiState::Joined | WifiState::Online, _) => StepState::Done,
            (_, Some(JoinFault::Auth | JoinFault::NotFound | JoinFault::Security)) => {
                StepState::Failed
            }
            (WifiState::NoCredentials | WifiState::Provisioning, _) => StepState::Needed,
            _ => StepState::Working,
        };
        let address = if reported.address.is_some() { StepState::Done } else { StepState::Working };
        let server = if reported.server.is_some() { StepState::Done } else { StepState::Working };
        let talk = match conversation {
            Conversation::None => StepState::Needed,
            Conversation::Unconfirmed => StepState::Working,
            Conversation::Confirmed => StepState::Done,
            Conversation::Stranger => StepState::Failed,
        };
        let mut states = [port, program, wifi, address, server, talk];
        // A step is not begun before the one before it is done.
        let reached = states.iter().take_while(|state| **state == StepState::Done).count();
        states.iter_mut().skip(reached + 1).for_each(|state| *state = StepState::Pending);
        let next = match (port, &firmware, wifi, endpoint) {
            (StepState::Needed, ..) => NextAction::OpenPort,
            (StepState::Working, ..) => NextAction::Wait,
            (_, FirmwareState::Unknown, ..) => NextAction::Ask,
            _ if !ours => NextAction::Flash,
            (_, FirmwareState::Ours { age: FirmwareAge::Older, .. }, ..) => NextAction::Update,
            (_, _, StepState::Needed | StepState::Failed, _) => NextAction::Provision,
            (.., Some(_)) => NextAction::Connect,
            _ => NextAction::Wait,
        };
        Self { states, next, firmware, endpoint, conversation }
    }

    /// How far a step is.
    pub const fn state(&self, step: ProvisionStep) -> StepState {
        self.states[step as usize]
    }
}

fn firmware_standing(
    status: &BoardStatus,
    reported: &ReportedState,
    bundled: &str,
    silent: bool,
) -> FirmwareState {
    match &reported.firmware {
        Some(firmware) if firmware.app == OUR_NAME => FirmwareState::Ours {
            version: firmware.version.clone(),
            age: FirmwareAge::of(&firmware.version, bundled),
        },
        Some(_) => FirmwareState::Other,
        None if status.notice.as_ref().is_some_and(BootLine::is_nothing_to_run) => {
            FirmwareState::None
        }
        None if silent && !status.heard => FirmwareState::Silent,
        None if silent => FirmwareState::Other,
        None => FirmwareState::Unknown,
    }
}

/// The name in our firmware's application descriptor and in its first line.
pub const OUR_NAME: &str = "espalier";

/// Why provisioning failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionFault {
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

/// What a provisioning run should lead to, and what it may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisionRequest {
    /// The network to join, and its password (empty: an open one); `None`: the one that the board knows.
    pub network: Option<(String, Secret)>,
    /// Flash the bundled firmware when something else runs on the board, or an older version of ours.
    pub may_flash: bool,
}

/// A network in the board's range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The network's name.
    pub ssid: String,
    /// Signal in dBm, around -30 (near) to -90 (far).
    pub rssi: i8,
    /// The network wants a password.
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
    pub fault: Option<Arc<ProvisionFault>>,
}

/// How a provisioning run is going.
#[derive(Clone, Debug)]
pub struct ProvisionStatus {
    /// The step that is under way.
    pub step: ProvisionStep,
    /// The run was asked to end, and does at the next step.
    pub cancelling: bool,
    /// How it ended: where clients reach the board, or why not. `None` while it goes on.
    pub outcome: Option<Result<SocketAddr, Arc<ProvisionFault>>>,
}

#[cfg(test)]
mod tests {
    use espalier_protocol::Line;

    use super::*;
    use crate::Timestamp;

    const STARTED: &str =
        "I (1) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=power-on";

    fn reported(lines: &[&str]) -> ReportedState {
        let mut reported = ReportedState::default();
        for line in lines {
            reported.line(&Line::parse(line).unwrap(), Timestamp(0));
        }
        reported
    }

    fn progress(lines: &[&str]) -> BoardProgress {
        let status = BoardStatus { link: LinkState::Monitoring, ..BoardStatus::default() };
        BoardProgress::of(&status, &reported(lines), "0.1.0", false, Conversation::None)
    }

    #[test]
    fn a_run_goes_step_by_step() {
        let closed = BoardProgress::of(
            &BoardStatus::default(),
            &reported(&[]),
            "0.1.0",
            false,
            Conversation::None,
        );
        assert_eq!(closed.next, NextAction::OpenPort);
        assert_eq!(progress(&[]).next, NextAction::Ask);

        let mut log = vec![STARTED, "W (2) wifi: no credentials"];
        assert_eq!(progress(&log).next, NextAction::Provision);
        log.push("I (3) wifi: joining ssid=Home attempt=1");
        assert_eq!(progress(&log).next, NextAction::Wait);
        log.push("I (4) wifi: joined ssid=Home rssi=-40 channel=1");
        log.push("I (5) wifi: got ip: 192.168.1.7 prefix=24 from=dhcp");
        assert_eq!(progress(&log).state(ProvisionStep::Address), StepState::Done);
        assert_eq!(progress(&log).next, NextAction::Wait);
        log.push("I (6) tcp: listening port=7681 served=0/2 waiting=0/1");
        let there = progress(&log);
        assert_eq!(there.next, NextAction::Connect);
        assert_eq!(there.endpoint, Some(SocketAddr::from(([192, 168, 1, 7], 7681))));
        assert_eq!(there.state(ProvisionStep::Conversation), StepState::Needed);
    }

    #[test]
    fn a_conversation_is_green_only_when_the_board_tells_of_it() {
        let log = [
            STARTED,
            "I (4) wifi: joined ssid=Home rssi=-40 channel=1",
            "I (5) wifi: got ip: 192.168.1.7 prefix=24 from=dhcp",
            "I (6) tcp: listening port=7681 served=0/2 waiting=0/1",
        ];
        let status = BoardStatus { link: LinkState::Monitoring, ..BoardStatus::default() };
        for (conversation, state) in [
            (Conversation::None, StepState::Needed),
            (Conversation::Unconfirmed, StepState::Working),
            (Conversation::Confirmed, StepState::Done),
            (Conversation::Stranger, StepState::Failed),
        ] {
            let there = BoardProgress::of(&status, &reported(&log), "0.1.0", false, conversation);
            assert_eq!(there.state(ProvisionStep::Conversation), state, "{conversation:?}");
            assert_eq!(there.next, NextAction::Connect);
        }
    }

    #[test]
    fn a_wrong_password_stops_at_the_wifi_and_what_follows_is_dark() {
        let there = progress(&[
            STARTED,
            "I (3) wifi: joining ssid=Home attempt=1",
            "W (9) wifi: failed ssid=Home reason=auth attempt=1 retry_ms=1000",
        ]);
        assert_eq!(there.state(ProvisionStep::Wifi), StepState::Failed);
        assert_eq!(there.state(ProvisionStep::Address), StepState::Pending);
        assert_eq!(there.next, NextAction::Provision);
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
        let beside = |bundled| {
            BoardProgress::of(&status, &reported(&log), bundled, false, Conversation::None)
        };
        for (bundled, next) in [
            ("0.1.0", NextAction::Connect),
            ("0.1.1", NextAction::Update),
            ("0.10.0", NextAction::Update),
            ("0.0.9", NextAction::Connect),
            ("0.1.0-dirty", NextAction::Connect),
            ("", NextAction::Connect),
        ] {
            let there = beside(bundled);
            assert_eq!(there.next, next, "{bundled:?}");
            // It can be talked to all the same.
            assert!(
                there.endpoint.is_some() && there.state(ProvisionStep::Firmware) == StepState::Done
            );
        }
    }

    #[test]
    fn a_silent_board_and_an_empty_one_want_to_be_flashed() {
        let monitoring = BoardStatus { link: LinkState::Monitoring, ..BoardStatus::default() };
        let silent =
            BoardProgress::of(&monitoring, &reported(&[]), "0.1.0", true, Conversation::None);
        assert_eq!((silent.firmware, silent.next), (FirmwareState::Silent, NextAction::Flash));
        let speaks = BoardStatus { heard: true, ..monitoring.clone() };
        let other = BoardProgress::of(&speaks, &reported(&[]), "0.1.0", true, Conversation::None);
        assert_eq!((other.firmware, other.next), (FirmwareState::Other, NextAction::Flash));
        let line = BootLine::parse("invalid header: 0xffffffff", crate::Timestamp(0));
        let empty = BoardStatus { notice: line, ..monitoring };
        let empty = BoardProgress::of(&empty, &reported(&[]), "0.1.0", false, Conversation::None);
        assert_eq!(empty.firmware, FirmwareState::None);
    }
}
