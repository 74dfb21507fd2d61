//! A session in which nothing moves: a capture that was made earlier, to be looked at.

use std::sync::Arc;

use espalier_core::backend::SessionCommand;
use tokio::sync::mpsc::Receiver;

use super::end_cause::EndCause;
use super::shared::SessionShared;

/// Lives until nobody can command it any more. Only its name and its view can be changed; what cannot be opened is told by
/// its state, and tried again by Start.
pub async fn run(shared: &Arc<SessionShared>, commands: &mut Receiver<SessionCommand>) {
    open(shared).await;
    while let Some(command) = commands.recv().await {
        match command {
            SessionCommand::Start if shared.capture().is_none() => open(shared).await,
            SessionCommand::SetSpec(_) => drop(shared.apply(Some(command))),
            _ => {}
        }
    }
}

/// On a thread that may wait: one that ends torn is looked through.
async fn open(shared: &Arc<SessionShared>) {
    let opening = shared.clone();
    match tokio::task::spawn_blocking(move || opening.open_capture()).await {
        Ok(Ok(())) => shared.end_session(None),
        Ok(Err(error)) => shared.end_session(Some(&EndCause::of_capture(error))),
        Err(error) => shared.end_session(Some(&EndCause::of_capture(error))),
    }
}
