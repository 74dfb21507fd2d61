//! The board itself: state, the door for events, and what the glue reads off.

use crate::{
    Action, Address, Event, Gauges, Identity, LIMIT_MAX, PLACES_MAX, Record, Settings, Time,
    console::{Asks, CONSOLES, Console},
    dial::Dialler,
    outbox::{Outbox, Weight},
    places::{Announced, Places},
    wifi::Policy,
};
use espalier_protocol::{
    AddressSource, Line, RecordFault, Secret,
    command::{Addressing, Hostname},
    line,
};

/// The behaviour of a board. About 10 KiB, no heap, no clock, no I/O.
///
/// See the crate's documentation for what the glue has to do.
#[derive(Debug, Clone)]
pub struct Board {
    pub(crate) identity: Identity,
    pub(crate) settings: Settings,
    pub(crate) places: Places,
    pub(crate) dialler: Dialler,
    pub(crate) policy: Policy,
    pub(crate) address: Option<Address>,
    pub(crate) consoles: [Console; CONSOLES],
    pub(crate) asks: Asks,
    pub(crate) outbox: Outbox,
    pub(crate) gauges: Gauges,
    pub(crate) counters: Counters,
    pub(crate) wanted: Wanted,
    pub(crate) announced: Option<Announced>,
    /// When left-out lines are told.
    pub(crate) skipped_due: Option<Time>,
    pub(crate) last: crate::screen::Message,
    /// See [`Board::set_forward`].
    pub(crate) forward: Option<(u16, u16)>,
}

/// Sums since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: u32,
    pub(crate) refused: u32,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) check_errors: u64,
    pub(crate) wifi_losses: u32,
    pub(crate) wifi_failures: u32,
}

/// Actions that the glue has not fetched yet: one of each kind, the newest wins, so there is no
/// queue to overflow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) radio: Option<crate::wifi::Radio>,
    pub(crate) scan: bool,
    pub(crate) save: bool,
    pub(crate) restart: bool,
}

impl Board {
    /// A board that has just started. `stored` is what the store holds: the bytes of a record, or
    /// why there are none.
    pub fn new(identity: Identity, stored: Result<&[u8], RecordFault>, now: Time) -> Self {
        let refused = |fault| crate::Refused { fault, version: None };
        let loaded = stored.map_err(refused).and_then(Settings::decode);
        let mut identity = identity;
        identity.places = identity.places.clamp(2, PLACES_MAX as u8);
        let mut settings = loaded.clone().unwrap_or_default();
        settings.limit = settings.limit.min(identity.places - 1);
        let mut board = Self {
            identity,
            settings,
            places: Places::new(),
            dialler: Dialler::new(),
            policy: Policy::new(),
            address: None,
            consoles: [Console::new(), Console::new()],
            asks: Asks::default(),
            outbox: Outbox::new(),
            gauges: Gauges::default(),
            counters: Counters::default(),
            wanted: Wanted::default(),
            announced: None,
            skipped_due: None,
            last: crate::screen::Message::new(),
            forward: None,
        };
        let Identity { app, version, chip, reset, .. } = identity;
        let (app, version, chip) = (app.into(), version.into(), chip.into());
        board.say(line::Event::Started { app, version, chip, reset }, now);
        board.say(
            match loaded {
                Ok(_) => line::Event::SettingsLoaded { version: crate::RECORD_VERSION },
                Err(crate::Refused { fault: reason, version }) => {
                    line::Event::SettingsDefault { reason, version }
                }
            },
            now,
        );
        board.use_credentials(board.settings.wifi.clone(), now);
        board
    }

    /// Takes what happened. Fetch actions, duties and output afterwards.
    pub fn on(&mut self, event: Event<'_>, now: Time) {
        match event {
            Event::Tick => self.tick(now),
            Event::Joined { .. }
            | Event::JoinFailed { .. }
            | Event::WifiLost
            | Event::Address(_)
            | Event::Network(_)
            | Event::ScanDone(_)
            | Event::Credentials { .. } => self.on_wifi(event, now),
            Event::Accepted { place, peer } => self.accepted(place, peer, now),
            Event::TurnedAway { peer } => self.turned_away(peer, now),
            Event::Connected { place, peer } => self.connected(place, peer, now),
            Event::DialFailed { place, fault } => self.dial_failed(place, fault, now),
            Event::Closed { place, cause } => self.closed(place, cause, now),
            Event::Saved(done) => self.saved(done, now),
            Event::Gauges(gauges) => self.gauges = gauges,
        }
        self.settle(now);
    }

    fn tick(&mut self, now: Time) {
        self.wifi_tick(now);
        self.give_up_on_cut_input(now);
        if self.skipped_due.is_some_and(|due| now >= due) {
            self.skipped_due = None;
            match self.outbox.untold() {
                0 => {}
                lines => self.say(line::Event::Skipped { lines }, now),
            }
        }
    }

    /// What follows from any change: promotions, and what is said about them.
    pub(crate) fn settle(&mut self, now: Time) {
        self.dial_if_due(now);
        self.promote(now);
        self.listen();
        self.announce(now);
    }

