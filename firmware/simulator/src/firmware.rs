//! Espalier's own firmware on this computer: the same core that runs on the chips, with std sockets,
//! two access points of the simulator's own, and the settings in the simulated flash.

mod antenna;
mod chance;
mod dial;
mod listening_socket;
mod mdns_socket;
mod ota_socket;
mod radio;
mod socket;
mod stale_connections;
mod store;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use espalier_board::protocol::{CloseCause, DialFault, Panel, Reset};
use espalier_board::{
    Action, Board, Duty, Event, Gauges, Identity, Mdns, OtaBoot, PORT, SOCKETS_MAX, SocketIndex,
    Time,
};
use parking_lot::Mutex;
use rustix::event::PollFlags;

pub use self::antenna::Antenna;
use self::chance::secret;
use self::dial::Dial;
pub use self::listening_socket::ListeningSocket;
pub use self::mdns_socket::MdnsSocket;
use self::ota_socket::OtaSocket;
pub use self::ota_socket::begin;
pub use self::radio::CHANNEL;
use self::radio::SimulatedRadio;
use self::socket::{Conn, SocketState, turn_away};
pub use self::stale_connections::StaleConnections;
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
pub struct Environment {
    /// Where clients come in.
    pub listener: ListeningSocket,
    /// Where updates come in.
    pub ota: ListeningSocket,
    /// What is heard by the radio besides access points.
    pub antenna: Option<Antenna>,
    /// Clients of before its last reset.
    pub stale: StaleConnections,
    /// Whether the access points are within range.
    pub in_range: bool,
    /// Where the board says who it is; `None`: nowhere.
    pub mdns: Option<MdnsSocket>,
    /// The address that the network gives the board; `None`: where the listening socket is.
    pub lease: Option<Ipv4Addr>,
}

/// What the firmware wants of the chip.
#[derive(Debug, Default)]
pub struct TurnOutput {
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
    radio: SimulatedRadio,
    store: Store,
    sockets: [SocketState; SOCKETS_MAX],
    gauges: Instant,
    restart: bool,
    mdns: Mdns,
    ota: OtaSocket,
    /// Something was printed in the last turn, so a connection that waits for the console may go on.
    printed: bool,
    code: Range<u32>,
}

/// Who starts, from what, and why.
#[derive(Debug)]
pub struct StartInfo<'a> {
    /// The chip's name.
    pub chip: &'static str,
    /// The board's MAC.
    pub mac: [u8; 6],
    /// Why it was reset.
    pub cause: ResetCause,
    /// What was found in flash.
    pub application: &'a Application,
    /// Where things are in flash.
    pub table: &'a [Partition],
    /// How it stands with it.
    pub boot: OtaBoot,
}

