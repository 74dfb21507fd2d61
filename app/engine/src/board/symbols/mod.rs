//! From addresses in a panic to functions and lines: by the bundled table, or by an ELF of the user's.

mod unwind;

use espalier_core::hex;
use std::path::Path;
use std::sync::Arc;

use addr2line::gimli::{self, EndianArcSlice, LittleEndian};
use espalier_core::board::{
    Architecture, BoardFault, Chip, FaultKind, Frame, Panic, Symbols, Trace,
};
use espalier_core::say;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};
use sha2::{Digest as _, Sha256};

use self::unwind::{UnwindStep, Unwinder};
use super::images;
use crate::untrusted;

/// ELF files above this are not read.
const LARGEST: u64 = 512 << 20;

type Dwarf = addr2line::Context<EndianArcSlice<LittleEndian>>;

/// Where names come from.
pub struct SymbolSource {
    name: Symbols,
    kind: Kind,
}

enum Kind {
    Bundled(espalier_images::SymbolTable),
    Elf {
        /// Lines and inlining; absent in a stripped file.
        dwarf: Option<Box<Dwarf>>,
        /// Start, length and mangled name of functions, by start.
        functions: Vec<(u32, u32, String)>,
        unwinder: Box<Unwinder>,
        /// SHA-256 of the file, in lower-case hexadecimal: what a program says that it was linked from.
        sha256: String,
    },
}

impl Kind {
    fn of_elf(bytes: &[u8]) -> object::read::Result<Self> {
        let file = object::File::parse(bytes)?;
        let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
            let data = file
                .section_by_name(id.name())
                .and_then(|section| section.uncompressed_data().ok());
            Ok(EndianArcSlice::new(Arc::from(data.unwrap_or_default()), LittleEndian))
        };
        let dwarf = match file.section_by_name(".debug_info") {
            Some(_) => gimli::Dwarf::load(section).and_then(addr2line::Context::from_dwarf).ok(),
            None => None,
        };
        let function = |symbol: object::Symbol<'_, '_>| {
            let is_function = symbol.kind() == SymbolKind::Text && symbol.size() > 0;
            is_function.then_some((
                symbol.address() as u32,
                symbol.size() as u32,
                symbol.name().ok()?.to_owned(),
            ))
        };
        let mut functions: Vec<_> = file.symbols().filter_map(function).collect();
        functions.sort_unstable();
        Ok(Self::Elf {
            dwarf: dwarf.map(Box::new),
            functions,
            unwinder: Box::new(Unwinder::of(&file)),
            sha256: hex::lower(&Sha256::digest(bytes)),
        })
    }
}

impl std::fmt::Debug for SymbolSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SymbolSource").field(&self.name).finish()
    }
}

impl SymbolSource {
    /// The symbols of the bundled firmware for this chip.
    ///
    /// # Errors
    /// There is none for it, or it is damaged.
    pub fn bundled(chip: Chip) -> Result<Self, BoardFault> {
        let symbols = images::symbols(chip)?;
        Ok(Self { name: Symbols::Bundled(chip), kind: Kind::Bundled(symbols) })
    }

    /// The symbols of an ELF file. It is read whole, so that a rebuild does not pull it from under us.
    ///
    /// # Errors
    /// The file cannot be read, or is no ELF.
    pub fn elf(path: &Path) -> Result<Self, BoardFault> {
        let bad = |detail: &dyn std::fmt::Display| {
            let what = say!(
                "told-no-symbols",
                "{file} cannot be used for symbols",
                file = path.display(),
            );
            let hint = say!("hint-elf", "Choose the ELF file that the build made.");
            BoardFault::new(FaultKind::BadFile, what, hint).with_detail(detail.to_string())
        };
        let bytes = untrusted::read(path, LARGEST).map_err(|error| bad(&error))?;
        let kind = untrusted::call(|| Kind::of_elf(&bytes)).map_err(|panic| bad(&panic))?;
        let kind = kind.map_err(|error| bad(&error))?;
        Ok(Self { name: Symbols::Elf(file_name(path)), kind })
    }

