//! The choice of an encoding, with a search over everything there is.

use egui::{ComboBox, Role, Ui, WidgetInfo};
use espalier_core::view::EncodingName;

use crate::locale::Locale;
use crate::widgets::Search;

/// Every encoding of the WHATWG Encoding Standard that can hold text: canonical name, and words to find it by.
/// Those that Chinese users meet come first.
const ENCODINGS: &[(&str, &str)] = &[
    ("UTF-8", "unicode utf8"),
    ("GBK", "chinese simplified gb2312 cp936 简体 中文"),
    ("gb18030", "chinese simplified 简体 中文"),
    ("Big5", "chinese traditional cp950 繁體 繁体 中文"),
    ("Shift_JIS", "japanese sjis cp932 日本語 日文"),
    ("EUC-JP", "japanese 日本語 日文"),
    ("ISO-2022-JP", "japanese jis 日本語 日文"),
    ("EUC-KR", "korean cp949 한국어 韩文"),
    ("windows-1252", "western latin1 latin-1 iso-8859-1 ascii ansi 西欧"),
    ("UTF-16LE", "unicode utf16"),
    ("UTF-16BE", "unicode utf16"),
    ("IBM866", "cyrillic dos cp866 俄文"),
    ("ISO-8859-2", "central european latin2 中欧"),
    ("ISO-8859-3", "south european latin3"),
    ("ISO-8859-4", "north european latin4"),
    ("ISO-8859-5", "cyrillic 俄文"),
    ("ISO-8859-6", "arabic 阿拉伯"),
    ("ISO-8859-7", "greek 希腊"),
    ("ISO-8859-8", "hebrew 希伯来"),
    ("ISO-8859-8-I", "hebrew logical 希伯来"),
    ("ISO-8859-10", "nordic latin6"),
    ("ISO-8859-13", "baltic latin7"),
    ("ISO-8859-14", "celtic latin8"),
    ("ISO-8859-15", "western euro latin9 西欧"),
    ("ISO-8859-16", "romanian latin10"),
    ("KOI8-R", "russian cyrillic 俄文"),
    ("KOI8-U", "ukrainian cyrillic"),
    ("macintosh", "mac roman"),
    ("windows-874", "thai tis-620 泰文"),
    ("windows-1250", "central european 中欧"),
    ("windows-1251", "cyrillic russian 俄文"),
    ("windows-1253", "greek 希腊"),
    ("windows-1254", "turkish latin5 iso-8859-9 土耳其"),
    ("windows-1255", "hebrew 希伯来"),
    ("windows-1256", "arabic 阿拉伯"),
    ("windows-1257", "baltic"),
    ("windows-1258", "vietnamese 越南"),
    ("x-mac-cyrillic", "mac russian 俄文"),
    ("x-user-defined", "binary"),
];

/// Those whose name or words contain all words of the query.
pub fn matching(query: &str) -> impl Iterator<Item = &'static str> {
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    ENCODINGS
        .iter()
        .filter(move |(name, aliases)| {
            let name = name.to_lowercase();
            words.iter().all(|word| name.contains(word) || aliases.contains(word.as_str()))
        })
        .map(|(name, _)| *name)
}

/// The choice between the session's encoding and one of its own.
pub fn own(ui: &mut Ui, locale: &Locale, value: &mut Option<EncodingName>, search: &mut Search) {
    let mut own = value.is_some();
    if ui.checkbox(&mut own, locale.text("list-encoding")).changed() {
        *value = own.then(EncodingName::default);
    }
    if let Some(encoding) = value {
        ui.push_id("own encoding", |ui| combo(ui, locale, encoding, search));
    }
}

/// The control; `search` is what is being searched for. `true` when another encoding was chosen.
pub fn combo(ui: &mut Ui, locale: &Locale, value: &mut EncodingName, search: &mut Search) -> bool {
    let name = locale.text("view-encoding");
    let mut chosen = None;
    let shown = ComboBox::from_id_salt("encoding")
        .selected_text(value.0.as_str())
        .width(0.0)
        .icon(super::choice::arrow)
        .height(300.0)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
        .show_ui(ui, |ui| {
            ui.set_min_width(190.0);
            search.ui(ui, locale.text("view-encoding-search"), 190.0);
            let enter = ui.input(|input| input.key_pressed(egui::Key::Enter));
            if matching(search.query()).next().is_none() {
                ui.weak(locale.text("nothing-matches"));
            }
            for (index, encoding) in matching(search.query()).enumerate() {
                let label = ui.selectable_label(value.0 == encoding, encoding);
                if label.clicked() || (enter && index == 0) {
                    chosen = Some(encoding);
                    ui.close();
                }
            }
        });
    let enabled = ui.is_enabled();
    shown.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, enabled, name);
        info.current_text_value = Some(value.0.clone());
        info
    });
    shown.response.on_hover_text(name);
    match chosen {
        Some(encoding) => {
            let changed = value.0 != encoding;
            value.0 = encoding.to_owned();
            changed
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_what_the_library_can_decode() {
        for (name, _) in ENCODINGS {
            let found = encoding_rs::Encoding::for_label(name.as_bytes());
            assert_eq!(found.map(|encoding| encoding.name()), Some(*name));
        }
        // The standard has 40, of which "replacement" holds no text.
        assert_eq!(ENCODINGS.len(), 39);
    }

    #[test]
    fn an_encoding_is_found_by_language_and_by_alias() {
        assert_eq!(matching("latin-1").collect::<Vec<_>>(), ["windows-1252"]);
        assert!(matching("简体").eq(["GBK", "gb18030"]));
        assert!(matching("JAPANESE jis").any(|name| name == "Shift_JIS"));
    }
}
