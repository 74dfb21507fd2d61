//! The dark theme.
#![expect(clippy::disallowed_methods, reason = "this is where colours live")]

use egui::Color32;

use super::Tokens;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub(super) const TOKENS: Tokens = Tokens {
    dark: true,
    ground: rgb(0x0F1215),
    panel: rgb(0x171B20),
    field: rgb(0x111418),
    float: rgb(0x1D2228),
    control: [rgb(0x252B32), rgb(0x2E353E), rgb(0x383F49)],
    line: rgb(0x262C33),
    outline: rgb(0x353D46),
    hover: rgb(0x20262C),
    selection: rgb(0x1F4A52),
    stripe: rgb(0x141820),
    backdrop: Color32::from_black_alpha(120),
    shadow: Color32::from_black_alpha(110),
    text: rgb(0xCBD3DB),
    muted: rgb(0x8591A0),
    strong: rgb(0xF1F4F7),
    accent: rgb(0x35B08F),
    accent_wash: rgb(0x1A3A35),
    on_accent: rgb(0x06140F),
    received: rgb(0x6FB4F2),
    sent: rgb(0xE5AE5C),
    good: rgb(0x45C08A),
    busy: rgb(0xE2B13C),
    bad: rgb(0xF0716B),
    calm: rgb(0x5DA9F0),
    idle: rgb(0x7B8794),
    peers: [
        rgb(0x5DA9F0),
        rgb(0xE5AE5C),
        rgb(0x45C08A),
        rgb(0xC792EA),
        rgb(0xF0857F),
        rgb(0x4CC3CE),
        rgb(0xB5C85A),
        rgb(0xE38EB9),
    ],
    lanes: [
        rgb(0x50ACFF),
        rgb(0xFF8804),
        rgb(0xBFF95B),
        rgb(0x877191),
        rgb(0x0375EF),
        rgb(0x00C7A4),
        rgb(0xCF4F1C),
        rgb(0xADEBFB),
    ],
    highlights: [
        rgb(0x5C4A12),
        rgb(0x164C3A),
        rgb(0x17406B),
        rgb(0x5E2527),
        rgb(0x46306B),
        rgb(0x0F4C54),
        rgb(0x63391A),
        rgb(0x5B2A4B),
    ],
    hits: [rgb(0x5C4A12), rgb(0xA8730B)],
    control_picture: rgb(0xA98BD0),
    ansi: [
        rgb(0x4A535E),
        rgb(0xE0625C),
        rgb(0x4DB380),
        rgb(0xD3A23A),
        rgb(0x5B9BE0),
        rgb(0xB983DA),
        rgb(0x41B3BE),
        rgb(0xC2CAD2),
        rgb(0x7B8794),
        rgb(0xF58D87),
        rgb(0x73D6A2),
        rgb(0xEFC566),
        rgb(0x87BEF7),
        rgb(0xD6A8F2),
        rgb(0x6FD8E1),
        rgb(0xF1F4F7),
    ],
};
