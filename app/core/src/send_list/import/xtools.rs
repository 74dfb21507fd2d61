//! xTools: `{"items": […]}` of presets or emitters, each with a text item.

use serde_json::Value as Json;

use super::answer_text::{answer, answers_left, pattern};
use super::{Draft, text};
use crate::rules::{
    MessageFraming, PatternPlace, ReceivedTrigger, Rule, RuleAction, RuleAnswer, Trigger,
};
use crate::send::{LineEnding, SendFormat, SendSpec};
use crate::send_list::SendEntry;
use crate::view::EncodingName;
use crate::{Sentence, say};

pub(super) fn read(json: &Json, draft: &mut Draft) -> Option<&'static str> {
    let items = json.get("items")?.as_array()?;
    let is_item = |item: &Json| text_item(item).get("textFormat").is_some() || is_answer(item);
    if !items.iter().all(is_item) {
        return None;
    }
    let mut answers = 0_u64;
    for (number, item) in (1..).zip(items) {
        if is_answer(item) {
            answers += 1;
            continue;
        }
        let name = item["description"].as_str().unwrap_or_default();
        match entry(text_item(item)) {
            Ok(mut entry) => {
                name.clone_into(&mut entry.name);
                if let Some(interval) = item["interval"].as_u64() {
                    entry.delay_ms = u32::try_from(interval).unwrap_or(u32::MAX);
                }
                if item["enable"].as_bool() == Some(false) {
                    entry.order = 0;
                }
                if !entry.text.is_empty() || !entry.name.is_empty() {
                    draft.push(entry);
                }
            }
            Err(why) if name.is_empty() => draft.skip(&number.to_string(), why),
            Err(why) => draft.skip(name, why),
        }
    }
    if answers > 0 {
        draft.tell(answers_left(answers));
    }
    Some("xTools")
}

fn is_answer(item: &Json) -> bool {
    item.get("reference").is_some() || item.get("response").is_some()
}

/// The rows of a responder: each of them answers, whatever the others do, and what it takes for a message is a read.
pub(super) fn rules(json: &Json, draft: &mut Draft) -> Option<(&'static str, Vec<Rule>)> {
    let items = json.get("items")?.as_array()?;
    if !items.iter().any(is_answer) {
        return None;
    }
    let mut rules = Vec::new();
    for (number, item) in (1..).zip(items) {
        let name = item["description"].as_str().unwrap_or_default();
        match rule(item) {
            Ok((when, answer)) => rules.push(Rule {
                name: name.to_owned(),
                on: item["enable"].as_bool() != Some(false),
                go_on: true,
                when: Trigger::Received(when),
                actions: vec![RuleAction::Send(answer)],
            }),
            Err(why) if name.is_empty() => draft.skip(&number.to_string(), why),
            Err(why) => draft.skip(name, why),
        }
    }
    Some(("xTools", rules))
}

fn rule(item: &Json) -> Result<(ReceivedTrigger, RuleAnswer), Sentence> {
    let delay = item["delay"].as_u64().unwrap_or(1000);
    let delay_ms = u32::try_from(delay).unwrap_or(u32::MAX);
    let framing = MessageFraming::Pause(MessageFraming::PAUSE_MS);
    let (place, referred) = match item["option"].as_u64() {
        Some(1 | 2) => (PatternPlace::Any, ReceivedTrigger::default()),
        Some(3) => (PatternPlace::Whole, pattern(entry(&item["reference"])?)),
        Some(4) => (PatternPlace::Anywhere, pattern(entry(&item["reference"])?)),
        Some(5) => (PatternPlace::Absent, pattern(entry(&item["reference"])?)),
        _ => {
            return Err(say!("import-no-option", "it does nothing, or what is not known here"));
        }
    };
    let answer = match item["option"].as_u64() {
        Some(1) => RuleAnswer {
            text: "{{0}}".to_owned(),
            delay_ms,
            spec: SendSpec { escapes: false, ..SendSpec::default() },
            ..RuleAnswer::default()
        },
        _ => answer(entry(&item["response"])?, delay_ms),
    };
    Ok((ReceivedTrigger { place, framing, ..referred }, answer))
}

/// An emitter's text is one level deeper than a preset's.
fn text_item(item: &Json) -> &Json {
    item.get("textItem").unwrap_or(item)
}

