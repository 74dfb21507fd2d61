//! What is said when something is refused, with its right place or the way out.

use super::examined_part::ExaminedPart;
use crate::board::{
    BoardFault, Chip, ChipInfo, Contents, FaultKind, FlashPart, ImageFlaw, Partition,
    PartitionTable, TableFlaw,
};
use crate::{Sentence, say};

fn hex(address: impl std::fmt::LowerHex) -> String {
    format!("{address:#x}")
}

fn hint_place() -> Sentence {
    say!(
        "hint-right-place",
        "Give it that place, or none: it is found. Who means it writes it with --force (“Write it anyway” in the window)."
    )
}

fn hint_file() -> Sentence {
    say!(
        "hint-build-again",
        "Build it or copy it again. Who means it writes it with --force (“Write it anyway” in the window)."
    )
}

fn wrong_place(what: Sentence) -> BoardFault {
    BoardFault::new(FaultKind::WrongPlace, what, hint_place())
}

pub fn no_place(file: &str) -> BoardFault {
    let what = say!(
        "told-no-place",
        "{file} is neither an ELF, an ESP image nor a merged image, so it does not tell where it belongs",
        file = file,
    );
    let hint =
        say!("hint-give-address", "Give its address: ADDRESS:FILE, for example 0x10000:file.bin.");
    BoardFault::new(FaultKind::BadFile, what, hint)
}

pub fn no_table(part: &str) -> BoardFault {
    let what = say!(
        "told-no-table",
        "There is no partition table on the board, and none is to be written: it is not known where {part} belongs",
        part = part,
    );
    let hint = say!(
        "hint-no-table",
        "Flash bootloader, partition table and application together (or a merged image, or the ELF), or give its address."
    );
    BoardFault::new(FaultKind::WrongPlace, what, hint)
}

pub fn no_partition(part: &str) -> BoardFault {
    let what = say!(
        "told-no-partition",
        "The partition table has no partition that {part} could go into",
        part = part,
    );
    let hint = say!("hint-other-table", "Flash a partition table that has one, too.");
    BoardFault::new(FaultKind::WrongPlace, what, hint)
}

pub fn bootloader_place(part: &str, chip: Chip, address: u32) -> BoardFault {
    wrong_place(say!(
        "told-place-bootloader",
        "{part} has the bootloader at {address}, but an {chip} starts what lies at {right}",
        part = part,
        address = hex(address),
        right = hex(chip.bootloader_at()),
        chip = chip,
    ))
}

pub fn table_place(part: &str, right: u32, address: u32) -> BoardFault {
    wrong_place(say!(
        "told-place-table",
        "{part} is a partition table, which belongs at {right}, not at {address}",
        part = part,
        right = hex(right),
        address = hex(address),
    ))
}

pub fn merged_place(part: &str, right: u32, address: u32) -> BoardFault {
    wrong_place(say!(
        "told-place-merged",
        "{part} is a merged image, which begins at {right}, not at {address}",
        part = part,
        right = hex(right),
        address = hex(address),
    ))
}

/// Something that belongs into another partition.
pub fn place(piece: &ExaminedPart, address: u32, home: &Partition) -> BoardFault {
    let (part, right, address) = (&piece.name, hex(home.offset), hex(address));
    wrong_place(match &piece.contents {
        Contents::Image(_) => say!(
            "told-place-application",
            "{part} is an application, which belongs at {right} ({partition}), not at {address}",
            part = part,
            right = right,
            partition = home.label,
            address = address,
        ),
        _ => say!(
            "told-place-data",
            "What {part} holds belongs at {right} ({partition}), not at {address}",
            part = part,
            right = right,
            partition = home.label,
            address = address,
        ),
    })
}

/// Something that is no bootloader or table where there must be one.
pub fn over(piece: &ExaminedPart, what: &str) -> BoardFault {
    let (part, address) = (&piece.name, hex(piece.address.unwrap_or_default()));
    let what = match what {
        "bootloader" => say!(
            "told-over-bootloader",
            "{part} at {address} would overwrite the bootloader, and is none",
            part = part,
            address = address,
        ),
        _ => say!(
            "told-over-table",
            "{part} at {address} would overwrite the partition table, and is none",
            part = part,
            address = address,
        ),
    };
    let hint = say!(
        "hint-over",
        "Give it another address. Who means it writes it with --force (“Write it anyway” in the window)."
    );
    BoardFault::new(FaultKind::WrongPlace, what, hint)
}

