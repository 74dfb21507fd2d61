//! Follows the board's console, and keeps its status.

use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::board::{
    BoardFault, BoardMessage, BoardStatus, BoardStream, BootLine, ConsoleScanner, Finding,
    FlashOutcome, ImageInfo, LinkState, OUR_NAME, Panic, RestartWatch, Symbols,
};
use espalier_core::session::SessionEvent;
use espalier_core::{Sentence, Timestamp, say};

use super::panic_decoder::PanicDecoder;
use crate::board::images;

/// Panics that are kept; the oldest go first.
pub const MOST_PANICS: usize = 16;
/// Bytes of their core dumps that are kept, those of the newest; more than one dump can have.
const MOST_DUMP_BYTES: usize = 64 << 20;

/// Follows the board's console and writes what it finds into the status.
pub struct StatusTracker {
    stream: BoardStream,
    pub decoder: PanicDecoder,
    /// Backtraces that are to stand in the log.
    events: Vec<SessionEvent>,
    /// It was said that there are no symbols; once is enough for a board that panics again and again.
    missed: bool,
    changed: bool,
}

impl StatusTracker {
    pub fn new(decoder: PanicDecoder) -> Self {
        Self {
            stream: BoardStream::keeping_dumps(),
            decoder,
            events: Vec::new(),
            missed: false,
            changed: false,
        }
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
        if chosen {
            self.decode_again(status);
        }
    }

    /// Names are known now, or better ones.
    fn decode_again(&mut self, status: &BoardStatus) {
        let wants = |panic: &&Panic| {
            panic.is_nameless() || matches!(panic.symbols, Some(Symbols::OtherElf(_)))
        };
        if let Some(panic) = status.panics.last().filter(wants) {
            self.decoder.decode(panic.clone(), runs_bundled(status));
        }
    }

    /// The board said this; `true` when the status changed.
    pub fn heard(&mut self, bytes: &[u8], at: Timestamp, status: &mut BoardStatus) -> bool {
        let Self { stream, decoder, .. } = self;
        let mut changed = !std::mem::replace(&mut status.heard, true);
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
            flashed(status, Ok(FlashOutcome::Running));
        } else if let Some((why, line)) = self.stream.does_not_start() {
            flashed(status, Err(BoardFault::does_not_start(why, line)));
        }
    }

    /// All is written: what the board said before is of what it had.
    pub fn before_restart(&mut self) {
        self.stream.start_over();
    }

    /// Time passes; `true` when the status changed.
    pub fn tick(&mut self, now: Timestamp, status: &mut BoardStatus) -> bool {
        let Self { stream, decoder, .. } = self;
        let mut changed = false;
        stream.tick(now, |told| {
            changed = true;
            hear(told, now, status, decoder);
        });
        changed | self.refresh(now, status)
    }

    /// The link ends: a report that has begun is one, as far as it came. Those that wait for their names get them, if that
    /// does not take long, and are kept without them otherwise.
    pub fn finish(&mut self, now: Timestamp, status: &mut BoardStatus) {
        let silence = Timestamp(now.0.saturating_add(ConsoleScanner::PANIC_SILENCE_NS));
        self.tick(silence, status);
        let (decoded, undecoded) = self.decoder.finish();
        for panic in decoded {
            self.write_down(&panic);
            keep(panic, status);
        }
        for panic in undecoded {
            // One that was to get better names is there already.
            if !status.panics.iter().any(|kept| is_same(kept, &panic)) {
                keep(panic, status);
            }
        }
    }

    /// We reset the board ourselves (or tried to), or it was away: what came before says nothing any more.
    /// Whether it restarted, the board tells.
    pub fn start_over(&mut self, status: &mut BoardStatus) {
        self.stream.start_over();
        Arc::make_mut(&mut status.reported).out_of_sight();
        status.restart_loop = None;
        status.notice = None;
        status.trouble = None;
        status.heard = false;
    }

    fn refresh(&mut self, now: Timestamp, status: &mut BoardStatus) -> bool {
        // A warning stays only while it is true: this start was a good one.
        let since = status.boot.as_ref().map_or(now.0, |boot| boot.at.0);
        let has_run = now.0.saturating_sub(since) >= RestartWatch::WINDOW_NS;
        if has_run && self.stream.program_spoke() && status.trouble.take().is_some() {
            self.changed = true;
        }
        let looping = self.stream.restarts().looping(now);
        let starts = self.stream.restarts().total();
        let mut changed = (looping, starts) != (status.restart_loop, status.starts);
        changed |= std::mem::take(&mut self.changed);
        (status.restart_loop, status.starts) = (looping, starts);
        if let Some(cause) = looping.filter(|_| !self.stream.program_spoke()) {
            flashed(status, Err(BoardFault::starts_over(cause)));
        }
        for panic in self.decoder.decoded() {
            changed = true;
            self.write_down(&panic);
            keep(panic, status);
        }
        let symbols = self.decoder.symbols(runs_bundled(status));
        if status.symbols != symbols {
            changed = true;
            let bundled = matches!(symbols, Some(Symbols::Bundled(_)));
            if let Some(Symbols::OtherElf(file)) = &symbols {
                self.events.push(SessionEvent::Note(other_elf(file)));
            }
            status.symbols = symbols;
            if bundled {
                // What was shown bare before the chip was known.
                self.decode_again(status);
            }
        }
        changed
    }

    /// The backtrace as lines of the log.
    fn write_down(&mut self, panic: &Panic) {
        let Panic { symbols, traces, .. } = panic;
        let backtrace = |core| SessionEvent::Backtrace { core, symbols: symbols.clone() };
        if symbols.is_none() && (traces.is_empty() || self.missed) {
            return;
        }
        self.missed |= symbols.is_none();
        if symbols.is_none() {
            return self.events.push(backtrace(None));
        }
        for trace in traces {
            self.events.push(backtrace(panic.core_of(trace)));
            self.events.extend(trace.frames.iter().cloned().map(SessionEvent::Frame));
        }
    }
}

