//! What a board says, followed byte by byte.

use super::boot_failure::is_starter;
use super::log_line::ansi_free;
use super::{
    AddressLink, Boot, BootFailure, BootLine, Chip, EspLogLine, Panic, ReportParser, RestartWatch,
    find_links, panic,
};
use crate::Timestamp;

/// Something found in what the board said.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// The chip started.
    Started(Boot),
    /// ROM or bootloader said something that needs explaining.
    Notice(BootLine),
    /// The ROM says which chip it is.
    Rom(Chip),
    /// The program that starts says which ELF file it was linked from: first digits of its SHA-256.
    Program(String),
    /// A program said its first line since the last start.
    ProgramSpeaks,
    /// A start is over without one: why, and the line that told it first.
    DoesNotStart(&'static BootFailure, String),
    /// The program died, and its report is complete.
    Panicked(Panic),
    /// Another report is complete: where a program is that goes on, what it remembers of its last death, a core dump.
    Reported(Panic),
    /// The board told an address (never one of a client that it talks to: the last `addr=`, `ip` or lone address counts).
    Address(AddressLink),
}

impl Finding {
    fn reported(panic: Panic) -> Self {
        if panic.is_death() { Self::Panicked(panic) } else { Self::Reported(panic) }
    }
}

/// Cuts what a board says into lines and finds what matters. Bounded: a longer line is looked at in pieces.
#[derive(Clone, Debug, Default)]
pub struct ConsoleScanner {
    line: Vec<u8>,
    panic: ReportParser,
    restarts: RestartWatch,
    program_spoke: bool,
    /// What ends this start, as far as it was told, and the line that told it.
    stop: Option<(&'static BootFailure, String)>,
    /// The board has told that this start is over.
    over: bool,
    /// A panic was complete since the last start.
    died: bool,
    noise: NoiseDetector,
    /// When something came last.
    heard: Timestamp,
}

/// Tells text from what comes at a wrong speed.
#[derive(Clone, Debug, Default)]
struct NoiseDetector {
    bytes: u32,
    odd: u32,
    told: bool,
}

impl NoiseDetector {
    /// So many bytes are judged together.
    const WINDOW: u32 = 192;

    /// `true` when what came is no text, once.
    fn hear(&mut self, bytes: &[u8]) -> bool {
        // Text of any language is valid UTF-8, but for a character at either end.
        let text = std::str::from_utf8(bytes).is_ok();
        let is_odd = |byte: &&u8| match **byte {
            b'\r' | b'\n' | b'\t' | 0x1b => false,
            0x80.. => !text,
            byte => !(0x20..0x7f).contains(&byte),
        };
        self.bytes = self.bytes.saturating_add(bytes.len() as u32);
        self.odd = self.odd.saturating_add(bytes.iter().filter(is_odd).count() as u32);
        if self.bytes < Self::WINDOW {
            return false;
        }
        let is_noise = self.odd >= self.bytes / 10 * 4;
        (self.bytes, self.odd) = (0, 0);
        is_noise && !std::mem::replace(&mut self.told, is_noise)
    }
}

impl ConsoleScanner {
    /// One that keeps core dumps.
    pub fn keeping_dumps() -> Self {
        Self { panic: ReportParser::keeping_dumps(), ..Self::default() }
    }

    /// Longer lines are cut here.
    pub const LONGEST_LINE: usize = 4096;
    /// A panic that is followed by this much silence is complete.
    pub const PANIC_SILENCE_NS: i64 = 1_000_000_000;

    /// Takes received bytes; `found` is called for each finding, in order.
    pub fn receive(&mut self, bytes: &[u8], at: Timestamp, mut found: impl FnMut(Finding)) {
        self.heard = at;
        if self.noise.hear(bytes) && self.stop.is_none() {
            found(Finding::Notice(BootLine::noise()));
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = Self::LONGEST_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") || self.line.len() >= Self::LONGEST_LINE {
                let line = std::mem::take(&mut self.line);
                self.finish_line(&String::from_utf8_lossy(&line), at, &mut found);
                self.line = line;
                self.line.clear();
            }
        }
    }

