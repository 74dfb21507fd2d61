//! From addresses in a panic to functions and lines: by the bundled table, or by an ELF of the user's.

use std::path::Path;
use std::sync::Arc;

use addr2line::gimli::{self, EndianArcSlice, LittleEndian};
use espalier_core::board::{BoardFault, Chip, FaultKind, Frame, Panic, Symbols};
use espalier_core::say;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

use super::images;
use crate::foreign;

/// ELF files above this are not read.
const LARGEST: u64 = 512 << 20;

type Dwarf = addr2line::Context<EndianArcSlice<LittleEndian>>;

/// Where names come from.
pub struct SymbolSource {
    name: Symbols,
    kind: Kind,
}

enum Kind {
    Bundled(espalier_images::Symbols),
    Elf {
        /// Lines and inlining; absent in a stripped file.
        dwarf: Option<Box<Dwarf>>,
        /// Start, length and mangled name of functions, by start.
        functions: Vec<(u32, u32, String)>,
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
        Ok(Self::Elf { dwarf: dwarf.map(Box::new), functions })
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
    /// It cannot be read, or is none.
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
        let bytes = foreign::read(path, LARGEST).map_err(|error| bad(&error))?;
        let kind = foreign::call(|| Kind::of_elf(&bytes)).map_err(|panic| bad(&panic))?;
        let kind = kind.map_err(|error| bad(&error))?;
        Ok(Self { name: Symbols::Elf(file_name(path)), kind })
    }

    /// Which they are.
    pub fn name(&self) -> Symbols {
        self.name.clone()
    }

    /// Decodes a panic's frames; functions that were inlined become frames of their own, with the same address.
    pub fn decode(&self, panic: &mut Panic) {
        let addresses: Vec<_> = panic.frames.iter().map(|frame| frame.address).collect();
        panic.frames = addresses
            .into_iter()
            .enumerate()
            .flat_map(|(depth, address)| {
                // A return address is that of the instruction after the call, which may already belong to something else.
                let probe = if depth == 0 { address } else { address.saturating_sub(1) };
                // What debug information makes its reader panic has no names.
                let mut frames = foreign::call(|| self.frames(probe)).unwrap_or_default();
                frames.iter_mut().for_each(|frame| frame.address = address);
                if frames.is_empty() { vec![Frame { address, ..Frame::default() }] } else { frames }
            })
            .collect();
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
                })
                .collect(),
            Kind::Elf { dwarf, functions } => {
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
        frames.push(Frame { address, function: plain(&function), location });
    }
    frames
}

fn of_table(functions: &[(u32, u32, String)], address: u32) -> Option<Frame> {
    let after = functions.partition_point(|(start, ..)| *start <= address);
    let (start, length, name) = functions.get(after.checked_sub(1)?)?;
    (address - start < *length).then(|| Frame { address, function: plain(name), location: None })
}

/// A name without its hash; C names stay as they are.
fn plain(mangled: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(mangled))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panic_at(addresses: &[u32]) -> Panic {
        let frames =
            addresses.iter().map(|&address| Frame { address, ..Frame::default() }).collect();
        let at = espalier_core::Timestamp(0);
        Panic { from: at, to: at, lines: 1, message: String::new(), frames }
    }

    #[test]
    fn bundled_symbols_name_functions_of_the_firmware() {
        let chip = images::bundled()[0].chip;
        let symbols = images::symbols(chip).unwrap();
        let range = symbols.ranges[symbols.ranges.len() / 2];
        let source = SymbolSource::bundled(chip).unwrap();
        let mut panic = panic_at(&[range.start, 0x4fff_fff0]);
        source.decode(&mut panic);
        assert!(!panic.frames[0].function.is_empty());
        assert_eq!(
            panic.frames.last().map(|frame| (frame.address, frame.function.as_str())),
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
        let innermost = panic.frames.last().unwrap();
        assert!(innermost.function.contains("an_elf_names_its_functions"), "{innermost:?}");
        let (file, line) = innermost.location.as_ref().unwrap();
        assert!(file.ends_with("symbols.rs") && *line > 0);
    }

    #[test]
    fn what_is_no_elf_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "no ELF").unwrap();
        assert_eq!(SymbolSource::elf(file.path()).unwrap_err().kind, FaultKind::BadFile);
    }
}
