//! Panics: where one begins and ends in a log, and the addresses in it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use regex::bytes::Regex;

use super::Chip;
use crate::Timestamp;

/// Where the names in a backtrace come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// The firmware that this program carries for the chip.
    Bundled(Chip),
    /// An ELF file of the user's, by its file name.
    Elf(Arc<str>),
}

impl fmt::Display for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(chip) => write!(f, "the Espalier firmware for {chip}"),
            Self::Elf(name) => f.write_str(name),
        }
    }
}

/// One step of a backtrace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Address in the program.
    pub address: u32,
    /// The function, demangled; empty when no symbols cover the address.
    pub function: String,
    /// Source file and line, where the symbols tell.
    pub location: Option<(String, u32)>,
}

/// A panic of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// When its first line came.
    pub from: Timestamp,
    /// When its last line came.
    pub to: Timestamp,
    /// How many lines it takes: what is folded.
    pub lines: u32,
    /// The line that says what happened.
    pub message: String,
    /// Its backtrace, innermost first; decoded as far as symbols go.
    pub frames: Vec<Frame>,
}

/// Finds panics line by line.
///
/// Known: ESP-IDF ("Guru Meditation Error", "abort() was called", "assert failed", stack overflow, with Xtensa
/// `Backtrace: PC:SP …` or the RISC-V register dump) and esp-backtrace (a `PANIC` or `EXCEPTION` rule, then addresses).
#[derive(Clone, Debug, Default)]
pub struct PanicFold {
    open: Option<Panic>,
    registers: Vec<u32>,
}

impl PanicFold {
    /// Longer ones are cut here; the rest counts as ordinary log.
    pub const MOST_LINES: u32 = 200;
    /// Deeper backtraces are cut here.
    pub const MOST_FRAMES: usize = 64;

    /// Takes the next line. A panic comes back when this line shows that it is over (a restart, `Rebooting...`, an
    /// ordinary log line) or when it has become too long.
    pub fn line(&mut self, line: &str, at: Timestamp) -> Option<Panic> {
        let text = line.trim();
        let Some(panic) = &mut self.open else {
            if begins(text) {
                self.registers.clear();
                self.open = Some(Panic {
                    from: at,
                    to: at,
                    lines: 1,
                    message: message(text).to_owned(),
                    frames: Vec::new(),
                });
            }
            return None;
        };
        if ends(text) {
            return self.finish();
        }
        panic.to = at;
        panic.lines += 1;
        if panic.message.is_empty() && !text.is_empty() {
            panic.message = message(text).to_owned();
        } else if panic.message.ends_with(':') && !text.is_empty() {
            // Rust: "panicked at src/main.rs:1:2:" and the reason on the next line.
            panic.message = format!("{} {text}", panic.message);
        }
        let (frames, registers) = addresses(text);
        let room = Self::MOST_FRAMES.saturating_sub(panic.frames.len());
        let frame = |address| Frame { address, ..Frame::default() };
        panic.frames.extend(frames.into_iter().take(room).map(frame));
        self.registers.extend(registers);
        if text.starts_with("Rebooting") || panic.lines >= Self::MOST_LINES {
            return self.finish();
        }
        None
    }

    /// The panic under way, if nothing was heard for a while: boards that halt say no more.
    pub fn finish(&mut self) -> Option<Panic> {
        let mut panic = self.open.take()?;
        if panic.frames.is_empty() {
            let frame = |address| Frame { address, ..Frame::default() };
            panic.frames = self.registers.drain(..).map(frame).collect();
        }
        Some(panic)
    }

    /// Whether a line, as it came, could begin a panic: fast, and never wrong in saying no.
    pub fn may_begin(line: &[u8]) -> bool {
        // Literals alone: then many bytes are looked at in one instruction.
        static SIGN: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let signs: Vec<String> = SIGNS.iter().map(|sign| regex::escape(sign)).collect();
            Regex::new(&signs.join("|")).ok()
        });
        line.trim_ascii_start().starts_with(b"====")
            || SIGN.as_ref().is_none_or(|sign| sign.is_match(line))
    }

    /// When the panic under way was last heard of.
    pub fn open_since(&self) -> Option<Timestamp> {
        self.open.as_ref().map(|panic| panic.to)
    }
}

/// What is in the first line of a panic, unless that is esp-backtrace's rule.
const SIGNS: [&str; 6] = [
    "Guru Meditation Error",
    "abort() was called at PC",
    "assert failed:",
    "***ERROR*** A stack overflow",
    "Stack smashing protect failure",
    "panicked at ",
];

fn begins(text: &str) -> bool {
    SIGNS.iter().any(|sign| text.contains(sign)) || rule(text).is_some()
}

/// The word in esp-backtrace's `====== PANIC ======`.
fn rule(text: &str) -> Option<&str> {
    let word = text.strip_prefix("====")?.strip_suffix("====")?.trim_matches('=').trim();
    (word == "PANIC" || word == "EXCEPTION").then_some(word)
}

