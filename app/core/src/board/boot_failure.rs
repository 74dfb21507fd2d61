//! What ROMs and second-stage bootloaders say when a start ends, as data: the words, the cause, and what to do.

use crate::board::{EspLogLine, LogLevel};
use crate::{Sentence, say};

/// A reason why a board does not start.
#[derive(Clone, Copy)]
pub struct BootFailure {
    /// What the line contains, in lower case; one of these.
    signs: &'static [&'static str],
    /// What stands behind it.
    rank: Rank,
    /// There is no program in flash that could run: flashing is the way out.
    no_program: bool,
    /// No program runs after this.
    ends: bool,
    says: fn() -> Sentence,
}

/// How much a line tells: what is told later in the same start replaces only what tells less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The failure explains what is seen.
    Remark,
    /// The failure follows from something that was said before, where that was said.
    Consequence,
    /// The cause.
    Cause,
}

impl BootFailure {
    /// The reason that a line of ROM or bootloader tells.
    pub(super) fn find(line: &str) -> Option<&'static Self> {
        let lower = line.to_ascii_lowercase();
        // A program may say these words, too: only the parts of ESP-IDF that start a program are meant, and lines of a ROM,
        // which begin with them.
        let is_meant = |sign: &str| match EspLogLine::parse(line) {
            Some(log) => {
                log.level <= LogLevel::Warning && is_starter(log.tag) && lower.contains(sign)
            }
            None => {
                lower.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).starts_with(sign)
            }
        };
        STOPS.iter().find(|stop| stop.signs.iter().any(|sign| is_meant(sign)))
    }

    /// Whether such a line is the last word of a start: a ROM goes no further, and a bootloader has tried all there is.
    pub(super) fn is_last_word(line: &str) -> bool {
        const LAST: [&str; 4] = [
            "no bootable",
            "load partition table error",
            "failed to verify partition table",
            "failed to load bootloader image header",
        ];
        let lower = line.to_ascii_lowercase();
        EspLogLine::parse(line).is_none() || LAST.iter().any(|words| lower.contains(words))
    }

    /// Noise instead of text.
    pub(super) fn noise() -> &'static Self {
        &NOISE
    }

    /// There is no program in flash that the chip could run.
    pub const fn is_nothing_to_run(&self) -> bool {
        self.no_program
    }

    /// The failure tells more than a reason that was told before in the same start.
    pub fn outweighs(&self, other: &Self) -> bool {
        self.rank > other.rank
    }

    /// No program runs after this; else it is only a reason why what comes cannot be read.
    pub(super) fn ends_start(&self) -> bool {
        self.ends
    }

    /// What it means and what to do.
    pub fn explanation(&self) -> Sentence {
        (self.says)()
    }
}

impl PartialEq for BootFailure {
    fn eq(&self, other: &Self) -> bool {
        self.signs == other.signs
    }
}

impl Eq for BootFailure {}

impl std::fmt::Debug for BootFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BootFailure").field(&self.signs.first()).finish()
    }
}

/// The tags under which ESP-IDF starts a program, before the program's own code runs.
pub(super) fn is_starter(tag: &str) -> bool {
    const TAGS: [&str; 30] = [
        "boot",
        "esp_image",
        "flash_parts",
        "boot_comm",
        "bootloader_flash",
        "bootloader_common",
        "bootloader_mmap",
        "bootloader_init",
        "secure_boot",
        "secure_boot_v1",
        "secure_boot_v2",
        "flash_encrypt",
        "spi_flash",
        "memspi",
        "quad_psram",
        "octal_psram",
        "opi psram",
        "esp_psram",
        "psram",
        "spiram",
        "cpu_start",
        "BOD",
        "clk",
        "rtc_clk",
        "qio_mode",
        "efuse",
        "cache_utils",
        "mmu_psram",
        "mspi_timing",
        "MSPI Timing",
    ];
    TAGS.contains(&tag.split('.').next().unwrap_or_default())
}

const fn cause(
    signs: &'static [&'static str],
    no_program: bool,
    says: fn() -> Sentence,
) -> BootFailure {
    BootFailure { signs, rank: Rank::Cause, no_program, ends: true, says }
}

const fn consequence(
    signs: &'static [&'static str],
    no_program: bool,
    says: fn() -> Sentence,
) -> BootFailure {
    BootFailure { signs, rank: Rank::Consequence, no_program, ends: true, says }
}

/// Something that explains what is seen, and ends nothing.
const fn remark(signs: &'static [&'static str], says: fn() -> Sentence) -> BootFailure {
    BootFailure { signs, rank: Rank::Remark, no_program: false, ends: false, says }
}

static NOISE: BootFailure = remark(&[], || {
    say!(
        "notice-noise",
        "What comes is no text at this speed. Try 74880 baud (the ROM of a chip with a 26 MHz crystal speaks at that), 115200, or what the program sets"
    )
});

