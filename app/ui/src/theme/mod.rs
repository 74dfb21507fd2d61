//! How everything looks: one table of tokens per theme, and egui's style made from it.
//!
//! No other place of the window makes a colour, a radius or a margin; `clippy.toml` holds colours to that.

mod ansi;
mod dark;
mod light;
mod style;
mod tokens;

pub use ansi::indexed as ansi_color;
pub use style::{apply, space};
pub use tokens::Tokens;

/// The tokens of the theme this part of the window is drawn in.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    of(ui.visuals().dark_mode)
}

/// The tokens of the dark or the light theme.
pub const fn of(dark: bool) -> &'static Tokens {
    if dark { &dark::TOKENS } else { &light::TOKENS }
}

/// Which theme the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl ThemeChoice {
    /// All choices, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Tells egui.
    pub fn set(self, ctx: &egui::Context) {
        ctx.set_theme(match self {
            Self::System => egui::ThemePreference::System,
            Self::Light => egui::ThemePreference::Light,
            Self::Dark => egui::ThemePreference::Dark,
        });
    }
}
