//! `espalier send-list`: the prepared messages of a file, sent in order; or shown, or given to another program.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use espalier_core::backend::{ListRequest, PeerSelector, SessionCommand};
use espalier_core::send::{PlaceholderValues, SendFormat, is_variable_name};
use espalier_core::send_list::{ListPlan, RunEnd, RunPhase, SendList};
use espalier_core::session::{
    EndReason, ListStatus, SessionSpec, SessionState, TcpClientSpec, TransportSpec, UdpSpec,
};
use espalier_core::view::{EncodingName, TimeZone};
use espalier_core::{Sentence, Timestamp};
use espalier_engine::Engine;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};
use espalier_engine::workspace::{ListFile, SendListFormat};

use super::exit::{BadArgument, Exit};
use super::interrupt::Interrupts;
use super::output::Output;
use super::serial_options::SerialOptions;
use super::tls_args::ClientTlsArgs;
use super::{home, options, talk};
use crate::print::{self, DataOutput};
use crate::simulated::BoardSimulators;

/// How often it is looked at how far the list has come.
const LOOK: Duration = Duration::from_millis(20);
/// How long a session that was told to leave may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Send the prepared messages of FILE in order; received bytes go to stdout
///
/// FILE is a workspace file of Espalier with a send list, or a list of SSCOM, xTools, LLCOM, COMTool, Packet Sender, Docklight
/// or NetAssist. Without --to, --udp and --port the list is shown, or written as another file by --save. What could not be taken from
/// a list is told on stderr.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The file with the list
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Send to a TCP server; an IPv6 address stands in brackets
    #[arg(long, value_name = "HOST:PORT", value_parser = options::host_port, conflicts_with = "port")]
    to: Option<(String, u16)>,
    /// Send as UDP datagrams; an IPv6 address stands in brackets
    #[arg(long, value_name = "HOST:PORT", value_parser = options::host_port, conflicts_with_all = ["to", "port"])]
    udp: Option<(String, u16)>,
    /// Send to a serial port: a name from `espalier ports`, or a path
    #[arg(long, value_name = "PORT", conflicts_with = "tls")]
    port: Option<String>,
    /// Write the list to FILE instead of sending it: .ini for SSCOM, .csv for a spreadsheet, else a workspace file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "udp", "port"])]
    save: Option<PathBuf>,
    /// Replace FILE of --save when it is there
    #[arg(long, requires = "save")]
    force: bool,
    /// Only this group: its name, or its number
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// How often all of it is sent: a number, or forever
    #[arg(long, value_name = "N", default_value = "1", value_parser = rounds)]
    repeat: Rounds,
    /// What {{NAME}} in a message stands for
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    variable: Vec<(String, String)>,
    /// Encoding of messages that have none of their own
    #[arg(long, value_name = "E", value_parser = options::encoding)]
    encoding: Option<&'static encoding_rs::Encoding>,
    /// Show received bytes in hexadecimal
    #[arg(long)]
    hex: bool,
    /// Pass what is received to a terminal as it is: without it, control sequences other than colours are shown there
    /// and not obeyed. Into a pipe or a file everything goes unchanged anyway
    #[arg(long)]
    raw: bool,
    /// How long to go on receiving after the last message
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = options::duration)]
    linger: Duration,
    /// Keep everything that passes in FILE (pcapng; Wireshark opens it)
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    #[command(flatten)]
    tls: ClientTlsArgs,
    #[command(flatten)]
    serial: SerialOptions,
}

/// How often a list is sent; `None`: until Ctrl-C.
#[derive(Clone, Copy, Debug)]
pub struct Rounds(pub Option<u64>);

/// Reads how often.
pub fn rounds(text: &str) -> Result<Rounds, String> {
    match text {
        "forever" => Ok(Rounds(None)),
        number => {
            let number = number.parse().ok().filter(|number| *number > 0);
            number
                .map(|number| Rounds(Some(number)))
                .ok_or_else(|| "1 or more, or forever".to_owned())
        }
    }
}

/// Reads `NAME=VALUE`.
pub fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is needed")?;
    match is_variable_name(name.trim()) {
        true => Ok((name.trim().to_owned(), value.to_owned())),
        false => Err("a variable has letters, digits, _ or - in its name, and none of n, time, unix, unix_ms, random, len, uuid, peer".to_owned()),
    }
}

/// Sends, shows or writes it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let read = ListFile::read(&args.file).map_err(|error| BadArgument(error.to_string()))?;
    tell_left_out(&read.left_out);
    let group = args.group.as_deref().map(|name| group_of(&read.list, name)).transpose()?;
    let mut variables = read.variables;
    variables.extend(args.variable.iter().cloned());
    if let Some(path) = &args.save {
        if path.exists() && !args.force {
            let path = path.display();
            return Err(BadArgument(format!("{path} is there already: --force replaces it")).into());
        }
        let list = only(read.list, group);
        let left_out = ListFile::write(path, &list, &variables, SendListFormat::of(path))?;
        tell_left_out(&left_out);
        return Ok(Exit::Done);
    }
    let Some(transport) = transport(args) else {
        return show(&only(read.list, group)).map(|()| Exit::Done);
    };
    let encoding = args
        .encoding
        .map_or_else(EncodingName::default, |encoding| EncodingName(encoding.name().to_owned()));
    let plan = ListPlan::of_all(&read.list, group, args.repeat.0);
    check(&plan, &encoding, &variables)?;
    let request = ListRequest { to: PeerSelector::Counterpart, plan, encoding, variables };
    send(args, SessionSpec::new(transport), request)
}

