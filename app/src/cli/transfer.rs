//! What `send-file` and `receive-file` share: a session, one transfer in it, and how that is told.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use espalier_core::Direction;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{
    EndReason, SessionSpec, SessionState, TcpClientSpec, TcpServerSpec, TransportSpec,
};
use espalier_core::transfer::{
    TransferControl, TransferEnd, TransferPhase, TransferProtocol, TransferStatus, TransferredFile,
    UnknownProtocol,
};
use espalier_engine::Engine;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};

use super::exit::Exit;
use super::flash::teller::Teller;
use super::interrupt::Interrupts;
use super::output::Output;
use super::serial_options::SerialOptions;
use super::talk::unwritten;
use super::tls_args::ClientTlsArgs;
use super::{home, options, talk};
use crate::print::{self, DataOutput, translated};
use crate::simulated::BoardSimulators;

/// How often it is looked at how far it has come.
const LOOK: Duration = Duration::from_millis(20);
/// How long a session that was told to leave may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lines for who has no bar tell every tenth.
const TENTH: u64 = 10;

/// Where the other end is.
#[derive(Debug, ClapArgs)]
pub struct FarEnd {
    /// The other end is a TCP server; an IPv6 address stands in brackets
    #[arg(long, value_name = "HOST:PORT", value_parser = options::host_port, conflicts_with_all = ["port", "listen"])]
    to: Option<(String, u16)>,
    /// The other end is on a serial port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT", conflicts_with_all = ["listen", "tls"])]
    port: Option<String>,
    /// The other end is a TCP client: wait for it on this address
    #[arg(long, value_name = "ADDR:PORT", value_parser = options::bind, required_unless_present_any = ["to", "port"], conflicts_with = "tls")]
    listen: Option<espalier_core::session::LocalEndpoint>,
    /// Pass what is received to a terminal as it is: without it, control sequences other than colours are shown there
    /// and not obeyed. Into a pipe or a file everything goes unchanged anyway
    #[arg(long)]
    raw: bool,
    /// Keep everything that passes in FILE (pcapng; Wireshark opens it)
    #[arg(long, value_name = "FILE")]
    capture: Option<std::path::PathBuf>,
    #[command(flatten)]
    tls: ClientTlsArgs,
    #[command(flatten)]
    serial: SerialOptions,
}

impl FarEnd {
    /// Whether it is on a serial port.
    pub const fn is_serial(&self) -> bool {
        self.port.is_some()
    }

    fn spec(&self) -> SessionSpec {
        SessionSpec::new(match (&self.to, &self.port, &self.listen) {
            (Some((host, port)), ..) => {
                let mut client = TcpClientSpec::new(host.clone(), *port);
                // What it says after its FIN is no more of the file; what we still send may be.
                client.options.stay_half_open = true;
                client.tls = self.tls.spec();
                TransportSpec::TcpClient(client)
            }
            (_, Some(port), _) => TransportSpec::Serial(self.serial.spec(port)),
            (_, _, listen) => {
                let mut server = TcpServerSpec::new(0);
                if let Some(listen) = listen {
                    (server.bind, server.port) = (listen.address.clone(), listen.port);
                }
                server.max_clients = Some(1);
                TransportSpec::TcpServer(server)
            }
        })
    }
}

/// Reads the name of a protocol.
pub fn protocol(text: &str) -> Result<TransferProtocol, UnknownProtocol> {
    text.parse()
}

/// How one transfer is run.
#[derive(Clone, Copy, Debug)]
pub struct TransferCourse {
    /// It is begun before the session is, so that nothing of what comes is missed; else once there is another end.
    pub first: bool,
    /// Received bytes go to stdout.
    pub shows: bool,
}

/// Runs one transfer.
pub fn run(
    other: &FarEnd,
    command: SessionCommand,
    course: TransferCourse,
) -> anyhow::Result<Exit> {
    let TransferCourse { first, shows } = course;
    let boards = Arc::new(BoardSimulators::of_user());
    let engine = Engine::with_simulated_boards(&home::paths()?.captures, boards)?;
    let store = other.capture.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
    let tap = if shows { Tap::new() } else { Tap::events() };
    let interrupts = Interrupts::heard(engine.runtime());
    let spec = SessionSpec { autostart: !first, ..other.spec() };
    let session = engine.open_tapped(spec, store, Some(tap.clone()));
    let begun = Arc::new(AtomicBool::new(false));
    interrupts.end_by({
        let (session, begun) = (session.clone(), begun.clone());
        move || match begun.load(Ordering::Acquire) {
            // The other end is told; then it is over.
            true => drop(session.command(SessionCommand::Transfer(TransferControl::Cancel))),
            false => session.end(),
        }
    });
    let mut run = TransferOnSession {
        output: Output::new(false, None),
        stdout: DataOutput::stdout(other.raw)?,
        command: Some(command),
        begun,
        progress: TransferPrinter::new(),
        files: Vec::new(),
        file_count: 0,
    };
    if first {
        run.begin(&session)?;
        session.command(SessionCommand::Start)?;
    }
    let ended = run.copy(&tap, &session);
    run.progress.finish();
    let transfer = session.status().transfer.clone();
    if let Some(transfer) = &transfer {
        run.take_files(transfer);
    }
    session.end();
    tap.close();
    let left = async { tokio::time::timeout(PATIENCE, session.ended()).await };
    engine.runtime().block_on(left).ok();
    drop(engine);
    tell_digests(&run.files, shows)?;
    Ok(exit(ended?, transfer.as_deref(), &run.files))
}

