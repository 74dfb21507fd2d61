//! The board's thread.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use espalier_board::protocol::OtaState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::console::BootPlayback;
use super::link::PortLink;
use super::loader_session::LoaderSession;
use super::noise::{Noise, rates_match};
use super::port::{CONSOLE_RATE, PtyPort};
use super::reset_circuit::{ResetCircuit, ResetEffect};
use super::shared::{BoardShared, SimulatorCommand};
use crate::boot::{self, BootEnd, BootScript};
use crate::chip::{ChipFacts, ResetCause, facts};
use crate::firmware::{
    Antenna, CHANNEL, Environment, Firmware, ListeningSocket, MdnsSocket, StaleConnections,
    StartInfo, begin,
};
use crate::loader::{Effect, LoaderContext, LoaderExit};
use crate::slip;
use crate::state::BoardFiles;
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
/// Where the port is while the cable is out: nowhere.
const NO_PORT: &str = "/dev/pts/unplugged";
/// The number of the SYNC command, by which a tool asks for the loader.
const SYNC: u8 = 0x08;

/// What the chip is doing.
#[derive(Debug)]
enum ChipState {
    Held,
    Booting(BootPlayback),
    Running(Box<Firmware>),
    Stopped,
    Loader(Box<LoaderSession>),
}

/// All of a board.
#[derive(Debug)]
pub struct BoardWorker {
    chip: ChipFacts,
    spec: SimulatorSpec,
    state: BoardFiles,
    faults: Faults,
    deaf_until: Option<Instant>,
    noise: Noise,
    circuit: ResetCircuit,
    // Goes before the port does, as in `disconnect`.
    link: Option<PortLink>,
    port: Option<PtyPort>,
    plug_in_at: Option<Instant>,
    watchdog_at: Option<Instant>,
    slip: slip::SlipDecoder,
    chip_state: ChipState,
    cause: ResetCause,
    environment: Environment,
    lost: u64,
    shared: Arc<BoardShared>,
    commands: Receiver<SimulatorCommand>,
    wake: UnixStream,
}

