//! Docklight: `.ptp`, text in blocks with a blank line between them.
//!
//! `SEND`: index, name, bytes as pairs of digits, two numbers, and perhaps a line `CHECKSUM [(start, len)] NAME [L] [A] [@pos]`.
//! The checksum takes the place of the last bytes of the sequence, unless another place is named.

use super::answer_text::{answer, answers_left};
use super::{Draft, text};
use crate::matching::PatternFormat;
use crate::rules::{ReceivedTrigger, Rule, RuleAction, Trigger};
use crate::send::{ChecksumForm, ChecksumSpec, hex};
use crate::send_list::SendEntry;
use crate::{Sentence, say};

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Option<&'static str> {
    let (all, _) = text::of_bytes(bytes);
    let blocks = blocks(&all)?;
    let mut answers = 0_u64;
    for block in blocks {
        match &block[..] {
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

/// The blocks of a project, when it is one: their lines.
fn blocks(all: &str) -> Option<Vec<Vec<&str>>> {
    let lines: Vec<&str> = all.lines().map(str::trim_end).collect();
    let blocks: Vec<Vec<&str>> =
        lines.split(|line| line.is_empty()).map(<[&str]>::to_vec).collect();
    blocks.iter().any(|block| block.first() == Some(&"VERSION")).then_some(blocks)
}

/// `RECEIVE`: index, name, pattern, which `SEND` answers (-1: none), a number, and perhaps a line `COMMENT text`.
pub(super) fn rules(bytes: &[u8], draft: &mut Draft) -> Option<(&'static str, Vec<Rule>)> {
    let (all, _) = text::of_bytes(bytes);
    let blocks = blocks(&all)?;
    let mut rules = Vec::new();
    for block in &blocks {
        if let ["RECEIVE", _, name, pattern, sends, rest @ ..] = &block[..] {
            match rule(name, pattern, sends, rest, &blocks) {
                Ok(rule) => rules.push(rule),
                Err(why) => draft.skip(name, why),
            }
        }
    }
    Some(("Docklight", rules))
}

fn rule(
    name: &str,
    written: &str,
    sends: &str,
    rest: &[&str],
    blocks: &[Vec<&str>],
) -> Result<Rule, Sentence> {
    let when = Trigger::Received(pattern(written)?);
    let comment = rest.iter().find_map(|line| line.strip_prefix("COMMENT"));
    let action = match sends.trim() {
        "-1" => RuleAction::Mark { text: comment.unwrap_or_default().trim().to_owned() },
        index => {
            let sent = blocks.iter().find_map(|block| match &block[..] {
                ["SEND", number, _, bytes, rest @ ..] if number.trim() == index => {
                    Some((*bytes, rest))
                }
                _ => None,
            });
            let (bytes, rest) = sent.ok_or_else(|| {
                say!("import-no-sequence", "what it sends is not there: {index}", index = index)
            })?;
            RuleAction::Send(answer(entry(bytes, rest)?, 0))
        }
    };
    Ok(Rule { name: name.to_owned(), when, actions: vec![action], ..Rule::default() })
}

/// `??` is one byte, as ours; `##` is one or none.
fn pattern(written: &str) -> Result<ReceivedTrigger, Sentence> {
    if written.contains(['&', '!', '^']) {
        return Err(say!(
            "import-functions",
            "it looks for functions (&, ! or ^), which are nothing that can be received"
        ));
    }
    let no_hex = |error| say!("import-no-hex", "it is no hexadecimal: {error}", error = error);
    if !written.contains('#') {
        hex::parse(&written.replace("??", " ")).map_err(no_hex)?;
        return Ok(ReceivedTrigger {
            pattern: written.to_owned(),
            format: PatternFormat::Hex,
            ..ReceivedTrigger::default()
        });
    }
    let mut source = "(?s)".to_owned();
    for word in written.split_whitespace() {
        match word {
            "??" => source.push('.'),
            "##" => source += ".?",
            digits => {
                let bytes = hex::parse(digits).map_err(no_hex)?;
                source.extend(bytes.iter().map(|byte| format!("\\x{byte:02x}")));
            }
        }
    }
    Ok(ReceivedTrigger {
        pattern: source,
        format: PatternFormat::Regex,
        ..ReceivedTrigger::default()
    })
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
