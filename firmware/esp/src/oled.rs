//! A display of 128x64 on I2C, SSD1306 or SH1106: four lines of text, Chinese included.
//!
//! No crate drives both without waiting, and little is needed of them: rows of eight pixels written one after another
//! (page mode), which both understand. They differ in where the first column is.

use core::convert::Infallible;

use embassy_time::{Duration, Timer};
use embedded_graphics_core::Pixel;
use embedded_graphics_core::draw_target::DrawTarget;
use embedded_graphics_core::geometry::{OriginDimensions, Point, Size};
use embedded_graphics_core::pixelcolor::BinaryColor;
use esp_hal::Async;
use esp_hal::i2c::master::{Error, I2c};
use espalier_board::ScreenLine;
use u8g2_fonts::types::{FontColor, VerticalPosition};
use u8g2_fonts::{FontRenderer, fonts};

use crate::glue::Glue;

const ADDRESS: u8 = 0x3c;
const WIDTH: usize = 128;
const PAGES: usize = 8;
/// The SH1106 has memory for 132 columns, of which the panel shows the middle ones.
const FIRST_COLUMN: u8 = if cfg!(feature = "oled-mpython") { 2 } else { 0 };

/// Starts the panel: off, clock, 64 rows, no offset, charge pump (of either chip), page mode, turned by 180 degrees as
/// modules are mounted, pins, contrast, charge times, from memory, not inverted, on.
const START: &[u8] = &[
    0xae, 0xd5, 0x80, 0xa8, 0x3f, 0xd3, 0x00, 0x40, PUMP[0], PUMP[1], 0x20, 0x02, 0xa1, 0xc8, 0xda,
    0x12, 0x81, 0x7f, 0xd9, 0x22, 0xdb, 0x35, 0xa4, 0xa6, 0xaf,
];
const PUMP: [u8; 2] = if cfg!(feature = "oled-mpython") { [0xad, 0x8b] } else { [0x8d, 0x14] };

/// 16 pixels high, ASCII 8 wide, Chinese 16: the characters of GB 2312.
const FONT: FontRenderer = FontRenderer::new::<fonts::u8g2_font_wqy16_t_gb2312>();

/// The picture, as the panel keeps it: a byte is eight pixels downwards.
struct Picture([[u8; WIDTH]; PAGES]);

impl OriginDimensions for Picture {
    fn size(&self) -> Size {
        Size::new(WIDTH as u32, 8 * PAGES as u32)
    }
}

impl DrawTarget for Picture {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, color) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { continue };
            if let Some(byte) = self.0.get_mut(y / 8).and_then(|page| page.get_mut(x)) {
                let bit = 1 << (y % 8);
                *byte = if color.is_on() { *byte | bit } else { *byte & !bit };
            }
        }
        Ok(())
    }
}

/// Shows what the board says about itself, whenever that changed. A display that is not there is asked again now and
/// then, and costs nothing else.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, mut i2c: I2c<'static, Async>) -> ! {
    let mut shown: Option<[ScreenLine; 4]> = None;
    loop {
        let lines = glue.read(|board, _| board.screen());
        if shown.as_ref() != Some(&lines) {
            let start = shown.is_none();
            shown = show(&mut i2c, start, &lines).await.is_ok().then_some(lines);
        }
        let pause = if shown.is_some() { 200 } else { 5000 };
        Timer::after(Duration::from_millis(pause)).await;
    }
}

async fn show(
    i2c: &mut I2c<'static, Async>,
    start: bool,
    lines: &[ScreenLine; 4],
) -> Result<(), Error> {
    if start {
        for command in START {
            i2c.write_async(ADDRESS, &[0x00, *command]).await?;
        }
    }
    let mut picture = Picture([[0; WIDTH]; PAGES]);
    for (line, top) in lines.iter().zip([0, 16, 32, 48]) {
        // A character that the font lacks ends the line; there is no other error.
        let _ = FONT.render(
            line.as_str(),
            Point::new(0, top),
            VerticalPosition::Top,
            FontColor::Transparent(BinaryColor::On),
            &mut picture,
        );
    }
    let mut bytes = [0x40; WIDTH + 1];
    for (number, page) in (0u8..).zip(&picture.0) {
        let position = [0x00, 0xb0 | number, FIRST_COLUMN & 0x0f, 0x10 | FIRST_COLUMN >> 4];
        i2c.write_async(ADDRESS, &position).await?;
        bytes[1..].copy_from_slice(page);
        i2c.write_async(ADDRESS, &bytes).await?;
    }
    Ok(())
}
