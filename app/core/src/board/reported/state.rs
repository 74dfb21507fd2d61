//! What a board of ours has reported of itself, folded line by line: its reported state.

use std::net::{Ipv4Addr, SocketAddr};

use espalier_protocol::line::Share;
use espalier_protocol::{
    ErrorCode, JoinFault, Line, LineEvent, Mode, OtaState, Panel, ProvisioningCause, Reset, Secret,
    WifiState,
};

use super::clock::BoardClock;
use super::connection_table::{BoardConnection, ConnectionTable};
use super::samples::Samples;
use super::settings::BoardSettings;
use crate::Timestamp;

/// The firmware as it introduced itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmwareInfo {
    /// Name of the program.
    pub app: String,
    /// The firmware's version.
    pub version: String,
    /// The chip.
    pub chip: String,
}

/// How the Wi-Fi stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedWifi {
    /// The connection's state, or the Wi-Fi's.
    pub state: WifiState,
    /// The network, empty when none.
    pub ssid: String,
    /// Signal in dBm.
    pub rssi: Option<i8>,
    /// Why the last attempt failed; forgotten when one succeeds.
    pub failure: Option<JoinFault>,
    /// Why credentials are waited for.
    pub provisioning: Option<ProvisioningCause>,
}

impl Default for ReportedWifi {
    fn default() -> Self {
        Self {
            state: WifiState::Other,
            ssid: String::new(),
            rssi: None,
            failure: None,
            provisioning: None,
        }
    }
}

/// The server's port and load; `None` before the board reported them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedServer {
    /// TCP port.
    pub port: u16,
    /// Clients served, of the limit.
    pub served: Share,
    /// Clients waiting, of the limit.
    pub waiting: Share,
}

/// The slots of flash for its program, and what may replace it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedSlots {
    /// The slot that runs, from 0.
    pub running: u8,
    /// Slots there are; with one, no update goes over the network.
    pub count: u8,
    /// How it stands with the running program.
    pub state: OtaState,
    /// TCP port for updates.
    pub port: Option<u16>,
    /// Whether a token is set.
    pub token: bool,
}

/// What a display of the board shows, as it told it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedScreen {
    /// Which display; the lines are told even without one.
    pub panel: Panel,
    /// Its four lines, the first at the top. What is too long for the display is cut there.
    pub lines: [String; 4],
}

impl Default for ReportedScreen {
    fn default() -> Self {
        Self { panel: Panel::None, lines: Default::default() }
    }
}

/// Everything that a board of ours has told, folded line by line.
#[derive(Clone, Debug, Default)]
pub struct ReportedState {
    /// The firmware that the board reported; `None` before that. It stays over restarts of the same board.
    pub firmware: Option<FirmwareInfo>,
    /// Why the board last started; `None` before it said so.
    pub reset: Option<Reset>,
    /// How often it was seen to start.
    pub starts: u32,
    /// How the Wi-Fi stands.
    pub wifi: ReportedWifi,
    /// The board's address; `None` while it has none, or has not reported it.
    pub address: Option<Ipv4Addr>,
    /// The server's port and load; `None` before the board reported them.
    pub server: Option<ReportedServer>,
    /// The board's mode; `None` before it was reported.
    pub mode: Option<Mode>,
    /// The slots for its program; `None` before they were reported.
    pub slots: Option<ReportedSlots>,
    /// Until when it takes one update over the network without a token, as it told; `None`: it does not.
    pub update_allowed_until: Option<Timestamp>,
    /// What its display shows; `None` before it told that.
    pub screen: Option<ReportedScreen>,
    /// The board's settings, as last shown.
    pub settings: BoardSettings,
    /// What it told of itself over time.
    pub samples: Samples,
    /// The last command that failed, and why.
    pub refusal: Option<(ErrorCode, String)>,
    /// When it last listed all of its clients.
    listed: Option<Timestamp>,
    /// Lines of its own accord.
    news: u64,
    connections: ConnectionTable,
    clock: BoardClock,
    /// The board's clock at its last line.
    last_ms: u64,
}

