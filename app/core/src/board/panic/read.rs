//! Addresses, registers and memory in a line of a crash report.

use std::sync::LazyLock;

use regex::Regex;

/// What is in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LineFindings {
    /// `Core  1 register dump:`, `Print CPU 1 backtrace`.
    pub(super) section: Option<Option<u8>>,
    /// Registers, by name.
    pub(super) registers: Vec<(String, u32)>,
    /// The instruction that crashed.
    pub(super) pc: Option<u32>,
    /// The return address beside it.
    pub(super) ra: Option<u32>,
    /// Addresses of a `Backtrace:` line.
    pub(super) callers: Vec<u32>,
    /// These are pairs without the word before them: a backtrace goes on, or its beginning was not heard.
    pub(super) continues: bool,
    /// An address on its own line.
    pub(super) address: Option<u32>,
    /// A call that is named in words: by `abort()`, `ESP_ERROR_CHECK`.
    pub(super) call: Option<u32>,
    /// Stack memory: where it is, and what is in it.
    pub(super) memory: Option<(Option<u32>, Vec<u8>)>,
    /// First digits of the SHA-256 of the ELF file.
    pub(super) elf: Option<String>,
    /// The core that crashed.
    pub(super) core: Option<u8>,
}

impl LineFindings {
    pub(super) fn is_some(&self) -> bool {
        *self != Self::default()
    }
}

/// A pattern that is compiled once.
macro_rules! pattern {
    ($pattern:literal) => {{
        static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
        PATTERN.as_ref()
    }};
}

fn capture<'t>(pattern: Option<&Regex>, text: &'t str) -> Option<&'t str> {
    pattern?.captures(text)?.get(1).map(|found| found.as_str())
}

fn hex(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok()
}

/// Everything that a line tells of where the program was.
pub(super) fn read(text: &str) -> LineFindings {
    let mut found = LineFindings::default();
    if let Some(memory) = memory(text) {
        found.memory = Some(memory);
        return found;
    }
    if let Some((pc, bytes)) = stack_dump(text) {
        found.ra = Some(pc);
        found.memory = Some((None, bytes));
        return found;
    }
    if let Some(core) = capture(pattern!(r"^Core +(\d+) register dump:"), text) {
        found.section = Some(core.parse().ok());
        return found;
    }
    if let Some((_, trace)) = text.split_once("Backtrace:") {
        found.callers = addresses(trace);
        return found;
    }
    if is_pairs(text) {
        found.callers = addresses(text);
        found.continues = true;
        return found;
    }
    if let Some(digits) = capture(pattern!(r"^0[xX]([0-9a-fA-F]{1,8})(?: - .*)?$"), text) {
        found.address = hex(digits);
        return found;
    }
    found.elf = elf(text);
    found.core =
        capture(pattern!(r"(?:Error: *Core +|on core +|on cpu +|occurred on core +)(\d)"), text)
            .and_then(|digit| digit.parse().ok())
            .or_else(|| text.contains(" on AppCpu ").then_some(1));
    found.call =
        capture(pattern!(r"(?:called at PC |failed: esp_err_t .* at )0x([0-9a-fA-F]{1,8})"), text)
            .and_then(hex);
    found.pc = capture(
        pattern!(
            r"(?:\bm?epc1?=|^Stack overflow detected at |^Breakpoint exception at |^Detected in task .* at |guard value at )0x([0-9a-fA-F]{1,8})"
        ),
        text,
    )
    .and_then(hex);
    found.ra = capture(pattern!(r"called by 0x([0-9a-fA-F]{1,8})"), text).and_then(hex);
    found.registers = registers(text);
    found
}

/// `PC      : 0x400d1012  PS      : 0x00060233`, `PC=0x400d1012  RA/x1=0x…`, and `Context { PC: 1074597903, …`.
fn registers(text: &str) -> Vec<(String, u32)> {
    if let Some(pc) =
        capture(pattern!(r"^(?:Context|TrapFrame) \{.*\b(?:PC|pc): (\d{6,10})\b"), text)
    {
        return pc.parse().map(|pc| ("PC".to_owned(), pc)).into_iter().collect();
    }
    let first = pattern!(r"^[A-Z][A-Z0-9_]{0,9}(?:/[A-Za-z0-9/]+)? *[:=] *0x[0-9a-fA-F]{1,8}\b");
    if !first.is_some_and(|first| first.is_match(text)) {
        return Vec::new();
    }
    let each =
        pattern!(r"\b([A-Z][A-Z0-9_]{0,9}(?:/[A-Za-z0-9/]+)?) *[:=] *0x([0-9a-fA-F]{1,8})\b");
    let pairs = each.into_iter().flat_map(|each| each.captures_iter(text));
    pairs.filter_map(|pair| Some((pair[1].to_owned(), hex(&pair[2])?))).collect()
}

/// The addresses of a `Backtrace:` line: program counters with stack pointers behind a colon, also glued together
/// (`0x…:0x…0x…:0x…`), or program counters alone.
fn addresses(mut text: &str) -> Vec<u32> {
    let mut all = Vec::new();
    while let Some((before, rest)) = text.split_once("0x").or_else(|| text.split_once("0X")) {
        let digits = number(rest);
        text = &rest[digits.len()..];
        // Boards print eight digits: fewer at the very end are a line that was cut off.
        let is_cut = text.is_empty() && (2..8).contains(&digits.len());
        // Behind a colon stands the stack pointer of the pair before.
        if (!before.trim_end().ends_with(':') || all.is_empty()) && !is_cut {
            all.extend(hex(digits));
        }
    }
    all
}

