//! The board itself: its parts, the door for events, and what the glue reads off.

mod commands;
mod rpc;
mod update;

use crate::{
    answer::{self, PendingAnswer},
    api::{Action, Address, Duty, Event, Gauges, Identity, SOCKETS_MAX, SocketIndex},
    console::{self, CONSOLES, Console},
    led::LedPattern,
    mdns::Advert,
    ota::{OtaBoot, Trial},
    printer::Printer,
    record::{RECORD_VERSION, RecordError, SettingsRecord},
    save_requests::SaveRequests,
    scan::Scan,
    screen::{self, Reachability, ScreenLine},
    server::{Server, ServerContext},
    settings::{LIMIT_MAX, Settings},
    smartconfig::{Heard, SmartConfig},
    sniffer::SniffedFrame,
    time::Time,
    uplink::{ProvenCredentials, Uplink},
    wifi::JoinId,
};
use espalier_protocol::{
    ErrorCode, Level, Mode, Panel, RecordFault, Request, Reset, WifiState,
    command::{Credentials, Hostname},
    line::{LineEvent, Share},
    ota,
};

/// A commanded restart waits no longer than this for its connections to end, milliseconds.
pub const RESTART_MAX_MS: u64 = 1_000;

/// Whether the board restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Restart {
    /// It does not.
    Unwanted,
    /// When its connections are over, or at this time.
    Closing { until: Time },
    /// The glue should restart the chip.
    Due,
    /// The glue is at it.
    Handed,
}

/// The behaviour of a board. About 26 KiB, 14 of them a chat room; no heap, no clock, no I/O.
///
/// See the crate's documentation for what the glue has to do.
#[derive(Debug, Clone)]
pub struct Board {
    identity: Identity,
    settings: Settings,
    gauges: Gauges,
    panel: Panel,
    consoles: [Console; CONSOLES],
    printer: Printer,
    uplink: Uplink,
    server: Server,
    scan: Scan,
    saves: SaveRequests,
    smartconfig: SmartConfig,
    restart: Restart,
    boot: OtaBoot,
    trial: Trial,
    /// Until when one update is taken without a token.
    ota_allowed: Option<Time>,
    /// Where it can be reached for that; told, and nothing else.
    ota_port: u16,
}

impl Board {
    /// A board that has just started. `stored` is what the store holds: the bytes of a record, or
    /// why there are none.
    pub fn new(identity: Identity, stored: Result<&[u8], RecordFault>, now: Time) -> Self {
        let mut board = Self::unstarted();
        board.start(identity, stored, now);
        board
    }

    /// A board that has not started yet. On a chip it is this from before the program runs, where it
    /// stays: nothing so large should ever be moved over a small stack.
    pub const fn unstarted() -> Self {
        let identity = Identity {
            app: "",
            version: "",
            chip: "",
            mac: [0; 6],
            reset: Reset::Other,
            sockets: 0,
        };
        let gauges = Gauges { heap: None, heap_min: None, stack_min: None, busy: None, rssi: None };
        Self {
            identity,
            settings: Settings::DEFAULT,
            gauges,
            panel: Panel::None,
            consoles: [const { Console::new() }; CONSOLES],
            printer: Printer::new(Level::Info),
            uplink: Uplink::new(),
            server: Server::new(),
            scan: Scan::new(),
            saves: SaveRequests::new(),
            smartconfig: SmartConfig::new(),
            restart: Restart::Unwanted,
            boot: OtaBoot::ONE_SLOT,
            trial: Trial::Over,
            ota_allowed: None,
            ota_port: ota::PORT,
        }
    }

