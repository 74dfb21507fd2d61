//! Walks a stack that a RISC-V board printed: by the call frame information of its ELF, and where there is none, by looking
//! for return addresses.

use std::sync::Arc;

use addr2line::gimli::{
    self, BaseAddresses, CfaRule, DebugFrame, EhFrame, EndianArcSlice, LittleEndian, Register,
    RegisterRule, UnwindContext, UnwindSection,
};
use espalier_core::board::{Architecture, StackDump};
use object::{Object as _, ObjectSection as _, SectionKind};

type Bytes = EndianArcSlice<LittleEndian>;

/// Deeper stacks are cut here.
const DEEPEST: usize = 64;
/// So many guesses are shown.
const MOST_GUESSES: usize = 32;

/// One step on the way down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnwindStep {
    pub(super) address: u32,
    /// The address is where a function returns to, not where it was.
    pub(super) is_return: bool,
    pub(super) guess: bool,
}

/// What of an ELF file a stack can be walked with.
#[derive(Default)]
pub(super) struct Unwinder {
    architecture: Option<Architecture>,
    bases: BaseAddresses,
    eh: Option<EhFrame<Bytes>>,
    debug: Option<DebugFrame<Bytes>>,
    /// Code: where it is, and what.
    code: Vec<(u32, Arc<[u8]>)>,
}

impl Unwinder {
    pub(super) fn of(file: &object::File<'_>) -> Self {
        let architecture = match file.architecture() {
            object::Architecture::Riscv32 => Some(Architecture::RiscV),
            object::Architecture::Xtensa => Some(Architecture::Xtensa),
            _ => None,
        };
        if architecture != Some(Architecture::RiscV) {
            return Self { architecture, ..Self::default() };
        }
        let section = |name: &str| {
            let section = file.section_by_name(name)?;
            let data = section.uncompressed_data().ok().filter(|data| !data.is_empty())?;
            Some((section.address(), EndianArcSlice::new(Arc::from(data), LittleEndian)))
        };
        let mut bases = BaseAddresses::default();
        if let Some(text) = file.section_by_name(".text") {
            bases = bases.set_text(text.address());
        }
        let eh = section(".eh_frame").map(|(address, data)| {
            bases = bases.clone().set_eh_frame(address);
            let mut eh = EhFrame::from(data);
            eh.set_address_size(4);
            eh
        });
        let debug = section(".debug_frame").map(|(_, data)| {
            let mut debug = DebugFrame::from(data);
            debug.set_address_size(4);
            debug
        });
        let is_code = |section: &object::Section<'_, '_>| section.kind() == SectionKind::Text;
        let code = file.sections().filter(is_code).filter_map(|section| {
            Some((section.address() as u32, Arc::from(section.uncompressed_data().ok()?)))
        });
        Self { architecture, code: code.collect(), bases, eh, debug }
    }

    pub(super) const fn architecture(&self) -> Option<Architecture> {
        self.architecture
    }

    /// The way down by call frame information, then by guessing where it ends too early. `can_return_to` tells
    /// which addresses can be returned to. `None`: nothing better than the registers is found.
    pub(super) fn walk(
        &self,
        dump: &StackDump,
        can_return_to: &dyn Fn(u32) -> bool,
    ) -> Option<Vec<UnwindStep>> {
        let mut registers = dump.registers;
        if registers[StackDump::SP].is_none() {
            registers[StackDump::SP] = Some(dump.start);
        }
        let mut steps =
            vec![UnwindStep { address: dump.pc, is_return: dump.at_return, guess: false }];
        let mut whole = false;
        while steps.len() < DEEPEST {
            let Some(last) = steps.last().copied() else { break };
            let probe = if last.is_return { last.address.wrapping_sub(1) } else { last.address };
            let next = match self.up(probe, &registers, dump) {
                CallerStep::To(next) => {
                    registers = *next;
                    registers[StackDump::RA]
                }
                CallerStep::Top => {
                    whole = true;
                    break;
                }
                // A jump to nowhere, or assembler: the return address may still be in its register.
                CallerStep::Unknown if steps.len() == 1 && !dump.at_return => {
                    registers[StackDump::RA]
                }
                CallerStep::Unknown => break,
            };
            let repeats =
                |step: &UnwindStep| step.address == next.unwrap_or_default() && steps.len() == 1;
            match next.filter(|next| can_return_to(*next) && !repeats(&last)) {
                Some(address) => steps.push(UnwindStep { address, is_return: true, guess: false }),
                None => {
                    whole = next == Some(0);
                    break;
                }
            }
        }
        if !whole {
            let from = registers[StackDump::SP].unwrap_or(dump.start);
            self.guess(from, dump, can_return_to, &mut steps);
        }
        (steps.len() > 1).then_some(steps)
    }

