//! Names for files that every system takes.

/// The longest, in bytes: room is left for what stands around it, before it is whole or behind it.
const LONGEST: usize = 200;

/// The text as a name for a file: nothing in it leads out of a folder, hides it, turns its direction, or means something to a
/// system (Windows: "Naming Files, Paths, and Namespaces"). Empty when nothing of it is left.
pub fn safe_file_name(text: &str) -> String {
    let is_meant = |it: char| it.is_control() || "<>:\"|?*/\\".contains(it) || is_invisible(it);
    let mut name: String = text.chars().map(|it| if is_meant(it) { '_' } else { it }).collect();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    let name = name.trim_start();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None if is_device_name(name) => format!("_{name}"),
        None => name.to_owned(),
    }
}

/// Marks that turn the direction of a text: what looks like `exe.txt` may be the other way round.
const fn is_invisible(it: char) -> bool {
    matches!(it, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// What Windows takes for a device, whatever its extension.
pub fn is_device_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    // The digits that stand raised are digits to it, too.
    let numbered = |prefix: &str| {
        let mut digit = stem.strip_prefix(prefix).unwrap_or_default().chars();
        matches!(
            (digit.next(), digit.next()),
            (Some('0'..='9' | '\u{B9}' | '\u{B2}' | '\u{B3}'), None)
        )
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_that_every_system_takes_them() {
        for (text, name) in [
            ("COM3", "_COM3"),
            ("com\u{B9}.log", "_com\u{B9}.log"),
            ("nul .txt", "_nul .txt"),
            ("conin$", "_conin$"),
            ("COM10", "COM10"),
            ("COM", "COM"),
            ("/dev/ttyUSB0", "_dev_ttyUSB0"),
            ("[::1]:7681", "[__1]_7681"),
            ("../x", "_._x"),
            (" a. ", "a"),
            ("\u{202E}txt.exe", "_txt.exe"),
            ("传感器 1", "传感器 1"),
            ("...", ""),
        ] {
            assert_eq!(safe_file_name(text), name, "{text}");
        }
        assert_eq!(safe_file_name(&"名".repeat(100)).chars().count(), 66);
    }
}
