//! `espalier captures`: the histories that windows have kept.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use espalier_core::capture::StampClock;
use espalier_core::capture_list::CaptureInfo;
use espalier_core::session::{LocalEndpoint, TransportSpec, host_and_port};
use espalier_core::{CaptureId, Progress, Sentence, Timestamp};
use espalier_engine::captures::{CaptureStore, list};
use espalier_engine::workspace::ProgramPaths;
use serde::Serialize;

use super::exit::{BadArgument, Exit};
use super::interrupt::Interrupts;
use super::under_way::UnderWay;
use crate::print::{document, line, tell};

/// List, name, save or delete the histories that windows have kept
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the latest first
    List,
    /// Give one a name
    Rename {
        /// Its name in the list
        capture: String,
        /// What to call it
        name: String,
    },
    /// Save a copy as one file, for Wireshark or another computer
    Export {
        /// Its name in the list
        capture: String,
        /// The file to make
        file: PathBuf,
    },
    /// Keep the TCP and UDP streams of a pcap or pcapng file of another program, each as a capture
    Import {
        /// The file
        file: PathBuf,
    },
    /// Delete one that nobody writes
    Delete {
        /// Its name in the list
        capture: String,
    },
}

/// Does what is asked.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let paths = ProgramPaths::of_user().ok_or_else(no_home)?;
    let captures = CaptureStore::new(&paths.captures);
    let outcome = match &args.action {
        None | Some(Action::List) => return print(&paths, args.json),
        Some(Action::Rename { capture, name }) => captures.rename(&find(&paths, capture)?, name),
        Some(Action::Export { capture, file }) => {
            let id = find(&paths, capture)?;
            let made = under_way(|progress| captures.export(&id, file.clone(), progress.clone()))?;
            let Some(made) = made else { return Ok(Exit::Cancelled) };
            made
        }
        Some(Action::Import { file }) => return import(&paths, &captures, file, args.json),
        Some(Action::Delete { capture }) => captures.delete(&find(&paths, capture)?),
    };
    match outcome {
        Ok(sentence) => {
            tell(sentence);
            Ok(Exit::Done)
        }
        Err(sentence) => Err(anyhow::anyhow!("{sentence}")),
    }
}

/// Does something long, with a bar on a terminal. Ctrl-C ends it with nothing left of it, and then there is no outcome.
fn under_way<T>(
    act: impl FnOnce(&Progress) -> Result<T, Sentence>,
) -> anyhow::Result<Option<Result<T, Sentence>>> {
    let progress = Progress::default();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build()?;
    let asked = progress.clone();
    Interrupts::heard(runtime.handle()).end_by(move || asked.cancel());
    let bar = UnderWay::show(&progress, runtime.handle());
    let done = act(&progress);
    drop(bar);
    runtime.shutdown_background();
    match done {
        Err(sentence) if progress.is_cancelled() => {
            tell(sentence);
            Ok(None)
        }
        done => Ok(Some(done)),
    }
}

/// Keeps the streams of a file of another program, and prints what they are called in the list.
fn import(
    paths: &ProgramPaths,
    captures: &CaptureStore,
    file: &Path,
    json: bool,
) -> anyhow::Result<Exit> {
    if !file.exists() {
        return Err(
            BadArgument(format!("cannot read {}: there is no such file", file.display())).into()
        );
    }
    let Some(found) = under_way(|progress| captures.import(file, progress))? else {
        return Ok(Exit::Cancelled);
    };
    let found = found.map_err(|sentence| anyhow::anyhow!("{sentence}"))?;
    found.told.iter().for_each(tell);
    let listed = list(&paths.captures).captures;
    let paths = found.captures.iter().map(|(path, _)| path);
    let new: Vec<&CaptureInfo> =
        paths.filter_map(|path| listed.iter().find(|it| it.path == *path)).collect();
    if json {
        let all: Vec<CaptureDocument<'_>> = new.into_iter().map(self::listed).collect();
        document(&serde_json::to_string_pretty(&all)?)?;
        return Ok(Exit::Done);
    }
    for capture in new {
        line(format!("{}  {}", capture.id, capture.name))?;
    }
    Ok(Exit::Done)
}

