//! `espalier replay`: a capture played again, and how the answers differ.

mod show;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use clap::{Args as ClapArgs, ValueEnum};
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::capture::{Source, WatchedSource};
use espalier_core::replay::{
    ReplayChoice, ReplayControl, ReplayEnd, ReplayFault, ReplayPace, ReplayPhase, ReplayPlan,
    ReplayRequest, ReplayStatus,
};
use espalier_core::session::{
    EndReason, LocalEndpoint, SessionEvent, SessionSpec, SessionState, TcpClientSpec,
    TcpServerSpec, TransportSpec, UdpSpec,
};
use espalier_core::{Direction, PeerId, Progress};
use espalier_engine::Engine;
use espalier_engine::capture::SavedCapture;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};

use self::show::DifferencePrinter;
use super::exit::{BadArgument, Exit};
use super::interrupt::Interrupts;
use super::serial_options::SerialOptions;
use super::tls_args::EitherTlsArgs;
use super::under_way::UnderWay;
use super::{home, log, options, talk};
use crate::print;
use crate::simulated::BoardSimulators;

/// How often it is looked at how far it has come.
const LOOK: Duration = Duration::from_millis(20);
/// How long a session that was told to leave may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Play a capture again: send what was sent, and compare the answers with those of then
///
/// Differences stand on stdout, side by side as `diff -y` has them: what was expected at the left, what came at the right. The exit code is 35
/// when there are any. TCP segments are no difference, datagrams are compared one by one.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// A capture (pcapng) made by --capture or saved from the window, or one that `espalier captures` lists
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Play it to a TCP server; an IPv6 address stands in brackets
    #[arg(long, value_name = "HOST:PORT", value_parser = options::host_port, conflicts_with_all = ["udp", "port", "listen", "tls_client_ca"])]
    to: Option<(String, u16)>,
    /// Play it as UDP datagrams; an IPv6 address stands in brackets
    #[arg(long, value_name = "HOST:PORT", value_parser = options::host_port, conflicts_with_all = ["port", "listen", "tls"])]
    udp: Option<(String, u16)>,
    /// Play it to a serial port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT", conflicts_with_all = ["listen", "tls"])]
    port: Option<String>,
    /// Wait for a TCP client on this address, and play it to that
    #[arg(long, value_name = "ADDR:PORT", value_parser = options::bind, required_unless_present_any = ["to", "udp", "port"], conflicts_with_all = ["tls_ca", "tls_fingerprint", "tls_trust_any", "tls_name"])]
    listen: Option<LocalEndpoint>,
    /// Whose part is played: what was sent, or what was received
    #[arg(long, value_enum, default_value_t = PlayedSide::Sent)]
    direction: PlayedSide,
    /// Only this connection: its number in the log, or its address
    #[arg(long, value_name = "P")]
    peer: Option<String>,
    /// Only from this moment on: 14:03:07, "2026-11-27 14:03", or +12.5 (seconds since the start)
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<String>,
    /// Only before this moment
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<String>,
    /// So many times as fast as it was recorded, 0.01 to 1000
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = factor)]
    speed: f64,
    /// Send each part as soon as there is room for it
    #[arg(long, conflicts_with = "speed")]
    fast: bool,
    /// Send each part when the answer to the one before it has come
    #[arg(long, conflicts_with_all = ["speed", "fast"])]
    step: bool,
    /// After so long without a byte an answer does not come any more
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = options::duration)]
    timeout: Duration,
    /// What of the answers does not count, on both sides: a regular expression, within a line or a datagram; may be given several times
    #[arg(long, value_name = "REGEX")]
    ignore: Vec<String>,
    /// Show differences as text or in hexadecimal; without it, as what they look like
    #[arg(long, value_enum)]
    view: Option<DifferenceView>,
    /// Encoding of the text
    #[arg(long, value_name = "E", default_value = "utf-8", value_parser = options::encoding)]
    encoding: &'static encoding_rs::Encoding,
    /// Play what there is of a capture that is damaged or lacks parts
    #[arg(long)]
    damaged: bool,
    /// Keep everything that passes in FILE (pcapng; Wireshark opens it)
    #[arg(long = "capture", value_name = "FILE")]
    kept: Option<PathBuf>,
    #[command(flatten)]
    tls: EitherTlsArgs,
    #[command(flatten)]
    serial: SerialOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlayedSide {
    /// What was sent is sent again
    Sent,
    /// What was received is sent: the part of the other side
    Received,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DifferenceView {
    /// Lines of text
    Text,
    /// Eight bytes a row
    Hex,
}

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor| ReplayPace::FACTORS.contains(factor));
    factor.ok_or_else(|| "0.01 to 1000".to_owned())
}