    /// Starts; once, and before everything else. See [`Board::new`].
    pub fn start(&mut self, identity: Identity, stored: Result<&[u8], RecordFault>, now: Time) {
        let refused = |fault| RecordError { fault, version: None };
        let loaded = stored.map_err(refused).and_then(Settings::decode);
        self.identity = identity;
        self.identity.sockets = identity.sockets.clamp(2, SOCKETS_MAX as u8);
        let told = match &loaded {
            Ok(_) => LineEvent::SettingsLoaded { version: RECORD_VERSION },
            Err(RecordError { fault, version }) => {
                LineEvent::SettingsDefault { reason: *fault, version: *version }
            }
        };
        self.settings = loaded.unwrap_or_default();
        self.settings.limit = self.settings.limit.min(self.limit_max());
        self.printer.set_level(self.settings.log);
        self.server.set_sockets(self.identity.sockets);
        let Identity { app, version, chip, reset, .. } = identity;
        let (app, version, chip) = (app.into(), version.into(), chip.into());
        self.printer.say(LineEvent::Started { app, version, chip, reset }, now);
        self.printer.say(told, now);
        self.use_credentials(self.settings.wifi.clone(), now);
        self.settle(now);
    }

    /// Takes what happened. Fetch actions, duties and output afterwards.
    pub fn on(&mut self, event: Event<'_>, now: Time) {
        match event {
            Event::Tick => self.tick(now),
            Event::Network(network) => {
                self.smartconfig.found(network.channel);
                self.scan.found(network, &mut self.printer, now);
            }
            Event::ScanDone(done) => {
                self.smartconfig.scanned(done, now);
                self.scan.done(done, &mut self.printer, now);
            }
            Event::Credentials { from, credentials } => self.try_out(from, credentials, now),
            Event::Joined { .. }
            | Event::JoinFailed { .. }
            | Event::OpenNetwork { .. }
            | Event::WifiLost
            | Event::Address(_) => self.on_wifi(event, now),
            Event::Accepted { socket, peer } => self.with_server(now, |server, cx| {
                server.accepted(socket, peer, cx);
            }),
            Event::TurnedAway { peer } => self.with_server(now, |server, cx| {
                server.turned_away(peer, cx);
            }),
            Event::Connected { socket, peer } => self.with_server(now, |server, cx| {
                server.connected(socket, peer, cx);
            }),
            Event::DialFailed { socket, fault } => self.with_server(now, |server, cx| {
                server.dial_failed(socket, fault, cx);
            }),
            Event::Closed { socket, cause } => self.with_server(now, |server, cx| {
                server.closed(socket, cause, cx);
            }),
            Event::Saved(done) => self.saved(done, now),
            Event::Answered(done) => self.smartconfig.answered(done, &mut self.printer, now),
            Event::Gauges(gauges) => self.gauges = gauges,
            Event::Panel(panel) => {
                self.panel = panel;
                self.printer.say(LineEvent::ScreenPanel { panel }, now);
            }
            Event::Ota(event) => self.on_ota(event, now),
            Event::Confirmed(done) => self.confirmed(done, now),
        }
        self.settle(now);
    }

    /// Bytes came in on this serial line (0 or 1). Any bytes are welcome.
    pub fn console(&mut self, console: usize, bytes: &[u8], now: Time) {
        if self.with_console(console, now, |input, give| input.receive(bytes, now, give)) {
            self.settle(now);
        }
    }

    /// Takes a frame of data that the radio received while [`Board::channel`] named a channel; whether
    /// actions or output may follow from it.
    pub fn heard(&mut self, frame: SniffedFrame, now: Time) -> bool {
        match self.smartconfig.heard(frame, &mut self.printer, now) {
            None => return false,
            Some(Heard::Credentials(credentials)) => {
                let proven = self.uplink.try_out("esptouch", credentials, &mut self.printer, now);
                self.store_proven(proven, now);
            }
            Some(Heard::Locked | Heard::Unusable) => {}
        }
        self.settle(now);
        true
    }

