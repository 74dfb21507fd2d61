//! The thread that owns a port.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use espalier_core::board::{
    BoardCommand, BoardStatus, FlashStatus, LinkState, Masker, ModemLines, PortKind, UsbIdentity,
};
use espalier_core::session::{EndReason, FlowControl, SerialSpec, SessionEvent};
use espalier_core::{Sentence, say};
use espalier_protocol::Request;
use serialport::SerialPort as _;

use super::command::LinkCommand;
use super::panic_decoder::PanicDecoder;
use super::shared::LinkShared;
use super::sink::LinkSink;
use super::status_tracker::StatusTracker;
use crate::board::port::{self, Port};
use crate::board::ports::SimulatedBoards;
use crate::clock::now;
use crate::receipt::Piece;
use crate::untrusted::said;

/// Bytes that may wait to be sent; what goes beyond is refused and told.
const MOST_WAITING: usize = 16 << 20;
/// One write: short enough that reading goes on meanwhile.
const WRITE: usize = 4096;
/// How often the modem lines are looked at.
const LINES_EVERY: Duration = Duration::from_millis(100);
/// How long a BREAK lasts: what POSIX asks of `tcsendbreak` at least.
const BREAK: Duration = Duration::from_millis(250);

/// Everything the thread has.
pub struct LinkWorker {
    pub spec: SerialSpec,
    pub simulated: Arc<dyn SimulatedBoards>,
    pub sink: Box<dyn LinkSink>,
    pub shared: Arc<LinkShared>,
    pub inbox: Receiver<LinkCommand>,
    pub status: BoardStatus,
    pub tracker: StatusTracker,
    waiting: VecDeque<Piece>,
    /// When the BREAK under way ends.
    break_until: Option<Instant>,
    /// What is sent goes through it on its way into the capture.
    masker: Masker,
    waiting_bytes: usize,
    /// How often flashing was taken from the queue.
    flashes: u64,
}

/// An open port.
pub struct OpenPort {
    pub port: Port,
    /// The port's identity, by which it is found again.
    pub usb: Option<UsbIdentity>,
}

/// Why monitoring stopped.
pub enum MonitorStop {
    /// The link is to be closed, or cannot go on.
    Closed { reason: EndReason, detail: String },
    /// The board went away.
    Gone { detail: String },
}

impl LinkWorker {
    pub fn new(
        spec: SerialSpec,
        simulated: Arc<dyn SimulatedBoards>,
        sink: Box<dyn LinkSink>,
        shared: Arc<LinkShared>,
        inbox: Receiver<LinkCommand>,
    ) -> Self {
        let status = BoardStatus { port_name: spec.port.clone(), ..BoardStatus::default() };
        Self {
            spec,
            simulated,
            sink,
            shared,
            inbox,
            status,
            tracker: StatusTracker::new(PanicDecoder::new()),
            waiting: VecDeque::new(),
            break_until: None,
            masker: Masker::default(),
            waiting_bytes: 0,
            flashes: 0,
        }
    }

    pub fn run(mut self) {
        // Whoever waits for the link is told of its end, whatever ends it.
        let ended = catch_unwind(AssertUnwindSafe(|| self.live()));
        let (reason, detail) = ended.unwrap_or_else(|panic| (EndReason::Other, said(&*panic)));
        self.tell_held();
        self.status.link = LinkState::Closed;
        self.publish();
        self.sink.ended(now(), reason, &detail);
    }

    /// Opens the port, and again when it comes back, until something ends it.
    fn live(&mut self) -> (EndReason, String) {
        let mut detail = None;
        loop {
            let open = match self.await_port(detail.take()) {
                Ok(open) => open,
                Err(end) => return end,
            };
            match self.monitor(open) {
                MonitorStop::Closed { reason, detail } => return (reason, detail),
                MonitorStop::Gone { detail: what } => detail = Some(what),
            }
        }
    }

    pub fn publish(&mut self) {
        *self.shared.status.lock() = Arc::new(self.status.clone());
        self.sink.changed();
    }

    pub fn is_closing(&self) -> bool {
        self.shared.closing.load(Ordering::Acquire)
    }

