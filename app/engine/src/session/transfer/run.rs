//! The thread of a transfer.

use std::io;
use std::sync::{Arc, Weak};
use std::thread;

use espalier_core::transfer::{ReceiveFiles, SendFiles, TransferEnd, TransferProtocol};
use espalier_core::{Direction, Sentence, say};

use super::guest::{Transfer, TransferState};
use super::host::TransferHost;
use super::target::TransferTarget;
use super::way::{Stop, Way};
use super::{raw_receive, raw_send, spoken};

/// What is to be done.
#[derive(Debug)]
pub enum TransferTask {
    /// Files go out.
    Send(SendFiles),
    /// Files come in.
    Receive(ReceiveFiles),
}

impl TransferTask {
    /// Which way, and how.
    pub const fn kind(&self) -> (Direction, TransferProtocol) {
        match self {
            Self::Send(send) => (Direction::Out, send.protocol),
            Self::Receive(receive) => (Direction::In, receive.protocol),
        }
    }
}

/// Begins it in a thread of its own. `asks`: what the other end has asked for already.
///
/// # Errors
/// The system has no thread left.
pub fn start(
    session: Weak<dyn TransferHost>,
    target: TransferTarget,
    task: TransferTask,
    asks: Option<u8>,
) -> io::Result<Transfer> {
    let (direction, protocol) = task.kind();
    let files = match &task {
        TransferTask::Send(send) => Some(send.files.len()),
        TransferTask::Receive(_) => None,
    };
    let state = Arc::new(TransferState::new(target, direction, protocol, files));
    if direction == Direction::Out && protocol.needs_clean_line() {
        state.inner().input.extend(asks);
    }
    let in_thread = state.clone();
    let thread = thread::Builder::new()
        .name("espalier-transfer".to_owned())
        .spawn(move || run(&session, &in_thread, task))?;
    Ok(Transfer::new(state, thread))
}

/// Does it, and tells how it ended.
fn run(session: &Weak<dyn TransferHost>, state: &Arc<TransferState>, task: TransferTask) {
    let way = Way::new(session, state);
    let done = match task {
        TransferTask::Send(send) if send.protocol.is_spoken() => spoken::send(&way, &send),
        TransferTask::Send(send) => raw_send::run(&way, &send),
        TransferTask::Receive(receive) if receive.protocol.is_spoken() => {
            spoken::receive(&way, &receive)
        }
        TransferTask::Receive(receive) => raw_receive::run(&way, &receive),
    };
    let end = match done {
        Ok(()) => TransferEnd::Done,
        Err(Stop::Gone) => TransferEnd::Cancelled,
        Err(Stop::End(end)) => end,
    };
    let session = session.upgrade();
    // Told first: who sees that it is over has heard how it ended.
    if let (Some(session), Some(sentence)) = (&session, told(state.direction, &end)) {
        session.note(sentence);
    }
    state.end(end);
    if let Some(session) = session {
        session.mark_dirty();
    }
}

/// What the log says of the end; of one that was to be expected, its files tell.
fn told(direction: Direction, end: &TransferEnd) -> Option<Sentence> {
    let sends = direction == Direction::Out;
    match end {
        TransferEnd::Done => None,
        TransferEnd::Cancelled if sends => {
            Some(say!("note-send-cancelled", "the sending of files was cancelled"))
        }
        TransferEnd::Cancelled => {
            Some(say!("note-receive-cancelled", "the receiving of files was cancelled"))
        }
        TransferEnd::TargetGone(why) | TransferEnd::Failed(why) if sends => {
            Some(say!("note-send-failed", "the sending of files has ended: {why}", why = why))
        }
        TransferEnd::TargetGone(why) | TransferEnd::Failed(why) => {
            Some(say!("note-receive-failed", "the receiving of files has ended: {why}", why = why))
        }
    }
}
