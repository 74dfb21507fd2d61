//! Sending piece by piece, as a person types: consoles tell what is pasted by its speed.

use std::sync::Weak;
use std::time::Duration;

use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::send::OutgoingBytes;
use espalier_core::{Sentence, say};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::beat_sink::BeatSink;

/// How long a target without room is left alone.
const HELD_UP: Duration = Duration::from_millis(20);

/// Pieces under way; what is not sent yet is given up when this is dropped.
#[derive(Debug)]
pub struct Typist(JoinHandle<()>);

impl Drop for Typist {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Typist {
    /// Sends the first piece at once, and each other one so long after the one before it. It ends, and says so, when the
    /// target goes.
    pub fn start(
        sink: Weak<impl BeatSink>,
        to: PeerSelector,
        pieces: Vec<OutgoingBytes>,
        pause: Duration,
    ) -> Self {
        Self(tokio::spawn(async move {
            let count = pieces.len();
            for (number, piece) in pieces.iter().enumerate() {
                if number > 0 {
                    sleep(pause).await;
                }
                loop {
                    let Some(sink) = sink.upgrade() else { return };
                    let reached = sink.reach(&to);
                    match reached.and_then(|()| sink.deliver(&to, piece, None)) {
                        Ok(()) => break sink.mark_dirty(),
                        Err(Refusal::Full) => {}
                        Err(refusal) => return sink.note(given_up(number, count, refusal)),
                    }
                    drop(sink);
                    sleep(HELD_UP).await;
                }
            }
        }))
    }
}

fn given_up(sent: usize, count: usize, why: Refusal) -> Sentence {
    say!(
        "note-typing-given-up",
        "only {sent} of {count} pasted pieces were sent: {why}",
        sent = sent,
        count = count,
        why = why,
    )
}
