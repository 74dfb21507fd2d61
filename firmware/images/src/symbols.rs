//! The table of symbols: from an address in a panic to functions, files and lines.
//!
//! # Format, version 1
//!
//! After unpacking: the 8 bytes `ESPSYM1\n`, then only two kinds of things: *numbers*, unsigned LEB128 (7 bits a
//! byte, low bits first, the top bit says that more follow; at most 32 bits), and *texts*, a number of bytes and
//! so many bytes of UTF-8.
//!
//! 1. **texts**: their count, then each. Text 0 is empty and means "not known".
//! 2. **places**: their count, then for each: *name* (text of the function, demangled), *file* (text), *line*
//!    (0 = not known), *caller* (0 = this is the function itself; n = it was inlined at the place n entries
//!    earlier). A caller always precedes what it calls.
//! 3. **ranges**, in rising order and without overlap: their count, then for each: *gap* (bytes between the end of
//!    the last range, at first address 0, and this one), *length* in bytes, *place* (zigzag of the difference to the
//!    last range's place: 0, −1, 1, −2 … become 0, 1, 2, 3 …).
//!
//! Addresses that no range covers are unknown. Nothing follows.

use std::sync::Arc;

/// The first bytes of a table.
pub const MAGIC: &[u8; 8] = b"ESPSYM1\n";

/// One function on the way to an address, the innermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolFrame {
    /// The function's name, demangled.
    pub function: Arc<str>,
    /// The file, if known; paths of the firmware begin with `firmware/`, those of libraries with the crate's name.
    pub file: Option<Arc<str>>,
    /// The line, if known, from 1.
    pub line: Option<u32>,
    /// Whether the compiler put this function into the next one.
    pub inlined: bool,
}

/// A place in the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourcePlace {
    /// Index of the function's name among the texts.
    pub name: u32,
    /// Index of the file's name.
    pub file: u32,
    /// The line, 0 when not known.
    pub line: u32,
    /// Index of the place that this was inlined into.
    pub caller: Option<u32>,
}

/// Addresses from `start` up to, not including, `end` belong to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First address.
    pub start: u32,
    /// Address after the last.
    pub end: u32,
    /// Index of the place.
    pub place: u32,
}

/// A table of symbols.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolTable {
    /// The texts; 0 is empty.
    pub texts: Vec<Arc<str>>,
    /// The places.
    pub places: Vec<SourcePlace>,
    /// The ranges, in rising order.
    pub ranges: Vec<Range>,
}

/// A table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table of symbols is damaged at byte {at}: {what}; panics are shown without names")]
pub struct SymbolsError {
    /// Bytes from the start.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// No inlining is deeper than this; the rest of a longer chain is left out.
const DEEPEST: usize = 64;

impl SymbolTable {
    /// The functions at an address, the innermost first; empty when the address is not known.
    pub fn frames(&self, address: u32) -> Vec<SymbolFrame> {
        let after = self.ranges.partition_point(|range| range.start <= address);
        let range = after.checked_sub(1).and_then(|n| self.ranges.get(n));
        let mut next = range.filter(|range| address < range.end).map(|range| range.place);
        let mut frames = Vec::new();
        while let Some(place) = next.and_then(|n| self.places.get(n as usize)) {
            frames.push(SymbolFrame {
                function: self.text(place.name).unwrap_or_default(),
                file: self.text(place.file).filter(|file| !file.is_empty()),
                line: Some(place.line).filter(|&line| line != 0),
                inlined: place.caller.is_some(),
            });
            next = place.caller.filter(|_| frames.len() < DEEPEST);
        }
        frames
    }

    fn text(&self, index: u32) -> Option<Arc<str>> {
        self.texts.get(index as usize).cloned()
    }

    /// Reads a table from unpacked bytes.
    ///
    /// # Errors
    /// Anything that the format does not allow; never panics, and allocates no more than a few times the input.
    pub fn decode(bytes: &[u8]) -> Result<Self, SymbolsError> {
        let mut input = Input { bytes, at: 0 };
        if input.take(MAGIC.len())? != MAGIC {
            return Err(SymbolsError {
                at: 0,
                what: "not a table of symbols, or of another version",
            });
        }
        let texts = input.list(|input, _| {
            let len = input.number()? as usize;
            let text = std::str::from_utf8(input.take(len)?)
                .map_err(|_| input.error("text is not UTF-8"))?;
            Ok(Arc::from(text))
        })?;
        let places = input.list(|input, index| {
            let (name, file, line) = (input.number()?, input.number()?, input.number()?);
            let caller = match input.number()? {
                0 => None,
                n => Some(
                    index.checked_sub(n).ok_or_else(|| input.error("caller does not precede"))?,
                ),
            };
            Ok(SourcePlace { name, file, line, caller })
        })?;
        let (mut end, mut place) = (0u32, 0i64);
        let ranges = input.list(|input, _| {
            let overflow = input.error("address above 32 bits");
            let start = end.checked_add(input.number()?).ok_or_else(|| overflow.clone())?;
            end = start.checked_add(input.number()?).ok_or(overflow)?;
            let zigzag = input.number()?;
            place += i64::from(zigzag >> 1) ^ -i64::from(zigzag & 1);
            let place = u32::try_from(place).map_err(|_| input.error("no such place"))?;
            Ok(Range { start, end, place })
        })?;
        if input.at != bytes.len() {
            return Err(input.error("bytes after the end"));
        }
        Ok(Self { texts, places, ranges })
    }