impl Firmware {
    /// Starts the firmware.
    pub fn new(start: StartInfo<'_>, flash: &mut Flash, environment: &Environment) -> Self {
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
            sockets: SOCKETS_MAX as u8,
        };
        let record = store.load(flash);
        let stored = record.as_ref().map(|record| record.as_slice()).map_err(|fault| *fault);
        let mut board = Board::new(identity, stored, Time::ZERO);
        board.set_forward(PORT, environment.listener.outer());
        board.set_ota_forward(environment.ota.outer());
        board.set_boot(start.boot, Time::ZERO);
        board.set_secret(secret());
        board.on(Event::Panel(Panel::Ssd1306), Time::ZERO);
        let lease = environment.lease.unwrap_or_else(|| environment.listener.ip());
        let started = Instant::now();
        Self {
            board: Box::new(board),
            started,
            radio: SimulatedRadio::new(environment.in_range, lease),
            store,
            sockets: Default::default(),
            gauges: started,
            restart: false,
            mdns: Mdns::new(),
            ota: OtaSocket::new(started),
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
    pub fn forget(self, stale: &mut StaleConnections) {
        let streams = self.sockets.into_iter().filter_map(SocketState::into_stream);
        streams.for_each(|stream| stale.take(stream));
    }

    /// The surroundings have changed.
    pub fn environment_changed(&mut self, environment: &Environment) {
        self.radio.set_lease(environment.lease.unwrap_or_else(|| environment.listener.ip()));
        self.radio.set_in_range(environment.in_range, Instant::now());
    }

    /// Where clients may connect, as long as the board has an address.
    pub fn address(&self, environment: &Environment) -> Option<SocketAddr> {
        let ip = self.board.address()?.ip;
        let port = environment.listener.outer_of(self.board.settings().port);
        Some(SocketAddr::from((ip, port)))
    }

    /// Where its program can be updated, as long as the board has an address.
    pub fn ota_address(&self, environment: &Environment) -> Option<SocketAddr> {
        Some(SocketAddr::from((self.board.address()?.ip, environment.ota.outer())))
    }

    /// Does everything that can be done now; at most so many bytes are printed.
    pub fn turn(
        &mut self,
        flash: &mut Flash,
        environment: &mut Environment,
        room: usize,
    ) -> TurnOutput {
        let now = Instant::now();
        let time = self.time(now);
        let mut output = TurnOutput::default();
        for event in self.radio.events(now) {
            self.board.on(event, time);
        }
        if self.gauges <= now {
            self.gauges = now + GAUGES;
            let gauges = Gauges { rssi: self.radio.rssi(), ..Gauges::default() };
            self.board.on(Event::Gauges(gauges), time);
        }
        if self.board.poll_at(time).is_some_and(|at| at <= time) {
            self.board.on(Event::Tick, time);
        }
        self.listen(environment, now);
        self.act(flash, environment, now);
        for index in 0..SOCKETS_MAX {
            self.serve_socket(index, now);
        }
        self.receive(environment, now, &mut output);
        let Self { ota, board, .. } = self;
        if let Err(error) = ota.turn(board, flash, &mut environment.ota, (now, time)) {
            let text = format!("the port for updates cannot be opened: {error}");
            output.remarks.push(text);
        }
        self.act(flash, environment, now);
        if let Some(socket) = &mut environment.mdns {
            socket.turn(&mut self.mdns, self.board.advert(), time);
        }
        // Before a restart everything is printed, whoever reads it.
        let room = if self.restart { usize::MAX } else { room };
        self.print(room, &mut output.output);
        self.printed = !output.output.is_empty();
        output.restart = self.restart;
        output
    }

    /// What to wait on.
    pub fn wait_on<'a>(&'a self, environment: &'a Environment) -> Vec<(BorrowedFd<'a>, PollFlags)> {
        let time = self.time(Instant::now());
        let listener = environment.listener.wait_on().map(|fd| (fd, PollFlags::IN));
        let sockets = self.sockets.iter().enumerate();
        let sockets = sockets.filter_map(|(i, socket_state)| {
            socket_state.wait_on(self.board.duty(socket_index(i), time))
        });
        let online = self.board.address().is_some();
        let stale = online.then(|| environment.stale.wait_on()).into_iter().flatten();
        let stale = stale.map(|fd| (fd, PollFlags::IN));
        let antenna = environment.antenna.as_ref().map(|it| (it.wait_on(), PollFlags::IN));
        let mdns = environment.mdns.as_ref().map(|socket| (socket.wait_on(), PollFlags::IN));
        let updates = environment.ota.wait_on().map(|fd| (fd, PollFlags::IN));
        let updates = updates.into_iter().chain(self.ota.wait_on());
        let listener = listener.into_iter().chain(antenna).chain(mdns).chain(updates);
        listener.chain(sockets).chain(stale).collect()
    }

    /// When there is something to do without being woken.
    pub fn deadline(&self, environment: &Environment) -> Instant {
        let now = Instant::now();
        let time = self.time(now);
        // What is due is done soon, and never in a circle that starves the port.
        let soonest = now + Duration::from_millis(1);
        if self.printed {
            return soonest;
        }
        let mdns = self.mdns.poll_at().filter(|_| environment.mdns.is_some());
        let due = [self.board.poll_at(time), mdns].into_iter().flatten();
        let due = due.map(|at| self.started + Duration::from_millis(at.ms()));
        let sockets = self.sockets.iter().enumerate();
        let sockets = sockets.filter_map(|(i, socket_state)| {
            socket_state.deadline(self.board.duty(socket_index(i), time), now)
        });
        sockets
            .chain(due)
            .chain(self.radio.deadline())
            .chain(environment.listener.deadline())
            .chain(environment.ota.deadline())
            .chain(self.ota.deadline(now))
            .fold(self.gauges, Instant::min)
            .max(soonest)
    }

    fn time(&self, now: Instant) -> Time {
        let since = now.saturating_duration_since(self.started).as_millis();
        Time::from_ms(u64::try_from(since).unwrap_or(u64::MAX))
    }

    /// Does what the board wants done once.
    fn act(&mut self, flash: &mut Flash, environment: &Environment, now: Instant) {
        let time = self.time(now);
        while let Some(action) = self.board.next_action() {
            match action {
                // The network of this computer has its own addresses: a fixed one is not used.
                Action::Join { id, credentials, .. } => self.radio.join(id, &credentials, now),
                Action::Leave => self.radio.leave(),
                Action::Scan => self.radio.scan(now),
                Action::Save => {
                    let saved = self.store.save(flash, &self.board.record());
                    self.board.on(Event::Saved(saved), time);
                }
                Action::Confirm => {
                    let slots = self.board.ota_permit(time).slots.cloned();
                    let done = slots.is_some_and(|slots| slots.confirm(flash).is_ok());
                    self.board.on(Event::Confirmed(done), time);
                }
                Action::Answer { to, bytes } => {
                    let antenna = environment.antenna.as_ref();
                    let sent = antenna.is_some_and(|antenna| antenna.answer(to, &bytes));
                    self.board.on(Event::Answered(sent), time);
                }
                Action::Restart => self.restart = true,
                _ => {}
            }
        }
    }

