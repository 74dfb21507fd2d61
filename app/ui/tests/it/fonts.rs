//! What the bundled fonts draw, and where, on a machine without any others.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::epaint::text::MissingGlyphPolicy;
use egui::{Color32, FontFamily, FontId, Galley};
use espalier_ui::Language;

/// Everything of these blocks must be drawn.
const BLOCKS: [(&str, std::ops::RangeInclusive<char>); 8] = [
    ("CJK Unified Ideographs of GB18030-2022", '\u{4E00}'..='\u{9FEF}'),
    ("CJK Extension A", '\u{3400}'..='\u{4DB5}'),
    ("hiragana", 'ぁ'..='ゖ'),
    ("katakana", 'ァ'..='ヾ'),
    ("hangul syllables", '가'..='힣'),
    ("fullwidth forms", '！'..='～'),
    ("CJK symbols and punctuation", '\u{3000}'..='\u{3029}'),
    ("bopomofo", '\u{3105}'..='\u{312D}'),
];

/// Emoji that people send every day, from each year's set; some are sequences.
const EMOJI: [&str; 48] = [
    "😀",
    "😁",
    "😂",
    "🤣",
    "😊",
    "😍",
    "🥰",
    "😘",
    "😎",
    "🤔",
    "😅",
    "😭",
    "😡",
    "🥺",
    "🙄",
    "😴",
    "🤯",
    "🥳",
    "🫠",
    "🫡",
    "👍",
    "👎",
    "👌",
    "🙏",
    "👏",
    "💪",
    "🤝",
    "🫶",
    "❤️",
    "💔",
    "💯",
    "🔥",
    "✨",
    "⭐",
    "🎉",
    "🚀",
    "✅",
    "❌",
    "⚠️",
    "🐛",
    "💡",
    "🔋",
    "📶",
    "🌡️",
    "🇨🇳",
    "👨‍👩‍👧",
    "👍🏽",
    "☕",
];

/// One row in each script.
const MIXED: &str = "Hgx “”… 汉漢 あア 한글 ，。 ①〇 𠮷 😀🎉 ␀ →";

/// Looks from inside a pass over a context with the bundled fonts alone.
fn with_fonts<T>(scale: f32, look: impl FnMut(&egui::Context) -> T) -> T {
    with_fonts_of(Language::Chinese, scale, look)
}

fn with_fonts_of<T>(
    language: Language,
    scale: f32,
    mut look: impl FnMut(&egui::Context) -> T,
) -> T {
    let ctx = egui::Context::default();
    espalier_ui::fonts::install(&ctx, language);
    ctx.set_missing_glyph_policy(MissingGlyphPolicy::Tofu);
    let mut result = None;
    let mut input = egui::RawInput::default();
    input.viewports.entry(egui::ViewportId::ROOT).or_default().native_pixels_per_point =
        Some(scale);
    let mut output = ctx.run_ui(input, |ui| result = Some(look(ui.ctx())));
    output.textures_delta.clear();
    result.expect("a pass was made")
}

fn row(ctx: &egui::Context, text: &str, font: &FontId) -> Arc<Galley> {
    ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), font.clone(), Color32::WHITE))
}

fn families() -> [FontFamily; 2] {
    [FontFamily::Proportional, FontFamily::Monospace]
}

#[test]
fn both_languages_have_all_their_characters() {
    let pictures = ('\u{2400}'..='\u{2421}').chain(['\u{2424}']);
    let text: String = Language::ALL
        .into_iter()
        .flat_map(|language| language.sources().iter().map(|(_, text)| *text))
        .collect();
    let characters: BTreeSet<_> =
        text.chars().filter(|c| !c.is_control()).chain(pictures).collect();
    with_fonts(1.0, |ctx| {
        for family in families() {
            let font = FontId::new(13.0, family);
            let missing: Vec<_> = ctx.fonts_mut(|fonts| {
                characters.iter().filter(|c| !fonts.has_glyph(&font, **c)).collect()
            });
            assert!(missing.is_empty(), "{font:?}: {missing:?}");
        }
    });
}

#[test]
fn chinese_prose_has_the_punctuation_of_the_mainland() {
    let font = FontId::proportional(20.0);
    let of = |language| {
        with_fonts_of(language, 4.0, |ctx| {
            let glyphs = &row(ctx, "“”…—。x", &font).rows[0].row.glyphs;
            let middle = |index: usize| {
                let glyph = glyphs[index];
                glyph.uv_rect.offset.y + glyph.uv_rect.size.y / 2.0
            };
            (glyphs[0].advance_width, middle(2), middle(4), row(ctx, "x", &font).size().y)
        })
    };
    let (quote, ellipsis, stop, height) = of(Language::Chinese);
    assert!((quote - 20.0).abs() < 0.5, "a quote is an em wide: {quote}");
    assert!(ellipsis < -5.0, "an ellipsis stands in the middle: {ellipsis}");
    assert!(stop > -5.0, "a full stop stands at the foot: {stop}");
    let (quote, ellipsis, _, english_height) = of(Language::English);
    assert!(quote < 12.0 && ellipsis > -5.0, "{quote} {ellipsis}");
    assert_eq!(height, english_height, "a row is as high");
}

