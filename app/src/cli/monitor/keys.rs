//! What is typed: lines for the board, and Ctrl-R; or, where the board has this terminal, each key.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::terminal::Terminal;
use crate::cli::host_terminal::TypedKeys;
use crate::cli::input::{InputProgress, Unit};
use crate::print::complain;

/// Ctrl-R.
const RESET: u8 = 0x12;

/// Something typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// For the board, as it was typed.
    Bytes(Vec<u8>),
    /// Ctrl-R: reset the board.
    Reset,
}

/// Stdin, read in a thread of its own; the terminal is as before when this is dropped.
pub struct Keys {
    from: Receiver<Key>,
    progress: Arc<InputProgress>,
    leave: Arc<LeaveKey>,
    _terminal: Option<Terminal>,
}

/// The key that leads out of a terminal.
#[derive(Debug, Default)]
pub struct LeaveKey {
    is_pressed: AtomicBool,
    told: Notify,
}

impl LeaveKey {
    /// Completes when it was pressed, whatever waits to be sent. Nothing is missed when this is dropped before.
    pub async fn pressed(&self) {
        while !self.is_pressed.load(Ordering::Acquire) {
            self.told.notified().await;
        }
    }

    fn press(&self) {
        self.is_pressed.store(true, Ordering::Release);
        self.told.notify_one();
    }
}

impl Keys {
    /// The key that leads out.
    pub fn leave(&self) -> Arc<LeaveKey> {
        self.leave.clone()
    }

    /// What was typed next; `None` at the end of stdin.
    pub async fn next(&mut self) -> Option<Key> {
        self.from.recv().await
    }

    /// What became of what was typed, Ctrl-R apart.
    pub const fn progress(&self) -> &Arc<InputProgress> {
        &self.progress
    }

    /// Nothing more is wanted of it; what is left of stdin is counted.
    pub fn close(&mut self) {
        self.from.close();
        while self.from.try_recv().is_ok() {}
    }
}

/// Begins to read. The thread stays behind in its last read when the program ends.
pub fn read() -> anyhow::Result<Keys> {
    let terminal = Some(Terminal::whose_line_ends_at(RESET));
    let (to, from) = channel(16);
    let thread = std::thread::Builder::new().name("stdin".to_owned());
    let progress = Arc::new(InputProgress::new(Unit::Bytes));
    let kept = progress.clone();
    let reading = move || {
        let read = pass_on(&kept, &to);
        if let Err(error) = &read {
            complain(format_args!("stdin cannot be read: {error}"));
        }
        kept.ends(read.is_ok());
    };
    thread.spawn(reading).context("the thread that reads stdin cannot be started")?;
    Ok(Keys { from, progress, leave: Arc::default(), _terminal: terminal })
}

/// Begins to read keys of a terminal that passes each of them. What finds no room is not sent, and rings the bell.
pub fn read_each(typed: TypedKeys) -> anyhow::Result<Keys> {
    let (to, from) = channel(1024);
    let progress = Arc::new(InputProgress::new(Unit::Bytes));
    let leave = Arc::<LeaveKey>::default();
    let (kept, leaving) = (progress.clone(), leave.clone());
    let reading = move || {
        let read = typed.read(|bytes| {
            let Ok(room) = to.try_reserve() else { return false };
            // Before anybody can say that it was given away.
            kept.reads(bytes.len());
            room.send(Key::Bytes(bytes));
            true
        });
        if let Err(error) = &read {
            complain(format_args!("stdin cannot be read: {error}"));
        }
        kept.ends(read.is_ok());
        leaving.press();
    };
    let thread = std::thread::Builder::new().name("stdin".to_owned());
    thread.spawn(reading).context("the thread that reads stdin cannot be started")?;
    Ok(Keys { from, progress, leave, _terminal: None })
}

fn pass_on(progress: &InputProgress, to: &Sender<Key>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        progress.waits();
        match io::stdin().lock().read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                let typed = &buffer[..count];
                progress.reads(typed.iter().filter(|byte| **byte != RESET).count());
                // When nobody wants it, it is counted only.
                split(typed).into_iter().try_for_each(|key| to.blocking_send(key)).ok();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn split(typed: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    for (number, piece) in typed.split(|byte| *byte == RESET).enumerate() {
        if number > 0 {
            keys.push(Key::Reset);
        }
        if !piece.is_empty() {
            keys.push(Key::Bytes(piece.to_vec()));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctrl_r_is_taken_out_of_what_is_typed() {
        let bytes = |text: &[u8]| Key::Bytes(text.to_vec());
        assert_eq!(split(b"status\n"), [bytes(b"status\n")]);
        assert_eq!(split(b"a\x12b"), [bytes(b"a"), Key::Reset, bytes(b"b")]);
        assert_eq!(split(b"\x12"), [Key::Reset]);
    }
}
