//! What a panic leaves behind: the message and a backtrace on both consoles, in the shape that esp-backtrace
//! prints and monitors know, then a restart. Addresses decode with the symbol table beside the image.

use core::fmt::Write;
use core::panic::PanicInfo;

use esp_backtrace::Backtrace;

use crate::chip::usb;

/// Says that the last reset was a panic's.
const PANICKED: u32 = 0x7061_6e69;

/// A word that stays over a reset.
#[cfg(not(any(feature = "esp32c2", feature = "esp32c61")))]
mod mark {
    #[esp_hal::ram(unstable(rtc_fast, persistent))]
    static mut MARK: u32 = 0;

    /// Writes the word; gives the one before.
    pub fn replace(word: u32) -> u32 {
        // SAFETY: asked before any task runs, and otherwise only by the panic handler, after which nothing runs.
        unsafe { (&raw mut MARK).replace(word) }
    }
}

/// The same on chips without such memory: a register that ROM and boot loader leave alone.
#[cfg(any(feature = "esp32c2", feature = "esp32c61"))]
mod mark {
    #[cfg(feature = "esp32c61")]
    use esp_hal::peripherals::LP_AON as Keeper;
    #[cfg(feature = "esp32c2")]
    use esp_hal::peripherals::LPWR as Keeper;

    /// Writes the word; gives the one before.
    pub fn replace(word: u32) -> u32 {
        let store = Keeper::regs().store0();
        let before = store.read().bits();
        // SAFETY: the register is memory and nothing else.
        store.write(|w| unsafe { w.bits(word) });
        before
    }
}

/// Whether the program panicked before it was started this time. Asked once.
pub fn was_last_time() -> bool {
    mark::replace(0) == PANICKED
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    mark::replace(PANICKED);
    let mut out = LastWords { usb: true };
    let _ =
        write!(out, "\r\n\r\n====================== PANIC ======================\r\n{info}\r\n");
    let _ = write!(out, "\r\nBacktrace:\r\n\r\n");
    for frame in Backtrace::capture().frames() {
        let _ = write!(out, "0x{:x}\r\n", frame.program_counter());
    }
    let _ = write!(out, "\r\n");
    // Long enough for the last bytes to leave and for a restart loop to be readable.
    esp_hal::delay::Delay::new().delay_millis(1000);
    esp_hal::system::software_reset()
}

/// Writes to both consoles without interrupts, tasks or drivers.
struct LastWords {
    /// Whether the USB host still takes bytes.
    usb: bool,
}

impl Write for LastWords {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        esp_println::print!("{text}");
        self.usb = self.usb && usb::last_words(text.as_bytes());
        Ok(())
    }
}

/// The ROMs of these chips lend no `abort`, which the compiler calls for what cannot happen.
#[cfg(any(feature = "esp32s2", feature = "esp32s3"))]
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    panic!("abort")
}
