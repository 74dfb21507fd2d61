//! A session with text ends: stdin goes to its connections, what they send goes to stdout, what happens to stderr.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SharedRules};
use espalier_core::session::{EndReason, SessionEvent, SessionSpec, TransportSpec};
use espalier_core::terminal::TerminalSpec;
use espalier_core::view::EncodingName;
use espalier_core::{PeerId, say};
use espalier_engine::Engine;
use espalier_engine::log_file::LogFileEnd;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};

use super::exit::{BadArgument, Exit};
use super::figures::FigureTeller;
use super::home;
use super::host_terminal::{HostTerminal, TypedKeys};
use super::input::{self, AtEnd, DatagramCut, Input};
use super::interrupt::Interrupts;
use super::options::DataArgs;
use super::output::Output;
use super::rules;
use crate::print::{self, DataOutput};

/// How long a session that was told to leave may take.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How it went.
#[derive(Clone, Copy, Debug)]
pub struct Talked {
    /// Why the session ended; `None` when it was stopped by Ctrl-C.
    pub ended: Option<EndReason>,
    /// All that came on stdin was sent, as far as there was any more.
    pub sent_all: bool,
    /// All of the log is in its files, where it was to be in some.
    pub logged_all: bool,
    /// The network said that what was sent did not arrive, and nothing came since.
    pub undelivered: bool,
}

/// How stdin is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What its end does.
    pub at_end: AtEnd,
    /// It becomes datagrams.
    pub datagrams: Option<DatagramCut>,
}

impl From<AtEnd> for Reading {
    fn from(at_end: AtEnd) -> Self {
        Self { at_end, datagrams: None }
    }
}

/// What is asked of a session, and the rules that come with it.
struct Asked<'a> {
    spec: SessionSpec,
    shared: &'a DataArgs,
    rules: Option<Arc<SharedRules>>,
}

impl<'a> Asked<'a> {
    fn new(mut spec: SessionSpec, shared: &'a DataArgs) -> Result<Self, BadArgument> {
        if let Some(encoding) = shared.encoding {
            spec.view.encoding = EncodingName(encoding.name().to_owned());
        }
        spec.log_to_file = shared.log_to_file.spec();
        let encoding = &spec.view.encoding;
        let rules = shared.rules.as_deref().map(|path| rules::read(path, encoding)).transpose()?;
        Ok(Self { spec, shared, rules })
    }

    /// Opens it. `heard` are the interrupts that end it.
    fn open(self, heard: impl FnOnce(Interrupts) -> Interrupts) -> anyhow::Result<Talk> {
        let Self { spec, shared, rules } = self;
        let paths = home::paths()?;
        let engine = Engine::new(&paths.captures)?;
        engine.keep_certificates_in(&paths.certificates);
        let store = shared.capture.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
        let tap = Tap::new();
        if let Some(rules) = &rules {
            engine.share_rules(rules.clone());
        }
        let interrupts = heard(Interrupts::heard(engine.runtime()));
        let session = engine.open_tapped(spec, store, Some(tap.clone()));
        interrupts.end(std::slice::from_ref(&session));
        let figures = shared.figures.tell(engine.runtime(), &session)?;
        Ok(Talk { engine, session, tap, rules, figures })
    }
}

/// A session that is open, and what is read of it.
struct Talk {
    engine: Engine,
    session: Session,
    tap: Arc<Tap>,
    rules: Option<Arc<SharedRules>>,
    figures: FigureTeller,
}

impl Talk {
    /// Ends it. Nothing is on its way any more when it has left.
    fn leave(&self) {
        self.session.end();
        self.tap.close();
        let left = async { tokio::time::timeout(PATIENCE, self.session.ended()).await };
        self.engine.runtime().block_on(left).ok();
    }

    /// Says what is left of it. Why it ended, when a rule did that (in order, as it was asked for), and whether all of the log is in its files.
    fn close(self) -> (Option<EndReason>, bool) {
        self.figures.finish();
        let logged_all = tell_log_file(self.session.log_file_end().as_ref());
        if let Some(rules) = &self.rules {
            rules::tell_tallies("", &rules.rules, &self.session);
        }
        (self.session.is_ended_by_rule().then_some(EndReason::ClosedByUs), logged_all)
    }
}