fn transport(args: &Args) -> Option<TransportSpec> {
    if let Some((host, port)) = &args.udp {
        return Some(TransportSpec::Udp(UdpSpec::to(host.clone(), *port)));
    }
    match (&args.to, &args.port) {
        (Some((host, port)), _) => {
            let mut client = TcpClientSpec::new(host.clone(), *port);
            // Answers may come until the end.
            client.options.stay_half_open = true;
            client.tls = args.tls.spec();
            Some(TransportSpec::TcpClient(client))
        }
        (None, Some(port)) => Some(TransportSpec::Serial(args.serial.spec(port))),
        (None, None) => None,
    }
}

/// A group by its name, or by its number from 1.
pub fn group_of(list: &SendList, name: &str) -> Result<usize, BadArgument> {
    let named = list.groups.iter().position(|group| group.name == name);
    let numbered = || {
        let number: usize = name.parse().ok()?;
        number.checked_sub(1).filter(|at| *at < list.groups.len())
    };
    named.or_else(numbered).ok_or_else(|| {
        let names: Vec<_> = list.groups.iter().map(|group| format!("{:?}", group.name)).collect();
        BadArgument(format!("there is no group {name:?}; there are {}", names.join(", ")))
    })
}

fn only(mut list: SendList, group: Option<usize>) -> SendList {
    if let Some(group) = group {
        list.groups = vec![list.groups.swap_remove(group)];
    }
    list
}

/// Says what could not be taken from a list.
pub fn tell_left_out(left_out: &[Sentence]) {
    for sentence in left_out {
        print::say(print::sentence(sentence));
    }
}

/// Finds what cannot be sent before anything is.
fn check(
    plan: &ListPlan,
    encoding: &EncodingName,
    variables: &BTreeMap<String, String>,
) -> Result<(), BadArgument> {
    if plan.entries.is_empty() {
        return Err(BadArgument(
            "nothing of the list is to be sent: every entry is empty, or has the order 0"
                .to_owned(),
        ));
    }
    for planned in plan.entries.iter() {
        let (at, zone) = (Timestamp(0), TimeZone::UTC);
        let mut values = PlaceholderValues::new(0, at, zone, "", variables);
        planned.entry.compose(encoding, &mut values).map_err(|error| {
            let (_, column) = error.line_and_column(&planned.entry.text);
            let label = planned.entry.label();
            BadArgument(format!("{label:?} cannot be sent: {error} (column {column})"))
        })?;
    }
    match plan.fault(encoding) {
        None => Ok(()),
        Some((planned, fault)) => {
            let label = planned.entry.label();
            Err(BadArgument(format!("{label:?} cannot be sent: {fault}")))
        }
    }
}

/// The list, one entry a line.
fn show(list: &SendList) -> anyhow::Result<()> {
    for group in &list.groups {
        print::line(format_args!("[{}]", group.name))?;
        for entry in &group.entries {
            let format = if entry.spec.format == SendFormat::Hex { "hex " } else { "text" };
            let ending = entry.spec.line_ending.text().escape_default();
            let (order, delay, name) = (entry.order, entry.delay_ms, &entry.name);
            let space = " ".repeat(24_usize.saturating_sub(print::width(name)));
            print::line(format_args!(
                "{order:>4} {delay:>6} ms  {format}  {name}{space}  {}{ending}",
                entry.text,
            ))?;
        }
    }
    Ok(())
}

fn send(args: &Args, spec: SessionSpec, request: ListRequest) -> anyhow::Result<Exit> {
    let boards = Arc::new(BoardSimulators::of_user());
    let paths = home::paths()?;
    let engine = Engine::with_simulated_boards(&paths.captures, boards)?;
    engine.keep_certificates_in(&paths.certificates);
    let store = args.capture.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
    let tap = Tap::new();
    let interrupts = Interrupts::heard(engine.runtime());
    let session = engine.open_tapped(spec, store, Some(tap.clone()));
    interrupts.end(std::slice::from_ref(&session));
    let mut run = ListOnSession {
        output: Output::new(args.hex, args.encoding),
        stdout: DataOutput::stdout(args.raw)?,
        request: Some(request),
        begun: None,
        linger: args.linger,
        quiet_from: None,
    };
    let ended = run.copy(&tap, &session);
    let list = session.status().list.clone();
    let unsent = session.list_unsent();
    session.end();
    tap.close();
    let left = async { tokio::time::timeout(PATIENCE, session.ended()).await };
    engine.runtime().block_on(left).ok();
    drop(engine);
    // Nothing is on its way any more.
    let unsent = unsent.map_or(0, |unsent| unsent.missed());
    Ok(exit(ended?, list.as_deref(), unsent))
}

