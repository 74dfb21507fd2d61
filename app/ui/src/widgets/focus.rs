//! Who is to have the keyboard.

use egui::Ui;

/// A wish for the keyboard, to be granted when its field is drawn next. A frame may be drawn several times before it is right,
/// and fields may come to stand elsewhere: the wish holds for all of that frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Focus(Wish);

#[derive(Clone, Copy, Debug, Default)]
enum Wish {
    #[default]
    None,
    Open,
    Granted(u64),
}

impl Focus {
    /// One that is open from the beginning.
    pub const fn wanted() -> Self {
        Self(Wish::Open)
    }

    /// Wants it.
    pub const fn want(&mut self) {
        self.0 = Wish::Open;
    }

    /// Is it to be given now? To be asked whenever the field is drawn, before it is drawn, of what it is drawn in.
    pub fn is_due(&mut self, ui: &Ui) -> bool {
        let frame = ui.ctx().cumulative_frame_nr();
        if ui.is_sizing_pass() {
            // What comes up is measured first, and cannot have the keyboard then: in this very frame it is drawn for good.
            if !matches!(self.0, Wish::None) {
                ui.ctx().request_discard("a field is to have the keyboard");
            }
            return false;
        }
        match self.0 {
            Wish::None => false,
            Wish::Open => {
                self.0 = Wish::Granted(frame);
                true
            }
            Wish::Granted(granted) => granted == frame,
        }
    }
}