fn entry(item: &Json) -> Result<SendEntry, Sentence> {
    let number = |key: &str| item[key].as_u64().unwrap_or(0);
    if item["crcEnable"].as_bool() == Some(true) {
        return Err(say!(
            "import-crc-index",
            "its checksum is only a number, whose meaning depends on the program's version: choose the checksum anew"
        ));
    }
    let known = number("prefix") <= 4 && number("suffix") <= 4 && number("escapeCharacter") <= 6;
    if !known {
        return Err(say!(
            "import-affix",
            "it has a prefix, a suffix or an escape that is not known here"
        ));
    }
    let written = item["text"].as_str().unwrap_or_default();
    let (prefix, suffix) = (affix(number("prefix")), affix(number("suffix")));
    let unknown = || {
        say!(
            "import-format",
            "text format {number} of it is not known here",
            number = number("textFormat"),
        )
    };
    let radix = match number("textFormat") {
        0 => Some((2, 8)),
        1 => Some((8, 3)),
        2 => Some((10, 3)),
        3 | 10 => Some((16, 2)),
        _ => None,
    };
    if let Some((radix, digits)) = radix {
        let bytes = bytes(written, radix, digits).ok_or_else(|| {
            say!("import-no-number", "{text} cannot be read as bytes", text = written)
        })?;
        let all = [prefix.as_bytes(), &bytes, suffix.as_bytes()].concat();
        return Ok(text::hex_entry(&all));
    }
    let encoding = match number("textFormat") {
        4 if written.is_ascii() => None,
        5 => text::encoding(written, "UTF-8"),
        6..=8 => text::encoding(written, "GBK"),
        9 => text::encoding(written, "gb18030"),
        12 => Some(EncodingName("UTF-16BE".to_owned())),
        13 => Some(EncodingName("UTF-16LE".to_owned())),
        _ => return Err(unknown()),
    };
    let (escaped, written) = escaped(number("escapeCharacter"), written);
    let ending = LineEnding::ALL.into_iter().find(|ending| ending.text() == suffix);
    let mut entry = SendEntry { encoding, ..SendEntry::default() };
    entry.spec.format = SendFormat::Text;
    entry.spec.line_ending = ending.unwrap_or_default();
    let behind = if ending.is_some() { "" } else { suffix };
    entry.spec.escapes = escaped || !prefix.is_empty() || !behind.is_empty();
    entry.text = match (entry.spec.escapes, escaped) {
        (true, true) => text::without_escapes(prefix) + &written + &text::without_escapes(behind),
        (true, false) => text::without_escapes(&format!("{prefix}{written}{behind}")),
        _ => {
            let plain = text::plain_entry(&written, entry.spec.line_ending);
            entry.spec = plain.spec;
            plain.text
        }
    };
    Ok(entry)
}

/// What stands before or behind.
const fn affix(number: u64) -> &'static str {
    match number {
        1 => "\r",
        2 => "\n",
        3 => "\r\n",
        4 => "\n\r",
        _ => "",
    }
}

/// Its own escapes, as ours: which of them mean something is a number. All others stay the characters that they are.
fn escaped(number: u64, written: &str) -> (bool, String) {
    let known: &[&str] = match number {
        1 => &["\\r"],
        2 => &["\\n"],
        3 => &["\\r\\n"],
        4 => &["\\n\\r"],
        5 => &["\\r", "\\n"],
        6 => return (true, written.to_owned()),
        _ => return (false, written.to_owned()),
    };
    let (mut out, mut rest) = (String::new(), written);
    while let Some(char) = rest.chars().next() {
        let length = known.iter().find(|known| rest.starts_with(**known)).map(|it| it.len());
        let (part, plain) = rest.split_at(length.unwrap_or(char.len_utf8()));
        out += &if length.is_some() { part.to_owned() } else { text::without_escapes(part) };
        rest = plain;
    }
    (true, out)
}

/// Numbers of this radix, apart or without anything between them.
fn bytes(written: &str, radix: u32, digits: usize) -> Option<Vec<u8>> {
    let mut words: Vec<&str> = written.split_whitespace().collect();
    if let [word] = words[..]
        && word.len() > digits
    {
        let whole = word.is_ascii() && word.len().is_multiple_of(digits);
        let starts = (0..word.len()).step_by(digits);
        words = whole.then(|| starts.map(|at| &word[at..at + digits]).collect())?;
    }
    words.into_iter().map(|word| u8::from_str_radix(word, radix).ok()).collect()
}

#[cfg(test)]
mod tests {
    use crate::send::PlaceholderValues;
    use crate::send_list::import;
    use crate::view::EncodingName;

    fn sent(file: &str) -> Vec<Vec<u8>> {
        let taken = import(file.as_bytes(), "x").unwrap();
        let none = Default::default();
        let zone = crate::view::TimeZone::UTC;
        let mut values = PlaceholderValues::new(0, crate::Timestamp(0), zone, "", &none);
        let entries = taken.list.groups.into_iter().flat_map(|it| it.entries);
        entries.map(|it| it.compose(&EncodingName::default(), &mut values).unwrap()).collect()
    }

    #[test]
    fn an_entry_is_the_same_bytes_in_every_format() {
        let item = |format: u32, text: &str| {
            format!(
                r#"{{"textFormat":{format},"escapeCharacter":0,"prefix":0,"suffix":3,"text":"{text}","crcEnable":false,"description":"d"}}"#
            )
        };
        let items = [
            item(0, "01000001 01000010"),
            item(1, "101 102"),
            item(2, "65 66"),
            item(3, "41 42"),
            item(4, "AB"),
            item(10, "4142"),
        ];
        for bytes in sent(&format!(r#"{{"items":[{}]}}"#, items.join(","))) {
            assert_eq!(bytes, b"AB\r\n");
        }
    }

    #[test]
    fn only_the_escapes_that_were_on_mean_something() {
        let item = |escape: u32, text: &str| {
            format!(
                r#"{{"textItem":{{"textFormat":8,"escapeCharacter":{escape},"prefix":0,"suffix":4,"text":"{text}"}},"interval":20,"enable":true}}"#
            )
        };
        let items =
            [item(0, r"a\\r"), item(1, r"a\\r\\n"), item(5, r"\\r\\n\\t"), item(6, r"\\x41")];
        let bytes = sent(&format!(r#"{{"items":[{}]}}"#, items.join(",")));
        assert_eq!(bytes, [&b"a\\r\n\r"[..], b"a\r\\n\n\r", b"\r\n\\t\n\r", b"A\n\r"]);
    }

    #[test]
    fn a_checksum_whose_meaning_is_not_known_is_told() {
        let file = r#"{"items":[{"textFormat":3,"text":"01","crcEnable":true,"crcAlgorithm":7,"description":"poll"}]}"#;
        let taken = import(file.as_bytes(), "x").unwrap();
        assert!(taken.list.is_empty());
        assert!(taken.left_out[0].contains("poll: "), "{:?}", taken.left_out);
    }
}
