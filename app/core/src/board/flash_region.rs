//! A region of flash, as a user names it, and its addresses on a board.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::{BoardFault, FaultKind, Partition, PartitionTable, SECTOR, parse_address};
use crate::say;
use crate::terminal::Plain;

/// A region of flash, as a user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlashRegion {
    /// All of the flash.
    All,
    /// From this address on so many bytes.
    Range {
        /// Where it begins.
        start: u32,
        /// How many bytes it has; at least one.
        size: u32,
    },
    /// The partition of this name, by the board's own table.
    Partition(String),
}

/// No region can be meant by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region is a partition's name, START+SIZE such as 0x9000+24K, or all")]
pub struct UnknownRegion;

impl FromStr for FlashRegion {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        let text = text.trim();
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some((start, size)) = text.split_once('+')
            && let (Some(start), Some(size)) = (bytes(start), bytes(size))
        {
            return if size == 0 { Err(UnknownRegion) } else { Ok(Self::Range { start, size }) };
        }
        // A number alone is half of a region, and no name.
        match text.is_empty() || text.len() > Partition::LONGEST_LABEL || bytes(text).is_some() {
            true => Err(UnknownRegion),
            false => Ok(Self::Partition(text.to_owned())),
        }
    }
}

impl fmt::Display for FlashRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Range { start, size } => write!(f, "{start:#x}+{size:#x}"),
            Self::Partition(name) => Plain(name).fmt(f),
        }
    }
}

/// A number of bytes as partition tables have it: `0x1000`, `4096`, `4K`, `1M`.
fn bytes(text: &str) -> Option<u32> {
    let text = text.trim();
    let (number, unit) = match text.as_bytes().last()? {
        b'K' | b'k' => (&text[..text.len() - 1], 1 << 10),
        b'M' | b'm' => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    parse_address(number)?.checked_mul(unit)
}

impl FlashRegion {
    /// What names this partition and no other of the table: its name, or its addresses where another one has the name, too, or
    /// nobody could type it.
    pub fn of(partition: &Partition, table: &PartitionTable) -> Self {
        let label = &partition.label;
        let is_typed = Plain(label).to_string() == *label
            && label.parse() == Ok(Self::Partition(label.clone()));
        match is_typed && table.named(label).count() == 1 {
            true => Self::Partition(label.clone()),
            false => Self::Range { start: partition.offset, size: partition.size },
        }
    }

    /// Its addresses on a board with so much flash, and this table.
    ///
    /// # Errors
    /// There is no such partition or more than one, it has no bytes, or it ends beyond the flash.
    pub fn resolve(
        &self,
        flash_size: u64,
        table: Option<&PartitionTable>,
    ) -> Result<Range<u64>, BoardFault> {
        let range = match self {
            Self::All => 0..flash_size,
            Self::Range { start, size } => u64::from(*start)..u64::from(*start) + u64::from(*size),
            Self::Partition(name) => {
                let partition = find(name, table.ok_or_else(no_table)?)?;
                u64::from(partition.offset)..partition.end()
            }
        };
        if range.is_empty() {
            return Err(refused(
                say!("told-region-empty", "{region} has no bytes", region = self),
                say!("hint-check-region", "Check the addresses of the region."),
            ));
        }
        if range.end > flash_size {
            let what = say!(
                "told-region-beyond",
                "{region} ends at {end}, beyond the {size} KiB of flash",
                region = self,
                end = format_args!("{:#x}", range.end),
                size = flash_size >> 10,
            );
            let hint = say!("hint-check-region", "Check the addresses of the region.");
            return Err(refused(what, hint));
        }
        Ok(range)
    }

    /// The same for erasing, which goes by sectors of 4 KiB.
    ///
    /// # Errors
    /// As [`Self::resolve`]; or it does not begin and end with a sector: the region of whole sectors is named then.
    pub fn resolve_sectors(
        &self,
        flash_size: u64,
        table: Option<&PartitionTable>,
    ) -> Result<Range<u64>, BoardFault> {
        let range = self.resolve(flash_size, table)?;
        let sector = u64::from(SECTOR);
        let from = range.start / sector * sector;
        let to = range.end.next_multiple_of(sector);
        if (from..to) == range {
            return Ok(range);
        }
        let what = say!(
            "told-region-sectors",
            "{region} cannot be erased alone: flash is erased by sectors of 4 KiB",
            region = self,
        );
        let hint = say!(
            "hint-region-sectors",
            "The sectors that it lies in are {region}; what else they hold is erased with it.",
            region = format_args!("{from:#x}+{:#x}", to - from),
        );
        Err(refused(what, hint))
    }
}

fn find<'t>(name: &str, table: &'t PartitionTable) -> Result<&'t Partition, BoardFault> {
    let mut named = table.named(name);
    match (named.next(), named.next()) {
        (Some(partition), None) => Ok(partition),
        (Some(_), Some(_)) => Err(refused(
            say!(
                "told-partitions-named",
                "The board has several partitions {name}",
                name = Plain(name)
            ),
            say!("hint-region-addresses", "Name the region by its addresses: START+SIZE."),
        )),
        (None, _) => {
            let names: Vec<_> = table.partitions.iter().map(|part| part.name()).collect();
            Err(refused(
                say!(
                    "told-no-partition-named",
                    "The board has no partition {name}",
                    name = Plain(name)
                ),
                say!("hint-partition-names", "There are: {names}", names = names.join(", ")),
            ))
        }
    }
}

