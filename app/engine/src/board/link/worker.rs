//! The thread that owns a port: it waits for its board, monitors it, flashes it, and waits again.

use std::io::{ErrorKind, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use espalier_core::board::{BoardCommand, FaultKind, FlashSpec, PortKind};
use espalier_core::say;
use espalier_core::session::{EndReason, SerialSpec};
use espalier_protocol::Request;
use serialport::SerialPort as _;

use super::flashing::FlashingLink;
use super::inbox::{LinkCommand, LinkInbox, Unusable};
use super::line_control::LineControl;
use super::open_port::{OpenPort, OpenedPort};
use super::outgoing::{Outgoing, WriteFailure, is_silence};
use super::report::LinkReport;
use super::settings::{PortSettings, describe};
use super::shared::LinkShared;
use super::sink::LinkSink;
use crate::board::character_frame;
use crate::board::flash;
use crate::board::port::{self, Port};
use crate::board::ports::SimulatedBoards;
use crate::receipt::Piece;
use crate::untrusted::said;

/// How often a board that is away is looked for: it is open again well within 300 ms of its return.
const SEARCH_EVERY: Duration = Duration::from_millis(50);

/// Everything the thread has.
pub struct LinkWorker {
    settings: PortSettings,
    simulated: Arc<dyn SimulatedBoards>,
    inbox: LinkInbox,
    outgoing: Outgoing,
    lines: LineControl,
    report: LinkReport,
}

/// Why monitoring stopped.
enum MonitorStop {
    /// The link is to be closed, or cannot go on.
    Closed { reason: EndReason, detail: String },
    /// The board went away.
    Gone { detail: String },
}

impl MonitorStop {
    const fn by_us() -> Self {
        Self::Closed { reason: EndReason::ClosedByUs, detail: String::new() }
    }

    const fn capture_failed(why: String) -> Self {
        Self::Closed { reason: EndReason::CaptureFailed, detail: why }
    }
}

impl LinkWorker {
    /// A thread's state; nothing is opened yet.
    pub fn new(
        spec: SerialSpec,
        simulated: Arc<dyn SimulatedBoards>,
        sink: Box<dyn LinkSink>,
        shared: Arc<LinkShared>,
        queue: Receiver<LinkCommand>,
    ) -> Self {
        Self {
            report: LinkReport::new(sink, spec.port.clone(), shared.clone()),
            outgoing: Outgoing::new(shared.clone()),
            inbox: LinkInbox::new(shared, queue),
            settings: PortSettings::new(spec),
            simulated,
            lines: LineControl::new(),
        }
    }

    /// Lives until the link is closed, or cannot go on.
    pub fn run(mut self) {
        // Whoever waits for the link is told of its end, whatever ends it.
        let ended = catch_unwind(AssertUnwindSafe(|| self.live()));
        let (reason, detail) = ended.unwrap_or_else(|panic| (EndReason::Other, said(&*panic)));
        self.tell_held();
        let Self { mut report, mut outgoing, inbox, .. } = self;
        let unsent = outgoing.clear() + inbox.close();
        if unsent > 0 {
            report.note(say!(
                "note-unsent-closed",
                "{bytes} bytes were not sent: the port was closed",
                bytes = unsent,
            ));
        }
        report.ended(reason, &detail);
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

    /// Opens the port, or waits until it can be opened. `detail` tells how it went away, when it was there before.
    fn await_port(&mut self, detail: Option<String>) -> Result<OpenPort, (EndReason, String)> {
        let was_there = detail.is_some();
        if let Some(detail) = detail {
            self.went_away(&detail)?;
        }
        let mut reported = None;
        loop {
            if self.inbox.is_closing() {
                return Err((EndReason::ClosedByUs, String::new()));
            }
            let fault = match OpenedPort::open(&self.settings, &*self.simulated) {
                Ok(opened) => {
                    if let Some(usb) = &opened.open.usb {
                        self.settings.learn(usb);
                    }
                    let spec = self.settings.spec();
                    self.report.use_symbols(spec.elf_for(opened.open.usb.as_ref()));
                    self.report.opened(&opened, spec.baud);
                    return Ok(opened.open);
                }
                Err(fault) => fault,
            };
            // Somebody else's program, or a missing right, does not go away by waiting. A board that has just come back is
            // another matter: the system sets its rights, and modem programs try it, in its first moments.
            if !was_there && fault.kind != FaultKind::Gone {
                return Err((end_reason(fault.kind), format!("{fault}. {}", fault.hint)));
            }
            if reported.as_ref() != Some(&fault) {
                self.report.waiting(&fault);
                reported = Some(fault);
            }
            // Not before the first try: what was asked right after opening is for the open port.
            self.apply_settings(None);
            self.inbox.refuse_what_waits(Unusable::Away, &mut self.settings, &mut self.report);
            std::thread::sleep(SEARCH_EVERY);
        }
    }

    fn went_away(&mut self, detail: &str) -> Result<(), (EndReason, String)> {
        self.report.start_over();
        self.drop_waiting(Unusable::Away);
        if self.report.port() == Some(&PortKind::Pty) && is_bare_pty(&self.settings.spec().port) {
            // Its number may belong to somebody's terminal by now.
            return Err((EndReason::PortGone, detail.to_owned()));
        }
        Ok(())
    }

    /// Applies the specification that was asked for last, in whatever state the link is: to an open port at once; while
    /// there is none it is opened with it. While flashing it waits, for the port is the loader's.
    fn apply_settings(&mut self, mut port: Option<&mut Port>) {
        let Some(asked) = self.inbox.take_settings() else { return };
        let before = self.settings.adopt(asked);
        let asked = self.settings.spec().clone();
        let taken = match &mut port {
            Some(port) => port::configure(port, &asked).map_err(|error| error.to_string()),
            None => character_frame::check(&asked).map_err(|fault| fault.what.to_string()),
        };
        match taken {
            Ok(()) if port.is_some() => self.report.note(describe(&asked)),
            Ok(()) => {}
            Err(why) => {
                self.report.note(say!(
                    "note-port-refuses",
                    "The port does not take {asked}: {error}",
                    asked = describe(&asked),
                    error = why,
                ));
                // It stays as it was, also when it is opened again.
                if let Some(port) = &mut port {
                    port::configure(port, &before).ok();
                }
                self.settings.adopt(before.clone());
            }
        }
        let SerialSpec { dtr, rts, .. } = *self.settings.spec();
        if let Some(port) = port.filter(|_| (dtr, rts) != (before.dtr, before.rts)) {
            self.report.set_lines(port::set_lines(port, dtr, rts));
        }
    }

    /// Reads, writes and executes commands until something ends the monitoring.
    fn monitor(&mut self, mut open: OpenPort) -> MonitorStop {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            self.lines.end_break(&open.port, self.inbox.is_closing());
            if self.inbox.is_closing() {
                return MonitorStop::by_us();
            }
            self.apply_settings(Some(&mut open.port));
            open = match self.take_commands(open) {
                Ok(open) => open,
                Err(stop) => return stop,
            };
            if let Err(stop) = self.write(&mut open.port) {
                return stop;
            }
            match open.port.read(&mut buffer) {
                Ok(0) => return self.gone(&ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    if let Err(why) = self.report.received(&buffer[..count]) {
                        return MonitorStop::capture_failed(why);
                    }
                }
                Err(error) if is_silence(&error) => self.report.tick(),
                Err(error) => return self.gone(&error),
            }
            self.report.complain();
            self.lines.look(&mut open.port, &mut self.report);
        }
    }

    fn write(&mut self, port: &mut Port) -> Result<(), MonitorStop> {
        if self.lines.is_break() {
            return Ok(());
        }
        let Self { outgoing, report, .. } = self;
        outgoing.write(port, |kept| report.sent(kept)).map_err(|failure| match failure {
            WriteFailure::Port(error) => self.gone(&error),
            WriteFailure::Capture(why) => MonitorStop::capture_failed(why),
        })
    }

    /// The port is gone, in words: the system's own are about pipes and descriptors.
    fn gone(&self, error: &std::io::Error) -> MonitorStop {
        let detail = match (error.kind(), self.report.port()) {
            // To Windows, that is a board that was unplugged.
            (ErrorKind::PermissionDenied, _) if !cfg!(windows) => error.to_string(),
            (_, Some(PortKind::Pty)) => {
                say!("told-pty-closed", "the other end of the pseudo-terminal was closed")
                    .to_string()
            }
            _ => say!(
                "told-port-went-away",
                "the port went away: was the board unplugged or switched off?"
            )
            .to_string(),
        };
        MonitorStop::Gone { detail }
    }

    /// Takes what waits for the open port.
    fn take_commands(&mut self, mut open: OpenPort) -> Result<OpenPort, MonitorStop> {
        loop {
            match self.inbox.take() {
                Ok(LinkCommand::Write(piece)) => self.send(piece),
                Ok(LinkCommand::Board(BoardCommand::Flash(spec))) => {
                    open = self.flash(open, &spec)?;
                }
                Ok(LinkCommand::Board(command)) => open = self.execute(open, command),
                Err(TryRecvError::Empty) => return Ok(open),
                // The handle is gone: so are we.
                Err(TryRecvError::Disconnected) => return Err(MonitorStop::by_us()),
            }
        }
    }

    fn send(&mut self, piece: Piece) {
        if let Err(bytes) = self.outgoing.push(piece) {
            self.report.note(say!(
                "note-unsent-full",
                "{bytes} bytes were not sent: too much waits already",
                bytes = bytes,
            ));
        }
    }

    /// Writes down what was held back because it began like a command with a password.
    fn tell_held(&mut self) {
        let kept = self.outgoing.take_held();
        if !kept.is_empty() {
            // The link ends, or the board has gone: there is nobody left to be told that it cannot be kept.
            self.report.sent(&kept).ok();
        }
    }

    /// What still waits will never be sent; says so.
    fn drop_waiting(&mut self, why: Unusable) {
        self.tell_held();
        let unsent = self.outgoing.clear();
        if unsent > 0 {
            self.report.note(why.unsent(unsent));
        }
    }

    fn execute(&mut self, mut open: OpenPort, command: BoardCommand) -> OpenPort {
        let (port, report) = (&mut open.port, &mut self.report);
        let lines = report.lines();
        match command {
            BoardCommand::Reset => return self.reset(open, false),
            BoardCommand::DownloadMode => return self.reset(open, true),
            BoardCommand::Dtr(on) => LineControl::set(port, on, lines.rts, report),
            BoardCommand::Rts(on) => LineControl::set(port, lines.dtr, on, report),
            BoardCommand::Break => self.lines.begin_break(port, report),
            BoardCommand::Symbols(elf) => self.choose_symbols(elf),
            BoardCommand::DismissFlash => report.dismiss_flash(),
            BoardCommand::Say(command) => {
                let line = format!("{}\n", Request { id: None, command });
                self.send(Piece::new(line.into_bytes().into(), None));
            }
            // The handle lets none of the others in.
            _ => {}
        }
        open
    }

    fn choose_symbols(&mut self, elf: Option<PathBuf>) {
        self.settings.choose_elf(elf);
        self.report.symbols_chosen(self.settings.spec());
    }

    /// EN, with BOOT held or not.
    fn reset(&mut self, open: OpenPort, download: bool) -> OpenPort {
        let OpenPort { mut port, usb } = open;
        self.report.start_over();
        let spec = self.settings.spec();
        let mut done = self.simulated.press(&spec.port, download);
        if !done {
            // The speed stays: only the lines are moved.
            let by_lines = if download { port::download_by_lines } else { port::reset_by_lines };
            (port, done) = by_lines(port, usb.as_ref(), spec.baud);
            port.set_timeout(port::POLL).ok();
        }
        self.report.note(match (download, done) {
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
            LineControl::released(&mut self.report);
        }
        self.report.publish();
        OpenPort { port, usb }
    }

    /// Flashes on the same handle, and goes back to monitoring.
    fn flash(&mut self, open: OpenPort, spec: &FlashSpec) -> Result<OpenPort, MonitorStop> {
        self.lines.end_break(&open.port, true);
        self.drop_waiting(Unusable::Flashing);
        self.report.flash_begins(spec);
        let OpenPort { port, usb } = open;
        let Self { report, inbox, settings, simulated, .. } = self;
        let mut host = FlashingLink::new(report, inbox, settings, &**simulated);
        let flashed = flash::flash(port, usb.as_ref(), spec, &mut host);
        let capture = host.into_capture();
        let mut port = flashed.port;
        let configured = port::configure(&mut port, self.settings.spec());
        self.report.flash_ended(spec, &flashed.status);
        if let Some(elf) = flashed.elf {
            self.choose_symbols(Some(elf));
        }
        capture.map_err(MonitorStop::capture_failed)?;
        match configured {
            Ok(()) => Ok(OpenPort { port, usb }),
            Err(error) => Err(MonitorStop::Gone { detail: error.to_string() }),
        }
    }
}

/// `/dev/pts/5` itself, not a link that leads to it.
fn is_bare_pty(name: &str) -> bool {
    name.starts_with("/dev/pts/")
}

/// Why a session ends, for the capture.
const fn end_reason(kind: FaultKind) -> EndReason {
    match kind {
        FaultKind::Busy => EndReason::PortBusy,
        FaultKind::Forbidden => EndReason::PortForbidden,
        FaultKind::Gone => EndReason::PortGone,
        _ => EndReason::Other,
    }
}