    /// Time passes: a panic that nothing follows is told, with what came of a line that was cut off.
    pub fn tick(&mut self, now: Timestamp, mut found: impl FnMut(Finding)) {
        let is_silent = now.0.saturating_sub(self.heard.0) >= Self::PANIC_SILENCE_NS;
        let is_report = self.panic.open_since().is_some() || ReportParser::may_begin(&self.line);
        if is_silent && is_report && !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.finish_line(&String::from_utf8_lossy(&line), self.heard, &mut found);
        }
        if self.panic.open_since().is_some_and(|at| now.0 - at.0 >= Self::PANIC_SILENCE_NS) {
            self.panic.finish().into_iter().for_each(|panic| self.report(panic, &mut found));
        }
    }

    /// We reset or flashed the board, or the port was reopened: what came before says nothing about what comes.
    pub fn start_over(&mut self) {
        self.restarts.start_over();
        self.line.clear();
        self.program_spoke = false;
        (self.stop, self.over) = (None, false);
        self.died = false;
        self.noise = NoiseDetector::default();
    }

    /// A program has said something since the last start.
    pub const fn program_spoke(&self) -> bool {
        self.program_spoke
    }

    /// Why the last start is over without a program, when it is: the reason, and the line that told it.
    pub fn does_not_start(&self) -> Option<(&'static BootFailure, &str)> {
        let (stop, line) = self.stop.as_ref().filter(|_| self.over)?;
        Some((stop, line))
    }

    /// Restarts so far.
    pub const fn restarts(&self) -> &RestartWatch {
        &self.restarts
    }

    fn report(&mut self, panic: Panic, found: &mut impl FnMut(Finding)) {
        self.died |= panic.is_death();
        found(Finding::reported(panic));
    }

    /// No program comes of this start any more.
    fn end_start(&mut self, found: &mut impl FnMut(Finding)) {
        let Some((stop, line)) = self.stop.as_ref().filter(|(stop, _)| stop.ends_start()) else {
            return;
        };
        if !self.program_spoke && !std::mem::replace(&mut self.over, true) {
            found(Finding::DoesNotStart(stop, line.clone()));
        }
    }

    fn finish_line(&mut self, line: &str, at: Timestamp, found: &mut impl FnMut(Finding)) {
        let reported = self.panic.line(line, at);
        let in_report = self.panic.open_since().is_some() || !reported.is_empty();
        reported.into_iter().for_each(|panic| self.report(panic, found));
        match BootLine::parse(line, at) {
            Some(BootLine::Started(mut boot)) => {
                boot.after_panic = std::mem::take(&mut self.died);
                // A chip that is held in its loader by somebody has not failed.
                if !boot.download {
                    self.end_start(found);
                }
                self.restarts.started(&boot);
                self.program_spoke = false;
                (self.stop, self.over) = (None, false);
                return found(Finding::Started(boot));
            }
            Some(BootLine::Stop(stop)) => {
                // What follows from it is no news.
                if self.stop.as_ref().is_none_or(|(told, _)| stop.outweighs(told)) {
                    self.stop = Some((stop, ansi_free(line).trim().to_owned()));
                    found(Finding::Notice(BootLine::Stop(stop)));
                }
                if stop.ends_start() && BootFailure::is_last_word(line) {
                    self.end_start(found);
                }
                return;
            }
            Some(notice) => return found(Finding::Notice(notice)),
            None => {}
        }
        if let Some(chip) = rom_of(line) {
            found(Finding::Rom(chip));
        }
        let log = EspLogLine::parse(line);
        // A bootloader says it where the ROM's greeting was missed.
        let named = log.as_ref().and_then(|log| log.tag.strip_prefix("boot.")?.parse().ok());
        if let Some(chip) = named {
            found(Finding::Rom(chip));
        }
        if let Some(log) = &log
            && let Some(sha256) = panic::elf(log.text)
        {
            found(Finding::Program(sha256));
        }
        // Noise (a wrong speed, a line cut in the middle) is nobody's word.
        let is_text = !line.contains(char::REPLACEMENT_CHARACTER);
        let by_program = log
            .as_ref()
            .map_or_else(|| is_text && !in_report && !is_rom(line), |log| !is_start_up(log));
        if by_program && !self.program_spoke {
            self.program_spoke = true;
            found(Finding::ProgramSpeaks);
        }
        let Some(log) = log else { return };
        if !log.text.contains("peer=") {
            // The offset counts from the line's beginning, so that a row can be marked with it.
            found_address(line).into_iter().for_each(|link| found(Finding::Address(link)));
        }
    }
}

/// The chip whose ROM greets so: `ESP-ROM:esp32c3-api1-20210207`; the ESP32's says only when it was made.
fn rom_of(line: &str) -> Option<Chip> {
    match line.split_once("ESP-ROM:") {
        Some((_, name)) => name.split(['-', '\r', '\n']).next()?.parse().ok(),
        None => {
            let esp32 = ["ets Jun  8 2016", "ets Jul 29 2019"];
            esp32.iter().any(|greeting| line.starts_with(greeting)).then_some(Chip::Esp32)
        }
    }
}