/// How far the board's clock may seem to go back: a line is stamped before it is printed.
const SLACK_MS: u64 = 1000;

impl ReportedState {
    /// Folds one line that was received at `at`.
    pub fn line(&mut self, line: &Line<'_>, at: Timestamp) {
        // A start that we did not see shows in its clock.
        let earlier = line.ms.saturating_add(SLACK_MS) < self.last_ms;
        if earlier || matches!(line.event, LineEvent::Started { .. }) {
            self.restarted();
        }
        self.last_ms = line.ms;
        self.clock.line(line.ms, at);
        self.event(&line.event, at);
    }

    /// The board was out of our sight, and may have restarted or not: what it told last may not hold any more.
    pub fn out_of_sight(&mut self) {
        self.clock.restarted();
        self.wifi = ReportedWifi::default();
        self.address = None;
        self.server = None;
        self.listed = None;
        self.slots = None;
        self.update_allowed_until = None;
        self.screen = None;
        self.news += 1;
    }

    /// The board's flash is being changed: what was said of its program holds no more.
    pub fn overwritten(&mut self) {
        self.firmware = None;
    }

    /// The board restarted (a boot banner, a panic, a new start): nothing of before holds.
    pub fn restarted(&mut self) {
        self.out_of_sight();
        self.last_ms = 0;
        self.connections.restarted();
    }

    /// Our session caused what the board reported at `board_ms` (a connection opened, bytes sent).
    pub fn caused(&mut self, board_ms: u64, at: Timestamp) {
        self.clock.effect(board_ms, at);
    }

    /// The board's clock on ours.
    pub const fn clock(&self) -> &BoardClock {
        &self.clock
    }

    /// Where clients can be reached: address and port, once both are known.
    pub fn endpoint(&self) -> Option<SocketAddr> {
        Some(SocketAddr::from((self.address?, self.server?.port)))
    }

    /// Where it takes updates; `None` while it has no address, has not said so, or has one slot.
    pub fn update_place(&self) -> Option<SocketAddr> {
        let port = self.slots.as_ref()?.port?;
        Some(SocketAddr::from((self.address?, port)))
    }

    /// The connection that our session opened from `local`, as the board reports it: the latest one; `None` when it did not.
    pub fn connection(&self, local: SocketAddr) -> Option<&BoardConnection> {
        self.connections.latest(local)
    }

    /// When we read the end of its last list of all clients; `None` before one, and after it was out of sight.
    pub const fn listed(&self) -> Option<Timestamp> {
        self.listed
    }

    /// Counts what it said unasked, and what may have happened out of our sight: while this stays as it is, what it answered
    /// last still holds, as far as its log tells.
    pub const fn news(&self) -> u64 {
        self.news
    }

    /// All connections it remembers, oldest first.
    pub fn connections(&self) -> impl Iterator<Item = &BoardConnection> {
        self.connections.iter()
    }

    fn event(&mut self, event: &LineEvent<'_>, at: Timestamp) {
        self.news += u64::from(!is_answer(event));
        self.settings.line(event);
        self.samples.line(event, at);
        self.board_event(event, at);
        self.wifi_event(event);
        self.server_event(event);
        self.screen_event(event);
        self.connections.event(event, at);
    }

    fn board_event(&mut self, event: &LineEvent<'_>, at: Timestamp) {
        match event {
            LineEvent::Started { app, version, chip, reset } => {
                self.starts += 1;
                self.reset = Some(*reset);
                self.firmware = Some(FirmwareInfo::new(app, version, chip));
            }
            LineEvent::SystemStatus { app, version, chip, .. } => {
                self.firmware = Some(FirmwareInfo::new(app, version, chip));
            }
            LineEvent::OtaSlot { slot, slots, state, port, token, .. } => {
                self.slots = Some(ReportedSlots {
                    running: *slot,
                    count: *slots,
                    state: *state,
                    port: *port,
                    token: *token == Secret::Set,
                });
            }
            LineEvent::OtaAllowed { seconds } => {
                let until = at.0.saturating_add(i64::from(*seconds) * 1_000_000_000);
                self.update_allowed_until = Some(Timestamp(until));
            }
            // It was for one.
            LineEvent::OtaReceiving { .. } => self.update_allowed_until = None,
            LineEvent::Ok { command, .. } => {
                self.refusal = None;
                if command == "clients" {
                    self.connections.listed();
                    self.listed = Some(at);
                }
            }
            LineEvent::Error { code, text, .. } => self.refusal = Some((*code, text.to_string())),
            _ => {}
        }
    }

