//! What a room says.

use super::{
    ChatFault, Token, VERSION,
    client_line::optional,
    decimal::{self, word},
    name::ChatName,
    print::{ChatOutput, Piece, put},
};

/// A line of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomLine<'a> {
    /// Its number, at level 1 only, and only of what must arrive.
    pub number: Option<u32>,
    /// What it says.
    pub told: Told<'a>,
}

/// What a room says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<'a> {
    /// A member said this to all.
    Said {
        /// Who.
        name: ChatName,
        /// What.
        text: &'a [u8],
    },
    /// A member said this to you alone.
    Private {
        /// Who.
        from: ChatName,
        /// What.
        text: &'a [u8],
    },
    /// What a member does.
    Acts {
        /// Who.
        name: ChatName,
        /// What.
        text: &'a [u8],
    },
    /// Somebody came.
    Joined(ChatName),
    /// Somebody left.
    Parted {
        /// Who.
        name: ChatName,
        /// Why, if it was said.
        reason: &'a [u8],
    },
    /// The connection of somebody is gone, and it is waited for.
    Away(ChatName),
    /// Somebody who was away has come back.
    Back(ChatName),
    /// Somebody has another name now.
    Renamed {
        /// The name until now.
        from: ChatName,
        /// The name from now on.
        to: ChatName,
    },
    /// Who is there; as many lines as `total` names need.
    Who {
        /// Members in all.
        total: u32,
        /// Some of their names, each behind a space. [`Told::names`] takes them apart.
        names: &'a [u8],
    },
    /// The answer to a ping.
    Pong(&'a [u8]),
    /// A question whether somebody is there.
    Ping(&'a [u8]),
    /// Level 1 begins.
    Welcome(Welcome),
    /// The token is not known any more: numbers begin anew, and what was not acknowledged may have
    /// been heard or not.
    Fresh,
    /// All up to this number of yours was taken.
    Ack(u32),
    /// So many lines were for you and are gone: there was no place left for them.
    Lost(u32),
    /// What you said was not done.
    Refused {
        /// Why.
        code: u32,
        /// The same for people.
        text: &'a [u8],
    },
}

/// What is agreed on at level 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// To be said when the member comes back.
    pub token: Token,
    /// The last number of the member's that was taken.
    pub handled: u32,
    /// How long a member that went away is waited for, seconds.
    pub expiry_s: u32,
    /// How many lines may be without an answer at once.
    pub window: u32,
}

impl<'a> RoomLine<'a> {
    /// Reads a line without its ending; `None` when it is nothing that a room says. Numbers are read
    /// only by whoever `is_numbered`.
    pub fn parse(line: &'a [u8], is_numbered: bool) -> Option<Self> {
        let (number, rest) = if is_numbered { decimal::number(line) } else { (None, line) };
        Some(Self { number, told: Told::parse(rest)? })
    }

    /// Prints it, with its ending; whether all of it fitted.
    pub fn print(&self, out: &mut impl ChatOutput) -> bool {
        let number = match self.number {
            Some(number) => {
                put(out, &[Piece::Bytes(b"#"), Piece::Number(number), Piece::Bytes(b" ")])
            }
            None => true,
        };
        number && self.told.print(out) && out.put(b"\n")
    }
}