/// A table whose first partition lies over itself.
pub fn over_table(part: &str, table: &PartitionTable, right: u32) -> BoardFault {
    wrong_place(say!(
        "told-table-first",
        "{part} has a partition at {address}, where the table itself lies: it was built for another place than {right}",
        part = part,
        address = hex(table.begin()),
        right = hex(right),
    ))
}

pub fn no_application(part: &str, address: u32, partition: &Partition) -> BoardFault {
    let what = say!(
        "told-no-application",
        "{part} is no application, but {address} is where the partition table has one ({partition})",
        part = part,
        address = hex(address),
        partition = partition.label,
    );
    let hint = say!(
        "hint-over",
        "Give it another address. Who means it writes it with --force (“Write it anyway” in the window)."
    );
    BoardFault::new(FaultKind::WrongPlace, what, hint)
}

pub fn too_large(piece: &ExaminedPart, partition: &Partition) -> BoardFault {
    let what = say!(
        "told-partition-small",
        "{part} has {size} bytes, and its partition ({partition}) only {room}",
        part = piece.name,
        size = piece.bytes.len(),
        room = partition.size,
        partition = partition.label,
    );
    let hint = say!(
        "hint-larger-partition",
        "Build with a partition table that has a larger one, and flash the table, too."
    );
    BoardFault::new(FaultKind::TooLarge, what, hint)
}

pub fn wrong_chip(file: &str, other: &str, chip: Chip) -> BoardFault {
    let what = say!(
        "told-for-other-chip",
        "{file} is for {other}, but the board has an {chip}",
        file = file,
        other = other,
        chip = chip,
    );
    let hint =
        say!("hint-build-for", "Build it for {chip}, or use another board.", chip = chip.slug());
    BoardFault::new(FaultKind::WrongChip, what, hint)
}

fn revision(number: u32) -> String {
    format!("{}.{}", number / 100, number % 100)
}

pub fn older_chip(file: &str, needed: u16, has: u32) -> BoardFault {
    let what = say!(
        "told-revision",
        "{file} needs revision v{needed} of the chip; this one is v{has}",
        file = file,
        needed = revision(needed.into()),
        has = revision(has),
    );
    let hint = say!(
        "hint-revision",
        "Build it for this revision (CONFIG_ESP32…_REV_MIN), or use a newer chip."
    );
    BoardFault::new(FaultKind::WrongChip, what, hint)
}

pub fn newer_chip(file: &str, most: u16, has: u32) -> BoardFault {
    let what = say!(
        "told-revision-new",
        "{file} was built for revisions of the chip up to v{most}; this one is v{has}",
        file = file,
        most = revision(most.into()),
        has = revision(has),
    );
    let hint = say!(
        "hint-revision-new",
        "Build it with a newer ESP-IDF or esp-hal, or use an older chip."
    );
    BoardFault::new(FaultKind::WrongChip, what, hint)
}

pub fn image_damaged(part: &str, flaw: ImageFlaw) -> BoardFault {
    let what = match flaw {
        ImageFlaw::Cut => {
            say!("told-image-cut", "{part} is cut off: it ends within the image", part = part)
        }
        ImageFlaw::Segments(count) => say!(
            "told-image-segments",
            "{part} is no whole image: it claims {count} segments",
            part = part,
            count = count,
        ),
        ImageFlaw::Checksum => {
            say!("told-image-checksum", "{part} is damaged: its checksum is wrong", part = part)
        }
        ImageFlaw::Hash => {
            say!("told-image-hash", "{part} is damaged: its SHA-256 is wrong", part = part)
        }
    };
    BoardFault::new(FaultKind::BadFile, what, hint_file())
}

