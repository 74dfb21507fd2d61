//! Packet Sender: a JSON array of packets, whose `hexString` is what is sent.

use serde_json::Value as Json;

use super::{Draft, text};
use crate::say;
use crate::send::hex;
use crate::send_list::SendEntry;

pub(super) fn read(json: &Json, draft: &mut Draft) -> Option<&'static str> {
    let items = json.as_array()?;
    if items.is_empty() || !items.iter().all(|item| item.get("hexString").is_some()) {
        return None;
    }
    for item in items {
        let name = item["name"].as_str().unwrap_or_default();
        let written = item["hexString"].as_str().unwrap_or_default();
        match hex::parse(written) {
            Ok(bytes) if bytes.is_empty() && name.is_empty() => {}
            Ok(bytes) => draft.push(SendEntry {
                name: name.to_owned(),
                delay_ms: milliseconds(&item["repeat"]).unwrap_or(1000),
                ..text::hex_entry(&bytes)
            }),
            Err(error) => draft
                .skip(name, say!("import-no-hex", "it is no hexadecimal: {error}", error = error)),
        }
    }
    draft.tell(say!(
        "import-targets",
        "where each packet goes was not taken: a list is sent to the session beside it"
    ));
    Some("Packet Sender")
}

/// Seconds, as a number or as a text.
fn milliseconds(json: &Json) -> Option<u32> {
    let seconds = json.as_f64().or_else(|| json.as_str()?.parse().ok())?;
    (seconds > 0.0).then_some((seconds * 1000.0) as u32)
}

#[cfg(test)]
mod tests {
    use crate::send_list::import;

    #[test]
    fn the_hexadecimal_is_what_counts() {
        let file = r#"[{"name":"hello","hexString":"68 65 6c 6c 6f","asciistring":"","toIP":"10.0.0.1","port":80,"repeat":0.5,"tcpOrUdp":"TCP"}]"#;
        let taken = import(file.as_bytes(), "p").unwrap();
        let entry = &taken.list.groups[0].entries[0];
        assert_eq!((entry.text.as_str(), entry.delay_ms), ("68 65 6C 6C 6F", 500));
        assert_eq!((taken.program, taken.left_out.len()), ("Packet Sender", 1));
    }
}