/// A line that a ROM prints, or nothing.
fn is_rom(line: &str) -> bool {
    const BEGINNINGS: [&str; 28] = [
        "ESP-ROM:",
        "ets ",
        "Build:",
        "rst:",
        "SPIWP:",
        "mode:",
        "load:",
        "ho ",
        "tail ",
        "entry ",
        "configsip",
        "clk_drv",
        "Saved PC",
        "csum",
        "flash read err",
        "Core0 Saved",
        "Core1 Saved",
        "ets_",
        "SHA-256 comparison failed",
        "Calculated: ",
        "Expected: ",
        "Attempting to boot anyway",
        "Valid secure boot key blocks",
        "Octal Flash",
        "Falling back to built-in",
        "boot.mode",
        "epc1=",
        "waiting for host",
    ];
    let line = line.trim();
    line.is_empty() || BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

/// The second-stage bootloader and ESP-IDF's start-up code speak before the program's own code runs, and may still give
/// up. Our own firmware greets under `boot`, too.
fn is_start_up(line: &EspLogLine<'_>) -> bool {
    is_starter(line.tag) && !line.text.starts_with("started app=")
}

/// The first address of a line that is not named as somebody else's.
fn found_address(line: &str) -> Option<AddressLink> {
    const OTHERS: [&str; 5] = ["gw:", "gw=", "gateway", "dns", "mask"];
    find_links(line).into_iter().find(|link| {
        let before = line.get(..link.range.start).unwrap_or_default().trim_end();
        let lower = before.to_ascii_lowercase();
        !OTHERS.iter().any(|word| {
            lower.ends_with(word)
                || lower.ends_with(&format!("{word}="))
                || lower.ends_with(&format!("{word}:"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "ESP-ROM:esp32c3-api1-20210207\r\n\
        rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n\
        I (30) boot: ESP-IDF v5.1.2 2nd stage bootloader\r\n\
        \x1b[0;32mI (900) wifi: got ip: 10.0.2.15 gw: 10.0.2.2\x1b[0m\r\n\
        I (950) tcp: listening addr=10.0.2.15:7681\r\n\
        I (990) tcp: accepted peer=192.168.1.77:50123 slot=1\r\n\
        Guru Meditation Error: Core  0 panic'ed (Load access fault)\r\n\
        MEPC    : 0x42001234  RA      : 0x42005678\r\n";

    fn findings(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<Finding> {
        let mut console = ConsoleScanner::default();
        let mut all = Vec::new();
        for piece in pieces {
            console.receive(&piece, Timestamp(0), |finding| all.push(finding));
        }
        console.tick(Timestamp(ConsoleScanner::PANIC_SILENCE_NS), |finding| all.push(finding));
        all
    }

    #[test]
    fn a_boot_log_is_followed_from_banner_to_panic() {
        let all = findings(std::iter::once(LOG.as_bytes().to_vec()));
        let [
            Finding::Rom(Chip::Esp32C3),
            Finding::Started(boot),
            Finding::ProgramSpeaks,
            Finding::Address(ip),
            Finding::Address(listening),
            Finding::Panicked(panic),
        ] = all.as_slice()
        else {
            panic!("{all:#?}")
        };
        assert!(!boot.download);
        assert_eq!((ip.ip.to_string().as_str(), ip.port), ("10.0.2.15", None));
        assert_eq!(listening.port, Some(7681));
        assert_eq!(panic.frames().count(), 2);
    }

    #[test]
    fn a_bootloader_tells_the_chip_where_the_greeting_was_missed() {
        let all = findings(std::iter::once(b"I (44) boot.esp32s3: SPI Speed : 80MHz\r\n".to_vec()));
        assert_eq!(all, [Finding::Rom(Chip::Esp32S3)]);
    }

    fn notices(text: &[u8]) -> Vec<String> {
        let all = findings(std::iter::once(text.to_vec()));
        let notice = |it: &Finding| match it {
            Finding::Notice(line) => Some(line.explanation().to_string()),
            _ => None,
        };
        all.iter().filter_map(notice).collect()
    }

    #[test]
    fn of_what_ends_a_start_the_cause_is_told_once() {
        let told = notices(
            b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n\
              E (59) flash_parts: partition 4 invalid - offset 0x710000 size 0x400000 exceeds flash chip size 0x400000\r\n\
              E (69) boot: Failed to verify partition table\r\n\
              E (74) boot: load partition table error!\r\n",
        );
        assert!(matches!(told.as_slice(), [only] if only.contains("larger flash")), "{told:?}");
    }

    #[test]
    fn start_up_code_that_gives_up_is_no_program_that_speaks() {
        let all = findings(std::iter::once(
            b"E (900) quad_psram: PSRAM chip not found or not supported\r\n\
              E (901) cpu_start: Failed to init external RAM!\r\n\
              abort() was called at PC 0x40081234 on core 0\r\n\r\n\
              Backtrace: 0x40081231:0x3ffb1000\r\n\r\nRebooting...\r\n\
              rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
                .to_vec(),
        ));
        assert!(!all.contains(&Finding::ProgramSpeaks), "{all:#?}");
        assert!(matches!(all.last(), Some(Finding::Started(boot)) if boot.after_panic), "{all:#?}");
    }

    /// What ended each start.
    fn ended(text: &str) -> Vec<String> {
        let all = findings(std::iter::once(text.as_bytes().to_vec()));
        let ended = |it: &Finding| match it {
            Finding::DoesNotStart(why, line) => Some(format!("{line}: {}", why.explanation())),
            _ => None,
        };
        all.iter().filter_map(ended).collect()
    }

    #[test]
    fn a_start_that_is_over_is_told_once_with_its_first_reason() {
        const BANNER: &str = "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n";
        let told = ended(&format!(
            "{BANNER}invalid header: 0xffffffff\r\ninvalid header: 0xffffffff\r\n{BANNER}"
        ));
        assert!(matches!(told.as_slice(), [only] if only.contains("empty")), "{told:?}");
        // A bootloader goes on with the next slot; when it restarts instead, none was any good.
        let revision =
            "E (79) boot_comm: chip revision check failed. Required >= v3.0, found v1.0.\r\n";
        let told = ended(&format!("{BANNER}{revision}"));
        assert_eq!(told, [""; 0]);
        let told = ended(&format!("{BANNER}{revision}{BANNER}"));
        assert!(matches!(told.as_slice(), [only] if only.contains("older than")), "{told:?}");
        let last = "E (90) boot: No bootable app partitions in the partition table\r\n";
        let told = ended(&format!("{BANNER}{revision}{last}"));
        assert!(matches!(told.as_slice(), [only] if only.contains("older than")), "{told:?}");
        let other = "E (60) esp_image: image at 0x20000 has invalid magic byte (nothing flashed here?)\r\n\
                     I (70) app_init: Project name: garden\r\n";
        assert_eq!(ended(&format!("{BANNER}{other}{BANNER}")), [""; 0]);
        let running = "I (70) app: hello\r\nBrownout detector was triggered\r\n";
        assert_eq!(ended(&format!("{BANNER}{running}{BANNER}")), [""; 0]);
    }

    #[test]
    fn what_rom_and_bootloader_say_is_no_program_that_speaks() {
        for line in [
            "ets_main.c 371 ",
            "SHA-256 comparison failed:",
            "Attempting to boot anyway...",
            "Saved PC:0x403cd9f0",
            "I (30) boot: chip revision: v0.4",
            "I (34) boot.esp32c3: SPI Speed : 80MHz",
            "E (79) boot_comm: chip revision check failed. Required >= v3.0, found v1.0.",
            "E (59) flash_parts: partition 0 invalid magic number 0xffff",
            "W (59) bootloader_init: PRO CPU has been reset by WDT.",
            "I (60) qio_mode: Enabling default flash chip QIO",
            "I (70) secure_boot_v2: Verifying with RSA-PSS...",
        ] {
            let all = findings(std::iter::once(format!("{line}\r\n").into_bytes()));
            assert!(!all.contains(&Finding::ProgramSpeaks), "{line}");
        }
    }

    #[test]
    fn noise_is_told_once_and_text_of_any_language_is_none() {
        // What 115200 baud make of 74880: few values, most of them no text.
        let noise: Vec<u8> = (0..3000_u32)
            .map(|at| [0xfc, 0x00, 0xe0, 0x1c, 0x9c, 0x80, 0xf0, b'['][(at * 7 % 31 % 8) as usize])
            .collect();
        let told = notices(&noise);
        assert!(matches!(told.as_slice(), [only] if only.contains("74880")), "{told:?}");
        assert_eq!(
            notices("日志：温度传感器已连接，一切正常。\r\n".repeat(40).as_bytes()),
            [""; 0]
        );
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_are_cut() {
        let whole = findings(std::iter::once(LOG.as_bytes().to_vec()));
        assert_eq!(findings(LOG.bytes().map(|byte| vec![byte])), whole);
    }

    #[test]
    fn endless_line_is_bounded_and_binary_noise_is_harmless() {
        let mut console = ConsoleScanner::default();
        for _ in 0..100 {
            console.receive(&[0xC0; 1000], Timestamp(0), |finding| {
                assert_eq!(finding, Finding::Notice(BootLine::noise()));
            });
            assert!(console.line.len() <= ConsoleScanner::LONGEST_LINE);
        }
    }
}
