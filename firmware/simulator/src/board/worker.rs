//! The board's thread.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::console::Booting;
use super::link::Link;
use super::noise::{Noise, rates_match};
use super::port::{CONSOLE_RATE, Port};
use super::reset_circuit::{Press, ResetCircuit};
use super::serial::Session;
use super::{Order, Shared};
use crate::boot::{self, Boot, End};
use crate::chip::{ChipFacts, ResetCause, facts};
use crate::firmware::{Firmware, Harbour, Orphans, Start, Surroundings};
use crate::loader::{Effect, Exit, World};
use crate::slip;
use crate::state::State;
use crate::{Crash, Faults, Mode, SimulatorError, SimulatorSpec};

/// How often a port that nobody has open is looked at: opening it wakes nobody.
const LOOK: Duration = Duration::from_millis(20);
/// The 2000 ticks of the slow clock after which tools let the RTC watchdog bite, and some more: the
/// tool still wants an answer when it locks the watchdog again.
const WATCHDOG: Duration = Duration::from_millis(50);
/// Between a panic and the restart after it.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// As much as a pty gives at once.
const CHUNK: usize = 64 * 1024;
/// The number of the SYNC command, by which a tool asks for the loader.
const SYNC: u8 = 0x08;

/// What the chip is doing.
#[derive(Debug)]
enum Life {
    Held,
    Booting(Booting),
    Running(Box<Firmware>),
    Stopped,
    Loader(Box<Session>),
}

/// All of a board.
#[derive(Debug)]
pub struct Worker {
    chip: &'static ChipFacts,
    spec: SimulatorSpec,
    state: State,
    faults: Faults,
    deaf_until: Option<Instant>,
    noise: Noise,
    circuit: ResetCircuit,
    port: Option<Port>,
    link: Option<Link>,
    plug_in_at: Option<Instant>,
    watchdog_at: Option<Instant>,
    slip: slip::Decoder,
    life: Life,
    cause: ResetCause,
    around: Surroundings,
    lost: u64,
    shared: Arc<Shared>,
    orders: Receiver<Order>,
    wake: UnixStream,
}

impl Worker {
    pub fn new(
        spec: SimulatorSpec,
        shared: Arc<Shared>,
        orders: Receiver<Order>,
        wake: UnixStream,
    ) -> Result<Self, SimulatorError> {
        let state = State::open(spec.chip, spec.state.as_deref(), spec.seed)?;
        let listen = spec.listen;
        let harbour =
            Harbour::new(listen).map_err(|source| SimulatorError::Listen { at: listen, source })?;
        let mut worker = Self {
            chip: facts(spec.chip),
            faults: spec.faults,
            deaf_until: None,
            noise: Noise::new(spec.seed),
            circuit: ResetCircuit::new(spec.wiring),
            port: None,
            link: None,
            plug_in_at: None,
            watchdog_at: None,
            slip: slip::Decoder::default(),
            life: Life::Held,
            cause: ResetCause::PowerOn,
            around: Surroundings {
                harbour,
                orphans: Orphans::default(),
                in_range: true,
                lease: None,
            },
            lost: 0,
            spec,
            state,
            shared,
            orders,
            wake,
        };
        worker.connect()?;
        Ok(worker)
    }

