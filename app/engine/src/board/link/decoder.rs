//! Panics get their names in a thread of their own: reading an ELF takes longer than a port's buffer lasts.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use espalier_core::board::{Chip, Panic};

use crate::board::symbols::SymbolSource;

/// Panics that may wait; one more is kept without names.
const WAITING: usize = 4;

enum Request {
    Source(Source),
    Decode(Panic),
}

/// Where names shall come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Bundled(Chip),
    Elf(PathBuf),
}

enum Answer {
    Decoded(Panic),
    /// What names come from now; `Err`: why they do not come from what was chosen.
    Symbols(Result<Arc<str>, String>),
}

/// The handle of the decoding thread, which ends with it.
pub struct Decoder {
    requests: Option<SyncSender<Request>>,
    answers: Receiver<Answer>,
    chosen: Option<PathBuf>,
    rom: Option<Chip>,
    asked: Option<Source>,
    symbols: Option<Option<Arc<str>>>,
    complaint: Option<String>,
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
        let Some(wanted) = wanted.filter(|wanted| self.asked.as_ref() != Some(wanted)) else {
            return;
        };
        let sent = self
            .requests
            .as_ref()
            .is_some_and(|to| to.try_send(Request::Source(wanted.clone())).is_ok());
        if sent {
            self.asked = Some(wanted);
        }
    }

    /// Sends a panic to get its names; it comes back at once, without, when too many wait already.
    pub fn decode(&mut self, panic: Panic) -> Option<Panic> {
        let Some(to) = &self.requests else { return Some(panic) };
        match to.try_send(Request::Decode(panic)) {
            Ok(()) => None,
            Err(error) => match error {
                std::sync::mpsc::TrySendError::Full(Request::Decode(panic))
                | std::sync::mpsc::TrySendError::Disconnected(Request::Decode(panic)) => {
                    Some(panic)
                }
                _ => None,
            },
        }
    }

    /// Panics that have got their names.
    pub fn decoded(&mut self) -> Vec<Panic> {
        let mut panics = Vec::new();
        while let Ok(answer) = self.answers.try_recv() {
            match answer {
                Answer::Decoded(panic) => panics.push(panic),
                Answer::Symbols(Ok(name)) => self.symbols = Some(Some(name)),
                Answer::Symbols(Err(why)) => {
                    self.symbols = Some(None);
                    self.complaint = Some(why);
                }
            }
        }
        panics
    }

    /// What names come from, when that has changed.
    pub fn symbols(&mut self) -> Option<Option<Arc<str>>> {
        self.symbols.take()
    }

    /// Why names do not come from what was chosen, once.
    pub fn complaint(&mut self) -> Option<String> {
        self.complaint.take()
    }
}

fn serve(inbox: &Receiver<Request>, outbox: &SyncSender<Answer>) {
    let mut source: Option<SymbolSource> = None;
    while let Ok(request) = inbox.recv() {
        let answer = match request {
            Request::Decode(mut panic) => {
                source.iter().for_each(|source| source.decode(&mut panic));
                Answer::Decoded(panic)
            }
            Request::Source(wanted) => {
                let (found, is_choice) = match &wanted {
                    Source::Bundled(chip) => (SymbolSource::bundled(*chip), false),
                    Source::Elf(path) => (SymbolSource::elf(path), true),
                };
                match found {
                    Ok(found) => {
                        let name = found.name();
                        source = Some(found);
                        Answer::Symbols(Ok(name))
                    }
                    Err(fault) if is_choice => {
                        Answer::Symbols(Err(format!("{fault}: {}", fault.detail)))
                    }
                    // A chip without a bundled image simply has no names.
                    Err(_) => {
                        source = None;
                        continue;
                    }
                }
            }
        };
        if outbox.send(answer).is_err() {
            break;
        }
    }
}
