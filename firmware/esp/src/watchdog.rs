//! The watchdog: when no task has had its turn for [`PATIENCE`], whatever keeps them from it, the chip is reset. The next
//! start says so: `reset=watchdog`.

use embassy_executor::Spawner;
use embassy_time::{Duration, Ticker};
use esp_hal::peripherals::TIMG0;
use esp_hal::timer::timg::{MwdtStage, Wdt};

use crate::tasks;

/// Longer than anything that the program does at once: starting the radio, erasing the settings' six sectors.
const PATIENCE: esp_hal::time::Duration = esp_hal::time::Duration::from_secs(10);
/// How often it hears that all is well.
const FEED: Duration = Duration::from_secs(1);

/// Starts it.
pub fn start(spawner: Spawner, mut watchdog: Wdt<TIMG0<'static>>) {
    watchdog.set_timeout(MwdtStage::Stage0, PATIENCE);
    watchdog.enable();
    tasks::start(spawner, run(watchdog));
}

#[embassy_executor::task]
async fn run(mut watchdog: Wdt<TIMG0<'static>>) -> ! {
    let mut ticker = Ticker::every(FEED);
    loop {
        watchdog.feed();
        ticker.next().await;
    }
}
