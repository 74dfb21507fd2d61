//! SSCOM (丁丁): `sscom51.ini` of 5.x, `sscom.ini` of 3.x and 4.x.
//!
//! Lines `N<number>=<value>` in GBK, in any order. Of entry k (1 to 99), 5.x keeps `N<100+k>=<order>,<name>,<delay>` and
//! `N<k>=<A|H>,<text>`, where the byte 02 stands for a comma in name and text. 3.x and 4.x keep 32 entries without order and
//! delay, and one interval for all. The layouts are those of the files that are public; there is no document.

use std::collections::BTreeMap;

use encoding_rs::GBK;

use super::{Draft, text};
use crate::say;
use crate::send::{ChecksumForm, ChecksumSpec, LineEnding, SendFormat};
use crate::send_list::SendEntry;

/// Entries that a list of 5.x holds.
pub(in crate::send_list) const ENTRIES: usize = 99;

/// Which numbers mean what, before and since 5.x.
struct Layout {
    /// How many entries there can be.
    entries: usize,
    /// Each entry has its own order and delay.
    timed: bool,
    interval: u32,
    new_line: u32,
    checksum: Option<u32>,
}

const OLD: Layout =
    Layout { entries: 32, timed: false, interval: 38, new_line: 37, checksum: None };
const NEW: Layout =
    Layout { entries: ENTRIES, timed: true, interval: 1058, new_line: 1057, checksum: Some(1060) };

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Option<&'static str> {
    // A file that somebody saved anew is UTF-8, perhaps.
    let (all, _) = text::of_bytes(bytes);
    let values: BTreeMap<u32, &str> = all.lines().filter_map(line).collect();
    let pairs = values.keys().filter(|number| values.contains_key(&(*number + 100))).count();
    if values.len() < 3 || pairs == 0 {
        return None;
    }
    let layout = if values.keys().any(|number| *number > 1000) { NEW } else { OLD };
    let setting = |number: u32| values.get(&number).map(|it| it.trim_start_matches(',').trim());
    let interval = setting(layout.interval).and_then(|it| it.parse().ok());
    let ends = setting(layout.new_line).is_some_and(|it| matches!(it, "Y" | "y" | "1"));
    let checksum = layout.checksum.and_then(setting).unwrap_or("0");
    let checksum = checksum_of(checksum, setting(1074), setting(1075), draft);
    let mut taken = 0;
    for number in (1..).take(layout.entries) {
        let (Some(sent), head) = (values.get(&number), values.get(&(number + 100))) else {
            continue;
        };
        let head = head.copied().unwrap_or_default();
        let Some(mut entry) = entry(number, head, sent, &layout, interval) else { continue };
        if entry.spec.format == SendFormat::Text && ends {
            entry.spec.line_ending = LineEnding::CrLf;
        }
        entry.spec.checksum.clone_from(&checksum);
        taken += 1;
        draft.push(entry);
    }
    if let Some(checksum) = &checksum
        && taken > 0
    {
        draft.tell(say!(
            "import-checksum",
            "the list says that {checksum} is put behind what is sent: every entry has it now",
            checksum = checksum.algorithm,
        ));
    }
    Some("SSCOM")
}

/// `N101=0,name,1000`.
fn line(line: &str) -> Option<(u32, &str)> {
    let (number, value) = line.trim_end_matches('\r').strip_prefix('N')?.split_once('=')?;
    Some((number.trim().parse().ok()?, value))
}

fn entry(
    number: u32,
    head: &str,
    sent: &str,
    layout: &Layout,
    interval: Option<u32>,
) -> Option<SendEntry> {
    let comma = |text: &str| text.replace('\u{2}', ",");
    let (format, written) = sent.split_once(',')?;
    // The name may hold commas, though SSCOM writes none.
    let (order, rest) = head.split_once(',').unwrap_or((head, ""));
    let (name, delay) = match layout.timed {
        false => (rest, None),
        true => rest.rsplit_once(',').map_or((rest, None), |(name, delay)| (name, Some(delay))),
    };
    let name = comma(name.trim());
    let unnamed = matches!(name.as_str(), "" | "NULL") || name == format!("{number}无注释");
    if written.is_empty() && unnamed {
        return None;
    }
    let written = comma(written);
    let mut entry = SendEntry {
        name: if unnamed { String::new() } else { name },
        encoding: text::encoding(&written, GBK.name()),
        ..SendEntry::default()
    };
    entry.text = written;
    if format.trim().eq_ignore_ascii_case("H") {
        entry.spec.format = SendFormat::Hex;
        entry.encoding = None;
    }
    // Lists of 3.x and 4.x have no order: all of them are sent.
    entry.order = order.trim().parse().unwrap_or(u32::from(!layout.timed));
    let delay = delay.and_then(|it| it.trim().parse().ok()).or(interval);
    entry.delay_ms = delay.unwrap_or(1000);
    Some(entry)
}

