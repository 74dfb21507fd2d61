//! States in colour: dots and pills.

use egui::{Color32, Frame, Margin, Response, Sense, Ui, Vec2};

use crate::theme::{self, Tokens, space};

/// How a state feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Stands, works.
    Good,
    /// Is under way, or half of it is over.
    Busy,
    /// Failed.
    Bad,
    /// Waits for others.
    Calm,
    /// Not started.
    Idle,
}

impl Tone {
    /// The tone's colour.
    pub const fn color(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Good => tokens.good,
            Self::Busy => tokens.busy,
            Self::Bad => tokens.bad,
            Self::Calm => tokens.calm,
            Self::Idle => tokens.idle,
        }
    }
}

/// A small dot.
pub fn dot(ui: &mut Ui, color: Color32) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(8.0, space::CONTROL - 6.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 3.5, color);
    response
}

/// A state: a dot and a word on a wash of its colour.
pub fn badge(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    let color = tone.color(theme::tokens(ui));
    pill(ui, color, |ui| {
        dot(ui, color);
        ui.colored_label(color, text);
    })
}

/// A rounded wash behind something.
pub fn pill(ui: &mut Ui, color: Color32, content: impl FnOnce(&mut Ui)) -> Response {
    Frame::new()
        .fill(color.gamma_multiply(0.13))
        .corner_radius(space::CONTROL / 2.0)
        .inner_margin(Margin::symmetric(9, 2))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            ui.horizontal(content);
        })
        .response
}
