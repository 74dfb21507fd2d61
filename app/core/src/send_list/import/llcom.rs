//! LLCOM: a JSON array of `{"id", "text", "hex", "commit"}`.

use serde_json::Value as Json;

use super::{Draft, text};
use crate::send::{LineEnding, SendFormat};

pub(super) fn read(json: &Json, draft: &mut Draft) -> Option<&'static str> {
    let items = json.as_array()?;
    let is_llcom = |item: &Json| item.get("text").is_some() && item.get("hex").is_some();
    if items.is_empty() || !items.iter().all(is_llcom) {
        return None;
    }
    for item in items {
        let written = item["text"].as_str().unwrap_or_default();
        let name = item["commit"].as_str().unwrap_or_default();
        if written.is_empty() && name.is_empty() {
            continue;
        }
        let mut entry = text::plain_entry(written, LineEnding::None);
        name.clone_into(&mut entry.name);
        if item["hex"].as_bool() == Some(true) {
            entry.text = written.to_owned();
            entry.spec = crate::send_list::SendEntry::default().spec;
            entry.spec.format = SendFormat::Hex;
        }
        draft.push(entry);
    }
    Some("LLCOM")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send_list::import;

    #[test]
    fn text_and_hex_are_taken_as_they_are() {
        let file = r#"[{"id":1,"text":"AT\\r","hex":false,"commit":"hello"},{"id":2,"text":"0a 0b","hex":true,"commit":""},
            {"id":3,"text":"a\nb","hex":false,"commit":""},{"id":4,"text":"","hex":false,"commit":""}]"#;
        let taken = import(file.as_bytes(), "l").unwrap();
        let entries = &taken.list.groups[0].entries;
        assert_eq!((taken.program, entries.len()), ("LLCOM", 3));
        assert_eq!((entries[0].text.as_str(), entries[0].spec.escapes), ("AT\\r", false));
        assert_eq!((entries[1].text.as_str(), entries[1].spec.format), ("0a 0b", SendFormat::Hex));
        assert_eq!((entries[2].text.as_str(), entries[2].spec.escapes), ("a\\nb", true));
    }
}
