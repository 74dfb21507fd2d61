//! What the board says, as a status.

use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::Timestamp;
use espalier_core::board::{
    BoardStatus, BoardStream, BootLine, Finding, ImageInfo, OUR_NAME, Outcome, Panic, Told,
};
use espalier_core::session::SessionEvent;

use super::decoder::{Decoded, Decoder};
use crate::board::images;

/// Panics that are kept; the oldest go first.
pub const MOST_PANICS: usize = 16;

/// Follows the board's console and writes what it finds into the status.
pub struct Story {
    stream: BoardStream,
    pub decoder: Decoder,
    /// Backtraces that are to stand in the log.
    events: Vec<SessionEvent>,
    /// It was said that there are no symbols; once is enough for a board that panics again and again.
    missed: bool,
}

impl Story {
    pub fn new(decoder: Decoder) -> Self {
        Self { stream: BoardStream::default(), decoder, events: Vec::new(), missed: false }
    }

    /// What is to stand in the log.
    pub fn take_events(&mut self) -> Vec<SessionEvent> {
        std::mem::take(&mut self.events)
    }

    /// The user chose an ELF, or the bundled symbols again; the last panic gets its names now if it had none.
    pub fn choose(&mut self, elf: Option<PathBuf>, status: &BoardStatus) {
        self.missed = false;
        let chosen = elf.is_some();
        self.decoder.choose(elf);
        let nameless = |panic: &&Panic| panic.frames.iter().all(|it| it.function.is_empty());
        if let Some(panic) = status.panics.last().filter(nameless).filter(|_| chosen) {
            self.decoder.decode(panic.clone(), false);
        }
    }

    /// The board said this; `true` when the status changed.
    pub fn heard(&mut self, bytes: &[u8], at: Timestamp, status: &mut BoardStatus) -> bool {
        let Self { stream, decoder, .. } = self;
        let mut changed = false;
        stream.receive(bytes, at, |told| {
            changed = true;
            hear(told, at, status, decoder);
        });
        changed |= self.refresh(at, status);
        changed
    }

    /// Flashing is over: what the program said before that was known counts.
    pub fn after_flash(&self, status: &mut BoardStatus) {
        if self.stream.program_spoke() {
            flashed(status, Outcome::Running);
        }
    }

    /// Time passes; `true` when the status changed.
    pub fn quiet(&mut self, now: Timestamp, status: &mut BoardStatus) -> bool {
        let Self { stream, decoder, .. } = self;
        let mut changed = false;
        stream.quiet(now, |told| {
            changed = true;
            hear(told, now, status, decoder);
        });
        changed | self.refresh(now, status)
    }

    /// We reset the board ourselves (or tried to), or it was away: a new story begins. Whether it restarted, it tells.
    pub fn forgive(&mut self, status: &mut BoardStatus) {
        self.stream.forgive();
        Arc::make_mut(&mut status.account).out_of_sight();
        status.restart_loop = None;
        status.notice = None;
    }

    fn refresh(&mut self, now: Timestamp, status: &mut BoardStatus) -> bool {
        let looping = self.stream.restarts().looping(now);
        let starts = self.stream.restarts().total();
        let mut changed = (looping, starts) != (status.restart_loop, status.starts);
        (status.restart_loop, status.starts) = (looping, starts);
        for decoded in self.decoder.decoded() {
            changed = true;
            self.write_down(&decoded);
            keep(decoded.panic, status);
        }
        let symbols = self.decoder.symbols(runs_bundled(status));
        changed |= status.symbols != symbols;
        status.symbols = symbols;
        changed
    }

    /// The backtrace as lines of the log.
    fn write_down(&mut self, Decoded { panic, symbols }: &Decoded) {
        if symbols.is_none() && (panic.frames.is_empty() || self.missed) {
            return;
        }
        self.missed |= symbols.is_none();
        self.events.push(SessionEvent::Backtrace { symbols: symbols.clone() });
        if symbols.is_some() {
            self.events.extend(panic.frames.iter().cloned().map(SessionEvent::Frame));
        }
    }
}

/// Whether the board says that it runs the very firmware that is bundled: the names of another one would be wrong.
fn runs_bundled(status: &BoardStatus) -> bool {
    let Some(firmware) = &status.account.firmware else { return false };
    let same = |image: ImageInfo| {
        image.version == firmware.version && firmware.chip.parse() == Ok(image.chip)
    };
    firmware.app == OUR_NAME && images::bundled().into_iter().any(same)
}

fn hear(told: Told, at: Timestamp, status: &mut BoardStatus, decoder: &mut Decoder) {
    match told {
        Told::Line(line) => Arc::make_mut(&mut status.account).line(&line, at),
        Told::Finding(finding) => note(finding, status, decoder),
        _ => {}
    }
}

fn note(finding: Finding, status: &mut BoardStatus, decoder: &mut Decoder) {
    match finding {
        Finding::Started(boot) => {
            let was_in_loader = status.boot.as_ref().is_some_and(|boot| boot.download);
            // What made it start again (an empty flash) still holds, until a program speaks.
            if boot.download || was_in_loader {
                status.notice = boot.download.then_some(BootLine::WaitingForDownload);
            }
            status.address = None;
            Arc::make_mut(&mut status.account).restarted();
            if boot.download {
                flashed(status, Outcome::PressReset);
            }
            status.boot = Some(boot);
        }
        Finding::Notice(line) => status.notice = Some(line),
        Finding::ProgramSpeaks => {
            status.notice = None;
            flashed(status, Outcome::Running);
        }
        Finding::Panicked(panic) => {
            if let Some(undecoded) = decoder.decode(panic, runs_bundled(status)) {
                keep(undecoded, status);
            }
        }
        Finding::Rom(chip) => decoder.rom_told(chip),
        Finding::Address(link) => status.address = Some(link),
        _ => {}
    }
}

fn keep(panic: Panic, status: &mut BoardStatus) {
    let mut panics = status.panics.to_vec();
    // One that has got its names later takes its own place.
    panics.retain(|other| other.from != panic.from);
    panics.push(panic);
    let surplus = panics.len().saturating_sub(MOST_PANICS);
    status.panics = panics.split_off(surplus).into();
}

/// The first words after a flash tell how it ended.
fn flashed(status: &mut BoardStatus, outcome: Outcome) {
    let Some(flash) = &mut status.flash else { return };
    if matches!(flash.outcome, Some(Ok(Outcome::Restarted))) {
        Arc::make_mut(flash).outcome = Some(Ok(outcome));
    }
}
