//! NetAssist: `netassist.cfg`, in GBK, with `[SHORTCUT]` and lines `name=hex`.

use super::{Draft, text};
use crate::say;
use crate::send::hex;

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Option<&'static str> {
    let (all, _) = text::of_bytes(bytes);
    let mut lines = all.lines().map(str::trim);
    lines.find(|line| line.eq_ignore_ascii_case("[SHORTCUT]"))?;
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let Some((name, written)) = line.split_once('=') else { continue };
        match hex::parse(written) {
            Ok(bytes) if bytes.is_empty() => {}
            Ok(bytes) => {
                let name = name.trim().to_owned();
                draft.push(crate::send_list::SendEntry { name, ..text::hex_entry(&bytes) });
            }
            Err(error) => draft
                .skip(name, say!("import-no-hex", "it is no hexadecimal: {error}", error = error)),
        }
    }
    Some("NetAssist")
}

#[cfg(test)]
mod tests {
    use crate::send_list::import;

    #[test]
    fn its_shortcuts_are_bytes() {
        let file =
            b"[SET]\r\nA=1\r\n[SHORTCUT]\r\n\xC4\xE3\xBA\xC3=C4E3BAC3\r\nbad=XYZ\r\n[X]\r\nB=00";
        let taken = import(file, "n").unwrap();
        let entries = &taken.list.groups[0].entries;
        assert_eq!((entries[0].name.as_str(), entries[0].text.as_str()), ("你好", "C4 E3 BA C3"));
        assert_eq!((entries.len(), taken.left_out.len()), (1, 1));
    }
}
