//! Espalier's own firmware on this computer: the same core that runs on the chips, with std sockets,
//! two access points of the simulator's own, and the settings in the simulated flash.

mod air;
mod berth;
mod dial;
mod harbour;
mod orphans;
mod store;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use espalier_board::protocol::{CloseCause, DialFault, Reset};
use espalier_board::{Action, Board, Duty, Event, Gauges, Identity, PLACES_MAX, PORT, Place, Time};
use parking_lot::Mutex;
use rustix::event::PollFlags;

use self::air::Air;
use self::berth::{Berth, Conn, turn_away};
use self::dial::Dial;
pub use self::harbour::Harbour;
pub use self::orphans::Orphans;
use self::store::Store;
use crate::boot::{Application, Partition};
use crate::chip::ResetCause;
use crate::flash::Flash;

/// The console that a pty stands for; a chip's second one is not there.
const CONSOLE: usize = 0;
/// How often the board is told its figures.
const GAUGES: Duration = Duration::from_secs(1);

/// What is around the board, and outlives its resets.
#[derive(Debug)]
pub struct Surroundings {
    /// Where clients come in.
    pub harbour: Harbour,
    /// Clients of before its last reset.
    pub orphans: Orphans,
    /// Whether the access points are within range.
    pub in_range: bool,
    /// The address that the network gives the board; `None`: where the harbour is.
    pub lease: Option<Ipv4Addr>,
}

/// What the firmware wants of the chip.
#[derive(Debug, Default)]
pub struct Wishes {
    /// To be printed as it is.
    pub output: Vec<u8>,
    /// To be told by the simulator itself.
    pub remarks: Vec<String>,
    /// A restart.
    pub restart: bool,
}

/// The running firmware.
pub struct Firmware {
    board: Box<Board>,
    started: Instant,
    air: Air,
    store: Store,
    berths: [Berth; PLACES_MAX],
    gauges: Instant,
    restart: bool,
    /// Something was printed in the last turn, so a connection that waits for the console may go on.
    printed: bool,
    code: Range<u32>,
}

/// Who starts, from what, and why.
#[derive(Debug)]
pub struct Start<'a> {
    /// The chip's name.
    pub chip: &'static str,
    /// Its MAC.
    pub mac: [u8; 6],
    /// Why it was reset.
    pub cause: ResetCause,
    /// What was found in flash.
    pub application: &'a Application,
    /// Where things are in flash.
    pub table: &'a [Partition],
}

impl Firmware {
    /// Starts the firmware.
    pub fn new(start: &Start<'_>, flash: &mut Flash, around: &Surroundings) -> Self {
        let store = Store::new(start.table);
        let identity = Identity {
            app: "espalier",
            version: lasting(&start.application.version),
            chip: start.chip,
            mac: start.mac,
            reset: match start.cause {
                ResetCause::PowerOn => Reset::PowerOn,
                ResetCause::Software => Reset::Software,
                ResetCause::Panic => Reset::Panic,
                ResetCause::BrownOut => Reset::Brownout,
                ResetCause::BootWatchdog | ResetCause::RtcWatchdog => Reset::Watchdog,
            },
            places: PLACES_MAX as u8,
        };
        let record = store.load(flash);
        let stored = record.as_ref().map(|record| record.as_slice()).map_err(|fault| *fault);
        let mut board = Board::new(identity, stored, Time::ZERO);
        board.set_forward(PORT, around.harbour.outer());
        let lease = around.lease.unwrap_or_else(|| around.harbour.ip());
        let started = Instant::now();
        Self {
            board: Box::new(board),
            started,
            air: Air::new(around.in_range, lease),
            store,
            berths: Default::default(),
            gauges: started,
            restart: false,
            printed: false,
            code: start.application.code.clone(),
        }
    }