    /// Tells the board what its radio hears, where it listens.
    fn listen(&mut self, environment: &mut Environment, now: Instant) {
        let time = self.time(now);
        let Some(antenna) = &mut environment.antenna else { return };
        // What nobody listens to is gone, as in the air.
        for frame in antenna.hear(now) {
            if let Some(frame) = frame.sniffed().filter(|_| environment.in_range) {
                self.board.heard(frame, time);
            }
        }
    }

    /// Brings one socket from what it does to what the board wants it to do.
    fn serve_socket(&mut self, index: usize, now: Instant) {
        let (socket, time) = (socket_index(index), self.time(now));
        let Some(socket_state) = self.sockets.get_mut(index) else { return };
        let duty = self.board.duty(socket, time);
        let event = match (std::mem::take(socket_state), duty) {
            (SocketState::Open(mut conn), Duty::Serve(_)) => {
                match conn.serve(&mut self.board, socket, time) {
                    Some(cause) => Some(Event::Closed { socket, cause }),
                    None => {
                        *socket_state = SocketState::Open(conn);
                        None
                    }
                }
            }
            (SocketState::Open(mut conn), Duty::Close) => {
                match conn.close(&mut self.board, socket, now) {
                    true => Some(Event::Closed { socket, cause: CloseCause::Other }),
                    false => {
                        *socket_state = SocketState::Open(conn);
                        None
                    }
                }
            }
            (SocketState::Open(conn), Duty::Abort) => {
                conn.abort();
                Some(Event::Closed { socket, cause: CloseCause::Other })
            }
            (SocketState::Dialling(mut dial), Duty::Dial { host, port })
                if dial.is_to(host, port) =>
            {
                match dial.turn(now) {
                    Ok(None) => {
                        *socket_state = SocketState::Dialling(dial);
                        None
                    }
                    Ok(Some((stream, peer))) => {
                        let keepalive = self.board.settings().keepalive;
                        match Conn::new(stream, keepalive) {
                            Ok(conn) => {
                                *socket_state = SocketState::Open(conn);
                                Some(Event::Connected { socket, peer })
                            }
                            Err(_) => Some(Event::DialFailed { socket, fault: DialFault::Other }),
                        }
                    }
                    Err(fault) => Some(Event::DialFailed { socket, fault }),
                }
            }
            (SocketState::Free | SocketState::Dialling(_), Duty::Dial { host, port }) => {
                match Dial::new(host, port, now) {
                    Ok(dial) => {
                        *socket_state = SocketState::Dialling(dial);
                        None
                    }
                    Err(fault) => Some(Event::DialFailed { socket, fault }),
                }
            }
            // A socket that nobody wants any more is closed; a free one has nothing to do.
            _ => None,
        };
        if let Some(event) = event {
            self.board.on(event, time);
        }
    }

    /// Takes the clients that are welcome, and is closed to the others.
    fn receive(&mut self, environment: &mut Environment, now: Instant, output: &mut TurnOutput) {
        let time = self.time(now);
        if let Some(address) = self.board.address() {
            environment.listener.set_ip(address.ip);
            environment.stale.answer();
        } else {
            environment.stale.off();
        }
        loop {
            let listening =
                (0..SOCKETS_MAX).find_map(|i| match self.board.duty(socket_index(i), time) {
                    Duty::Listen { port } => Some((i, port)),
                    _ => None,
                });
            let Some((index, port)) = listening else {
                // Whoever the kernel let in meanwhile is turned away by name, the next ones by it.
                while let Some((stream, peer)) = environment.listener.next() {
                    turn_away(&stream);
                    self.board.on(Event::TurnedAway { peer }, time);
                }
                environment.listener.close();
                return;
            };
            match environment.listener.accept(port, now) {
                Ok(Some((stream, peer))) => {
                    let keepalive = self.board.settings().keepalive;
                    if let (Ok(conn), Some(socket_state)) =
                        (Conn::new(stream, keepalive), self.sockets.get_mut(index))
                    {
                        *socket_state = SocketState::Open(conn);
                        self.board.on(Event::Accepted { socket: socket_index(index), peer }, time);
                        // What it sent along is not left waiting for the next turn.
                        self.serve_socket(index, now);
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    let outer = environment.listener.outer_of(port);
                    let text = format!("port {outer} of this computer cannot be opened: {error}");
                    output.remarks.push(text);
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
        f.debug_struct("Firmware").field("air", &self.radio).finish_non_exhaustive()
    }
}

/// The socket of this number; there are few.
fn socket_index(index: usize) -> SocketIndex {
    SocketIndex(u8::try_from(index).unwrap_or(u8::MAX))
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