    fn wifi_event(&mut self, event: &LineEvent<'_>) {
        let wifi = &mut self.wifi;
        match event {
            LineEvent::NoCredentials {} => {
                *wifi = ReportedWifi { state: WifiState::NoCredentials, ..ReportedWifi::default() };
            }
            LineEvent::Joining { ssid, .. } => {
                wifi.state = WifiState::Joining;
                wifi.ssid = ssid.to_string();
                wifi.provisioning = None;
            }
            LineEvent::Joined { ssid, rssi, .. } => {
                wifi.state = WifiState::Joined;
                wifi.ssid = ssid.to_string();
                wifi.rssi = *rssi;
                wifi.failure = None;
            }
            LineEvent::JoinFailed { reason, .. } => wifi.failure = Some(*reason),
            LineEvent::WifiLost { .. } | LineEvent::LostIp { .. } => {
                wifi.state = WifiState::Joining;
                self.address = None;
            }
            LineEvent::GotIp { ip, .. } => {
                wifi.state = WifiState::Online;
                wifi.failure = None;
                self.address = Some(*ip);
            }
            LineEvent::Provisioning { reason, .. } => {
                wifi.state = WifiState::Provisioning;
                wifi.provisioning = Some(*reason);
            }
            LineEvent::WifiStatus { state, ssid, rssi, ip, .. } => {
                wifi.state = *state;
                wifi.ssid = ssid.as_deref().unwrap_or_default().to_owned();
                wifi.rssi = *rssi;
                self.address = *ip;
            }
            _ => {}
        }
    }

    fn screen_event(&mut self, event: &LineEvent<'_>) {
        match event {
            LineEvent::ScreenPanel { panel } => {
                self.screen.get_or_insert_default().panel = *panel;
            }
            LineEvent::ScreenShows { row, text } => {
                let lines = &mut self.screen.get_or_insert_default().lines;
                let row = usize::from(*row).checked_sub(1);
                if let Some(line) = row.and_then(|row| lines.get_mut(row)) {
                    *line = text.to_string();
                }
            }
            _ => {}
        }
    }

    fn server_event(&mut self, event: &LineEvent<'_>) {
        match event {
            LineEvent::Listening { port, served, waiting }
            | LineEvent::Full { port, served, waiting } => {
                self.server =
                    Some(ReportedServer { port: *port, served: *served, waiting: *waiting });
            }
            LineEvent::ServerStatus { mode, port, served, waiting, .. } => {
                self.mode = Some(*mode);
                // A board that dials out listens to nobody, and still tells its port.
                let listens = *mode != Mode::Client;
                self.server = listens.then_some(ReportedServer {
                    port: *port,
                    served: *served,
                    waiting: *waiting,
                });
            }
            LineEvent::ServerSettings { mode, .. } => self.mode = Some(*mode),
            LineEvent::Stopped {} => self.server = None,
            LineEvent::Accepted { served, .. }
            | LineEvent::Promoted { served, .. }
            | LineEvent::Closed { served, .. } => {
                if let Some(server) = &mut self.server {
                    server.served = *served;
                }
            }
            LineEvent::Waiting { served, waiting, .. }
            | LineEvent::Refused { served, waiting, .. } => {
                if let Some(server) = &mut self.server {
                    (server.served, server.waiting) = (*served, *waiting);
                }
            }
            _ => {}
        }
    }
}

