//! Follows a log and finds the crash reports in it.

use super::core_dump::CoreDump;
use super::dump_lines::{self, CoreDumpCollector};
use super::read::{self, LineFindings};
use super::report::{Panic, ReportKind};
use super::signs::{self, LogLineRole};
use super::stack::StackDump;
use super::trace::{AddressMeaning, Frame, Trace, TracePoint};
use crate::Timestamp;
use crate::board::Architecture;
use crate::board::log_line::ansi_free;

/// Finds crash reports line by line. Bounded.
///
/// What a report consists of is known line by line; a line that is not known belongs to it only when one that is known
/// follows. So no healthy line is taken for a part of it: it ends at a boot, at the log's own prefix, or behind its trace.
#[derive(Clone, Debug, Default)]
pub struct ReportParser {
    open: Option<OpenReport>,
    /// The latest line outside of reports: a trace of a program that lives says there what it is.
    before: String,
    /// What a panic said whose trace has not come, because a log line broke in; and for how many more lines it may come.
    broken_off: Option<(String, u32)>,
    keeps_dumps: bool,
    /// Reports so far.
    reports: u64,
}

/// A report under way.
#[derive(Clone, Debug)]
struct OpenReport {
    panic: Panic,
    section: Trace,
    pc: Option<u32>,
    ra: Option<u32>,
    stack: StackDump,
    /// A call that is named in words, where there is no backtrace.
    call: Option<u32>,
    /// Lines since the last one that is known.
    unknown: u32,
    phase: ReportPhase,
    core_dump: Option<CoreDumpCollector>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportPhase {
    /// What happened is being said; this may take lines that nobody knows.
    Message,
    /// There were registers or addresses: what nobody knows does not belong to it.
    Trace,
    /// Between the rules around a core dump.
    Dump,
}

impl ReportParser {
    /// Longer ones are cut here, core dumps apart.
    pub const MOST_LINES: u32 = 400;
    /// So many lines of a core dump are followed: 48 bytes each.
    pub const MOST_DUMP_LINES: u32 = 1 << 20;
    /// Deeper backtraces are cut here.
    pub const MOST_FRAMES: usize = 128;
    /// So many lines that nobody knows may stand between the first line and the trace.
    const MOST_UNKNOWN: u32 = 60;
    /// So many damaged lines of a core dump may follow each other.
    const MOST_GARBLED: u32 = 4;
    /// So many lines may break in between what a panic says and its trace.
    const MOST_BETWEEN: u32 = 16;
    /// Backtraces in one report.
    const MOST_TRACES: usize = 4;
    /// Longer messages are cut here, in bytes.
    const LONGEST_MESSAGE: usize = 1000;

    /// One that keeps core dumps.
    pub fn keeping_dumps() -> Self {
        Self { keeps_dumps: true, ..Self::default() }
    }

    /// Takes the next line. Reports come back when this line completes them (`Rebooting...`) or shows that they are over: a
    /// restart, an ordinary log line.
    pub fn line(&mut self, line: &str, at: Timestamp) -> Vec<Panic> {
        let text = ansi_free(line);
        // What was written over is not seen any more: `12%\r13%\rGuru Meditation Error: …`.
        let text = text.trim().rsplit('\r').next().unwrap_or_default().trim_start();
        let mut complete = Vec::new();
        if let Some(open) = &mut self.open {
            match open.take(text, at) {
                LineRole::Belongs => return complete,
                LineRole::Last => {
                    complete.extend(self.finish());
                    return complete;
                }
                LineRole::Over => {
                    let panic = self.finish();
                    let is_bare =
                        |it: &&Panic| it.kind == ReportKind::Panic && it.traces.is_empty();
                    if let Some(bare) =
                        panic.as_ref().filter(is_bare).filter(|_| !signs::is_boot(text))
                    {
                        self.broken_off = Some((bare.message.clone(), Self::MOST_BETWEEN));
                    }
                    complete.extend(panic);
                }
            }
        }
        self.begin(text, at);
        if self.open.is_some() || signs::is_boot(text) {
            self.broken_off = None;
        } else if let Some((_, lines)) = &mut self.broken_off {
            *lines -= 1;
            self.broken_off.take_if(|(_, lines)| *lines == 0);
        }
        // A backtrace in the middle of a living program is one line.
        if self.open.as_ref().is_some_and(|open| {
            open.panic.kind == ReportKind::Trace && !open.section.points.is_empty()
        }) {
            complete.extend(self.finish());
        }
        if !text.is_empty() {
            self.before.clear();
            self.before.push_str(cut(text, Self::LONGEST_MESSAGE));
        }
        complete
    }