    pub fn note(&mut self, text: impl Into<Sentence>) {
        self.sink.event(now(), SessionEvent::Note(text.into()));
    }

    /// Reads, writes and executes commands until something ends the monitoring.
    fn monitor(&mut self, mut open: OpenPort) -> MonitorStop {
        let mut buffer = vec![0; 64 * 1024];
        let mut lines_read = Instant::now();
        loop {
            self.end_break(&open.port, self.is_closing());
            if self.is_closing() {
                return MonitorStop::Closed {
                    reason: EndReason::ClosedByUs,
                    detail: String::new(),
                };
            }
            open = match self.apply(open) {
                Ok(open) => open,
                Err(stop) => return stop,
            };
            if let Err(stop) = self.write(&mut open.port) {
                return stop;
            }
            match open.port.read(&mut buffer) {
                Ok(0) => return self.gone(&ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    if let Err(stop) = self.received(&buffer[..count]) {
                        return stop;
                    }
                }
                Err(error) if is_silence(&error) => {
                    if self.tracker.tick(now(), &mut self.status) {
                        self.publish();
                    }
                    self.tell_backtraces();
                }
                Err(error) => return self.gone(&error),
            }
            if let Some(complaint) = self.tracker.decoder.complaint() {
                self.note(complaint.what);
            }
            if self.status.lines.present && lines_read.elapsed() >= LINES_EVERY {
                lines_read = Instant::now();
                self.look_at_lines(&mut open.port);
            }
        }
    }

    fn tell_backtraces(&mut self) {
        for event in self.tracker.take_events() {
            self.sink.event(now(), event);
        }
    }

    fn look_at_lines(&mut self, port: &mut Port) {
        let lines = port::look_at_lines(port, self.status.lines);
        if lines != self.status.lines {
            self.status.lines = lines;
            self.publish();
        }
    }

    /// Holds the line at zero from now on, for a while in which reading goes on.
    fn begin_break(&mut self, port: &Port) {
        if !self.status.lines.present {
            return self.note(say!("note-no-lines", "This port has no modem lines"));
        }
        match port::hold_break(port, true) {
            Ok(()) => {
                self.break_until = Some(Instant::now() + BREAK);
                self.note(say!("note-break", "BREAK by us"));
            }
            Err(error) => self.note(say!(
                "note-no-break",
                "BREAK is not possible on this port: {error}",
                error = error
            )),
        }
    }

    /// Lets the line go when the time of a BREAK is over, or at once.
    fn end_break(&mut self, port: &Port, at_once: bool) {
        if self.break_until.is_some_and(|until| at_once || Instant::now() >= until) {
            self.break_until = None;
            // It was taken, so it is let go; a port that is gone holds nothing.
            port::hold_break(port, false).ok();
        }
    }

    /// The board said something.
    pub fn received(&mut self, bytes: &[u8]) -> Result<(), MonitorStop> {
        let at = now();
        let kept = self.sink.received(at, bytes);
        if self.tracker.heard(bytes, at, &mut self.status) {
            self.publish();
        }
        self.tell_backtraces();
        kept.map_err(capture_failed)
    }

    fn write(&mut self, port: &mut Port) -> Result<(), MonitorStop> {
        let Some(piece) = self.waiting.front_mut().filter(|_| self.break_until.is_none()) else {
            return Ok(());
        };
        let rest = piece.rest();
        match port.write(&rest[..rest.len().min(WRITE)]) {
            Ok(count) => {
                let whole = count >= rest.len();
                let mut kept = Vec::new();
                self.masker.push(&rest[..count], &mut kept);
                let at = now();
                piece.take(count);
                self.waiting_bytes = self.waiting_bytes.saturating_sub(count);
                // Before they are told: whoever hears that they are sent finds none of them waiting.
                self.shared.queued.store(self.waiting_bytes as u64, Ordering::Release);
                let result = if kept.is_empty() { Ok(()) } else { self.sink.sent(at, &kept) };
                if whole {
                    self.waiting.pop_front();
                }
                result.map_err(capture_failed)
            }
            // Flow control, or a full buffer: it goes on later.
            Err(error) if is_silence(&error) => Ok(()),
            Err(error) => Err(self.gone(&error)),
        }
    }

