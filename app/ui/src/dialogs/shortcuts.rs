//! All shortcuts.

use egui::{Grid, Ui};

use super::frame;
use crate::command::{Group, UiCommand, shortcut_text};
use crate::scene::Scene;
use crate::theme::{self, space};

/// Draws the list; `false` when it is over.
pub(super) fn ui(ui: &Ui, scene: &Scene<'_>) -> bool {
    frame::dialog(ui, scene.locale, scene.text("shortcuts-title"), 620.0, |ui| {
        let t = theme::tokens(ui);
        ui.columns(2, |columns| {
            for (place, groups) in [(0, &Group::ALL[..1]), (1, &Group::ALL[1..])] {
                let Some(ui) = columns.get_mut(place) else { continue };
                for group in groups {
                    ui.label(egui::RichText::new(scene.text(group.key())).color(t.accent));
                    Grid::new(group.key()).num_columns(2).min_col_width(86.0).show(ui, |ui| {
                        let has_keys = |c: &&UiCommand| !c.shortcuts().is_empty();
                        let commands = UiCommand::ALL.iter().filter(|c| c.group() == *group);
                        for command in commands.filter(has_keys) {
                            let keys = shortcut_text(ui.ctx(), *command);
                            ui.label(egui::RichText::new(keys).monospace().color(t.muted));
                            ui.label(scene.text(command.key()));
                            ui.end_row();
                        }
                        if *group == Group::Connection {
                            for (keys, key) in [
                                ("Enter", "keys-send"),
                                ("Shift+Enter", "keys-newline"),
                                ("↑ ↓", "keys-history"),
                            ] {
                                ui.label(egui::RichText::new(keys).monospace().color(t.muted));
                                ui.label(scene.text(key));
                                ui.end_row();
                            }
                        }
                    });
                    ui.add_space(space::S);
                }
            }
        });
    })
}