    /// Bytes from the console.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.board.console(CONSOLE, bytes, self.time(Instant::now()));
    }

    /// What the firmware prints when it panics, in the words of `firmware/esp`. Nobody called anybody here: the addresses
    /// are spread over the flashed program, so that there is something to decode.
    pub fn last_words(&self) -> String {
        let Range { start, end } = self.code;
        let step = (end - start) / 4;
        let at = [1, 2, 3].map(|n| format!("0x{:x}\n", (start + n * step) & !3)).concat();
        format!(
            "\n\n====================== PANIC ======================\n\
             panicked at the simulator:\nasked for by hand; its backtrace is made up\n\
             \nBacktrace:\n\n{at}\n"
        )
    }

    /// The chip loses its memory, and with it all connections.
    pub fn forget(self, orphans: &mut Orphans) {
        let streams = self.berths.into_iter().filter_map(Berth::into_stream);
        streams.for_each(|stream| orphans.take(stream));
    }

    /// The surroundings have changed.
    pub fn look_around(&mut self, around: &Surroundings) {
        self.air.set_lease(around.lease.unwrap_or_else(|| around.harbour.ip()));
        self.air.set_in_range(around.in_range, Instant::now());
    }

    /// Where clients may connect, as long as the board has an address.
    pub fn address(&self, around: &Surroundings) -> Option<SocketAddr> {
        let ip = self.board.address()?.ip;
        let port = around.harbour.outer_of(self.board.settings().port);
        Some(SocketAddr::from((ip, port)))
    }

    /// Does everything that can be done now; at most so many bytes are printed.
    pub fn turn(&mut self, flash: &mut Flash, around: &mut Surroundings, room: usize) -> Wishes {
        let now = Instant::now();
        let time = self.time(now);
        let mut wishes = Wishes::default();
        for event in self.air.events(now) {
            self.board.on(event, time);
        }
        if self.gauges <= now {
            self.gauges = now + GAUGES;
            let gauges = Gauges { heap: None, heap_min: None, rssi: self.air.rssi() };
            self.board.on(Event::Gauges(gauges), time);
        }
        if self.board.poll_at(time).is_some_and(|at| at <= time) {
            self.board.on(Event::Tick, time);
        }
        self.act(flash, now);
        for index in 0..PLACES_MAX {
            self.berth(index, now);
        }
        self.receive(around, now, &mut wishes);
        self.act(flash, now);
        // Before a restart everything is printed, whoever reads it.
        let room = if self.restart { usize::MAX } else { room };
        self.print(room, &mut wishes.output);
        self.printed = !wishes.output.is_empty();
        wishes.restart = self.restart;
        wishes
    }

    /// What to wait on.
    pub fn wait_on<'a>(&'a self, around: &'a Surroundings) -> Vec<(BorrowedFd<'a>, PollFlags)> {
        let time = self.time(Instant::now());
        let harbour = around.harbour.wait_on().map(|fd| (fd, PollFlags::IN));
        let berths = self.berths.iter().enumerate();
        let berths = berths.filter_map(|(i, berth)| berth.wait_on(self.board.duty(place(i), time)));
        let online = self.board.address().is_some();
        let orphans = online.then(|| around.orphans.wait_on()).into_iter().flatten();
        let orphans = orphans.map(|fd| (fd, PollFlags::IN));
        harbour.into_iter().chain(berths).chain(orphans).collect()
    }

    /// When there is something to do without being woken.
    pub fn deadline(&self, around: &Surroundings) -> Instant {
        let now = Instant::now();
        let time = self.time(now);
        // What is due is done soon, and never in a circle that starves the port.
        let soonest = now + Duration::from_millis(1);
        if self.printed {
            return soonest;
        }
        let due = self.board.poll_at(time);
        let due = due.map(|at| self.started + Duration::from_millis(at.ms()));
        let berths = self.berths.iter().enumerate();
        let berths =
            berths.filter_map(|(i, berth)| berth.deadline(self.board.duty(place(i), time), now));
        berths
            .chain(due)
            .chain(self.air.deadline())
            .chain(around.harbour.deadline())
            .fold(self.gauges, Instant::min)
            .max(soonest)
    }

    fn time(&self, now: Instant) -> Time {
        let since = now.saturating_duration_since(self.started).as_millis();
        Time::from_ms(u64::try_from(since).unwrap_or(u64::MAX))
    }

    /// Does what the board wants done once.
    fn act(&mut self, flash: &mut Flash, now: Instant) {
        let time = self.time(now);
        while let Some(action) = self.board.next_action() {
            match action {
                // The network of this computer has its own addresses: a fixed one is not used.
                Action::Join { id, credentials, .. } => self.air.join(id, &credentials, now),
                Action::Leave => self.air.leave(),
                Action::Scan => self.air.scan(now),
                Action::Save => {
                    let saved = self.store.save(flash, &self.board.record());
                    self.board.on(Event::Saved(saved), time);
                }
                Action::Restart => self.restart = true,
                _ => {}
            }
        }
    }

    /// Sees to one place: what its socket does becomes what the board wants it to do.
    fn berth(&mut self, index: usize, now: Instant) {
        let (place, time) = (place(index), self.time(now));
        let Some(berth) = self.berths.get_mut(index) else { return };
        let duty = self.board.duty(place, time);
        let event = match (std::mem::take(berth), duty) {
            (Berth::Open(mut conn), Duty::Serve(_)) => {
                match conn.serve(&mut self.board, place, time) {
                    Some(cause) => Some(Event::Closed { place, cause }),
                    None => {
                        *berth = Berth::Open(conn);
                        None
                    }
                }
            }
            (Berth::Open(conn), Duty::Abort) => {
                conn.abort();
                Some(Event::Closed { place, cause: CloseCause::Other })
            }
            (Berth::Dialling(mut dial), Duty::Dial { host, port }) if dial.is_to(host, port) => {
                match dial.turn(now) {
                    Ok(None) => {
                        *berth = Berth::Dialling(dial);
                        None
                    }
                    Ok(Some((stream, peer))) => {
                        let keepalive = self.board.settings().keepalive;
                        match Conn::new(stream, keepalive) {
                            Ok(conn) => {
                                *berth = Berth::Open(conn);
                                Some(Event::Connected { place, peer })
                            }
                            Err(_) => Some(Event::DialFailed { place, fault: DialFault::Other }),
                        }
                    }
                    Err(fault) => Some(Event::DialFailed { place, fault }),
                }
            }
            (Berth::Free | Berth::Dialling(_), Duty::Dial { host, port }) => {
                match Dial::new(host, port, now) {
                    Ok(dial) => {
                        *berth = Berth::Dialling(dial);
                        None
                    }
                    Err(fault) => Some(Event::DialFailed { place, fault }),
                }
            }
            // A socket that nobody wants any more is closed; a place without one has nothing to do.
            _ => None,
        };
        if let Some(event) = event {
            self.board.on(event, time);
        }
    }

    /// Takes the clients that are welcome, and is closed to the others.
    fn receive(&mut self, around: &mut Surroundings, now: Instant, wishes: &mut Wishes) {
        let time = self.time(now);
        if let Some(address) = self.board.address() {
            around.harbour.set_ip(address.ip);
            around.orphans.answer();
        }
        loop {
            let listening = (0..PLACES_MAX).find_map(|i| match self.board.duty(place(i), time) {
                Duty::Listen { port } => Some((i, port)),
                _ => None,
            });
            let Some((index, port)) = listening else {
                // Whoever the kernel let in meanwhile is turned away by name, the next ones by it.
                while let Some((stream, peer)) = around.harbour.next() {
                    turn_away(&stream);
                    self.board.on(Event::TurnedAway { peer }, time);
                }
                around.harbour.close();
                return;
            };
            match around.harbour.accept(port, now) {
                Ok(Some((stream, peer))) => {
                    let keepalive = self.board.settings().keepalive;
                    if let (Ok(conn), Some(berth)) =
                        (Conn::new(stream, keepalive), self.berths.get_mut(index))
                    {
                        *berth = Berth::Open(conn);
                        self.board.on(Event::Accepted { place: place(index), peer }, time);
                        // What it sent along is not left waiting for the next turn.
                        self.berth(index, now);
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    let outer = around.harbour.outer_of(port);
                    let text = format!("port {outer} of this computer cannot be opened: {error}");
                    wishes.remarks.push(text);
                    return;
                }
            }
        }
    }

    fn print(&mut self, room: usize, output: &mut Vec<u8>) {
        while output.len() < room {
            let bytes = self.board.output();
            let n = bytes.len().min(room - output.len());
            if n == 0 {
                return;
            }
            output.extend_from_slice(&bytes[..n]);
            self.board.printed(n);
        }
    }
}

impl fmt::Debug for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Firmware").field("air", &self.air).finish_non_exhaustive()
    }
}

/// The place of this number; there are few.
fn place(index: usize) -> Place {
    Place(u8::try_from(index).unwrap_or(u8::MAX))
}

/// The same text for as long as the program runs. The versions that are ever flashed are few.
fn lasting(text: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock();
    known.get(text).copied().unwrap_or_else(|| {
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        known.insert(text);
        text
    })
}
