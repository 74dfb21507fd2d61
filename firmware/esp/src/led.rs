//! The status LED: shows the board's blink pattern.

use embassy_time::{Duration, Ticker};
use esp_hal::gpio::{AnyPin, Level, Output, OutputConfig};

use crate::glue::Glue;

/// Boards that light their LED with a low level.
const INVERTED: bool = cfg!(feature = "led-inverted");

/// Blinks.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, pin: AnyPin<'static>) -> ! {
    let mut led = Output::new(pin, Level::from(INVERTED), OutputConfig::default());
    let mut ticker = Ticker::every(Duration::from_millis(25));
    loop {
        let lit = glue.read(|board, now| board.led_pattern().is_lit(now));
        led.set_level(Level::from(lit != INVERTED));
        ticker.next().await;
    }
}
