//! What a member says.

use super::{
    ChatFault, TEXT_MAX, Token, VERSION,
    decimal::{self, word},
    name::ChatName,
    print::{ChatOutput, Piece, put},
};

/// A line of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLine<'a> {
    /// Its number, at level 1 only.
    pub number: Option<u32>,
    /// What it says.
    pub command: ChatCommand<'a>,
}

/// What a member says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatCommand<'a> {
    /// A message to all others.
    Say(&'a [u8]),
    /// `/me`: what the member does.
    Act(&'a [u8]),
    /// `/msg`: a message to one.
    Private {
        /// To whom.
        to: ChatName,
        /// The message.
        text: &'a [u8],
    },
    /// `/nick`: be called so from now on.
    Rename(ChatName),
    /// `/who`: who is there.
    Who,
    /// `/ping`: say it back.
    Ping(&'a [u8]),
    /// `/pong`: an answer.
    Pong(&'a [u8]),
    /// `/quit`: leave, for this reason.
    Quit(&'a [u8]),
    /// `/hello`: messages are to arrive surely from now on.
    Hello {
        /// What to be called.
        name: ChatName,
        /// To go on where it was.
        resume: Option<Resume>,
    },
    /// `/ack`: all up to this number of the room's was taken.
    Ack(u32),
    /// An empty line: nothing.
    Nothing,
}

/// Where a member goes on that comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    /// Who it is.
    pub token: Token,
    /// The last number of the room's that it took.
    pub handled: u32,
}

impl<'a> ClientLine<'a> {
    /// Reads a line without its ending. Numbers are read only of whoever `is_numbered`: for others
    /// `#1` is text.
    ///
    /// # Errors
    /// What is wrong with it; the number is read all the same, see [`ClientLine::number_of`].
    pub fn parse(line: &'a [u8], is_numbered: bool) -> Result<Self, ChatFault> {
        let (number, rest) = if is_numbered { decimal::number(line) } else { (None, line) };
        let command = ChatCommand::parse(rest)?;
        Ok(Self { number, command })
    }

    /// The number in front of a line, whatever stands behind it.
    pub fn number_of(line: &[u8]) -> Option<u32> {
        decimal::number(line).0
    }

    /// Prints it, with its ending; whether all of it fitted.
    pub fn print(&self, out: &mut impl ChatOutput) -> bool {
        let number = match self.number {
            Some(number) => {
                put(out, &[Piece::Bytes(b"#"), Piece::Number(number), Piece::Bytes(b" ")])
            }
            None => true,
        };
        number && self.command.print(out) && out.put(b"\n")
    }
}

impl<'a> ChatCommand<'a> {
    fn parse(line: &'a [u8]) -> Result<Self, ChatFault> {
        let Some(command) = line.strip_prefix(b"/") else {
            return match line {
                [] => Ok(Self::Nothing),
                text => text_of(text).map(Self::Say),
            };
        };
        if command.starts_with(b"/") {
            return text_of(command).map(Self::Say);
        }
        let (command, rest) = word(command);
        match command {
            b"me" if !rest.is_empty() => text_of(rest).map(Self::Act),
            b"msg" => {
                let (to, text) = word(rest);
                let to = ChatName::new(to).ok_or(ChatFault::BadName)?;
                if text.is_empty() {
                    return Err(ChatFault::UnknownCommand);
                }
                Ok(Self::Private { to, text: text_of(text)? })
            }
            b"nick" => ChatName::new(rest).map(Self::Rename).ok_or(ChatFault::BadName),
            b"who" if rest.is_empty() => Ok(Self::Who),
            b"ping" => Ok(Self::Ping(text_of(rest)?)),
            b"pong" => Ok(Self::Pong(rest)),
            b"quit" => Ok(Self::Quit(text_of(rest)?)),
            b"hello" => hello(rest),
            b"ack" => decimal::parse(rest).map(Self::Ack).ok_or(ChatFault::UnknownCommand),
            _ => Err(ChatFault::UnknownCommand),
        }
    }

    /// Prints it without a number and an ending; whether all of it fitted.
    fn print(&self, out: &mut impl ChatOutput) -> bool {
        use Piece::{Bytes, Name, Number};
        match self {
            Self::Nothing => true,
            Self::Say(text) if text.starts_with(b"/") => put(out, &[Bytes(b"/"), Bytes(text)]),
            Self::Say(text) => out.put(text),
            Self::Act(text) => put(out, &[Bytes(b"/me "), Bytes(text)]),
            Self::Private { to, text } => {
                put(out, &[Bytes(b"/msg "), Name(to), Bytes(b" "), Bytes(text)])
            }
            Self::Rename(name) => put(out, &[Bytes(b"/nick "), Name(name)]),
            Self::Who => out.put(b"/who"),
            Self::Ping(text) => optional(out, b"/ping", text),
            Self::Pong(text) => optional(out, b"/pong", text),
            Self::Quit(reason) => optional(out, b"/quit", reason),
            Self::Hello { name, resume: None } => {
                put(out, &[Bytes(b"/hello "), Number(VERSION), Bytes(b" "), Name(name)])
            }
            Self::Hello { name, resume: Some(Resume { token, handled }) } => put(
                out,
                &[
                    Bytes(b"/hello "),
                    Number(VERSION),
                    Bytes(b" "),
                    Name(name),
                    Bytes(b" "),
                    Piece::Token(*token),
                    Bytes(b" "),
                    Number(*handled),
                ],
            ),
            Self::Ack(number) => put(out, &[Bytes(b"/ack "), Number(*number)]),
        }
    }
}

/// A word, and what stands behind it, if anything does.
pub(super) fn optional(out: &mut impl ChatOutput, word: &[u8], text: &[u8]) -> bool {
    let space: &[u8] = if text.is_empty() { b"" } else { b" " };
    put(out, &[Piece::Bytes(word), Piece::Bytes(space), Piece::Bytes(text)])
}

/// Text that fits on the line of everybody who is told.
fn text_of(text: &[u8]) -> Result<&[u8], ChatFault> {
    if text.len() > TEXT_MAX { Err(ChatFault::TooLong) } else { Ok(text) }
}

fn hello(rest: &[u8]) -> Result<ChatCommand<'_>, ChatFault> {
    let (version, rest) = word(rest);
    if decimal::parse(version) != Some(VERSION) {
        return Err(ChatFault::BadHello);
    }
    let (name, rest) = word(rest);
    let name = ChatName::new(name).ok_or(ChatFault::BadName)?;
    if rest.is_empty() {
        return Ok(ChatCommand::Hello { name, resume: None });
    }
    let (token, handled) = word(rest);
    let resume = Token::parse(token)
        .zip(decimal::parse(handled))
        .map(|(token, handled)| Resume { token, handled });
    let resume = Some(resume.ok_or(ChatFault::BadHello)?);
    Ok(ChatCommand::Hello { name, resume })
}
