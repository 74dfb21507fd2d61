//! The way of console bytes to the USB host: filled by the console, emptied by whoever owns the USB device.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;

use crate::chip::USB_ROOM;

/// Bytes on their way to the USB host.
pub static TO_USB: Pipe<CriticalSectionRawMutex, USB_ROOM> = Pipe::new();
