//! Docklight: `.ptp`, text in blocks with a blank line between them.
//!
//! `SEND`: index, name, bytes as pairs of digits, two numbers, and perhaps a line `CHECKSUM [(start, len)] NAME [L] [A] [@pos]`.
//! The checksum takes the place of the last bytes of the sequence, unless another place is named.

use super::xtools::answers_left;
use super::{Draft, text};
use crate::send::{ChecksumForm, ChecksumSpec, hex};
use crate::send_list::SendEntry;
use crate::{Sentence, say};

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Option<&'static str> {
    let (all, _) = text::of_bytes(bytes);
    let lines: Vec<&str> = all.lines().map(str::trim_end).collect();
    let blocks: Vec<&[&str]> = lines.split(|line| line.is_empty()).collect();
    if !blocks.iter().any(|block| block.first() == Some(&"VERSION")) {
        return None;
    }
    let mut answers = 0_u64;
    for block in blocks {
        match block {
            ["SEND", _, name, bytes, rest @ ..] => match entry(bytes, rest) {
                Ok(entry) => draft.push(SendEntry { name: (*name).to_owned(), ..entry }),
                Err(why) => draft.skip(name, why),
            },
            ["RECEIVE", ..] => answers += 1,
            _ => {}
        }
    }
    if answers > 0 {
        draft.tell(answers_left(answers));
    }
    Some("Docklight")
}

fn entry(written: &str, rest: &[&str]) -> Result<SendEntry, Sentence> {
    if written.contains(['?', '#', '&', '!', '^']) {
        return Err(say!(
            "import-wildcards",
            "it has wildcards or functions, which are filled in when Docklight sends it"
        ));
    }
    let mut bytes = hex::parse(written)
        .map_err(|error| say!("import-no-hex", "it is no hexadecimal: {error}", error = error))?;
    let checksum = rest.iter().find(|line| line.starts_with("CHECKSUM"));
    let checksum = checksum.map(|line| checksum_of(line)).transpose()?;
    if let Some((spec, length)) = &checksum {
        let kept =
            bytes.len().checked_sub(*length).ok_or_else(|| unknown_checksum(&spec.algorithm))?;
        bytes.truncate(kept);
    }
    let mut entry = text::hex_entry(&bytes);
    entry.spec.checksum = checksum.map(|(spec, _)| spec);
    Ok(entry)
}

fn unknown_checksum(what: &str) -> Sentence {
    say!(
        "import-checksum-unknown",
        "its checksum ({checksum}) has no like here: choose the checksum anew",
        checksum = what,
    )
}

/// The checksum over all that stands before it, and how many bytes it takes.
fn checksum_of(line: &str) -> Result<(ChecksumSpec, usize), Sentence> {
    let line = line.trim_start_matches("CHECKSUM");
    let line = line.split('#').next().unwrap_or_default().trim();
    let unknown = || unknown_checksum(line);
    // A part of what is sent, and another place for the result, are not what ours can do.
    if line.contains(['(', '@']) {
        return Err(unknown());
    }
    let mut words = line.split_whitespace();
    let (algorithm, bytes) = match words.next().unwrap_or_default() {
        "MOD256" => ("sum8", 1),
        "XOR" => ("xor8", 1),
        "LRC" => ("LRC", 1),
        "-MOD256" => ("LRC", 1),
        "CRC-MODBUS" => ("CRC-16/MODBUS", 2),
        "CRC-16" => ("CRC-16/ARC", 2),
        "CRC-CCITT" => ("CRC-16/IBM-3740", 2),
        "CRC-8" => ("CRC-8/SMBUS", 1),
        "CRC-DOW" => ("CRC-8/MAXIM-DOW", 1),
        "CRC-7" => ("CRC-7/MMC", 1),
        "CRC-32" => ("CRC-32/ISO-HDLC", 4),
        _ => return Err(unknown()),
    };
    let mut spec = ChecksumSpec {
        algorithm: algorithm.to_owned(),
        little_endian: false,
        ..ChecksumSpec::default()
    };
    for word in words {
        match word {
            "L" => spec.little_endian = true,
            "A" => spec.form = ChecksumForm::Hex,
            _ => return Err(unknown()),
        }
    }
    let length = if spec.form == ChecksumForm::Hex { 2 * bytes } else { bytes };
    Ok((spec, length))
}

#[cfg(test)]
mod tests {
    use crate::send_list::import;

    #[test]
    fn sequences_are_taken_and_answers_are_counted() {
        let file = "VERSION\r\n8\r\n\r\nSEND\r\n0\r\nPoll\r\n01 03 00 00 00 01 00 00\r\n0\r\n5\r\nCHECKSUM CRC-MODBUS L # at the end\r\n\r\n\
            SEND\r\n1\r\nWild\r\n01 ?? 03\r\n0\r\n5\r\n\r\nSEND\r\n2\r\nPart\r\n01 02 03\r\n0\r\n5\r\nCHECKSUM (1, 2) XOR\r\n\r\n\
            RECEIVE\r\n0\r\nOk\r\n01 03 ##\r\n1\r\n1\r\n";
        let taken = import(file.as_bytes(), "d").unwrap();
        let entries = &taken.list.groups[0].entries;
        assert_eq!((taken.program, entries.len(), taken.left_out.len()), ("Docklight", 1, 3));
        assert_eq!(
            (entries[0].name.as_str(), entries[0].text.as_str()),
            ("Poll", "01 03 00 00 00 01")
        );
        let sum = entries[0].spec.checksum.as_ref().unwrap();
        assert_eq!((sum.algorithm.as_str(), sum.little_endian), ("CRC-16/MODBUS", true));
    }
}
