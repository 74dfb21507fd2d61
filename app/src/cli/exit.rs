//! What the program's exit code says, for scripts. The table is the documentation: `--help` is made from it.

use std::fmt::Write as _;
use std::process::ExitCode;

use espalier_core::board::{FaultKind, ProvisionFault};
use espalier_core::load::LoadVerdict;
use espalier_core::releases::ReleaseFaultKind;
use espalier_core::session::EndReason;
use espalier_ui::Topic;

use crate::print::translated;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well; a connection was closed in order.
    Done,
    /// Something failed; the sentence on stderr says what.
    Failed,
    /// The arguments or a file they name make no sense.
    BadArguments,
    /// Of a load test: some clients were not connected, or something went wrong.
    LoadFailed,
    /// Nobody listens there.
    Refused,
    /// No answer in time, to the connection or to keepalive.
    TimedOut,
    /// The peer sent RST.
    Reset,
    /// The name has no address.
    NameNotFound,
    /// No route to the host or network.
    Unreachable,
    /// Standard input, a file or a send list was not sent whole, though nothing else went wrong.
    Unsent,
    /// An answer that a send list waits for did not come.
    NoAnswer,
    /// A file was not received whole.
    Unreceived,
    /// TLS was not agreed on, or broke.
    TlsFailed,
    /// The peer's end of TLS is missing, and perhaps more.
    Truncated,
    /// Another program has the serial port.
    PortBusy,
    /// This user may not open the serial port.
    PortForbidden,
    /// The serial port is not there, or the board went away.
    PortGone,
    /// The board's loader does not answer.
    NoSync,
    /// Another chip than asked for, an image for another chip, or no image for it.
    WrongChip,
    /// What is in flash is not what was written, or what was to be verified.
    VerifyFailed,
    /// Cancelled by the user.
    Cancelled,
    /// The chip is locked (secure download mode, flash encryption, secure boot).
    Locked,
    /// The link to the board broke, or its loader failed.
    FlashFailed,
    /// All was written, and the chip refuses to start it.
    DoesNotStart,
    /// Another program than ours runs on the board, or it is silent.
    OtherFirmware,
    /// The network refused the password.
    WrongPassword,
    /// The board sees no such network.
    NoSuchNetwork,
    /// The board did not come further in time.
    BoardTimedOut,
    /// The board refused what it was asked, or restarted meanwhile.
    BoardRefused,
    /// The answers to a replay are not those of the capture.
    Differs,
    /// There is a newer version of the program.
    Newer,
    /// Ctrl-C (or SIGTERM) before the peer closed.
    Interrupted,
}

/// Every exit, its code and what it means.
const TABLE: [(Exit, u8, &str); 32] = [
    (Exit::Done, 0, "the peer closed in order, or the task is done"),
    (Exit::Failed, 1, "something failed; one sentence on stderr says what"),
    (Exit::BadArguments, 2, "bad arguments, or a file that cannot be used"),
    (
        Exit::LoadFailed,
        3,
        "a load test in which a client was not connected, or something went wrong with one",
    ),
    (Exit::Refused, 10, "connection refused: nobody listens there"),
    (Exit::TimedOut, 11, "timed out: no answer to the connection or to keepalive probes"),
    (Exit::Reset, 12, "connection reset by the peer (RST)"),
    (Exit::NameNotFound, 13, "the host name has no address"),
    (Exit::Unreachable, 14, "no route to the host or network"),
    (
        Exit::Unsent,
        15,
        "standard input, a file or a send list was not sent whole, though nothing else went wrong",
    ),
    (Exit::NoAnswer, 16, "an answer that a send list waits for did not come in time"),
    (Exit::Unreceived, 17, "a file was not received whole"),
    (Exit::TlsFailed, 18, "TLS failed: a certificate, a version, or the peer speaks plain text"),
    (Exit::Truncated, 19, "the peer closed without ending TLS: something may be missing"),
    (Exit::PortBusy, 20, "the serial port is in use by another program"),
    (Exit::PortForbidden, 21, "no permission to open the serial port"),
    (Exit::PortGone, 22, "the serial port is not there, or the board went away"),
    (Exit::NoSync, 23, "the board's loader does not answer"),
    (
        Exit::WrongChip,
        24,
        "another chip than asked for, an image for another chip, or no image for it",
    ),
    (Exit::VerifyFailed, 25, "verifying failed: the flash holds something else"),
    (Exit::Cancelled, 26, "cancelled"),
    (Exit::Locked, 27, "the chip is locked: secure download mode, flash encryption or secure boot"),
    (Exit::FlashFailed, 28, "the link to the board broke at every speed, or its loader failed"),
    (Exit::DoesNotStart, 29, "all was written, but the ROM or the bootloader refuses to start it"),
    (Exit::OtherFirmware, 30, "the board runs another program than Espalier's, or none"),
    (Exit::WrongPassword, 31, "the network refused the password"),
    (Exit::NoSuchNetwork, 32, "the board sees no network of this name"),
    (Exit::BoardTimedOut, 33, "the board did not join, get an address or answer in time"),
    (Exit::BoardRefused, 34, "the board refused what it was asked, or restarted meanwhile"),
    (Exit::Differs, 35, "the answers to a replay differ from those of the capture"),
    (Exit::Newer, 36, "there is a newer version of the program"),
    (Exit::Interrupted, 130, "a client ended by Ctrl-C before its peer closed"),
];