impl Args {
    fn spec(&self) -> SessionSpec {
        SessionSpec::new(match (&self.to, &self.udp, &self.port) {
            (Some((host, port)), ..) => {
                let mut client = TcpClientSpec::new(host.clone(), *port);
                client.tls = self.tls.client();
                TransportSpec::TcpClient(client)
            }
            (_, Some((host, port)), _) => TransportSpec::Udp(UdpSpec::to(host.clone(), *port)),
            (.., Some(port)) => TransportSpec::Serial(self.serial.spec(port)),
            _ => {
                let mut server = TcpServerSpec::new(0);
                if let Some(listen) = &self.listen {
                    (server.bind, server.port) = (listen.address.clone(), listen.port);
                }
                server.max_clients = Some(1);
                server.tls = self.tls.server();
                TransportSpec::TcpServer(server)
            }
        })
    }

    /// What is asked for, as far as that is known without the capture.
    fn request(&self) -> Result<ReplayRequest, BadArgument> {
        let request = ReplayRequest {
            choice: ReplayChoice {
                direction: match self.direction {
                    PlayedSide::Sent => Direction::Out,
                    PlayedSide::Received => Direction::In,
                },
                ..ReplayChoice::default()
            },
            pace: match (self.fast, self.step) {
                (true, _) => ReplayPace::Fast,
                (_, true) => ReplayPace::ByAnswer,
                _ => ReplayPace::Recorded(self.speed),
            },
            ignore: self.ignore.clone(),
            timeout_ms: u32::try_from(self.timeout.as_millis()).unwrap_or(u32::MAX).max(1),
            damaged: self.damaged,
        };
        request.ignored().map_err(|fault| BadArgument(print::sentence(&fault.0)))?;
        Ok(request)
    }

    /// Which connection of the capture is meant.
    fn peer(&self, source: &dyn Source) -> anyhow::Result<Option<PeerId>> {
        let Some(meant) = self.peer.as_deref() else { return Ok(None) };
        if let Ok(number) = meant.strip_prefix('#').unwrap_or(meant).parse() {
            return Ok(Some(PeerId(number)));
        }
        match log::peers(source, meant)?[..] {
            [peer] => Ok(Some(peer)),
            ref several => {
                let numbers: Vec<_> = several.iter().map(|peer| format!("#{}", peer.0)).collect();
                let numbers = numbers.join(", ");
                Err(BadArgument(format!(
                    "several connections were with that address ({numbers}): give the number of one"
                ))
                .into())
            }
        }
    }
}

/// Plays it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let request = args.request()?;
    let boards = Arc::new(BoardSimulators::of_user());
    let paths = home::paths()?;
    let engine = Engine::with_simulated_boards(&paths.captures, boards)?;
    engine.keep_certificates_in(&paths.certificates);
    let stop = Arc::new(StopWish::default());
    Interrupts::heard(engine.runtime()).end_by({
        let stop = stop.clone();
        move || stop.wish()
    });
    let bar = UnderWay::show(&stop.looking, engine.runtime());
    let looked = look_through(args, request, &stop.looking);
    drop(bar);
    if stop.is_wished() {
        return Ok(Exit::Interrupted);
    }
    let (source, request, plan) = looked?;
    let Some(plan) = accepted(args, &source, plan)? else { return Ok(Exit::Failed) };
    let exit = play(args, engine, (source, request, plan), &stop)?;
    Ok(if stop.is_wished() { Exit::Interrupted } else { exit })
}

/// Ctrl-C: it ends looking through the capture, and then the replay.
#[derive(Default)]
struct StopWish {
    is_wished: AtomicBool,
    looking: Progress,
    session: OnceLock<Session>,
}

impl StopWish {
    fn is_wished(&self) -> bool {
        self.is_wished.load(Ordering::Acquire)
    }

    fn wish(&self) {
        self.is_wished.store(true, Ordering::Release);
        self.looking.cancel();
        self.stop();
    }

    /// This session is stopped by it, also when it came before.
    fn is_of(&self, session: &Session) {
        // It is the only one.
        self.session.set(session.clone()).ok();
        if self.is_wished() {
            self.stop();
        }
    }

    /// Has the replay stop: how far it came is told then.
    fn stop(&self) {
        if let Some(session) = self.session.get()
            && session.command(SessionCommand::Replay(ReplayControl::Stop)).is_err()
        {
            session.end();
        }
    }
}

/// A capture, what is asked of it, and what that comes to.
type Looked = (SavedCapture, ReplayRequest, Result<ReplayPlan, ReplayFault>);