/// The checksum that is put behind everything; one over a part of what is sent is told, not taken.
fn checksum_of(
    number: &str,
    from: Option<&str>,
    to: Option<&str>,
    draft: &mut Draft,
) -> Option<ChecksumSpec> {
    let algorithm = match number {
        "1" => "CRC-16/MODBUS",
        "2" => "sum8",
        "3" => "xor8",
        "" | "0" => return None,
        other => {
            draft.tell(say!(
                "import-checksum-unknown",
                "its checksum ({checksum}) has no like here: choose the checksum anew",
                checksum = other,
            ));
            return None;
        }
    };
    let leading = |text: Option<&str>| {
        text.map(|it| it.chars().take_while(char::is_ascii_digit).collect::<String>())
    };
    let first = leading(from).is_none_or(|it| matches!(it.as_str(), "" | "0" | "1"));
    let last = leading(to).is_none_or(|it| matches!(it.as_str(), "" | "0"));
    if !first || !last {
        draft.tell(say!(
            "import-checksum-part",
            "the list has a checksum ({checksum}) over a part of what is sent: it was not taken",
            checksum = algorithm,
        ));
        return None;
    }
    Some(ChecksumSpec {
        algorithm: algorithm.to_owned(),
        form: ChecksumForm::Binary,
        ..ChecksumSpec::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send_list::import;

    fn gbk(text: &str) -> Vec<u8> {
        GBK.encode(text).0.into_owned()
    }

    #[test]
    fn a_list_of_5_has_names_orders_delays_and_commas() {
        let file = "; 注释\r\n\
            N101=2,查询\u{2}状态,500\r\nN1=A,AT+COPS=4\u{2}2\u{2}\"302653\"\r\n\
            N102=0,2无注释,1000\r\nN2=H,01 03 00 00 00 01\r\n\
            N103=0,3无注释,1000\r\nN3=A,\r\n\
            N104=1,你好,20\r\nN4=A,你好\r\n\
            N105=0,-- 分隔 --,0\r\nN5=A,\r\n\
            N1057=,Y\r\nN1058=,100\r\nN1060=,0\r\n;end";
        let taken = import(&gbk(file), "old").unwrap();
        assert_eq!((taken.program, taken.left_out.len()), ("SSCOM", 0));
        let entries = &taken.list.groups[0].entries;
        let summary: Vec<_> = entries
            .iter()
            .map(|it| (it.name.as_str(), it.text.as_str(), it.order, it.delay_ms))
            .collect();
        assert_eq!(
            summary,
            [
                ("查询,状态", "AT+COPS=4,2,\"302653\"", 2, 500),
                ("", "01 03 00 00 00 01", 0, 1000),
                ("你好", "你好", 1, 20),
                ("-- 分隔 --", "", 0, 0),
            ]
        );
        assert_eq!(entries[0].spec.line_ending, LineEnding::CrLf);
        assert_eq!(
            (entries[1].spec.format, entries[1].spec.line_ending),
            (SendFormat::Hex, LineEnding::None)
        );
        assert_eq!(entries[2].encoding.as_ref().unwrap().0, "GBK");
    }

    #[test]
    fn a_list_of_3_is_sent_whole_at_its_interval() {
        let mut file = String::new();
        for k in 1..=32 {
            file += &format!("N{}=,entry {k}\nN{k}=A,text {k}\n", 100 + k);
        }
        file += "N37=,N\nN38=,250\nN81=,9600\n";
        let taken = import(file.as_bytes(), "old").unwrap();
        let entries = &taken.list.groups[0].entries;
        assert_eq!(entries.len(), 32);
        assert!(entries.iter().all(|it| it.order == 1 && it.delay_ms == 250));
        assert_eq!((entries[31].name.as_str(), entries[31].text.as_str()), ("entry 32", "text 32"));
    }

    #[test]
    fn a_checksum_over_a_part_is_told_and_not_taken() {
        let file = |from: u32| format!("N101=1,a,1\nN1=H,01\nN1060=,1\nN1074=,{from}\nN1075=,0\n");
        let whole = import(file(1).as_bytes(), "x").unwrap();
        let sum = whole.list.groups[0].entries[0].spec.checksum.as_ref().unwrap();
        assert_eq!((sum.algorithm.as_str(), whole.left_out.len()), ("CRC-16/MODBUS", 1));
        let part = import(file(3).as_bytes(), "x").unwrap();
        assert!(part.list.groups[0].entries[0].spec.checksum.is_none());
        assert!(part.left_out[0].contains("over a part"));
    }
}
