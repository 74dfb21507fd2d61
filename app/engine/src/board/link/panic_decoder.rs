//! Panics get their names in a thread of their own: reading an ELF takes longer than a port's buffer lasts.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use std::time::SystemTime;

use espalier_core::board::{BoardFault, Chip, Panic, ReportKind, Symbols};

use crate::board::symbols::SymbolSource;

/// Panics that may wait; one more is kept without names.
const WAITING: usize = 4;

enum DecoderRequest {
    /// `None`: from nowhere.
    Source(Option<SymbolChoice>),
    Decode {
        panic: Panic,
        /// The board runs the firmware that the bundled symbols are of.
        ours: bool,
    },
    /// What the program that runs says it was linked from: first digits of the SHA-256 of its ELF file.
    Program(String),
}

/// Where names shall come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SymbolChoice {
    Bundled(Chip),
    Elf(PathBuf),
}

enum DecoderAnswer {
    /// A panic with its names, if it got any.
    Decoded(Panic),
    /// What names come from now; `Err`: why they do not come from what was chosen.
    Symbols(Result<Option<Symbols>, BoardFault>),
}

/// The handle of the decoding thread, which ends with it.
pub struct PanicDecoder {
    requests: Option<SyncSender<DecoderRequest>>,
    answers: Receiver<DecoderAnswer>,
    chosen: Option<PathBuf>,
    chip: Option<Chip>,
    program: String,
    asked: Option<SymbolChoice>,
    symbols: Option<Symbols>,
    complaint: Option<BoardFault>,
}

impl PanicDecoder {
    pub fn new() -> Self {
        let (requests, inbox) = sync_channel::<DecoderRequest>(WAITING);
        let (outbox, answers) = sync_channel(WAITING * 2);
        let thread = std::thread::Builder::new().name("symbols".to_owned());
        let started = thread.spawn(move || serve(&inbox, &outbox));
        let requests = started.ok().map(|_| requests);
        Self {
            requests,
            answers,
            chosen: None,
            chip: None,
            program: String::new(),
            asked: None,
            symbols: None,
            complaint: None,
        }
    }

    /// The user chose an ELF, or the bundled symbols again.
    pub fn choose(&mut self, elf: Option<PathBuf>) {
        self.chosen = elf;
        self.ask();
    }

    /// The ROM, or our firmware, told which chip it is.
    pub fn chip_told(&mut self, chip: Chip) {
        self.chip = Some(chip);
        self.ask();
    }

    /// The program that runs told the SHA-256 of the ELF file that it was linked from (its first digits).
    pub fn program_told(&mut self, sha256: String) {
        if self.program != sha256
            && let Some(to) = &self.requests
            && to.try_send(DecoderRequest::Program(sha256.clone())).is_ok()
        {
            self.program = sha256;
        }
    }

    fn ask(&mut self) {
        let wanted =
            self.chosen.clone().map(SymbolChoice::Elf).or(self.chip.map(SymbolChoice::Bundled));
        if wanted == self.asked {
            return;
        }
        let sent = self
            .requests
            .as_ref()
            .is_some_and(|to| to.try_send(DecoderRequest::Source(wanted.clone())).is_ok());
        if sent {
            self.asked = wanted;
        }
    }

    /// Sends a panic to get its names; it comes back at once, without, when too many wait already. Bundled symbols are used
    /// only for a board that runs `ours`.
    pub fn decode(&mut self, panic: Panic, ours: bool) -> Option<Panic> {
        let Some(to) = &self.requests else { return Some(panic) };
        match to.try_send(DecoderRequest::Decode { panic, ours }) {
            Ok(()) => None,
            Err(
                TrySendError::Full(DecoderRequest::Decode { panic, .. })
                | TrySendError::Disconnected(DecoderRequest::Decode { panic, .. }),
            ) => Some(panic),
            Err(_) => None,
        }
    }

    /// Panics that have got their names.
    pub fn decoded(&mut self) -> Vec<Panic> {
        let mut panics = Vec::new();
        while let Ok(answer) = self.answers.try_recv() {
            match answer {
                DecoderAnswer::Decoded(panic) => panics.push(panic),
                DecoderAnswer::Symbols(Ok(symbols)) => self.symbols = symbols,
                DecoderAnswer::Symbols(Err(why)) => {
                    // Another file, or the same one mended, can be tried.
                    (self.chosen, self.asked) = (None, None);
                    self.complaint = Some(why);
                    self.ask();
                }
            }
        }
        panics
    }