/// Whether a line answers a question, and so tells of no change.
fn is_answer(event: &LineEvent<'_>) -> bool {
    use LineEvent as E;
    match event {
        E::ScreenPanel { .. }
        | E::ScreenShows { .. }
        | E::Client { .. }
        | E::SystemStatus { .. }
        | E::WifiStatus { .. }
        | E::ServerStatus { .. }
        | E::OtaSlot { .. }
        | E::WifiSettings { .. }
        | E::ServerSettings { .. }
        | E::ClientSettings { .. }
        | E::ConsoleSettings { .. }
        | E::Error { .. } => true,
        E::Ok { command, .. } => {
            matches!(&**command, "screen" | "clients" | "status" | "settings show")
        }
        _ => false,
    }
}

impl FirmwareInfo {
    fn new(app: &str, version: &str, chip: &str) -> Self {
        Self { app: app.to_owned(), version: version.to_owned(), chip: chip.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use espalier_protocol::CloseCause;

    use super::*;
    use crate::board::ServiceState;

    /// A board's log from its start through two served clients and one that waits.
    const LOG: &str = "\
I (312) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=power-on
I (330) wifi: joining ssid=Simulated attempt=1
I (900) wifi: joined ssid=Simulated rssi=-48 channel=6
I (1200) wifi: got ip: 10.0.2.15 prefix=24 from=dhcp
I (1201) tcp: listening port=7681 served=0/2 waiting=0/1
I (2000) tcp: accepted peer=10.0.2.2:50001 slot=1 served=1/2
I (2010) tcp: accepted peer=10.0.2.2:50002 slot=2 served=2/2
I (2020) tcp: waiting peer=10.0.2.2:50003 served=2/2 waiting=1/1
I (2021) tcp: full port=7681 served=2/2 waiting=1/1
I (2100) tcp: received peer=10.0.2.2:50001 slot=1 bytes=5 data=\"hello\"
";

    fn reported(log: &str) -> ReportedState {
        let mut reported = ReportedState::default();
        for line in log.lines() {
            let parsed = Line::parse(line).unwrap_or_else(|| panic!("not in the grammar: {line}"));
            let at = Timestamp(i64::try_from(parsed.ms).unwrap() * 1_000_000);
            reported.line(&parsed, at);
        }
        reported
    }

    fn state(reported: &ReportedState, port: u16) -> Option<ServiceState> {
        reported.connection(SocketAddr::from(([10, 0, 2, 2], port))).map(|it| it.state)
    }

    #[test]
    fn a_session_is_found_by_its_local_address_where_the_board_has_put_it() {
        let reported = reported(LOG);
        assert_eq!(reported.endpoint(), Some(SocketAddr::from(([10, 0, 2, 15], 7681))));
        assert_eq!(state(&reported, 50001), Some(ServiceState::Served { slot: 1 }));
        assert!(matches!(state(&reported, 50003), Some(ServiceState::Waiting)));
        assert_eq!(state(&reported, 50009), None);
        assert_eq!(reported.connections().next().map(|it| it.bytes_in), Some(5));
    }

    #[test]
    fn a_promoted_client_is_served_and_a_closed_one_is_over() {
        let more = "\
I (3000) tcp: closed peer=10.0.2.2:50001 slot=1 reason=peer in=5 out=5 served=1/2
I (3001) tcp: promoted peer=10.0.2.2:50003 slot=1 waited_ms=981 served=2/2
";
        let reported = reported(&format!("{LOG}{more}"));
        assert_eq!(state(&reported, 50001), Some(ServiceState::Closed(CloseCause::Peer)));
        assert_eq!(state(&reported, 50003), Some(ServiceState::Served { slot: 1 }));
    }

    #[test]
    fn a_client_that_is_not_listed_any_more_is_gone() {
        let open = |reported: &ReportedState| -> Vec<u16> {
            let open = reported.connections().filter(|it| !it.state.is_over());
            open.map(|it| it.peer.port()).collect()
        };
        let listed = "\
I (3000) tcp: client peer=10.0.2.2:50001 slot=1 state=open in=5 out=5 age_ms=1000
I (3001) tcp: client peer=10.0.2.2:50003 state=waiting in=0 out=0 age_ms=900
I (3002) console: ok cmd=clients
";
        let mut log = LOG.to_owned() + listed;
        assert_eq!(
            open(&reported(&log)),
            [50001, 50002, 50003],
            "it was spoken of since the start"
        );
        log += listed;
        assert_eq!(open(&reported(&log)), [50001, 50003]);
    }

    #[test]
    fn a_board_that_dials_out_listens_to_nobody() {
        let status = |mode: &str| {
            let more = format!(
                "I (3000) status: server mode={mode} port=7681 served=0/2 waiting=0/1 accepted=0 \
                 refused=0 in=0 out=0 check_errors=0\n"
            );
            reported(&format!("{LOG}{more}")).endpoint()
        };
        assert!(status("echo").is_some());
        assert_eq!(status("client"), None);
    }

    #[test]
    fn what_it_tells_of_its_memory_and_processor_is_kept() {
        let more = "\
I (3000) status: system app=espalier version=0.1.0 chip=esp32c3 uptime_ms=3000 heap=90000 heap_min=70000 stack_min=20000 busy=4 skipped=0
I (3000) status: server mode=echo port=7681 served=0/2 waiting=0/1 accepted=0 refused=0 in=7 out=7 check_errors=0
";
        let reported = reported(&format!("{LOG}{more}"));
        let last = reported.samples.last().unwrap();
        assert_eq!((last.heap, last.heap_min), (Some(90_000), Some(70_000)));
        assert_eq!((last.stack_min, last.busy, last.bytes_in), (Some(20_000), Some(4), 7));
    }

    #[test]
    fn after_a_restart_nothing_of_before_holds() {
        let more = "I (310) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=panic\n";
        let reported = reported(&format!("{LOG}{more}"));
        assert_eq!(state(&reported, 50002), Some(ServiceState::BoardRestarted));
        assert_eq!(reported.endpoint(), None);
        assert_eq!((reported.starts, reported.reset), (2, Some(Reset::Panic)));
    }

    #[test]
    fn a_start_that_was_not_seen_shows_in_the_boards_clock() {
        let mut reported = reported(LOG);
        reported.out_of_sight();
        assert_eq!(
            state(&reported, 50002),
            Some(ServiceState::Served { slot: 2 }),
            "nobody knows better"
        );
        let line = Line::parse("I (120) wifi: got ip: 10.0.2.15 prefix=24 from=dhcp").unwrap();
        reported.line(&line, Timestamp(0));
        assert_eq!(state(&reported, 50002), Some(ServiceState::BoardRestarted));
    }

    #[test]
    fn answers_are_no_news() {
        let log = format!("{LOG}I (3000) console: ok cmd=mode\n");
        let news = reported(&log).news();
        assert_ne!(news, reported(LOG).news(), "what changed it is news");
        let answers = "\
I (3001) screen: panel panel=none
I (3001) screen: shows row=1 text=\"espalier echo\"
I (3001) console: ok cmd=screen
I (3002) tcp: client peer=10.0.2.2:50001 slot=1 state=served in=5 out=5 age_ms=1000
I (3002) console: ok cmd=clients
I (3003) status: server mode=echo port=7681 served=0/2 waiting=0/1 accepted=0 refused=0 in=0 out=0 check_errors=0
I (3003) console: ok cmd=status
E (3004) console: error cmd=screen code=unknown text=\"no such command\"
";
        let mut reported = reported(&format!("{log}{answers}"));
        assert_eq!(reported.news(), news);
        reported.out_of_sight();
        assert_ne!(reported.news(), news, "nobody knows what happened meanwhile");
    }

    #[test]
    fn an_endless_stream_of_clients_is_bounded() {
        let mut reported = reported(LOG);
        for port in 1..10_000_u16 {
            let text = format!("I (5000) tcp: refused peer=10.0.2.9:{port} served=2/2 waiting=1/1");
            reported.line(&Line::parse(&text).unwrap(), Timestamp(0));
        }
        assert_eq!(reported.connections().count(), ConnectionTable::REMEMBERED);
        assert_eq!(state(&reported, 50002), Some(ServiceState::Served { slot: 2 }));
    }
}
