//! The fonts of the window: egui's, then our Chinese and control-picture fonts, then (in a native window) the system's.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontTweak};

/// 7096 characters of GB2312 from Droid Sans Fallback; cut by `assets/fonts/cut.py`.
const CHINESE: &[u8] = include_bytes!("../../../assets/fonts/droid-sans-fallback-gb2312.ttf");

/// U+2400 to U+2424; made by `assets/fonts/cut.py`.
const CONTROL_PICTURES: &[u8] = include_bytes!("../../../assets/fonts/control-pictures.ttf");

/// Installs the bundled fonts behind egui's own.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    // Hack has arrows and signs that Ubuntu lacks.
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hack".to_owned());
    let tweak = FontTweak { y_offset_factor: -0.04, ..FontTweak::default() };
    let bundled = [
        ("control-pictures", FontData::from_static(CONTROL_PICTURES)),
        ("droid-sans-fallback", FontData::from_static(CHINESE).tweak(tweak)),
    ];
    for (name, data) in bundled {
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
        for family in [FontFamily::Proportional, FontFamily::Monospace] {
            fonts.families.entry(family).or_default().push(name.to_owned());
        }
    }
    ctx.set_fonts(fonts);
}