    /// The next thing to do once; call until `None` after each event.
    pub fn next_action(&mut self) -> Option<Action> {
        if let Some(action) = self.uplink.next_action(self.settings.addressing) {
            return Some(action);
        }
        if self.smartconfig.next_scan() {
            self.scan.ask_for_smartconfig();
        }
        if self.scan.next_action() {
            return Some(Action::Scan);
        }
        if let Some(answer) = self.smartconfig.next_action() {
            return Some(answer);
        }
        if self.saves.next_action() {
            return Some(Action::Save);
        }
        if self.trial.next_action() {
            return Some(Action::Confirm);
        }
        // Nothing that was set is lost by a restart, nor is a new program.
        if self.saves.is_saving() || self.trial == Trial::Handed {
            return None;
        }
        (self.restart == Restart::Due).then(|| {
            self.restart = Restart::Handed;
            Action::Restart
        })
    }

    /// When [`Event::Tick`] is due next.
    pub fn poll_at(&self, now: Time) -> Option<Time> {
        let due = [
            self.uplink.poll_at(),
            self.consoles.iter().filter_map(Console::poll_at).min(),
            self.server.poll_at(&self.settings, self.is_reachable(), now),
            self.printer.poll_at(),
            self.smartconfig.poll_at(),
            self.trial.poll_at(),
            match self.restart {
                Restart::Closing { until } => Some(until),
                _ => None,
            },
        ];
        due.into_iter().flatten().min()
    }

    /// Console bytes to print, on every console, as far as they lie together: whole lines and Improv
    /// packets. Call [`Board::printed`] with what was taken, until it is empty.
    pub fn output(&self) -> &[u8] {
        self.printer.peek()
    }

    /// The next `count` bytes of [`Board::output`] are printed.
    pub fn printed(&mut self, count: usize) {
        self.printer.consume(count);
    }

    /// The settings as bytes for [`Action::Save`].
    pub fn record(&self) -> SettingsRecord {
        self.settings.encode()
    }

