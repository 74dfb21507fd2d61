//! COMTool: `customSendItems`, as texts or as `{"text", "remark", "color"}`, alone or within its settings.

use serde_json::Value as Json;

use super::{Draft, text};
use crate::send::LineEnding;

pub(super) fn read(json: &Json, draft: &mut Draft) -> Option<&'static str> {
    if let Some(items) = json.as_array().filter(|items| are_items(items)) {
        take(items, &Json::Null, draft);
        return Some("COMTool");
    }
    let mut found = false;
    walk(json, 0, &mut |holder, items| {
        found = true;
        take(items, holder, draft);
    });
    found.then_some("COMTool")
}

fn are_items(items: &[Json]) -> bool {
    let is_item = |item: &Json| item.is_string() || item.get("text").is_some_and(Json::is_string);
    !items.is_empty() && items.iter().all(is_item)
}

/// Every `customSendItems`, and what it stands in; at most 16 deep.
fn walk(json: &Json, depth: u32, found: &mut dyn FnMut(&Json, &[Json])) {
    if depth > 16 {
        return;
    }
    match json {
        Json::Object(map) => {
            if let Some(items) = map.get("customSendItems").and_then(Json::as_array) {
                found(json, items);
            }
            map.values().for_each(|inner| walk(inner, depth + 1, found));
        }
        Json::Array(list) => list.iter().for_each(|inner| walk(inner, depth + 1, found)),
        _ => {}
    }
}

fn take(items: &[Json], settings: &Json, draft: &mut Draft) {
    let is_on = |key: &str| settings.get(key).and_then(Json::as_bool).unwrap_or(false);
    let ending = if is_on("useCRLF") { LineEnding::CrLf } else { LineEnding::None };
    for item in items {
        let written = item.as_str().or_else(|| item["text"].as_str()).unwrap_or_default();
        let name = item["remark"].as_str().unwrap_or_default();
        if written.is_empty() && name.is_empty() {
            continue;
        }
        let mut entry = text::plain_entry(written, ending);
        if is_on("sendEscape") {
            written.clone_into(&mut entry.text);
            entry.spec.escapes = true;
        }
        name.clone_into(&mut entry.name);
        draft.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send_list::import;

    #[test]
    fn items_are_found_wherever_they_stand() {
        let file = r##"{"items":[{"config":{"plugin":{"sendEscape":true,"useCRLF":true,
            "customSendItems":[{"text":"AT\\x01","remark":"one","color":"#FF0000"},"plain"]}}}]}"##;
        let taken = import(file.as_bytes(), "c").unwrap();
        let entries = &taken.list.groups[0].entries;
        assert_eq!((taken.program, entries.len()), ("COMTool", 2));
        assert_eq!((entries[0].text.as_str(), entries[0].name.as_str()), ("AT\\x01", "one"));
        assert!(
            entries.iter().all(|it| it.spec.escapes && it.spec.line_ending == LineEnding::CrLf)
        );
        let alone = import(br#"["a\\b", "c"]"#, "c").unwrap();
        assert_eq!(alone.list.groups[0].entries[0].text, "a\\b");
        assert!(!alone.list.groups[0].entries[0].spec.escapes);
    }
}
