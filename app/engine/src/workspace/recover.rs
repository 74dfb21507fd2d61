//! What can be parsed of a text that is not all TOML.

use toml::de::DeTable;

use super::parser_message::one_line;
use super::tree::Tree;

/// What could not be parsed.
#[derive(Debug)]
pub struct Unparsed {
    /// The entry's line, from 1.
    pub line: usize,
    /// The line as it stands there, shortened.
    pub entry: String,
    /// Why.
    pub message: String,
}

/// How many lines that make no sense are passed over; the text behind one more is not looked at.
const MOST: usize = 32;
/// How many characters of a line are told.
const SHOWN: usize = 40;

/// Parses a text. A line that is not TOML is passed over; when it begins a table (`[…`), with all that stands in it,
/// because it would come to stand in the table before.
pub fn parse(text: &str) -> (Tree, Vec<Unparsed>) {
    let mut rest = text.to_owned();
    let mut errors = Vec::new();
    loop {
        let error = match DeTable::parse(&rest) {
            Ok(table) => return (Tree::of_toml(table.into_inner(), &rest), errors),
            Err(error) => error,
        };
        let at = error.span().map_or(0, |span| span.start.min(rest.len()));
        let line = line_around(&rest, at);
        let is_header = rest[line.clone()].trim_start().starts_with('[');
        let end = if is_header { next_header(&rest, line.end) } else { line.end };
        let (start, shown) = (line.start, rest[line].trim());
        let (number, message) =
            (rest[..start].matches('\n').count() + 1, one_line(error.message()));
        errors.push(Unparsed { line: number, entry: shown.chars().take(SHOWN).collect(), message });
        // The lines keep their places.
        let end = if errors.len() == MOST || end == start { rest.len() } else { end };
        let blank: String =
            rest[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        if errors.len() > MOST {
            return (Tree::of_toml(DeTable::new(), ""), errors);
        }
        rest.replace_range(start..end, &blank);
    }
}

/// The line that this byte stands in; that before, when it stands behind the last.
fn line_around(text: &str, at: usize) -> std::ops::Range<usize> {
    let mut at = at;
    // An error may be told at the end of the text, or of its line.
    if text[..at].trim_end().len() < at && text[at..].trim_start().is_empty() {
        at = text.trim_end().len();
    }
    let start = text.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |n| n + 1);
    let end = text.as_bytes()[at..].iter().position(|byte| *byte == b'\n');
    start..end.map_or(text.len(), |n| at + n)
}

fn next_header(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        if at > from && line.trim_start().starts_with('[') {
            return at;
        }
        at += line.len();
    }
    text.len()
}
