//! What received files are called.

use encoding_rs::GBK;

/// What a file is called that is received without a name.
const NAMELESS: &str = "received";

/// The longest name, in bytes: room is left for what stands around it until it is whole.
const LONGEST: usize = 200;

/// What a file is called whose name the other end has chosen: its last part alone, without anything that leads out of a folder,
/// hides it, or means something to a system (Windows: "Naming Files, Paths, and Namespaces"). Names that are not UTF-8 are
/// taken for GBK.
pub fn received_name(wire: &[u8]) -> String {
    let text = match std::str::from_utf8(wire) {
        Ok(text) => text.into(),
        Err(_) => GBK.decode_without_bom_handling(wire).0,
    };
    let base = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_meant = |it: char| it.is_control() || "<>:\"|?*".contains(it) || is_invisible(it);
    let mut name: String = base.chars().map(|it| if is_meant(it) { '_' } else { it }).collect();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    let name = name.trim_start();
    match name.strip_prefix('.') {
        _ if name.is_empty() => NAMELESS.to_owned(),
        Some(rest) => format!("_{rest}"),
        None if is_device(name) => format!("_{name}"),
        None => name.to_owned(),
    }
}

/// Marks that turn the direction of a text: what looks like `exe.txt` may be the other way round.
const fn is_invisible(it: char) -> bool {
    matches!(it, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// What Windows takes for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        let digit = stem.strip_prefix(prefix);
        digit.is_some_and(|digit| digit.len() == 1 && digit.bytes().all(|it| it.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
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
        assert!(long.len() <= LONGEST && long.chars().all(|it| it == '好'));
    }

    #[test]
    fn a_number_stands_before_the_extension() {
        assert_eq!(numbered_name("a.bin", 2), "a (2).bin");
        assert_eq!(numbered_name("a", 3), "a (3)");
        assert_eq!(numbered_name("a.tar.gz", 2), "a.tar (2).gz");
    }
}