    /// The port is gone, in words: the system's own are about pipes and descriptors.
    fn gone(&self, error: &std::io::Error) -> MonitorStop {
        let detail = match (error.kind(), &self.status.port) {
            (ErrorKind::PermissionDenied, _) => error.to_string(),
            (_, Some(PortKind::Pty)) => {
                "the other end of the pseudo-terminal was closed".to_owned()
            }
            _ => "the port went away: was the board unplugged or switched off?".to_owned(),
        };
        MonitorStop::Gone { detail }
    }

    fn apply(&mut self, mut open: OpenPort) -> Result<OpenPort, MonitorStop> {
        loop {
            match self.inbox.try_recv() {
                Ok(LinkCommand::Write(piece)) => self.queue(piece),
                Ok(LinkCommand::Configure(spec)) => self.configure(&mut open.port, *spec),
                Ok(LinkCommand::Board(BoardCommand::Flash(spec))) => {
                    self.end_break(&open.port, true);
                    open = self.flash(open, &spec)?
                }
                Ok(LinkCommand::Board(command)) => open = self.board(open, command),
                Err(TryRecvError::Empty) => return Ok(open),
                // The handle is gone: so are we, at the next look.
                Err(TryRecvError::Disconnected) => {
                    return Err(MonitorStop::Closed {
                        reason: EndReason::ClosedByUs,
                        detail: String::new(),
                    });
                }
            }
        }
    }

    fn queue(&mut self, piece: Piece) {
        let bytes = piece.rest().len();
        if bytes == 0 {
            return;
        }
        if self.waiting_bytes + bytes > MOST_WAITING {
            self.note(say!(
                "note-unsent-full",
                "{bytes} bytes were not sent: too much waits already",
                bytes = bytes,
            ));
            return;
        }
        self.waiting_bytes += bytes;
        self.shared.queued.store(self.waiting_bytes as u64, Ordering::Release);
        self.waiting.push_back(piece);
    }

    /// Writes down what was held back because it began like a command with a password.
    fn tell_held(&mut self) {
        let mut kept = Vec::new();
        self.masker.finish(&mut kept);
        if !kept.is_empty() {
            // The link ends, or the board has gone: there is nobody left to be told that it cannot be kept.
            self.sink.sent(now(), &kept).ok();
        }
    }

    /// What still waits will never be sent; says so.
    pub fn drop_waiting(&mut self, why: fn(usize) -> Sentence) {
        self.tell_held();
        let unsent = std::mem::take(&mut self.waiting_bytes);
        self.waiting.clear();
        self.shared.queued.store(0, Ordering::Release);
        if unsent > 0 {
            self.note(why(unsent));
        }
    }

    /// Takes other settings. The port stays, with the board that was found on it: another one is for another session.
    pub fn adopt(&mut self, spec: SerialSpec) {
        self.spec =
            SerialSpec { port: self.spec.port.clone(), board: self.spec.board.clone(), ..spec };
    }

    /// The number of the flashing that was taken from the queue just now.
    pub fn flash_taken(&mut self) -> u64 {
        self.flashes += 1;
        self.flashes
    }

    fn configure(&mut self, port: &mut Port, spec: SerialSpec) {
        let lines = (spec.dtr, spec.rts) != (self.spec.dtr, self.spec.rts);
        self.adopt(spec);
        match port::configure(port, &self.spec) {
            Ok(()) => self.note(describe(&self.spec)),
            Err(error) => {
                let asked = describe(&self.spec);
                self.note(say!(
                    "note-port-refuses",
                    "The port does not take {asked}: {error}",
                    asked = asked,
                    error = error,
                ));
            }
        }
        if lines {
            self.status.lines = port::set_lines(port, self.spec.dtr, self.spec.rts);
        }
        self.publish();
    }