impl Exit {
    /// The exit for the end of a client's connection.
    pub const fn of(reason: EndReason) -> Self {
        match reason {
            EndReason::ClosedByPeer | EndReason::ClosedByUs | EndReason::ResetByUs => Self::Done,
            EndReason::ResetByPeer | EndReason::BoardRestarted => Self::Reset,
            EndReason::KeepaliveLost | EndReason::ConnectTimedOut => Self::TimedOut,
            EndReason::Refused => Self::Refused,
            // A switch is missing.
            EndReason::Forbidden => Self::BadArguments,
            EndReason::Unreachable => Self::Unreachable,
            EndReason::NameNotFound => Self::NameNotFound,
            EndReason::TlsFailed => Self::TlsFailed,
            EndReason::Truncated => Self::Truncated,
            EndReason::PortBusy => Self::PortBusy,
            EndReason::PortForbidden => Self::PortForbidden,
            EndReason::PortGone => Self::PortGone,
            _ => Self::Failed,
        }
    }

    /// The exit for a load test.
    pub fn of_load(verdict: LoadVerdict) -> Self {
        match verdict {
            LoadVerdict::Good => Self::Done,
            LoadVerdict::SomeFailed | LoadVerdict::NoneConnected(None) => Self::LoadFailed,
            // That it is over is not why it was not reached.
            LoadVerdict::NoneConnected(Some(reason)) => match Self::of(reason) {
                Self::Done => Self::LoadFailed,
                exit => exit,
            },
        }
    }

