//! The system's fonts, asked for what the bundled ones lack: Arabic, Thai, rare Chinese characters.

use std::path::Path;
use std::sync::Arc;

use eframe::egui;
use egui::{FallbackRequest, FontDefinitions, FontFamily, FontInsert, FontProvider};
use egui_system_font_provider::SystemFontProvider;
use espalier_core::{Sentence, say};
use espalier_engine::untrusted::{self, call};

use espalier_ui::Language;
use skrifa::MetadataProvider as _;

/// Has the system's fonts asked, after the bundled ones.
pub fn install(ctx: &egui::Context) {
    ctx.add_font_provider(Arc::new(OnOurBaseline(provider())));
}

/// Han characters are drawn in the mainland's forms, unless the system speaks another Chinese.
fn provider() -> SystemFontProvider {
    let provider = SystemFontProvider::new();
    match sys_locale::get_locale() {
        Some(locale) if Language::of_system(&locale) == Language::Chinese => provider,
        _ => provider.with_locale(Some("zh-CN")),
    }
}

/// Moves each font that it finds to the baseline of the family that asked. egui centres a fallback font on the row by its
/// ascent and descent, which differ from font to font.
struct OnOurBaseline<P>(P);

impl<P: FontProvider> FontProvider for OnOurBaseline<P> {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        // On a computer without any font, looking for one panics.
        let mut found = call(|| self.0.font_for(request)).ok().flatten()?;
        let primary = primary(request.family);
        if let (Some(ours), Some(theirs)) = (primary, skew(found.data.bytes(), found.data.index)) {
            found.data.tweak.y_offset_factor = ours - theirs;
        }
        // The same font has another place in another family.
        found.name = format!("{} on the baseline of {}", found.name, request.family);
        Some(found)
    }
}

/// Reads the file of a font for the log.
///
/// # Errors
/// A sentence for the user: it cannot be read, is no font, or its characters are not of one width.
pub fn read(path: &Path) -> Result<Vec<u8>, Sentence> {
    const LARGEST: u64 = 64 << 20;
    let bytes = untrusted::read(path, LARGEST).map_err(|error| {
        let path = path.display();
        say!("told-file-unread", "Cannot read {path}: {error}", path = path, error = error)
    })?;
    // What egui does with it later must not panic there.
    let widths = call(|| {
        let font = skrifa::FontRef::from_index(&bytes, 0).ok()?;
        let size = skrifa::instance::Size::new(1.0);
        let metrics = font.glyph_metrics(size, skrifa::instance::LocationRef::default());
        let charmap = font.charmap();
        let width = |c: char| metrics.advance_width(charmap.map(c)?);
        Some([width('i')?, width('W')?, width('0')?])
    });
    match widths.ok().flatten() {
        Some([i, w, zero]) if i > 0.0 && (i - w).abs() < 1e-3 && (i - zero).abs() < 1e-3 => {
            Ok(bytes)
        }
        Some(_) => Err(say!(
            "told-font-not-fixed",
            "{path} is no font of fixed width",
            path = path.display(),
        )),
        None => {
            Err(say!("told-no-font", "{path} is no font that can be used", path = path.display()))
        }
    }
}

/// Where the baseline of a family lies.
fn primary(family: &FontFamily) -> Option<f32> {
    let fonts = FontDefinitions::default();
    let data = fonts.font_data.get(fonts.families.get(family)?.first()?)?;
    skew(data.bytes(), data.index)
}

/// How far below the middle of its row a font's baseline lies, in ems.
fn skew(file: &[u8], face: u32) -> Option<f32> {
    let font = skrifa::FontRef::from_index(file, face).ok()?;
    let size = skrifa::instance::Size::new(1.0);
    let metrics = font.metrics(size, skrifa::instance::LocationRef::default());
    Some((metrics.ascent + metrics.descent - metrics.leading) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_font_of_fixed_width_is_one_for_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let fonts = FontDefinitions::default();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let font = |name: &str| fonts.font_data[name].bytes().to_vec();
        let fixed = file("fixed.ttf", &font("Hack"));
        assert_eq!(read(&fixed), Ok(font("Hack")));
        let prose = read(&file("prose.ttf", &font("Ubuntu-Light"))).unwrap_err();
        assert!(prose.contains("no font of fixed width"), "{prose}");
        for (name, bytes) in
            [("text.ttf", b"no font".as_slice()), ("cut.ttf", &font("Hack")[..700])]
        {
            let fault = read(&file(name, bytes)).unwrap_err();
            assert!(fault.contains("no font"), "{fault}");
        }
        assert!(read(folder.path()).unwrap_err().contains("Cannot read"));
    }

    #[test]
    fn a_font_of_the_system_is_moved_to_the_baseline_of_who_asked() {
        let fonts = FontDefinitions::default();
        let hack = fonts.font_data["Hack"].as_ref().clone();
        let found =
            move |_: &FallbackRequest<'_>| Some(FontInsert::new("found", hack.clone(), Vec::new()));
        let provider = OnOurBaseline(found);
        let find = |family: &FontFamily| {
            let request = FallbackRequest { cluster: "ก", family };
            provider.font_for(&request).expect("it finds one")
        };
        let (prose, mono) = (find(&FontFamily::Proportional), find(&FontFamily::Monospace));
        assert_eq!(mono.data.tweak.y_offset_factor, 0.0, "Hack is the monospace font");
        let off = prose.data.tweak.y_offset_factor;
        // Ubuntu: (932 − 189 − 28) / 2000; Hack: (1901 − 483) / 4096.
        assert!((off - (0.3575 - 0.34619)).abs() < 1e-4, "{off}");
        assert_ne!(prose.name, mono.name);
    }
}