    /// Which they are.
    pub fn name(&self) -> Symbols {
        self.name.clone()
    }

    /// Whether a program that says it was linked from an ELF file with this SHA-256 (its first digits) was linked from this
    /// one; `None`: nobody can tell.
    pub fn is_of(&self, sha256: &str) -> Option<bool> {
        match &self.kind {
            Kind::Elf { sha256: ours, .. } if !sha256.is_empty() => Some(ours.starts_with(sha256)),
            _ => None,
        }
    }

    /// Decodes a panic's frames; functions that were inlined become frames of their own, with the same address. A stack that
    /// the report has is walked.
    pub fn decode(&self, panic: &mut Panic) {
        let ours = self.architecture();
        let is_of_another_kind = |trace: &Trace| {
            trace.architecture.is_some() && ours.is_some() && trace.architecture != ours
        };
        let is_other = match self.is_of(&panic.elf) {
            Some(is_of) => !is_of,
            None => panic.traces.iter().any(is_of_another_kind),
        };
        panic.symbols = Some(match &self.name {
            Symbols::Elf(name) if is_other => Symbols::OtherElf(name.clone()),
            name => name.clone(),
        });
        for trace in &mut panic.traces {
            // Call frame information of others', too, may make its reader panic.
            if let Ok(frames) = untrusted::call(|| self.trace(trace)) {
                trace.frames = frames;
            }
        }
    }

    fn trace(&self, trace: &Trace) -> Vec<Frame> {
        let odd = || {
            // Instructions of RISC-V have even addresses.
            trace.points.iter().any(|point| point.address % 2 == 1).then_some(Architecture::Xtensa)
        };
        let architecture = trace.architecture.or_else(|| self.architecture()).or_else(odd);
        let walked = trace.stack.as_ref().and_then(|dump| match &self.kind {
            Kind::Elf { unwinder, .. } => {
                unwinder.walk(dump, &|address| self.can_return_to(address))
            }
            Kind::Bundled(_) => None,
        });
        match walked {
            Some(steps) => steps.into_iter().flat_map(|step| self.step(step)).collect(),
            None => {
                let points = trace.points.iter();
                points
                    .flat_map(|point| {
                        self.at(point.address, point.probe(architecture), point.guess)
                    })
                    .collect()
            }
        }
    }

    fn step(&self, UnwindStep { address, is_return, guess }: UnwindStep) -> Vec<Frame> {
        // A return address is that of the instruction after the call, which may already belong to something else.
        let probe = if is_return { address.wrapping_sub(1) } else { address };
        self.at(address, probe, guess)
    }

    /// The frames of an address: as many as functions are inlined there, and one where nothing is known.
    fn at(&self, address: u32, probe: u32, guess: bool) -> Vec<Frame> {
        // What debug information makes its reader panic has no names.
        let mut frames = untrusted::call(|| self.frames(probe)).unwrap_or_default();
        if frames.is_empty() {
            frames.push(Frame::bare(address));
        }
        frames.iter_mut().for_each(|frame| (frame.address, frame.guess) = (address, guess));
        frames
    }

    /// A function may return to here: behind a call, where the code can be looked at, and otherwise anywhere in a function
    /// but at its beginning, to which only calls lead.
    fn can_return_to(&self, address: u32) -> bool {
        let Kind::Elf { functions, unwinder, .. } = &self.kind else { return false };
        let begins = || functions.binary_search_by_key(&address, |(start, ..)| *start).is_ok();
        let behind_call = unwinder.follows_call(address).unwrap_or_else(|| !begins());
        behind_call && !self.frames(address.wrapping_sub(1)).is_empty()
    }

    fn architecture(&self) -> Option<Architecture> {
        match (&self.kind, &self.name) {
            (Kind::Elf { unwinder, .. }, _) => unwinder.architecture(),
            (_, Symbols::Bundled(chip)) => Some(chip.architecture()),
            _ => None,
        }
    }