    fn begin(&mut self, text: &str, at: Timestamp) {
        if !signs::may_begin(text.as_bytes()) {
            return;
        }
        let Some(kind) = signs::begins(text).or_else(|| self.begins_trace(text)) else { return };
        let broken_off = self.broken_off.take_if(|_| kind == ReportKind::Trace);
        let kind = if broken_off.is_some() { ReportKind::Panic } else { kind };
        let message = match kind {
            _ if broken_off.is_some() => broken_off.as_ref().map_or("", |(message, _)| message),
            ReportKind::Trace if !text.contains("ESP_ERROR_CHECK") => self.before.as_str(),
            _ => signs::cut_off(text).unwrap_or(text),
        };
        // A rule says nothing.
        let message =
            if message.starts_with("====") || message == "@COREDUMP" { "" } else { message };
        self.reports += 1;
        let panic = Panic {
            kind,
            number: self.reports,
            from: at,
            to: at,
            lines: 1,
            message: cut(message, Self::LONGEST_MESSAGE).to_owned(),
            ..Panic::default()
        };
        let mut open = OpenReport {
            panic,
            section: Trace::default(),
            pc: None,
            ra: None,
            stack: StackDump::default(),
            call: None,
            unknown: 0,
            phase: ReportPhase::Message,
            core_dump: self.keeps_dumps.then(CoreDumpCollector::default),
        };
        if kind == ReportKind::Trace || broken_off.is_some() {
            open.section.core = read::core_in(&self.before);
            open.phase = ReportPhase::Trace;
        }
        open.find(read::read(text));
        if kind == ReportKind::CoreDump {
            open.phase = ReportPhase::Dump;
        } else {
            open.hear_reason(text);
        }
        self.open = Some(open);
    }

    /// A report of a program that lives.
    fn begins_trace(&self, text: &str) -> Option<ReportKind> {
        if text.contains("CRASH DETECTED ON PREVIOUS BOOT") {
            return matches!(signs::log(text), LogLineRole::Crash(_))
                .then_some(ReportKind::LastCrash);
        }
        let found = read::read(text);
        let pairs = text.contains("Backtrace:") && !found.callers.is_empty();
        let is_trace = found.continues
            || (pairs && (text.starts_with("Backtrace:") || text.matches(":0x").count() > 0))
            || found.section.is_some()
            || found.registers.iter().any(|(name, _)| name == "MEPC")
            || (text.contains("ESP_ERROR_CHECK_WITHOUT_ABORT failed:") && found.call.is_some());
        is_trace.then_some(ReportKind::Trace)
    }

    /// The report under way, if nothing was heard for a while: boards that halt say no more.
    pub fn finish(&mut self) -> Option<Panic> {
        self.open.take().map(OpenReport::close)
    }

    /// Whether a line, as it came, could begin a report: fast, and never wrong in saying no.
    pub fn may_begin(line: &[u8]) -> bool {
        signs::may_begin(line)
    }

    /// When the report under way was last heard of.
    pub fn open_since(&self) -> Option<Timestamp> {
        self.open.as_ref().map(|open| open.panic.to)
    }

