//! Ctrl-C ends what runs in order; a second one ends a program of sessions at once.

use espalier_engine::session::Session;
use tokio::runtime::Handle;

/// Lets these sessions leave at the first Ctrl-C (or SIGTERM); the second one does not wait for them.
pub fn leave_on_ctrl_c(runtime: &Handle, sessions: &[Session]) {
    let sessions = sessions.to_vec();
    runtime.spawn(async move {
        asked().await;
        sessions.iter().for_each(Session::leave);
        asked().await;
        // 128 + SIGINT, as shells have it.
        std::process::exit(130);
    });
}

/// Completes when somebody wants this program to end: by Ctrl-C or SIGTERM. Hanging up is left to the
/// system, so that `nohup` does what it says.
///
/// To be kept over a loop's rounds: what comes while no such future waits is not heard.
pub async fn asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a way to hear it, the system ends the program by itself.
        std::future::pending::<()>().await;
    }
}
