//! What a timeline says of a board beside the bytes of its sessions.

use std::fmt::{self, Display};
use std::time::Duration;

use super::escape::{Escaped, unescape};
use crate::board::ResetCause;

/// Something that a board did or saw, told where it concerns a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoardEvent {
    /// The board said this of a connection of ours.
    Said {
        /// The board's line.
        line: String,
        /// How far from the event's time it may have happened, in whole microseconds; `None`: not later than that time.
        within: Option<Duration>,
    },
    /// The board started.
    Started(ResetCause),
    /// The board restarted while this connection of ours stood.
    CutOff {
        /// Bytes that we had sent and the board had not reported as received.
        in_flight: u64,
    },
    /// The board panicked; its backtrace stands in the log of its serial session.
    Panicked {
        /// The line that says what happened.
        message: String,
    },
}

impl BoardEvent {
    /// Whether it is a misfortune: a panic, a watchdog, a failing supply, or a connection lost to one.
    pub const fn is_crash(&self) -> bool {
        match self {
            Self::Said { .. } => false,
            Self::Started(cause) => cause.is_crash(),
            Self::CutOff { .. } | Self::Panicked { .. } => true,
        }
    }
}

/// The text form, as for [`super::SessionEvent`].
impl Display for BoardEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { line, within: Some(within) } => {
                let (ms, us) = (within.as_micros() / 1000, within.as_micros() % 1000);
                write!(f, "board: {} [±{ms}.{us:03} ms]", Escaped(line))
            }
            Self::Said { line, within: None } => {
                write!(f, "board: {} [not later]", Escaped(line))
            }
            Self::Started(cause) => write!(f, "board started: {}", cause.name()),
            Self::CutOff { in_flight } => {
                write!(f, "board restarted; {in_flight} bytes were in flight to it")
            }
            Self::Panicked { message } => write!(f, "board panicked: {}", Escaped(message)),
        }
    }
}

/// Reads the text form back; `None` for any other text.
pub(super) fn parse(text: &str) -> Option<BoardEvent> {
    if let Some(said) = text.strip_prefix("board: ") {
        let (line, exact) = said.strip_suffix(']')?.rsplit_once(" [")?;
        let within = match exact {
            "not later" => None,
            exact => {
                let (ms, us) = exact.strip_prefix('±')?.strip_suffix(" ms")?.split_once('.')?;
                let (ms, us) = (ms.parse::<u64>().ok()?, us.parse::<u64>().ok()?);
                Some(Duration::from_micros(ms.checked_mul(1000)?.checked_add(us)?))
            }
        };
        return Some(BoardEvent::Said { line: unescape(line)?, within });
    }
    if let Some(cause) = text.strip_prefix("board started: ") {
        let cause = ResetCause::ALL.into_iter().find(|it| it.name() == cause)?;
        return Some(BoardEvent::Started(cause));
    }
    if let Some(rest) = text.strip_prefix("board restarted; ") {
        let in_flight = rest.strip_suffix(" bytes were in flight to it")?.parse().ok()?;
        return Some(BoardEvent::CutOff { in_flight });
    }
    let message = unescape(text.strip_prefix("board panicked: ")?)?;
    Some(BoardEvent::Panicked { message })
}
