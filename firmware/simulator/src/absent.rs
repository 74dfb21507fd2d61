//! Where there are no pseudo-terminals.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::{Crash, Faults, SimulatorError, SimulatorSpec, SimulatorStatus};

const REASON: &str = "Windows has no pseudo-terminals that serial programs can open, so there is no simulated board \
    here; use a real board, or run Espalier on Linux or macOS.";

/// Makes simulated boards; on this system it can only say why not.
#[derive(Debug)]
pub struct Simulator;

/// A simulated board; there is none on this system.
#[derive(Debug)]
pub struct RunningBoard(Infallible);

impl Simulator {
    /// Why there is no simulated board here.
    pub fn unavailable() -> Option<&'static str> {
        Some(REASON)
    }

    /// # Errors
    /// Always [`SimulatorError::Unavailable`] on this system.
    pub fn start(_: SimulatorSpec) -> Result<RunningBoard, SimulatorError> {
        Err(SimulatorError::Unavailable { reason: REASON })
    }
}

impl RunningBoard {
    /// The port's path.
    pub fn path(&self) -> PathBuf {
        match self.0 {}
    }

    /// What the board is doing.
    pub fn status(&self) -> SimulatorStatus {
        match self.0 {}
    }

    /// Where its TCP server listens, once it does.
    pub fn listening(&self) -> Option<SocketAddr> {
        match self.0 {}
    }

    /// Presses and releases EN.
    pub fn press_en(&self) {
        match self.0 {}
    }

    /// Presses and releases EN while BOOT is held.
    pub fn enter_download_mode(&self) {
        match self.0 {}
    }

    /// Sets both modem lines, as a tool would.
    pub fn set_lines(&self, _dtr: bool, _rts: bool) {
        match self.0 {}
    }

    /// Pulls the cable.
    pub fn unplug(&self) {
        match self.0 {}
    }

    /// Plugs the cable in again.
    pub fn plug_in(&self) {
        match self.0 {}
    }

    /// From now on these things go wrong.
    pub fn set_faults(&self, _: Faults) {
        match self.0 {}
    }

    /// The simulated access points come within range, or go out of it.
    pub fn set_in_range(&self, _in_range: bool) {
        match self.0 {}
    }

    /// The address that the simulated network gives the board when it joins next.
    pub fn set_lease(&self, _address: Ipv4Addr) {
        match self.0 {}
    }

    /// Something happens to the running firmware.
    pub fn crash(&self, _: Crash) {
        match self.0 {}
    }
}