/// A transfer that is begun once there is another end.
struct TransferOnSession {
    output: Output,
    stdout: DataOutput,
    command: Option<SessionCommand>,
    begun: Arc<AtomicBool>,
    progress: TransferPrinter,
    /// Those that are over.
    files: Vec<TransferredFile>,
    /// How many were over when it was looked at last.
    file_count: usize,
}

impl TransferOnSession {
    fn begin(&mut self, session: &Session) -> anyhow::Result<()> {
        if let Some(command) = self.command.take() {
            session.command(command)?;
            self.begun.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Takes up the files that are over since: of many, a status has only the newest.
    fn take_files(&mut self, transfer: &TransferStatus) {
        let new = transfer.finished_count.saturating_sub(self.file_count);
        let known = transfer.finished.len().saturating_sub(new);
        self.files.extend_from_slice(&transfer.finished[known..]);
        self.file_count = transfer.finished_count;
    }

    /// Until it is over, or the session has ended before; why that ended, if it did.
    fn copy(&mut self, tap: &Tap, session: &Session) -> anyhow::Result<Option<EndReason>> {
        loop {
            let status = session.status();
            let phase = status.transfer.as_ref().map(|transfer| &transfer.phase);
            // A port that is not there is an answer and not something to wait for. That it went in the middle the transfer sees for
            // itself, and keeps what has come.
            if let SessionState::Waiting { reason, .. } = session.state()
                && phase.is_none_or(|phase| *phase == TransferPhase::Waiting)
            {
                return Ok(Some(reason));
            }
            let is_open = match session.state() {
                SessionState::Connected(_) | SessionState::Open => true,
                SessionState::Listening => !status.peers.is_empty(),
                _ => false,
            };
            if is_open {
                self.begin(session)?;
            }
            if let Some(transfer) = &status.transfer {
                self.progress.show(transfer);
                self.take_files(transfer);
                if transfer.is_over() {
                    let why = self.why(session, transfer);
                    return match self.finish(tap) {
                        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                            Err(unwritten(&error))
                        }
                        _ => Ok(Some(why)),
                    };
                }
            }
            let written = match tap.next(Some(Instant::now() + LOOK)) {
                None => Ok(()),
                // The transfer sees for itself that the other end has gone; one that was not begun never will be.
                Some(TapItem::Ended(reason)) if self.command.is_some() => return Ok(reason),
                Some(tapped) => self.pass(tapped),
            };
            match written {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => tap.close(),
                Err(error) => return Err(unwritten(&error)),
                Ok(()) => {}
            }
        }
    }

    fn pass(&mut self, tapped: TapItem) -> std::io::Result<()> {
        match tapped {
            TapItem::Received(peer, bytes) => self.output.received(peer, &bytes, &mut self.stdout),
            TapItem::Event(peer, event) => {
                self.progress.above(|| talk::tell(peer, &event, false));
                Ok(())
            }
            TapItem::Ended(_) => Ok(()),
        }
    }

    /// Passes on what came before it was over, how it ended among it; not all that a flood goes on with.
    fn finish(&mut self, tap: &Tap) -> std::io::Result<()> {
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until
            && let Some(tapped) = tap.next(Some(Instant::now()))
        {
            self.pass(tapped)?;
        }
        self.output.finish(&mut self.stdout)?;
        self.stdout.finish()
    }

    /// Why the session has ended, when the transfer says that the other end has gone: that is told a moment later.
    fn why(&self, session: &Session, transfer: &TransferStatus) -> EndReason {
        let until = Instant::now() + Duration::from_secs(1);
        let gone = matches!(transfer.phase, TransferPhase::Over(TransferEnd::TargetGone(_)));
        while gone && Instant::now() < until {
            match session.state() {
                SessionState::Ended { reason, .. } | SessionState::Waiting { reason, .. } => {
                    return reason;
                }
                _ => std::thread::sleep(LOOK),
            }
        }
        EndReason::ClosedByUs
    }
}

/// A bar on a terminal, plain lines elsewhere. Flashing has another one: it has steps and parts.
struct TransferPrinter {
    bar: Option<indicatif::ProgressBar>,
    teller: Teller,
    name: String,
    told: u64,
    /// When the present file began to move, and from which byte on.
    since: (Instant, u64),
}

impl TransferPrinter {
    fn new() -> Self {
        let teller = Teller::alone();
        let (bar, since) = (teller.bar(), (Instant::now(), 0));
        Self { bar, teller, name: String::new(), told: 0, since }
    }