    /// How many lines the report under way has so far, without those that may not belong to it; `None`: none is under way,
    /// or one that is not folded.
    pub fn lines(&self) -> Option<u32> {
        let panic = &self.open.as_ref()?.panic;
        panic.kind.is_folded().then_some(panic.lines)
    }
}

impl ReportKind {
    /// The report's lines are folded behind the first one.
    pub const fn is_folded(self) -> bool {
        matches!(self, Self::Panic | Self::CoreDump)
    }
}

/// What a line is to the report under way.
enum LineRole {
    /// Part of it, or perhaps.
    Belongs,
    /// The report's last line.
    Last,
    /// Not part of it any more.
    Over,
}

impl OpenReport {
    fn take(&mut self, text: &str, at: Timestamp) -> LineRole {
        let heard = |open: &mut Self| {
            open.panic.to = at;
            open.panic.lines += open.unknown + 1;
            open.unknown = 0;
        };
        if self.phase == ReportPhase::Dump {
            if text.contains("CORE DUMP END") || text == "@ENDCOREDUMP" {
                self.panic.dump = self.core_dump.take().map(|core_dump| core_dump.finish(true));
                self.phase = ReportPhase::Trace;
            } else if dump_lines::is_base64(text)
                && self.panic.lines < ReportParser::MOST_DUMP_LINES
            {
                self.core_dump.iter_mut().for_each(|core_dump| core_dump.line(text));
            } else if !text.is_empty() {
                let is_other = signs::is_boot(text)
                    || signs::begins(text).is_some()
                    || matches!(signs::log(text), LogLineRole::Other | LogLineRole::Crash(_));
                self.unknown += 1;
                if is_other || self.unknown > ReportParser::MOST_GARBLED {
                    return LineRole::Over;
                }
                // A byte was lost on the way; base64 that follows shows that the dump goes on.
                self.core_dump.iter_mut().for_each(|core_dump| core_dump.line(text));
                return LineRole::Belongs;
            }
            heard(self);
            return LineRole::Belongs;
        }
        if signs::is_boot(text) {
            return LineRole::Over;
        }
        match signs::log(text) {
            LogLineRole::None => {}
            LogLineRole::Ours => {
                heard(self);
                return LineRole::Belongs;
            }
            LogLineRole::Crash(words) if self.panic.kind == ReportKind::LastCrash => {
                heard(self);
                return if self.crash(words) { LineRole::Belongs } else { LineRole::Last };
            }
            LogLineRole::Crash(_) | LogLineRole::Other => return LineRole::Over,
        }
        if self.panic.kind == ReportKind::LastCrash {
            // The words of a log line that goes on in a line of its own.
            return if text.is_empty() { LineRole::Belongs } else { LineRole::Over };
        }
        if signs::is_last(text) {
            heard(self);
            return LineRole::Last;
        }
        if text.contains("= CORE DUMP START =") || text == "@COREDUMP" {
            heard(self);
            self.phase = ReportPhase::Dump;
            return LineRole::Belongs;
        }
        let begins = signs::begins(text).is_some();
        if begins && (self.phase == ReportPhase::Trace || self.panic.kind == ReportKind::Trace) {
            return LineRole::Over;
        }
        let found = read::read(text);
        let traces = begins || found.is_some() || is_trace_head(text) || signs::is_structure(text);
        if begins || !traces {
            self.say(text);
            self.hear_reason(text);
        }
        if traces {
            if found.is_trace() {
                self.phase = ReportPhase::Trace;
            }
            self.find(found);
            heard(self);
            if self.panic.lines >= ReportParser::MOST_LINES {
                return LineRole::Last;
            }
            return LineRole::Belongs;
        }
        let strange = self.phase == ReportPhase::Trace && !text.is_empty();
        if strange || self.unknown >= ReportParser::MOST_UNKNOWN {
            return LineRole::Over;
        }
        self.unknown += 1;
        LineRole::Belongs
    }

    /// A line of the message: the first one behind a rule, the reason behind `panicked at src/main.rs:1:2:`.
    fn say(&mut self, text: &str) {
        let message = &mut self.panic.message;
        if text.is_empty()
            || self.phase == ReportPhase::Trace
            || message.len() >= ReportParser::LONGEST_MESSAGE
        {
            return;
        }
        if message.is_empty() {
            message.push_str(cut(text, ReportParser::LONGEST_MESSAGE));
        } else if message.ends_with(':') {
            message.push(' ');
            message.push_str(cut(text, ReportParser::LONGEST_MESSAGE));
        }
    }

