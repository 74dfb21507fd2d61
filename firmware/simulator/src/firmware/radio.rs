//! The radio: two access points that are always there, unless they are told not to be.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use espalier_board::protocol::command::Credentials;
use espalier_board::protocol::{Auth, JoinFault};
use espalier_board::{Address, Event, JoinId, Network};

/// How long things take: short, but so that they can be seen.
const SCAN: Duration = Duration::from_millis(300);
const JOIN: Duration = Duration::from_millis(200);
const LEASE: Duration = Duration::from_millis(50);
const REFUSE: Duration = Duration::from_millis(400);
const SEARCH: Duration = Duration::from_millis(600);

/// An access point.
#[derive(Debug)]
struct AccessPoint {
    network: Network<'static>,
    password: &'static str,
}

/// The channel of the protected one.
pub const CHANNEL: u8 = 6;

const ACCESS_POINTS: [AccessPoint; 2] = [
    AccessPoint {
        network: Network { ssid: "Simulated", rssi: -48, channel: Some(1), auth: Auth::Open },
        password: "",
    },
    AccessPoint {
        network: Network {
            ssid: "Simulated-WPA",
            rssi: -61,
            channel: Some(CHANNEL),
            auth: Auth::Wpa2,
        },
        password: "espalier",
    },
];

/// The radio and what it is about.
#[derive(Debug)]
pub struct SimulatedRadio {
    in_range: bool,
    lease: Ipv4Addr,
    /// Signal of the network that is joined.
    rssi: Option<i8>,
    /// What happens next, in order, to whatever was asked for last.
    joining: VecDeque<(Instant, Event<'static>)>,
    scanned: Option<Instant>,
}

impl SimulatedRadio {
    /// A radio whose network gives the board this address.
    pub fn new(in_range: bool, lease: Ipv4Addr) -> Self {
        Self { in_range, lease, rssi: None, joining: VecDeque::new(), scanned: None }
    }

    /// Leaves whatever network and joins this one.
    pub fn join(&mut self, id: JoinId, credentials: &Credentials, now: Instant) {
        self.leave();
        let named = |point: &&AccessPoint| point.network.ssid == credentials.ssid.as_str();
        let Some(point) = ACCESS_POINTS.iter().find(named).filter(|_| self.in_range) else {
            let event = Event::JoinFailed { id, fault: JoinFault::NotFound };
            self.joining.push_back((now + SEARCH, event));
            return;
        };
        let Network { rssi, channel, auth, .. } = point.network;
        // An open network asks for none, so one that was given does no harm, and is told of.
        if auth == Auth::Open && !credentials.password.is_empty() {
            self.joining.push_back((now + JOIN, Event::OpenNetwork { id }));
        }
        if auth != Auth::Open && credentials.password.reveal() != point.password {
            let event = Event::JoinFailed { id, fault: JoinFault::Auth };
            self.joining.push_back((now + REFUSE, event));
            return;
        }
        let address = Address { ip: self.lease, prefix: 8, gateway: None };
        self.joining.push_back((now + JOIN, Event::Joined { id, rssi: Some(rssi), channel }));
        self.joining.push_back((now + JOIN + LEASE, Event::Address(Some(address))));
    }

    /// Leaves the network; what was under way does not happen.
    pub fn leave(&mut self) {
        self.rssi = None;
        self.joining.clear();
    }

    /// Looks for networks.
    pub fn scan(&mut self, now: Instant) {
        self.scanned = Some(now + SCAN);
    }

    /// The access points come within range, or go out of it.
    pub fn set_in_range(&mut self, in_range: bool, now: Instant) {
        self.in_range = in_range;
        if !in_range && self.rssi.is_some() {
            self.leave();
            self.joining.push_back((now, Event::WifiLost));
        }
    }

    /// The address that the board is given when it joins next.
    pub fn set_lease(&mut self, lease: Ipv4Addr) {
        self.lease = lease;
    }

    /// Signal of the network that is joined, dBm.
    pub fn rssi(&self) -> Option<i8> {
        self.rssi
    }

    /// When something happens next.
    pub fn deadline(&self) -> Option<Instant> {
        let joining = self.joining.front().map(|(at, _)| *at);
        joining.into_iter().chain(self.scanned).min()
    }

    /// What has happened.
    pub fn events(&mut self, now: Instant) -> Vec<Event<'static>> {
        let mut events = Vec::new();
        if self.scanned.is_some_and(|at| at <= now) {
            self.scanned = None;
            let found = ACCESS_POINTS.iter().filter(|_| self.in_range);
            events.extend(found.map(|point| Event::Network(point.network)));
            events.push(Event::ScanDone(true));
        }
        while let Some((at, _)) = self.joining.front()
            && *at <= now
            && let Some((_, event)) = self.joining.pop_front()
        {
            if let Event::Joined { rssi, .. } = event {
                self.rssi = rssi;
            }
            events.push(event);
        }
        events
    }
}
