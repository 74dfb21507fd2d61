//! `espalier load`: many clients at once, against a server or a board.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use espalier_core::backend::SharedRules;
use espalier_core::backend::prelude::*;
use espalier_core::figures::LatencySummary;
use espalier_core::load::{LoadClient, LoadSpec, LoadStatus, LoadSum, LoadTraffic, PatternCheck};
use espalier_core::session::{EndReason, Reconnect, SessionSpec, TransportSpec};
use espalier_core::view::EncodingName;
use espalier_core::{PeerId, Timestamp};
use espalier_engine::Engine;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};
use espalier_engine::workspace::ListFile;
use serde::Serialize;

use super::exit::{BadArgument, Exit};
use super::interrupt::Interrupts;
use super::send_list::{self, Rounds};
use super::tls_args::ClientTlsArgs;
use super::{byte_count, home, options, talk};
use crate::print;

/// How often it is told how it goes.
const TELL: Duration = Duration::from_secs(1);
/// Of so many clients at most it is told what happens to each.
const FEW: u32 = 16;
/// How long the connections may take to close, and be reset.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connect many clients to HOST:PORT, and tell how it goes
///
/// What happens is told on stderr, the figures of all clients on stdout at the end. Only this computer and private networks
/// are loaded, unless --outside says that the target is yours to load.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The server or board; an IPv6 address stands in brackets
    #[arg(value_name = "HOST:PORT", value_parser = options::host_port)]
    target: (String, u16),
    /// How many clients, at most 10000
    #[arg(long, value_name = "N", default_value_t = 10)]
    clients: u32,
    /// How many of them begin to connect each second
    #[arg(long, value_name = "N", default_value_t = 100)]
    ramp: u32,
    /// End all of it after this long, at most 24h
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = options::duration)]
    time: Duration,
    /// How long each client stays connected; without it until its messages are sent, or to the end
    #[arg(long, value_name = "TIME", value_parser = options::duration)]
    stay: Option<Duration>,
    /// Whether a client connects again, however its connection ended: off, exponential (0.5 s, 1 s, 2 s … 30 s), or after a wait such as 2s
    #[arg(long, value_name = "POLICY", default_value = "off", value_parser = options::reconnect)]
    again: Reconnect,
    /// Each client sends the messages of FILE, in order, with the answers they wait for: a list as `send-list` has it; {{client}} is the number of the client
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pattern", "nothing"])]
    list: Option<PathBuf>,
    /// Only this group of the list: its name, or its number
    #[arg(long, value_name = "GROUP", requires = "list")]
    group: Option<String>,
    /// How often each client sends the list: a number, or forever
    #[arg(long, value_name = "N", requires = "list", default_value = "1", value_parser = send_list::rounds)]
    repeat: Rounds,
    /// What {{NAME}} in a message stands for
    #[arg(long, value_name = "NAME=VALUE", requires = "list", value_parser = send_list::variable)]
    variable: Vec<(String, String)>,
    /// Encoding of messages that have none of their own
    #[arg(long, value_name = "E", requires = "list", value_parser = options::encoding)]
    encoding: Option<&'static encoding_rs::Encoding>,
    /// Each client sends the check pattern of our boards
    #[arg(long, conflicts_with = "nothing")]
    pattern: bool,
    /// Bytes a second and client (K, M: times 1024); without it as fast as it goes
    #[arg(long, value_name = "BYTES", requires = "pattern", value_parser = byte_count::bytes)]
    rate: Option<u64>,
    /// Who compares the pattern: we what comes back, we what the other end sends, or the other end
    #[arg(long, value_enum, requires = "pattern", default_value_t = CheckArg::Echo)]
    check: CheckArg,
    /// Each client is connected and sends nothing, as it does without --list and --pattern
    #[arg(long)]
    nothing: bool,
    /// The target may be outside of this computer and of private networks: it is yours to load
    #[arg(long)]
    outside: bool,
    /// Give up a connection after this long
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = options::duration)]
    connect_timeout: Duration,
    #[command(flatten)]
    tls: ClientTlsArgs,
    /// Keep what happens in FILE (pcapng; Wireshark opens it)
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    /// Of so many clients, the first ones, keep the bytes in it, too
    #[arg(long, value_name = "N", default_value_t = 10, requires = "capture")]
    keep: u32,
    /// One JSON document instead of a table, with each client
    #[arg(long)]
    json: bool,
}

