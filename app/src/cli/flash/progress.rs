//! Progress of flashing: a bar on a terminal, plain lines elsewhere.

use espalier_core::board::{FlashStatus, FlashStep, FlashTaskResult, PartState};
use espalier_core::terminal::Plain;
use indicatif::ProgressBar;

use super::teller::Teller;
use crate::print::translated;

/// Plain lines tell every tenth.
const TENTH: u64 = 10;

/// Shows what is new in a status since the last one.
pub struct ProgressPrinter {
    teller: Teller,
    bar: Option<ProgressBar>,
    step: Option<FlashStep>,
    attempts: usize,
    told: u64,
}

impl ProgressPrinter {
    pub fn new(teller: Teller) -> Self {
        Self { bar: teller.bar(), teller, step: None, attempts: 0, told: 0 }
    }

    pub fn show(&mut self, status: &FlashStatus) {
        for attempt in status.attempts.iter().skip(self.attempts) {
            let text = translated(&attempt.text);
            self.teller.say(format_args!("{:6.2} s  {text}", attempt.at.as_secs_f64()));
        }
        self.attempts = status.attempts.len();
        if self.step.as_ref() != Some(&status.step) {
            self.step = Some(status.step.clone());
            self.begin(status);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(status.done);
        } else if status.step != FlashStep::Finished
            && let Some(progress) = status.progress()
        {
            let percent = (progress * 100.0) as u64;
            if percent >= self.told + TENTH {
                self.told = percent - percent % TENTH;
                let rate = status.rate / 1024.0;
                let (percent, done, total) = (self.told, status.done, status.total);
                let progress = format!("{percent} % ({done} of {total} bytes, {rate:.0} KiB/s)");
                self.teller.say(format_args!(
                    "{} {}",
                    translated(name(status)),
                    translated(progress)
                ));
            }
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn begin(&mut self, status: &FlashStatus) {
        self.told = 0;
        let name = translated(name(status));
        if let FlashStep::NeedsHands { help } = &status.step {
            self.teller.tell(help);
        }
        // At the end not a bar that is taken away, but a line that stays.
        let bar = self.bar.as_ref().filter(|_| status.step != FlashStep::Finished);
        let Some(bar) = bar else { return self.teller.say(name) };
        bar.set_message(Plain(name).to_string());
        bar.set_length(status.total);
        bar.set_position(status.done);
        bar.set_style(self.teller.bar_style(status.total));
        bar.reset_eta();
    }
}

fn name(status: &FlashStatus) -> String {
    let part = |index: usize| status.parts.get(index).map_or("", |part| part.name.as_str());
    match &status.step {
        FlashStep::Connecting => "Connecting".to_owned(),
        FlashStep::NeedsHands { .. } => "Waiting for the loader".to_owned(),
        FlashStep::Identifying => "Asking the chip".to_owned(),
        FlashStep::Comparing => "Comparing".to_owned(),
        FlashStep::Erasing => "Erasing".to_owned(),
        FlashStep::Reading => "Reading".to_owned(),
        FlashStep::Writing(index) => format!("Writing {}", part(*index)),
        FlashStep::Verifying(index) => format!("Verifying {}", part(*index)),
        FlashStep::Restarting => "Restarting".to_owned(),
        // How it failed is told after this; what was not written needs no count.
        FlashStep::Finished if matches!(status.outcome, Some(Err(_))) => "Stopped".to_owned(),
        FlashStep::Finished => status.result.as_ref().map_or_else(|| summary(status), came),
        _ => String::new(),
    }
}

/// What came of what was done without writing.
fn came(result: &FlashTaskResult) -> String {
    match result {
        FlashTaskResult::Read(backup) => {
            let (size, file) = (backup.size(), backup.file.display());
            format!("{size} bytes in {file}, SHA-256 {}", backup.sha256)
        }
        FlashTaskResult::Erased(range) => {
            let (from, size) = (range.start, range.end - range.start);
            format!("{size} bytes erased from {from:#x} on")
        }
        FlashTaskResult::Table => "the partition table was read".to_owned(),
    }
}

/// How many parts were written and how many were there.
fn summary(status: &FlashStatus) -> String {
    let count = |state| status.parts.iter().filter(|part| part.state == state).count();
    let (written, there) = (count(PartState::Verified), count(PartState::Skipped));
    format!("parts written: {written}, already there: {there}")
}