/// The board has no partition table where one is looked for.
pub fn no_table() -> BoardFault {
    refused(
        say!("told-board-without-table", "The board has no partition table"),
        say!(
            "hint-board-without-table",
            "Flash a program first, or name the region by its addresses: START+SIZE."
        ),
    )
}

fn refused(what: crate::Sentence, hint: crate::Sentence) -> BoardFault {
    BoardFault::new(FaultKind::BadFile, what, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(label: &str, offset: u32, size: u32) -> Partition {
        Partition { label: label.to_owned(), kind: (1, 2), offset, size, flags: 0 }
    }

    #[test]
    fn regions_are_names_addresses_or_all() {
        let read = |text: &str| text.parse::<FlashRegion>();
        let range = |start, size| Ok(FlashRegion::Range { start, size });
        assert_eq!(read("all"), Ok(FlashRegion::All));
        assert_eq!(read("nvs"), Ok(FlashRegion::Partition("nvs".to_owned())));
        assert_eq!(read("0x9000+0x6000"), range(0x9000, 0x6000));
        assert_eq!(read("4096+10"), range(4096, 10));
        assert_eq!(read("64K+4k"), range(0x1_0000, 0x1000));
        assert_eq!(read("1M + 0x1000"), range(0x10_0000, 0x1000));
        assert_eq!(read("a+b"), Ok(FlashRegion::Partition("a+b".to_owned())));
        for text in ["", "0x9000", "4K", "0x9000+0", "seventeen letters"] {
            assert_eq!(read(text), Err(UnknownRegion), "{text}");
        }
    }

    #[test]
    fn a_region_is_found_by_the_table_and_must_lie_in_the_flash() {
        let table = PartitionTable {
            partitions: vec![
                partition("nvs", 0x9000, 0x6000),
                partition("twice", 0xF000, 0x800),
                partition("twice", 0xF800, 0x800),
                partition("empty", 0xF000, 0),
                partition("odd", 0xF000, 0x800),
            ],
        };
        let find = |text: &str, table| {
            text.parse::<FlashRegion>().unwrap().resolve_sectors(0x1_0000, table)
        };
        assert_eq!(find("all", None).unwrap(), 0..0x1_0000);
        assert_eq!(find("nvs", Some(&table)).unwrap(), 0x9000..0xF000);
        assert!(find("nvs", None).unwrap_err().what.contains("no partition table"));
        assert!(find("ota_0", Some(&table)).unwrap_err().hint.contains("nvs"));
        assert!(find("twice", Some(&table)).unwrap_err().what.contains("several"));
        assert!(find("empty", Some(&table)).unwrap_err().what.contains("no bytes"));
        assert!(find("0xF000+0x2000", None).unwrap_err().what.contains("beyond"));
        assert!(find("0xFFFFF000+0xFFFFFFFF", None).unwrap_err().what.contains("beyond"));
        assert!(find("0x100+0x1000", None).unwrap_err().hint.contains("0x0+0x2000"));
        assert!(find("odd", Some(&table)).unwrap_err().hint.contains("0xf000+0x1000"));
    }

    #[test]
    fn every_partition_has_words_that_lead_to_it_alone() {
        let labels =
            ["nvs", "all", "0x10", "a+b", "1+1", "\u{1b}[2J", "twice", "twice", "a b", " a"];
        let partitions: Vec<_> = labels
            .iter()
            .zip(1..)
            .map(|(label, number)| partition(label, number * 0x1000, 0x1000))
            .collect();
        let table = PartitionTable { partitions };
        for partition in &table.partitions {
            let words = FlashRegion::of(partition, &table).to_string();
            let region: FlashRegion = words.parse().unwrap();
            let found = region.resolve(1 << 20, Some(&table)).unwrap();
            assert_eq!(found.start, u64::from(partition.offset), "{words:?}");
        }
    }

    #[test]
    fn names_from_a_board_drive_nothing() {
        let table = PartitionTable { partitions: vec![partition("\u{1b}]52;c;x\u{7}", 0, 0x1000)] };
        let fault =
            "nvs".parse::<FlashRegion>().unwrap().resolve(1 << 20, Some(&table)).unwrap_err();
        assert!(fault.hint.contains(r"\x1b]52"), "{}", fault.hint);
    }
}
