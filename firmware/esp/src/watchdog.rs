//! The watchdog: when no task has had its turn for [`PATIENCE`], whatever keeps them from it, the chip is reset. The next
//! start says so: `reset=watchdog`.

use embassy_time::{Duration, Ticker};
use esp_hal::peripherals::TIMG0;
use esp_hal::timer::timg::{MwdtStage, Wdt};

/// Longer than anything that the program does at once: starting the radio, erasing the settings' six sectors.
const PATIENCE: esp_hal::time::Duration = esp_hal::time::Duration::from_secs(10);
/// How often it hears that all is well.
const FEED: Duration = Duration::from_secs(1);

/// Switches it on: as soon as there is a clock, since that of the loader is off from then on.
pub fn arm(mut watchdog: Wdt<TIMG0<'static>>) -> Wdt<TIMG0<'static>> {
    watchdog.set_timeout(MwdtStage::Stage0, PATIENCE);
    watchdog.enable();
    watchdog
}

/// Tells it that all is well.
#[embassy_executor::task]
pub async fn run(mut watchdog: Wdt<TIMG0<'static>>) -> ! {
    let mut ticker = Ticker::every(FEED);
    loop {
        watchdog.feed();
        ticker.next().await;
    }
}
