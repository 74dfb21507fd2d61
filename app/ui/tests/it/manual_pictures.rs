//! The pictures of the manual, drawn by what is tested here: `SCREENSHOTS=1 cargo test -p espalier-ui --test it manual_pictures`
//! writes them, and without that they must show what the window still looks like.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use espalier_core::board::{Chip, ImageInfo, ProvisionStatus, ProvisionStep, ReportedState};
use espalier_core::figures::{TcpFigures, TcpState};
use espalier_core::session::{EndReason, SessionEvent};
use espalier_core::settings::{ThemeChoice, UserSettings};
use espalier_core::{SessionId, Timestamp};
use espalier_protocol::Line;
use espalier_ui::manual::{
    Block, Manual, PICTURE_SCALE, PICTURES, Reference, decoded_picture, picture_file,
};
use espalier_ui::{Language, Locale, UiState};
use image::RgbaImage;

use crate::fake::NOON;
use crate::figures::figures_over_time;
use crate::harness::Window;
use crate::sessions::{open_client, open_server};

/// All of them in both languages, in bytes.
const MOST: usize = 1_000_000;

/// High and wide enough for every dialog.
const ROOM: egui::Vec2 = vec2(1100.0, 760.0);

/// Each language, in light and dark.
fn both_themes() -> impl Iterator<Item = (Language, bool)> {
    Language::ALL.into_iter().flat_map(|language| [(language, false), (language, true)])
}

fn window(language: Language, dark: bool) -> (Window, Locale) {
    let theme = if dark { ThemeChoice::Dark } else { ThemeChoice::Light };
    let settings = UserSettings { theme, ..UserSettings::default() };
    let state = UiState { settings, ..UiState::default() };
    let window = Window::scaled(Arc::default(), language, state, ROOM, PICTURE_SCALE);
    (window, Locale::new(language))
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.rest();
}

/// Writes into the send box in front.
fn write(window: &mut Window, words: &Locale, text: &str) {
    let label = words.text("send-field");
    window.harness.get_by_label(label).focus();
    window.rest();
    window.harness.get_by_label(label).type_text(text);
    window.rest();
}

/// Says something in the session in front.
fn say(window: &mut Window, words: &Locale, text: &str) {
    write(window, words, text);
    window.harness.key_press(Key::Enter);
    window.rest();
}

/// A server, a client of it in front, and what both have said.
fn conversation(language: Language, dark: bool) -> (Window, Locale) {
    let (mut window, words) = window(language, dark);
    open_server(&mut window, &words, "7000");
    open_client(&mut window, &words, "127.0.0.1", "7000");
    let hello = match language {
        Language::English => "hello",
        Language::Chinese => "你好",
    };
    say(&mut window, &words, hello);
    press(&mut window, Modifiers::COMMAND, Key::PageUp);
    say(&mut window, &words, "{\"id\":1,\"ok\":true}");
    press(&mut window, Modifiers::COMMAND, Key::PageDown);
    say(&mut window, &words, "AT+STATUS?");
    (window, words)
}

/// Draws a picture of this name.
fn drawn(language: Language, name: &str, dark: bool) -> RgbaImage {
    match name {
        "conversation" => {
            let (mut window, words) = conversation(language, dark);
            write(&mut window, &words, "AT+");
            picture(window, vec2(720.0, 400.0), 0.0)
        }
        "board" => {
            let (mut window, words) = window(language, dark);
            window.click(words.text("board-toggle"));
            window.write(words.text("board-typed-port"), "/dev/ttyUSB0");
            window.click(words.text("open"));
            let mut reported = ReportedState::default();
            for line in [
                "I (1) boot: started app=espalier version=0.2.0 chip=esp32c3 reset=power-on",
                "I (212) wifi: joined ssid=Lab rssi=-58 channel=6",
                "I (250) wifi: got ip: 192.168.1.7 prefix=24 from=dhcp",
            ] {
                let line = Line::parse(line).expect("a line of a board");
                reported.line(&line, Timestamp(NOON));
            }
            window.engine.told.lock().reported = Arc::new(reported);
            let (chip, version) = (Chip::Esp32C3, "0.2.0".to_owned());
            *window.engine.images.lock() = vec![ImageInfo { chip, version, size: 1_037_584 }];
            let step = ProvisionStep::Server;
            let status = ProvisionStatus { step, cancelling: false, outcome: None };
            *window.engine.going.lock() = Some(Arc::new(status));
            picture(window, vec2(900.0, 600.0), 484.0)
        }
        "timeline" => {
            let (mut window, _) = conversation(language, dark);
            window.engine.tell(SessionId(2), SessionEvent::HalfClosed);
            window.engine.tell(SessionId(1), SessionEvent::PeerHalfClosed);
            window.engine.end(SessionId(2), EndReason::ClosedByPeer, "");
            press(&mut window, Modifiers::COMMAND, Key::T);
            picture(window, vec2(720.0, 400.0), 0.0)
        }
        "figures" => {
            let (mut window, words) = conversation(language, dark);
            *window.engine.figures.lock() = figures_over_time(congested, None);
            say(&mut window, &words, "AT+STATUS?");
            press(&mut window, Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::I);
            picture(window, vec2(720.0, 640.0), 0.0)
        }
        other => panic!("nobody draws {other}"),
    }
}

