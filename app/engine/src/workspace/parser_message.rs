//! What a parser says of a text, for a person: in one line, with the line of the text that it is about.

/// A parser's message in one line.
pub fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parser's message in one sentence, with the line it is about.
pub fn with_line(text: &str, error: &toml::de::Error) -> String {
    let message = one_line(error.message());
    match error.span().filter(|span| span.start > 0) {
        None => message,
        Some(span) => {
            let before = text.get(..span.start).unwrap_or_default();
            format!("line {}: {message}", before.matches('\n').count() + 1)
        }
    }
}
