//! The task of a session: waits to be started, runs its transport, waits again.

use std::sync::Arc;

use espalier_core::backend::SessionCommand;
use espalier_core::session::{SessionEvent, TransportSpec};
use tokio::sync::mpsc::Receiver;

use super::commands::TaskCommand;
use super::end_cause::EndCause;
use super::shared::SessionShared;
use super::{bridge, load, relay, saved, serial, tcp_client, tcp_server, udp};

/// Lives until nobody can command it any more.
pub async fn run(shared: Arc<SessionShared>, mut commands: Receiver<SessionCommand>) {
    if matches!(shared.spec.read().transport, TransportSpec::Capture(_)) {
        return saved::run(&shared, &mut commands).await;
    }
    let mut starts = shared.spec.read().autostart;
    // A session that waits to be started can be looked at too; why it cannot be written is told when it is started.
    if !starts && let Err(error) = shared.open_capture() {
        tracing::info!(%error, session = shared.id.0, "no capture yet");
    }
    loop {
        if !starts {
            let Some(command) = commands.recv().await else { break };
            match shared.apply(Some(command)) {
                Some(TaskCommand::Start) => starts = true,
                // It may have ended by itself meanwhile, and why is not to be forgotten for that.
                Some(TaskCommand::Stop) | None => {}
            }
            continue;
        }
        if let Err(error) = shared.open_capture() {
            starts = false;
            fail(&shared, EndCause::of_capture(error));
            continue;
        }
        let transport = shared.spec.read().transport.clone();
        starts = match transport {
            TransportSpec::TcpClient(_) => tcp_client::run(&shared, &mut commands).await,
            TransportSpec::TcpServer(_) => tcp_server::run(&shared, &mut commands).await,
            TransportSpec::Relay(spec) => relay::run(&shared, &mut commands, &spec).await,
            TransportSpec::Udp(_) => udp::run(&shared, &mut commands).await,
            TransportSpec::Load(spec) => load::run(&shared, &mut commands, &spec).await,
            TransportSpec::Serial(spec) => {
                // What is asked while the port is being closed waits in the queue.
                serial::run(&shared, &mut commands, spec).await;
                false
            }
            TransportSpec::Capture(_) => return,
        };
        shared.cycle.lock().take();
    }
    shared.cycle.lock().take();
    drop(shared.list.lock().take());
    drop(shared.replay.lock().take());
    bridge::leave(&shared);
    shared.end_transfer();
    shared.end_log_file().await;
    shared.finish_capture();
}

/// Ends before anything began.
fn fail(shared: &SessionShared, end: EndCause) {
    let EndCause { reason, detail } = end.clone();
    shared.event(None, SessionEvent::Ended { reason, detail });
    shared.end_session(Some(&end));
}
