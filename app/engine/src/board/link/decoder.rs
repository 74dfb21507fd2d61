//! Panics get their names in a thread of their own: reading an ELF takes longer than a port's buffer lasts.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use espalier_core::board::{BoardFault, Chip, Panic, Symbols};

use crate::board::symbols::SymbolSource;

/// Panics that may wait; one more is kept without names.
const WAITING: usize = 4;

enum Request {
    /// `None`: from nowhere.
    Source(Option<Source>),
    Decode {
        panic: Panic,
        /// The board runs the firmware that the bundled symbols are of.
        ours: bool,
    },
}

/// Where names shall come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Bundled(Chip),
    Elf(PathBuf),
}

/// A panic with its names.
pub struct Decoded {
    pub panic: Panic,
    /// Where the names come from; `None`: it has none.
    pub symbols: Option<Symbols>,
}

enum Answer {
    Decoded(Decoded),
    /// What names come from now; `Err`: why they do not come from what was chosen.
    Symbols(Result<Option<Symbols>, BoardFault>),
}

/// The handle of the decoding thread, which ends with it.
pub struct Decoder {
    requests: Option<SyncSender<Request>>,
    answers: Receiver<Answer>,
    chosen: Option<PathBuf>,
    rom: Option<Chip>,
    asked: Option<Source>,
    symbols: Option<Symbols>,
    complaint: Option<BoardFault>,
}

impl Decoder {
    pub fn new() -> Self {
        let (requests, inbox) = sync_channel::<Request>(WAITING);
        let (outbox, answers) = sync_channel(WAITING * 2);
        let thread = std::thread::Builder::new().name("symbols".to_owned());
        let started = thread.spawn(move || serve(&inbox, &outbox));
        let requests = started.ok().map(|_| requests);
        Self {
            requests,
            answers,
            chosen: None,
            rom: None,
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

    /// The ROM told which chip it is.
    pub fn rom_told(&mut self, chip: Chip) {
        self.rom = Some(chip);
        self.ask();
    }

    fn ask(&mut self) {
        let wanted = self.chosen.clone().map(Source::Elf).or(self.rom.map(Source::Bundled));
        if wanted == self.asked {
            return;
        }
        let sent = self
            .requests
            .as_ref()
            .is_some_and(|to| to.try_send(Request::Source(wanted.clone())).is_ok());
        if sent {
            self.asked = wanted;
        }
    }

    /// Sends a panic to get its names; it comes back at once, without, when too many wait already. Bundled symbols are used
    /// only for a board that runs `ours`.
    pub fn decode(&mut self, panic: Panic, ours: bool) -> Option<Panic> {
        let Some(to) = &self.requests else { return Some(panic) };
        match to.try_send(Request::Decode { panic, ours }) {
            Ok(()) => None,
            Err(
                TrySendError::Full(Request::Decode { panic, .. })
                | TrySendError::Disconnected(Request::Decode { panic, .. }),
            ) => Some(panic),
            Err(_) => None,
        }
    }

    /// Panics that have got their names.
    pub fn decoded(&mut self) -> Vec<Decoded> {
        let mut panics = Vec::new();
        while let Ok(answer) = self.answers.try_recv() {
            match answer {
                Answer::Decoded(decoded) => panics.push(decoded),
                Answer::Symbols(Ok(symbols)) => self.symbols = symbols,
                Answer::Symbols(Err(why)) => {
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
        self.symbols.clone().filter(|symbols| ours || matches!(symbols, Symbols::Elf(_)))
    }

    /// Why names do not come from what was chosen, once.
    pub fn complaint(&mut self) -> Option<BoardFault> {
        self.complaint.take()
    }
}

fn serve(inbox: &Receiver<Request>, outbox: &SyncSender<Answer>) {
    let mut source: Option<SymbolSource> = None;
    while let Ok(request) = inbox.recv() {
        let answer = match request {
            Request::Decode { panic, ours } => {
                Answer::Decoded(decode(source.as_ref(), panic, ours))
            }
            Request::Source(wanted) => {
                let is_choice = matches!(wanted, Some(Source::Elf(_)));
                let found = match &wanted {
                    Some(Source::Bundled(chip)) => SymbolSource::bundled(*chip).map(Some),
                    Some(Source::Elf(path)) => SymbolSource::elf(path).map(Some),
                    None => Ok(None),
                };
                match found {
                    Ok(found) => {
                        source = found;
                        Answer::Symbols(Ok(source.as_ref().map(SymbolSource::name)))
                    }
                    Err(fault) if is_choice => Answer::Symbols(Err(fault)),
                    // A chip without a bundled image simply has no names.
                    Err(_) => {
                        source = None;
                        Answer::Symbols(Ok(None))
                    }
                }
            }
        };
        if outbox.send(answer).is_err() {
            break;
        }
    }
}

fn decode(source: Option<&SymbolSource>, mut panic: Panic, ours: bool) -> Decoded {
    let fits = |source: &&SymbolSource| ours || matches!(source.name(), Symbols::Elf(_));
    let Some(source) = source.filter(fits) else { return Decoded { panic, symbols: None } };
    source.decode(&mut panic);
    let named = panic.frames.iter().any(|frame| !frame.function.is_empty());
    Decoded { symbols: named.then(|| source.name()), panic }
}
