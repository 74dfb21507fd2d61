//! Panics get their names in a thread of their own: reading an ELF takes longer than a port's buffer lasts.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use espalier_core::board::{BoardFault, Chip, Panic, ReportKind, Symbols};

use crate::board::symbols::SymbolSource;

/// Panics that may wait; one more is kept without names.
const WAITING: usize = 4;

/// How long names are waited for when a link ends.
const LAST_NAMES: Duration = Duration::from_secs(2);

enum DecoderRequest {
    /// The chip is this one: its bundled symbols may be wanted.
    Chip(Chip),
    /// The user chose an ELF file, or none.
    Elf(Option<PathBuf>),
    Decode {
        panic: Panic,
        /// The board runs the firmware that the bundled symbols are of.
        ours: bool,
    },
    /// What the program that runs says it was linked from: first digits of the SHA-256 of its ELF file.
    Program(String),
}

enum DecoderAnswer {
    /// A panic with its names, if it got any.
    Decoded(Panic),
    /// What names come from now, and why they do not come from the file that was chosen.
    Symbols(Option<Symbols>, Option<BoardFault>),
}

/// The handle of the decoding thread, which ends with it.
pub struct PanicDecoder {
    requests: Option<SyncSender<DecoderRequest>>,
    answers: Receiver<DecoderAnswer>,
    /// What the thread was given and has not answered, in the order in which it will.
    waiting: VecDeque<Panic>,
    /// What the thread was told.
    chip: Option<Chip>,
    program: String,
    /// A choice for which the thread had no room yet.
    choice: Option<Option<PathBuf>>,
    symbols: Option<Symbols>,
    complaint: Option<BoardFault>,
}

impl PanicDecoder {
    pub fn new() -> Self {
        let (requests, inbox) = sync_channel::<DecoderRequest>(WAITING);
        let (outbox, answers) = sync_channel(WAITING * 2);
        let thread = std::thread::Builder::new().name("symbols".to_owned());
        let started = thread.spawn(move || serve(&inbox, &outbox));
        Self::asking(started.ok().map(|_| requests), answers)
    }

    const fn asking(
        requests: Option<SyncSender<DecoderRequest>>,
        answers: Receiver<DecoderAnswer>,
    ) -> Self {
        Self {
            requests,
            answers,
            waiting: VecDeque::new(),
            chip: None,
            program: String::new(),
            choice: None,
            symbols: None,
            complaint: None,
        }
    }

    fn ask(&self, request: DecoderRequest) -> bool {
        self.requests.as_ref().is_some_and(|to| to.try_send(request).is_ok())
    }

    /// The user chose an ELF, or the bundled symbols again. It counts from when it can be read, even if that is later.
    pub fn choose(&mut self, elf: Option<PathBuf>) {
        self.choice = (!self.ask(DecoderRequest::Elf(elf.clone()))).then_some(elf);
    }

    /// The ROM, our firmware, or a report told which chip it is.
    pub fn chip_told(&mut self, chip: Chip) {
        if self.chip != Some(chip) && self.ask(DecoderRequest::Chip(chip)) {
            self.chip = Some(chip);
        }
    }

    /// The program that runs told the SHA-256 of the ELF file that it was linked from (its first digits).
    pub fn program_told(&mut self, sha256: String) {
        if self.program != sha256 && self.ask(DecoderRequest::Program(sha256.clone())) {
            self.program = sha256;
        }
    }

    /// Sends a panic to get its names; it comes back at once, without, when too many wait already. Bundled symbols are used
    /// only for a board that runs `ours`.
    pub fn decode(&mut self, panic: Panic, ours: bool) -> Option<Panic> {
        let Some(to) = &self.requests else { return Some(panic) };
        let bare = panic.clone();
        if to.try_send(DecoderRequest::Decode { panic, ours }).is_err() {
            return Some(bare);
        }
        self.waiting.push_back(bare);
        None
    }

    /// Panics that have got their names.
    pub fn decoded(&mut self) -> Vec<Panic> {
        if let Some(elf) = self.choice.take() {
            self.choose(elf);
        }
        let mut panics = Vec::new();
        while let Ok(answer) = self.answers.try_recv() {
            match answer {
                DecoderAnswer::Decoded(panic) => {
                    self.waiting.pop_front();
                    panics.push(panic);
                }
                DecoderAnswer::Symbols(symbols, complaint) => {
                    self.symbols = symbols;
                    self.complaint = complaint.or(self.complaint.take());
                }
            }
        }
        panics
    }

