//! Cuts the part of a line after its head into fields.

use crate::{field::Field, quote::quoted_len};

/// The fields of a message, as text.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    /// `None` unless the whole of `rest` is made of fields.
    pub(super) fn new(rest: &'a str) -> Option<Self> {
        let all = Self { rest };
        let mut tokens = all;
        while !tokens.rest.trim_start_matches(' ').is_empty() {
            tokens.next()?;
        }
        Some(all)
    }

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let rest = self.rest.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        let key_len = match rest.find(['=', ' ', '"']) {
            Some(at) if rest.as_bytes().get(at) == Some(&b'=') => at + 1,
            _ => 0,
        };
        let (key, value) = rest.split_at_checked(key_len)?;
        let len = if value.starts_with('"') {
            quoted_len(value)?
        } else {
            value.find(' ').unwrap_or(value.len())
        };
        let (value, rest) = value.split_at_checked(len)?;
        self.rest = rest;
        (rest.is_empty() || rest.starts_with(' ')).then_some((key.trim_end_matches('='), value))
    }

    /// Reads the field of this key, wherever it stands.
    pub(super) fn field<T: Field<'a>>(&self, key: &str) -> Option<T> {
        let mut tokens = *self;
        while let Some((found, raw)) = tokens.next() {
            if found == key {
                return T::parse(raw);
            }
        }
        T::absent()
    }
}