    /// Writes the table.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        number(&mut out, self.texts.len() as u32);
        for text in &self.texts {
            number(&mut out, text.len() as u32);
            out.extend_from_slice(text.as_bytes());
        }
        number(&mut out, self.places.len() as u32);
        for (index, place) in self.places.iter().enumerate() {
            for n in [place.name, place.file, place.line] {
                number(&mut out, n);
            }
            number(&mut out, place.caller.map_or(0, |caller| index as u32 - caller));
        }
        number(&mut out, self.ranges.len() as u32);
        let (mut end, mut last) = (0, 0);
        for range in &self.ranges {
            number(&mut out, range.start - end);
            number(&mut out, range.end - range.start);
            let step = i64::from(range.place) - last;
            number(&mut out, ((step << 1) ^ (step >> 63)) as u32);
            (end, last) = (range.end, i64::from(range.place));
        }
        out
    }
}

fn number(out: &mut Vec<u8>, mut n: u32) {
    while n > 0x7f {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn error(&self, what: &'static str) -> SymbolsError {
        SymbolsError { at: self.at, what }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], SymbolsError> {
        let end = self.at.checked_add(n).filter(|&end| end <= self.bytes.len());
        let taken = end
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or_else(|| self.error("cut short"))?;
        self.at += n;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, SymbolsError> {
        let mut n = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.take(1)?.first().copied().unwrap_or_default();
            n |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(n).map_err(|_| self.error("number above 32 bits"));
            }
        }
        Err(self.error("number above 32 bits"))
    }

    /// A count and so many items. A count above the bytes that are left is refused before anything is allocated for it.
    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self, u32) -> Result<T, SymbolsError>,
    ) -> Result<Vec<T>, SymbolsError> {
        let count = self.number()?;
        if count as usize > self.bytes.len() - self.at {
            return Err(self.error("count above the bytes that are left"));
        }
        (0..count).map(|index| item(self, index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> SymbolTable {
        SymbolTable {
            texts: ["", "main", "src/main.rs", "push", "src/vec.rs"].map(Arc::from).to_vec(),
            places: vec![
                SourcePlace { name: 1, file: 2, line: 10, caller: None },
                SourcePlace { name: 3, file: 4, line: 300, caller: Some(0) },
                SourcePlace { name: 1, file: 0, line: 0, caller: None },
            ],
            ranges: vec![
                Range { start: 0x4200_0000, end: 0x4200_0004, place: 1 },
                Range { start: 0x4200_0004, end: 0x4200_0010, place: 0 },
                Range { start: 0x4200_0020, end: 0xffff_ffff, place: 2 },
            ],
        }
    }

    #[test]
    fn an_address_reads_back_as_its_functions_the_innermost_first() {
        let symbols = table();
        let frames = symbols.frames(0x4200_0003);
        let shown: Vec<_> = frames.iter().map(|f| (&*f.function, f.line, f.inlined)).collect();
        assert_eq!(shown, [("push", Some(300), true), ("main", Some(10), false)]);
        assert_eq!(symbols.frames(0x4200_0004).len(), 1);
        assert_eq!(symbols.frames(0x4200_0010), []);
        assert_eq!(symbols.frames(0), []);
        assert_eq!(
            (&symbols.frames(0x5000_0000)[0].file, symbols.frames(0x5000_0000)[0].line),
            (&None, None)
        );
    }

    #[test]
    fn what_was_written_is_read_back() {
        let symbols = table();
        assert_eq!(SymbolTable::decode(&symbols.encode()), Ok(symbols));
        assert_eq!(
            SymbolTable::decode(&SymbolTable::default().encode()),
            Ok(SymbolTable::default())
        );
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_refused_or_harmless() {
        let good = table().encode();
        for cut in 0..good.len() {
            assert!(SymbolTable::decode(&good[..cut]).is_err(), "cut at {cut}");
        }
        for at in 0..good.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                if let Ok(symbols) = SymbolTable::decode(&bad) {
                    symbols.frames(0x4200_0000);
                }
            }
        }
    }
}