    /// Runs the board until it is told to stop.
    pub fn run(mut self) {
        self.reset(ResetCause::PowerOn);
        let mut buffer = vec![0; CHUNK];
        loop {
            match self.turn(&mut buffer) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(?error, "the simulated board has stopped");
                    let mut status = self.shared.status.lock();
                    status.failure = Some(error.to_string());
                    status.mode = Mode::Unplugged;
                    return;
                }
            }
        }
    }

    /// One round: what is due, a wait, what has come. `false`: stop.
    fn turn(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        self.act(Instant::now());
        self.tell();
        let readable = self.wait()?;
        while let Ok(order) = self.orders.try_recv() {
            if let Order::Stop = order {
                return Ok(false);
            }
            self.obey(order);
        }
        if readable && let Some(port) = &mut self.port {
            let bytes = port.read(buffer)?;
            let rate = port.rate();
            self.hear(bytes, rate);
        }
        if self.port.as_ref().is_some_and(Port::is_stuck) {
            self.lost += self.port.take().map_or(0, |port| port.lost());
            self.link = None;
            self.connect().map_err(io::Error::other)?;
        }
        Ok(true)
    }

    /// Waits for the port, an order or a deadline; says whether the port has something to read.
    fn wait(&mut self) -> io::Result<bool> {
        let now = Instant::now();
        let listens = match &self.life {
            Life::Loader(session) => session.listens(),
            _ => true,
        };
        let deadline = match &self.life {
            Life::Booting(booting) => Some(booting.deadline()),
            Life::Loader(session) => session.deadline(),
            Life::Running(firmware) => Some(firmware.deadline(&self.around)),
            Life::Held | Life::Stopped => None,
        };
        let mut timeout = [deadline, self.plug_in_at, self.watchdog_at]
            .into_iter()
            .flatten()
            .map(|at| at.saturating_duration_since(now))
            .min();
        let mut fds = vec![PollFd::new(&self.wake, PollFlags::IN)];
        let waits_on_port = self.port.as_ref().and_then(Port::wait_on);
        match waits_on_port {
            // Whoever closes the port while the chip is busy is noticed after that; nothing to wait on.
            Some((_, PollFlags::IN)) if !listens => {}
            Some((fd, flags)) => {
                let flags = if listens { flags } else { flags - PollFlags::IN };
                fds.push(PollFd::from_borrowed_fd(fd, flags));
            }
            None if self.port.is_some() => timeout = Some(timeout.map_or(LOOK, |t| t.min(LOOK))),
            None => {}
        }
        let has_port = fds.len() > 1;
        if let Life::Running(firmware) = &self.life {
            let sockets = firmware.wait_on(&self.around);
            fds.extend(sockets.into_iter().map(|(fd, flags)| PollFd::from_borrowed_fd(fd, flags)));
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let seen = fds.get(1).filter(|_| has_port).map(PollFd::revents);
        let woken = fds[0].revents().contains(PollFlags::IN);
        drop(fds);
        if woken {
            // The orders are what counts; this only empties the pipe.
            while self.wake.read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
        }
        let Some(port) = &mut self.port else {
            return Ok(false);
        };
        match seen {
            None if !listens => Ok(false),
            None => Ok(port.refresh()),
            Some(seen) => {
                if seen.contains(PollFlags::OUT) {
                    port.flush();
                }
                if seen.contains(PollFlags::HUP) && !seen.contains(PollFlags::IN) {
                    port.refresh();
                }
                Ok(seen.contains(PollFlags::IN))
            }
        }
    }

    /// Does what is due.
    fn act(&mut self, now: Instant) {
        if self.plug_in_at.is_some_and(|at| at <= now) {
            self.plug_in();
        }
        if self.watchdog_at.is_some_and(|at| at <= now) {
            self.watchdog_at = None;
            if let Life::Loader(_) = self.life {
                self.reset(ResetCause::RtcWatchdog);
            }
        }
        if let Life::Booting(booting) = &mut self.life {
            let text = booting.due(now);
            let finished = booting.finished(now);
            self.print(&text);
            if finished
                && let Life::Booting(booting) = std::mem::replace(&mut self.life, Life::Stopped)
            {
                self.booted(booting.into_end());
            }
        }
        if let Life::Running(firmware) = &mut self.life {
            let room = self.port.as_ref().map_or(0, Port::room);
            let wishes = firmware.turn(&mut self.state.flash, &mut self.around, room);
            if !wishes.output.is_empty() {
                self.send(wishes.output, CONSOLE_RATE);
            }
            for remark in wishes.remarks {
                self.print(&format!("simulator: {remark}\n"));
            }
            if wishes.restart {
                self.reset(ResetCause::Software);
            }
        }
        while let Life::Loader(session) = &mut self.life {
            let rate = session.rate.unwrap_or(CONSOLE_RATE);
            let mut world = World { flash: &mut self.state.flash, faults: &mut self.faults, rate };
            let Some(effect) = session.next(&mut world, now) else { break };
            self.carry_out(effect);
        }
        if let Some(error) = self.state.flash.take_failure() {
            tracing::error!(?error, "the simulated flash cannot be saved");
            self.print(&format!("simulator: the flash file cannot be written: {error}\n"));
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(payload) => {
                let mut bytes = Vec::new();
                slip::encode(&payload, &mut bytes);
                if let Life::Loader(session) = &self.life
                    && let Some(rate) = session.rate
                {
                    self.send(bytes, rate);
                }
            }
            Effect::Leave(exit) => self.leave_loader(exit),
            Effect::Watchdog => self.watchdog_at = Some(Instant::now() + WATCHDOG),
            Effect::Vanish => {
                self.plug_in_at = self.faults.vanish_for.map(|time| Instant::now() + time);
                self.unplug();
            }
            // The session keeps these to itself.
            Effect::Pause(_) | Effect::Rate(_) => {}
        }
    }

    fn leave_loader(&mut self, exit: Exit) {
        match exit {
            Exit::Application => self.reset(ResetCause::Software),
            Exit::Rom => self.enter_loader(ResetCause::Software),
            Exit::Program(len) => {
                self.turn_to(Life::Stopped);
                self.print(&format!(
                    "simulator: {len} bytes were loaded to RAM; foreign code cannot be run here\n"
                ));
            }
        }
    }

    /// From now on the chip does this; whatever it did before has no sockets any more.
    fn turn_to(&mut self, life: Life) {
        if let Life::Running(firmware) = std::mem::replace(&mut self.life, life) {
            firmware.forget(&mut self.around.orphans);
        }
        self.watchdog_at = None;
        self.around.harbour.close();
    }

    /// The chip starts from its flash.
    fn reset(&mut self, cause: ResetCause) {
        let boot = boot::boot(self.chip, &self.state.flash, cause);
        self.cause = cause;
        self.turn_to(Life::Booting(Booting::new(boot, Instant::now())));
        self.shared.status.lock().resets += 1;
    }

    /// The chip starts into its ROM loader, and says so.
    fn enter_loader(&mut self, cause: ResetCause) {
        self.turn_to(Life::Loader(Box::new(Session::new(self.chip, self.state.mac))));
        self.shared.status.lock().resets += 1;
        self.print(&boot::download(self.chip, cause));
    }

    fn booted(&mut self, end: End) {
        match end {
            End::Restart(cause) => self.reset(cause),
            End::Espalier(application, table) => {
                let start = Start {
                    chip: self.chip.name,
                    mac: self.state.mac,
                    cause: self.cause,
                    application: &application,
                    table: &table,
                };
                let firmware = Firmware::new(&start, &mut self.state.flash, &self.around);
                self.turn_to(Life::Running(Box::new(firmware)));
            }
            End::Foreign => {}
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Press { boot: true } if self.port.is_some() => {
                self.enter_loader(ResetCause::PowerOn);
            }
            Order::Press { boot: false } if self.port.is_some() => self.reset(ResetCause::PowerOn),
            Order::Lines { dtr, rts } => match self.circuit.set(dtr, rts) {
                Press::None => {}
                Press::Hold => self.turn_to(Life::Held),
                Press::Release { boot } => self.obey(Order::Press { boot }),
            },
            Order::Unplug => self.unplug(),
            Order::PlugIn => self.plug_in(),
            Order::Faults(faults) => {
                self.faults = faults;
                self.deaf_until = None;
            }
            Order::InRange(in_range) => {
                self.around.in_range = in_range;
                self.look_around();
            }
            Order::Lease(lease) => {
                self.around.lease = Some(lease);
                self.look_around();
            }
            Order::Crash(crash) => self.crash(crash),
            // Without power, buttons do nothing; stopping is seen to elsewhere.
            Order::Press { .. } | Order::Stop => {}
        }
    }

    fn crash(&mut self, crash: Crash) {
        let Life::Running(firmware) = &self.life else { return };
        match crash {
            Crash::Panic => {
                let text = firmware.last_words();
                self.print(&text);
                let end = End::Restart(ResetCause::Panic);
                let boot = Boot { lines: Vec::new(), at: LAST_WORDS, end };
                self.turn_to(Life::Booting(Booting::new(boot, Instant::now())));
            }
            Crash::Watchdog => self.reset(ResetCause::BootWatchdog),
            Crash::BrownOut => {
                self.print("\nBrownout detector was triggered\n\n");
                self.reset(ResetCause::BrownOut);
            }
        }
    }

    fn look_around(&mut self) {
        if let Life::Running(firmware) = &mut self.life {
            firmware.look_around(&self.around);
        }
    }

    fn unplug(&mut self) {
        self.lost += self.port.take().map_or(0, |port| port.lost());
        self.link = None;
        self.turn_to(Life::Held);
        self.slip = slip::Decoder::default();
    }

    fn plug_in(&mut self) {
        self.plug_in_at = None;
        if self.port.is_some() {
            return;
        }
        match self.connect() {
            Ok(()) => self.reset(ResetCause::PowerOn),
            Err(error) => self.shared.status.lock().failure = Some(error.to_string()),
        }
    }

    fn connect(&mut self) -> Result<(), SimulatorError> {
        let port = Port::new().map_err(SimulatorError::Port)?;
        if let Some(path) = &self.spec.link {
            let link = Link::new(path, port.path());
            self.link =
                Some(link.map_err(|source| SimulatorError::Link { path: path.clone(), source })?);
        }
        *self.shared.path.lock() = port.path().to_owned();
        self.port = Some(port);
        Ok(())
    }

    /// Takes bytes from the other end, which sends at `rate`.
    fn hear(&mut self, heard: &[u8], rate: u32) {
        let mut bytes = heard;
        while let Some(frame) = self.slip.next(&mut bytes) {
            let is_sync = matches!(*frame, [0, SYNC, 36, 0, ..]);
            if is_sync && !self.hears_sync() {
                continue;
            }
            match &mut self.life {
                Life::Loader(session) => {
                    let ours = *session.rate.get_or_insert(rate);
                    if rates_match(ours, rate) {
                        if !self.is_noisy(rate) {
                            self.push(frame);
                        }
                        continue;
                    }
                }
                Life::Held => continue,
                Life::Booting(_) | Life::Running(_) | Life::Stopped => {}
            }
            // A tool begins anew: the circuit that a pty lacks would have reset the board for it.
            if is_sync && self.spec.auto_reset {
                self.begin_loader(rate, frame);
            }
        }
        if let Life::Running(firmware) = &mut self.life {
            match rates_match(rate, CONSOLE_RATE) {
                true => firmware.hear(heard),
                false => firmware.hear(&self.noise.garble(heard)),
            }
        }
    }

    fn begin_loader(&mut self, rate: u32, sync: Vec<u8>) {
        if let Some(port) = &mut self.port {
            port.discard();
        }
        let mut session = Session::new(self.chip, self.state.mac);
        session.rate = Some(rate);
        self.turn_to(Life::Loader(Box::new(session)));
        self.shared.status.lock().resets += 1;
        self.push(sync);
    }

    fn push(&mut self, frame: Vec<u8>) {
        if let Life::Loader(session) = &mut self.life {
            session.push(frame);
        }
    }

    /// Whether a SYNC is heard; for a time it is not, when that was asked for.
    fn hears_sync(&mut self) -> bool {
        let Some(time) = self.faults.no_sync else {
            return true;
        };
        let now = Instant::now();
        let heard = *self.deaf_until.get_or_insert(now + time) <= now;
        if heard {
            self.faults.no_sync = None;
            self.deaf_until = None;
        }
        heard
    }

    fn is_noisy(&self, rate: u32) -> bool {
        self.faults.noise_from.is_some_and(|from| rate >= from)
    }

    /// Prints text on the console, with the line ends of a terminal.
    fn print(&mut self, text: &str) {
        if !text.is_empty() {
            self.send(text.replace('\n', "\r\n").into_bytes(), CONSOLE_RATE);
        }
    }

    /// Sends bytes at `rate`; what the other end makes of them depends on its own.
    fn send(&mut self, bytes: Vec<u8>, rate: u32) {
        let noisy = self.is_noisy(rate);
        let Some(port) = &mut self.port else { return };
        let understood = rates_match(rate, port.rate()) && !noisy;
        port.send(if understood { bytes } else { self.noise.garble(&bytes) });
    }

    fn tell(&self) {
        let mode = match &self.life {
            _ if self.port.is_none() => Mode::Unplugged,
            Life::Held => Mode::Held,
            Life::Booting(_) => Mode::Booting,
            Life::Running(_) => Mode::Running,
            Life::Stopped => Mode::Stopped,
            Life::Loader(session) if session.is_stub() => Mode::StubLoader,
            Life::Loader(_) => Mode::RomLoader,
        };
        let listening = match &self.life {
            Life::Running(firmware) => firmware.address(&self.around),
            _ => None,
        };
        let mut status = self.shared.status.lock();
        status.listening = listening;
        status.mode = mode;
        status.wakes += 1;
        status.dropped = self.lost + self.port.as_ref().map_or(0, Port::lost);
    }
}
