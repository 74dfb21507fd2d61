//! Where something that is too long to be composed at once can be cut.

use super::{SendFormat, hex};

/// How much of the beginning of `text` can be composed by itself while more of it follows: the parts, one behind the other,
/// give what the whole would. For text without escape sequences, and for hexadecimal.
pub fn cut(format: SendFormat, text: &str) -> usize {
    match format {
        SendFormat::Text => text.len(),
        SendFormat::Hex => match text.char_indices().rfind(|(_, char)| hex::is_separator(*char)) {
            Some((at, separator)) => at + separator.len_utf8(),
            None => within_digits(text),
        },
    }
}

/// Between two bytes of digits that stand together.
fn within_digits(text: &str) -> usize {
    let is_prefixed = |text: &str| text.starts_with("0x") || text.starts_with("0X");
    let start = if is_prefixed(text) { 2 } else { 0 };
    let pairs = text.len().saturating_sub(start) / 2;
    // A pair stays behind: what begins with a prefix would be read as if a group began there.
    let mut end = start + pairs.saturating_sub(1) * 2;
    while end > start && text.get(end..).is_none_or(is_prefixed) {
        end -= 2;
    }
    if end > start { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::send::{SendSpec, compose};
    use crate::view::EncodingName;

    fn whole(text: &str) -> Option<Vec<u8>> {
        let spec = SendSpec { format: SendFormat::Hex, escapes: false, ..SendSpec::default() };
        compose(&spec, text, &EncodingName::default()).ok()
    }

    /// Composed in parts of at most `most` bytes.
    fn parts(text: &str, most: usize) -> Option<Vec<u8>> {
        let (mut bytes, mut held) = (Vec::new(), String::new());
        for char in text.chars() {
            held.push(char);
            if held.len() >= most {
                let rest = held.split_off(cut(SendFormat::Hex, &held));
                bytes.extend(whole(&held)?);
                held = rest;
            }
        }
        bytes.extend(whole(&held)?);
        Some(bytes)
    }

    #[test]
    fn digits_that_stand_together_are_cut_between_bytes() {
        assert_eq!(cut(SendFormat::Hex, "AABBCC"), 4);
        assert_eq!(cut(SendFormat::Hex, "0xAABBC"), 4);
        assert_eq!(cut(SendFormat::Hex, "AA，BBC"), "AA，".len());
        assert_eq!(cut(SendFormat::Hex, "AA0x"), 0);
        assert_eq!(cut(SendFormat::Text, "好x"), 4);
    }

    proptest! {
        #[test]
        fn parts_give_what_the_whole_gives(text in "(0x|0X)?[0-9a-fx, ，]{0,40}", most in 4_usize..12) {
            prop_assert_eq!(parts(&text, most), whole(&text), "{}", text);
        }

        #[test]
        fn bytes_without_separators_too(bytes in prop::collection::vec(any::<u8>(), 0..40), most in 4_usize..12) {
            let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(parts(&text, most), Some(bytes));
        }
    }
}
