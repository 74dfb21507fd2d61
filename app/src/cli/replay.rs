//! `espalier replay`: a capture played again, and how the answers differ.

mod show;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args as ClapArgs, ValueEnum};
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::capture::{Damage, Source as _};
use espalier_core::replay::{
    ReplayChoice, ReplayEnd, ReplayFault, ReplayPace, ReplayPhase, ReplayPlan, ReplayRequest,
    ReplayStatus,
};
use espalier_core::session::{
    EndReason, LocalEndpoint, SessionEvent, SessionSpec, SessionState, TcpClientSpec,
    TcpServerSpec, TransportSpec, UdpSpec,
};
use espalier_core::{Direction, Progress};
use espalier_engine::Engine;
use espalier_engine::capture::SavedCapture;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};

use self::show::DifferencePrinter;
use super::exit::{BadArgument, Exit};
use super::interrupt::Interrupts;
use super::serial_options::SerialOptions;
use super::tls_args::ClientTlsArgs;
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
    #[arg(long, value_name = "HOST:PORT", value_parser = options::host_port, conflicts_with_all = ["udp", "port", "listen"])]
    to: Option<(String, u16)>,
    /// Play it as UDP datagrams; an IPv6 address stands in brackets
    #[arg(long, value_name = "HOST:PORT", value_parser = options::host_port, conflicts_with_all = ["port", "listen", "tls"])]
    udp: Option<(String, u16)>,
    /// Play it to a serial port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT", conflicts_with_all = ["listen", "tls"])]
    port: Option<String>,
    /// Wait for a TCP client on this address, and play it to that
    #[arg(long, value_name = "ADDR:PORT", value_parser = options::bind, required_unless_present_any = ["to", "udp", "port"], conflicts_with = "tls")]
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
    tls: ClientTlsArgs,
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
                client.tls = self.tls.spec();
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
                TransportSpec::TcpServer(server)
            }
        })
    }

    fn request(&self, source: &SavedCapture) -> anyhow::Result<ReplayRequest> {
        let peers = self.peer.as_deref().map(|peer| log::peers(source, peer)).transpose()?;
        let peer = match peers.as_deref() {
            None => None,
            Some([peer]) => Some(*peer),
            Some(several) => {
                let numbers: Vec<_> = several.iter().map(|peer| format!("#{}", peer.0)).collect();
                let numbers = numbers.join(", ");
                return Err(BadArgument(format!(
                    "several connections were with that address ({numbers}): give the number of one"
                ))
                .into());
            }
        };
        let zone = jiff::tz::TimeZone::system();
        let request = ReplayRequest {
            choice: ReplayChoice {
                direction: match self.direction {
                    PlayedSide::Sent => Direction::Out,
                    PlayedSide::Received => Direction::In,
                },
                peer,
                places: None,
                since: log::limit(source, &zone, self.since.as_deref())?,
                until: log::limit(source, &zone, self.until.as_deref())?,
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
}

/// Plays it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let source = log::open(&args.file)?;
    let request = args.request(&source)?;
    let choice = &request.choice;
    let plan = match ReplayPlan::of(&source, choice, args.damaged, &Progress::default()) {
        Ok(plan) => plan,
        Err(ReplayFault::Damaged(damage)) => {
            tell_damage(&source, args, &damage);
            print::complain("what would be sent is not what was: --damaged plays what there is");
            return Ok(Exit::Failed);
        }
        Err(fault @ (ReplayFault::Cut(_) | ReplayFault::Lacking(_))) => {
            print::complain(print::sentence(&fault.sentence()));
            print::complain("--damaged plays what there is");
            return Ok(Exit::Failed);
        }
        Err(fault @ ReplayFault::SeveralPeers(..)) => {
            let why = print::sentence(&fault.sentence());
            return Err(BadArgument(format!("{why} (--peer N)")).into());
        }
        Err(fault) => return Err(BadArgument(print::sentence(&fault.sentence())).into()),
    };
    if let Some(damage) = &plan.damage {
        tell_damage(&source, args, damage);
    }
    if source.torn() > 0 {
        let (bytes, file) = (source.torn(), args.file.display());
        print::complain(format_args!("the last {bytes} B of {file} are no whole record"));
        if !args.damaged {
            print::complain("what would be sent is not what was: --damaged plays what there is");
            return Ok(Exit::Failed);
        }
    }
    play(args, Arc::new(source), request, plan)
}

fn tell_damage(source: &SavedCapture, args: &Args, damage: &Damage) {
    let Damage { at, what, skipped, places } = *damage;
    let (file, offset) = source.locate(at).unwrap_or_else(|| (args.file.clone(), at));
    let more = match places {
        0 | 1 => String::new(),
        _ => format!(" in {places} places, the first"),
    };
    print::complain(format_args!(
        "{skipped} B missing or damaged{more} at byte {offset} of {}: {what}",
        file.display()
    ));
}

fn play(
    args: &Args,
    source: Arc<SavedCapture>,
    request: ReplayRequest,
    plan: ReplayPlan,
) -> anyhow::Result<Exit> {
    debug_assert!(source.extent().end >= plan.end.0);
    let boards = Arc::new(BoardSimulators::of_user());
    let paths = home::paths()?;
    let engine = Engine::with_simulated_boards(&paths.captures, boards)?;
    engine.keep_certificates_in(&paths.certificates);
    let store = args.kept.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
    let tap = Tap::events();
    let interrupts = Interrupts::heard(engine.runtime());
    let spec = SessionSpec { autostart: false, ..args.spec() };
    let session = engine.open_tapped(spec, store, Some(tap.clone()));
    interrupts.end(std::slice::from_ref(&session));
    // It is there before anybody can say anything.
    session.start_replay(PeerSelector::Counterpart, source, request, (Some(plan), true));
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
    let ended = ended?;
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
            self.printer.show(&replay)?;
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

    fn event(&mut self, peer: espalier_core::PeerId, event: &SessionEvent) {
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
