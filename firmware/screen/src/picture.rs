//! The pixels.

use crate::font;
use core::fmt::{self, Write as _};

/// Pixels from left to right.
pub const WIDTH: usize = 128;
/// Pixels from top to bottom.
pub const HEIGHT: usize = 64;
/// Lines of text: 16 columns of 8 pixels each, of which a Chinese character takes two.
pub const ROWS: usize = 4;
/// Strips of eight pixels' height, as the displays call them.
pub const PAGES: usize = HEIGHT / 8;

/// What a display shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pages: [[u8; WIDTH]; PAGES],
}

impl Picture {
    /// Nothing is lit.
    pub const DARK: Self = Self { pages: [[0; WIDTH]; PAGES] };

    /// Lines of text, the first at the top. What is too long is cut behind the last whole character,
    /// what is more than [`ROWS`] lines is left out, and control characters are passed over.
    pub fn of(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut picture = Self::DARK;
        for (strips, line) in picture.pages.chunks_exact_mut(2).zip(lines) {
            let [upper, lower] = strips else { break };
            let mut x = 0;
            for c in line.as_ref().chars().filter(|c| !c.is_control()) {
                let Some(glyph) = font::glyph(c) else { continue };
                let end = x + glyph.upper.len();
                let (Some(above), Some(below)) = (upper.get_mut(x..end), lower.get_mut(x..end))
                else {
                    break;
                };
                above.copy_from_slice(glyph.upper);
                below.copy_from_slice(glyph.lower);
                x = end;
            }
        }
        picture
    }

    /// The pixels as both SSD1306 and SH1106 keep them: from the top, strips of a byte for each column,
    /// whose lowest bit is its highest pixel.
    pub const fn pages(&self) -> &[[u8; WIDTH]; PAGES] {
        &self.pages
    }

    /// Whether this pixel is lit; what is outside is dark.
    pub fn is_lit(&self, x: usize, y: usize) -> bool {
        let column = self.pages.get(y / 8).and_then(|page| page.get(x));
        column.is_some_and(|column| column >> (y % 8) & 1 == 1)
    }
}

/// Sixteen lines of 64 braille patterns, each of two by four pixels: as it is, on a terminal.
impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Where the dots of a pattern lie, by their bit (Unicode Standard, Braille Patterns).
        const DOTS: [(usize, usize); 8] =
            [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
        for y in (0..HEIGHT).step_by(4) {
            for x in (0..WIDTH).step_by(2) {
                let lit =
                    DOTS.iter().enumerate().filter(|(_, (dx, dy))| self.is_lit(x + dx, y + dy));
                let pattern = lit.fold(0x2800, |pattern, (bit, _)| pattern | 1 << bit);
                f.write_char(char::from_u32(pattern).unwrap_or(' '))?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}