    /// What names come from; bundled ones only for a board that runs `ours`.
    pub fn symbols(&self, ours: bool) -> Option<Symbols> {
        self.symbols.clone().filter(|symbols| ours || symbols.is_file())
    }

    /// Why names do not come from what was chosen, once.
    pub fn complaint(&mut self) -> Option<BoardFault> {
        self.complaint.take()
    }
}

fn serve(inbox: &Receiver<DecoderRequest>, outbox: &SyncSender<DecoderAnswer>) {
    let mut names = SymbolSources::default();
    while let Ok(request) = inbox.recv() {
        let answer = match request {
            DecoderRequest::Decode { panic, ours } => {
                Some(DecoderAnswer::Decoded(names.decode(panic, ours)))
            }
            DecoderRequest::Program(sha256) => {
                names.program = sha256;
                names.renew();
                names.symbols().map(|symbols| DecoderAnswer::Symbols(Ok(Some(symbols))))
            }
            DecoderRequest::Source(wanted) => Some(DecoderAnswer::Symbols(names.choose(wanted))),
        };
        if answer.is_some_and(|answer| outbox.send(answer).is_err()) {
            break;
        }
    }
}

/// What names come from.
#[derive(Default)]
struct SymbolSources {
    current: Option<SymbolSource>,
    /// What the file was before it was built anew: the board may still run that.
    earlier: Option<SymbolSource>,
    file: Option<(PathBuf, Option<FileStamp>)>,
    /// What the program that runs was linked from, as far as it says.
    program: String,
}

/// When a file was written, and how long it is.
type FileStamp = (SystemTime, u64);

fn stamp(path: &Path) -> Option<FileStamp> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

impl SymbolSources {
    fn choose(&mut self, wanted: Option<SymbolChoice>) -> Result<Option<Symbols>, BoardFault> {
        let found = match &wanted {
            Some(SymbolChoice::Bundled(chip)) => SymbolSource::bundled(*chip).ok(),
            Some(SymbolChoice::Elf(path)) => {
                let stamp = stamp(path);
                let source = SymbolSource::elf(path)?;
                self.file = Some((path.clone(), stamp));
                Some(source)
            }
            None => None,
        };
        if !matches!(wanted, Some(SymbolChoice::Elf(_))) {
            self.file = None;
        }
        (self.current, self.earlier) = (found, None);
        Ok(self.symbols())
    }

    /// What names come from, with a doubt where there is one.
    fn symbols(&self) -> Option<Symbols> {
        let source = self.fitting(&self.program)?;
        Some(match source.is_of(&self.program) {
            Some(false) => Symbols::OtherElf(source.name().to_string().into()),
            _ => source.name(),
        })
    }

    /// Takes the file again when it was built anew. While it is being written it is no ELF: then the one before stays.
    fn renew(&mut self) {
        let Some((path, taken)) = &mut self.file else { return };
        let now = stamp(path);
        if now.is_none() || now == *taken {
            return;
        }
        if let Ok(source) = SymbolSource::elf(path) {
            *taken = now;
            self.earlier = self.current.replace(source);
        }
    }

    /// The source for a program: the file as it is, or as it was if that is what runs.
    fn fitting(&self, program: &str) -> Option<&SymbolSource> {
        let is_of = |source: &&SymbolSource| source.is_of(program) == Some(true);
        self.earlier.as_ref().filter(is_of).or(self.current.as_ref())
    }

    fn decode(&mut self, mut panic: Panic, ours: bool) -> Panic {
        self.renew();
        // What a program remembers may be of the build before.
        if panic.elf.is_empty() && panic.kind != ReportKind::LastCrash {
            panic.elf.clone_from(&self.program);
        }
        let fits = |source: &&SymbolSource| ours || source.name().is_file();
        panic.symbols = None;
        if let Some(source) = self.fitting(&panic.elf).filter(fits) {
            source.decode(&mut panic);
            if panic.is_nameless() {
                panic.symbols = None;
            }
        }
        panic
    }
}
