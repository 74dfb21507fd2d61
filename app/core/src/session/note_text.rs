//! The text form of a note in a capture: `note: TEXT`, and `note(KEY NAME=VALUE …): TEXT` for one that can be worded in other
//! languages.

use std::fmt::Write as _;

use super::escape::{Escaped, unescape};
use crate::Sentence;

/// What stands in the capture for a sentence; `None` when its text says it all.
pub(super) fn print(sentence: &Sentence) -> Option<String> {
    let mut text = format!("note({}", sentence.key()?);
    for (name, value) in sentence.arguments() {
        write!(text, " {name}=").ok()?;
        for char in value.chars() {
            // What would end the value, or the list of them.
            if matches!(char, ' ' | ')') {
                write!(text, "{}", char.escape_unicode()).ok()?;
            } else {
                write!(text, "{}", Escaped(char.encode_utf8(&mut [0; 4]))).ok()?;
            }
        }
    }
    write!(text, "): {}", Escaped(sentence.english())).ok()?;
    Some(text)
}

/// The inverse of [`print`], after `note(`.
pub(super) fn parse(text: &str) -> Option<Sentence> {
    let (head, english) = text.split_once("): ")?;
    let mut words = head.split(' ');
    let key = words.next().filter(|key| is_name(key))?;
    let argument = |word: &str| {
        let (name, value) = word.split_once('=').filter(|(name, _)| is_name(name))?;
        Some((name.to_owned(), unescape(value)?))
    };
    let arguments = words.map(argument).collect::<Option<Vec<_>>>()?;
    Some(Sentence::restored(key.to_owned(), unescape(english)?, arguments))
}

fn is_name(text: &str) -> bool {
    let part =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !text.is_empty() && text.bytes().all(part)
}