impl<'a> Told<'a> {
    /// What is refused for this.
    pub const fn refused(fault: ChatFault) -> Told<'static> {
        Told::Refused { code: fault.code(), text: fault.text().as_bytes() }
    }

    /// The names on a line of [`Told::Who`].
    pub fn names(names: &[u8]) -> impl Iterator<Item = ChatName> {
        names.split(|byte| *byte == b' ').filter_map(ChatName::new)
    }

    fn parse(line: &'a [u8]) -> Option<Self> {
        if let Some(command) = line.strip_prefix(b"/") {
            return Self::parse_command(command);
        }
        let (first, text) = word(line);
        if first == b"*" {
            let (name, text) = word(text);
            return Some(Self::Acts { name: ChatName::new(name)?, text });
        }
        match first.split_last()? {
            (b':', name) => Some(Self::Said { name: ChatName::new(name)?, text }),
            (b'>', from) => Some(Self::Private { from: ChatName::new(from)?, text }),
            _ => None,
        }
    }

    fn parse_command(command: &'a [u8]) -> Option<Self> {
        let (command, rest) = word(command);
        Some(match command {
            b"join" => Self::Joined(ChatName::new(rest)?),
            b"away" => Self::Away(ChatName::new(rest)?),
            b"back" => Self::Back(ChatName::new(rest)?),
            b"part" => {
                let (name, reason) = word(rest);
                Self::Parted { name: ChatName::new(name)?, reason }
            }
            b"nick" => {
                let (from, to) = word(rest);
                Self::Renamed { from: ChatName::new(from)?, to: ChatName::new(to)? }
            }
            b"who" => {
                let (total, names) = word(rest);
                Self::Who { total: decimal::parse(total)?, names }
            }
            b"pong" => Self::Pong(rest),
            b"ping" => Self::Ping(rest),
            b"welcome" => Self::Welcome(Welcome::parse(rest)?),
            b"fresh" => Self::Fresh,
            b"ack" => Self::Ack(decimal::parse(rest)?),
            b"lost" => Self::Lost(decimal::parse(rest)?),
            b"error" => {
                let (code, text) = word(rest);
                Self::Refused { code: decimal::parse(code)?, text }
            }
            _ => return None,
        })
    }

    /// Prints it without a number and an ending; whether all of it fitted.
    pub fn print(&self, out: &mut impl ChatOutput) -> bool {
        use Piece::{Bytes, Name, Number};
        match self {
            Self::Said { name, text } => put(out, &[Name(name), Bytes(b": "), Bytes(text)]),
            Self::Private { from, text } => put(out, &[Name(from), Bytes(b"> "), Bytes(text)]),
            Self::Acts { name, text } => {
                put(out, &[Bytes(b"* "), Name(name), Bytes(b" "), Bytes(text)])
            }
            Self::Joined(name) => put(out, &[Bytes(b"/join "), Name(name)]),
            Self::Away(name) => put(out, &[Bytes(b"/away "), Name(name)]),
            Self::Back(name) => put(out, &[Bytes(b"/back "), Name(name)]),
            Self::Parted { name, reason } => {
                put(out, &[Bytes(b"/part "), Name(name)]) && optional(out, b"", reason)
            }
            Self::Renamed { from, to } => {
                put(out, &[Bytes(b"/nick "), Name(from), Bytes(b" "), Name(to)])
            }
            Self::Who { total, names } => {
                put(out, &[Bytes(b"/who "), Number(*total)]) && optional(out, b"", names)
            }
            Self::Pong(text) => optional(out, b"/pong", text),
            Self::Ping(text) => optional(out, b"/ping", text),
            Self::Welcome(Welcome { token, handled, expiry_s, window }) => put(
                out,
                &[
                    Bytes(b"/welcome "),
                    Number(VERSION),
                    Bytes(b" "),
                    Piece::Token(*token),
                    Bytes(b" "),
                    Number(*handled),
                    Bytes(b" "),
                    Number(*expiry_s),
                    Bytes(b" "),
                    Number(*window),
                ],
            ),
            Self::Fresh => out.put(b"/fresh"),
            Self::Ack(number) => put(out, &[Bytes(b"/ack "), Number(*number)]),
            Self::Lost(lines) => put(out, &[Bytes(b"/lost "), Number(*lines)]),
            Self::Refused { code, text } => {
                put(out, &[Bytes(b"/error "), Number(*code)]) && optional(out, b"", text)
            }
        }
    }
}

impl Welcome {
    fn parse(rest: &[u8]) -> Option<Self> {
        let (version, rest) = word(rest);
        let (token, rest) = word(rest);
        let (handled, rest) = word(rest);
        let (expiry, window) = word(rest);
        if decimal::parse(version)? != VERSION {
            return None;
        }
        Some(Self {
            token: Token::parse(token)?,
            handled: decimal::parse(handled)?,
            expiry_s: decimal::parse(expiry)?,
            window: decimal::parse(window)?,
        })
    }
}
