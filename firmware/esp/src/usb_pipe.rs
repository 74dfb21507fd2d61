//! The way of console bytes to the USB host: filled by the console, emptied by whoever owns the USB device.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;

/// Bytes on their way to the USB host.
pub static TO_USB: Pipe<CriticalSectionRawMutex, 2048> = Pipe::new();
