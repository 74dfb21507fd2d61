//! `espalier log`: prints a capture.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};
use espalier_core::backend::{SaveFormat, TextFormat};
use espalier_core::board::{ConsoleScanner, Finding, LogFilter, LogLevel};
use espalier_core::capture::{Cursor, Damage, RecordBody, Source, StampClock};
use espalier_core::session::SessionEvent;
use espalier_core::view::{
    BytesPerRow, ClockStyle, DeltaFormat, DeltaStyle, EncodingName, ExportColumns, Exporter,
    Filter, Framing, History, Pattern, RowFormat, Sgr, TimeFormat, ViewSpec, moment, raw_bytes,
};
use espalier_core::{Direction, PeerId, Position, Progress, Timestamp};
use espalier_engine::capture::{CaptureError, SavedCapture, foreign};
use espalier_engine::view::ParallelRecords;
use jiff::tz::TimeZone;

use super::core_dumps::CoreDumpSaver;
use super::exit::{BadArgument, Exit};
use super::{options, rules};
use crate::print::{self, DataOutput};

/// Print a capture file
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// A capture (pcapng) made by --capture or saved from the window, or one that `espalier captures` lists
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = What::Text)]
    view: What,
    /// Encoding of the text
    #[arg(long, value_name = "E", default_value = "utf-8", value_parser = options::encoding)]
    encoding: &'static encoding_rs::Encoding,
    /// Only what was received (in) or sent (out)
    #[arg(long, value_enum)]
    direction: Option<DirectionArg>,
    /// Pass everything to a terminal: without it, control sequences other than colours are shown there and not obeyed
    #[arg(long)]
    raw: bool,
    /// Only rows that have TEXT, upper and lower case alike
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// TEXT is a regular expression
    #[arg(long, requires = "filter", conflicts_with = "hex")]
    regex: bool,
    /// TEXT is bytes in hexadecimal, ?? for any: "AA ?? 55"
    #[arg(long, requires = "filter")]
    hex: bool,
    /// TEXT is a whole word
    #[arg(long, requires = "filter", conflicts_with = "hex")]
    word: bool,
    /// In TEXT, upper and lower case differ
    #[arg(long, requires = "filter", conflicts_with = "hex")]
    case: bool,
    /// Only rows that do not have TEXT
    #[arg(long, requires = "filter")]
    not: bool,
    /// Only rows from this moment on: 14:03:07, "2026-11-27 14:03", or +12.5 (seconds since the start)
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<String>,
    /// Only rows before this moment
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<String>,
    /// Only log lines as loud as this or louder; what is no log line is printed all the same
    #[arg(long, value_name = "L", value_enum)]
    level: Option<LevelArg>,
    /// Only log lines of this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// How rows are cut: line, message, packet, cr, gap:MS, length:N, or what a workspace file has for it
    #[arg(long, value_name = "F", default_value = "line", value_parser = framing)]
    framing: Framing,
    /// With the seconds since the row printed before
    #[arg(long)]
    delta: bool,
    /// Only this connection: its number in the log, or its address
    #[arg(long, value_name = "P")]
    peer: Option<String>,
    /// Accept that parts are missing or damaged: exit with 0 all the same
    #[arg(long)]
    damaged: bool,
    /// Save the core dumps in it as files in DIR, as `esp-coredump --core-format raw` reads them, and print nothing else
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["filter", "since", "until", "level", "tag", "framing", "delta"],
    )]
    core_dumps: Option<PathBuf>,
    /// Try the rules of FILE on it: print where each would have matched, and nothing else; nothing is sent
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "view", "direction", "peer", "core_dumps",
            "filter", "since", "until", "level", "tag", "framing", "delta",
        ],
    )]
    rules: Option<PathBuf>,
    /// Times in this zone (local, utc, or a name such as Asia/Shanghai), which the first line names, as it does the clock that gave them
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<TimeZone>,
}

fn zone(name: &str) -> Result<TimeZone, String> {
    match name {
        "local" => Ok(TimeZone::system()),
        "utc" | "UTC" => Ok(TimeZone::UTC),
        _ => TimeZone::get(name).map_err(|_| "this computer knows no such time zone".to_owned()),
    }
}

