//! The lines of a boot, each with its time.

use std::time::Duration;

use super::image::Image;
use super::script::{BootEnd, BootScript};
use crate::chip::ChipFacts;
use crate::flash::Flash;

/// How long a line takes, much as on a real board.
const LINE: Duration = Duration::from_millis(4);

/// Collects lines; the clock goes on with each.
#[derive(Debug, Default)]
pub struct BootLog {
    lines: Vec<(Duration, String)>,
    now: Duration,
}

impl BootLog {
    /// Lines of the ROM, which have no time stamp.
    pub fn rom(&mut self, text: &str) {
        self.lines.push((self.now, format!("{text}\n")));
        self.now += LINE / 2;
    }

    pub fn info(&mut self, tag: &str, text: &str) {
        self.line('I', tag, text);
    }

    pub fn error(&mut self, tag: &str, text: &str) {
        self.line('E', tag, text);
    }

    fn line(&mut self, level: char, tag: &str, text: &str) {
        let at = self.now.as_millis();
        self.lines.push((self.now, format!("{level} ({at}) {tag}: {text}\n")));
        self.now += LINE;
    }

    /// What the bootloader says of itself and of the flash.
    pub fn bootloader(&mut self, image: &Image, flash: &Flash, chip: &ChipFacts) {
        let (major, minor) = chip.revision;
        let version = image.bootloader_version(flash);
        let speed = match image.flash_speed {
            0xf => "80MHz",
            1 => "26.7MHz",
            2 => "20MHz",
            _ => "40MHz",
        };
        let mode = match image.flash_mode {
            0 => "QIO",
            1 => "QOUT",
            3 => "DOUT",
            _ => "DIO",
        };
        let board = format!("boot.{}", chip.name);
        self.info("boot", &format!("ESP-IDF {version} 2nd stage bootloader"));
        self.info("boot", &format!("chip revision: v{major}.{minor}"));
        self.info(&board, &format!("SPI Speed      : {speed}"));
        self.info(&board, &format!("SPI Mode       : {mode}"));
        self.info(&board, &format!("SPI Flash Size : {}MB", 1u32 << image.flash_size.min(7)));
    }

    /// What the bootloader says of an image while it loads it.
    pub fn segments(&mut self, image: &Image, chip: &ChipFacts) {
        for (i, segment) in image.segments.iter().enumerate() {
            let (address, len) = (segment.address, segment.len);
            let mapped = chip.mapped.iter().any(|&(from, to)| (from..to).contains(&address));
            let how = if mapped { "map" } else { "load" };
            let text = format!(
                "segment {i}: paddr={:08x} vaddr={address:08x} size={len:05x}h ({len:6}) {how}",
                segment.offset
            );
            self.info("esp_image", &text);
        }
    }

    /// The boot ends so long after the last line.
    pub fn end(self, after: Duration, end: BootEnd) -> BootScript {
        BootScript { at: self.now + after, lines: self.lines, end }
    }
}