pub fn smaller_flash(part: &str, needed: u64, info: &ChipInfo) -> BoardFault {
    let what = say!(
        "told-header-flash",
        "{part} was built for {needed} KiB of flash, and this {chip} has {size} KiB",
        part = part,
        needed = needed >> 10,
        chip = info.chip,
        size = info.flash_size >> 10,
    );
    let hint = say!(
        "hint-flash-size",
        "Build it with the right flash size (CONFIG_ESPTOOLPY_FLASHSIZE). Who means it writes it with --force (“Write it anyway” in the window)."
    );
    BoardFault::new(FaultKind::TooLarge, what, hint)
}

pub fn table_damaged(part: &str, flaw: TableFlaw) -> BoardFault {
    let what = match flaw {
        TableFlaw::Md5 => {
            say!(
                "told-table-md5",
                "The partition table in {part} is damaged: its MD5 is wrong",
                part = part
            )
        }
        TableFlaw::Entry(_) | TableFlaw::Empty => say!(
            "told-table-entry",
            "The partition table in {part} is damaged: an entry is none",
            part = part,
        ),
    };
    BoardFault::new(FaultKind::BadFile, what, hint_file())
}

pub fn table_beyond(partition: &Partition, info: &ChipInfo) -> BoardFault {
    let what = say!(
        "told-table-beyond",
        "The partition table is for a larger flash: {partition} ends at {end}, and this {chip} has {size} KiB",
        end = hex(partition.end()),
        partition = partition.label,
        chip = info.chip,
        size = info.flash_size >> 10,
    );
    let hint = say!(
        "hint-table-beyond",
        "Build with the right flash size and a table that fits, or use a board with more flash."
    );
    BoardFault::new(FaultKind::TooLarge, what, hint)
}

/// A bootloader that goes by less flash than the table needs.
pub fn header_too_small(part: &str, size: u64, partition: &Partition) -> BoardFault {
    let what = say!(
        "told-header-small",
        "{part} is built for {size} KiB of flash, and the partition {partition} ends at {end}: it would refuse the table",
        end = hex(partition.end()),
        part = part,
        partition = partition.label,
        size = size >> 10,
    );
    let hint = say!(
        "hint-header-small",
        "Build the bootloader with the flash size that the board has, or take a table that fits."
    );
    BoardFault::new(FaultKind::TooLarge, what, hint)
}

pub fn table_overlap(part: &str, first: &Partition, second: &Partition) -> BoardFault {
    let what = say!(
        "told-table-overlap",
        "In the partition table {part} the partitions {first} and {second} overlap",
        part = part,
        first = first.label,
        second = second.label,
    );
    BoardFault::new(FaultKind::BadFile, what, hint_file())
}

pub fn table_misaligned(part: &str, partition: &Partition) -> BoardFault {
    let what = say!(
        "told-table-misaligned",
        "In the partition table {part} the partition {partition} begins at {address}, where none can",
        part = part,
        address = hex(partition.offset),
        partition = partition.label,
    );
    BoardFault::new(FaultKind::BadFile, what, hint_file())
}

pub fn nothing() -> BoardFault {
    BoardFault::new(
        FaultKind::BadFile,
        say!("told-nothing-to-write", "There is nothing to write"),
        say!("hint-choose-file", "Choose a file."),
    )
}

pub fn no_sector(part: &FlashPart) -> BoardFault {
    let what = say!(
        "told-bad-place",
        "{part} cannot begin at {address}",
        address = hex(part.address),
        part = part.name,
    );
    let hint = say!("hint-sectors", "Flash is erased in steps of 0x1000: use a multiple of it.");
    BoardFault::new(FaultKind::BadFile, what, hint)
}

pub fn overlap(part: &FlashPart) -> BoardFault {
    let what = say!(
        "told-overlap",
        "{part} at {address} overlaps what comes before it",
        address = hex(part.address),
        part = part.name,
    );
    BoardFault::new(FaultKind::BadFile, what, say!("hint-check-addresses", "Check the addresses."))
}

pub fn beyond_flash(part: &FlashPart, info: &ChipInfo) -> BoardFault {
    let what = say!(
        "told-beyond-flash",
        "{part} ends at {end}, beyond the {size} KiB of flash",
        end = hex(part.end()),
        part = part.name,
        size = info.flash_size >> 10,
    );
    let hint = say!("hint-smaller", "Use a smaller program or a board with more flash.");
    BoardFault::new(FaultKind::TooLarge, what, hint)
}