/// `gap:20`, `length:8`, a word, or the inline table of a workspace file: `{ by = "delimiter", delimiters = ["\\r"] }`.
fn framing(text: &str) -> Result<Framing, String> {
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("{text} is no number"));
    let framing =
        match text.split_once(':') {
            Some(("gap", ms)) => match number(ms)? {
                ms @ 1..=60_000 => Framing::Gap { ms },
                _ => return Err("a gap lasts 1 to 60000 ms".to_owned()),
            },
            Some(("length", bytes)) => Framing::Length { bytes: number(bytes)? },
            _ if text.starts_with('{') => {
                let read: Result<FramingTable, _> = toml::from_str(&format!("framing = {text}"));
                read.map_err(|error| error.message().to_owned())?.framing
            }
            _ => match text {
                "line" => Framing::Line,
                "message" => Framing::Message,
                "packet" => Framing::Packet,
                "cr" => Framing::Cr,
                _ => return Err(
                    "there is no such way: line, message, packet, cr, gap:MS, length:N or a table"
                        .to_owned(),
                ),
            },
        };
    match framing.fault(&EncodingName::default()) {
        Some(fault) => Err(fault.english().to_owned()),
        None => Ok(framing),
    }
}

#[derive(serde::Deserialize)]
struct FramingTable {
    framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LevelArg {
    /// E
    Error,
    /// W
    Warning,
    /// I
    Info,
    /// D
    Debug,
    /// V
    Verbose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Lines of text, with time, direction and peer
    Text,
    /// Sixteen bytes a row, with time, direction and peer
    Hex,
    /// The bytes alone
    Raw,
    /// Comma-separated values: time, direction, connection, kind, bytes, text, hex, delta, fault
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DirectionArg {
    /// Received
    In,
    /// Sent
    Out,
}

impl Args {
    /// Whether something was asked for that only rows can have.
    fn is_of_rows(&self) -> bool {
        let Self { filter, since, until, level, tag, delta, .. } = self;
        let texts = [filter, since, until, tag];
        texts.into_iter().any(Option::is_some) || level.is_some() || *delta
    }
}

/// Opens a capture: a file, or one of the list.
pub fn open(file: &Path) -> Result<SavedCapture, BadArgument> {
    open_telling(file, &Progress::default())
}

/// The same; `progress` is told how far that is, and ends it.
pub fn open_telling(file: &Path, progress: &Progress) -> Result<SavedCapture, BadArgument> {
    let kept = file.to_str().filter(|_| !file.exists());
    let kept = kept.and_then(super::captures::path_of);
    SavedCapture::open_telling(kept.as_deref().unwrap_or(file), progress).map_err(unread)
}

/// Prints the capture.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let source = open(&args.file)?;
    if let Some(path) = &args.rules {
        let encoding = EncodingName(args.encoding.name().to_owned());
        let zone = args.zone.clone().unwrap_or_else(TimeZone::system);
        rules::try_on(&source, path, encoding, &zone)?;
        // What is missing was not tried.
        let mut cursor = Cursor::new(&source, Position(0));
        while cursor.next().is_some() {}
        return Ok(tell(&source, cursor.damage(), args));
    }
    if let Some(fault) = args.framing.fault(&EncodingName(args.encoding.name().to_owned())) {
        return Err(BadArgument(fault.english().to_owned()).into());
    }
    if args.view == What::Raw && args.is_of_rows() {
        let why = "--view raw prints bytes, which have no rows: of what chooses among them only --direction and --peer go with it";
        return Err(BadArgument(why.to_owned()).into());
    }
    let zone = args.zone.clone().unwrap_or_else(TimeZone::system);
    let filter = Filter {
        direction: args.direction.map(|way| match way {
            DirectionArg::In => Direction::In,
            DirectionArg::Out => Direction::Out,
        }),
        text: args.filter.clone().unwrap_or_default(),
        regex: args.regex,
        hex: args.hex,
        case_sensitive: args.case,
        whole_word: args.word,
        not: args.not,
        since: limit(&source, &zone, args.since.as_deref())?,
        until: limit(&source, &zone, args.until.as_deref())?,
        log: LogFilter {
            level: args.level.map(|level| match level {
                LevelArg::Error => LogLevel::Error,
                LevelArg::Warning => LogLevel::Warning,
                LevelArg::Info => LogLevel::Info,
                LevelArg::Debug => LogLevel::Debug,
                LevelArg::Verbose => LogLevel::Verbose,
            }),
            tag: args.tag.clone().unwrap_or_default(),
            hidden: Vec::new(),
        },
        peers: args.peer.as_deref().map_or(Ok(Vec::new()), |peer| peers(&source, peer))?,
        ..Filter::default()
    };
    if let Err(why) = Pattern::new(&filter.needle()) {
        return Err(BadArgument(format!("--filter: {why}")).into());
    }
    if let Some(folder) = &args.core_dumps {
        return core_dumps(&source, &filter, folder, args);
    }
    let mut out = BufWriter::with_capacity(64 << 10, DataOutput::stdout(args.raw)?);
    let written = match args.view {
        What::Raw => raw(&source, &filter, &mut out).map(|damage| (damage, 0)),
        What::Text | What::Hex | What::Csv => rows(&source, filter, args, &mut out),
    };
    let damage = written.and_then(|known| out.flush().map(|()| known));
    match damage.and_then(|known| out.get_mut().finish().map(|_| known)) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::anyhow!("cannot write to stdout: {error}"))
        }
        Err(_) => Ok(Exit::Done),
        Ok((damage, lost)) => {
            let exit = tell(&source, damage, args);
            if lost == 0 {
                return Ok(exit);
            }
            print::complain(format_args!(
                "{lost} rows went while the capture was read, because only so much of it is kept"
            ));
            Ok(if args.damaged { exit } else { Exit::Failed })
        }
    }
}

