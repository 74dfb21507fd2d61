//! What a double click means: the word under the pointer.

use std::ops::Range;

/// What kind of word a character belongs to; words of two kinds are two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WordKind {
    Space,
    /// Letters, digits and `_`.
    Word,
    /// Chinese characters: a run of them is as near to a word as it gets without a dictionary.
    Han,
    Kana,
    /// Emoji, and what joins several into one.
    Emoji,
    /// Stands alone, such as a bracket.
    Sign,
}

impl WordKind {
    fn of(char: char) -> Self {
        match char {
            '_' => Self::Word,
            '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9F}' => {
                Self::Kana
            }
            '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{200D}' | '\u{FE0F}' => {
                Self::Emoji
            }
            '\u{3005}' | '\u{3007}' => Self::Han,
            '\u{2E80}'..='\u{2FDF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => {
                Self::Han
            }
            '\u{20000}'..='\u{3FFFF}' => Self::Han,
            char if char.is_whitespace() => Self::Space,
            char if char.is_alphanumeric() => Self::Word,
            _ => Self::Sign,
        }
    }
}

/// The word that holds the character at `at`, in bytes of `text`: letters and digits, a run of Chinese characters or of kana,
/// of spaces, or one sign. Numbers that `.` and `:` join are one word, such as an address or a time of day.
pub(super) fn word_at(text: &str, at: usize) -> Range<usize> {
    let at = text.floor_char_boundary(at);
    let Some((at, char)) = text[at..]
        .chars()
        .next()
        .map(|char| (at, char))
        // Behind the end the last one is meant.
        .or_else(|| text.char_indices().next_back())
    else {
        return 0..0;
    };
    if let Some(joined) = joined_numbers(text, at) {
        return joined;
    }
    match WordKind::of(char) {
        WordKind::Sign => at..at + char.len_utf8(),
        kind => around(text, at, |char| WordKind::of(char) == kind),
    }
}

/// The characters around a place of which this is true.
fn around(text: &str, at: usize, same: impl Fn(char) -> bool) -> Range<usize> {
    let start = text[..at].trim_end_matches(&same).len();
    let end = text.len() - text[at..].trim_start_matches(&same).len();
    start..end
}

/// `192.168.4.1:7681`, `aa:bb:cc:dd:ee:ff`, `fe80::1`, `12:30:01.250`: hexadecimal digits with joints between.
fn joined_numbers(text: &str, at: usize) -> Option<Range<usize>> {
    let joint = |char: char| matches!(char, '.' | ':');
    let whole = around(text, at, |char| joint(char) || char.is_ascii_hexdigit());
    let inner = &text[whole.clone()];
    let start = whole.start + (inner.len() - inner.trim_start_matches(joint).len());
    let end = (whole.start + inner.trim_end_matches(joint).len()).max(start);
    let of_word = |char: Option<char>| char.is_some_and(|it| WordKind::of(it) == WordKind::Word);
    let cut = of_word(text[..whole.start].chars().next_back())
        || of_word(text[whole.end..].chars().next());
    let joined = !cut && text[start..end].contains(joint) && (start..end).contains(&at);
    joined.then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_belongs_together() {
        for (text, at, word) in [
            ("hello world", 2, "hello"),
            ("hello world", 5, " "),
            ("hello world", 99, "world"),
            ("wifi:station (123)", 7, "station"),
            ("wifi:station (123)", 4, ":"),
            ("wifi:station (123)", 15, "123"),
            ("at 192.168.4.1:7681.", 6, "192.168.4.1:7681"),
            ("at 192.168.4.1:7681.", 14, "192.168.4.1:7681"),
            ("at 192.168.4.1:7681.", 19, "."),
            ("mac=aa:bb:cc:dd:ee:ff", 8, "aa:bb:cc:dd:ee:ff"),
            ("fe80::1%eth0", 1, "fe80::1"),
            ("12:30:01.250 up", 5, "12:30:01.250"),
            ("pc 0x400d1234, a_b", 8, "0x400d1234"),
            ("pc 0x400d1234, a_b", 16, "a_b"),
            ("48 65 6C", 4, "65"),
            ("48 65 6C", 2, " "),
            ("错误:连接超时 retry", 4, "错误"),
            ("错误:连接超时 retry", 9, "连接超时"),
            ("エラーです", 3, "エラーです"),
            ("up \u{1F469}\u{200D}\u{1F680} now", 4, "\u{1F469}\u{200D}\u{1F680}"),
            ("", 3, ""),
        ] {
            assert_eq!(&text[word_at(text, at)], word, "{text:?} at {at}");
        }
    }

    #[test]
    fn every_place_of_any_text_is_in_its_word() {
        let text = "a.b::c 你好,x\u{200D}👩 12.5..6 \t\u{1F600}é-_.";
        for at in 0..text.len() {
            let word = word_at(text, at);
            assert!(word.contains(&text.floor_char_boundary(at)), "{at} {word:?}");
            assert!(text.get(word).is_some());
        }
    }
}