    fn frames(&self, address: u32) -> Vec<Frame> {
        match &self.kind {
            Kind::Bundled(symbols) => symbols
                .frames(address)
                .into_iter()
                .map(|frame| Frame {
                    address,
                    function: frame.function.to_string(),
                    location: frame.file.map(|file| (file.to_string(), frame.line.unwrap_or(0))),
                    guess: false,
                })
                .collect(),
            Kind::Elf { dwarf, functions, .. } => {
                let frames =
                    dwarf.as_ref().map(|dwarf| of_dwarf(dwarf, address)).unwrap_or_default();
                if frames.is_empty() {
                    of_table(functions, address).into_iter().collect()
                } else {
                    frames
                }
            }
        }
    }
}

/// What a file of symbols is called.
pub(crate) fn file_name(path: &Path) -> Arc<str> {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into()
}

fn of_dwarf(dwarf: &Dwarf, address: u32) -> Vec<Frame> {
    let mut found = match dwarf.find_frames(address.into()).skip_all_loads() {
        Ok(found) => found,
        Err(_) => return Vec::new(),
    };
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = found.next() {
        let Some(function) = frame.function.as_ref().and_then(|function| function.raw_name().ok())
        else {
            continue;
        };
        let location =
            frame.location.and_then(|at| Some((at.file?.to_owned(), at.line.unwrap_or(0))));
        frames.push(Frame { address, function: plain(&function), location, guess: false });
    }
    frames
}

fn of_table(functions: &[(u32, u32, String)], address: u32) -> Option<Frame> {
    let after = functions.partition_point(|(start, ..)| *start <= address);
    let (start, length, name) = functions.get(after.checked_sub(1)?)?;
    (address - start < *length).then(|| Frame {
        address,
        function: plain(name),
        ..Frame::default()
    })
}

/// A name without its hash; C names stay as they are.
fn plain(mangled: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(mangled))
}

#[cfg(test)]
mod tests {
    use espalier_core::board::TracePoint;

    use super::*;

    fn panic_at(addresses: &[u32]) -> Panic {
        let point = |&address: &u32| TracePoint { address, ..TracePoint::default() };
        let points = addresses.iter().map(point).collect();
        let traces = vec![Trace { points, ..Trace::default() }];
        Panic { traces, ..Panic::default() }
    }

    #[test]
    fn bundled_symbols_name_functions_of_the_firmware() {
        let chip = images::bundled()[0].chip;
        let symbols = images::symbols(chip).unwrap();
        let range = symbols.ranges[symbols.ranges.len() / 2];
        let source = SymbolSource::bundled(chip).unwrap();
        let mut panic = panic_at(&[range.start, 0x4fff_fff0]);
        source.decode(&mut panic);
        assert!(!panic.traces[0].frames[0].function.is_empty());
        assert_eq!(
            panic.frames().last().map(|frame| (frame.address, frame.function.as_str())),
            Some((0x4fff_fff0, ""))
        );
    }

    #[test]
    fn an_elf_names_its_functions_and_lines() {
        // This very program is an ELF with symbols (on Linux); its addresses fit 32 bits before relocation.
        if cfg!(not(target_os = "linux")) {
            eprintln!("SKIPPED: needs an ELF file at hand");
            return;
        }
        let source = SymbolSource::elf(&std::env::current_exe().unwrap()).unwrap();
        let Kind::Elf { functions, .. } = &source.kind else { unreachable!() };
        // Its closures bear its name too, and those that the test harness makes have no lines.
        let meant = |name: &str| name.contains("an_elf_names") && !name.contains("closure");
        let (start, ..) = functions.iter().find(|(.., name)| meant(name)).unwrap();
        let mut panic = panic_at(&[*start]);
        source.decode(&mut panic);
        let innermost = panic.frames().last().unwrap();
        assert!(innermost.function.contains("an_elf_names_its_functions"), "{innermost:?}");
        let (file, line) = innermost.location.as_ref().unwrap();
        assert!(file.ends_with("mod.rs") && *line > 0);
    }

    #[test]
    fn what_is_no_elf_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "no ELF").unwrap();
        assert_eq!(SymbolSource::elf(file.path()).unwrap_err().kind, FaultKind::BadFile);
    }
}
