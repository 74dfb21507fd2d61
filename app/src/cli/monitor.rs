//! `espalier monitor`: what a board says, on stdout.

mod keys;
mod rules;
mod status_printer;
mod terminal;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use espalier_core::board::BoardCommand;
use espalier_core::capture::Source as _;
use espalier_core::session::{
    EndReason, LogFileSpec, SerialSpec, SessionEvent, SessionSpec, TransportSpec, log_file_name,
};
use espalier_core::view::EncodingName;
use espalier_core::{Direction, PeerId, Position, Timestamp};
use espalier_engine::board::link::Link;
use espalier_engine::board::ports::SimulatedBoards;
use espalier_engine::capture::{Capture, ScratchCapture};
use espalier_engine::log_file::{self, LogFileRun, LogFileTask};
use espalier_engine::receipt::Piece;

use super::exit::Exit;
use super::flash;
use super::host_terminal::{HostTerminal, TerminalArgs, TypedKeys};
use super::input::InputProgress;
use super::interrupt::Interrupts;
use super::log_to_file::LogToFileArgs;
use super::port::{LinkEvent, LinkEvents};
use super::serial_options::SerialOptions;
use super::talk;
use crate::print::{DataOutput, complain, complain_with, is_closed_stdout, say, sentence};
use crate::simulated::BoardSimulators;
use keys::{Key, Keys};
use rules::{MonitorRules, RulesDone};
pub use status_printer::{StatusPrinter, told_line};

/// Bytes that may wait in the link before more is taken from stdin, and how long until it is asked again.
const WAITING: u64 = 64 << 10;
const AGAIN: Duration = Duration::from_millis(10);

/// Show what a board says; lines from stdin go to it
///
/// Ctrl-C ends, Ctrl-R resets the board. What happens (restarts, panics with their backtrace, the board going away and
/// coming back) is told on stderr. The end of stdin changes nothing.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT")]
    port: String,
    #[command(flatten)]
    serial: SerialOptions,
    /// Keep everything that passes in FILE (pcapng; Wireshark opens it)
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    #[command(flatten)]
    log_to_file: LogToFileArgs,
    /// Pass what the board says to a terminal as it is: without it, control sequences other than colours are shown
    /// there and not obeyed. Into a pipe or a file everything goes unchanged anyway
    #[arg(long, conflicts_with = "terminal")]
    raw: bool,
    /// Answer by the rules of FILE: a workspace file with rules, or the answers of xTools or Docklight
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    terminal: TerminalArgs,
    /// Put the time before each line
    #[arg(long, conflicts_with = "terminal")]
    timestamps: bool,
    /// Tell on stderr what the other side has on its lines (CTS, DSR, DCD, RI), and when that changes
    #[arg(long)]
    lines: bool,
    /// Send a BREAK once the port is open
    #[arg(long = "break")]
    send_break: bool,
    /// Read the names in backtraces from this ELF instead of the bundled firmware
    #[arg(long, value_name = "ELF")]
    symbols: Option<PathBuf>,
    /// Save each core dump that the board prints as a file in DIR, as `esp-coredump --core-format raw` reads it
    #[arg(long, value_name = "DIR")]
    core_dumps: Option<PathBuf>,
}

