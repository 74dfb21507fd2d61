//! Writes the fields of an event, as `tokens` cuts them again.

use crate::field::Field;
use core::fmt::{self, Write};

/// Where an event writes its fields.
pub(super) struct Fields<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
}

impl<'a, 'b> Fields<'a, 'b> {
    pub(super) const fn new(out: &'a mut fmt::Formatter<'b>) -> Self {
        Self { out }
    }

    pub(super) fn field<'v>(&mut self, key: &str, value: &impl Field<'v>) -> fmt::Result {
        if value.is_absent() {
            return Ok(());
        }
        self.out.write_char(' ')?;
        if !key.is_empty() {
            write!(self.out, "{key}=")?;
        }
        value.print(self.out)
    }
}
