//! ANSI colours: the theme's sixteen, and xterm's cube and greys; as ink, each is one that can be read.
#![expect(clippy::disallowed_methods, reason = "this is where colours live")]

use egui::{Color32, Rgba};
use espalier_core::SgrStyle;

use super::Tokens;

/// What text needs to stand out from its ground (WCAG 2.2, 1.4.3).
const ENOUGH: f32 = 4.5;

/// A colour of [`SgrStyle`]: an index of the 256-colour table, or `0x01RRGGBB`.
///
/// 16 to 231 are xterm's 6×6×6 cube, 232 to 255 its greys; a true colour is what the peer asked for.
fn indexed(tokens: &Tokens, color: u32) -> Color32 {
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

/// The colour of text that a peer asked for, on this ground: its own where that can be read, and else as much lighter or
/// darker as it takes. Who writes black on what is dark here meant another ground.
pub fn readable(ink: Color32, ground: Color32) -> Color32 {
    if contrast(ink, ground) >= ENOUGH {
        return ink;
    }
    let way = |to: Color32| {
        let mut parts = (1..=16).map(|part| ink.lerp_to_gamma(to, part as f32 / 16.0));
        parts.find(|color| contrast(*color, ground) >= ENOUGH)
    };
    // Black or white is enough on any ground.
    let (near, far) = match luminance(ink) >= luminance(ground) {
        true => (Color32::WHITE, Color32::BLACK),
        false => (Color32::BLACK, Color32::WHITE),
    };
    way(near).or_else(|| way(far)).unwrap_or(far)
}

/// The ink of text that is styled so, and its ground where that is another one; plain text is written in `plain` on `ground`.
/// As terminals do, bold makes the dark eight colours the bright ones.
pub fn styled(
    tokens: &Tokens,
    style: SgrStyle,
    plain: Color32,
    ground: Color32,
) -> (Color32, Option<Color32>) {
    let SgrStyle { foreground, background, bold, dim, reverse, .. } = style;
    let bright = |color| if bold && color < 8 { color + 8 } else { color };
    let ink = match foreground {
        Some(color) => indexed(tokens, bright(color)),
        None if bold => tokens.strong,
        None => plain,
    };
    let own = background.map(|color| indexed(tokens, color));
    let (ink, own) = match reverse {
        true => (own.unwrap_or(ground), Some(ink)),
        false => (ink, own),
    };
    let on = own.unwrap_or(ground);
    let ink = if dim { ink.lerp_to_gamma(on, 0.4) } else { ink };
    (readable(ink, on), own)
}

fn luminance(color: Color32) -> f32 {
    let color = Rgba::from(color);
    0.2126 * color.r() + 0.7152 * color.g() + 0.0722 * color.b()
}

/// How well two colours are told apart, from 1 to 21 (WCAG 2.2).
pub(super) fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::super::of;
    use super::*;

    #[test]
    fn whatever_a_peer_writes_in_can_be_read_in_both_themes() {
        for t in [of(true), of(false)] {
            let colors = (0..256).chain([0x0100_0000, 0x01FF_FFFF, 0x0101_0203, 0x0180_8080]);
            for color in colors {
                let ink = readable(indexed(t, color), t.field);
                let seen = contrast(ink, t.field);
                assert!(seen >= ENOUGH, "dark {}: {color} as {ink:?}: {seen}", t.dark);
                // On any ground of its own, too; and what can be read stays as it was asked for.
                for ground in (0..256).step_by(5) {
                    let ground = indexed(t, ground);
                    let asked = indexed(t, color);
                    let ink = readable(asked, ground);
                    assert!(contrast(ink, ground) >= ENOUGH, "{color} on {ground:?}");
                    assert!(contrast(asked, ground) < ENOUGH || ink == asked);
                }
            }
        }
    }
}