/// Monitors until Ctrl-C.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let simulated: Arc<dyn SimulatedBoards> = Arc::new(BoardSimulators::of_user());
    if let Some(refused) = flash::refused(&[&args.port], &*simulated)? {
        return Ok(refused);
    }
    let utf8 = EncodingName::default();
    let is_terminal = args.terminal.terminal;
    let capture = args.capture.as_ref().map(|path| {
        Capture::open_file(path).with_context(|| format!("{} cannot be written", path.display()))
    });
    let capture = capture.transpose()?;
    let logs = args.log_to_file.spec();
    // What is written to files is written behind a capture.
    let scratch = match (&capture, &logs) {
        (None, Some(_)) => Some(ScratchCapture::begin()?),
        _ => None,
    };
    let capture = capture.or_else(|| scratch.as_ref().map(|scratch| scratch.capture().clone()));
    let log_file = match (&capture, logs) {
        (Some(capture), Some(wanted)) => Some(log_file(args, capture, wanted)?),
        _ => None,
    };
    let mut output = MonitorOutput {
        capture,
        out: match is_terminal {
            true => DataOutput::terminal(&utf8, args.terminal.spec().implicit_cr),
            false => DataOutput::stdout(args.raw)?,
        },
        stamps: args.timestamps,
        fresh: true,
    };
    let mut printer = StatusPrinter::new(args.core_dumps.as_deref())?;
    let mut rules = args.rules.as_deref().map(MonitorRules::read).transpose()?;
    // Behind all that can fail with a word.
    let host = if is_terminal { HostTerminal::take()? } else { None };
    if is_terminal && host.is_none() {
        return Ok(Exit::BadArguments);
    }
    let mut keys = match is_terminal {
        true => keys::read_each(TypedKeys::new(args.terminal.spec(), utf8))?,
        false => keys::read()?,
    };
    let (sink, mut events) = LinkEvents::new();
    let spec = SerialSpec { elf: args.symbols.clone(), ..args.serial.spec(&args.port) };
    let link = Link::open(spec, simulated, sink)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(monitor(
        &link,
        args,
        &mut events,
        &mut keys,
        &mut output,
        &mut printer,
        rules.as_mut(),
    ));
    // The link must not wait for anybody to hear its story, and nothing is on its way any more when it is closed.
    keys.close();
    drop(events);
    link.close();
    // A report that has begun is one when the link ends.
    printer.tell(&link.wait_closed());
    output.out.finish().ok();
    drop(host);
    // What passed last is in the files, too.
    let logged = log_file.and_then(LogFileRun::wait);
    let logged_all = talk::tell_log_file(logged.as_ref());
    let why = ended.as_ref().ok().and_then(|(_, why)| *why);
    let sent_all = keys.progress().settle(why);
    if let Some(rules) = &rules {
        rules.tell_tallies();
    }
    let exit = match ended {
        Ok((exit, _)) => exit,
        Err(error) if is_closed_stdout(&error) => Exit::Done,
        Err(error) => return Err(error),
    };
    Ok(match exit {
        Exit::Done if !printer.saved_all() => Exit::Failed,
        exit => exit.if_sent(sent_all).if_logged(logged_all),
    })
}

/// Begins the log in files, behind this capture.
fn log_file(args: &Args, capture: &Capture, wanted: LogFileSpec) -> anyhow::Result<LogFileRun> {
    let spec = SessionSpec::new(TransportSpec::Serial(args.serial.spec(&args.port)));
    let task = LogFileTask {
        spec: wanted,
        name: log_file_name(&spec),
        view: spec.view,
        from: Position(capture.extent().end),
        capture: capture.clone(),
        mark: args.capture.as_deref().map(log_file::mark_beside),
        hear: Box::new(|told| {
            if let Some(told) = told {
                say(format_args!("-- {}", sentence(&told)));
            }
        }),
    };
    LogFileRun::start(task, None).context("the log is not written to a file")
}

/// Monitors until the user or the link ends it: how, and why if it was the link.
async fn monitor(
    link: &Link,
    args: &Args,
    events: &mut LinkEvents,
    keys: &mut Keys,
    output: &mut MonitorOutput,
    printer: &mut StatusPrinter,
    mut rules: Option<&mut MonitorRules>,
) -> anyhow::Result<(Exit, Option<EndReason>)> {
    let mut opened = false;
    let mut send_break = args.send_break;
    let mut typing = true;
    let leave = keys.leave();
    let mut typed = None;
    let mut interrupts = Interrupts::heard(&tokio::runtime::Handle::current());
    if args.terminal.terminal {
        interrupts = interrupts.and_hanging_up();
    }
    loop {
        // Whatever waits to be typed, the link is heard: it may wait for that itself.
        typed = typed.and_then(|key| hand_over(link, keys.progress(), key));
        let due = match rules.as_mut().map(|rules| rules.act(link, args, output)).transpose()? {
            Some(RulesDone::Ended) => {
                let_port_write(link, events, output).await?;
                return Ok((Exit::Done, None));
            }
            Some(RulesDone::Until(due)) => due,
            None => None,
        };
        let event = tokio::select! {
            event = events.next() => event,
            key = keys.next(), if typing && typed.is_none() => {
                typing = key.is_some();
                typed = key;
                continue;
            }
            () = tokio::time::sleep(AGAIN), if typed.is_some() => continue,
            () = sleep_until(due), if due.is_some() => continue,
            () = interrupts.next() => return Ok((Exit::Done, None)),
            () = leave.pressed() => return Ok((Exit::Done, None)),
        };
        match event {
            LinkEvent::Opened { at, port, baud } => {
                opened = true;
                if let Some(rules) = &mut rules {
                    rules.connected();
                }
                match args.terminal.terminal {
                    true => told_line(format_args!("{port} at {baud} baud; Ctrl-] ends")),
                    false => told_line(format_args!(
                        "{port} at {baud} baud; Ctrl-R resets the board, Ctrl-C ends"
                    )),
                }
                output.event(at, &SessionEvent::PortOpened { port, baud })?;
                if args.lines {
                    printer.tell_lines();
                }
                if std::mem::take(&mut send_break) {
                    // Not taken: the port has gone already, which is heard next.
                    link.command(BoardCommand::Break).ok();
                }
            }
            LinkEvent::Received { at, bytes } => {
                output.received(at, &bytes)?;
                if let Some(rules) = &mut rules {
                    rules.heard(at, &bytes);
                }
            }
            LinkEvent::Sent { at, bytes } => output.sent(at, &bytes)?,
            LinkEvent::Event { at, event } => {
                if let SessionEvent::Note(note) = &event {
                    say(format_args!("-- {}", sentence(note)));
                }
                output.event(at, &event)?;
            }
            LinkEvent::Waiting { at, fault } if opened => {
                if let Some(rules) = &mut rules {
                    rules.disconnected();
                }
                output.gone(at, EndReason::PortGone, &fault.what)?;
                told_line(format_args!("{fault}; waiting for it to come back"));
            }
            LinkEvent::Waiting { fault, .. } => {
                complain_with(&fault, &[&fault.hint]);
                return Ok((Exit::of_board(fault.kind), Some(EndReason::PortGone)));
            }
            LinkEvent::Ended { at, reason, detail } => {
                if opened {
                    output.gone(at, reason, &detail)?;
                }
                if !detail.is_empty() {
                    complain(detail);
                }
                return Ok((Exit::of(reason), Some(reason)));
            }
            LinkEvent::Changed => {}
        }
        printer.tell(&link.status());
    }
}