fn no_home() -> BadArgument {
    BadArgument("this user has no home folder: set ESPALIER_HOME to a folder".to_owned())
}

/// Where a capture of the list is; `None` when the list has none of this name.
pub fn path_of(name: &str) -> Option<PathBuf> {
    let id = CaptureId::try_from(name.to_owned()).ok()?;
    let path = CaptureStore::new(&ProgramPaths::of_user()?.captures).folder(&id);
    path.is_dir().then_some(path)
}

fn find(paths: &ProgramPaths, name: &str) -> Result<CaptureId, BadArgument> {
    let found = list(&paths.captures).captures.into_iter().find(|it| it.id.as_str() == name);
    let why = || BadArgument(format!("there is no capture {name}: `espalier captures` lists them"));
    found.map(|capture| capture.id).ok_or_else(why)
}

/// A capture in a JSON document; times in the form of RFC 3339.
#[derive(Serialize)]
struct CaptureDocument<'a> {
    capture: &'a CaptureId,
    path: &'a Path,
    name: &'a str,
    session: Option<String>,
    begun: Option<String>,
    ended: Option<String>,
    /// Of these times, and of all in it: what was received by TCP and UDP has the kernel's, or all has the program's.
    clock: Option<StampClock>,
    bytes: u64,
    open: bool,
    goes: Option<String>,
}

fn print(paths: &ProgramPaths, json: bool) -> anyhow::Result<Exit> {
    let list = list(&paths.captures);
    if let Some(fault) = &list.fault {
        anyhow::bail!("{fault}");
    }
    if json {
        let all: Vec<CaptureDocument<'_>> = list.captures.iter().map(listed).collect();
        document(&serde_json::to_string_pretty(&all)?)?;
        return Ok(Exit::Done);
    }
    let width = list.captures.iter().map(|it| it.id.as_str().len()).max().unwrap_or(0);
    for capture in &list.captures {
        let ended = capture.ended.map_or_else(String::new, |at| {
            let zone = jiff::tz::TimeZone::system();
            let at = jiff::Timestamp::from_nanosecond(at.0.into()).unwrap_or_default();
            at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
        });
        let mut text = format!("{:width$}  {ended:19}  {:>13}", capture.id, capture.bytes);
        let about = [capture.name.clone(), session(capture).unwrap_or_default()];
        for part in about.iter().filter(|part| !part.is_empty()) {
            text = format!("{text}  {part}");
        }
        if capture.is_open {
            text.push_str("  (open)");
        }
        if let Some(goes) = capture.goes {
            text = format!("{text}  (goes after {})", time(goes));
        }
        line(text)?;
    }
    Ok(Exit::Done)
}

fn listed(capture: &CaptureInfo) -> CaptureDocument<'_> {
    CaptureDocument {
        capture: &capture.id,
        path: &capture.path,
        name: &capture.name,
        session: session(capture),
        begun: capture.begun.map(time),
        ended: capture.ended.map(time),
        clock: capture.clock,
        bytes: capture.bytes,
        open: capture.is_open,
        goes: capture.goes.map(time),
    }
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(at.0.into()).unwrap_or_default().to_string()
}

/// What the session was: `client 192.168.1.7:7681`.
fn session(capture: &CaptureInfo) -> Option<String> {
    Some(match &capture.session.as_ref()?.transport {
        TransportSpec::TcpClient(client) => format!("client {}:{}", client.host, client.port),
        TransportSpec::TcpServer(server) => {
            let at = LocalEndpoint { address: server.bind.clone(), port: server.port };
            format!("server {at}")
        }
        TransportSpec::Relay(relay) => format!("relay {} {}", relay.listen, relay.target),
        TransportSpec::Udp(udp) => match &udp.remote {
            Some(remote) => format!("udp {remote}"),
            None => {
                format!("udp at {}", LocalEndpoint { address: udp.bind_for(None), port: udp.port })
            }
        },
        TransportSpec::Load(load) => format!("load {}", host_and_port(&load.host, load.port)),
        TransportSpec::Serial(serial) => format!("serial {}", serial.port),
        TransportSpec::Capture(capture) => format!("capture {}", capture.path.display()),
    })
}
