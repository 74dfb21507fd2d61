//! Small ELF files, as a linker would make them: 32 bits, little endian, sections and functions.

/// The machines of the chips.
pub const RISC_V: u16 = 243;
pub const XTENSA: u16 = 94;

/// An ELF file in the making.
pub struct Elf {
    machine: u16,
    sections: Vec<(String, u32, Vec<u8>)>,
    functions: Vec<(String, u32, u32)>,
}

impl Elf {
    pub fn new(machine: u16) -> Self {
        Self { machine, sections: Vec::new(), functions: Vec::new() }
    }

    /// A section that is loaded to `address`.
    pub fn section(mut self, name: &str, address: u32, bytes: Vec<u8>) -> Self {
        self.sections.push((name.to_owned(), address, bytes));
        self
    }

    /// A function in the first section.
    pub fn function(mut self, name: &str, start: u32, size: u32) -> Self {
        self.functions.push((name.to_owned(), start, size));
        self
    }

    pub fn build(self) -> Vec<u8> {
        let Self { machine, sections, functions } = self;
        let entry = functions.first().map_or(0, |(_, start, _)| *start);
        let mut names = vec![0];
        let mut name = |text: &str| {
            let at = names.len() as u32;
            names.extend([text.as_bytes(), b"\0"].concat());
            at
        };
        let mut body = Vec::new();
        let mut place = |bytes: &[u8]| {
            body.resize(body.len().next_multiple_of(4), 0);
            let at = HEADER + body.len() as u32;
            body.extend(bytes);
            at
        };
        // Name, kind, flags, address, place, size, link, info, alignment, entry size.
        let mut headers = vec![[0; 10]];
        for (label, address, bytes) in &sections {
            let size = bytes.len() as u32;
            headers.push([name(label), 1, 6, *address, place(bytes), size, 0, 0, 4, 0]);
        }
        // Global functions in section 1, after the empty symbol.
        let mut symbols = vec![0; 16];
        for (label, start, size) in &functions {
            symbols.extend(words(&[name(label), *start, *size, 0x0001_0012]));
        }
        let names_section = headers.len() as u16;
        headers.push([0, 3, 0, 0, place(&names), names.len() as u32, 0, 0, 1, 0]);
        let strings = names_section.into();
        headers.push([0, 2, 0, 0, place(&symbols), symbols.len() as u32, strings, 1, 4, 16]);
        let table: Vec<u8> = headers.iter().flat_map(|header| words(header)).collect();
        let table_at = place(&table);
        let header = [
            b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
            halves(&[2, machine]),
            words(&[1, entry, 0, table_at, 0]),
            halves(&[HEADER as u16, 32, 0, 40, headers.len() as u16, names_section]),
        ];
        [header.concat(), body].concat()
    }
}

/// Bytes of an ELF header.
const HEADER: u32 = 52;

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn halves(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}