/// Waits a second at most for the port to take what rules have sent before they end all: it is closed with what waits.
async fn let_port_write(
    link: &Link,
    events: &mut LinkEvents,
    output: &mut MonitorOutput,
) -> anyhow::Result<()> {
    let until = tokio::time::Instant::now() + Duration::from_secs(1);
    while tokio::time::Instant::now() < until {
        match tokio::time::timeout(AGAIN, events.next()).await {
            Ok(LinkEvent::Received { at, bytes }) => output.received(at, &bytes)?,
            Ok(LinkEvent::Sent { at, bytes }) => output.sent(at, &bytes)?,
            Ok(LinkEvent::Event { at, event }) => output.event(at, &event)?,
            Ok(LinkEvent::Ended { .. }) => return Ok(()),
            Ok(_) => {}
            // What is written is told a moment later.
            Err(_) if link.queued() == 0 => return Ok(()),
            Err(_) => {}
        }
    }
    Ok(())
}

async fn sleep_until(due: Option<std::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

/// Gives what was typed to the link; gives it back as long as too much waits there.
fn hand_over(link: &Link, progress: &InputProgress, key: Key) -> Option<Key> {
    if link.queued() > WAITING {
        return Some(key);
    }
    let done = match &key {
        Key::Bytes(bytes) => {
            let piece = Piece::new(bytes.as_slice().into(), Some(progress.receipt()));
            let done = link.write(piece);
            done.inspect(|()| progress.gives(bytes.len()))
        }
        Key::Reset => link.command(BoardCommand::Reset),
    };
    done.is_err().then_some(key)
}

/// Where received bytes go.
struct MonitorOutput {
    capture: Option<Capture>,
    out: DataOutput,
    stamps: bool,
    /// The next byte begins a line.
    fresh: bool,
}

impl MonitorOutput {
    fn received(&mut self, at: Timestamp, bytes: &[u8]) -> anyhow::Result<()> {
        if let Some(capture) = &self.capture {
            capture.append_data(at, Direction::In, PeerId::SESSION, None, bytes)?;
        }
        let out = &mut self.out;
        if self.stamps {
            for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                if std::mem::replace(&mut self.fresh, piece.ends_with(b"\n")) {
                    write!(out, "{} ", time_of_day(at))?;
                }
                out.write_all(piece)?;
            }
        } else {
            out.write_all(bytes)?;
        }
        Ok(())
    }

    fn sent(&mut self, at: Timestamp, bytes: &[u8]) -> anyhow::Result<()> {
        if let Some(capture) = &self.capture {
            capture.append_data(at, Direction::Out, PeerId::SESSION, None, bytes)?;
        }
        Ok(())
    }

    /// The port went away: what comes after it continues no line of before.
    fn gone(&mut self, at: Timestamp, reason: EndReason, detail: &str) -> anyhow::Result<()> {
        if self.stamps && !std::mem::replace(&mut self.fresh, true) {
            self.out.write_all(b"\n")?;
        }
        self.event(at, &SessionEvent::Ended { reason, detail: detail.to_owned() })
    }

    fn event(&mut self, at: Timestamp, event: &SessionEvent) -> anyhow::Result<()> {
        if let Some(capture) = &self.capture {
            capture.append_event(at, PeerId::SESSION, None, event)?;
        }
        Ok(())
    }
}

/// `14:03:07.123`, local time.
fn time_of_day(at: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::system();
    let time = jiff::Timestamp::from_nanosecond(at.0.into()).unwrap_or_default();
    time.to_zoned(zone).strftime("%H:%M:%S%.3f").to_string()
}
