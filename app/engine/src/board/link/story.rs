//! What the board says, as a status.

use std::sync::Arc;

use espalier_core::Timestamp;
use espalier_core::board::{BoardStatus, BoardStream, BootLine, Finding, Outcome, Panic, Told};

use super::decoder::Decoder;

/// Panics that are kept; the oldest go first.
pub const MOST_PANICS: usize = 16;

/// Follows the board's console and writes what it finds into the status.
pub struct Story {
    stream: BoardStream,
    pub decoder: Decoder,
}

impl Story {
    pub fn new(decoder: Decoder) -> Self {
        Self { stream: BoardStream::default(), decoder }
    }

    /// The board said this; `true` when the status changed.
    pub fn heard(&mut self, bytes: &[u8], at: Timestamp, status: &mut BoardStatus) -> bool {
        let Self { stream, decoder } = self;
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
        let Self { stream, decoder } = self;
        let mut changed = false;
        stream.quiet(now, |told| {
            changed = true;
            hear(told, now, status, decoder);
        });
        changed | self.refresh(now, status)
    }

    /// We reset the board ourselves, or it was away: a new story begins.
    pub fn forgive(&mut self, status: &mut BoardStatus) {
        self.stream.forgive();
        Arc::make_mut(&mut status.account).restarted();
        status.restart_loop = None;
        status.notice = None;
    }

    fn refresh(&mut self, now: Timestamp, status: &mut BoardStatus) -> bool {
        let looping = self.stream.restarts().looping(now);
        let starts = self.stream.restarts().total();
        let mut changed = (looping, starts) != (status.restart_loop, status.starts);
        (status.restart_loop, status.starts) = (looping, starts);
        for panic in self.decoder.decoded() {
            changed = true;
            keep(panic, status);
        }
        if let Some(symbols) = self.decoder.symbols() {
            changed |= status.symbols != symbols;
            status.symbols = symbols;
        }
        changed
    }
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
            if let Some(undecoded) = decoder.decode(panic) {
                keep(undecoded, status);
            }
        }
        Finding::Rom(chip) => decoder.rom_told(chip),
        Finding::Address(link) => status.address = Some(link),
        _ => {}
    }
}

fn keep(panic: Panic, status: &mut BoardStatus) {
    let keep = status.panics.len().saturating_sub(MOST_PANICS - 1);
    status.panics = status.panics[keep..].iter().cloned().chain([panic]).collect();
}

/// The first words after a flash tell how it ended.
fn flashed(status: &mut BoardStatus, outcome: Outcome) {
    let Some(flash) = &mut status.flash else { return };
    if matches!(flash.outcome, Some(Ok(Outcome::Restarted))) {
        Arc::make_mut(flash).outcome = Some(Ok(outcome));
    }
}
