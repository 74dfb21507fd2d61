//! The console's two ends: UART0, and USB-Serial/JTAG where the chip has it. Both are read, both are written,
//! and neither can make the board wait: what a slow or absent reader leaves no room for is dropped by whole
//! lines and counted.

use core::cell::Cell;
use core::fmt::Write as _;

use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embedded_io_async::Write;
use esp_hal::Async;
use esp_hal::uart::{Uart, UartRx, UartTx};

use crate::chip::usb;

/// Bytes kept for a console that is read more slowly than we print; 4 KiB is a third of a second at 115200 baud.
const BACKLOG: usize = 4096;
/// Bytes kept of what arrived and was not taken yet.
const TYPED: usize = 512;
/// The longest line that is printed; the rest of a longer one is cut.
const LINE: usize = 512;

pub(crate) type Bytes<const N: usize> = Pipe<CriticalSectionRawMutex, N>;

static TO_UART: Bytes<BACKLOG> = Pipe::new();
pub(crate) static TO_USB: Bytes<BACKLOG> = Pipe::new();
static FROM_UART: Bytes<TYPED> = Pipe::new();
pub(crate) static FROM_USB: Bytes<TYPED> = Pipe::new();
/// Lines that UART0 had no room for since the last one that it had.
static DROPPED: Mutex<CriticalSectionRawMutex, Cell<u32>> = Mutex::new(Cell::new(0));

/// Which console bytes came from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// UART0.
    Uart,
    /// USB-Serial/JTAG.
    Usb,
}

/// Starts the tasks that own the two consoles.
pub fn start(spawner: Spawner, uart: Uart<'static, Async>, usb: usb::Device) {
    let (rx, tx) = uart.split();
    // Each task is started once, so there is always room for it.
    spawner.spawn(uart_reader(rx).unwrap_or_else(|_| unreachable!()));
    spawner.spawn(uart_writer(tx).unwrap_or_else(|_| unreachable!()));
    usb::start(spawner, usb);
}

/// Prints bytes on both consoles: all of them or, where there is no room, none.
pub fn write(bytes: &[u8]) {
    if TO_UART.free_capacity() < bytes.len() + 48 && bytes.len() <= BACKLOG {
        DROPPED.lock(|n| n.set(n.get().saturating_add(1)));
    } else {
        let dropped = DROPPED.lock(|n| n.take());
        if dropped > 0 {
            let mut line = Line::default();
            let _ = write!(line, "W (0) console: dropped lines={dropped}\r\n");
            put(&TO_UART, line.bytes());
        }
        put(&TO_UART, bytes);
    }
    if TO_USB.free_capacity() >= bytes.len() {
        put(&TO_USB, bytes);
    }
}

/// Formats and prints; what exceeds [`LINE`] is cut.
pub fn print(text: core::fmt::Arguments<'_>) {
    let mut line = Line::default();
    let _ = line.write_fmt(text);
    write(line.bytes());
}

/// The next bytes that somebody typed, and where.
pub async fn read(bytes: &mut [u8; 64]) -> (Origin, usize) {
    use embassy_futures::select::{Either, select};
    let mut other = [0; 64];
    match select(FROM_UART.read(bytes), FROM_USB.read(&mut other)).await {
        Either::First(n) => (Origin::Uart, n),
        Either::Second(n) => {
            *bytes = other;
            (Origin::Usb, n)
        }
    }
}

fn put(pipe: &Bytes<BACKLOG>, mut bytes: &[u8]) {
    while let Ok(n) = pipe.try_write(bytes) {
        bytes = &bytes[n..];
        if bytes.is_empty() {
            return;
        }
    }
}

/// A line being formatted.
struct Line {
    bytes: [u8; LINE],
    len: usize,
}

impl Line {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Default for Line {
    fn default() -> Self {
        Self { bytes: [0; LINE], len: 0 }
    }
}

impl core::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = &mut self.bytes[self.len..];
        let n = text.len().min(room.len());
        room[..n].copy_from_slice(&text.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}

#[embassy_executor::task]
async fn uart_reader(mut rx: UartRx<'static, Async>) -> ! {
    let mut bytes = [0; 64];
    loop {
        // An overrun or a break is noise on a console: the line it hit will not parse, and says so.
        if let Ok(n) = rx.read_async(&mut bytes).await {
            FROM_UART.write_all(&bytes[..n]).await;
        }
    }
}

#[embassy_executor::task]
async fn uart_writer(mut tx: UartTx<'static, Async>) -> ! {
    let mut bytes = [0; 128];
    loop {
        let n = TO_UART.read(&mut bytes).await;
        let _ = Write::write_all(&mut tx, &bytes[..n]).await;
    }
}
