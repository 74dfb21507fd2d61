//! What ROM and bootloader print when a chip starts, and what it means.

use std::collections::VecDeque;

use super::boot_failure::BootFailure;
use super::log_line::ansi_free;
use crate::{Sentence, Timestamp, say};

/// Why a chip started again.
///
/// The name in the banner decides; the number differs from chip to chip (esp-idf `soc/*/reset_reasons.h`, ROM names).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResetCause {
    /// Power came, or EN went high.
    PowerOn,
    /// The program asked for it.
    Software,
    /// The chip woke from deep sleep.
    DeepSleep,
    /// A watchdog: the program hung.
    Watchdog,
    /// The supply sank below what the chip needs.
    BrownOut,
    /// The clock or the supply was disturbed.
    Glitch,
    /// The host asked for it over USB.
    Usb,
    /// The eFuse block could not be read without errors.
    Efuse,
    /// The other core asked for it.
    OtherCore,
    /// Something else.
    Other,
}

impl ResetCause {
    /// Every cause.
    pub const ALL: [Self; 10] = [
        Self::PowerOn,
        Self::Software,
        Self::DeepSleep,
        Self::Watchdog,
        Self::BrownOut,
        Self::Glitch,
        Self::Usb,
        Self::Efuse,
        Self::OtherCore,
        Self::Other,
    ];

    /// The cause's name in captures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PowerOn => "power on",
            Self::Software => "software",
            Self::DeepSleep => "deep sleep",
            Self::Watchdog => "watchdog",
            Self::BrownOut => "brown-out",
            Self::Glitch => "glitch",
            Self::Usb => "usb",
            Self::Efuse => "efuse",
            Self::OtherCore => "other core",
            Self::Other => "other",
        }
    }

    /// Whether it is a misfortune rather than something that somebody wanted.
    pub const fn is_crash(self) -> bool {
        matches!(self, Self::Watchdog | Self::BrownOut | Self::Glitch | Self::Efuse)
    }

    /// Reads number and name out of `rst:0xf (BROWNOUT_RST)`; the number is used where the name says nothing.
    pub fn read(number: u32, name: &str) -> Self {
        let has = |part: &str| name.to_ascii_uppercase().contains(part);
        match () {
            () if has("POWERON") || has("POWER_ON") => Self::PowerOn,
            () if has("BROWN") || has("RTCWDT_BROWN_OUT") => Self::BrownOut,
            () if has("DEEPSLEEP") || has("DSLEEP") => Self::DeepSleep,
            () if has("GLITCH") => Self::Glitch,
            () if has("USB") => Self::Usb,
            () if has("EFUSE") => Self::Efuse,
            () if has("EXT_CPU") => Self::OtherCore,
            () if has("WDT") => Self::Watchdog,
            () if has("SW_") || has("SW_RESET") || has("SW_CPU") => Self::Software,
            () => match number {
                0x1 => Self::PowerOn,
                0x3 | 0xc => Self::Software,
                0x5 => Self::DeepSleep,
                0x7..=0x9 | 0xb | 0xd | 0x10 | 0x12 => Self::Watchdog,
                0xe => Self::OtherCore,
                0xf => Self::BrownOut,
                0x13 => Self::Glitch,
                0x14 => Self::Efuse,
                0x15 | 0x16 => Self::Usb,
                _ => Self::Other,
            },
        }
    }

    /// Whether nobody asked for such a start.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Watchdog | Self::BrownOut | Self::Glitch | Self::Efuse)
    }

    /// What it means and, where there is something, what to do.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::PowerOn => "Power came on or the reset button was pressed.",
            Self::Software => "The program restarted the chip by itself.",
            Self::DeepSleep => "The chip woke from deep sleep.",
            Self::Watchdog => {
                "A watchdog restarted the chip: the start did not succeed, or the program hung."
            }
            Self::BrownOut => {
                "The supply voltage sank too low (brown-out): use a shorter or better USB cable, another port, or a stronger supply."
            }
            Self::Glitch => "The clock or the supply was disturbed.",
            Self::Usb => "The computer reset the chip over USB.",
            Self::Efuse => "The chip could not read its eFuses without errors.",
            Self::OtherCore => "The other core restarted this one.",
            Self::Other => "The chip restarted.",
        }
    }
}