fn message(text: &str) -> &str {
    if rule(text).is_some() { "" } else { text }
}

/// This line belongs to what comes after a panic.
fn ends(text: &str) -> bool {
    super::LogLine::parse(text).is_some_and(|line| line.ms.is_some_and(|ms| ms < 5_000))
        || text.starts_with("ets ")
        || text.starts_with("ESP-ROM:")
        || text.contains("rst:0x")
}

/// Program addresses of a line: backtrace frames, and registers that stand in for them where there is no backtrace.
fn addresses(text: &str) -> (Vec<u32>, Vec<u32>) {
    if let Some((_, trace)) = text.split_once("Backtrace:") {
        // Xtensa: PC:SP pairs; the PC carries the window bits of the call, which `a0` of a real address has at 0x4.
        let frames = trace.split_whitespace().filter_map(|pair| hex(pair.split(':').next()?));
        return (frames.collect(), Vec::new());
    }
    if let Some(address) = hex(text) {
        return (vec![address], Vec::new());
    }
    let mut registers = Vec::new();
    for name in ["MEPC", "RA", "PC"] {
        let mut words = text.split([' ', ':']).filter(|word| !word.is_empty());
        if words.any(|word| word == name) {
            registers.extend(words.next().and_then(hex));
        }
    }
    (Vec::new(), registers)
}

/// `0x` and eight digits, the whole word, in the range where programs lie (0x4…).
fn hex(word: &str) -> Option<u32> {
    let digits = word.strip_prefix("0x").filter(|digits| digits.len() == 8)?;
    u32::from_str_radix(digits, 16).ok().filter(|address| address >> 28 == 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> Option<Panic> {
        let mut fold = PanicFold::default();
        let mut found = None;
        for (number, line) in text.lines().enumerate() {
            found = found.or(fold.line(line, Timestamp(number as i64)));
        }
        found.or_else(|| fold.finish())
    }

    fn frames(panic: &Panic) -> Vec<u32> {
        panic.frames.iter().map(|frame| frame.address).collect()
    }

    #[test]
    fn esp_idf_panic_of_an_xtensa_chip_is_folded_with_its_backtrace() {
        let panic = fold(
            "I (900) app: fine\n\
             Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.\n\
             Core  0 register dump:\n\
             PC      : 0x400d1234  PS      : 0x00060030  A0      : 0x800d5678  A1      : 0x3ffb1000\n\
             \n\
             Backtrace: 0x400d1231:0x3ffb1000 0x400d5675:0x3ffb1020 |<-CORRUPTED\n\
             ELF file SHA256: 0123456789abcdef\n\
             Rebooting...\n\
             ets Jul 29 2019 12:21:46\n",
        )
        .unwrap();
        assert!(panic.message.contains("LoadProhibited"));
        assert_eq!(frames(&panic), [0x400d_1231, 0x400d_5675]);
        assert_eq!((panic.from, panic.to, panic.lines), (Timestamp(1), Timestamp(7), 7));
    }

    #[test]
    fn risc_v_register_dump_gives_frames_when_there_is_no_backtrace() {
        let panic = fold(
            "Guru Meditation Error: Core  0 panic'ed (Illegal instruction)\n\
             MEPC    : 0x42001234  RA      : 0x42005678  SP      : 0x3fc90000\n\
             ESP-ROM:esp32c3-api1-20210207\n",
        )
        .unwrap();
        assert_eq!(frames(&panic), [0x4200_1234, 0x4200_5678]);
        assert_eq!(panic.lines, 2);
    }

    #[test]
    fn esp_backtrace_panic_is_folded() {
        let panic = fold(
            "====================== PANIC ======================\n\
             panicked at src/main.rs:42:9:\n\
             index out of bounds\n\
             \n\
             Backtrace:\n\
             \n\
             0x42002aaa\n\
             0x42002bbb\n\
             load:0x3fff0030,len:1184\n",
        )
        .unwrap();
        assert_eq!(panic.message, "panicked at src/main.rs:42:9: index out of bounds");
        assert_eq!(frames(&panic), [0x4200_2aaa, 0x4200_2bbb]);
    }

    #[test]
    fn endless_panic_is_cut() {
        let text =
            "abort() was called at PC 0x400d1234 on core 0\n".to_owned() + &"x\n".repeat(500);
        assert_eq!(fold(&text).unwrap().lines, PanicFold::MOST_LINES);
    }

    #[test]
    fn every_first_line_is_recognized_in_a_hurry() {
        for sign in SIGNS {
            assert!(PanicFold::may_begin(format!("\x1b[31m{sign} x\r\n").as_bytes()), "{sign}");
        }
        assert!(PanicFold::may_begin(b" ====== PANIC ======\r\n"));
        assert!(!PanicFold::may_begin(b"I (12) wifi: joined ====\r\n"));
    }

    #[test]
    fn ordinary_log_is_no_panic() {
        assert_eq!(fold("I (1) a: b\nBacktrace: 0x400d1231:0x3ffb1000\n0x42002aaa\n"), None);
    }
}
