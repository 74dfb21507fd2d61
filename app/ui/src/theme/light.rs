//! The light theme.
#![expect(clippy::disallowed_methods, reason = "this is where colours live")]

use egui::Color32;

use super::Tokens;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub(super) const TOKENS: Tokens = Tokens {
    dark: false,
    ground: rgb(0xE6EAEE),
    panel: rgb(0xF6F8FA),
    field: rgb(0xFFFFFF),
    float: rgb(0xFFFFFF),
    control: [rgb(0xE9EDF1), rgb(0xDEE4EA), rgb(0xD1D9E1)],
    line: rgb(0xD9DFE5),
    outline: rgb(0xC3CCD5),
    hover: rgb(0xECF1F5),
    selection: rgb(0xBFE3E4),
    stripe: rgb(0xF8FAFB),
    backdrop: Color32::from_black_alpha(60),
    shadow: Color32::from_black_alpha(35),
    text: rgb(0x25303B),
    muted: rgb(0x5B6875),
    strong: rgb(0x0B1219),
    accent: rgb(0x0C7D61),
    accent_wash: rgb(0xD5EEE6),
    on_accent: rgb(0xFFFFFF),
    received: rgb(0x1463B0),
    sent: rgb(0x8F5A00),
    good: rgb(0x13784D),
    busy: rgb(0x8A6100),
    bad: rgb(0xBF2B25),
    calm: rgb(0x1967B8),
    idle: rgb(0x66727F),
    peers: [
        rgb(0x1967B8),
        rgb(0x8F5A00),
        rgb(0x13784D),
        rgb(0x7B3FB0),
        rgb(0xBF2B25),
        rgb(0x0C7480),
        rgb(0x5F6E0A),
        rgb(0xA8326F),
    ],
    lanes: [
        rgb(0x1B80FF),
        rgb(0xFF5507),
        rgb(0x486962),
        rgb(0xB54BB4),
        rgb(0x1700BC),
        rgb(0x6C9D7F),
        rgb(0xCA0000),
        rgb(0x433B5C),
    ],
    highlights: [
        rgb(0xFFEBA6),
        rgb(0xC5EFD8),
        rgb(0xCBE4FF),
        rgb(0xFFD3D0),
        rgb(0xE6D6FA),
        rgb(0xC3EEF1),
        rgb(0xFFDFC2),
        rgb(0xFAD3E6),
    ],
    hits: [rgb(0xFFEBA6), rgb(0xFFC53D)],
    control_picture: rgb(0x7347A8),
    ansi: [
        rgb(0x2B343D),
        rgb(0xB82A24),
        rgb(0x14734A),
        rgb(0x856000),
        rgb(0x1B62B3),
        rgb(0x7E3BA6),
        rgb(0x0B717D),
        rgb(0x6B7784),
        rgb(0x55616E),
        rgb(0xCF3E37),
        rgb(0x1A8557),
        rgb(0x946B00),
        rgb(0x2B77CE),
        rgb(0x9550BD),
        rgb(0x0E818E),
        rgb(0x25303B),
    ],
};
