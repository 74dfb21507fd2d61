//! Lists as other programs keep them.

use std::fmt::Write as _;

use encoding_rs::GBK;

use super::import::SSCOM_ENTRIES;
use super::{SendEntry, SendList};
use crate::send::{LineEnding, SendFormat};
use crate::{Sentence, say};

/// The list as `sscom51.ini` of SSCOM 5.x, in GBK, and what could not be given to it.
pub fn sscom(list: &SendList) -> (Vec<u8>, Vec<Sentence>) {
    let mut left_out = Vec::new();
    let comma = |text: &str| text.replace(',', "\u{2}").replace(['\r', '\n'], " ");
    let entries: Vec<_> = list.groups.iter().flat_map(|group| &group.entries).collect();
    let more = entries.len().saturating_sub(SSCOM_ENTRIES);
    if more > 0 {
        left_out.push(say!(
            "export-sscom-more",
            "SSCOM holds {most} entries: the last {count} are not in the file",
            most = SSCOM_ENTRIES,
            count = more,
        ));
    }
    // One setting for all of the list.
    let ends = entries
        .iter()
        .any(|it| it.spec.format == SendFormat::Text && it.spec.line_ending == LineEnding::CrLf);
    let mut text = String::new();
    for (number, entry) in (1..).zip(entries.iter().take(SSCOM_ENTRIES)) {
        if let Some(why) = unlike_sscom(entry, ends) {
            let entry = entry.label();
            left_out.push(say!(
                "export-sscom-unlike",
                "not as it was: {entry}: {why}",
                entry = entry,
                why = why
            ));
        }
        let format = if entry.spec.format == SendFormat::Hex { 'H' } else { 'A' };
        let (name, written) = (comma(&entry.name), comma(&entry.text));
        let (order, delay) = (entry.order, entry.delay_ms);
        write!(
            text,
            "N{}={order},{name},{delay}\r\nN{number}={format},{written}\r\n",
            100 + number
        )
        .ok();
    }
    write!(text, "N1057=,{}\r\nN1058=,1000\r\nN1060=,0\r\n", if ends { 'Y' } else { 'N' }).ok();
    let (bytes, _, unmappable) = GBK.encode(&text);
    if unmappable {
        left_out.push(say!(
            "export-sscom-characters",
            "SSCOM writes GBK: characters that it lacks stand as numbers in the file"
        ));
    }
    (bytes.into_owned(), left_out)
}

/// What of an entry SSCOM has nothing like.
fn unlike_sscom(entry: &SendEntry, ends: bool) -> Option<Sentence> {
    let spec = &entry.spec;
    let is_text = spec.format == SendFormat::Text;
    let ending = if ends && is_text { LineEnding::CrLf } else { LineEnding::None };
    let in_gbk = entry.encoding.as_ref().and_then(|it| it.encoding()) == Some(GBK);
    if entry.placeholders {
        Some(say!("export-sscom-placeholders", "SSCOM sends its placeholders as they are written"))
    } else if spec.escapes && is_text && entry.text.contains('\\') {
        Some(say!("export-sscom-escapes", "SSCOM sends its escapes as they are written"))
    } else if spec.checksum.is_some() {
        Some(say!("export-sscom-checksum", "SSCOM sends it without its checksum"))
    } else if spec.line_ending != ending && !entry.text.is_empty() {
        Some(say!("export-sscom-ending", "SSCOM sends it with another line ending"))
    } else if entry.answer.is_some() {
        Some(say!("export-sscom-answer", "SSCOM waits for no answer"))
    } else if entry.repeat > 1 {
        Some(say!("export-sscom-repeat", "SSCOM sends it once"))
    } else if entry.text.contains(['\r', '\n']) {
        Some(say!(
            "export-sscom-lines",
            "SSCOM has one line for it: its line breaks are spaces there"
        ))
    } else if is_text && !entry.text.is_ascii() && !in_gbk {
        Some(say!("export-sscom-encoding", "SSCOM sends it in GBK"))
    } else {
        None
    }
}