    /// The exit for a failure with a board.
    pub const fn of_board(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Busy => Self::PortBusy,
            FaultKind::Forbidden => Self::PortForbidden,
            FaultKind::Gone => Self::PortGone,
            FaultKind::NoSync => Self::NoSync,
            FaultKind::WrongChip | FaultKind::NoImage => Self::WrongChip,
            FaultKind::VerifyFailed => Self::VerifyFailed,
            FaultKind::Cancelled => Self::Cancelled,
            FaultKind::Locked => Self::Locked,
            FaultKind::LinkFailed | FaultKind::WriteFailed => Self::FlashFailed,
            FaultKind::DoesNotStart => Self::DoesNotStart,
            FaultKind::BadFile
            | FaultKind::TooLarge
            | FaultKind::WrongPlace
            | FaultKind::Ambiguous => Self::BadArguments,
            _ => Self::Failed,
        }
    }

    /// The exit for a way with a board that ended before its end.
    pub const fn of_provisioning(fault: &ProvisionFault) -> Self {
        match fault {
            ProvisionFault::Board(fault) => Self::of_board(fault.kind),
            ProvisionFault::OtherFirmware => Self::OtherFirmware,
            ProvisionFault::WrongPassword { .. } => Self::WrongPassword,
            ProvisionFault::NoSuchNetwork { .. } => Self::NoSuchNetwork,
            ProvisionFault::TimedOut { .. } => Self::BoardTimedOut,
            ProvisionFault::NoNetwork => Self::BadArguments,
            ProvisionFault::Refused(_) | ProvisionFault::Restarted => Self::BoardRefused,
            ProvisionFault::Cancelled => Self::Cancelled,
            _ => Self::Failed,
        }
    }

    /// The exit for a question about releases that was not answered.
    pub const fn of_release(kind: ReleaseFaultKind) -> Self {
        match kind {
            ReleaseFaultKind::NoSource => Self::BadArguments,
            ReleaseFaultKind::Refused => Self::Refused,
            ReleaseFaultKind::TimedOut => Self::TimedOut,
            ReleaseFaultKind::NameNotFound => Self::NameNotFound,
            ReleaseFaultKind::Unreachable => Self::Unreachable,
            ReleaseFaultKind::TlsFailed => Self::TlsFailed,
            ReleaseFaultKind::Other => Self::Failed,
        }
    }

    /// Where the manual has more to say of it, when the sentence that was said leads nowhere itself.
    pub const fn topic(self) -> Option<Topic> {
        Some(match self {
            Self::Done | Self::Cancelled | Self::Newer | Self::Interrupted => return None,
            Self::Failed | Self::BadArguments => ("troubleshooting", ""),
            Self::LoadFailed => ("faults", "load"),
            Self::Refused => ("tcp", "refused"),
            Self::TimedOut => ("tcp", "timed-out"),
            Self::Reset => ("tcp", "reset"),
            Self::NameNotFound | Self::Unreachable => ("tcp", "unreachable"),
            Self::Unsent => ("send", ""),
            Self::NoAnswer => ("send", "lists"),
            Self::Unreceived => ("send", "files"),
            Self::TlsFailed | Self::Truncated => ("secure", "failed"),
            Self::PortBusy => ("drivers", "busy"),
            Self::PortForbidden => ("drivers", "linux"),
            Self::PortGone => ("drivers", "gone"),
            Self::NoSync | Self::VerifyFailed | Self::FlashFailed => ("drivers", "loader"),
            Self::WrongChip | Self::Locked => ("board", "flash"),
            Self::DoesNotStart | Self::WrongPassword | Self::NoSuchNetwork => {
                ("troubleshooting", "serial")
            }
            Self::OtherFirmware => ("board", "go"),
            Self::BoardTimedOut | Self::BoardRefused => ("troubleshooting", "serial"),
            Self::Differs => ("captures", "replay"),
        })
    }

    /// The same when all of stdin was sent; otherwise what would be success is not.
    pub fn if_sent(self, whole: bool) -> Self {
        if self == Self::Done && !whole { Self::Unsent } else { self }
    }

    /// The same when all that was sent has come; otherwise what would be success is not.
    pub fn if_received(self, whole: bool) -> Self {
        if self == Self::Done && !whole { Self::Unreceived } else { self }
    }

    /// The same when all of the log is in its files; otherwise what would be success is not.
    pub fn if_logged(self, whole: bool) -> Self {
        if self == Self::Done && !whole { Self::Failed } else { self }
    }

    /// The table for the manual, as Markdown, each meaning as `words` has it.
    pub fn table(words: &dyn Fn(&str) -> String) -> String {
        let begin = "| | |\n| --- | --- |\n".to_owned();
        TABLE.iter().fold(begin, |mut text, (exit, code, meaning)| {
            let said = words(meaning);
            match exit.topic() {
                Some((page, "")) => writeln!(text, "| `{code}` | [{said}]({page}.md) |"),
                Some((page, id)) => writeln!(text, "| `{code}` | [{said}]({page}.md#{id}) |"),
                None => writeln!(text, "| `{code}` | {said} |"),
            }
            .ok();
            text
        })
    }

    /// The table for `--help`.
    pub fn help() -> String {
        TABLE.iter().fold(translated("Exit codes:"), |mut text, (_, code, meaning)| {
            write!(text, "\n  {code:>2}  {}", translated(meaning)).ok();
            text
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        let code = TABLE.iter().find(|(known, ..)| *known == exit).map_or(1, |(_, code, _)| *code);
        Self::from(code)
    }
}

/// An argument, or a file named by one, that cannot be used: one sentence, exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadArgument(pub String);

#[cfg(test)]
mod tests {
    use espalier_ui::manual::{Block, Manual, Reference};
    use espalier_ui::{Language, Locale};

    use super::*;

    #[test]
    fn every_exit_leads_to_a_heading_that_is_there() {
        let manual = Manual::new(&Locale::new(Language::English), &Reference::default());
        for (exit, ..) in TABLE {
            let Some((page, id)) = exit.topic() else { continue };
            let at = manual.index(page).unwrap_or_else(|| panic!("{exit:?}: no page {page}"));
            let is_meant =
                |block: &Block| matches!(block, Block::Heading { id: it, .. } if it == id);
            let is_there = id.is_empty() || manual.pages()[at].blocks.iter().any(is_meant);
            assert!(is_there, "{exit:?}: {page} has no {id}");
        }
    }
}