/// A list that is sent into a session once that can be sent to.
struct ListOnSession {
    output: Output,
    stdout: DataOutput,
    /// What is sent, until it was begun.
    request: Option<ListRequest>,
    linger: Duration,
    /// When it was begun.
    begun: Option<Instant>,
    /// Since when the list is over and nothing waits to be sent any more.
    quiet_from: Option<Instant>,
}

impl ListOnSession {
    /// Until the session has ended, or the list is over and so long after; why it ended, if it did.
    fn copy(&mut self, tap: &Tap, session: &Session) -> anyhow::Result<Option<EndReason>> {
        loop {
            // A port that is not there, or goes, is an answer and not something to wait for.
            if let SessionState::Waiting { reason, .. } = session.state() {
                return Ok(Some(reason));
            }
            if self.is_done(session)? {
                self.output.finish(&mut self.stdout).and_then(|()| self.stdout.finish()).ok();
                return Ok(Some(EndReason::ClosedByUs));
            }
            let written = match tap.next(Some(Instant::now() + LOOK)) {
                None => Ok(()),
                Some(TapItem::Received(peer, bytes)) => {
                    self.output.received(peer, &bytes, &mut self.stdout)
                }
                Some(TapItem::Event(peer, event)) => {
                    talk::tell(peer, &event, false);
                    Ok(())
                }
                Some(TapItem::Ended(reason)) => {
                    self.output.finish(&mut self.stdout).and_then(|()| self.stdout.finish()).ok();
                    return Ok(reason);
                }
            };
            match written {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    return Ok(Some(EndReason::ClosedByUs));
                }
                Err(error) => anyhow::bail!("cannot write to stdout: {error}"),
                Ok(()) => {}
            }
        }
    }

    /// Begins the list as soon as somebody is there; whether it is over, and all that belongs to it was received.
    fn is_done(&mut self, session: &Session) -> anyhow::Result<bool> {
        let is_open = matches!(
            session.state(),
            SessionState::Connected(_) | SessionState::Listening | SessionState::Open
        );
        if is_open && let Some(request) = self.request.take() {
            session.command(SessionCommand::StartList(Box::new(request)))?;
            self.begun = Some(Instant::now());
            return Ok(false);
        }
        let status = session.status();
        let is_over =
            status.list.as_ref().is_some_and(|list| matches!(list.phase, RunPhase::Over(_)));
        if status.list.is_none() && self.begun.is_some_and(|begun| begun.elapsed() > PATIENCE) {
            anyhow::bail!("the list does not run");
        }
        if !is_over || status.queued > 0 {
            self.quiet_from = None;
            return Ok(false);
        }
        Ok(self.quiet_from.get_or_insert_with(Instant::now).elapsed() >= self.linger)
    }
}

/// Says how it went on stderr, and gives the exit for it.
fn exit(ended: Option<EndReason>, list: Option<&ListStatus>, unsent: u64) -> Exit {
    let incomplete = |exit: Exit| if exit == Exit::Done { Exit::Unsent } else { exit };
    let Some(list) = list else {
        return ended.map_or(Exit::Interrupted, |reason| incomplete(Exit::of(reason)));
    };
    let progress = list.progress;
    print::tell(format_args!(
        "messages sent: {}; rounds: {}; answers: {}, missing: {}",
        progress.sent, progress.rounds, progress.answers, progress.missing
    ));
    if unsent > 0 {
        print::tell(format_args!("{unsent} of them were not sent whole"));
    }
    match (&list.phase, ended) {
        (RunPhase::Over(RunEnd::Done), _) if unsent == 0 => Exit::Done,
        (RunPhase::Over(RunEnd::NoAnswer), _) => Exit::NoAnswer,
        (RunPhase::Over(RunEnd::Unsendable(_)), _) => Exit::BadArguments,
        (_, None) => Exit::Interrupted,
        // The list was not sent whole, however the connection ended.
        (_, Some(reason)) => incomplete(Exit::of(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_a_number_or_forever() {
        assert_eq!(rounds("3").unwrap().0, Some(3));
        assert_eq!(rounds("forever").unwrap().0, None);
        assert!(rounds("0").is_err() && rounds("x").is_err());
        assert_eq!(variable("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert!(variable("a").is_err());
    }

    #[test]
    fn a_group_is_found_by_name_before_its_number() {
        let list = |names: &[&str]| {
            let group = |name: &&str| espalier_core::send_list::SendGroup {
                name: (*name).to_owned(),
                ..Default::default()
            };
            SendList { groups: names.iter().map(group).collect() }
        };
        assert_eq!(group_of(&list(&["2", "b"]), "2").unwrap(), 0);
        assert_eq!(group_of(&list(&["a", "b"]), "2").unwrap(), 1);
        assert!(group_of(&list(&["a"]), "0").unwrap_err().to_string().contains("\"a\""));
    }
}