/// Who compares the check pattern.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum CheckArg {
    /// What comes back is compared: a board in mode echo
    Echo,
    /// The other end sends the pattern: a board in mode source
    Source,
    /// The other end compares: a board in mode check
    None,
}

impl Args {
    fn spec(&self, traffic: LoadTraffic) -> Result<LoadSpec, BadArgument> {
        let (host, port) = self.target.clone();
        let spec = LoadSpec {
            clients: self.clients,
            ramp: self.ramp,
            traffic,
            stay_ms: self.stay.map(millis),
            time_ms: millis(self.time),
            again: self.again,
            connect_timeout_ms: millis(self.connect_timeout),
            kept_clients: self.keep,
            tls: self.tls.spec(),
            allowed_outside: self.outside,
            ..LoadSpec::new(host, port)
        };
        spec.check().map_err(|bad| BadArgument(bad.to_string()))?;
        Ok(spec)
    }

    fn traffic(&self, group: Option<String>) -> LoadTraffic {
        if self.list.is_some() {
            return LoadTraffic::List { group, rounds: self.repeat.0.unwrap_or(0) };
        }
        if !self.pattern {
            return LoadTraffic::Nothing;
        }
        let check = match self.check {
            CheckArg::Echo => PatternCheck::Echo,
            CheckArg::Source => PatternCheck::Source,
            CheckArg::None => PatternCheck::None,
        };
        LoadTraffic::Pattern { rate: self.rate.unwrap_or(0), check }
    }