/// One start of a chip, as its banner tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// When the banner came.
    pub at: Timestamp,
    /// Why it started.
    pub cause: ResetCause,
    /// The number behind `rst:`.
    pub reset_number: u32,
    /// The name behind it, as printed.
    pub reset_name: String,
    /// The boot mode's name, as printed: `SPI_FAST_FLASH_BOOT`, `DOWNLOAD(USB/UART0)` …
    pub mode: String,
    /// The chip went into the loader instead of starting a program.
    pub download: bool,
    /// The program had panicked just before.
    pub after_panic: bool,
}

/// A line of ROM or bootloader that means something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BootLine {
    /// `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)`: the chip starts.
    Started(Boot),
    /// `waiting for download`: the loader listens.
    WaitingForDownload,
    /// The start ends here.
    Stop(&'static BootFailure),
}

impl BootLine {
    /// Reads one line; `at` is when it came.
    pub fn parse(line: &str, at: Timestamp) -> Option<Self> {
        let line = ansi_free(line);
        let line = line.trim();
        if let Some(boot) = Boot::parse(line, at) {
            return Some(Self::Started(boot));
        }
        const LOADER: [&str; 3] =
            ["waiting for download", "wait usb download", "waiting usb download"];
        let lower = line.to_ascii_lowercase();
        if LOADER.iter().any(|words| lower.starts_with(words)) {
            return Some(Self::WaitingForDownload);
        }
        BootFailure::find(line).map(Self::Stop)
    }

    /// What comes is no text: the speed is wrong.
    pub fn noise() -> Self {
        Self::Stop(BootFailure::noise())
    }

    /// The line is [`Self::noise`].
    pub fn is_noise(&self) -> bool {
        *self == Self::noise()
    }

    /// Says that there is no program in flash that the chip could run.
    pub const fn is_nothing_to_run(&self) -> bool {
        matches!(self, Self::Stop(stop) if stop.is_nothing_to_run())
    }

    /// What it means and what to do.
    pub fn explanation(&self) -> Sentence {
        match self {
            Self::Started(boot) => boot.explanation().into(),
            Self::WaitingForDownload => say!(
                "notice-download",
                "The loader listens: the board can be flashed now. Press RST (EN) without BOOT to start the program"
            ),
            Self::Stop(stop) => stop.explanation(),
        }
    }
}

impl Boot {
    /// Why it started, and what to do where there is something.
    pub const fn explanation(&self) -> &'static str {
        match self.cause {
            _ if self.download => {
                "The chip waits in its loader. Press RST (EN) without BOOT to start the program."
            }
            ResetCause::Software if self.after_panic => "The chip restarted after the panic.",
            cause => cause.explanation(),
        }
    }

    /// Reads `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)`, with anything before and after.
    fn parse(line: &str, at: Timestamp) -> Option<Self> {
        let (_, rest) = line.split_once("rst:0x")?;
        let (reset_number, reset_name, rest) = number_and_name(rest)?;
        let (_, rest) = rest.split_once("boot:0x")?;
        let (_, mode, _) = number_and_name(rest)?;
        Some(Self {
            at,
            cause: ResetCause::read(reset_number, reset_name),
            reset_number,
            reset_name: reset_name.to_owned(),
            mode: mode.to_owned(),
            download: mode.to_ascii_uppercase().contains("DOWNLOAD"),
            after_panic: false,
        })
    }
}

/// Splits `13 (NAME (with brackets)),…` into number, name and rest.
fn number_and_name(text: &str) -> Option<(u32, &str, &str)> {
    let (digits, rest) = text.split_once(" (")?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let mut depth = 1;
    let end = rest.char_indices().find_map(|(at, c)| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        (depth == 0).then_some(at)
    })?;
    Some((number, rest.get(..end)?, rest.get(end + 1..)?))
}

/// Tells a board that starts over and over from one that was reset now and then.
#[derive(Clone, Debug, Default)]
pub struct RestartWatch {
    recent: VecDeque<(Timestamp, ResetCause)>,
    total: u64,
}

impl RestartWatch {
    /// This many starts within [`Self::WINDOW_NS`] are a loop.
    pub const LOOP: usize = 3;
    /// Ten seconds.
    pub const WINDOW_NS: i64 = 10_000_000_000;