/// A moment that was written, on the capture's days.
pub fn limit(
    source: &dyn Source,
    zone: &TimeZone,
    text: Option<&str>,
) -> anyhow::Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let start = Cursor::new(source, Position(0)).next().map_or(Timestamp(0), |first| first.at);
    let at = moment(text, start, zone).ok_or_else(|| {
        BadArgument(format!(
            "{text} is no moment: write 14:03:07, 2026-11-27 14:03:07, or +12.5 for seconds since the start"
        ))
    })?;
    Ok(Some(at))
}

fn unread(error: CaptureError) -> BadArgument {
    let foreign = match &error {
        CaptureError::NotACapture { path } => foreign::begins_as_pcap(path),
        _ => false,
    };
    BadArgument(match foreign {
        true => {
            "this is a capture of another program: `espalier captures import FILE` keeps its streams, each to be printed".to_owned()
        }
        false => error.to_string(),
    })
}

/// Says what of a capture cannot be read.
pub fn complain_of_damage(source: &SavedCapture, path: &Path, damage: &Damage) {
    let Damage { at, what, skipped, places } = *damage;
    let (file, offset) = source.locate(at).unwrap_or_else(|| (path.to_owned(), at));
    let file = file.display();
    print::complain(match places {
        0 | 1 => format!("{skipped} B missing or damaged at byte {offset} of {file}: {what}"),
        _ => format!(
            "{skipped} B missing or damaged in {places} places, the first at byte {offset} of {file}: {what}"
        ),
    });
}

/// Says what could not be printed, and how much of it there was.
fn tell(source: &SavedCapture, damage: Option<Damage>, args: &Args) -> Exit {
    if let Some(damage) = &damage {
        complain_of_damage(source, &args.file, damage);
    }
    if source.torn() > 0 {
        print::complain(format_args!(
            "the last {} B of {} are no whole record",
            source.torn(),
            args.file.display()
        ));
    }
    let whole = damage.is_none() && source.torn() == 0;
    if whole || args.damaged { Exit::Done } else { Exit::Failed }
}

/// The connections meant by a number or an address; an address may have had several lives.
pub fn peers(source: &dyn Source, meant: &str) -> anyhow::Result<Vec<PeerId>> {
    let number = meant.strip_prefix('#').unwrap_or(meant).parse().ok().map(PeerId);
    let mut found = Vec::new();
    let mut cursor = Cursor::new(source, Position(0));
    while let Some(record) = cursor.next() {
        let is_meant = match &record.body {
            RecordBody::Event(
                SessionEvent::Accepted { remote, .. } | SessionEvent::Connected { remote, .. },
            ) => remote.to_string() == meant || remote.ip().to_string() == meant,
            _ => false,
        };
        if (is_meant || Some(record.peer) == number) && !found.contains(&record.peer) {
            found.push(record.peer);
        }
    }
    if found.is_empty() {
        let why = format!("the capture has no connection {meant}: use its number or its address");
        return Err(BadArgument(why).into());
    }
    Ok(found)
}