/// Looks through the capture once; there may be gigabytes of it.
fn look_through(
    args: &Args,
    mut request: ReplayRequest,
    progress: &Progress,
) -> anyhow::Result<Looked> {
    let source = log::open_telling(&args.file, progress)?;
    let watched = WatchedSource::new(&source, source.extent(), progress);
    let zone = jiff::tz::TimeZone::system();
    let choice = &mut request.choice;
    choice.since = log::limit(&watched, &zone, args.since.as_deref())?;
    choice.until = log::limit(&watched, &zone, args.until.as_deref())?;
    choice.peer = args.peer(&watched)?;
    let plan = ReplayPlan::of(&source, choice, args.damaged, progress);
    Ok((source, request, plan))
}

/// What is played; `None`: too much of it is not as it was, which is told.
fn accepted(
    args: &Args,
    source: &SavedCapture,
    plan: Result<ReplayPlan, ReplayFault>,
) -> anyhow::Result<Option<ReplayPlan>> {
    let fault = match plan {
        Ok(plan) => {
            if let Some(damage) = &plan.damage {
                log::complain_of_damage(source, &args.file, damage);
            }
            return Ok(Some(plan));
        }
        Err(fault) => fault,
    };
    let why = print::sentence(&fault.sentence());
    match fault {
        ReplayFault::Damaged(damage) => {
            log::complain_of_damage(source, &args.file, &damage);
            print::complain("what would be sent is not what was: --damaged plays what there is");
        }
        ReplayFault::Cut(_)
        | ReplayFault::Torn(_)
        | ReplayFault::Retired(_)
        | ReplayFault::Lacking(_) => {
            print::complain(why);
            print::complain("--damaged plays what there is");
        }
        ReplayFault::SeveralPeers(..) => {
            return Err(BadArgument(format!("{why} (--peer N)")).into());
        }
        ReplayFault::Empty(..) | ReplayFault::Cancelled => return Err(BadArgument(why).into()),
    }
    Ok(None)
}

fn play(
    args: &Args,
    engine: Engine,
    (source, request, plan): (SavedCapture, ReplayRequest, ReplayPlan),
    stop: &StopWish,
) -> anyhow::Result<Exit> {
    let store = args.kept.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
    let tap = Tap::events();
    let spec = SessionSpec { autostart: false, ..args.spec() };
    let session = engine.open_tapped(spec, store, Some(tap.clone()));
    // It is there before anybody can say anything.
    let source = Arc::new(source);
    session.start_replay(PeerSelector::Counterpart, source, request, (Some(plan), true));
    stop.is_of(&session);
    session.command(SessionCommand::Start)?;
    let view = args.view.map(|view| view == DifferenceView::Hex);
    let mut run = ReplayOnSession {
        printer: DifferencePrinter::new(view, args.encoding),
        undelivered: false,
    };
    let ended = run.follow(&tap, &session);
    let (status, unsent) = (session.replay(), session.replay_unsent());
    session.end();
    tap.close();
    let left = async { tokio::time::timeout(PATIENCE, session.ended()).await };
    engine.runtime().block_on(left).ok();
    drop(engine);
    // Nothing is on its way any more.
    let unsent = unsent.map_or(0, |unsent| unsent.missed());
    let ended = match ended {
        // Nobody reads any more: it ends here, and is no success when it was not over.
        Err(error) if print::is_closed_stdout(&error) => Some(EndReason::ClosedByUs),
        ended => ended?,
    };
    if let Some(status) = &status {
        tell(status, unsent);
    }
    Ok(match exit(ended, status.as_ref(), unsent) {
        Exit::Done | Exit::Differs if run.is_undelivered(status.as_ref()) => Exit::Refused,
        exit => exit,
    })
}

/// A replay under way.
struct ReplayOnSession {
    printer: DifferencePrinter,
    /// The network said that what was sent did not arrive.
    undelivered: bool,
}

impl ReplayOnSession {
    /// Until it is over, or the session has ended before; why that ended, if it did.
    fn follow(&mut self, tap: &Tap, session: &Session) -> anyhow::Result<Option<EndReason>> {
        loop {
            let Some(replay) = session.replay() else { anyhow::bail!("the capture is not played") };
            let waits = matches!(replay.phase, ReplayPhase::Reading | ReplayPhase::Connecting);
            // A port that is not there is an answer and not something to wait for.
            if let SessionState::Waiting { reason, .. } = session.state()
                && waits
            {
                return Ok(Some(reason));
            }
            self.printer.show(&replay).map_err(|error| match error.kind() {
                ErrorKind::BrokenPipe => error.into(),
                _ => talk::unwritten(&error),
            })?;
            if replay.is_over() {
                let why = why(session, &replay);
                self.pass_on(tap);
                return Ok(why);
            }
            match tap.next(Some(Instant::now() + LOOK)) {
                None | Some(TapItem::Received(..)) => {}
                Some(TapItem::Event(peer, event)) => self.event(peer, &event),
                // The replay sees for itself that the other end has gone; one that was not begun never will be.
                Some(TapItem::Ended(reason)) if waits => return Ok(reason),
                Some(TapItem::Ended(_)) => {}
            }
        }
    }

