//! A search among the commands.

use egui::{Align2, Frame, Id, Key, Margin, Modal, Modifiers, Ui};

use crate::command::{UiCommand, shortcut_text};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{Focus, form};

/// What was entered so far.
#[derive(Debug)]
pub struct Palette {
    query: String,
    chosen: usize,
    focus: Focus,
}

impl Default for Palette {
    fn default() -> Self {
        Self { query: String::new(), chosen: 0, focus: Focus::wanted() }
    }
}

impl Palette {
    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let found: Vec<UiCommand> = matching(&self.query, scene).collect();
        let (down, up, enter, escape) = ui.input_mut(|input| {
            (
                input.consume_key(Modifiers::NONE, Key::ArrowDown),
                input.consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::Enter),
                input.consume_key(Modifiers::NONE, Key::Escape),
            )
        });
        let last = found.len().saturating_sub(1);
        self.chosen = (self.chosen + usize::from(down)).saturating_sub(usize::from(up)).min(last);
        let mut run = enter.then(|| found.get(self.chosen).copied()).flatten();

        let t = theme::tokens(ui);
        let area = Modal::default_area(Id::unique("palette"))
            .anchor(Align2::CENTER_TOP, egui::vec2(0.0, 72.0));
        let shown = Modal::new(Id::unique("palette"))
            .area(area)
            .backdrop_color(t.backdrop)
            .frame(Frame::window(ui.style()).inner_margin(Margin::same(8)))
            .show(ui.ctx(), |ui| {
                ui.set_width(440.0_f32.min(ui.ctx().content_rect().width() - 40.0));
                let hint = scene.text("palette-hint");
                if self.focus.is_due(ui) {
                    form::take_focus(ui, &self.query);
                }
                let field = form::field(ui, &mut self.query, hint, ui.available_width());
                let enabled = ui.is_enabled();
                field.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::SearchInput, enabled, hint)
                });
                if field.changed() {
                    self.chosen = 0;
                }
                ui.add_space(space::XS);
                // As high as what is found, as long as there is room.
                let room = (ui.ctx().content_rect().height() - 160.0).clamp(80.0, 480.0);
                let high = (found.len().max(1) as f32 * (space::CONTROL + 1.0)).min(room);
                let size = egui::vec2(ui.available_width(), high);
                let (place, _) = ui.allocate_exact_size(size, egui::Sense::hover());
                let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(place));
                egui::ScrollArea::vertical().auto_shrink(false).show(&mut ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    if found.is_empty() {
                        ui.weak(scene.text("nothing-matches"));
                    }
                    for (index, command) in found.iter().enumerate() {
                        let text = scene.text(command.key());
                        let keys = shortcut_text(ui.ctx(), *command);
                        let button = egui::Button::new(text)
                            .selected(index == self.chosen)
                            .frame_when_inactive(index == self.chosen)
                            .right_text(
                                egui::RichText::new(keys).monospace().small().color(t.muted),
                            )
                            .min_size(egui::vec2(ui.available_width(), space::CONTROL));
                        let row = ui.add(button);
                        let (enabled, on) = (ui.is_enabled(), index == self.chosen);
                        row.widget_info(|| {
                            egui::WidgetInfo::selected(egui::Role::Button, enabled, on, text)
                        });
                        if row.clicked() {
                            run = Some(*command);
                        }
                        if index == self.chosen && (down || up) {
                            row.scroll_to_me(None);
                        }
                    }
                });
            });
        let open = run.is_none() && !escape && !shown.backdrop_response.clicked();
        if let Some(command) = run {
            scene.command(command);
        }
        open
    }
}

/// The commands whose name contains all words of the query; English names are found in Chinese too.
fn matching<'a>(query: &str, scene: &'a Scene<'_>) -> impl Iterator<Item = UiCommand> + use<'a> {
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    UiCommand::ALL.iter().copied().filter(move |command| {
        let name = scene.text(command.key()).to_lowercase();
        let key = command.key();
        words.iter().all(|word| name.contains(word) || key.contains(word.as_str()))
            && *command != UiCommand::Palette
    })
}
