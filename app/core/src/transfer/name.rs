//! What received files are called.

use encoding_rs::GBK;

use crate::file_name::safe_file_name;

/// What a file is called that is received without a name.
const NAMELESS: &str = "received";

/// What a file is called whose name the other end has chosen: its last part alone, as [`safe_file_name`]. Names that are not UTF-8
/// are taken for GBK.
pub fn received_name(wire: &[u8]) -> String {
    let text = match std::str::from_utf8(wire) {
        Ok(text) => text.into(),
        Err(_) => GBK.decode_without_bom_handling(wire).0,
    };
    let base = text.rsplit(['/', '\\']).next().unwrap_or_default();
    match safe_file_name(base) {
        name if name.is_empty() => NAMELESS.to_owned(),
        name => name,
    }
}

/// The same name with a number before its extension: `a.bin` is `a (2).bin`.
pub fn numbered_name(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem} ({number}).{extension}"),
        _ => format!("{name} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_received_name_stays_in_its_folder() {
        for (wire, name) in [
            (&b"a.bin"[..], "a.bin"),
            (b"../../etc/passwd", "passwd"),
            (b"..\\..\\boot.ini", "boot.ini"),
            (b"/etc/", "received"),
            (b"..", "received"),
            (b"", "received"),
            (b"...", "received"),
            (b".bashrc", "_bashrc"),
            (b"with space.txt", "with space.txt"),
            (b"a:b*c?.txt", "a_b_c_.txt"),
            (b"a\x1b[2Jb", "a_[2Jb"),
            (b"CON", "_CON"),
            (b"com1.txt", "_com1.txt"),
            (b"comet", "comet"),
            (b"name. . ", "name"),
            ("你好.bin".as_bytes(), "你好.bin"),
            (b"\xc4\xe3\xba\xc3.bin", "你好.bin"),
            ("a\u{202E}txt.exe".as_bytes(), "a_txt.exe"),
        ] {
            assert_eq!(received_name(wire), name, "{}", String::from_utf8_lossy(wire));
        }
        let long = received_name("好".repeat(300).as_bytes());
        assert!(long.len() <= 200 && long.chars().all(|it| it == '好'));
    }

    #[test]
    fn a_number_stands_before_the_extension() {
        assert_eq!(numbered_name("a.bin", 2), "a (2).bin");
        assert_eq!(numbered_name("a", 3), "a (3)");
        assert_eq!(numbered_name("a.tar.gz", 2), "a.tar (2).gz");
    }
}
