//! The system, or somebody at a terminal, ends the program: the window closes in order, and its state is stored.

use eframe::egui::{Context, ViewportCommand};
use tokio::runtime::Handle;

use crate::cli::interrupt::Interrupts;

/// Closes the window at the first SIGTERM, SIGINT or SIGHUP (on Windows: Ctrl-C, Ctrl-Break, the console's closing, logging out,
/// shutting down), which `told` hears before; at the second the program ends at once, in case the window does not answer.
pub fn close_when_asked(runtime: &Handle, context: Context, told: impl Fn() + Send + 'static) {
    // From here on they are heard.
    let mut wishes = Interrupts::heard(runtime).and_hanging_up();
    runtime.spawn(async move {
        wishes.next().await;
        told();
        context.send_viewport_cmd(ViewportCommand::Close);
        context.request_repaint();
        wishes.next().await;
        // 128 + SIGTERM, as shells have it.
        std::process::exit(143);
    });
}