    fn board(&mut self, mut open: OpenPort, command: BoardCommand) -> OpenPort {
        match command {
            BoardCommand::Reset => return self.reset(open, false),
            BoardCommand::DownloadMode => return self.reset(open, true),
            BoardCommand::Dtr(on) => {
                self.set_lines(&mut open.port, ModemLines { dtr: on, ..self.status.lines })
            }
            BoardCommand::Rts(on) => {
                self.set_lines(&mut open.port, ModemLines { rts: on, ..self.status.lines })
            }
            BoardCommand::Break => self.begin_break(&open.port),
            BoardCommand::Symbols(elf) => self.tracker.choose(elf, &self.status),
            BoardCommand::DismissFlash => {
                self.status.flash = None;
                self.publish();
            }
            BoardCommand::Say(command) => {
                let line = format!("{}\n", Request { id: None, command });
                self.queue(Piece::new(line.into_bytes().into(), None));
            }
            _ => {}
        }
        open
    }

    fn set_lines(&mut self, port: &mut Port, wanted: ModemLines) {
        self.status.lines = port::set_lines(port, wanted.dtr, wanted.rts);
        if self.status.lines.present {
            self.note(format!("DTR {}, RTS {}", on_off(wanted.dtr), on_off(wanted.rts)));
        } else {
            self.note(say!("note-no-lines", "This port has no modem lines"));
        }
        self.publish();
    }

    /// EN, with BOOT held or not.
    fn reset(&mut self, open: OpenPort, download: bool) -> OpenPort {
        let OpenPort { mut port, usb } = open;
        self.tracker.start_over(&mut self.status);
        let mut done = self.simulated.press(&self.spec.port, download);
        if !done {
            // The speed stays: only the lines are moved.
            let by_lines = if download { port::download_by_lines } else { port::reset_by_lines };
            (port, done) = by_lines(port, usb.as_ref(), self.spec.baud);
            port.set_timeout(port::POLL).ok();
        }
        self.note(match (download, done) {
            (false, true) => say!("note-reset", "Reset by us"),
            (true, true) => say!("note-download", "Download mode by us"),
            (false, false) => say!(
                "note-no-reset",
                "Reset is not possible from here: the port has no modem lines; use the board's buttons"
            ),
            (true, false) => say!(
                "note-no-download",
                "Download mode is not possible from here: the port has no modem lines; use the board's buttons"
            ),
        });
        if done {
            self.status.lines = ModemLines { dtr: false, rts: false, ..self.status.lines };
        }
        self.publish();
        OpenPort { port, usb }
    }

    /// Keeps the status of a flash; the thread that draws sees it at its next frame.
    pub fn publish_flash(&mut self, flash: &FlashStatus) {
        self.status.flash = Some(Arc::new(flash.clone()));
        self.publish();
    }

    /// What a port that has just been opened is.
    pub fn opened(&mut self, name: &str, kind: PortKind, lines: ModemLines) {
        self.status.port = Some(kind);
        self.status.port_name = name.to_owned();
        self.status.link = LinkState::Monitoring;
        self.status.lines = lines;
        self.publish();
        self.sink.opened(now(), name, self.spec.baud);
    }
}

/// What was meant for a board that was away.
pub fn unsent_away(bytes: usize) -> Sentence {
    say!("note-unsent-away", "{bytes} bytes were not sent: the board is away", bytes = bytes,)
}

/// What was meant for the program of a board that was being flashed.
pub fn unsent_flashing(bytes: usize) -> Sentence {
    say!(
        "note-unsent-flashing",
        "{bytes} bytes were not sent: the board is being flashed",
        bytes = bytes,
    )
}

fn capture_failed(why: String) -> MonitorStop {
    MonitorStop::Closed { reason: EndReason::CaptureFailed, detail: why }
}

/// Nothing to read, or no room to write, yet.
fn is_silence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// `115200 baud, 8N1`.
fn describe(spec: &SerialSpec) -> String {
    let flow = match spec.flow_control {
        FlowControl::None => "",
        FlowControl::Software => ", XON/XOFF",
        FlowControl::Hardware => ", RTS/CTS",
    };
    let (bits, parity) = (spec.data_bits.count(), spec.parity.letter());
    format!("{} baud, {bits}{parity}{}{flow}", spec.baud, spec.stop_bits.count())
}
