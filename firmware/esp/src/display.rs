//! A display of 128x64 on I2C, where one is found at the start: four lines of text, Chinese included.
//!
//! SSD1306 and SH1106 both understand strips of eight pixels' height written one after another (page
//! mode). They differ in where the first column is, and in how their charge pump is switched on.

use embassy_time::{Duration, Timer, with_timeout};
use esp_hal::Async;
use esp_hal::gpio::AnyPin;
use esp_hal::i2c::master::{Error, I2c};
use espalier_board::protocol::Panel;
use espalier_board::{Event, ScreenLine};
use espalier_screen::{Picture, WIDTH};

use crate::glue::Glue;

/// The two addresses that the modules can be set to.
const ADDRESSES: [u8; 2] = [0x3c, 0x3d];
/// How often a display is looked for: one that gets its power with the board needs a moment.
const LOOKS: u32 = 3;
/// An answer on the bus takes less than a millisecond; pins that something else holds give none.
const PATIENCE: Duration = Duration::from_millis(50);

/// A display that has answered.
#[derive(Clone, Copy)]
struct Found {
    address: u8,
    panel: Panel,
}

/// Shows what the board says about itself, whenever that has changed. Without a display the pins are left alone
/// again, and it ends.
///
/// A display may hang on any of the pins for SDA.
#[embassy_executor::task]
pub async fn run(
    glue: &'static Glue,
    mut i2c: I2c<'static, Async>,
    pins: [AnyPin<'static>; crate::chip::SDA_PINS],
) {
    let mut found = None;
    for pin in pins {
        if found.is_none() {
            i2c = i2c.with_sda(pin);
            found = search(&mut i2c).await;
        }
    }
    let Some(found) = found else { return };
    glue.tell(Event::Panel(found.panel));
    let mut shown: Option<[ScreenLine; 4]> = None;
    loop {
        let lines = glue.read(|board, _| board.screen());
        if shown.as_ref() != Some(&lines) {
            let start = shown.is_none();
            shown = show(&mut i2c, found, start, &lines).await.is_ok().then_some(lines);
        }
        // One whose cable came off is begun anew.
        let pause = if shown.is_some() { 200 } else { 5000 };
        Timer::after(Duration::from_millis(pause)).await;
    }
}

async fn search(i2c: &mut I2c<'static, Async>) -> Option<Found> {
    for _ in 0..LOOKS {
        for address in ADDRESSES {
            let mut status = [0];
            // A control byte that announces commands, then the status, whose lower half differs by controller. Whatever
            // else may answer here gives another one, and is left alone.
            let asked = i2c.write_read_async(address, &[0x00], &mut status);
            let panel = match with_timeout(PATIENCE, asked).await {
                Ok(Ok(())) => match status[0] & 0x0f {
                    3 | 6 | 7 => Panel::Ssd1306,
                    8 => Panel::Sh1106,
                    _ => continue,
                },
                _ => continue,
            };
            return Some(Found { address, panel });
        }
        Timer::after(Duration::from_millis(100)).await;
    }
    None
}

/// Starts the panel: off, clock, 64 rows, no offset, charge pump (of either chip), page mode, turned by 180 degrees as
/// modules are mounted, pins, contrast, charge times, from memory, not inverted, on.
fn start(panel: Panel) -> [u8; 25] {
    let [pump, on] = if panel == Panel::Sh1106 { [0xad, 0x8b] } else { [0x8d, 0x14] };
    [
        0xae, 0xd5, 0x80, 0xa8, 0x3f, 0xd3, 0x00, 0x40, pump, on, 0x20, 0x02, 0xa1, 0xc8, 0xda,
        0x12, 0x81, 0x7f, 0xd9, 0x22, 0xdb, 0x35, 0xa4, 0xa6, 0xaf,
    ]
}

async fn show(
    i2c: &mut I2c<'static, Async>,
    Found { address, panel }: Found,
    begins: bool,
    lines: &[ScreenLine; 4],
) -> Result<(), Error> {
    if begins {
        for command in start(panel) {
            i2c.write_async(address, &[0x00, command]).await?;
        }
    }
    // The SH1106 has memory for 132 columns, of which the panel shows the middle ones.
    let first = if panel == Panel::Sh1106 { 2 } else { 0 };
    let picture = Picture::of(lines);
    let mut bytes = [0x40; WIDTH + 1];
    for (number, page) in (0u8..).zip(picture.pages()) {
        let position = [0x00, 0xb0 | number, first & 0x0f, 0x10 | first >> 4];
        i2c.write_async(address, &position).await?;
        bytes[1..].copy_from_slice(page);
        i2c.write_async(address, &bytes).await?;
    }
    Ok(())
}