    /// ESPHome's account; `false` after its last line.
    fn crash(&mut self, words: &str) -> bool {
        if let Some(reason) = words.strip_prefix("Reason: ") {
            self.hear_reason(reason);
            self.panic.message = format!("{}: {reason}", self.panic.message);
        } else if let Some(core) = words.strip_prefix("Crashed core: ") {
            self.section.core = core.parse().ok();
        } else if words.starts_with("Other core") {
            self.next_section(words.bytes().find(u8::is_ascii_digit).map(|digit| digit - b'0'));
        } else if let Some((name, rest)) = words.split_once(": ") {
            let address = rest
                .trim_start()
                .strip_prefix("0x")
                .and_then(|rest| u32::from_str_radix(rest.split(' ').next()?, 16).ok());
            match (name, address) {
                ("PC", Some(pc)) => self.pc = Some(pc),
                (name, Some(address)) if name.starts_with("BT") => {
                    let guess = rest.contains("scan");
                    if guess {
                        // Only RISC-V has to guess.
                        self.section.architecture = Some(Architecture::RiscV);
                    }
                    self.point(TracePoint {
                        address,
                        meaning: AddressMeaning::Caller,
                        guess,
                        ..TracePoint::default()
                    });
                }
                ("Use", _) => return false,
                _ => {}
            }
        }
        true
    }

    /// Words that only one architecture has.
    fn hear_reason(&mut self, text: &str) {
        const XTENSA: [&str; 7] = [
            "Prohibited",
            "IllegalInstruction",
            "IntegerDivideByZero",
            "LoadStore",
            "Unhandled debug exception",
            "Double exception",
            "ProCpu",
        ];
        const RISC_V: [&str; 9] = [
            "access fault",
            "page fault",
            "address misaligned",
            "Illegal instruction",
            "Environment call",
            "Breakpoint",
            "Stack protection fault",
            "mepc=",
            "Memory protection fault",
        ];
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let architecture = &mut self.section.architecture;
        if has(&RISC_V) {
            *architecture = architecture.or(Some(Architecture::RiscV));
        } else if has(&XTENSA) {
            *architecture = architecture.or(Some(Architecture::Xtensa));
        }
    }

    fn point(&mut self, point: TracePoint) {
        if self.section.points.len() < ReportParser::MOST_FRAMES {
            self.section.points.push(point);
        }
    }

    fn find(&mut self, found: LineFindings) {
        if let Some(core) = found.section {
            // The address that a message has is of the registers which follow it.
            let is_said = self.section.points.is_empty()
                && self.stack.memory.is_empty()
                && self.section.core == core;
            if self.has_section() && !is_said {
                self.next_section(core);
            }
            self.section.core = core.or(self.section.core);
        }
        self.section.core = self.section.core.or(found.core);
        if let Some(elf) = found.elf {
            self.panic.elf = elf;
        }
        self.call = self.call.or(found.call);
        self.pc = self.pc.or(found.pc);
        self.ra = self.ra.or(found.ra);
        for (name, value) in found.registers {
            self.register(&name, value);
        }
        if !found.callers.is_empty() && !self.section.points.is_empty() && !found.continues {
            self.next_section(None);
        }
        for address in found.callers {
            self.point(TracePoint {
                address,
                meaning: AddressMeaning::Caller,
                ..TracePoint::default()
            });
        }
        if let Some(address) = found.address {
            // esp-backtrace has subtracted what is behind the call.
            self.point(TracePoint { address, ..TracePoint::default() });
        }
        if let Some((at, bytes)) = found.memory {
            if at.is_none() {
                self.stack.pc = found.ra.unwrap_or_default();
                self.stack.at_return = true;
            }
            self.stack.add(at, &bytes);
        }
    }

    fn register(&mut self, name: &str, value: u32) {
        match name {
            "PC" => self.pc = self.pc.or(Some(value)),
            "MEPC" => {
                self.pc = self.pc.or(Some(value));
                self.section.architecture = Some(Architecture::RiscV);
            }
            "EXCVADDR" | "LBEG" | "WINDOWSTART" => {
                self.section.architecture = Some(Architecture::Xtensa);
            }
            "MCAUSE" | "MSTATUS" | "MTVAL" => {
                self.section.architecture = Some(Architecture::RiscV);
            }
            _ => {}
        }
        if name.split('/').next() == Some("RA") {
            self.ra = self.ra.or(Some(value));
            self.section.architecture = Some(Architecture::RiscV);
        }
        if let Some(number) = StackDump::number(name) {
            self.stack.registers[number] = Some(value);
        }
    }