    /// The registers of the caller.
    fn up(&self, pc: u32, registers: &[Option<u32>; 32], dump: &StackDump) -> CallerStep {
        let by_eh = self.eh.as_ref().map(|eh| up_by(eh, &self.bases, pc, registers, dump));
        match by_eh {
            Some(found @ (CallerStep::To(_) | CallerStep::Top)) => found,
            _ => self.debug.as_ref().map_or(CallerStep::Unknown, |debug| {
                up_by(debug, &self.bases, pc, registers, dump)
            }),
        }
    }

    /// Return addresses in the memory from `from` on.
    fn guess(
        &self,
        from: u32,
        dump: &StackDump,
        can_return_to: &dyn Fn(u32) -> bool,
        steps: &mut Vec<UnwindStep>,
    ) {
        let skip = from.saturating_sub(dump.start) as usize / 4;
        for word in dump.words().skip(skip).filter(|word| can_return_to(*word)).take(MOST_GUESSES) {
            // Often the register's value was saved, too.
            if steps.last().is_some_and(|last| last.address == word) {
                continue;
            }
            steps.push(UnwindStep { address: word, is_return: true, guess: true });
        }
    }

    /// Whether the instruction before an address is a call (`jal`, `jalr`, `c.jal`, `c.jalr` with `ra`; RISC-V unprivileged
    /// specification, chapters 2.5 and 27); `None`: the code is not in the file,
    /// or of another architecture.
    pub(super) fn follows_call(&self, address: u32) -> Option<bool> {
        let half = |at: u32| {
            let (start, bytes) = self.code.iter().find(|(start, bytes)| {
                at.checked_sub(*start).is_some_and(|at| (at as usize) + 2 <= bytes.len())
            })?;
            let at = (at - start) as usize;
            Some(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
        };
        let short = half(address.checked_sub(2)?)?;
        if short & 0xf07f == 0x9002 && short & 0x0f80 != 0 || short & 0xe003 == 0x2001 {
            return Some(true);
        }
        let low = u32::from(half(address.checked_sub(4)?)?);
        Some(matches!(low & 0x7f, 0x6f | 0x67) && low & 0xf80 == 0x80)
    }
}

/// One step up.
enum CallerStep {
    /// The caller's registers; RA is where it goes on.
    To(Box<[Option<u32>; 32]>),
    /// There is no caller.
    Top,
    /// Nothing is known of this function, or the memory was not printed.
    Unknown,
}

fn up_by<S: UnwindSection<Bytes>>(
    section: &S,
    bases: &BaseAddresses,
    pc: u32,
    registers: &[Option<u32>; 32],
    dump: &StackDump,
) -> CallerStep
where
    S::Offset: gimli::UnwindOffset<usize>,
{
    let mut context = UnwindContext::new();
    let row = section.unwind_info_for_address(bases, &mut context, pc.into(), S::cie_from_offset);
    let Ok(row) = row else { return CallerStep::Unknown };
    let value = |register: Register| registers.get(usize::from(register.0)).copied().flatten();
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else {
        return CallerStep::Unknown;
    };
    let Some(cfa) = value(*register).map(|base| base.wrapping_add(*offset as u32)) else {
        return CallerStep::Unknown;
    };
    let mut next = *registers;
    for (number, slot) in next.iter_mut().enumerate().skip(1) {
        match row.register(Register(number as u16)) {
            Some(RegisterRule::Offset(offset)) => {
                *slot = dump.word(cfa.wrapping_add(offset as u32))
            }
            Some(RegisterRule::ValOffset(offset)) => *slot = Some(cfa.wrapping_add(offset as u32)),
            Some(RegisterRule::Register(other)) => *slot = value(other),
            Some(RegisterRule::Undefined) if number == StackDump::RA => return CallerStep::Top,
            _ => {}
        }
    }
    next[StackDump::SP] = Some(cfa);
    if next[StackDump::RA].is_none() { CallerStep::Unknown } else { CallerStep::To(Box::new(next)) }
}
