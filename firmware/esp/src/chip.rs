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

/// One row: the chip's name, the pins of UART0, USB-Serial/JTAG or none, and the heap in KiB: first the memory
/// that the boot loader used and leaves free, then a part of our own.
macro_rules! chip {
    ($name:literal, tx $tx:ident, rx $rx:ident, usb $usb:ident, heap $reclaimed:literal + $own:literal) => {
        /// The chip's name, as espflash and esptool spell it.
        pub const NAME: &str = $name;

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

        usb!($usb);
    };
}

/// The second console, where the chip has one.
macro_rules! usb {
    (yes) => {
        macro_rules! usb_device {
            ($p:ident) => {
                $p.USB_DEVICE
            };
        }
    };
    (no) => {
        macro_rules! usb_device {
            ($p:ident) => {
                ()
            };
        }
    };
}

#[cfg(feature = "esp32")]
chip!("esp32", tx GPIO1, rx GPIO3, usb no, heap 96 + 40);
#[cfg(feature = "esp32c2")]
chip!("esp32c2", tx GPIO20, rx GPIO19, usb no, heap 64 + 40);
#[cfg(feature = "esp32c3")]
chip!("esp32c3", tx GPIO21, rx GPIO20, usb yes, heap 64 + 64);
#[cfg(feature = "esp32c5")]
chip!("esp32c5", tx GPIO11, rx GPIO12, usb yes, heap 64 + 64);
#[cfg(feature = "esp32c6")]
chip!("esp32c6", tx GPIO16, rx GPIO17, usb yes, heap 64 + 64);
#[cfg(feature = "esp32c61")]
chip!("esp32c61", tx GPIO11, rx GPIO10, usb yes, heap 64 + 64);
#[cfg(feature = "esp32s2")]
chip!("esp32s2", tx GPIO43, rx GPIO44, usb no, heap 64 + 64);
#[cfg(feature = "esp32s3")]
chip!("esp32s3", tx GPIO43, rx GPIO44, usb yes, heap 64 + 64);

pub(crate) use {heap, uart, usb_device};

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