/// Saves the core dumps in what was received.
fn core_dumps(
    source: &SavedCapture,
    filter: &Filter,
    folder: &Path,
    args: &Args,
) -> anyhow::Result<Exit> {
    let mut dumps = CoreDumpSaver::new(folder)?;
    let mut console = ConsoleScanner::keeping_dumps();
    let filter = Filter { direction: Some(Direction::In), ..filter.clone() };
    let mut cursor = Cursor::new(source, Position(0));
    let mut last = Timestamp::default();
    let mut save = |finding| {
        if let Finding::Panicked(panic) | Finding::Reported(panic) = finding {
            dumps.save(&panic);
        }
    };
    while let Some(record) = cursor.next() {
        console.tick(record.at, &mut save);
        console.receive(raw_bytes(&record, &filter), record.at, &mut save);
        last = record.at;
    }
    console.tick(Timestamp(last.0.saturating_add(ConsoleScanner::PANIC_SILENCE_NS)), &mut save);
    let exit = tell(source, cursor.damage(), args);
    if !dumps.found() {
        print::complain("there is no core dump in it");
    }
    Ok(if dumps.found() && dumps.saved_all() { exit } else { Exit::Failed })
}

/// The bytes alone; of both directions unless one is asked for.
fn raw(source: &SavedCapture, filter: &Filter, out: &mut impl Write) -> io::Result<Option<Damage>> {
    let mut cursor = Cursor::new(source, Position(0));
    while let Some(record) = cursor.next() {
        out.write_all(raw_bytes(&record, filter))?;
    }
    Ok(cursor.damage())
}

/// How much of the capture is cut at once.
const SLICE: u64 = 64 << 20;

/// Prints rows; what was missing or damaged, and how many rows went meanwhile.
fn rows(
    source: &dyn Source,
    filter: Filter,
    args: &Args,
    out: &mut impl Write,
) -> io::Result<(Option<Damage>, u64)> {
    let records = ParallelRecords::new(source);
    let format = if args.view == What::Hex { RowFormat::HexText } else { RowFormat::Text };
    // A dump has 16 bytes in a line, however long a row is: where nobody chooses among rows, the fewer there are, the faster.
    let (bytes_per_row, fitted_bytes) = match args.is_of_rows() {
        true => (BytesPerRow::Sixteen, 0),
        false => (BytesPerRow::Fitted, BytesPerRow::MOST),
    };
    let mut history = History::new(ViewSpec {
        format,
        bytes_per_row,
        fitted_bytes,
        encoding: EncodingName(args.encoding.name().to_owned()),
        sgr: Sgr::Stripped,
        framing: args.framing.clone(),
        filter,
        ..ViewSpec::default()
    });
    while history.advance(&records, SLICE).more {}
    let clock = TimeFormat {
        style: ClockStyle::Local,
        start: Timestamp::default(),
        zone: args.zone.clone().unwrap_or_else(TimeZone::system),
        date: true,
    };
    let style = if args.delta { DeltaStyle::SincePrevious } else { DeltaStyle::Off };
    let delta = DeltaFormat { style, reference: None };
    let columns = ExportColumns { clock, delta, direction: true, peer: true };
    let text = || Exporter::copy(TextFormat::Text, Some(columns.clone()));
    let mut lines = match args.view {
        What::Hex => Exporter::save(SaveFormat::HexDump, Some(columns.clone())),
        What::Csv => Exporter::save(SaveFormat::Csv, Some(columns.clone())),
        What::Text | What::Raw => None,
    }
    .unwrap_or_else(text);
    let mut texts = [String::new(), String::new()];
    lines.begin(&mut texts[0]);
    if let Some(zone) = args.zone.as_ref().filter(|_| args.view != What::Csv) {
        let name = zone.iana_name().unwrap_or("local");
        let clock = match StampClock::of(source) {
            Some(StampClock::Kernel) => {
                ", from the kernel for what TCP and UDP received, else from the program"
            }
            Some(StampClock::Program) => ", from the program",
            None => "",
        };
        writeln!(out, "-- times in {name}{clock}")?;
    }
    let status = history.status();
    let (mut at, mut lost) = (status.first_shown, 0);
    while at < status.shown {
        let next = history.chunk_end(at);
        let count = history.write(&records, at..next, &mut lines, &mut texts);
        // What is missing among them, retention took meanwhile.
        lost += (next - at).saturating_sub(count);
        for text in &mut texts {
            out.write_all(text.as_bytes())?;
            text.clear();
        }
        at = next;
    }
    out.write_all(texts[0].as_bytes())?;
    Ok((status.damage, lost))
}

#[cfg(test)]
mod tests;
