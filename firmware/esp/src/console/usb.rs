//! The second console: USB-Serial/JTAG.

use embassy_executor::Spawner;
use embassy_time::{Duration, with_timeout};
use embedded_io_async::{Read, Write};
use esp_hal::Async;
use esp_hal::peripherals::USB_DEVICE;
use esp_hal::usb::usb_serial_jtag::{UsbSerialJtag, UsbSerialJtagRx, UsbSerialJtagTx};

use crate::glue::Glue;
use crate::tasks;
use crate::usb_pipe::TO_USB;

/// The board's number of this console.
const USB: usize = 1;
/// A host that takes nothing for this long is not listening.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the chip has for it.
pub type Device = USB_DEVICE<'static>;

/// Starts the tasks that own it.
pub fn start(spawner: Spawner, glue: &'static Glue, device: Device) {
    let (rx, tx) = UsbSerialJtag::new(device).into_async().split();
    tasks::start(spawner, reader(glue, rx));
    tasks::start(spawner, writer(tx));
}

#[embassy_executor::task]
async fn reader(glue: &'static Glue, mut rx: UsbSerialJtagRx<'static, Async>) -> ! {
    let mut bytes = [0; 64];
    loop {
        let Ok(n) = Read::read(&mut rx, &mut bytes).await;
        glue.with(|board, now| board.console(USB, &bytes[..n], now));
    }
}

#[embassy_executor::task]
async fn writer(mut tx: UsbSerialJtagTx<'static, Async>) -> ! {
    let mut bytes = [0; 64];
    loop {
        let n = TO_USB.read(&mut bytes).await;
        if with_timeout(PATIENCE, Write::write_all(&mut tx, &bytes[..n])).await.is_err() {
            TO_USB.clear();
        }
    }
}

/// Writes while the board is dying; whether the host took the bytes.
pub fn last_words(bytes: &[u8]) -> bool {
    // SAFETY: interrupts are off or about to stay off; nobody else writes any more.
    let mut usb = UsbSerialJtag::new(unsafe { USB_DEVICE::steal() });
    for &byte in bytes {
        // A listening host empties the buffer every millisecond.
        if !(0..100_000).any(|_| usb.write_byte_nb(byte).is_ok()) {
            return false;
        }
    }
    let _ = usb.flush_tx_nb();
    true
}
