//! All that differs between the chips: pins of UART0, the second console, memory, the first instruction.
//!
//! A chip is a row in the table below. Everything else is blind to which chip it runs on.

/// How many chip features are on.
const CHOSEN: u32 = cfg!(feature = "esp32") as u32
    + cfg!(feature = "esp32c2") as u32
    + cfg!(feature = "esp32c3") as u32
    + cfg!(feature = "esp32c5") as u32
    + cfg!(feature = "esp32c6") as u32
    + cfg!(feature = "esp32c61") as u32
    + cfg!(feature = "esp32s2") as u32
    + cfg!(feature = "esp32s3") as u32;

const _: () = assert!(CHOSEN == 1, "choose exactly one chip, for example --features esp32c3");

/// One row: the chip's name, the pins of UART0, USB-Serial/JTAG or none, the pins of a display, and the heap in KiB: first the memory
/// that the boot loader used and leaves free, then a part of our own; and how many sockets, with how many bytes for
/// each direction. A display is looked for on the chip's usual pins, on the classic ESP32 on those of the mPython board
/// too, whose SDA is another.
macro_rules! chip {
    ($name:literal, tx $tx:ident, rx $rx:ident, usb $usb:ident, sda [$($sda:ident),+], scl $scl:ident, heap $reclaimed:literal + $own:literal, sockets $sockets:literal of $buffer:literal) => {
        /// The chip's name, as espflash and esptool spell it.
        pub const NAME: &str = $name;

        /// Sockets: clients that can be served at once, and one that waits.
        pub const SOCKETS: usize = $sockets;

        /// Bytes of a socket's buffer, for each direction; chosen by the table in `firmware/README.md`.
        pub const BUFFER: usize = $buffer;

        /// UART0 on the pins that the chip's ROM uses.
        macro_rules! uart {
            ($p:ident) => {
                esp_hal::uart::Uart::new($p.UART0, esp_hal::uart::Config::default())
                    .map(|uart| uart.with_tx($p.$tx).with_rx($p.$rx).into_async())
            };
        }

        /// The heap: the radio library allocates from it.
        macro_rules! heap {
            () => {
                esp_alloc::heap_allocator!(#[esp_hal::ram(reclaimed)] size: $reclaimed * 1024);
                esp_alloc::heap_allocator!(size: $own * 1024);
            };
        }

        /// Pins that may be the SDA of a display.
        pub const SDA_PINS: usize = [$(stringify!($sda)),+].len();

        /// I2C for a display, on the SCL that the chip's boards use; [`sda!`] is still to be connected.
        macro_rules! i2c {
            ($p:ident) => {{
                let config = esp_hal::i2c::master::Config::default()
                    .with_frequency(esp_hal::time::Rate::from_khz(400));
                // The frequency is one that every chip can make.
                let Ok(i2c) = esp_hal::i2c::master::I2c::new($p.I2C0, config) else { unreachable!() };
                i2c.with_scl($p.$scl).into_async()
            }};
        }

        /// Pins that may be the SDA of a display, in the order in which it is looked for there.
        macro_rules! sda {
            ($p:ident) => {
                [$(esp_hal::gpio::Pin::degrade($p.$sda)),+]
            };
        }

        usb!($usb);
    };
}

/// The second console, where the chip has one.
macro_rules! usb {
    (yes) => {
        /// Bytes that may be on their way to the USB host.
        pub const USB_ROOM: usize = 2048;
        macro_rules! usb_device {
            ($p:ident) => {
                $p.USB_DEVICE
            };
        }
    };
    (no) => {
        /// Nobody takes them: after the first line the way is given up.
        pub const USB_ROOM: usize = 16;
        macro_rules! usb_device {
            ($p:ident) => {
                ()
            };
        }
    };
}

#[cfg(feature = "esp32")]
chip!("esp32", tx GPIO1, rx GPIO3, usb no, sda [GPIO21, GPIO23], scl GPIO22, heap 96 + 40, sockets 9 of 2048);
#[cfg(feature = "esp32c2")]
chip!("esp32c2", tx GPIO20, rx GPIO19, usb no, sda [GPIO4], scl GPIO5, heap 64 + 48, sockets 5 of 2048);
#[cfg(feature = "esp32c3")]
chip!("esp32c3", tx GPIO21, rx GPIO20, usb yes, sda [GPIO5], scl GPIO6, heap 64 + 88, sockets 9 of 4096);
#[cfg(feature = "esp32c5")]
chip!("esp32c5", tx GPIO11, rx GPIO12, usb yes, sda [GPIO2], scl GPIO3, heap 64 + 64, sockets 9 of 4096);
#[cfg(feature = "esp32c6")]
chip!("esp32c6", tx GPIO16, rx GPIO17, usb yes, sda [GPIO6], scl GPIO7, heap 64 + 128, sockets 9 of 4096);
#[cfg(feature = "esp32c61")]
chip!("esp32c61", tx GPIO11, rx GPIO10, usb yes, sda [GPIO8], scl GPIO9, heap 64 + 64, sockets 9 of 2048);
#[cfg(feature = "esp32s2")]
chip!("esp32s2", tx GPIO43, rx GPIO44, usb no, sda [GPIO8], scl GPIO9, heap 128 + 8, sockets 5 of 2048);
#[cfg(feature = "esp32s3")]
chip!("esp32s3", tx GPIO43, rx GPIO44, usb yes, sda [GPIO8], scl GPIO9, heap 64 + 80, sockets 9 of 4096);

pub(crate) use {heap, i2c, sda, uart, usb_device};

#[cfg(not(any(feature = "esp32", feature = "esp32c2", feature = "esp32s2")))]
#[path = "console/usb.rs"]
pub mod usb;

#[cfg(any(feature = "esp32", feature = "esp32c2", feature = "esp32s2"))]
#[path = "console/no_usb.rs"]
pub mod usb;

/// The first thing in `main`.
///
/// On Xtensa the interrupt entry saves the float registers (esp-radio asks for it), which traps while
/// CPENABLE is 0, and no crate sets it.
#[inline(always)]
pub fn prepare() {
    #[cfg(target_arch = "xtensa")]
    // SAFETY: enabling coprocessors changes no memory and no register that the compiler uses.
    unsafe {
        core::arch::asm!("wsr.cpenable {0}", "rsync", in(reg) 0xff_u32)
    };
}

/// The pin of the status LED; where several are asked for, the first of them.
#[cfg(feature = "led")]
macro_rules! led {
    ($p:ident) => {{
        #[cfg(feature = "led-gpio2")]
        let pin = $p.GPIO2;
        #[cfg(all(feature = "led-gpio8", not(feature = "led-gpio2")))]
        let pin = $p.GPIO8;
        #[cfg(not(any(feature = "led-gpio2", feature = "led-gpio8")))]
        let pin = $p.GPIO15;
        esp_hal::gpio::Pin::degrade(pin)
    }};
}
#[cfg(feature = "led")]
pub(crate) use led;

/// The radio's buffers: as many as the chip's memory carries.
pub fn radio(config: esp_radio::wifi::ControllerConfig) -> esp_radio::wifi::ControllerConfig {
    #[cfg(feature = "esp32c2")]
    let config = config
        .with_static_rx_buf_num(4)
        .with_dynamic_rx_buf_num(16)
        .with_dynamic_tx_buf_num(16)
        .with_rx_ba_win(4);
    config
}

/// The flash, for settings. Where a second core may run code from flash, it is parked during a write.
pub fn flash(flash: esp_hal::peripherals::FLASH<'static>) -> esp_storage::FlashStorage<'static> {
    let flash = esp_storage::FlashStorage::new(flash);
    #[cfg(any(feature = "esp32", feature = "esp32s3"))]
    let flash = flash.multicore_auto_park();
    flash
}
