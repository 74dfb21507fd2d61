//! Encodings by name.

use encoding_rs::{Encoding, UTF_8};
use serde::{Deserialize, Serialize};

/// A label of the WHATWG Encoding Standard, in its canonical spelling (`UTF-8`, `GBK`, `gb18030`, `Big5`, …).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncodingName(pub String);

impl Default for EncodingName {
    fn default() -> Self {
        Self("UTF-8".to_owned())
    }
}

impl EncodingName {
    /// The encoding of this name, or of a label that the WHATWG Encoding Standard gives it (`latin1`, `gb2312`).
    pub fn encoding(&self) -> Option<&'static Encoding> {
        Encoding::for_label_no_replacement(self.0.as_bytes())
    }

    /// The encoding of this name; UTF-8 when there is none.
    pub fn encoding_or_utf8(&self) -> &'static Encoding {
        self.encoding().unwrap_or(UTF_8)
    }
}

/// The encodings to choose from, in the order of a menu: Unicode, Chinese, Japanese, Korean, then by script.
pub fn offered_encodings() -> impl Iterator<Item = &'static Encoding> {
    const LABELS: [&str; 38] = [
        "UTF-8",
        "UTF-16LE",
        "UTF-16BE",
        "GBK",
        "gb18030",
        "Big5",
        "Shift_JIS",
        "EUC-JP",
        "ISO-2022-JP",
        "EUC-KR",
        "windows-1252",
        "windows-1250",
        "windows-1251",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "windows-874",
        "ISO-8859-2",
        "ISO-8859-3",
        "ISO-8859-4",
        "ISO-8859-5",
        "ISO-8859-6",
        "ISO-8859-7",
        "ISO-8859-8",
        "ISO-8859-8-I",
        "ISO-8859-10",
        "ISO-8859-13",
        "ISO-8859-14",
        "ISO-8859-15",
        "ISO-8859-16",
        "KOI8-R",
        "KOI8-U",
        "IBM866",
        "macintosh",
        "x-user-defined",
    ];
    LABELS.into_iter().filter_map(|label| Encoding::for_label(label.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offered_encoding_exists_under_its_own_name() {
        assert_eq!(offered_encodings().count(), 38);
        for encoding in offered_encodings() {
            let name = EncodingName(encoding.name().to_owned());
            assert_eq!(name.encoding(), Some(encoding));
        }
        assert_eq!(EncodingName("no such thing".to_owned()).encoding(), None);
        assert_eq!(EncodingName("gb2312".to_owned()).encoding_or_utf8().name(), "GBK");
    }
}