    /// The list that clients send, and the name of the group that is meant.
    fn list(&self) -> anyhow::Result<(SharedRules, Option<String>)> {
        let Some(path) = &self.list else { return Ok(Default::default()) };
        let read = ListFile::read(path).map_err(|error| BadArgument(error.to_string()))?;
        send_list::tell_left_out(&read.left_out);
        let group = self.group.as_deref();
        let group = group.map(|name| send_list::group_of(&read.list, name)).transpose()?;
        let group = group.and_then(|at| read.list.groups.get(at)).map(|group| group.name.clone());
        let mut variables = read.variables;
        variables.extend(self.variable.iter().cloned());
        let list = Arc::new(read.list);
        Ok((SharedRules { list, variables, ..SharedRules::default() }, group))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Loads until all is done, the time is over, or Ctrl-C.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let (shared, group) = args.list()?;
    let load = args.spec(args.traffic(group))?;
    let tells_each = load.clients <= FEW;
    let mut spec = SessionSpec::new(TransportSpec::Load(load));
    if let Some(encoding) = args.encoding {
        spec.view.encoding = EncodingName(encoding.name().to_owned());
    }
    let engine = Engine::new(&home::paths()?.captures)?;
    engine.share_rules(Arc::new(shared));
    let store = args.capture.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
    let tap = Tap::events();
    let interrupts = Interrupts::heard(engine.runtime());
    let session = engine.open_tapped(spec, store, Some(tap.clone()));
    interrupts.end(std::slice::from_ref(&session));
    let ended = follow(&tap, &session, tells_each);
    session.end();
    tap.close();
    let left = async { tokio::time::timeout(PATIENCE, session.ended()).await };
    engine.runtime().block_on(left).ok();
    let status = session.load().unwrap_or_default();
    drop(engine);
    if !status.clients.is_empty() {
        match args.json {
            true => print::document(&serde_json::to_string_pretty(&LoadReport::of(&status))?)?,
            false => table(&status)?,
        }
    }
    Ok(match ended {
        None => Exit::Interrupted,
        Some(EndReason::ClosedByUs) => Exit::of_load(status.verdict()),
        Some(reason) => Exit::of(reason),
    })
}

/// Tells how it goes until it ends: why; `None` when it was stopped by Ctrl-C.
fn follow(tap: &Tap, session: &Session, tells_each: bool) -> Option<EndReason> {
    let mut next = Instant::now() + TELL;
    loop {
        match tap.next(Some(next)) {
            Some(TapItem::Event(peer, event)) if tells_each || peer == PeerId::SESSION => {
                talk::tell(peer, &event, true);
            }
            Some(TapItem::Ended(reason)) => return reason,
            Some(TapItem::Event(..) | TapItem::Received(..)) | None => {}
        }
        if Instant::now() >= next {
            next = Instant::now() + TELL;
            if let Some(status) = session.load() {
                tell_progress(&status.sum);
            }
        }
    }
}

fn tell_progress(sum: &LoadSum) {
    let LoadSum { clients, connected, refused, timed_out, tls_failed, failed, .. } = sum;
    let errors = sum.errors();
    match tls_failed {
        0 => print::tell(format_args!(
            "connected now: {connected} of {clients}; attempts refused: {refused}, timed out: {timed_out}, failed: {failed}; errors: {errors}"
        )),
        _ => print::tell(format_args!(
            "connected now: {connected} of {clients}; attempts refused: {refused}, timed out: {timed_out}, TLS failed: {tls_failed}, failed otherwise: {failed}; errors: {errors}"
        )),
    }
}

/// The figures, one a line, the same in every language.
fn table(status: &LoadStatus) -> anyhow::Result<()> {
    let sum = &status.sum;
    for (name, value) in [
        ("clients", u64::from(sum.clients)),
        ("begun", u64::from(sum.begun)),
        ("connected", u64::from(sum.reached)),
        ("good", u64::from(sum.good)),
        ("connections", sum.connections),
        ("refused", sum.refused),
        ("timed out", sum.timed_out),
        ("tls failed", sum.tls_failed),
        ("failed", sum.failed),
        ("broken", sum.broken),
        ("closed early", sum.closed_early),
        ("sent bytes", sum.sent),
        ("received bytes", sum.received),
        ("messages", sum.messages),
        ("answers", sum.answers),
        ("unanswered", sum.unanswered),
        ("wrong bytes", sum.wrong),
        ("missing bytes", sum.missing),
        ("unfinished", sum.unfinished),
        ("unsent bytes", sum.unsent),
        ("silent", u64::from(sum.silent)),
    ] {
        print::line(format_args!("{name:<16}{value}"))?;
    }
    for (name, times) in
        [("connect", &status.connect), ("handshake", &status.handshake), ("answer", &status.answer)]
    {
        if times.count > 0 {
            let [p50, p90, p99, max] =
                [times.p50_us, times.p90_us, times.p99_us, times.max_us].map(milliseconds);
            print::line(format_args!("{name:<16}p50 {p50}  p90 {p90}  p99 {p99}  max {max} ms"))?;
        }
    }
    Ok(())
}

fn milliseconds(us: u64) -> String {
    format!("{:.3}", us as f64 / 1000.0)
}

/// What `--json` prints. Times are in microseconds.
#[derive(Serialize)]
struct LoadReport<'a> {
    began: String,
    seconds: f64,
    sum: &'a LoadSum,
    connect: TimesReport,
    handshake: TimesReport,
    answer: TimesReport,
    clients: &'a [LoadClient],
}

#[derive(Serialize)]
struct TimesReport {
    count: u64,
    p50_us: u64,
    p90_us: u64,
    p99_us: u64,
    max_us: u64,
}

impl TimesReport {
    const fn of(times: &LatencySummary) -> Self {
        let LatencySummary { count, p50_us, p90_us, p99_us, max_us, .. } = *times;
        Self { count, p50_us, p90_us, p99_us, max_us }
    }
}

impl<'a> LoadReport<'a> {
    fn of(status: &'a LoadStatus) -> Self {
        let Timestamp(began) = status.began;
        let over = status.over.unwrap_or(status.began).0;
        let began_at = jiff::Timestamp::from_nanosecond(began.into()).unwrap_or_default();
        Self {
            began: began_at.to_string(),
            seconds: over.saturating_sub(began) as f64 / 1e9,
            sum: &status.sum,
            connect: TimesReport::of(&status.connect),
            handshake: TimesReport::of(&status.handshake),
            answer: TimesReport::of(&status.answer),
            clients: &status.clients,
        }
    }
}
