//! `espalier run`: the sessions of a workspace file without a window.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use espalier_core::PeerId;
use espalier_core::backend::SharedRules;
use espalier_core::backend::prelude::*;
use espalier_core::hex;
use espalier_core::session::{
    KnownClients, SessionEvent, SessionSpec, SessionState, TransportSpec, bridges,
};
use espalier_engine::Engine;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};
use espalier_engine::workspace::Workspace;

use crate::print;
use crate::simulated::BoardSimulators;

use super::exit::{BadArgument, Exit};
use super::interrupt::Interrupts;
use super::{home, options, rules};

/// Open the sessions of a workspace file, without a window, until Ctrl-C
///
/// The window saves and opens the same files. What happens is told on stderr, one line each.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The workspace file
    #[arg(value_name = "WORKSPACE.toml")]
    workspace: PathBuf,
    /// End by itself after this long
    #[arg(long = "for", value_name = "TIME", value_parser = options::duration)]
    time: Option<Duration>,
    /// Load tests may go to addresses outside of this computer and of private networks; only ones that are yours to load
    #[arg(long)]
    outside: bool,
    /// Keep the captures in DIR, one file a session: 1.pcapng, 2.pcapng …
    #[arg(long, value_name = "DIR")]
    captures: Option<PathBuf>,
}

/// Runs the sessions of a file until Ctrl-C or until the time is over.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let workspace =
        Workspace::read(&args.workspace).map_err(|error| BadArgument(error.to_string()))?;
    if workspace.sessions.is_empty() {
        let path = args.workspace.display();
        return Err(BadArgument(format!("{path} has no sessions: there is nothing to run")).into());
    }
    if let Some(folder) = &args.captures {
        std::fs::create_dir_all(folder)
            .map_err(|error| anyhow::anyhow!("cannot create {}: {error}", folder.display()))?;
    }
    let boards = Arc::new(BoardSimulators::of_user());
    let paths = home::paths()?;
    let engine = Engine::with_simulated_boards(&paths.captures, boards)?;
    engine.keep_certificates_in(&paths.certificates);
    let rules = workspace.rules;
    let common = SharedRules {
        rules: rules.clone(),
        list: Arc::new(workspace.send_list),
        variables: workspace.variables,
    };
    for spec in &workspace.sessions {
        rules::check(&[&spec.rules[..], &rules].concat(), &common.list, &spec.view.encoding)?;
    }
    let bridged = bridges(&workspace.sessions);
    if let Some((_, Err(none))) = bridged.iter().find(|(_, with)| with.is_err()) {
        return Err(BadArgument(none.to_string()).into());
    }
    engine.share_rules(Arc::new(common));
    let mut specs = workspace.sessions;
    for spec in &mut specs {
        if let TransportSpec::Load(load) = &mut spec.transport {
            load.allowed_outside = args.outside;
        }
    }
    let tellers = specs.iter().zip(1..).map(|(spec, at)| SessionTeller::new(at, spec)).collect();
    let tap = Tap::events();
    let over = Arc::new(AtomicBool::new(false));
    let telling = tell(Arc::clone(&tap), tellers, Arc::clone(&over))?;
    let captures = args.captures.as_deref();
    let numbered = specs.into_iter().zip(1..);
    let interrupts = Interrupts::heard(engine.runtime());
    let sessions: Vec<Session> = numbered
        .map(|(spec, number)| open(&engine, captures, tap.beside(number), number, spec))
        .collect();
    interrupts.end(&sessions);
    for (one, other) in bridged.into_iter().filter_map(|(one, with)| Some((one, with.ok()?))) {
        let pair = sessions.get(one).zip(sessions.get(other));
        let done = pair.map(|(one, other)| engine.bridge(one.id(), other.id()));
        if let Some(Err(none)) = done {
            return Err(BadArgument(none.to_string()).into());
        }
    }
    let exit = engine.runtime().block_on(async {
        let time = async {
            match args.time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = time => {}
            () = all_left(&sessions) => {}
            () = all_ended(&sessions) => {}
        }
        let exit = exit(&sessions);
        sessions.iter().for_each(Session::end);
        all_left(&sessions).await;
        // Only then it is known, whoever ended it.
        match exit {
            Exit::Done => exit_of_loads(&sessions),
            failed => failed,
        }
    });
    over.store(true, Ordering::Release);
    if telling.join().is_err() {
        print::complain("what happened last is not told");
    }
    for (at, session) in sessions.iter().enumerate() {
        let (label, sum) = (label(at + 1, &session.spec()), print::translated(sum(session)));
        print::say(format_args!("{label} {sum}"));
        let all = [&session.spec().rules[..], &rules].concat();
        rules::tell_tallies(&label, &all, session);
        if session.status().continues {
            let earlier =
                print::translated("counts are of this run: its capture begins with earlier ones");
            print::say(format_args!("{label} {earlier}"));
        }
    }
    Ok(exit)
}

