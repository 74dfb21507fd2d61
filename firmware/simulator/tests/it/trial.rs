//! A board without a network, and a sender of SmartConfig in the model of an air: on a clock of their own.

use espalier_board::{Action, Board, Event, Identity, Network, Time};
use espalier_protocol::command::Credentials;
use espalier_protocol::esptouch::{Datum, PACKET_INTERVAL_MS};
use espalier_protocol::{Auth, RecordFault, Reset};
use espalier_simulator::air::{Air, AirSpec};

/// One sending.
pub struct Trial<'a> {
    pub air: AirSpec,
    pub ssid: &'a [u8],
    pub password: &'a [u8],
    /// Channels on which a scan finds networks.
    pub occupied: &'a [u8],
    /// Milliseconds after the board's start.
    pub begins: u64,
    /// Whether others send on every channel too.
    pub crowded: bool,
}

impl Trial<'_> {
    /// A usual network on this channel, with its neighbours on 1, 6 and 11.
    pub fn new(air: AirSpec) -> Self {
        Self {
            air,
            ssid: b"home network",
            password: b"correct horse",
            occupied: &[1, 6, 11],
            begins: 0,
            crowded: true,
        }
    }

    /// Milliseconds from the beginning of the sending to the credentials, and these; `None` when they never come.
    pub fn run(&self) -> Option<(u64, Credentials)> {
        let identity = Identity {
            app: "espalier",
            version: "0",
            chip: "esp32c3",
            mac: [2, 0, 0, 1, 2, 3],
            reset: Reset::PowerOn,
            sockets: 3,
        };
        let mut board = Board::new(identity, Err(RecordFault::Missing), Time::ZERO);
        let sender = [192, 168, 1, 2].into();
        let datum = Datum::new(self.ssid, self.password, self.air.bssid, sender).expect("it fits");
        let (mut air, mut packets) = (Air::new(self.air), datum.schedule());
        for ms in 0..self.begins + 60_000 {
            let now = Time::from_ms(ms);
            if board.poll_at(now).is_some_and(|due| due <= now) {
                board.on(Event::Tick, now);
            }
            while let Some(action) = board.next_action() {
                match action {
                    Action::Scan => self.scanned(&mut board, now),
                    Action::Join { credentials, .. } => {
                        return Some((ms - self.begins, credentials));
                    }
                    _ => {}
                }
            }
            let printed = board.output().len();
            board.printed(printed);
            let sends = ms >= self.begins && (ms - self.begins).is_multiple_of(PACKET_INTERVAL_MS);
            if let Some(length) = sends.then(|| packets.next()).flatten() {
                air.send(length, ms * 1_000);
            }
            let mut frames: Vec<_> = std::iter::from_fn(|| air.hear(ms * 1_000)).collect();
            if self.crowded
                && ms.is_multiple_of(3)
                && let Some(channel) = board.channel()
            {
                frames.push(air.other(channel));
            }
            for frame in frames {
                // A radio hears its own channel only; what it hears says so.
                if board.channel() == Some(frame.channel())
                    && let Some(frame) = frame.sniffed()
                {
                    board.heard(frame, now);
                }
            }
        }
        None
    }

    fn scanned(&self, board: &mut Board, now: Time) {
        for channel in self.occupied {
            let (ssid, rssi, auth) = ("somebody's", -60, Auth::Wpa2);
            let channel = Some(*channel);
            board.on(Event::Network(Network { ssid, rssi, channel, auth }), now);
        }
        board.on(Event::ScanDone(true), now);
    }
}