/// What TCP knows of a connection whose peer reads slowly for a while, by the second.
fn congested(second: u64) -> TcpFigures {
    let held = (10..20).contains(&second);
    let waits = if held { (second - 9) * 6_000 } else { 0 };
    TcpFigures {
        state: Some(TcpState::Established),
        round_trip_us: Some(8_000 + second % 5 * 900 + if held { 21_000 } else { 0 }),
        round_trip_variation_us: Some(1_500),
        retransmitted_segments: Some(if second < 12 { 0 } else { 3 }),
        send_window_bytes: Some(if held { 0 } else { 64_240 }),
        unacknowledged_bytes: Some(if held { 1_448 } else { 0 }),
        unsent_bytes: Some(waits),
        segment_size_bytes: Some(1_448),
        ..TcpFigures::default()
    }
}

/// What a window of this size shows, right of `left`.
fn picture(mut window: Window, size: egui::Vec2, left: f32) -> RgbaImage {
    // Kittest leaves a margin around what it draws.
    const MARGIN: f32 = 8.0;
    window.harness.set_size(size + vec2(2.0, 2.0) * MARGIN);
    window.rest();
    let all = window.harness.render().expect("a picture");
    let pixels = |points: f32| (points * PICTURE_SCALE).round() as u32;
    let (x, y) = (pixels(MARGIN + left), pixels(MARGIN));
    let (width, height) = (pixels(size.x - left), pixels(size.y));
    image::imageops::crop_imm(&all, x, y, width, height).to_image()
}