/// Nothing but pairs of program counter and stack pointer, the first of which may be cut off.
fn is_pairs(text: &str) -> bool {
    pattern!(r"^(?:[0-9a-fA-Fx:]* )?0[xX][0-9a-fA-F]{8}:0[xX][34][0-9a-fA-F]{7}(?:(?: ?0[xX][0-9a-fA-F]{8}:0[xX][0-9a-fA-F]{8})+(?: \|<-\w+)?| \|<-\w+)?$")
        .is_some_and(|pairs| pairs.is_match(text))
}

/// The digits of a number of at most 32 bits, without the 0 of a `0x` that follows at once.
fn number(text: &str) -> &str {
    let length = text.bytes().take(8).take_while(u8::is_ascii_hexdigit).count();
    let glued = text.get(length..).is_some_and(|rest| rest.starts_with(['x', 'X']));
    let length = if glued { length.saturating_sub(1) } else { length };
    text.get(..length).unwrap_or_default()
}

/// ESP-IDF's `3fc8d0b0: 0x3fc8d13c 0x00000020 …`.
fn memory(text: &str) -> Option<(Option<u32>, Vec<u8>)> {
    let (at, words) = text.split_once(": ")?;
    if at.len() != 8 {
        return None;
    }
    let at = hex(at)?;
    let word = |word: &str| hex(word.strip_prefix("0x")?);
    let words: Option<Vec<u32>> = words.split_whitespace().map(word).collect();
    let bytes = words?.into_iter().flat_map(u32::to_le_bytes).collect();
    Some((Some(at), bytes))
}

/// esp-backtrace's `STACKDUMP: 42001234 00ff…`: the address that is returned to, and the stack from its pointer on.
fn stack_dump(text: &str) -> Option<(u32, Vec<u8>)> {
    let (pc, bytes) = text.strip_prefix("STACKDUMP: ")?.split_once(' ')?;
    let pairs = bytes.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    Some((hex(pc)?, pairs.map_while(byte).collect()))
}

/// `ELF file SHA256: 00112233aabbccdd` of a panic, `ELF file SHA256:  00112233…` of a start; in lower case.
pub(in crate::board) fn elf(text: &str) -> Option<String> {
    let digits = capture(pattern!(r"ELF file SHA256: +([0-9a-fA-F]{4,64})"), text)?;
    Some(digits.to_ascii_lowercase())
}

/// `Print CPU 1 backtrace`, as the task watchdog says before each trace.
pub(super) fn core_in(text: &str) -> Option<u8> {
    capture(pattern!(r"\bCPU ?(\d)\b"), text)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pair_of_a_backtrace_is_lost() {
        for (line, expected) in [
            (" 0x400d100f:0x3ffcee70 0x400d1029:0x3ffceea0", vec![0x400d_100f, 0x400d_1029]),
            ("0x400d100f:0x3ffcee700x400d1029:0x3ffceea0", vec![0x400d_100f, 0x400d_1029]),
            ("0x400D100F:0x3FFCEE70 |<-CORRUPTED", vec![0x400d_100f]),
            (" 0x00000000:0x3ffb1000 0xfffffffd:0x3ffb1020", vec![0, 0xffff_fffd]),
            ("0x0:0x00x400d1029:0x3ffceea0", vec![0, 0x400d_1029]),
            (" 0x403858C1 0x40385889", vec![0x4038_58c1, 0x4038_5889]),
            (" 0x400d100f: 0x3ffcee70 0x400d1029: 0x3ffceea0", vec![0x400d_100f, 0x400d_1029]),
            (" none", vec![]),
            (" 0x400d100f:0x3ffcee70 0x400d10", vec![0x400d_100f]),
        ] {
            assert_eq!(addresses(line), expected, "{line}");
        }
    }

    #[test]
    fn registers_are_read_in_every_form() {
        let pc = |text| read(text).registers.into_iter().find(|(name, _)| name.ends_with("PC"));
        let expected = |name: &str| Some((name.to_owned(), 0x400d_100f));
        assert_eq!(pc("PC      : 0x400d100f  PS      : 0x00060233"), expected("PC"));
        assert_eq!(pc("MEPC    : 0x400d100f  RA      : 0x400d102e"), expected("MEPC"));
        assert_eq!(pc("PC=0x400d100f         RA/x1=0x400d102e"), expected("PC"));
        assert_eq!(pc("Context { PC: 1074597903, PS: 393776, A0: 1 }"), expected("PC"));
        assert_eq!(
            read("Exception 'Load access fault' mepc=0x400d100f, mtval=0x0").pc,
            Some(0x400d_100f)
        );
        assert_eq!(pc("the PC: 0x400d100f"), None);
    }

    #[test]
    fn stack_memory_is_read_in_both_forms() {
        let (at, bytes) = read("3fc8d0b0: 0x3fc8d13c 0x00000020").memory.unwrap();
        assert_eq!((at, bytes), (Some(0x3fc8_d0b0), vec![0x3c, 0xd1, 0xc8, 0x3f, 0x20, 0, 0, 0]));
        let found = read("STACKDUMP: 42001234 3cd1c83f20");
        assert_eq!(
            (found.ra, found.memory),
            (Some(0x4200_1234), Some((None, vec![0x3c, 0xd1, 0xc8, 0x3f, 0x20])))
        );
    }
}
