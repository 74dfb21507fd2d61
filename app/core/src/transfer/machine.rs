//! What all protocols have in common, at either end.

use std::fmt::Debug;
use std::time::Duration;

use super::TransferFault;

/// What is said of a file before its bytes come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOffer {
    /// Its name as it stands on the wire; empty where the protocol has none (XMODEM).
    pub name: Vec<u8>,
    /// How many bytes it has, when that is said.
    pub size: Option<u64>,
    /// When it was changed last, in seconds since 1970, when that is said.
    pub modified: Option<u64>,
}

/// What a sender does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendAction {
    /// Send these bytes. Time goes on when the system has taken them.
    Send(Vec<u8>),
    /// Say which file comes next ([`SendMachine::offer`]).
    NextFile,
    /// Give at most so many bytes of the file from there ([`SendMachine::give`]).
    Read {
        /// Where in the file.
        offset: u64,
        /// How many at most, at least one.
        length: usize,
    },
    /// The other end has this file whole, or did not want (all of) it.
    FileDone {
        /// It did not want it.
        skipped: bool,
    },
    /// Nothing before then, unless something comes.
    Wait(Duration),
    /// It is over.
    Over(Result<(), TransferFault>),
}

/// What a receiver does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiveAction {
    /// Send these bytes.
    Send(Vec<u8>),
    /// A file comes: say from where on it is wanted ([`ReceiveMachine::accept`]).
    Begin(FileOffer),
    /// These bytes follow in the file.
    Write(Vec<u8>),
    /// The file is whole.
    FileDone,
    /// Nothing before then, unless something comes.
    Wait(Duration),
    /// It is over.
    Over(Result<(), TransferFault>),
}

/// The sending end of a protocol. Times count from the beginning of the transfer.
pub trait SendMachine: Debug + Send {
    /// Takes what came.
    fn heard(&mut self, bytes: &[u8]);

    /// What to do next.
    fn next(&mut self, now: Duration) -> SendAction;

    /// Answers [`SendAction::NextFile`]; `None`: there are no more. A size must be said.
    fn offer(&mut self, file: Option<FileOffer>);

    /// Answers [`SendAction::Read`]; no bytes: the file has become shorter.
    fn give(&mut self, bytes: &[u8]);

    /// Ends it, and has the other end told.
    fn cancel(&mut self);

    /// How many bytes it has heard and not looked at yet.
    fn unread(&self) -> usize;

    /// How far the present file has come, in bytes that were sent and, where the protocol says so, taken.
    fn position(&self) -> u64;

    /// How often something was sent again.
    fn retries(&self) -> u32;
}

/// The receiving end of a protocol. Times count from the beginning of the transfer.
pub trait ReceiveMachine: Debug + Send {
    /// Takes what came.
    fn heard(&mut self, bytes: &[u8]);

    /// What to do next.
    fn next(&mut self, now: Duration) -> ReceiveAction;

    /// Answers [`ReceiveAction::Begin`]: the file is wanted from this byte on (only ZMODEM begins elsewhere than at 0).
    fn accept(&mut self, from: u64);

    /// Ends it, and has the other end told.
    fn cancel(&mut self);

    /// How many bytes it has heard and not looked at yet.
    fn unread(&self) -> usize;

    /// How often something was asked for again.
    fn retries(&self) -> u32;
}
