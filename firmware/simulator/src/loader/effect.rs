//! What comes of a command beside its answer.

use std::time::Duration;

/// What the loader wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The chip is busy: nothing is sent or heard for so long.
    Pause(Duration),
    /// Send this as one SLIP frame.
    Send(Vec<u8>),
    /// From now on the line runs at this baud rate.
    Rate(u32),
    /// The loader is left.
    Leave(LoaderExit),
    /// The RTC watchdog runs: it resets the chip, which then looks at its straps.
    Watchdog,
    /// The cable is pulled.
    Vanish,
}

/// Where the chip goes when it leaves the loader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoaderExit {
    /// The application in flash is started.
    Application,
    /// A reset with the straps as they were: into the ROM loader again.
    Rom,
    /// A program of so many bytes in RAM is started, which is not a flasher stub.
    Program(usize),
}
