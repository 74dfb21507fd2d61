//! What is to be written, as a table: part, address, size, partition, and whether it is on the board already.

use espalier_core::board::{Build, FlashStatus, FlashStep, PartState};

use super::teller::Teller;
use crate::print::{tell, translated, width};

/// Says what was found, before the board is asked anything.
pub fn found(build: &Build) {
    let chips: Vec<_> = build.chips().iter().map(|chip| chip.name()).collect();
    let what = [build.kind.name(), &build.name].join(" ");
    match chips.is_empty() {
        true => tell(format_args!("found in {}: {}", build.path.display(), what.trim())),
        false => tell(format_args!(
            "found for {} in {}: {}",
            chips.join(", "),
            build.path.display(),
            what.trim(),
        )),
    }
}

/// Shown once, as soon as all parts were compared, or are about to be written without that.
#[derive(Debug, Default)]
pub struct PartsTable {
    is_shown: bool,
}

impl PartsTable {
    /// Looks at a status.
    pub fn show(&mut self, status: &FlashStatus, teller: &Teller) {
        let compared = status.parts.iter().all(|part| part.state != PartState::Waiting);
        let begun = matches!(status.step, FlashStep::Erasing | FlashStep::Writing(_));
        if self.is_shown || status.parts.is_empty() || !(compared || begun) {
            return;
        }
        self.is_shown = true;
        let mut rows = vec![["part", "address", "size", "partition", "board"].map(translated)];
        for part in &*status.parts {
            let state = match part.state {
                PartState::Skipped => "same",
                PartState::Waiting => "erased first",
                _ => "changed",
            };
            rows.push([
                translated(&part.name),
                format!("{:#x}", part.address),
                part.size.to_string(),
                part.partition.clone().unwrap_or_default(),
                translated(state),
            ]);
        }
        for line in aligned(&rows, Some(2)) {
            teller.say(line);
        }
    }
}

/// Columns beside each other; one may be of numbers.
pub fn aligned<const N: usize>(rows: &[[String; N]], numbers: Option<usize>) -> Vec<String> {
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(widest).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, widest))| {
            let space = " ".repeat(widest - width(cell));
            if Some(column) == numbers {
                format!("{space}{cell}")
            } else {
                format!("{cell}{space}")
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_beside_each_other_in_both_languages() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["分区表", "0x8000", "3"]), row(["boot", "0x0", "30"])];
        assert_eq!(aligned(&rows, Some(2)), ["分区表  0x8000   3", "boot    0x0     30"]);
    }
}
