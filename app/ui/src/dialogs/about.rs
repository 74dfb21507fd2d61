//! What the program is, and of what it is made.

use egui::{Button, Label, RichText, ScrollArea, Ui};
use espalier_core::releases::{Release, ReleaseAnswer};

use super::frame;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::platform::About;
use crate::scene::Scene;
use crate::state::ReleaseStanding;
use crate::theme::{self, space};
use crate::widgets;

/// The dialog.
#[derive(Debug)]
pub struct AboutDialog {
    about: About,
    /// The licences, line by line: thousands, of which those in sight are drawn.
    lines: Vec<&'static str>,
}

impl AboutDialog {
    /// Tells this.
    pub fn new(about: About) -> Self {
        let lines = about.licences.lines().collect();
        Self { about, lines }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let About { version, revision, target, .. } = &self.about;
        let title = scene.text("command-about");
        let said = [
            scene.with("about-version", [("version", version.into())]),
            scene
                .with("about-revision", [("revision", revision.into()), ("target", target.into())]),
            scene.text("about-licence").to_owned(),
        ];
        let (mut copied, mut asked) = (false, false);
        let room = ui.ctx().content_rect().height();
        let open = frame::dialog(ui, scene.locale, title, 640.0, |ui| {
            let t = theme::tokens(ui);
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| {
                    for line in &said {
                        ui.add(Label::new(line).selectable(true));
                    }
                });
                copied = widgets::icon_button(ui, Icon::Copy, scene.text("copy")).clicked();
            });
            ui.horizontal_wrapped(|ui| {
                let is_free = *scene.releases != ReleaseStanding::Asking;
                asked = ui.add_enabled(is_free, Button::new(scene.text("updates-ask"))).clicked();
                ui.label(RichText::new(standing(scene)).color(t.muted));
            });
            ui.add_space(space::M);
            ui.label(RichText::new(scene.text("about-third-parties")).color(t.accent));
            if self.lines.is_empty() {
                ui.label(RichText::new(scene.text("about-no-licences")).color(t.muted));
                return;
            }
            let height = ui.text_style_height(&egui::TextStyle::Monospace);
            let area = ScrollArea::both().max_height((room - 300.0).max(120.0)).auto_shrink(false);
            area.show_rows(ui, height, self.lines.len(), |ui, rows| {
                for line in self.lines.get(rows).unwrap_or_default() {
                    ui.add(Label::new(RichText::new(*line).monospace()).extend());
                }
            });
        });
        if asked {
            scene.ask(UiRequest::AskForReleases);
        }
        if copied {
            scene.ask(UiRequest::CopyText(format!("Espalier\n{}", said.join("\n"))));
        }
        open
    }
}

/// How it stands with newer versions.
fn standing(scene: &Scene<'_>) -> String {
    match scene.releases {
        ReleaseStanding::Unasked => String::new(),
        ReleaseStanding::Asking => scene.text("updates-asking").to_owned(),
        ReleaseStanding::Answered(Ok(ReleaseAnswer::UpToDate(_))) => {
            scene.text("updates-newest").to_owned()
        }
        ReleaseStanding::Answered(Ok(ReleaseAnswer::Newer(Release { version, .. }))) => {
            scene.with("updates-newer", [("version", version.into())])
        }
        ReleaseStanding::Answered(Err(fault)) => scene.locale.sentence(&fault.what),
    }
}
