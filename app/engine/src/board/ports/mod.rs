//! The list of ports, kept fresh by a thread of its own: some systems take seconds to list their ports.

pub mod access;
mod list;
mod simulated;

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use espalier_core::board::PortInfo;
use parking_lot::Mutex;

pub use list::{look_for_alike, look_for_board, look_up, sort, system_ports};
pub use simulated::{NoSimulatedBoards, SimulatedBoards};

/// How often the ports are listed.
const EVERY: Duration = Duration::from_secs(1);

/// Who has them open is looked up in every so many rounds.
const HOLDERS_EVERY: u64 = 3;

/// The ports there are, as of about a second ago.
#[derive(Debug)]
pub struct Ports {
    latest: Arc<Mutex<Arc<[PortInfo]>>>,
    /// Dropping it ends the thread.
    _stop: SyncSender<()>,
}

impl Ports {
    /// Begins to list ports. `changed` is called from the thread `ports` when something came, went or became busy.
    pub fn watch(
        simulated: Arc<dyn SimulatedBoards>,
        changed: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let latest = Arc::<Mutex<Arc<[PortInfo]>>>::default();
        let (stop, stopped) = sync_channel::<()>(0);
        let publish = latest.clone();
        std::thread::Builder::new().name("ports".to_owned()).spawn(move || {
            let mut holders = access::Holders::new();
            for round in 0_u64.. {
                let mut ports = list::list(&holders);
                if round.is_multiple_of(HOLDERS_EVERY) {
                    // Ports on the mainboard are many, and nobody wonders who has them.
                    let plugged = ports.iter().filter(|port| port.kind.usb().is_some());
                    let names: Vec<_> = plugged.map(|port| port.name.as_str()).collect();
                    holders = access::holders(&names);
                    ports = list::list(&holders);
                }
                ports.extend(simulated.ports());
                sort(&mut ports);
                if publish.lock().as_ref() != ports {
                    *publish.lock() = ports.into();
                    changed();
                }
                if stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        })?;
        Ok(Self { latest, _stop: stop })
    }

    /// The ports, likely boards first, simulated ones before built-in ones.
    pub fn latest(&self) -> Arc<[PortInfo]> {
        self.latest.lock().clone()
    }
}
