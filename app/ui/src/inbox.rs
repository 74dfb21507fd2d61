//! Where other threads leave answers for the window: bounded, and each one wakes it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use espalier_core::backend::FoundCaptures;
use espalier_core::board::{BoardFault, FoundBuild};
use espalier_core::releases::{ReleaseAnswer, ReleaseFault};
use espalier_core::{Sentence, SessionId, Timestamp};
use parking_lot::Mutex;

use crate::command::{KeyringAnswer, Toast};
use crate::state::WorkspaceContents;

/// What arrives.
#[derive(Debug)]
pub enum InboxMessage {
    /// A text for the clipboard, and how many rows it is of.
    Copied(String, u64),
    /// A notice.
    Toast(Toast),
    /// Captures to open.
    Captures(FoundCaptures),
    /// The file that was picked for the dialog that is open.
    Picked(u64, PathBuf),
    /// What the keyring answered about the password of this network.
    Keyring(KeyringAnswer, String),
    /// A folder or a file that was picked to flash this session's board.
    BoardFile(SessionId, PathBuf),
    /// A file that was picked for a backup of this session's board.
    BackupFile(SessionId, PathBuf),
    /// What a folder or a file holds that was named for this session's board.
    Build(SessionId, PathBuf, Box<Result<FoundBuild, BoardFault>>),
    /// The build at this place, which was chosen for this session's board, was made again.
    Rebuilt(SessionId, PathBuf),
    /// An ELF file that was picked to decode this session's backtraces.
    Elf(SessionId, PathBuf),
    /// A file that was named for the core dump of a report of this session's board.
    CoreDump(SessionId, Timestamp, u64, PathBuf),
    /// What a workspace file holds.
    Workspace(Box<WorkspaceContents>),
    /// The send list of a file, and what could not be taken of it.
    SendList(Box<WorkspaceContents>, Vec<Sentence>),
    /// The font file at this place, or why it cannot be used.
    LogFont(PathBuf, Result<Vec<u8>, Sentence>),
    /// What came of the question whether there is a newer version of the program.
    Release(Box<Result<ReleaseAnswer, ReleaseFault>>),
    /// The rules of a file with its send list, and what could not be taken of it.
    Rules(Box<WorkspaceContents>, Vec<Sentence>),
    /// What could not be written of the send list.
    SendListNotes(Vec<Sentence>),
}

/// The letter box. Clones share it.
#[derive(Clone)]
pub struct Inbox {
    sender: SyncSender<InboxMessage>,
    receiver: Arc<Mutex<Receiver<InboxMessage>>>,
    context: egui::Context,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Inbox {
    /// How many answers wait at most; the sending thread waits when it is full, the window never does.
    const LIMIT: usize = 64;

    /// An empty one; arrivals repaint this context.
    pub fn new(context: egui::Context) -> Self {
        let (sender, receiver) = sync_channel(Self::LIMIT);
        Self { sender, receiver: Arc::new(Mutex::new(receiver)), context }
    }

    /// Leaves an answer and wakes the window.
    pub fn leave(&self, arrival: InboxMessage) {
        // It can only fail when the window is gone, and then nobody waits for it.
        self.sender.send(arrival).ok();
        self.context.request_repaint();
    }

    /// The next answer, if there is one.
    pub fn take(&self) -> Option<InboxMessage> {
        self.receiver.lock().try_recv().ok()
    }
}
