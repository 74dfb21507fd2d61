//! ANSI colours: the theme's sixteen, and xterm's cube and greys.
#![expect(clippy::disallowed_methods, reason = "this is where colours live")]

use egui::Color32;

use super::Tokens;

/// The colour of [`espalier_core::view::Layer::Sgr`]: an index of the 256-colour table, or `0x01RRGGBB`.
///
/// 16 to 231 are xterm's 6×6×6 cube, 232 to 255 its greys; a true colour is what the peer asked for.
pub fn indexed(tokens: &Tokens, color: u32) -> Color32 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match color {
        0..=15 => tokens.ansi[color as usize],
        16..=231 => {
            let cube = color as usize - 16;
            Color32::from_rgb(LEVELS[cube / 36], LEVELS[cube / 6 % 6], LEVELS[cube % 6])
        }
        232..=255 => Color32::from_gray(8 + 10 * (color as u8 - 232)),
        _ => Color32::from_rgb((color >> 16) as u8, (color >> 8) as u8, color as u8),
    }
}