    fn show(&mut self, status: &TransferStatus) {
        if self.name != status.name {
            (self.name, self.told) = (status.name.clone(), 0);
            self.since.1 = status.done;
            if let Some(bar) = &self.bar {
                bar.set_message(espalier_core::terminal::Plain(&self.name).to_string());
                bar.set_length(status.size.unwrap_or_default());
                bar.set_style(self.teller.bar_style(status.size.unwrap_or_default()));
                bar.reset_eta();
            }
        }
        if let Some(bar) = &self.bar {
            return bar.set_position(status.done);
        }
        if status.done == self.since.1 {
            self.since.0 = Instant::now();
        }
        let (Some(fraction), false) = (status.fraction(), status.is_over()) else { return };
        let percent = (f64::from(fraction) * 100.0) as u64;
        if percent >= self.told + TENTH {
            self.told = percent - percent % TENTH;
            let (percent, done, total) = (self.told, status.done, status.size.unwrap_or_default());
            // At its end the speed of all of it: in the last second, little may have moved.
            let (took, moved) = (self.since.0.elapsed(), status.done.saturating_sub(self.since.1));
            let rate = match percent == 100 && took > LOOK {
                true => moved as f64 / took.as_secs_f64(),
                false => status.rate,
            };
            let rate = (rate / 1024.0).max(0.0);
            let progress = format!("{percent} % ({done} of {total} bytes, {rate:.0} KiB/s)");
            self.teller.say(format_args!("{} {}", self.name, translated(progress)));
        }
    }

    /// Says something without the bar in its way.
    fn above(&self, say: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The digests as `sha256sum` prints them: on stdout, unless what is received is there.
fn tell_digests(files: &[TransferredFile], on_stderr: bool) -> anyhow::Result<()> {
    for file in files.iter().filter(|file| !file.sha256.is_empty()) {
        let line = format!("{}  {}", file.sha256, file.path.display());
        match on_stderr {
            true => print::say(line),
            false => print::line(line)?,
        }
    }
    Ok(())
}

fn exit(
    ended: Option<EndReason>,
    transfer: Option<&TransferStatus>,
    files: &[TransferredFile],
) -> Exit {
    // It never began, or nobody was there for it.
    let Some((transfer, TransferPhase::Over(end))) = transfer.map(|it| (it, &it.phase)) else {
        return ended.map_or(Exit::Interrupted, |reason| match Exit::of(reason) {
            Exit::Done => Exit::Unsent,
            other => other,
        });
    };
    match end {
        TransferEnd::Done if files.iter().all(|file| file.whole) => Exit::Done,
        TransferEnd::Cancelled => Exit::Cancelled,
        // Refused, reset, gone: that says more than that there is no file.
        TransferEnd::TargetGone(_) if ended.map(Exit::of).is_some_and(|it| it != Exit::Done) => {
            ended.map_or(Exit::Failed, Exit::of)
        }
        _ if transfer.direction == Direction::Out => Exit::Unsent,
        _ => Exit::Unreceived,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(direction: Direction, phase: TransferPhase) -> TransferStatus {
        TransferStatus {
            direction,
            protocol: TransferProtocol::Ymodem,
            phase,
            paused: false,
            name: "a.bin".to_owned(),
            done: 1,
            size: Some(2),
            files: None,
            rate: 0.0,
            left: None,
            retries: 0,
            finished: Vec::new(),
            finished_count: 0,
        }
    }

    #[test]
    fn the_code_says_which_way_a_file_was_not_whole_and_what_ended_its_session() {
        let file = |whole| TransferredFile {
            path: "a.bin".into(),
            bytes: 1,
            sha256: "00".to_owned(),
            whole,
            resumed_at: 0,
        };
        for (direction, whole, wanted) in [
            (Direction::Out, true, Exit::Done),
            (Direction::In, true, Exit::Done),
            (Direction::Out, false, Exit::Unsent),
            (Direction::In, false, Exit::Unreceived),
        ] {
            let status = status(direction, TransferPhase::Over(TransferEnd::Done));
            let files = [file(whole), file(true)];
            assert_eq!(exit(Some(EndReason::ClosedByUs), Some(&status), &files), wanted);
        }
        let waits = status(Direction::In, TransferPhase::Waiting);
        assert_eq!(exit(Some(EndReason::PortGone), Some(&waits), &[]), Exit::PortGone);
        assert_eq!(exit(None, Some(&waits), &[]), Exit::Interrupted);
    }
}
