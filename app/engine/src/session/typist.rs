//! Sending piece by piece, as a person types: consoles tell what is pasted by its speed.

use std::sync::Weak;
use std::time::Duration;

use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::send::OutgoingBytes;
use espalier_core::{Sentence, say};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::beat_sink::BeatSink;

/// How long a target without room is left alone.
const HELD_UP: Duration = Duration::from_millis(20);

/// Pieces under way; what is not sent yet is given up, and that is told, when this is dropped.
#[derive(Debug)]
pub struct Typist {
    _stop: oneshot::Sender<()>,
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
        let (stop, mut stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let count = pieces.len();
            for (number, piece) in pieces.iter().enumerate() {
                let mut wait = (number > 0).then_some(pause);
                loop {
                    let is_stopped = match wait {
                        Some(wait) => timeout(wait, &mut stopped).await.is_ok(),
                        None => false,
                    };
                    let Some(sink) = sink.upgrade() else { return };
                    if is_stopped {
                        return sink.note(stopped_behind(number, count));
                    }
                    let reached = sink.reach(&to);
                    match reached.and_then(|()| sink.deliver(&to, piece, None)) {
                        Ok(()) => break sink.mark_dirty(),
                        Err(Refusal::Full) => wait = Some(HELD_UP),
                        Err(refusal) => return sink.note(given_up(number, count, refusal)),
                    }
                }
            }
        });
        Self { _stop: stop }
    }
}

fn stopped_behind(sent: usize, count: usize) -> Sentence {
    say!(
        "note-typing-stopped",
        "pasting was stopped behind {sent} of {count} pieces",
        sent = sent,
        count = count,
    )
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