/// The picture as a PNG of at most 128 colours: the most common ones, then one for each shade that is left, and in place of any
/// other the nearest of them.
fn png_of(picture: &RgbaImage) -> Vec<u8> {
    /// So many colours are taken as they are.
    const EXACT: usize = 64;
    let mut counts: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    for image::Rgba([r, g, b, _]) in picture.pixels() {
        *counts.entry([*r, *g, *b]).or_default() += 1;
    }
    let mut common: Vec<(u32, [u8; 3])> =
        counts.into_iter().map(|(it, count)| (count, it)).collect();
    common.sort_by(|a, b| b.cmp(a));
    let rare = common.split_off(EXACT.min(common.len()));
    let mut palette: Vec<[u8; 3]> = common.into_iter().map(|(_, color)| color).collect();
    let mut shades: Vec<[u8; 3]> = palette.iter().map(|color| color.map(|it| it >> 5)).collect();
    for (_, color) in rare {
        let shade = color.map(|it| it >> 5);
        if palette.len() < 128 && !shades.contains(&shade) {
            palette.push(color);
            shades.push(shade);
        }
    }
    let distance = |a: [u8; 3], b: [u8; 3]| -> u32 {
        a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let mut known: BTreeMap<[u8; 3], u8> = BTreeMap::new();
    let pixels: Vec<u8> = picture
        .pixels()
        .map(|image::Rgba([r, g, b, _])| {
            let color = [*r, *g, *b];
            *known.entry(color).or_insert_with(|| {
                let nearest = (0..).zip(&palette).min_by_key(|(_, it)| distance(**it, color));
                nearest.map_or(0, |(number, _): (u8, _)| number)
            })
        })
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    file
}

/// Whether a picture shows what is drawn now: of its pixels at most a twentieth may have another colour, which text that moved
/// by a pixel has not, and a part of the window that came, went or looks otherwise has.
fn is_alike(now: &RgbaImage, kept: &egui::ColorImage) -> Result<(), String> {
    if [now.width() as usize, now.height() as usize] != kept.size {
        return Err(format!("{}×{} now, {:?} then", now.width(), now.height(), kept.size));
    }
    let other = now
        .pixels()
        .zip(&kept.pixels)
        .filter(|(now, kept)| now.0.iter().zip(kept.to_array()).any(|(a, b)| a.abs_diff(b) > 48))
        .count();
    match other * 20 > kept.pixels.len() {
        true => Err(format!("{other} of {} pixels are others", kept.pixels.len())),
        false => Ok(()),
    }
}

/// Writes a picture, or looks whether it is as it was.
fn try_picture(name: &str) {
    // Elsewhere keys and paths have other names.
    if !cfg!(target_os = "linux") {
        return eprintln!("SKIPPED: the pictures of the manual are drawn on Linux");
    }
    let writes = std::env::var_os("SCREENSHOTS").is_some();
    for (language, dark) in both_themes() {
        // Drawing takes time: each language is looked at in one theme, which is another in the other one.
        if !writes && dark != (language == Language::Chinese) {
            continue;
        }
        let now = drawn(language, name, dark);
        let file = if dark { format!("{name}-dark.png") } else { format!("{name}.png") };
        if writes {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/manual");
            let path = root.join(language.tag()).join(&file);
            std::fs::write(path, png_of(&now)).expect("a file");
            continue;
        }
        let kept = picture_file(language, name, dark).and_then(decoded_picture).expect("a picture");
        if let Err(why) = is_alike(&now, &kept) {
            panic!(
                "{}/{file} is out of date ({why}): look at it after `SCREENSHOTS=1 cargo test -p espalier-ui --test it manual_pictures`",
                language.tag()
            );
        }
    }
}

#[test]
fn the_conversation_looks_as_in_the_manual() {
    try_picture("conversation");
}

#[test]
fn the_board_panel_looks_as_in_the_manual() {
    try_picture("board");
}

#[test]
fn the_timeline_looks_as_in_the_manual() {
    try_picture("timeline");
}

#[test]
fn the_figures_look_as_in_the_manual() {
    try_picture("figures");
}

#[test]
fn pages_show_all_pictures_in_both_languages_and_say_what_is_in_them() {
    for language in Language::ALL {
        let manual = Manual::new(&Locale::new(language), &Reference::default());
        let blocks = manual.pages().iter().flat_map(|page| &page.blocks);
        let shown = blocks.filter_map(|block| match block {
            Block::Picture { name, text } => Some((*name, text)),
            _ => None,
        });
        let shown: BTreeMap<&str, &String> = shown.collect();
        let mut names = PICTURES.to_vec();
        names.sort_unstable();
        assert_eq!(shown.keys().copied().collect::<Vec<_>>(), names);
        for (name, text) in shown {
            assert!(text.chars().count() > 10, "{name}: {text}");
        }
    }
}

#[test]
fn they_are_small() {
    let files = both_themes().flat_map(|(language, dark)| {
        PICTURES.iter().filter_map(move |name| picture_file(language, name, dark))
    });
    let sum: usize = files.map(<[u8]>::len).sum();
    assert!(sum <= MOST, "{sum} bytes");
}

#[test]
fn a_picture_has_a_name_for_those_who_do_not_see_it_and_fits_the_pane() {
    for language in Language::ALL {
        let (mut window, _) = window(language, true);
        press(&mut window, Modifiers::NONE, Key::F1);
        let manual = Manual::new(&Locale::new(language), &Reference::default());
        let title = manual.pages()[0].title.clone();
        window.harness.get_by_role_and_label(egui::accesskit::Role::Link, &title).click();
        window.rest();
        let text = manual.pages()[0].blocks.iter().find_map(|block| match block {
            Block::Picture { text, .. } => Some(text.clone()),
            _ => None,
        });
        let text = text.expect("a picture");
        let image = window.harness.get_by_role_and_label(egui::accesskit::Role::Image, &text);
        let rect = image.rect();
        assert!(rect.width() > 200.0 && rect.right() <= ROOM.x, "{rect:?}");
        assert!((rect.width() / rect.height() - 720.0 / 400.0).abs() < 0.02, "{rect:?}");
    }
}

#[test]
fn a_small_change_is_none_and_a_large_one_is() {
    let now = RgbaImage::from_pixel(20, 10, image::Rgba([255; 4]));
    let mut kept = egui::ColorImage::filled([20, 10], egui::Color32::WHITE);
    assert_eq!(is_alike(&now, &kept), Ok(()));
    kept.pixels[..10].fill(egui::Color32::BLACK);
    assert_eq!(is_alike(&now, &kept), Ok(()));
    kept.pixels[..11].fill(egui::Color32::BLACK);
    assert!(is_alike(&now, &kept).is_err());
    assert!(is_alike(&now, &egui::ColorImage::filled([10, 20], egui::Color32::WHITE)).is_err());
    let again = decoded_picture(&png_of(&now)).expect("a picture");
    assert_eq!(is_alike(&now, &again), Ok(()));
}
