//! Lists of strings, in commands and answers.

/// A list of strings, each with its length before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strings<'a> {
    rest: &'a [u8],
}

impl<'a> Strings<'a> {
    /// `None` unless all of `bytes` is such a list, in UTF-8.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let list = Self { rest: bytes };
        let mut check = list;
        while !check.rest.is_empty() {
            check.next()?;
        }
        Some(list)
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (len, rest) = self.rest.split_first()?;
        let (text, rest) = rest.split_at_checked(usize::from(*len))?;
        self.rest = rest;
        core::str::from_utf8(text).ok()
    }
}
