//! Making the table of symbols out of an ELF file: lines and inlining from its DWARF, plain function names where
//! there is none (the radio library).

use std::collections::HashMap;
use std::sync::Arc;

use addr2line::gimli::{self, EndianSlice, LittleEndian};
use anyhow::Context as _;
use espalier_images::symbols::{Range, SourcePlace, SymbolTable};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

/// The table of an ELF file.
pub fn symbols(elf: &[u8]) -> anyhow::Result<SymbolTable> {
    let file = object::File::parse(elf)?;
    let sections = gimli::DwarfSections::load(|id| -> Result<_, gimli::Error> {
        let section = file.section_by_name(id.name());
        Ok(section.and_then(|section| section.uncompressed_data().ok()).unwrap_or_default())
    })?;
    let dwarf = sections.borrow(|bytes| EndianSlice::new(bytes, LittleEndian));
    let context =
        addr2line::Context::from_dwarf(dwarf).context("the DWARF information cannot be read")?;

    let mut functions: Vec<(u32, u32, &str)> = file
        .symbols()
        .filter(|symbol| symbol.kind() == object::SymbolKind::Text && symbol.size() > 0)
        .filter_map(|symbol| {
            Some((symbol.address() as u32, symbol.size() as u32, symbol.name().ok()?))
        })
        .collect();
    functions.sort_unstable();

    let mut table = Table::default();
    for section in file.sections().filter(|section| section.kind() == object::SectionKind::Text) {
        let (start, end) = (section.address(), section.address() + section.size());
        let mut at = start as u32;
        for (low, len, _) in context.find_location_range(start, end)? {
            let (low, high) = ((low.max(start)) as u32, (low + len).min(end) as u32);
            if high <= at {
                continue;
            }
            let low = low.max(at);
            table.plain(&functions, at, low);
            let mut frames = Vec::new();
            let mut found = context.find_frames(u64::from(low)).skip_all_loads()?;
            while let Some(frame) = found.next()? {
                let name = frame
                    .function
                    .as_ref()
                    .and_then(|f| f.raw_name().ok())
                    .map(|name| plain_name(&name));
                let location = frame.location.as_ref();
                frames.push((
                    name.unwrap_or_default(),
                    location
                        .and_then(|l| l.file)
                        .map(|file| file.replace('\\', "/"))
                        .unwrap_or_default(),
                    location.and_then(|l| l.line).unwrap_or(0),
                ));
            }
            thin(&mut frames);
            for (_, file, _) in &mut frames {
                *file = shown_path(file);
            }
            if frames.iter().all(|(name, ..)| name.is_empty()) {
                table.plain(&functions, low, high);
            } else {
                table.range(low, high, &frames);
            }
            at = high;
        }
        table.plain(&functions, at, end as u32);
    }
    Ok(table.symbols)
}

/// Leaves out what would be most of the table and tells little: inlined functions of core and alloc, which then
/// stand at the line that called them (a panic's message names its place anyway), and inlined functions of libraries
/// that lie between the innermost and the next of ours.
fn thin(frames: &mut Vec<(String, String, u32)>) {
    let ours = frames.iter().position(|(_, file, _)| !file.starts_with("/rust/"));
    frames.drain(..ours.unwrap_or(frames.len().saturating_sub(1)));
    let (mut index, last) = (0, frames.len().saturating_sub(1));
    frames.retain(|(_, file, _)| {
        index += 1;
        index == 1 || index > last || file.starts_with("/firmware/")
    });
}

/// A name without its hash and without type arguments: `<Board as Clone>::clone`, `Vec::push`.
fn plain_name(mangled: &str) -> String {
    let full = format!("{:#}", rustc_demangle::demangle(mangled));
    // Type arguments follow a name or `::`; what begins with `<` is the type that a method belongs to, and stays.
    let mut plain = String::with_capacity(full.len());
    let (mut depth, mut last) = (0u32, ' ');
    for c in full.chars() {
        match c {
            '<' if depth > 0 || last.is_alphanumeric() || "_:}".contains(last) => depth += 1,
            '>' if depth > 0 && last != '-' => depth -= 1,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
        last = c;
    }
    plain.trim_end_matches(':').replace("::::", "::")
}

/// A path as people know it: `firmware/core/src/slots.rs`, `smoltcp-0.13.1/src/iface.rs`, `core/src/fmt/mod.rs`.
fn shown_path(path: &str) -> String {
    let short =
        ["/crates/", "/rust/library/", "/"].iter().find_map(|prefix| path.strip_prefix(prefix));
    short.unwrap_or(path).to_owned()
}

/// A table being filled, and what it already has.
struct Table {
    symbols: SymbolTable,
    texts: HashMap<String, u32>,
    places: HashMap<SourcePlace, u32>,
}

impl Default for Table {
    fn default() -> Self {
        let symbols = SymbolTable { texts: vec![Arc::from("")], ..SymbolTable::default() };
        Self { symbols, texts: HashMap::from([(String::new(), 0)]), places: HashMap::new() }
    }
}

impl Table {
    /// Adds addresses that belong to these functions, the innermost first.
    fn range(&mut self, start: u32, end: u32, frames: &[(String, String, u32)]) {
        let mut caller = None;
        for (name, file, line) in frames.iter().rev() {
            let place =
                SourcePlace { name: self.text(name), file: self.text(file), line: *line, caller };
            let next = self.symbols.places.len() as u32;
            caller = Some(*self.places.entry(place).or_insert_with(|| {
                self.symbols.places.push(place);
                next
            }));
        }
        let Some(place) = caller else { return };
        match self.symbols.ranges.last_mut() {
            Some(last) if last.end == start && last.place == place => last.end = end,
            _ if start < end => self.symbols.ranges.push(Range { start, end, place }),
            _ => {}
        }
    }

    /// Adds the functions between two addresses by their names alone.
    fn plain(&mut self, functions: &[(u32, u32, &str)], start: u32, end: u32) {
        let first = functions.partition_point(|&(low, len, _)| low + len <= start);
        let mut at = start;
        for &(low, len, name) in functions.iter().skip(first).take_while(|&&(low, ..)| low < end) {
            let (low, high) = (low.max(at), (low + len).min(end));
            if low < high {
                self.range(low, high, &[(plain_name(name), String::new(), 0)]);
                at = high;
            }
        }
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(&index) = self.texts.get(text) {
            return index;
        }
        let index = self.symbols.texts.len() as u32;
        self.symbols.texts.push(Arc::from(text));
        self.texts.insert(text.to_owned(), index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn a_name_keeps_what_people_read() {
        assert_eq!(
            plain_name("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"),
            "core::fmt::Write::write_fmt"
        );
        assert_eq!(plain_name("fold<core::iter::Map<A, fn(B) -> C>, D>"), "fold");
        assert_eq!(plain_name("run::{closure#0}<A, 2>"), "run::{closure#0}");
        assert_eq!(plain_name("<Board as Clone>::clone"), "<Board as Clone>::clone");
        assert_eq!(plain_name("heapless::Vec::<u8, 8>::push"), "heapless::Vec::push");
        assert_eq!(plain_name("wifi_softap_start"), "wifi_softap_start");
    }
}