#[test]
fn every_character_of_the_east_and_the_everyday_emoji_have_a_glyph() {
    with_fonts(1.0, |ctx| {
        for family in families() {
            let font = FontId::new(13.0, family);
            let missing = |characters: &mut dyn Iterator<Item = char>| -> BTreeSet<char> {
                ctx.fonts_mut(|fonts| characters.filter(|c| !fonts.has_glyph(&font, *c)).collect())
            };
            for (name, block) in BLOCKS {
                assert_eq!(missing(&mut block.clone()), BTreeSet::new(), "{name}, {font:?}");
            }
            assert_eq!(missing(&mut gbk()), BTreeSet::new(), "GBK, {font:?}");
        }
    });
}

/// What GB18030 says in two bytes, but for what it leaves to its users.
fn gbk() -> impl Iterator<Item = char> {
    let trails = || (0x40..=0x7E_u8).chain(0x80..=0xFE);
    (0x81..=0xFE_u8).flat_map(move |lead| {
        trails().filter_map(move |trail| {
            let bytes = [lead, trail];
            let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(&bytes);
            text.chars().next().filter(|c| !matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FFFD}'))
        })
    })
}

#[test]
fn a_glyph_is_drawn_also_at_the_start_of_a_row() {
    let samples = [
        "汉", "漢", "嗎", "㐀", "龦", "あ", "ヴ", "한", "，", "。", "（", "①", "㎡", "⺁", "𠮷",
        "€",
    ];
    with_fonts(1.0, |ctx| {
        for font in [FontId::proportional(13.5), FontId::monospace(12.5)] {
            let tofu = row(ctx, "\u{10FFFD}", &font).rows[0].row.glyphs[0].uv_rect;
            for sample in samples.iter().chain(&EMOJI) {
                for text in [format!("{sample}x"), format!("x{sample}")] {
                    let galley = row(ctx, &text, &font);
                    let first = sample.chars().next().expect("a character");
                    let glyphs = &galley.rows[0].row.glyphs;
                    let glyph =
                        glyphs.iter().find(|glyph| glyph.chr == first).expect("it is laid out");
                    assert!(!glyph.uv_rect.is_nothing(), "{text:?} {font:?}: nothing is drawn");
                    assert!(glyph.advance_width > 5.0, "{text:?} {font:?}: it takes no room");
                    assert_ne!(glyph.uv_rect, tofu, "{text:?} {font:?}: a box");
                }
            }
        }
    });
}

#[test]
fn all_scripts_stand_on_one_baseline() {
    for scale in [1.0, 1.25, 1.5, 1.75, 2.0, 3.0] {
        with_fonts(scale, |ctx| {
            for size in [11.5, 12.0, 12.5, 13.0, 13.5, 14.0, 16.0, 19.0] {
                for family in families() {
                    let font = FontId::new(size, family);
                    let galley = row(ctx, MIXED, &font);
                    let [row] = galley.rows.as_slice() else { panic!("one row") };
                    let baselines: BTreeSet<_> =
                        row.row.glyphs.iter().map(|glyph| (glyph.pos.y * scale) as i32).collect();
                    let told: Vec<_> =
                        row.row.glyphs.iter().map(|glyph| (glyph.chr, glyph.pos.y)).collect();
                    assert_eq!(baselines.len(), 1, "{font:?} at {scale}: {told:?}");
                }
            }
        });
    }
}

#[test]
fn the_ink_of_all_scripts_has_its_middle_on_one_line() {
    with_fonts(4.0, |ctx| {
        for family in families() {
            let size = 14.0;
            let galley = row(ctx, "H汉漢あ한😀", &FontId::new(size, family.clone()));
            let middle = |index: usize| {
                let glyph = galley.rows[0].row.glyphs[index];
                glyph.pos.y + glyph.uv_rect.offset.y + glyph.uv_rect.size.y / 2.0
            };
            let capital = middle(0);
            for index in 1..6 {
                let chr = galley.rows[0].row.glyphs[index].chr;
                let off = (middle(index) - capital) / size;
                assert!(off.abs() < 0.12, "{chr} stands {off} em below the capitals' middle");
            }
        }
    });
}