/// That the file which names come from is not of the program that runs.
fn other_elf(file: &str) -> Sentence {
    say!(
        "note-other-elf",
        "{file} is another build than the one that runs (its SHA-256 differs): lines may be wrong. Choose the ELF of the build that was flashed, or flash this one",
        file = file,
    )
}

/// Whether the board says that it runs the very firmware that is bundled: the names of another one would be wrong.
fn runs_bundled(status: &BoardStatus) -> bool {
    let Some(firmware) = &status.reported.firmware else { return false };
    let same = |image: ImageInfo| {
        image.version == firmware.version && firmware.chip.parse() == Ok(image.chip)
    };
    firmware.app == OUR_NAME && images::bundled().into_iter().any(same)
}

fn hear(told: BoardMessage, at: Timestamp, status: &mut BoardStatus, decoder: &mut PanicDecoder) {
    match told {
        BoardMessage::Line(line) => {
            let reported = Arc::make_mut(&mut status.reported);
            reported.line(&line, at);
            let chip = reported.firmware.as_ref().and_then(|firmware| firmware.chip.parse().ok());
            chip.into_iter().for_each(|chip| decoder.chip_told(chip));
        }
        BoardMessage::Finding(finding) => note(finding, status, decoder),
        _ => {}
    }
}

fn note(finding: Finding, status: &mut BoardStatus, decoder: &mut PanicDecoder) {
    match finding {
        Finding::Started(boot) => {
            let was_in_loader = status.boot.as_ref().is_some_and(|boot| boot.download);
            // What made it start again (an empty flash) still holds, until a program speaks.
            if boot.download || was_in_loader {
                status.notice = boot.download.then_some(BootLine::WaitingForDownload);
            }
            // Text comes: the speed is right.
            if status.notice.as_ref().is_some_and(BootLine::is_noise) {
                status.notice = None;
            }
            status.trouble = Some(boot.cause).filter(|cause| cause.is_trouble());
            status.address = None;
            Arc::make_mut(&mut status.reported).restarted();
            if boot.download {
                flashed(status, Ok(FlashOutcome::PressReset));
            }
            status.boot = Some(boot);
        }
        // What the loader says while flashing is for the flasher.
        Finding::Notice(line) if line.is_noise() && status.link == LinkState::Flashing => {}
        Finding::Notice(line) => status.notice = Some(line),
        Finding::ProgramSpeaks => {
            status.notice = None;
            flashed(status, Ok(FlashOutcome::Running));
        }
        Finding::DoesNotStart(why, line) => {
            flashed(status, Err(BoardFault::does_not_start(why, &line)));
        }
        Finding::Panicked(panic) | Finding::Reported(panic) => {
            if let Some(undecoded) = decoder.decode(panic, runs_bundled(status)) {
                keep(undecoded, status);
            }
        }
        Finding::Rom(chip) => decoder.chip_told(chip),
        Finding::Program(sha256) => decoder.program_told(sha256),
        Finding::Address(link) => status.address = Some(link),
        _ => {}
    }
}

fn keep(panic: Panic, status: &mut BoardStatus) {
    let mut panics = status.panics.to_vec();
    // One that has got its names later takes its own place.
    panics.retain(|other| !is_same(other, &panic));
    panics.push(panic);
    let surplus = panics.len().saturating_sub(MOST_PANICS);
    let mut kept = panics.split_off(surplus);
    keep_newest_dumps(&mut kept, MOST_DUMP_BYTES);
    status.panics = kept.into();
}

fn is_same(one: &Panic, other: &Panic) -> bool {
    (one.from, one.number) == (other.from, other.number)
}

/// Lets go of the oldest core dumps, so that those that stay have at most so many bytes.
fn keep_newest_dumps(panics: &mut [Panic], most: usize) {
    let mut bytes = 0;
    for panic in panics.iter_mut().rev() {
        bytes += panic.dump.as_ref().map_or(0, |dump| dump.bytes.len());
        panic.dump.take_if(|_| bytes > most);
    }
}

/// The first words after a flash tell how it ended.
fn flashed(status: &mut BoardStatus, outcome: Result<FlashOutcome, BoardFault>) {
    let Some(flash) = &mut status.flash else { return };
    // Where only data was written, a board that does not start is nothing new.
    let counts = outcome.is_ok() || flash.boots;
    if counts && matches!(flash.outcome, Some(Ok(FlashOutcome::Restarted))) {
        if outcome == Ok(FlashOutcome::Running) {
            // Whatever brought the chip out of its loader was us.
            status.trouble = None;
        }
        Arc::make_mut(flash).outcome = Some(outcome);
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::board::{CoreDump, CoreDumpState};

    use super::*;

    #[test]
    fn of_many_core_dumps_the_newest_stay() {
        let panic = |length: usize| {
            let bytes = vec![0_u8; length].into();
            let dump = CoreDump { bytes, state: CoreDumpState::Unchecked };
            Panic { dump: Some(dump).filter(|_| length > 0), ..Panic::default() }
        };
        let mut panics: Vec<Panic> = [2, 6, 0, 4, 5].into_iter().map(panic).collect();
        keep_newest_dumps(&mut panics, 10);
        let kept: Vec<bool> = panics.iter().map(|panic| panic.dump.is_some()).collect();
        assert_eq!(kept, [false, false, false, true, true]);
    }
}
