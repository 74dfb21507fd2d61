//! The console's two ends: UART0, and USB-Serial/JTAG where the chip has it. Both are read, both are written.
//! UART0 sets the pace, since bytes sent there leave whether somebody listens or not; a USB host that takes
//! nothing loses what it does not take and holds nobody up.

use embassy_executor::Spawner;
use embassy_time::{Duration, Timer};
use embedded_io_async::Write;
use esp_hal::Async;
use esp_hal::uart::{Uart, UartRx, UartTx};

use crate::chip::usb;
use crate::glue::Glue;
use crate::tasks;
use crate::usb_pipe::TO_USB;

/// What is on its way to the radio has this long to leave before a restart.
const FAREWELL: Duration = Duration::from_millis(100);
/// The board's number of the console on UART0.
const UART: usize = 0;

/// Starts the tasks that own the consoles.
pub fn start(spawner: Spawner, glue: &'static Glue, uart: Uart<'static, Async>, usb: usb::Device) {
    let (rx, tx) = uart.split();
    tasks::start(spawner, reader(glue, rx));
    tasks::start(spawner, writer(glue, tx));
    usb::start(spawner, glue, usb);
}

#[embassy_executor::task]
async fn reader(glue: &'static Glue, mut rx: UartRx<'static, Async>) -> ! {
    let mut bytes = [0; 64];
    loop {
        // An overrun or a break is noise on a console: the line it hit will not parse, and says so.
        if let Ok(n) = rx.read_async(&mut bytes).await {
            glue.with(|board, now| board.console(UART, &bytes[..n], now));
        }
    }
}

#[embassy_executor::task]
async fn writer(glue: &'static Glue, mut tx: UartTx<'static, Async>) -> ! {
    let mut bytes = [0; 128];
    let mut usb = UsbForwarder::default();
    loop {
        match glue.printed(&mut bytes) {
            0 if glue.restarts() => {
                let _ = tx.flush_async().await;
                // The ends of the connections leave the radio.
                Timer::after(FAREWELL).await;
                esp_hal::system::software_reset();
            }
            0 => glue.output.wait().await,
            n => {
                usb.pass(&bytes[..n]);
                // A write to a UART in its default configuration does not fail.
                let _ = Write::write_all(&mut tx, &bytes[..n]).await;
            }
        }
    }
}

/// Passes bytes on to the USB console as long as it takes them; after a gap, from the next line on.
#[derive(Default)]
struct UsbForwarder {
    torn: bool,
}

impl UsbForwarder {
    fn pass(&mut self, mut bytes: &[u8]) {
        if self.torn {
            let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else { return };
            bytes = &bytes[end + 1..];
        }
        self.torn = TO_USB.free_capacity() < bytes.len();
        while !self.torn && !bytes.is_empty() {
            match TO_USB.try_write(bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(_) => self.torn = true,
            }
        }
    }
}
