//! The program for the chips: peripherals, radio, sockets, storage and console, and nothing that decides.
//! What the board does is in `espalier-board`, which the host tests and the simulator runs.
#![no_std]
#![no_main]
#![cfg_attr(target_arch = "xtensa", feature(asm_experimental_arch))]

mod chip;
mod console;
mod panic;

use embassy_executor::Spawner;
use esp_hal::timer::timg::TimerGroup;

// Name and version are how the app and the simulator recognise this program. The build time is left
// out, so that the same sources give the same bytes.
esp_bootloader_esp_idf::esp_app_desc!(
    env!("CARGO_PKG_VERSION"),
    "espalier",
    "00:00:00",
    "1970-01-01",
    "0.0.0",
    64 * 1024,
    0,
    u16::MAX,
    0
);

/// The program's version, as in the application descriptor.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[esp_rtos::main]
async fn main(spawner: Spawner) -> ! {
    chip::prepare();
    let config = esp_hal::Config::default().with_cpu_clock(esp_hal::clock::CpuClock::max());
    let p = esp_hal::init(config);
    chip::heap!();
    esp_rtos::start(TimerGroup::new(p.TIMG0).timer0, p.FROM_CPU_INTR0);

    // The default configuration of a UART is a valid one.
    let Ok(uart) = chip::uart!(p) else { unreachable!() };
    console::start(spawner, uart, chip::usb_device!(p));
    console::print(format_args!("I (0) boot: espalier {VERSION} on {}\r\n", chip::NAME));
    let mut bytes = [0; 64];
    loop {
        let (origin, n) = console::read(&mut bytes).await;
        if bytes[..n].contains(&b'\n') {
            let from = if origin == console::Origin::Uart { "uart" } else { "usb" };
            let now = embassy_time::Instant::now().as_millis();
            console::print(format_args!("W ({now}) console: not built yet from={from}\r\n"));
        }
    }
}