    /// Nothing is decoded after this: what still waits gets its names now. What has not got them when that takes too long
    /// comes second, as it was given.
    pub fn finish(&mut self) -> (Vec<Panic>, VecDeque<Panic>) {
        self.requests = None;
        let end = Instant::now() + LAST_NAMES;
        let mut panics = Vec::new();
        while let Ok(answer) =
            self.answers.recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if let DecoderAnswer::Decoded(panic) = answer {
                self.waiting.pop_front();
                panics.push(panic);
            }
        }
        (panics, std::mem::take(&mut self.waiting))
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
    let mut sources = SymbolSources::default();
    while let Ok(request) = inbox.recv() {
        let mut complaint = None;
        let answer = match request {
            DecoderRequest::Decode { panic, ours } => {
                complaint = sources.file.renew().err();
                let decoded = DecoderAnswer::Decoded(sources.decode(panic, ours));
                if outbox.send(decoded).is_err() {
                    break;
                }
                sources.symbols()
            }
            DecoderRequest::Program(sha256) => {
                sources.program = sha256;
                complaint = sources.file.renew().err();
                sources.symbols()
            }
            DecoderRequest::Chip(chip) => {
                sources.bundled = SymbolSource::bundled(chip).ok();
                sources.symbols()
            }
            DecoderRequest::Elf(path) => {
                sources.file = ChosenElf { path, ..ChosenElf::default() };
                complaint = sources.file.renew().err();
                sources.symbols()
            }
        };
        if outbox.send(DecoderAnswer::Symbols(answer, complaint)).is_err() {
            break;
        }
    }
}

/// The ELF file that the user chose, as it was when it could be read last.
#[derive(Default)]
struct ChosenElf {
    path: Option<PathBuf>,
    /// The file as it was looked at last.
    taken: Option<FileStamp>,
    current: Option<SymbolSource>,
    /// What the file was before it was built anew: the board may still run that.
    earlier: Option<SymbolSource>,
    /// It was said why it cannot be read.
    complained: bool,
}

/// When a file was written, and how long it is.
type FileStamp = (SystemTime, u64);

fn stamp(path: &Path) -> Option<FileStamp> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

impl ChosenElf {
    /// Takes the file again when it was built anew, or is there at last. While it is being written it is no ELF: then the one
    /// before stays.
    ///
    /// # Errors
    /// There is none before, and this cannot be read; told once.
    fn renew(&mut self) -> Result<(), BoardFault> {
        let Some(path) = &self.path else { return Ok(()) };
        let now = stamp(path);
        if self.current.is_some() && (now.is_none() || now == self.taken) {
            return Ok(());
        }
        match SymbolSource::elf(path) {
            Ok(source) => {
                self.taken = now;
                self.earlier = self.current.replace(source);
                Ok(())
            }
            Err(why)
                if self.current.is_none() && !std::mem::replace(&mut self.complained, true) =>
            {
                Err(why)
            }
            Err(_) => Ok(()),
        }
    }
}

/// What names come from.
#[derive(Default)]
struct SymbolSources {
    bundled: Option<SymbolSource>,
    file: ChosenElf,
    /// What the program that runs was linked from, as far as it says.
    program: String,
}

impl SymbolSources {
    /// What names come from, with a doubt where there is one.
    fn symbols(&self) -> Option<Symbols> {
        let source = self.fitting(&self.program)?;
        Some(match source.is_of(&self.program) {
            Some(false) => Symbols::OtherElf(source.name().to_string().into()),
            _ => source.name(),
        })
    }

    /// The source for a program: the file as it is, or as it was if that is what runs; without one, the bundled symbols.
    fn fitting(&self, program: &str) -> Option<&SymbolSource> {
        let is_of = |source: &&SymbolSource| source.is_of(program) == Some(true);
        let file = &self.file;
        file.earlier.as_ref().filter(is_of).or(file.current.as_ref()).or(self.bundled.as_ref())
    }

    fn decode(&self, mut panic: Panic, ours: bool) -> Panic {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_no_names_in_time_comes_back_as_it_was_given() {
        let (requests, _inbox) = sync_channel(WAITING);
        let (outbox, answers) = sync_channel(WAITING);
        let mut decoder = PanicDecoder::asking(Some(requests), answers);
        let panic = |number| Panic { number, ..Panic::default() };
        for number in 1..=4 {
            assert_eq!(decoder.decode(panic(number), false), None);
        }
        assert_eq!(decoder.decode(panic(5), false), Some(panic(5)), "too many wait");
        let named = |number| Panic { elf: "named".to_owned(), ..panic(number) };
        outbox.send(DecoderAnswer::Decoded(named(1))).unwrap();
        assert_eq!(decoder.decoded(), [named(1)]);
        outbox.send(DecoderAnswer::Decoded(named(2))).unwrap();
        drop(outbox);
        assert_eq!(decoder.finish(), (vec![named(2)], VecDeque::from([panic(3), panic(4)])));
    }
}