    /// What this socket should do now.
    pub fn duty(&self, socket: SocketIndex, now: Time) -> Duty<'_> {
        self.server.duty(socket, &self.settings, self.printer.room_for_data(), now)
    }

    /// Bytes were read from this socket, at most as many as its [`Flow::read`] allowed. With
    /// [`Write::Echo`] the glue writes the same bytes back.
    ///
    /// [`Flow::read`]: crate::Flow::read
    /// [`Write::Echo`]: crate::Write::Echo
    pub fn received(&mut self, socket: SocketIndex, bytes: &[u8], now: Time) {
        self.with_server(now, |server, cx| server.received(socket, bytes, cx));
    }

    /// Bytes were written to this socket.
    pub fn sent(&mut self, socket: SocketIndex, count: usize) {
        self.server.sent(socket, count);
    }

    /// Fills `out` with what this socket sends next ([`Write::Produce`]); gives how many bytes. All of
    /// them have to be written before more is asked for.
    ///
    /// [`Write::Produce`]: crate::Write::Produce
    pub fn produce(&mut self, socket: SocketIndex, out: &mut [u8], now: Time) -> usize {
        self.server.produce(socket, out, &self.settings, now)
    }

    /// The settings in use; socket options and names come from here.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the board is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The board's address, while it has one.
    pub const fn address(&self) -> Option<Address> {
        self.uplink.address()
    }

    /// Clients served, of the limit.
    pub fn served(&self) -> Share {
        self.server.served(&self.settings)
    }

    /// Clients waiting, of the limit.
    pub fn waiting(&self) -> Share {
        self.server.waiting()
    }

    /// Whether credentials are asked for.
    pub const fn is_provisioning(&self) -> bool {
        self.uplink.is_provisioning()
    }

    /// The channel on which the radio listens for SmartConfig, 1 to 13; `None` while it does not: a
    /// network is joined or being joined, or nobody wants it.
    pub fn channel(&self) -> Option<u8> {
        self.smartconfig.channel()
    }

    /// The attempt to join that is under way or was last; for tests and curious glue.
    pub const fn join_id(&self) -> JoinId {
        self.uplink.join_id()
    }

    /// Makes the tokens by which members of the chat room are known again. The secret is from chance;
    /// it has to be there before the first client.
    pub fn set_secret(&mut self, secret: [u8; 16]) {
        self.server.set_secret(secret);
    }

    /// Clients reach port `inner` of the board at port `outer`, because something between forwards it
    /// (the simulator does): that is the one to tell.
    pub const fn set_forward(&mut self, inner: u16, outer: u16) {
        self.server.set_forward(inner, outer);
    }

    /// The name on the network: as set, or made from the MAC address.
    pub fn hostname(&self) -> Hostname {
        self.settings.hostname_for(self.identity.mac)
    }

    /// What it says of itself by multicast DNS, while it has an address ([`crate::Mdns`]).
    pub fn advert(&self) -> Option<Advert> {
        let Identity { app, version, chip, .. } = self.identity;
        let update = self.boot.slots.is_some().then_some(self.ota_port);
        let port = match self.settings.mode {
            Mode::Client => update.map(|_| 0),
            _ => Some(self.server.port(&self.settings)),
        };
        Some(Advert {
            hostname: self.hostname(),
            address: self.address()?,
            port,
            name: self.settings.name.clone(),
            app,
            version,
            chip,
            update,
        })
    }

    /// The name for people.
    pub fn name(&self) -> &str {
        self.settings.name_or(self.identity.app)
    }

    /// What the status LED shows now.
    pub fn led_pattern(&self) -> LedPattern {
        let (served, waiting) = (self.served().taken, self.waiting().taken);
        LedPattern::of(self.uplink.state(), self.is_provisioning(), served, waiting)
    }

    /// What a display shows now: name and mode, address or Wi-Fi, clients, last message.
    pub fn screen(&self) -> [ScreenLine; 4] {
        let reachability = match (self.uplink.state(), self.address(), self.uplink.credentials()) {
            (WifiState::Online, Some(address), _) => Reachability::At(address.ip),
            (_, _, Some(credentials)) if !self.is_provisioning() => {
                Reachability::Joining(&credentials.ssid)
            }
            _ => Reachability::Nowhere,
        };
        screen::lines(&screen::ScreenContent {
            name: self.name(),
            mode: self.settings.mode,
            reachability,
            port: self.server.port(&self.settings),
            served: self.served(),
            waiting: self.waiting(),
            last: self.server.last_message(),
        })
    }

    fn tick(&mut self, now: Time) {
        let proven = self.uplink.tick(&mut self.printer, now);
        self.store_proven(proven, now);
        for console in 0..CONSOLES {
            self.with_console(console, now, |input, give| input.tick(now, give));
        }
        self.smartconfig.tick(&mut self.printer, now);
        self.printer.tick(now);
        self.give_up_trial(now);
        if matches!(self.restart, Restart::Closing { until } if now >= until) {
            self.restart = Restart::Due;
        }
    }

    /// What follows from any change: dialling, promotions, listening, and what is said about them.
    fn settle(&mut self, now: Time) {
        self.with_server(now, Server::settle);
        if self.uplink.is_online() {
            self.trial.reached();
        }
        if !self.uplink.is_trying() {
            self.smartconfig.forget_sender();
        }
        if !self.uplink.is_online() {
            self.smartconfig.end_answers(&mut self.printer, now);
        }
        let may = self.settings.smartconfig
            && self.uplink.is_provisioning()
            && self.uplink.is_radio_free()
            && self.restart == Restart::Unwanted;
        self.smartconfig.listen(may, &mut self.printer, now);
        self.uplink.hold(self.smartconfig.is_locked(), now);
        if matches!(self.restart, Restart::Closing { .. }) {
            // One that was just let in is ended too.
            self.server.close_all();
            if self.server.is_empty() {
                self.restart = Restart::Due;
            }
        }
    }

    /// Ends the connections, then restarts. Whoever comes meanwhile is not let in.
    fn begin_restart(&mut self, now: Time) {
        if self.restart == Restart::Unwanted {
            self.restart = Restart::Closing { until: now + RESTART_MAX_MS };
        }
    }

    /// Whether clients may come, and somebody be dialled.
    fn is_reachable(&self) -> bool {
        self.uplink.is_online() && self.restart == Restart::Unwanted
    }

    /// Lets the server do something, with what it needs of the rest.
    fn with_server(&mut self, now: Time, act: impl FnOnce(&mut Server, &mut ServerContext<'_>)) {
        let is_online = self.is_reachable();
        let Self { settings, printer, server, .. } = self;
        act(server, &mut ServerContext { settings, is_online, printer, now });
    }

    /// Lets a serial line do something and takes what it gives; whether there is such a line.
    fn with_console(
        &mut self,
        console: usize,
        now: Time,
        act: impl FnOnce(&mut Console, &mut dyn FnMut(console::Input<'_>)),
    ) -> bool {
        // The console is out while the board answers from what it holds.
        let Some(mut input) = self.consoles.get_mut(console).map(core::mem::take) else {
            return false;
        };
        act(&mut input, &mut |found| self.on_input(found, now));
        if let Some(console) = self.consoles.get_mut(console) {
            *console = input;
        }
        true
    }

    fn on_input(&mut self, input: console::Input<'_>, now: Time) {
        match input {
            console::Input::Request(Request { id, command }) => {
                self.trial.spoken_to(now);
                let pending = PendingAnswer::new(id, &command);
                self.execute(command, pending, now);
            }
            console::Input::BadCommand(id, error) => {
                answer::refuse(id, &error, &mut self.printer, now);
            }
            console::Input::Overlong { bytes } => {
                self.printer.answer(LineEvent::Overlong { bytes }, now);
            }
            console::Input::Noise { bytes } => self.printer.answer(LineEvent::Noise { bytes }, now),
            console::Input::Rpc(rpc) => self.improv_rpc(rpc, now),
            console::Input::BadPacket(reason) => {
                self.printer.say(LineEvent::ImprovBadPacket { reason }, now);
            }
        }
    }

    fn on_wifi(&mut self, event: Event<'_>, now: Time) {
        if let Event::Joined { rssi, .. } = event {
            self.gauges.rssi = rssi.or(self.gauges.rssi);
        }
        let proven = self.uplink.on(event, self.settings.addressing, &mut self.printer, now);
        self.store_proven(proven, now);
    }

    /// Uses these credentials from now on; `None` forgets and leaves.
    fn use_credentials(&mut self, credentials: Option<Credentials>, now: Time) {
        let proven = self.uplink.store(credentials, &mut self.printer, now);
        self.store_proven(proven, now);
    }

    /// Tries credentials from outside the console.
    fn try_out(&mut self, from: &'static str, credentials: Credentials, now: Time) {
        self.smartconfig.forget_sender();
        let proven = self.uplink.try_out(from, credentials, &mut self.printer, now);
        self.store_proven(proven, now);
    }

    /// Stores the credentials that have led to an address, and tells whoever sent them.
    fn store_proven(&mut self, proven: ProvenCredentials, now: Time) {
        if let Some(credentials) = proven.0 {
            self.settings.wifi = Some(credentials);
            self.saves.request();
            self.smartconfig.joined(self.identity.mac, self.uplink.address(), now);
        }
    }

    /// The settings are stored, or could not be.
    fn saved(&mut self, done: bool, now: Time) {
        let event = if done { LineEvent::SettingsSaved {} } else { LineEvent::SettingsNotSaved {} };
        self.printer.say(event, now);
        for pending in self.saves.done() {
            if done {
                pending.ok(&mut self.printer, now);
            } else {
                let text = "in use, but not stored: it is gone after a restart";
                pending.error(ErrorCode::Store, text, &mut self.printer, now);
            }
        }
    }

    /// Clients that the limit may be at most, with the sockets there are.
    fn limit_max(&self) -> u8 {
        LIMIT_MAX.min(self.identity.sockets - 1)
    }
}
