//! Who is to have the keyboard.

use egui::Ui;

/// A request for the keyboard, granted when its field is drawn next. A frame may be drawn several times before it is right,
/// and fields may move: the request holds for all of that frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Focus(FocusState);

#[derive(Clone, Copy, Debug, Default)]
enum FocusState {
    #[default]
    None,
    Open,
    Granted(u64),
}

impl Focus {
    /// One that is open from the beginning.
    pub const fn wanted() -> Self {
        Self(FocusState::Open)
    }

    /// Wants it.
    pub const fn want(&mut self) {
        self.0 = FocusState::Open;
    }

    /// Is it to be given now? To be asked whenever the field is drawn, before it is drawn, of what it is drawn in.
    pub fn is_due(&mut self, ui: &Ui) -> bool {
        let frame = ui.ctx().cumulative_frame_nr();
        if ui.is_sizing_pass() {
            // What comes up is measured first, and cannot have the keyboard then: in this very frame it is drawn for good.
            if !matches!(self.0, FocusState::None) {
                ui.ctx().request_discard("a field is to have the keyboard");
            }
            return false;
        }
        match self.0 {
            FocusState::None => false,
            FocusState::Open => {
                self.0 = FocusState::Granted(frame);
                true
            }
            FocusState::Granted(granted) => granted == frame,
        }
    }
}
