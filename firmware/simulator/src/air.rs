//! What a radio hears of an access point and of a sender of ESP-TOUCH in its network: the frames that UDP datagrams to
//! everybody become. A model with a clock of its own and chance that can be repeated; no I/O.
//!
//! Lengths are those that a chip reports, check sum included: a datagram of *n* bytes is *n* + 64 in an open network
//! (24 header, 8 LLC, 20 IP, 8 UDP, 4 FCS), 16 more with CCMP, 20 with TKIP, 2 more with QoS.

use std::collections::VecDeque;

use espalier_board::SniffedFrame;

/// Frames that an access point keeps at most; it throws away what comes then.
const KEPT_MAX: usize = 256;
/// Between two beacons, microseconds.
const BEACON_US: u64 = 102_400;
/// Frames of a burst follow each other after this, microseconds.
const BURST_US: u64 = 1_000;
/// What a frame has besides the datagram, in an open network.
const OVERHEAD: u16 = 64;
const EVERYBODY: [u8; 6] = [0xff; 6];

/// How a network is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// Not at all.
    Open,
    /// WPA.
    Tkip,
    /// WPA2 and WPA3.
    Ccmp,
}

/// Who is on the air, and what the air does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AirSpec {
    /// The access point's address.
    pub bssid: [u8; 6],
    /// Its channel.
    pub channel: u8,
    /// How its network is sealed.
    pub sealing: Sealing,
    /// It keeps what goes to everybody for sleeping stations until each beacon of this number; 0: nobody sleeps.
    pub dtim: u8,
    /// The sender's address.
    pub sender: [u8; 6],
    /// Whether the sender's own frames are heard, on their way to the access point.
    pub uplink: bool,
    /// Whether frames have a QoS field.
    pub qos: bool,
    /// Bytes that are added to each frame, whatever they are.
    pub extra: u16,
    /// Frames that are not heard, percent.
    pub lost: u8,
    /// Frames that are heard twice, percent.
    pub doubled: u8,
    /// Where chance begins.
    pub seed: u64,
}

impl AirSpec {
    /// A WPA2 network without sleeping stations, and a quiet air.
    pub const fn new(channel: u8) -> Self {
        Self {
            bssid: [0x02, 0xe5, 0xa1, 0, 0, channel],
            channel,
            sealing: Sealing::Ccmp,
            dtim: 0,
            sender: [0x02, 0xe5, 0xa1, 1, 0, 1],
            uplink: false,
            qos: false,
            extra: 0,
            lost: 0,
            doubled: 0,
            seed: 1,
        }
    }
}

/// A frame as a radio hands it over: the MAC header, and how long the whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AirFrame {
    header: [u8; 24],
    length: u16,
    channel: u8,
}

impl AirFrame {
    /// The channel it was sent on.
    pub const fn channel(&self) -> u8 {
        self.channel
    }

    /// What the firmware's glue makes of it.
    pub fn sniffed(&self) -> Option<SniffedFrame> {
        SniffedFrame::new(&self.header, self.length, self.channel)
    }

    fn new(control: [u8; 2], addresses: [[u8; 6]; 3], length: u16, channel: u8) -> Self {
        let mut header = [0; 24];
        header[..2].copy_from_slice(&control);
        for (place, address) in header[4..22].chunks_exact_mut(6).zip(addresses) {
            place.copy_from_slice(&address);
        }
        Self { header, length, channel }
    }
}

/// Chance that can be repeated.
#[derive(Clone, Copy, Debug)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn percent(&mut self, percent: u8) -> bool {
        self.next() % 100 < u64::from(percent)
    }
}

/// The air around one access point.
#[derive(Clone, Debug)]
pub struct Air {
    spec: AirSpec,
    chance: Chance,
    /// What is to be heard, and when, microseconds; in that order.
    coming: VecDeque<(u64, AirFrame)>,
}

impl Air {
    /// Nothing is on the air yet.
    pub fn new(spec: AirSpec) -> Self {
        Self { spec, chance: Chance(spec.seed), coming: VecDeque::new() }
    }

    /// The sender sends a datagram of so many bytes to everybody, now (microseconds).
    pub fn send(&mut self, bytes: u16, now: u64) {
        let AirSpec { bssid, channel, sealing, dtim, sender, uplink, qos, extra, .. } = self.spec;
        let seal = match sealing {
            Sealing::Open => 0,
            Sealing::Tkip => 20,
            Sealing::Ccmp => 16,
        };
        let length =
            bytes.saturating_add(OVERHEAD + seal + if qos { 2 } else { 0 }).saturating_add(extra);
        let kind = if qos { 0x88 } else { 0x08 };
        let sealed = if sealing == Sealing::Open { 0 } else { 0x40 };
        if uplink {
            let up = [bssid, sender, EVERYBODY];
            self.put(now, AirFrame::new([kind, 0x01 | sealed], up, length, channel));
        }
        let down =
            AirFrame::new([kind, 0x02 | sealed], [EVERYBODY, bssid, sender], length, channel);
        if dtim == 0 {
            return self.put(now, down);
        }
        let every = BEACON_US * u64::from(dtim);
        let beacon = (now / every + 1) * every;
        let last = self.coming.iter().rev().find(|(at, _)| *at >= beacon);
        self.put(last.map_or(beacon, |(at, _)| at + BURST_US), down);
    }

    /// What is heard next, if it is by now (microseconds).
    pub fn hear(&mut self, now: u64) -> Option<AirFrame> {
        self.due().filter(|due| *due <= now)?;
        self.coming.pop_front().map(|(_, frame)| frame)
    }

    /// When something is heard next, microseconds.
    pub fn due(&self) -> Option<u64> {
        self.coming.front().map(|(at, _)| *at)
    }

    /// Somebody else's frame on this channel: a beacon, data for one station, or data for everybody.
    pub fn other(&mut self, channel: u8) -> AirFrame {
        let number = self.chance.next();
        let (length, who) = ((number >> 8) as u16 % 1500, (number >> 32) as u8 % 5);
        let (one, point) = ([0x04, 0, 0, 0, 1, who], [0x04, 0, 0, 0, 0, who]);
        match number % 4 {
            0 => AirFrame::new([0x80, 0], [EVERYBODY, point, point], length, channel),
            1 => AirFrame::new([0x88, 0x42], [one, point, point], length, channel),
            2 => AirFrame::new([0x88, 0x41], [point, one, point], length, channel),
            _ => AirFrame::new([0x08, 0x42], [EVERYBODY, point, one], length, channel),
        }
    }

    fn put(&mut self, at: u64, frame: AirFrame) {
        if self.chance.percent(self.spec.lost) {
            return;
        }
        let times = if self.chance.percent(self.spec.doubled) { 2 } else { 1 };
        for _ in 0..times {
            if self.coming.len() < KEPT_MAX {
                let place = self.coming.partition_point(|(due, _)| *due <= at);
                self.coming.insert(place, (at, frame));
            }
        }
    }
}