/// Completes when no session will do anything more by itself.
async fn all_ended(sessions: &[Session]) {
    /// Nobody waits for the end of a run more exactly.
    const LOOK: Duration = Duration::from_millis(50);
    while !sessions.iter().all(has_ended) {
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether the session has ended and is not tried again, or is a capture, in which nothing moves.
fn has_ended(session: &Session) -> bool {
    matches!(session.state(), SessionState::Ended { .. })
        || (session.is_ended_by_rule() && session.state() == SessionState::Idle)
        || (is_capture(session) && session.capture().is_some())
}

fn is_capture(session: &Session) -> bool {
    matches!(session.spec().transport, TransportSpec::Capture(_))
}

/// How the first session ended that failed.
fn exit(sessions: &[Session]) -> Exit {
    let mut exits = sessions.iter().map(|session| match session.state() {
        SessionState::Ended { reason, .. } => Exit::of(reason),
        _ => Exit::Done,
    });
    exits.find(|exit| *exit != Exit::Done).unwrap_or(Exit::Done)
}

/// What came of the first load test that went wrong; one that has not even begun is none that went well.
fn exit_of_loads(sessions: &[Session]) -> Exit {
    let is_load = |spec: &SessionSpec| matches!(spec.transport, TransportSpec::Load(_));
    let loads = sessions.iter().filter(|session| is_load(&session.spec()));
    let mut exits = loads.map(|session| match (session.state(), session.load()) {
        // At its very end, too: its capture may have no room.
        (SessionState::Ended { reason, .. }, _) if Exit::of(reason) != Exit::Done => {
            Exit::of(reason)
        }
        (_, load) => load.map_or(Exit::LoadFailed, |load| Exit::of_load(load.verdict())),
    });
    exits.find(|exit| *exit != Exit::Done).unwrap_or(Exit::Done)
}

async fn all_left(sessions: &[Session]) {
    for session in sessions {
        session.ended().await;
    }
}

/// Tells what happens in one session.
struct SessionTeller {
    label: String,
    /// What the user calls clients, by their address.
    known: KnownClients,
    /// Those of them that are there.
    names: BTreeMap<PeerId, String>,
}

impl SessionTeller {
    fn new(number: usize, spec: &SessionSpec) -> Self {
        let known = spec.transport.clients().clone();
        Self { label: label(number, spec), known, names: BTreeMap::new() }
    }

    /// One line on stderr.
    fn tell(&mut self, peer: PeerId, event: &SessionEvent) {
        if let SessionEvent::Accepted { remote, .. } = event
            && let Some(name) = self.known.name(remote.ip())
        {
            self.names.insert(peer, name.to_owned());
        }
        let who = match (peer, self.names.get(&peer)) {
            (PeerId::SESSION, _) => String::new(),
            (PeerId(number), None) => format!("#{number} "),
            (PeerId(number), Some(name)) => format!("#{number} {name} "),
        };
        print::say(format_args!("{} {who}{}", self.label, print::event(event)));
        print::lead_on(event);
        if matches!(event, SessionEvent::Ended { .. }) {
            self.names.remove(&peer);
        }
    }
}

/// Tells what happens in all sessions on stderr, from one thread however many there are, until it is over and all is told.
fn tell(
    tap: Arc<Tap>,
    mut tellers: Vec<SessionTeller>,
    over: Arc<AtomicBool>,
) -> io::Result<std::thread::JoinHandle<()>> {
    const LOOK: Duration = Duration::from_millis(100);
    std::thread::Builder::new().name("espalier-tell".to_owned()).spawn(move || {
        loop {
            // Before looking: what comes until then is still told.
            let last = over.load(Ordering::Acquire);
            let until = if last { Instant::now() } else { Instant::now() + LOOK };
            match tap.next_of_all(Some(until)) {
                Some((number, TapItem::Event(peer, event))) => {
                    let teller = number.checked_sub(1).and_then(|at| tellers.get_mut(at));
                    if let Some(teller) = teller {
                        teller.tell(peer, &event);
                    }
                }
                Some(_) => {}
                None if last => break,
                None => {}
            }
        }
    })
}

fn open(
    engine: &Engine,
    captures: Option<&Path>,
    tap: Arc<Tap>,
    number: usize,
    mut spec: SessionSpec,
) -> Session {
    spec.autostart = true;
    let store = captures.map(|folder| CaptureTarget::File(folder.join(format!("{number}.pcapng"))));
    engine.open_tapped(spec, store.unwrap_or(CaptureTarget::Nowhere), Some(tap))
}

/// `[1 sensors]`: its place in the file, and its name if it has one.
fn label(number: usize, spec: &SessionSpec) -> String {
    if spec.name.is_empty() { format!("[{number}]") } else { format!("[{number} {}]", spec.name) }
}

/// Counts and digests: the integrity line. In a capture nothing moves: how much it holds, or why it cannot be looked at.
fn sum(session: &Session) -> String {
    if is_capture(session) {
        return match (session.state(), session.capture()) {
            (SessionState::Ended { detail, .. }, _) => detail.to_string(),
            (_, capture) => {
                let bytes = capture.map_or(0, |capture| capture.kept_bytes());
                format!("is a capture of {bytes} bytes: `espalier log` prints it")
            }
        };
    }
    let integrity = session.status().integrity;
    format!(
        "received {} B, SHA-256 {}; sent {} B, SHA-256 {}",
        integrity.received_bytes,
        hex::lower(&integrity.received),
        integrity.sent_bytes,
        hex::lower(&integrity.sent),
    )
}