    /// A start was seen. A chip that waits in its loader is not restarting by itself.
    pub fn started(&mut self, boot: &Boot) {
        self.total += 1;
        if boot.download {
            self.recent.clear();
            return;
        }
        self.recent.push_back((boot.at, boot.cause));
        if self.recent.len() > Self::LOOP {
            self.recent.pop_front();
        }
    }

    /// We reset the board ourselves, or flashed it: earlier starts say nothing about what comes.
    pub fn start_over(&mut self) {
        self.recent.clear();
    }

    /// How often the board started.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The cause of the latest start, while the board restarts over and over.
    pub fn looping(&self, now: Timestamp) -> Option<ResetCause> {
        let (first, _) = self.recent.front()?;
        let (_, cause) = self.recent.back()?;
        (self.recent.len() >= Self::LOOP && now.0 - first.0 <= Self::WINDOW_NS).then_some(*cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boot(line: &str) -> Boot {
        match BootLine::parse(line, Timestamp(0)) {
            Some(BootLine::Started(boot)) => boot,
            other => panic!("{line:?} is {other:?}"),
        }
    }

    #[test]
    fn banners_of_several_chips_are_explained() {
        let esp32 = boot("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)");
        assert_eq!((esp32.cause, esp32.download), (ResetCause::PowerOn, false));
        assert_eq!(esp32.mode, "SPI_FAST_FLASH_BOOT");
        let c3 = boot("rst:0x15 (USB_UART_CHIP_RESET),boot:0x5 (DOWNLOAD(USB/UART0/1))");
        assert_eq!((c3.cause, c3.download), (ResetCause::Usb, true));
        assert_eq!(c3.mode, "DOWNLOAD(USB/UART0/1)");
        assert_eq!(
            boot("rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)").cause,
            ResetCause::BrownOut
        );
        assert_eq!(boot("rst:0xc (SW_CPU_RESET),boot:0x13 (X)").cause, ResetCause::Software);
        assert_eq!(boot("rst:0x8 (TG1WDT_SYS_RST),boot:0xc (X)").cause, ResetCause::Watchdog);
        assert_eq!(boot("rst:0xe (EXT_CPU_RESET),boot:0x13 (X)").cause, ResetCause::OtherCore);
        assert_eq!(boot("rst:0x5 (WHATEVER),boot:0x13 (X)").cause, ResetCause::DeepSleep);
    }

    #[test]
    fn lines_of_a_start_are_told_from_others() {
        let parse = |line| BootLine::parse(line, Timestamp(0));
        assert!(parse("invalid header: 0xffffffff").is_some_and(|it| it.is_nothing_to_run()));
        assert_eq!(parse("waiting for download\r"), Some(BootLine::WaitingForDownload));
        assert!(
            parse(
                "\x1b[0;31mE (60) boot: No bootable app partitions in the partition table\x1b[0m"
            )
            .is_some()
        );
        assert_eq!(parse("rst:0x"), None);
        assert_eq!(parse("rst:0x1 (A),boot:0x2 (B"), None);
        assert_eq!(parse("I (5) app: hello"), None);
        assert_eq!(parse("I (5) app: waiting for download"), None);
    }

    #[test]
    fn a_restart_after_a_panic_says_so_and_no_other() {
        let mut boot = boot("rst:0xc (SW_CPU_RESET),boot:0x13 (X)");
        assert!(!boot.explanation().contains("panic"));
        boot.after_panic = true;
        assert!(boot.explanation().contains("after the panic"));
    }

    #[test]
    fn three_starts_in_ten_seconds_are_a_loop_until_forgiven_or_past() {
        let mut watch = RestartWatch::default();
        let mut boot = boot("rst:0x8 (TG1WDT_SYS_RST),boot:0xc (SPI)");
        for second in [0_i64, 3, 6] {
            assert_eq!(watch.looping(boot.at), None);
            boot.at = Timestamp(second * 1_000_000_000);
            watch.started(&boot);
        }
        assert_eq!(watch.looping(boot.at), Some(ResetCause::Watchdog));
        assert_eq!(watch.looping(Timestamp(60_000_000_000)), None);
        watch.start_over();
        assert_eq!(watch.looping(boot.at), None);
        assert_eq!(watch.total(), 3);
    }
}
