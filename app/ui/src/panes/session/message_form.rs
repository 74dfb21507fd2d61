//! How a prepared text becomes bytes: what an entry of the send list and an answer of a rule have in common.

use egui::Ui;
use espalier_core::send::{SendFormat, SendSpec};
use espalier_core::view::EncodingName;

use super::send::{checksum, ending};
use crate::scene::Scene;
use crate::widgets::{Search, encoding, segmented};

/// What is edited.
pub(super) struct MessageForm<'a> {
    pub spec: &'a mut SendSpec,
    /// `{{…}}` in the text stands for something that changes.
    pub placeholders: &'a mut bool,
    /// What those are.
    pub placeholders_hint: &'a str,
    pub encoding: &'a mut Option<EncodingName>,
}

/// What was searched for meanwhile.
#[derive(Debug, Default)]
pub(super) struct MessageSearch {
    checksum: Search,
    encoding: Search,
}

impl MessageForm<'_> {
    /// Draws it, in a row that is broken where it must be.
    pub(super) fn ui(self, ui: &mut Ui, scene: &Scene<'_>, search: &mut MessageSearch) {
        let formats = [
            (SendFormat::Text, scene.text("send-text")),
            (SendFormat::Hex, scene.text("send-hex")),
        ];
        segmented(ui, &mut self.spec.format, &formats);
        let is_text = self.spec.format == SendFormat::Text;
        if is_text {
            ui.checkbox(&mut self.spec.escapes, scene.text("send-escapes"))
                .on_hover_text(scene.text("send-escapes-hint"));
        }
        ui.checkbox(self.placeholders, scene.text("list-placeholders"))
            .on_hover_text(self.placeholders_hint);
        ending::choose(ui, scene, &mut self.spec.line_ending);
        checksum::menu(ui, scene, &mut self.spec.checksum, &mut search.checksum);
        if is_text {
            encoding::own(ui, scene.locale, self.encoding, &mut search.encoding);
        }
    }
}
