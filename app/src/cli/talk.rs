//! A session with text ends: stdin goes to its connections, what they send goes to stdout, what happens to stderr.

use std::io::ErrorKind;
use std::sync::Arc;

use espalier_core::PeerId;
use espalier_core::session::{EndReason, SessionEvent, SessionSpec, TransportSpec};
use espalier_engine::Engine;
use espalier_engine::session::{Session, Store, Tap, Tapped};

use super::input::{self, Input};
use super::options::Shared;
use super::output::Output;
use super::{interrupt, places};
use crate::print::{self, Received};

/// What the end of stdin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// FIN, and receiving goes on.
    HalfClose,
    /// Nothing.
    GoOn,
}

/// Runs a session until it rests; gives the reason, or `None` when it was stopped by Ctrl-C or nobody reads stdout any
/// more.
pub fn run(spec: SessionSpec, shared: &Shared, at_end: AtEnd) -> anyhow::Result<Option<EndReason>> {
    let names_peers = matches!(spec.transport, TransportSpec::TcpServer(_));
    let engine = Engine::new(&places()?.captures)?;
    let store = shared.capture.clone().map_or(Store::Nowhere, Store::File);
    let tap = Tap::new();
    let session = engine.open_tapped(spec, store, Some(tap.clone()));
    interrupt::leave_on_ctrl_c(engine.runtime(), std::slice::from_ref(&session));
    let input = Input { hex: shared.hex, encoding: shared.encoding };
    input::pump(engine.runtime().clone(), session.clone(), input, at_end)?;
    let output = Output::new(shared.hex, shared.encoding);
    let ended = copy(&tap, &session, output, Received::stdout(shared.raw)?, names_peers)?;
    drop(engine);
    Ok(ended)
}

fn copy(
    tap: &Arc<Tap>,
    session: &Session,
    mut output: Output,
    mut stdout: Received,
    names_peers: bool,
) -> anyhow::Result<Option<EndReason>> {
    loop {
        match tap.next(None) {
            None => {}
            Some(Tapped::Received(peer, bytes)) => {
                let written = output.received(peer, &bytes, &mut stdout);
                match written {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                        // Nobody reads any more: an end in order, as for every filter.
                        tap.close();
                        session.leave();
                        return Ok(Some(EndReason::ClosedByUs));
                    }
                    Err(error) => return Err(anyhow::anyhow!("cannot write to stdout: {error}")),
                }
            }
            Some(Tapped::Event(peer, event)) => tell(peer, &event, names_peers),
            Some(Tapped::Rests(reason)) => {
                output.finish(&mut stdout).and_then(|()| stdout.finish()).ok();
                return Ok(reason);
            }
        }
    }
}

/// One line on stderr.
pub fn tell(peer: PeerId, event: &SessionEvent, names_peer: bool) {
    match peer {
        PeerId(number) if number > 0 && names_peer => {
            print::say(format_args!("#{number} {}", print::event(event)));
        }
        _ => print::say(print::event(event)),
    }
}
