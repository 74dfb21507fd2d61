//! DER (X.690), as far as a certificate needs it: elements by tag and content, one behind the other.

/// What is left of some elements that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Der<'a>(pub &'a [u8]);

/// Constructed, in class "context specific": `[n]`.
pub const fn context(number: u8) -> u8 {
    0xA0 | number
}

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

impl<'a> Der<'a> {
    /// The content of the next element, which has this tag.
    pub fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// The elements in the next one, which has this tag.
    pub fn enter(&mut self, tag: u8) -> Option<Self> {
        self.expect(tag).map(Self)
    }

    /// Passes over the next element if it has this tag.
    pub fn pass_over(&mut self, tag: u8) {
        let mut ahead = *self;
        if ahead.expect(tag).is_some() {
            *self = ahead;
        }
    }
}

impl<'a> Iterator for Der<'a> {
    type Item = (u8, &'a [u8]);

    /// The next element: its tag and its content. `None` at the end, and where there is none.
    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        // Tags of several bytes and lengths that are not told do not occur in certificates.
        if tag & 0x1F == 0x1F {
            return None;
        }
        let length = match first {
            0..=0x7F => usize::from(first),
            0x81..=0x84 => {
                let (digits, behind) = rest.split_at_checked(usize::from(first & 0x7F))?;
                rest = behind;
                digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit))
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}
