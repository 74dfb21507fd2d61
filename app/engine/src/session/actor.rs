//! The task of a session: waits to be started, runs its transport, waits again.

use std::sync::Arc;

use espalier_core::backend::SessionCommand;
use espalier_core::session::{SessionEvent, TransportSpec};
use tokio::sync::mpsc::Receiver;

use super::ending::End;
use super::ledger::Ledger;
use super::obey::Task;
use super::{saved, serial, tcp_client, tcp_server};

/// Lives until nobody can command it any more.
pub async fn run(ledger: Arc<Ledger>, mut commands: Receiver<SessionCommand>) {
    if matches!(ledger.spec.read().transport, TransportSpec::Capture(_)) {
        return saved::run(&ledger, &mut commands).await;
    }
    let mut starts = ledger.spec.read().autostart;
    // A session that waits to be started can be looked at too; why it cannot be written is told when it is started.
    if !starts && let Err(error) = ledger.open_capture() {
        tracing::info!(%error, session = ledger.id.0, "no capture yet");
    }
    loop {
        if !starts {
            let Some(command) = commands.recv().await else { break };
            match ledger.obey(Some(command)) {
                Some(Task::Start) => starts = true,
                Some(Task::Stop) => ledger.rest(None),
                None => {}
            }
            continue;
        }
        if let Err(error) = ledger.open_capture() {
            starts = false;
            fail(&ledger, End::of_capture(error));
            continue;
        }
        let transport = ledger.spec.read().transport.clone();
        starts = match transport {
            TransportSpec::TcpClient(_) => tcp_client::run(&ledger, &mut commands).await,
            TransportSpec::TcpServer(_) => tcp_server::run(&ledger, &mut commands).await,
            TransportSpec::Serial(spec) => {
                // What is asked while the port is being closed waits in the queue.
                serial::run(&ledger, &mut commands, spec).await;
                false
            }
            TransportSpec::Capture(_) => return,
        };
        ledger.cycle.lock().take();
    }
    ledger.cycle.lock().take();
    ledger.finish_capture();
}

/// Ends before anything began.
fn fail(ledger: &Ledger, end: End) {
    let End { reason, detail } = end.clone();
    ledger.event(None, SessionEvent::Ended { reason, detail });
    ledger.rest(Some(&end));
}
