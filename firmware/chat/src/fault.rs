//! What a room refuses.

/// Declares the faults with their code and the words behind it.
macro_rules! faults {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $text:literal;)+) => {
        /// Why a room did not do what a member said: `/error CODE text`. Codes last; the text is for
        /// people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ChatFault { $($(#[$meta])* $variant,)+ }

        impl ChatFault {
            /// Every fault, by code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number on the line.
            pub const fn code(self) -> u32 {
                match self { $(Self::$variant => $code),+ }
            }

            /// What stands behind the number.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

faults! {
    /// A line has more than [`super::LINE_MAX`] bytes, or its text more than [`super::TEXT_MAX`].
    TooLong = 1, "too long: at most 476 bytes of text; nobody has seen it";
    /// Somebody else has that name.
    NameTaken = 2, "that name is taken";
    /// It is no name.
    BadName = 3, "a name has 1 to 16 bytes, no space and none of : > * / #";
    /// There is no such command, or something is missing behind it.
    UnknownCommand = 4, "unknown: /nick NAME, /msg NAME text, /me text, /who, /ping, /quit, //text";
    /// A number came that is not the next one.
    Gap = 5, "numbers are missing in front of this one";
    /// Somebody has come back with this member's token.
    Replaced = 6, "this member goes on over another connection";
    /// Nobody has the name that a message is for.
    NobodyThere = 7, "nobody has that name";
    /// A `/hello` that cannot be: another version, a token that is none, a second one.
    BadHello = 8, "/hello 1 NAME, or /hello 1 NAME TOKEN NUMBER, once";
    /// There is no place for another member.
    RoomFull = 9, "the room is full";
    /// What is said needs a `/hello` before it.
    NoHello = 10, "that needs a /hello first";
    /// Whoever was the room is none any more.
    Over = 11, "the room has ended";
}

impl ChatFault {
    /// The fault of this code.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TEXT_MAX;
    use super::*;

    #[test]
    fn the_words_name_the_limit_that_holds() {
        assert!(ChatFault::TooLong.text().contains(&alloc::format!("most {TEXT_MAX} bytes")));
    }

    #[test]
    fn a_code_means_one_fault() {
        for fault in ChatFault::ALL {
            assert_eq!(ChatFault::from_code(fault.code()), Some(*fault));
        }
        assert_eq!(ChatFault::from_code(0), None);
    }
}
