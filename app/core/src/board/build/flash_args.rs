//! `flash_args`, as ESP-IDF and Arduino write it for `esptool write-flash @flash_args`: options, then an address and a file
//! on each line. esptool reads each line as a shell would and takes what it finds as if it had been typed.

use super::FlashHeader;

/// The arguments of `esptool write-flash`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlashArgs {
    /// What the bootloader is to be told of the flash.
    pub header: FlashHeader,
    /// Which file goes where; paths are relative to the folder of the arguments, with `/` between names.
    pub files: Vec<(u32, String)>,
}

/// Why a text is no arguments of `esptool write-flash`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlashArgsFault {
    /// A quotation mark without its partner.
    #[error("line {0} has a quotation mark without its partner")]
    Quotes(usize),
    /// Neither an option nor an address, where one of them is due.
    #[error("line {line} has {word:?} where an address is due")]
    Address {
        /// Counted from 1.
        line: usize,
        /// What stands there; at most 40 characters.
        word: String,
    },
    /// An address or an option at the very end.
    #[error("it ends behind {0:?}")]
    Ends(String),
    /// Nothing to write.
    #[error("it names no file")]
    Nothing,
    /// More files than anything that could be meant.
    #[error("it names more than {MOST_FILES} files")]
    TooMany,
}

/// Files of one board.
const MOST_FILES: usize = 64;

impl FlashArgs {
    /// Reads them.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(text: &str) -> Result<Self, FlashArgsFault> {
        let mut args = Self::default();
        let mut words = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line_words = split(line).ok_or(FlashArgsFault::Quotes(index + 1))?;
            words.extend(line_words.into_iter().map(|word| (index + 1, word)));
        }
        let mut words = words.into_iter();
        while let Some((line, word)) = words.next() {
            if let Some(option) = word.strip_prefix('-') {
                let option = option.trim_start_matches('-').replace('_', "-");
                let (option, given) = match option.split_once('=') {
                    Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                    None => (option, None),
                };
                if !FlashHeader::is_option(&option) {
                    // `--force`, `--no-compress` and their kin take no value.
                    continue;
                }
                let value = given.or_else(|| words.next().map(|(_, value)| value));
                let value = value.ok_or_else(|| FlashArgsFault::Ends(short(&word)))?;
                args.header.set(&option, &value);
                continue;
            }
            let address = parse_address(&word)
                .ok_or_else(|| FlashArgsFault::Address { line, word: short(&word) })?;
            let Some((_, file)) = words.next() else {
                return Err(FlashArgsFault::Ends(short(&word)));
            };
            if args.files.len() >= MOST_FILES {
                return Err(FlashArgsFault::TooMany);
            }
            args.files.push((address, file.replace('\\', "/")));
        }
        if args.files.is_empty() { Err(FlashArgsFault::Nothing) } else { Ok(args) }
    }
}

/// An address as tools write it: `0x10000`, `65536`.
pub fn parse_address(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) if hex.starts_with(|first: char| first.is_ascii_hexdigit()) => {
            u32::from_str_radix(hex, 16).ok()
        }
        Some(_) => None,
        None if text.starts_with(|first: char| first.is_ascii_digit()) => text.parse().ok(),
        None => None,
    }
}

/// The words of a line. A backslash stands for itself: build tools on Windows put it between folders, and none of them
/// escapes with it.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

fn short(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_spellings_of_options_are_read() {
        let idf = "--flash_mode dio --flash_freq 80m --flash_size 2MB\n0x0 bootloader/bootloader.bin\n\
                   0x10000 hello_world.bin\n0x8000 partition_table/partition-table.bin\n";
        let new = "--flash-mode dio --flash-freq 80m --flash-size=2MB\r\n0x0 bootloader\\bootloader.bin\r\n\
                   65536 hello_world.bin\r\n0X8000 \"partition_table/partition-table.bin\"";
        let args = FlashArgs::parse(idf).unwrap();
        assert_eq!(args, FlashArgs::parse(new).unwrap());
        let mode = args.header.mode.as_deref();
        assert_eq!((mode, args.header.size.as_deref()), (Some("dio"), Some("2MB")));
        assert_eq!(args.files[1], (0x1_0000, "hello_world.bin".to_owned()));
        assert_eq!(args.files.len(), 3);
    }

    #[test]
    fn names_with_spaces_and_other_options_are_read() {
        let args =
            FlashArgs::parse("--compress --force\n0x0 'a b.bin' 0x1000 c\"d e\".bin").unwrap();
        assert_eq!(args.files, [(0, "a b.bin".to_owned()), (0x1000, "cd e.bin".to_owned())]);
    }

    #[test]
    fn other_texts_are_refused_with_the_place() {
        let refused = |text: &str| FlashArgs::parse(text).unwrap_err();
        assert_eq!(refused(""), FlashArgsFault::Nothing);
        assert_eq!(refused("--flash_mode dio"), FlashArgsFault::Nothing);
        assert_eq!(refused("0x0"), FlashArgsFault::Ends("0x0".to_owned()));
        assert_eq!(refused("\n0x0 \"a.bin"), FlashArgsFault::Quotes(2));
        let word = "hello".to_owned();
        assert_eq!(refused("hello world"), FlashArgsFault::Address { line: 1, word });
        assert_eq!(refused(&"0x0 a\n".repeat(65)), FlashArgsFault::TooMany);
        for number in ["0x", "0x+1", "+5", "0x100000000", "-1", "x"] {
            assert_eq!(parse_address(number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in "(?s).{0,200}") {
            FlashArgs::parse(&text).ok();
        }
    }
}
