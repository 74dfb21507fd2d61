//! The fonts of the window: egui's, then the bundled ones, then (in a native window) the system's.
//!
//! The bundled files are part of the program's image, which the system maps: a page of them is read when a glyph on it is
//! first drawn.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontTweak};

use crate::locale::Language;

macro_rules! bundled {
    ($($name:literal)*) => {
        [$(($name, include_bytes!(concat!("../../../assets/fonts/", $name, ".ttc")).as_slice())),*]
    };
}

/// Made by `assets/fonts/cut.py`, which says what each is for. Face 0 of each stands on the baseline of egui's prose, face 1
/// on that of its monospace font.
const BUNDLED: [(&str, &[u8]); 4] =
    bundled!("control-pictures" "droid-sans-fallback" "noto-sans-sc" "noto-emoji");

/// Drawn instead of egui's in Chinese prose: its quotes are an em wide, its ellipsis stands in the middle of the row.
const MAINLAND: [(&str, &[u8]); 1] = bundled!("mainland-punctuation");

/// Installs the bundled fonts behind egui's own, with the punctuation of this language.
pub fn install(ctx: &egui::Context, language: Language) {
    install_with(ctx, language, None);
}

/// The same; what is of fixed width is drawn with `fixed`, a file that was examined, if the user has chosen one.
pub(crate) fn install_with(ctx: &egui::Context, language: Language, fixed: Option<&Arc<FontData>>) {
    let mut fonts = FontDefinitions::default();
    for (face, family) in [FontFamily::Proportional, FontFamily::Monospace].into_iter().enumerate()
    {
        for (name, file) in BUNDLED {
            add(&mut fonts, name, file, face as u32, &family, usize::MAX);
        }
    }
    if language == Language::Chinese {
        let [(name, file)] = MAINLAND;
        add(&mut fonts, name, file, 0, &FontFamily::Proportional, 0);
    }
    // Hack has signs that the others lack.
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hack".to_owned());
    if let Some(data) = fixed {
        let name = "chosen by the user";
        fonts.font_data.insert(name.to_owned(), Arc::clone(data));
        let chain = fonts.families.entry(FontFamily::Monospace).or_default();
        chain.insert(0, name.to_owned());
    }
    ctx.set_fonts(fonts);
}

/// Adds a face to a family, at this place in its chain or at its end.
fn add(
    fonts: &mut FontDefinitions,
    name: &str,
    file: &'static [u8],
    face: u32,
    family: &FontFamily,
    place: usize,
) {
    let mut data = FontData::from_static(file);
    data.index = face;
    // The hinter would look at every glyph of the file first.
    data.tweak = FontTweak { hinting: Some(false), ..FontTweak::default() };
    let name = format!("{name} on the baseline of {family}");
    let chain = fonts.families.entry(family.clone()).or_default();
    chain.insert(place.min(chain.len()), name.clone());
    fonts.font_data.insert(name, Arc::new(data));
}