impl BoardWorker {
    pub fn new(
        spec: SimulatorSpec,
        shared: Arc<BoardShared>,
        commands: Receiver<SimulatorCommand>,
        wake: UnixStream,
    ) -> Result<Self, SimulatorError> {
        let state = BoardFiles::open(spec.chip, spec.state.as_deref(), spec.seed)?;
        let listen = spec.listen;
        let listener = ListeningSocket::new(listen)
            .map_err(|source| SimulatorError::Listen { at: listen, source })?;
        let ota = ListeningSocket::new(spec.ota)
            .map_err(|source| SimulatorError::Listen { at: spec.ota, source })?;
        let antenna = spec.air.map(|at| {
            Antenna::open(at, CHANNEL).map_err(|source| SimulatorError::Air { at, source })
        });
        let antenna = antenna.transpose()?;
        let mdns = spec.announces.then(MdnsSocket::new).and_then(|socket| {
            let missing = |error: &std::io::Error| tracing::info!(%error, "no multicast DNS here");
            socket.inspect_err(missing).ok()
        });
        let mut worker = Self {
            chip: spec.revision.map_or(*facts(spec.chip), |it| facts(spec.chip).of_revision(it)),
            faults: spec.faults,
            deaf_until: None,
            noise: Noise::new(spec.seed),
            circuit: ResetCircuit::new(spec.wiring),
            port: None,
            link: None,
            plug_in_at: None,
            watchdog_at: None,
            slip: slip::SlipDecoder::default(),
            chip_state: ChipState::Held,
            cause: ResetCause::PowerOn,
            environment: Environment {
                listener,
                ota,
                antenna,
                stale: StaleConnections::default(),
                in_range: true,
                mdns,
                lease: None,
            },
            lost: 0,
            spec,
            state,
            shared,
            commands,
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
        while let Ok(command) = self.commands.try_recv() {
            if let SimulatorCommand::Stop = command {
                return Ok(false);
            }
            self.apply(command);
        }
        if readable && let Some(port) = &mut self.port {
            let bytes = port.read(buffer)?;
            let rate = port.rate();
            self.hear(bytes, rate);
        }
        if self.port.as_ref().is_some_and(PtyPort::is_stuck) {
            self.disconnect();
            self.connect().map_err(io::Error::other)?;
        }
        Ok(true)
    }

    /// Waits for the port, an order or a deadline; says whether the port has something to read.
    fn wait(&mut self) -> io::Result<bool> {
        let now = Instant::now();
        let listens = match &self.chip_state {
            ChipState::Loader(session) => session.listens(),
            _ => true,
        };
        let deadline = match &self.chip_state {
            ChipState::Booting(booting) => Some(booting.deadline()),
            ChipState::Loader(session) => session.deadline(),
            ChipState::Running(firmware) => Some(firmware.deadline(&self.environment)),
            ChipState::Held | ChipState::Stopped => None,
        };
        let mut timeout = [deadline, self.plug_in_at, self.watchdog_at]
            .into_iter()
            .flatten()
            .map(|at| at.saturating_duration_since(now))
            .min();
        let mut fds = vec![PollFd::new(&self.wake, PollFlags::IN)];
        let waits_on_port = self.port.as_ref().and_then(PtyPort::wait_on);
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
        if let ChipState::Running(firmware) = &self.chip_state {
            let sockets = firmware.wait_on(&self.environment);
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
            if let ChipState::Loader(_) = self.chip_state {
                self.reset(ResetCause::RtcWatchdog);
            }
        }
        if let ChipState::Booting(booting) = &mut self.chip_state {
            let text = booting.due(now);
            let finished = booting.finished(now);
            self.print(&text);
            if finished
                && let ChipState::Booting(booting) =
                    std::mem::replace(&mut self.chip_state, ChipState::Stopped)
            {
                self.booted(booting.into_end());
            }
        }
        if let ChipState::Running(firmware) = &mut self.chip_state {
            let room = self.port.as_ref().map_or(0, PtyPort::room);
            let output = firmware.turn(&mut self.state.flash, &mut self.environment, room);
            if !output.output.is_empty() {
                self.send(output.output, CONSOLE_RATE);
            }
            for remark in output.remarks {
                self.print(&format!("simulator: {remark}\n"));
            }
            if output.restart {
                self.reset(ResetCause::Software);
            }
        }
        while let ChipState::Loader(session) = &mut self.chip_state {
            let rate = session.rate.unwrap_or(CONSOLE_RATE);
            let mut context =
                LoaderContext { flash: &mut self.state.flash, faults: &mut self.faults, rate };
            let Some(effect) = session.next(&mut context, now) else { break };
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
                if let ChipState::Loader(session) = &self.chip_state
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

    fn leave_loader(&mut self, exit: LoaderExit) {
        match exit {
            LoaderExit::Application => self.reset(ResetCause::Software),
            LoaderExit::Rom => self.enter_loader(ResetCause::Software),
            LoaderExit::Program(len) => {
                self.turn_to(ChipState::Stopped);
                self.print(&format!(
                    "simulator: {len} bytes were loaded to RAM; foreign code cannot be run here\n"
                ));
            }
        }
    }

    /// From now on the chip does this; whatever it did before has no sockets any more.
    fn turn_to(&mut self, chip_state: ChipState) {
        if let ChipState::Running(firmware) = std::mem::replace(&mut self.chip_state, chip_state) {
            firmware.forget(&mut self.environment.stale);
        }
        self.watchdog_at = None;
        self.environment.stale.off();
        self.environment.listener.close();
        self.environment.ota.close();
    }

    /// The chip starts from its flash.
    fn reset(&mut self, cause: ResetCause) {
        let boot = boot::boot(&self.chip, &mut self.state.flash, cause);
        self.cause = cause;
        self.turn_to(ChipState::Booting(BootPlayback::new(boot, Instant::now())));
        self.shared.status.lock().resets += 1;
    }

    /// The chip starts into its ROM loader, and says so.
    fn enter_loader(&mut self, cause: ResetCause) {
        self.turn_to(ChipState::Loader(Box::new(LoaderSession::new(self.chip, self.state.mac))));
        self.shared.status.lock().resets += 1;
        self.print(&boot::download(&self.chip, cause));
    }

    fn booted(&mut self, end: BootEnd) {
        match end {
            BootEnd::Restart(cause) => self.reset(cause),
            BootEnd::Espalier(application, table) => {
                let Some(boot) = begin(&mut self.state.flash, &table, application.at) else {
                    return self.reset(ResetCause::Software);
                };
                if self.faults.stuck_update && boot.state == OtaState::Trial {
                    return self.reset(ResetCause::BootWatchdog);
                }
                let start = StartInfo {
                    chip: self.chip.name,
                    mac: self.state.mac,
                    cause: self.cause,
                    application: &application,
                    table: &table,
                    boot,
                };
                let firmware = Firmware::new(start, &mut self.state.flash, &self.environment);
                if let Some(at) = self.environment.antenna.as_ref().and_then(Antenna::address) {
                    self.print(&format!("simulator: SmartConfig is heard at {at}\n"));
                }
                self.turn_to(ChipState::Running(Box::new(firmware)));
            }
            BootEnd::Foreign => {}
        }
    }

    fn apply(&mut self, command: SimulatorCommand) {
        match command {
            SimulatorCommand::Press { boot: true } if self.port.is_some() => {
                self.enter_loader(ResetCause::PowerOn);
            }
            SimulatorCommand::Press { boot: false } if self.port.is_some() => {
                self.reset(ResetCause::PowerOn)
            }
            SimulatorCommand::Lines { dtr, rts } => match self.circuit.set(dtr, rts) {
                ResetEffect::None => {}
                ResetEffect::Hold => self.turn_to(ChipState::Held),
                ResetEffect::Release { boot } => self.apply(SimulatorCommand::Press { boot }),
            },
            SimulatorCommand::Unplug => self.unplug(),
            SimulatorCommand::PlugIn => self.plug_in(),
            SimulatorCommand::Faults(faults) => {
                self.faults = faults;
                self.deaf_until = None;
            }
            SimulatorCommand::InRange(in_range) => {
                self.environment.in_range = in_range;
                self.environment_changed();
            }
            SimulatorCommand::Lease(lease) => {
                self.environment.lease = Some(lease);
                self.environment_changed();
            }
            SimulatorCommand::Crash(crash) => self.crash(crash),
            // Without power, buttons do nothing; stopping is seen to elsewhere.
            SimulatorCommand::Press { .. } | SimulatorCommand::Stop => {}
        }
    }

    fn crash(&mut self, crash: Crash) {
        let ChipState::Running(firmware) = &self.chip_state else { return };
        match crash {
            Crash::Panic => {
                let text = firmware.last_words();
                self.print(&text);
                let end = BootEnd::Restart(ResetCause::Panic);
                let boot = BootScript { lines: Vec::new(), at: LAST_WORDS, end };
                self.turn_to(ChipState::Booting(BootPlayback::new(boot, Instant::now())));
            }
            Crash::Watchdog => self.reset(ResetCause::BootWatchdog),
            Crash::BrownOut => {
                self.print("\nBrownout detector was triggered\n\n");
                self.reset(ResetCause::BrownOut);
            }
        }
    }

    fn environment_changed(&mut self) {
        if let ChipState::Running(firmware) = &mut self.chip_state {
            firmware.environment_changed(&self.environment);
        }
    }

    fn unplug(&mut self) {
        self.disconnect();
        self.turn_to(ChipState::Held);
        self.slip = slip::SlipDecoder::default();
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

    /// The names first: who waits for the port to come back would open by them whatever gets its number next.
    fn disconnect(&mut self) {
        self.link = None;
        *self.shared.path.lock() = PathBuf::from(NO_PORT);
        self.lost += self.port.take().map_or(0, |port| port.lost());
    }

    fn connect(&mut self) -> Result<(), SimulatorError> {
        let port = PtyPort::new().map_err(SimulatorError::Port)?;
        if let Some(path) = &self.spec.link {
            let link = PortLink::new(path, port.path());
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
            match &mut self.chip_state {
                ChipState::Loader(session) => {
                    let ours = *session.rate.get_or_insert(rate);
                    if rates_match(ours, rate) {
                        if !self.is_noisy(rate) {
                            self.push(frame);
                        }
                        continue;
                    }
                }
                ChipState::Held => continue,
                ChipState::Booting(_) | ChipState::Running(_) | ChipState::Stopped => {}
            }
            // A tool begins anew: the circuit that a pty lacks would have reset the board for it.
            if is_sync && self.spec.auto_reset {
                self.begin_loader(rate, frame);
            }
        }
        if let ChipState::Running(firmware) = &mut self.chip_state {
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
        let mut session = LoaderSession::new(self.chip, self.state.mac);
        session.rate = Some(rate);
        self.turn_to(ChipState::Loader(Box::new(session)));
        self.shared.status.lock().resets += 1;
        self.push(sync);
    }

    fn push(&mut self, frame: Vec<u8>) {
        if let ChipState::Loader(session) = &mut self.chip_state {
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
        let mode = match &self.chip_state {
            _ if self.port.is_none() => Mode::Unplugged,
            ChipState::Held => Mode::Held,
            ChipState::Booting(_) => Mode::Booting,
            ChipState::Running(_) => Mode::Running,
            ChipState::Stopped => Mode::Stopped,
            ChipState::Loader(session) if session.is_stub() => Mode::StubLoader,
            ChipState::Loader(_) => Mode::RomLoader,
        };
        let listening = match &self.chip_state {
            ChipState::Running(firmware) => firmware.address(&self.environment),
            _ => None,
        };
        let ota = match &self.chip_state {
            ChipState::Running(firmware) => firmware.ota_address(&self.environment),
            _ => None,
        };
        let mut status = self.shared.status.lock();
        status.listening = listening;
        status.ota = ota;
        status.air = self.environment.antenna.as_ref().and_then(Antenna::address);
        status.mode = mode;
        status.wakes += 1;
        status.dropped = self.lost + self.port.as_ref().map_or(0, PtyPort::lost);
    }
}