    /// The section under way has something in it.
    fn has_section(&self) -> bool {
        !self.section.points.is_empty() || self.pc.is_some() || self.ra.is_some()
    }

    /// The report goes on with another core's trace.
    fn next_section(&mut self, core: Option<u8>) {
        self.close_section();
        self.section.core = core;
    }

    fn close_section(&mut self) {
        let mut section = std::mem::take(&mut self.section);
        let (pc, ra) = (self.pc.take(), self.ra.take());
        let mut stack = std::mem::take(&mut self.stack);
        if let (Some(pc), Some(first)) = (pc, section.points.first_mut()) {
            // Which instruction crashed is said exactly; a backtrace begins with it, or behind an exception handler.
            let behind = |pc: u32| pc.wrapping_sub(first.address);
            // IDF prints a backtrace with the window's bits taken for what they are, the register as it is.
            let distance = if behind(pc) <= 4 { behind(pc) } else { behind(in_program(pc)) };
            match distance {
                0 => {
                    section.architecture = section.architecture.or(Some(Architecture::RiscV));
                    first.meaning = AddressMeaning::Instruction;
                }
                3 => {
                    section.architecture = section.architecture.or(Some(Architecture::Xtensa));
                    first.crashed_at = Some(pc);
                    first.meaning = AddressMeaning::Instruction;
                }
                4 if first.meaning == AddressMeaning::Instruction => first.crashed_at = Some(pc),
                _ => section.points.insert(0, TracePoint { address: pc, ..TracePoint::default() }),
            }
        } else if section.points.is_empty() {
            let exact = |address| TracePoint { address, ..TracePoint::default() };
            let after = |address| TracePoint {
                address,
                meaning: AddressMeaning::Return,
                ..TracePoint::default()
            };
            section.points.extend(pc.map(exact));
            section.points.extend(ra.map(after));
            if !stack.memory.is_empty() && section.architecture != Some(Architecture::Xtensa) {
                if !stack.at_return {
                    stack.pc = pc.unwrap_or_default();
                }
                section.stack = Some(Box::new(stack));
            }
        }
        // The first address of a backtrace is where it was, not a return.
        if let Some(first) =
            section.points.first_mut().filter(|it| it.meaning == AddressMeaning::Caller)
        {
            first.meaning = AddressMeaning::Instruction;
        }
        section.frames = section
            .points
            .iter()
            .map(|point| Frame { guess: point.guess, ..Frame::bare(point.address) })
            .collect();
        if !section.points.is_empty() && self.panic.traces.len() < ReportParser::MOST_TRACES {
            self.panic.traces.push(section);
        }
    }

    fn close(mut self) -> Panic {
        self.close_section();
        let reason = self.panic.traces.first().and_then(|trace| trace.architecture);
        for trace in &mut self.panic.traces {
            trace.architecture = trace.architecture.or(reason);
        }
        if let (true, Some(address)) = (self.panic.traces.is_empty(), self.call) {
            let points = vec![TracePoint { address, ..TracePoint::default() }];
            let frames = vec![Frame::bare(address)];
            self.panic.traces.push(Trace { points, frames, ..Trace::default() });
        }
        if self.phase == ReportPhase::Dump {
            self.panic.dump = self.core_dump.take().map(|core_dump| core_dump.finish(false));
        }
        self.panic.dump = self.panic.dump.filter(|dump: &CoreDump| !dump.bytes.is_empty());
        self.panic
    }
}

impl LineFindings {
    /// Addresses or registers: the message is over.
    fn is_trace(&self) -> bool {
        self.section.is_some()
            || !self.registers.is_empty()
            || !self.callers.is_empty()
            || self.address.is_some()
            || self.memory.is_some()
    }
}

/// `Backtrace:` on its own: addresses follow.
fn is_trace_head(text: &str) -> bool {
    text.starts_with("Backtrace:")
}

/// A program counter of Xtensa with the window's bits taken for what they are (esp-idf `esp_cpu_process_stack_pc`).
const fn in_program(pc: u32) -> u32 {
    if pc & 0x8000_0000 != 0 && pc < 0xffff_0000 { (pc & 0x3fff_ffff) | 0x4000_0000 } else { pc }
}

/// The beginning of a text, at most so many bytes.
fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}
