//! What happens between a reset and the application: the ROM, the second-stage bootloader, what
//! they check and what they print. The words are those of the chips and of ESP-IDF 6.1.

mod descriptor;
mod image;
mod log;
mod ota;
mod partitions;
mod script;
mod text;

use std::time::Duration;

pub use self::descriptor::Application;
use self::image::{Image, ImageFault};
use self::log::BootLog;
pub use self::partitions::Partition;
pub use self::script::{BootEnd, BootScript};
use crate::chip::{ChipFacts, ResetCause};
use crate::flash::{Flash, SIZE};

/// Where the partition table is.
const TABLE: usize = 0x8000;
/// How long a chip that finds nothing to start waits for its watchdog, or restarts.
const RESTART: Duration = Duration::from_millis(1000);

/// The name of our own project in an application descriptor.
const OURS: &str = "espalier";

/// The ROM's lines when the straps ask for the download mode.
pub fn download(chip: &ChipFacts, cause: ResetCause) -> String {
    let (boot, name) = chip.strap_download;
    let reset = reset_line(chip, cause);
    format!("{}\n{reset},boot:0x{boot:x} ({name})\nwaiting for download\n", chip.banner)
}

fn reset_line(chip: &ChipFacts, cause: ResetCause) -> String {
    let (number, name) = chip.cause(cause);
    format!("rst:0x{number:x} ({name})")
}

/// Boots from flash.
pub fn boot(chip: &ChipFacts, flash: &mut Flash, cause: ResetCause) -> BootScript {
    let mut log = BootLog::default();
    let (strap, name) = chip.strap_flash;
    log.rom(chip.banner);
    log.rom(&format!("{},boot:0x{strap:x} ({name})", reset_line(chip, cause)));
    match rom(chip, flash, &mut log).and_then(|()| second_stage(chip, flash, &mut log)) {
        Ok(end) => log.end(Duration::ZERO, end),
        Err(cause) => log.end(RESTART, BootEnd::Restart(cause)),
    }
}

/// What the ROM does: find the bootloader, load and check it.
fn rom(chip: &ChipFacts, flash: &Flash, log: &mut BootLog) -> Result<(), ResetCause> {
    let offset = chip.boot_offset as usize;
    let loaded = Image::check(flash, offset, TABLE.saturating_sub(offset));
    if let Err(ImageFault::Magic { word, .. }) = loaded {
        if chip.has_first_rom() {
            log.rom("flash read err, 1000");
            log.rom("ets_main.c 371 ");
            return Err(ResetCause::BootWatchdog);
        }
        for _ in 0..3 {
            log.rom(&format!("invalid header: 0x{word:08x}"));
        }
        return Err(ResetCause::BootWatchdog);
    }
    log.rom(chip.preload);
    let image = match loaded {
        Ok(image) => image,
        Err(ImageFault::Checksum { calculated, read }) => {
            log.rom(&format!("csum err:0x{calculated:02x}!=0x{read:02x}"));
            log.rom("ets_main.c 371");
            return Err(ResetCause::BootWatchdog);
        }
        // Only secure boot minds a wrong hash, and our checks come in the same order.
        Err(ImageFault::Hash { image, .. }) => {
            if chip.checks_bootloader {
                log.rom("SHA-256 comparison failed:");
                log.rom("Attempting to boot anyway...");
            }
            image
        }
        // What is loaded of it is no program.
        Err(_) => return Err(ResetCause::BootWatchdog),
    };
    if chip.checks_bootloader && image.chip_id != chip.image_id {
        let (expected, read) = (chip.image_id, image.chip_id);
        log.rom(&format!(
            "Invalid chip id. Expected {expected} read {read}. Bootloader for wrong chip?"
        ));
        return Err(ResetCause::BootWatchdog);
    }
    for segment in &image.segments {
        let (address, len) = (segment.address, segment.len);
        log.rom(&match chip.decimal_lengths {
            true => format!("load:0x{address:08x},len:{len}"),
            false => format!("load:0x{address:08x},len:0x{len:x}"),
        });
    }
    log.rom(&format!("entry 0x{:08x}", image.entry));
    // Where the ROM does not look, code for another chip is run, which says nothing.
    if image.chip_id != chip.image_id {
        return Err(ResetCause::BootWatchdog);
    }
    log.bootloader(&image, flash, chip);
    // The bootloader looks at its own header, though not for how new the chip may be.
    let own = Image { revisions: (image.revisions.0, 0), ..image };
    own.fits(chip).map(drop).map_err(|fault| {
        log.error(fault.tag(), &fault.to_string());
        ResetCause::BootWatchdog
    })
}

/// What the bootloader does: read the table, choose an application, check and start it.
fn second_stage(
    chip: &ChipFacts,
    flash: &mut Flash,
    log: &mut BootLog,
) -> Result<BootEnd, ResetCause> {
    let table = flash.read(TABLE, partitions::TABLE_LEN).unwrap_or_default();
    let table = match partitions::parse(table, SIZE) {
        Ok(table) => table,
        Err(fault) => {
            log.error("flash_parts", &fault.to_string());
            log.error("boot", "Failed to verify partition table");
            log.error("boot", "load partition table error!");
            return Err(ResetCause::Software);
        }
    };
    log.info("boot", "Partition Table:");
    log.info("boot", "## Label            Usage          Type ST Offset   Length");
    for (i, part) in table.iter().enumerate() {
        log.info("boot", &part.line(i));
    }
    log.info("boot", "End of partition table");

    for part in ota::order(&table, flash) {
        let whole = Image::check(flash, part.offset, SIZE.saturating_sub(part.offset));
        // The header is looked at first, the hash last.
        let whole = match whole {
            Err(ImageFault::Hash { image }) => {
                image.clone().fits(chip).and(Err(ImageFault::Hash { image }))
            }
            whole => whole,
        };
        let fitting = whole.and_then(|image| image.within(part.len));
        match fitting.and_then(|image| image.fits(chip)) {
            Ok(image) => return Ok(start(chip, flash, &table, part, &image, log)),
            Err(fault) => {
                if let Some(image) = fault.image() {
                    log.segments(image, chip);
                }
                log.error(
                    fault.tag(),
                    &fault.to_string().replace("{at}", &format!("0x{:x}", part.offset)),
                );
                log.error("boot", &format!("{} is not bootable", part.role()));
            }
        }
    }
    log.error("boot", "No bootable app partitions in the partition table");
    Err(ResetCause::Software)
}

fn start(
    chip: &ChipFacts,
    flash: &mut Flash,
    table: &[Partition],
    part: &Partition,
    image: &Image,
    log: &mut BootLog,
) -> BootEnd {
    log.segments(image, chip);
    log.info("boot", &format!("Loaded app from partition at offset 0x{:x}", part.offset));
    if let Some(sequence) = ota::note_start(table, flash, part) {
        log.info("boot", &format!("Set actual ota_seq={sequence} in otadata[0]"));
    }
    let Some(application) = Application::read(flash, image) else {
        log.rom(
            "simulator: the application has no descriptor, and foreign code cannot be run here",
        );
        return BootEnd::Foreign;
    };
    if application.name == OURS {
        return BootEnd::Espalier(application, table.to_vec());
    }
    log.rom(&format!(
        "simulator: the application is {} {}; foreign code cannot be run here",
        application.name, application.version
    ));
    BootEnd::Foreign
}
