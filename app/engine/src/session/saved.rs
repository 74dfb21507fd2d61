//! A session in which nothing moves: a capture that was made earlier, to be looked at.

use std::sync::Arc;

use espalier_core::backend::SessionCommand;
use tokio::sync::mpsc::Receiver;

use super::ending::End;
use super::ledger::Ledger;

/// Lives until nobody can command it any more. Only its name and its view can be changed; what cannot be opened is told by
/// its state, and tried again by Start.
pub async fn run(ledger: &Arc<Ledger>, commands: &mut Receiver<SessionCommand>) {
    open(ledger).await;
    while let Some(command) = commands.recv().await {
        match command {
            SessionCommand::Start if ledger.capture().is_none() => open(ledger).await,
            SessionCommand::SetSpec(_) => drop(ledger.obey(Some(command))),
            _ => {}
        }
    }
}

/// On a thread that may wait: one that ends torn is looked through.
async fn open(ledger: &Arc<Ledger>) {
    let opening = ledger.clone();
    match tokio::task::spawn_blocking(move || opening.open_capture()).await {
        Ok(Ok(())) => ledger.rest(None),
        Ok(Err(error)) => ledger.rest(Some(&End::of_capture(error))),
        Err(error) => ledger.rest(Some(&End::of_capture(error))),
    }
}