    /// The next thing to do once; call until `None` after each event.
    pub fn next_action(&mut self) -> Option<Action> {
        if let Some(radio) = self.wanted.radio.take() {
            return Some(self.radio_action(radio));
        }
        if core::mem::take(&mut self.wanted.scan) {
            return Some(Action::Scan);
        }
        // One record at a time: what changes while it is written is stored after it.
        if self.wanted.save && self.asks.saving.is_none() {
            self.wanted.save = false;
            self.asks.saving = Some(core::mem::take(&mut self.asks.save));
            return Some(Action::Save);
        }
        // Nothing that was set is lost by a restart.
        if self.asks.saving.is_some() {
            return None;
        }
        core::mem::take(&mut self.wanted.restart).then_some(Action::Restart)
    }

    /// When [`Event::Tick`] is due next.
    pub fn poll_at(&self, now: Time) -> Option<Time> {
        let due = [
            self.policy.poll_at(),
            self.input_due(),
            self.dial_due(),
            self.work_due(now),
            self.skipped_due,
        ];
        due.into_iter().flatten().min()
    }

    /// Console bytes to print, on every console, as far as they lie together: whole lines and Improv
    /// packets. Call [`Board::printed`] with what was taken, until it is empty.
    pub fn output(&self) -> &[u8] {
        self.outbox.peek()
    }

    /// The next `count` bytes of [`Board::output`] are printed.
    pub fn printed(&mut self, count: usize) {
        self.outbox.consume(count);
    }

    /// The settings as bytes for [`Action::Save`].
    pub fn record(&self) -> Record {
        self.settings.encode()
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
        self.address
    }

    /// Whether credentials are asked for.
    pub const fn is_provisioning(&self) -> bool {
        self.policy.is_provisioning()
    }

    /// Whether credentials are asked for and the radio has nothing else to do: the time for a
    /// sniffer to listen for ESP-TOUCH.
    pub const fn may_sniff(&self) -> bool {
        self.policy.is_provisioning() && self.policy.is_radio_free()
    }

    /// Clients reach port `inner` of the board at port `outer`, because something between forwards it
    /// (the simulator does): that is the one to tell.
    pub const fn set_forward(&mut self, inner: u16, outer: u16) {
        self.forward = Some((inner, outer));
    }

    /// The port that clients connect to.
    pub(crate) fn told_port(&self) -> u16 {
        match self.forward {
            Some((inner, outer)) if inner == self.settings.port => outer,
            _ => self.settings.port,
        }
    }

    /// The name on the network: as set, or made from the MAC address.
    pub fn hostname(&self) -> Hostname {
        if !self.settings.hostname.is_empty() {
            return self.settings.hostname.clone();
        }
        let [.., a, b, c] = self.identity.mac;
        let mut name = Hostname::new();
        // 15 bytes always fit.
        core::fmt::write(&mut name, format_args!("espalier-{a:02x}{b:02x}{c:02x}")).ok();
        name
    }

    /// The name for people.
    pub fn name(&self) -> &str {
        if self.settings.name.is_empty() { self.identity.app } else { &self.settings.name }
    }

    /// Clients that the limit may be at most, with the sockets there are.
    pub(crate) fn limit_max(&self) -> u8 {
        LIMIT_MAX.min(self.identity.places - 1)
    }

    /// Says what happened, if the log level lets it.
    pub(crate) fn say(&mut self, event: line::Event<'_>, now: Time) {
        if event.level() <= self.settings.log {
            self.print(event, Weight::News, now);
        }
    }

    /// Prints, whatever the log level: answers.
    pub(crate) fn answer(&mut self, event: line::Event<'_>, now: Time) {
        self.print(event, Weight::News, now);
    }

    pub(crate) fn print(&mut self, event: line::Event<'_>, weight: Weight, now: Time) {
        let skipped = self.outbox.skipped();
        self.outbox.line(&Line { ms: now.ms(), event }, weight);
        if self.outbox.skipped() != skipped && self.skipped_due.is_none() {
            self.skipped_due = Some(now + 1_000);
        }
    }

    /// The settings, as lines.
    pub(crate) fn show_settings(&mut self, now: Time) {
        let settings = self.settings.clone();
        let wifi = settings.wifi.as_ref();
        let has_password = wifi.is_some_and(|wifi| !wifi.password.is_empty());
        let fixed = match settings.addressing {
            Addressing::Dhcp => None,
            Addressing::Static(fixed) => Some(fixed),
        };
        self.answer(
            line::Event::WifiSettings {
                ssid: wifi.map(|wifi| wifi.ssid.as_str().into()),
                password: if has_password { Secret::Set } else { Secret::Unset },
                address: fixed.map_or(AddressSource::Dhcp, |_| AddressSource::Static),
                ip: fixed.map(|fixed| fixed.ip),
                prefix: fixed.map(|fixed| fixed.prefix),
                gateway: fixed.and_then(|fixed| fixed.gateway),
                dns: fixed.and_then(|fixed| fixed.dns),
            },
            now,
        );
        let Settings { port, limit, keepalive, mode, rate, .. } = settings;
        self.answer(line::Event::ServerSettings { port, limit, keepalive, mode, rate }, now);
        let target = settings.target.as_ref();
        let host = target.map(|target| target.host.as_str().into());
        let port = target.map_or(crate::TARGET_PORT, |target| target.port);
        self.answer(line::Event::ClientSettings { host, port }, now);
        let (log, show, hostname) = (settings.log, settings.shown, self.hostname());
        let name = if settings.name.is_empty() { self.identity.app } else { &settings.name };
        let (name, hostname) = (name.into(), hostname.as_str().into());
        self.answer(line::Event::ConsoleSettings { log, show, name, hostname }, now);
    }
}
