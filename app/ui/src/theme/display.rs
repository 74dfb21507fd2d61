//! The colours of a board's display: it is dark, whatever the theme of the window.
#![expect(clippy::disallowed_methods, reason = "this is where colours live")]

use egui::Color32;

/// A pixel that is off.
pub const DARK: Color32 = Color32::from_rgb(8, 10, 14);
/// A pixel that is on.
pub const LIT: Color32 = Color32::from_rgb(205, 230, 255);