/// The list as CSV (RFC 4180), in UTF-8 with a byte-order mark, as spreadsheets like it, and what has no column there.
pub fn csv(list: &SendList) -> (Vec<u8>, Vec<Sentence>) {
    let mut out = "\u{feff}group,name,format,text,ending,delay_ms,order,repeat\r\n".to_owned();
    for group in &list.groups {
        for entry in &group.entries {
            let format = if entry.spec.format == SendFormat::Hex { "hex" } else { "text" };
            let ending = match entry.spec.line_ending {
                LineEnding::None => "",
                LineEnding::Lf => "LF",
                LineEnding::Cr => "CR",
                LineEnding::CrLf => "CRLF",
            };
            let fields = [&group.name, &entry.name, format, &entry.text, ending].map(quoted);
            let (delay, order, repeat) = (entry.delay_ms, entry.order, entry.repeat);
            write!(out, "{},{delay},{order},{repeat}\r\n", fields.join(",")).ok();
        }
    }
    let entries = || list.groups.iter().flat_map(|group| &group.entries);
    let has_more = |entry: &SendEntry| {
        let spec = &entry.spec;
        spec.checksum.is_some()
            || (spec.escapes && entry.text.contains('\\'))
            || entry.placeholders
            || entry.answer.is_some()
            || entry.encoding.is_some()
    };
    let count = entries().filter(|entry| has_more(entry)).count();
    let told = (count > 0).then(|| {
        say!(
            "export-csv-more",
            "CSV has no column for checksums, escapes, placeholders, encodings and answers: {count} messages have some",
            count = count,
        )
    });
    (out.into_bytes(), told.into_iter().collect())
}

/// A field of CSV. A spreadsheet takes what begins like a formula as one: an apostrophe before it says that it is text.
fn quoted(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" };
    match field.contains(['"', ',', '\r', '\n']) || !guard.is_empty() {
        true => format!("\"{guard}{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::send_list::{SendGroup, import};

    fn list(entries: Vec<SendEntry>) -> SendList {
        SendList { groups: vec![SendGroup::new("g", entries)] }
    }

    fn entry(name: &str, text: &str, hex: bool, order: u32, delay_ms: u32) -> SendEntry {
        let mut entry = SendEntry {
            name: name.to_owned(),
            text: text.to_owned(),
            order,
            delay_ms,
            ..SendEntry::default()
        };
        if hex {
            entry.spec.format = SendFormat::Hex;
        } else if !text.is_ascii() {
            entry.encoding = Some(crate::view::EncodingName("GBK".to_owned()));
        }
        entry
    }

    #[test]
    fn what_another_program_cannot_do_is_told() {
        let mut waits = entry("w", "AT", false, 1, 1);
        waits.answer = Some(Default::default());
        let mut many = vec![waits];
        many.extend((0..99).map(|_| entry("", "x", false, 1, 1)));
        let (_, left_out) = sscom(&list(many));
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        assert!(sscom(&list(vec![entry("", "😀", false, 1, 1)])).1.len() == 1);
    }

    #[test]
    fn fields_of_csv_are_quoted_and_are_no_formulas() {
        let (bytes, left_out) = csv(&list(vec![entry("a,\"b\"", "=1+1", false, 0, 5)]));
        let text = String::from_utf8(bytes).unwrap();
        assert!(left_out.is_empty(), "{left_out:?}");
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line, "g,\"a,\"\"b\"\"\",text,\"'=1+1\",,5,0,1");
    }

    proptest! {
        #[test]
        fn a_list_of_sscom_comes_back_as_it_was(
            entries in prop::collection::vec(("[a-z,你好 ]{0,6}", "[ -~你好]{1,9}", any::<bool>(), 0_u32..200, 0_u32..100_000), 1..40)
        ) {
            let entries: Vec<_> = entries
                .iter()
                .map(|(name, text, hex, order, delay)| entry(name.trim(), text, *hex, *order, *delay))
                .collect();
            let mut before = list(entries);
            for entry in before.groups[0].entries.iter_mut().filter(|it| it.spec.format == SendFormat::Hex) {
                std::sync::Arc::make_mut(entry).text = "01 02".to_owned();
            }
            let (file, left_out) = sscom(&before);
            prop_assert!(left_out.is_empty(), "{left_out:?}");
            prop_assert_eq!(import(&file, "g").unwrap().list, before);
        }

        #[test]
        fn no_file_is_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "(N[0-9]{1,4}=[AH0-9,\u{2}]{0,9}\n|SEND\n|VERSION\n|CHECKSUM [A-Z0-9-]{0,6}\n|\n){0,12}") {
            import(&bytes, "x").ok();
            import(text.as_bytes(), "x").ok();
        }
    }
}
