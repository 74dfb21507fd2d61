//! Windows has words for all frames; they are written into the port's device control block as the library has filled it.

use std::os::windows::io::AsRawHandle as _;

use espalier_core::session::{Parity, SerialSpec, StopBits};
use espflash::connection::Port;
use windows_sys::Win32::Devices::Communication::{
    DCB, GetCommState, MARKPARITY, ONE5STOPBITS, SPACEPARITY, SetCommState,
};

/// Sets what the library has no word for; a driver that does not take it says so.
///
/// # Errors
/// What the system says.
#[expect(unsafe_code, reason = "GetCommState writes into memory that it is given")]
pub fn finish(port: &Port, spec: &SerialSpec) -> serialport::Result<()> {
    let parity = match spec.parity {
        Parity::Mark => Some(MARKPARITY),
        Parity::Space => Some(SPACEPARITY),
        _ => None,
    };
    let stop_bits = (spec.stop_bits == StopBits::OneAndAHalf).then_some(ONE5STOPBITS);
    if parity.is_none() && stop_bits.is_none() {
        return Ok(());
    }
    let mut settings = DCB { DCBlength: size_of::<DCB>() as u32, ..DCB::default() };
    let handle = port.as_raw_handle();
    // SAFETY: the port is open as long as it is borrowed, and the structure is live memory of ours that says its own length.
    if unsafe { GetCommState(handle, &raw mut settings) } == 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    settings.Parity = parity.unwrap_or(settings.Parity);
    settings.StopBits = stop_bits.unwrap_or(settings.StopBits);
    // SAFETY: as above; the system only reads.
    if unsafe { SetCommState(handle, &raw const settings) } == 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    Ok(())
}