/// Runs a session until it rests, or nobody reads stdout any more. Says how much of stdin was sent when that is not all.
pub fn run(
    spec: SessionSpec,
    shared: &DataArgs,
    reading: impl Into<Reading>,
) -> anyhow::Result<Talked> {
    let Reading { at_end, datagrams } = reading.into();
    let names_peers = match &spec.transport {
        TransportSpec::TcpServer(_) => true,
        TransportSpec::Udp(udp) => udp.remote.is_none(),
        _ => false,
    };
    let talk = Asked::new(spec, shared)?.open(|interrupts| interrupts)?;
    let Talk { engine, session, tap, .. } = &talk;
    let input = Input { hex: shared.hex, encoding: shared.encoding, datagrams };
    let progress = input::pump(engine.runtime().clone(), session.clone(), input, at_end)?;
    let output = Output::new(shared.hex, shared.encoding);
    let mut undelivered = false;
    let stdout = DataOutput::stdout(shared.raw)?;
    let ended = copy(tap, session, output, stdout, (names_peers, &mut undelivered));
    talk.leave();
    let sent_all = progress.settle(ended.as_ref().ok().copied().flatten());
    let (by_rule, logged_all) = talk.close();
    Ok(Talked { ended: ended?.or(by_rule), sent_all, logged_all, undelivered })
}

/// Runs a session with this terminal as the other side's, until it rests or Ctrl-] is pressed.
pub fn run_terminal(
    spec: SessionSpec,
    shared: &DataArgs,
    terminal: TerminalSpec,
) -> anyhow::Result<Exit> {
    let asked = Asked::new(spec, shared)?;
    let encoding = asked.spec.view.encoding.clone();
    let Some(host) = HostTerminal::take()? else { return Ok(Exit::BadArguments) };
    let talk = asked.open(Interrupts::and_hanging_up)?;
    let (left, leaving) = (Arc::new(AtomicBool::new(false)), talk.session.clone());
    let stdout = DataOutput::terminal(&encoding, terminal.implicit_cr);
    let (is_left, typed) = (left.clone(), TypedKeys::new(terminal, encoding));
    let unread = Arc::new(AtomicBool::new(false));
    let is_unread = unread.clone();
    std::thread::Builder::new().name("espalier-stdin".to_owned()).spawn(move || {
        // What is typed while nobody is there goes nowhere, as at every terminal.
        let read = typed.read(|bytes| leaving.send(&PeerSelector::All, &bytes.into()).is_ok());
        if let Err(error) = &read {
            print::complain(format_args!("stdin cannot be read: {error}"));
            is_unread.store(true, Ordering::Release);
        }
        is_left.store(true, Ordering::Release);
        leaving.end();
    })?;
    let output = Output::new(false, None);
    let ended = copy(&talk.tap, &talk.session, output, stdout, (false, &mut false));
    talk.leave();
    drop(host);
    let (by_rule, logged_all) = talk.close();
    Ok(match ended?.or(by_rule) {
        // It ended because nobody could type any more, however it ended.
        _ if unread.load(Ordering::Acquire) => Exit::Failed,
        Some(reason) => Exit::of(reason),
        None if left.load(Ordering::Acquire) => Exit::Done,
        None => Exit::Interrupted,
    }
    .if_logged(logged_all))
}

fn copy(
    tap: &Arc<Tap>,
    session: &Session,
    mut output: Output,
    mut stdout: DataOutput,
    (names_peers, undelivered): (bool, &mut bool),
) -> anyhow::Result<Option<EndReason>> {
    loop {
        match tap.next(None) {
            None => {}
            Some(TapItem::Received(peer, bytes)) => {
                *undelivered = false;
                let written = output.received(peer, &bytes, &mut stdout);
                match written {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                        // Nobody reads any more: an end in order, as for every filter.
                        tap.close();
                        session.end();
                        return Ok(Some(EndReason::ClosedByUs));
                    }
                    Err(error) => return Err(unwritten(&error)),
                }
            }
            Some(TapItem::Event(peer, event)) => {
                *undelivered |= matches!(event, SessionEvent::Undelivered { .. });
                tell(peer, &event, names_peers);
            }
            Some(TapItem::Ended(reason)) => {
                return match output.finish(&mut stdout).and_then(|()| stdout.finish()) {
                    Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritten(&error)),
                    _ => Ok(reason),
                };
            }
        }
    }
}

/// Says where the log is, when it was written to a file, and why it is not all there. Whether it is.
pub fn tell_log_file(end: Option<&LogFileEnd>) -> bool {
    let Some(end) = end else { return true };
    let path = end.path.as_ref();
    let place =
        path.map(|path| say!("told-log-file", "the log is in {file}", file = path.display()));
    for told in place.iter().chain(&end.cut) {
        print::say(format_args!("-- {}", print::sentence(told)));
    }
    end.cut.is_none()
}

/// That stdout does not take what is written.
pub fn unwritten(error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("cannot write to stdout: {error}")
}

/// One line on stderr.
pub fn tell(peer: PeerId, event: &SessionEvent, names_peer: bool) {
    match peer {
        PeerId(number) if number > 0 && names_peer => {
            print::say(format_args!("#{number} {}", print::event(event)));
        }
        _ => print::say(print::event(event)),
    }
    print::lead_on(event);
}
