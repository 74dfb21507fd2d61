//! The system, or somebody at a terminal, ends the program: the window closes in order, and its state is stored.

use eframe::egui::{Context, ViewportCommand};
use tokio::runtime::Handle;

/// Closes the window at the first SIGTERM, SIGINT or SIGHUP (on Windows: Ctrl-C, the console's closing, logging out, shutting
/// down), which `told` hears before; at the second the program ends at once, in case the window does not answer.
pub fn close_when_asked(runtime: &Handle, context: Context, told: impl Fn() + Send + 'static) {
    // From here on they are heard.
    let signals = {
        let _runtime = runtime.enter();
        Signals::new()
    };
    let mut signals = match signals {
        Ok(signals) => signals,
        Err(error) => {
            tracing::warn!("signals are not heard: they end the program at once: {error}");
            return;
        }
    };
    runtime.spawn(async move {
        signals.next().await;
        told();
        context.send_viewport_cmd(ViewportCommand::Close);
        context.request_repaint();
        signals.next().await;
        // 128 + SIGTERM, as shells have it.
        std::process::exit(143);
    });
}

#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let [terminate, interrupt, hangup] =
            [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        Ok(Self([signal(terminate)?, signal(interrupt)?, signal(hangup)?]))
    }

    async fn next(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(
    tokio::signal::windows::CtrlC,
    tokio::signal::windows::CtrlClose,
    tokio::signal::windows::CtrlLogoff,
    tokio::signal::windows::CtrlShutdown,
);

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        Ok(Self(ctrl_c()?, ctrl_close()?, ctrl_logoff()?, ctrl_shutdown()?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
            _ = self.2.recv() => {}
            _ = self.3.recv() => {}
        }
    }
}
