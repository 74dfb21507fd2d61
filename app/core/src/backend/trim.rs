//! A part of a text.

/// What of a text of whole rows was selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trim {
    /// Bytes to leave out at the start.
    pub start: usize,
    /// Bytes to leave out at the end.
    pub end: usize,
}

impl Trim {
    /// Whether nothing is left out.
    pub const fn is_none(self) -> bool {
        self.start == 0 && self.end == 0
    }

    /// Leaves out what was not selected of a text of whole rows.
    pub fn apply(self, text: &str) -> &str {
        let end = text.len().saturating_sub(self.end);
        text.get(self.start.min(end)..end).unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_trimmed_is_left_whole() {
        assert_eq!(Trim { start: 5, end: 5 }.apply("abc"), "");
        assert_eq!(Trim { start: 1, end: 0 }.apply("你"), "你");
    }
}