/// Told from more special to more general: the first one that fits counts.
///
/// Sources: the strings of the ROMs (esp-rom-elfs), of the bootloaders that espflash 4.7 carries for every chip, and esp-idf
/// `esp_image_format.c`, `bootloader_utility.c`, `bootloader_common_loader.c`, `flash_partitions.c`, `spi_flash`, `esp_psram`.
static STOPS: [BootFailure; 26] = [
    cause(&["invalid header: 0xffffffff", "flash read err, 1000"], true, || {
        say!(
            "notice-empty",
            "The ROM finds nothing in flash where the bootloader belongs: the flash is empty, or the program was written to the wrong address. Flash the board. If it was flashed already, something disturbs the flash chip (GPIO12 high at reset on the classic ESP32, a wrong flash mode, the supply)"
        )
    }),
    cause(
        &[
            "flash read err",
            "spi flash error",
            "xmc flash startup fail",
            "xmc startup flow",
            "no response from device",
            "bootloader_flash_read failed",
        ],
        false,
        || {
            say!(
                "notice-flash-dead",
                "The chip cannot read its flash: the flash mode or speed does not fit the board (try DIO at 40 MHz), something else is connected to the flash pins, or the supply is too weak"
            )
        },
    ),
    cause(&["invalid header: 0x"], true, || {
        say!(
            "notice-no-image",
            "What is in flash where the bootloader belongs is no program: flash the board, bootloader included. On a board with flash encryption it must be written encrypted"
        )
    }),
    cause(&["csum err"], true, || {
        say!(
            "notice-csum",
            "The bootloader in flash is damaged (its checksum is wrong): flash the board again; if that does not help, flash at a lower speed and check the supply"
        )
    }),
    cause(
        &[
            "secure boot check fail",
            "secure boot verification failed",
            "signature verification failed",
            "signature block magic",
            "sig block 0 invalid",
            "public key digest",
            "valid secure boot key blocks: 0",
            "signature block don't match",
        ],
        false,
        || {
            say!(
                "notice-signature",
                "Secure boot refuses this program: it is not signed with the key that the chip was locked to. Sign it with that key; without it the board cannot run another program"
            )
        },
    ),
    cause(&["exceeds flash chip size"], false, || {
        say!(
            "notice-table-beyond",
            "The partition table is for a larger flash than this board has: build with the right flash size and a table that fits, or use a board with more flash. Flashing the same again cannot help"
        )
    }),
    cause(&["smaller than the size in the binary image header"], false, || {
        say!(
            "notice-flash-smaller",
            "The program was built for a larger flash than this board has: build it with the right flash size (CONFIG_ESPTOOLPY_FLASHSIZE), or flash with --flash-size detect"
        )
    }),
    cause(
        &[
            "chip revision check failed. required <=",
            "requires chip rev <=",
            "requires efuse blk rev <=",
        ],
        false,
        || {
            say!(
                "notice-revision-new",
                "This chip is newer than the program was built for: build it with a newer ESP-IDF, or raise the highest chip revision it allows"
            )
        },
    ),
    cause(
        &[
            "chip revision check failed",
            "configured for minimum revision",
            "can't run on lower chip revision",
            "requires chip rev",
            "requires efuse blk rev",
        ],
        false,
        || {
            say!(
                "notice-revision-old",
                "This chip is older than the program was built for: build it for this revision (CONFIG_ESP32…_REV_MIN; ESP_HAL_CONFIG_MIN_CHIP_REVISION with esp-hal), or use a newer chip. Flashing the same again cannot help"
            )
        },
    ),
    cause(&["mismatch chip id", "invalid chip id"], true, || {
        say!(
            "notice-wrong-chip",
            "The program in flash is for another chip: flash one that was built for this chip"
        )
    }),
    cause(&["doesn't fit in partition length"], false, || {
        say!(
            "notice-too-long",
            "The program is larger than its partition, and its end is cut off: build with a partition table that has a larger one, and flash the table, too"
        )
    }),
    cause(
        &[
            "image hash failed",
            "checksum failed. calculated",
            "invalid segment",
            "image offset has wrapped",
            "segment count",
            "overlaps bootloader",
            "overlaps loader",
            "doesn't match data",
            "bad load address",
            "exceeds partition size",
            "too short for app description",
            "failed to fetch app description",
            "bootloader_mmap(",
            "bootloader_mmap excess",
            "no free mmu pages",
            "vaddr not valid",
            "cache_flash_mmu_set failed",
            "invalid image block",
        ],
        true,
        || say!("notice-broken", "The program in flash is damaged: flash the board again"),
    ),
    cause(&["ota_info partition size", "larger than 16mb"], false, || {
        say!(
            "notice-table-sizes",
            "The partition table has a partition of a size that cannot be (an otadata of less than 8 KiB, or a program of more than 16 MB): correct the table, and flash it"
        )
    }),
    cause(&["chip cpu freq rated for", "invalid cpu freq", "unsupported frequency"], false, || {
        say!(
            "notice-cpu-frequency",
            "The program was built for a CPU frequency that this chip does not have: build it with a lower one (CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ)"
        )
    }),
    cause(&["fatal exception ("], false, || {
        say!(
            "notice-rom-crash",
            "The chip crashed before its program began: the bootloader is for another chip or damaged, or flash mode and speed do not fit the board. Flash the whole program for this chip again"
        )
    }),
    cause(&["user code done"], true, || {
        say!(
            "notice-user-code-done",
            "What was started ended at once: it is no program for this chip. Flash the whole program, bootloader included"
        )
    }),
    cause(&["nothing flashed here", "has invalid magic byte"], true, || {
        say!(
            "notice-no-program",
            "There is no program where the partition table says: flash the program, to the address that the table has for it"
        )
    }),
    cause(&["ota data partition invalid and no factory"], true, || {
        say!(
            "notice-ota",
            "No update slot holds a valid program, and there is no factory program to fall back to: flash the program into the first slot (ota_0), and erase otadata"
        )
    }),
    cause(
        &[
            "invalid magic number",
            "no terminating entry",
            "incorrect md5 checksum",
            "only one md5 checksum",
        ],
        true,
        || {
            say!(
                "notice-table-broken",
                "The partition table is missing, damaged, or not where the bootloader looks for it (0x8000, unless it was built for another place): flash the table"
            )
        },
    ),
    cause(
        &[
            "psram id read error",
            "psram chip not found",
            "psram chip is not connected",
            "failed to init external ram",
            "spi ram not initialized",
            "ram enabled but initialization failed",
            "kib chip but found",
        ],
        false,
        || {
            say!(
                "notice-psram",
                "The program wants external memory (PSRAM), and none answers: the module has none, or one of another kind (quad or octal). Build without it, or with the right kind"
            )
        },
    ),
    cause(&["octal flash option selected"], false, || {
        say!(
            "notice-octal-flash",
            "The program was built for octal flash (OPI), and this module has none: build it for quad flash (QIO or DIO; PlatformIO: board_build.arduino.memory_type = qio_opi or qio_qspi)"
        )
    }),
    cause(&["brownout detector was triggered"], false, || {
        say!(
            "notice-brown-out",
            "The supply voltage sank too low (brown-out): use a shorter or better USB cable, another port, or a stronger supply"
        )
    }),
    remark(
        &["possibly invalid config_xtal_freq", "potential bogus xtal freq", "bogus xtal freq"],
        || {
            say!(
                "notice-crystal",
                "The program was built for a crystal of another frequency than this board has: text comes at a wrong speed. Build it for this crystal (26 or 40 MHz), or try 74880 baud"
            )
        },
    ),
    cause(&["failed to load bootloader image header"], true, || {
        say!(
            "notice-no-bootloader",
            "There is no bootloader in flash: flash the whole program, not its application alone"
        )
    }),
    consequence(&["failed to verify partition table", "load partition table error"], true, || {
        say!(
            "notice-no-table",
            "The bootloader cannot use the partition table: flash the table and the program"
        )
    }),
    consequence(
        &["no bootable app partitions", "is not bootable", "no bootable test partition"],
        true,
        || {
            say!(
                "notice-not-bootable",
                "The bootloader finds no program that it could start: flash the board"
            )
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<String> {
        BootFailure::find(line).map(|stop| stop.explanation().to_string())
    }

    #[test]
    fn what_ends_a_start_has_a_cause_and_an_advice() {
        for (line, word) in [
            ("invalid header: 0xffffffff", "empty"),
            ("flash read err, 1000", "empty"),
            ("flash read err, 2000", "cannot read its flash"),
            ("invalid header: 0x12345678", "no program"),
            ("csum err:0xa9!=0x03", "damaged"),
            ("Invalid image block, can't boot.", "damaged"),
            ("Fatal exception (28): LoadProhibited", "crashed before"),
            ("user code done", "ended at once"),
            (
                "E (41) boot_comm: Image requires efuse blk rev <= v1.99, but chip is v2.3",
                "newer than",
            ),
            (
                "E (50) boot: ota_info partition size 4096 is too small (minimum 8192 bytes)",
                "8 KiB",
            ),
            ("E (50) esp_image: partition size 0x2000000 invalid, larger than 16MB", "16 MB"),
            ("E (50) esp_image: bootloader_mmap(0x10000, 0x2000000) failed", "damaged"),
            ("E (50) bootloader_flash: bootloader_mmap excess size 400000", "damaged"),
            ("E (50) bootloader_flash: No free MMU pages are available", "damaged"),
            (
                "E (50) esp_image: Segment 0: length 0x10 is too short for app description",
                "damaged",
            ),
            (
                "E (50) esp_image: Segment 1 0x40000000-0x40001000 invalid: bad load address range",
                "damaged",
            ),
            (
                "E (50) boot.esp32: Chip CPU freq rated for 160MHz, configured for 240MHz. Modify CPU freq in menuconfig",
                "CPU frequency",
            ),
            ("secure boot check fail", "Secure boot refuses"),
            ("secure boot verification failed", "Secure boot refuses"),
            ("Sig block 0 invalid: Image digest does not match", "Secure boot refuses"),
            ("E (521) esp_image: Secure boot signature verification failed", "Secure boot refuses"),
            (
                "E (59) flash_parts: partition 4 invalid - offset 0x710000 size 0x400000 exceeds flash chip size 0x400000",
                "larger flash",
            ),
            (
                "E (266) spi_flash: Detected size(2048k) smaller than the size in the binary image header(4096k). Probe failed.",
                "larger flash",
            ),
            (
                "E (79) boot_comm: chip revision check failed. Required >= v3.0, found v1.0.",
                "older than",
            ),
            (
                "E (79) boot_comm: chip revision check failed. Required <= v1.99, found v3.0.",
                "newer than",
            ),
            (
                "E (30) boot_comm: This chip is revision 1 but the application is configured for minimum revision 3. Can't run.",
                "older than",
            ),
            (
                "E (41) boot_comm: Image requires efuse blk rev >= v1.0, but chip is v0.3",
                "older than",
            ),
            ("E (40) boot_comm: mismatch chip ID, expected 5, found 9", "another chip"),
            ("Invalid chip id. Expected 9 read 5. Bootloader for wrong chip?", "another chip"),
            (
                "E (530) esp_image: Image length 1053936 doesn't fit in partition length 1048576",
                "larger than its partition",
            ),
            ("E (194) esp_image: invalid segment length 0x3ffb0000", "damaged"),
            ("E (194) esp_image: Checksum failed. Calculated 0x1 read 0x2", "damaged"),
            ("E (194) esp_image: Image hash failed - image is corrupt", "damaged"),
            (
                "E (116) esp_image: image at 0x20000 has invalid magic byte (nothing flashed here?)",
                "no program where",
            ),
            (
                "E (108) boot: ota data partition invalid and no factory, will try all partitions",
                "update slot",
            ),
            (
                "E (60) flash_parts: partition 0 invalid magic number 0xffff",
                "partition table is missing",
            ),
            ("E (69) boot: Failed to verify partition table", "cannot use the partition table"),
            ("E (556) boot: OTA app partition slot 0 is not bootable", "no program"),
            ("E (60) boot: No bootable app partitions in the partition table", "no program"),
            (
                "E (900) quad_psram: PSRAM ID read error: 0x00000000, PSRAM chip not found or not supported, or wrong PSRAM line mode",
                "PSRAM",
            ),
            ("E (25) cpu_start: Failed to init external RAM!", "PSRAM"),
            (
                "E (115) opi psram: PSRAM ID read error: 0x00000000, PSRAM chip not found or not supported",
                "PSRAM",
            ),
            ("E (225) spiram: SPI RAM enabled but initialization failed. Bailing out.", "PSRAM"),
            (
                "E (92) cpu_start: Octal Flash option selected, but EFUSE not configured!",
                "octal flash",
            ),
            ("E BOD: Brownout detector was triggered", "brown-out"),
            ("Brownout detector was triggered", "brown-out"),
            (
                "W (20) boot.esp32: Possibly invalid CONFIG_XTAL_FREQ setting (40MHz). Detected 26MHz.",
                "crystal",
            ),
        ] {
            assert!(said(line).is_some_and(|said| said.contains(word)), "{line}: {:?}", said(line));
        }
    }

    #[test]
    fn a_program_that_says_such_words_means_something_else() {
        assert_eq!(
            said("W (61010) update: image hash failed - image is corrupt, trying again"),
            None
        );
        assert_eq!(said("I (5) app: hello"), None);
        assert_eq!(said("parser: invalid header: 0x12345678"), None);
        assert_eq!(said("got csum err from the sensor"), None);
        assert_eq!(said("[E][main.cpp:20] loop(): brownout detector was triggered"), None);
    }

    #[test]
    fn a_consequence_does_not_replace_its_cause() {
        let find = |line| BootFailure::find(line).expect("known");
        let beyond = find(
            "E (59) flash_parts: partition 4 invalid - offset 0x1 size 0x4 exceeds flash chip size 0x4",
        );
        let table = find("E (69) boot: Failed to verify partition table");
        assert!(!table.outweighs(beyond) && beyond.outweighs(table) && !table.outweighs(table));
    }
}
