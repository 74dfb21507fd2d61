//! How everything looks: one table of tokens per theme, and egui's style made from it.
//!
//! No other place of the window makes a colour, a radius or a margin; `clippy.toml` holds colours to that.

mod ansi;
mod dark;
pub mod display;
mod light;
mod style;
mod tokens;

use espalier_core::settings::ThemeChoice;

pub use ansi::{readable, styled};
pub use style::{FontSizes, apply, prose, space};
pub use tokens::Tokens;

/// The tokens of the theme this part of the window is drawn in.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    of(ui.visuals().dark_mode)
}

/// The tokens of the dark or the light theme.
pub const fn of(dark: bool) -> &'static Tokens {
    if dark { &dark::TOKENS } else { &light::TOKENS }
}

/// The window is cleared with [`Tokens::field`] before each frame, so the largest part of it needs not be painted: where a processor
/// draws, each pixel counts.
pub fn window_is_cleared(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(cleared(), true));
}

fn cleared() -> egui::Id {
    egui::Id::unique("cleared with field")
}

/// What logs and terminals stand on.
pub fn field(ui: &egui::Ui) -> egui::Frame {
    match ui.data(|data| data.get_temp(cleared())) {
        Some(true) => egui::Frame::new(),
        _ => egui::Frame::new().fill(tokens(ui).field),
    }
}

/// Tells egui which theme the user wants.
pub fn choose(choice: ThemeChoice, ctx: &egui::Context) {
    ctx.set_theme(match choice {
        ThemeChoice::System => egui::ThemePreference::System,
        ThemeChoice::Light => egui::ThemePreference::Light,
        ThemeChoice::Dark => egui::ThemePreference::Dark,
    });
}

#[cfg(test)]
mod tests {
    use egui::Rgba;

    use super::ansi::contrast;
    use super::of;

    /// WCAG 2.2, 1.4.3: text needs a contrast of 4.5, whatever it is written on.
    #[test]
    fn text_stands_out_from_its_ground() {
        for t in [of(true), of(false)] {
            let inks = [
                t.text, t.muted, t.strong, t.accent, t.received, t.sent, t.good, t.busy, t.bad,
                t.calm, t.idle,
            ];
            for ink in inks {
                for ground in [t.panel, t.field, t.float] {
                    let contrast = contrast(ink, ground);
                    assert!(contrast >= 4.5, "dark {}: {ink:?} on {ground:?}: {contrast}", t.dark);
                }
            }
            for (ink, ground) in
                [(t.on_accent, t.accent), (t.on_bad, t.bad), (t.text, t.control[0])]
            {
                let contrast = contrast(ink, ground);
                assert!(contrast >= 4.5, "dark {}: {ink:?} on {ground:?}: {contrast}", t.dark);
            }
        }
    }

    /// WCAG 2.2, 1.4.11: what is not text needs a contrast of 3.
    #[test]
    fn lanes_stand_out_from_the_ground() {
        for tokens in [of(true), of(false)] {
            for color in tokens.lanes {
                let contrast = contrast(color, tokens.field);
                assert!(contrast >= 3.0, "{color:?}: {contrast}");
            }
        }
    }

    /// Red and green as eyes without one kind of cones see them, in linear light (Machado et al. 2009, severity 1).
    #[test]
    fn lanes_are_told_apart_without_red_or_green_cones() {
        let whole = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let no_red = [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ];
        let no_green = [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ];
        for tokens in [of(true), of(false)] {
            for matrix in [whole, no_red, no_green] {
                let seen = tokens.lanes.map(|color| oklab(&matrix, Rgba::from(color)));
                for (index, a) in seen.iter().enumerate() {
                    for (other, b) in seen.iter().enumerate().skip(index + 1) {
                        let square = |axis: usize| (a[axis] - b[axis]).powi(2);
                        let distance = (square(0) + square(1) + square(2)).sqrt();
                        // Some five times what is just noticed side by side.
                        let dark = tokens.dark;
                        assert!(distance > 0.1, "dark {dark}: {index} and {other}: {distance}");
                    }
                }
            }
        }
    }

    fn oklab(matrix: &[[f32; 3]; 3], color: Rgba) -> [f32; 3] {
        let rgb = [color.r(), color.g(), color.b()];
        let times = |m: &[[f32; 3]; 3], v: [f32; 3]| {
            m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f32>())
        };
        let rgb = times(matrix, rgb).map(|it| it.clamp(0.0, 1.0));
        let lms = times(
            &[
                [0.412_221_46, 0.536_332_55, 0.051_445_995],
                [0.211_903_5, 0.680_699_5, 0.107_396_96],
                [0.088_302_46, 0.281_718_85, 0.629_978_7],
            ],
            rgb,
        );
        times(
            &[
                [0.210_454_26, 0.793_617_8, -0.004_072_047],
                [1.977_998_5, -2.428_592_2, 0.450_593_7],
                [0.025_904_037, 0.782_771_77, -0.808_675_77],
            ],
            lms.map(f32::cbrt),
        )
    }
}