    fn event(&mut self, peer: PeerId, event: &SessionEvent) {
        self.undelivered |= matches!(event, SessionEvent::Undelivered { .. });
        talk::tell(peer, event, false);
    }

    /// Tells what happened before it was over.
    fn pass_on(&mut self, tap: &Tap) {
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until
            && let Some(tapped) = tap.next(Some(Instant::now()))
        {
            if let TapItem::Event(peer, event) = tapped {
                self.event(peer, &event);
            }
        }
    }

    /// Whether datagrams go nowhere: the network said so, and nothing ever came.
    fn is_undelivered(&self, status: Option<&ReplayStatus>) -> bool {
        self.undelivered && status.is_none_or(|status| status.totals.new == 0)
    }
}

/// Why the session has ended, when it has: that is told a moment after the replay has seen it.
fn why(session: &Session, replay: &ReplayStatus) -> Option<EndReason> {
    let until = Instant::now() + Duration::from_secs(1);
    let is_gone = matches!(replay.phase, ReplayPhase::Over(ReplayEnd::TargetGone(_)));
    loop {
        match session.state() {
            SessionState::Ended { reason, .. } | SessionState::Waiting { reason, .. } => {
                return Some(reason);
            }
            // Ctrl-C.
            SessionState::Idle => return None,
            _ if !is_gone || Instant::now() > until => return Some(EndReason::ClosedByUs),
            _ => std::thread::sleep(LOOK),
        }
    }
}

fn tell(status: &ReplayStatus, unsent: u64) {
    let ReplayStatus { sent, parts, sent_bytes, totals, .. } = status;
    print::tell(format_args!("parts sent: {sent} of {parts}; bytes: {sent_bytes}"));
    if unsent > 0 {
        print::tell(format_args!("{unsent} of them were not sent whole"));
    }
    let (expected, new, differences) = (totals.expected, totals.new, totals.differences);
    print::tell(format_args!(
        "bytes expected: {expected}; came: {new}; differences: {differences}"
    ));
}

fn exit(ended: Option<EndReason>, status: Option<&ReplayStatus>, unsent: u64) -> Exit {
    let Some(status) = status else {
        return ended.map_or(Exit::Interrupted, |reason| match Exit::of(reason) {
            Exit::Done => Exit::Unsent,
            other => other,
        });
    };
    let connection = ended.map_or(Exit::Interrupted, Exit::of);
    match &status.phase {
        ReplayPhase::Over(ReplayEnd::Done) if connection != Exit::Done => connection,
        ReplayPhase::Over(ReplayEnd::Done) if unsent > 0 => Exit::Unsent,
        ReplayPhase::Over(ReplayEnd::Done) if status.totals.differences > 0 => Exit::Differs,
        ReplayPhase::Over(ReplayEnd::Done) => Exit::Done,
        ReplayPhase::Over(ReplayEnd::Failed(_)) => Exit::Failed,
        _ if connection != Exit::Done => connection,
        _ => Exit::Unsent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_says_whether_all_was_sent_and_whether_the_answers_differ() {
        let status = |phase, differences| {
            let mut status = ReplayStatus::new(ReplayPace::Fast);
            (status.phase, status.totals.differences) = (phase, differences);
            status
        };
        let done = || ReplayPhase::Over(ReplayEnd::Done);
        let gone = || ReplayPhase::Over(ReplayEnd::TargetGone("gone".into()));
        let closed = Some(EndReason::ClosedByUs);
        for (phase, differences, unsent, ended, wanted) in [
            (done(), 0, 0, closed, Exit::Done),
            (done(), 1, 0, closed, Exit::Differs),
            (done(), 1, 1, closed, Exit::Unsent),
            (done(), 1, 0, Some(EndReason::ResetByPeer), Exit::Reset),
            (gone(), 1, 0, Some(EndReason::ClosedByPeer), Exit::Unsent),
            (gone(), 1, 0, Some(EndReason::PortGone), Exit::PortGone),
            (gone(), 0, 0, None, Exit::Interrupted),
            (ReplayPhase::Over(ReplayEnd::Failed("x".into())), 0, 0, closed, Exit::Failed),
        ] {
            assert_eq!(exit(ended, Some(&status(phase, differences)), unsent), wanted);
        }
        assert_eq!(exit(Some(EndReason::Refused), None, 0), Exit::Refused);
        assert_eq!(exit(Some(EndReason::ClosedByPeer), None, 0), Exit::Unsent);
    }
}
