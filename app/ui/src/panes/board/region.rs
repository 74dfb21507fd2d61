//! The flash as it is: the board's partition table, a backup of all or a part of it, erasing a part.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Grid, RichText, Ui};
use espalier_core::board::{
    BoardCommand, FlashOutcome, FlashRegion, FlashSpec, FlashStatus, FlashTask, FlashTaskResult,
    FoundTable, LinkState, PortKind, UsbIdentity, parse_address,
};

use super::BoardContext;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::number;
use crate::platform::Pick;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, form};

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct RegionForm {
    /// As it was typed, or taken from the table.
    region: String,
    /// Where the board's table lies; empty: it is looked for.
    table_at: String,
    file: String,
    /// The file was picked in the system's dialog, which asks before one is replaced.
    picked: Option<String>,
    /// What lies where, as far as the board has told.
    table: Option<Arc<FoundTable>>,
    /// The board on USB whose table it is.
    board: Option<UsbIdentity>,
    /// To be erased, once somebody has said that it is meant.
    asked: Option<FlashRegion>,
}

impl RegionForm {
    /// A file was picked in the system's dialog.
    pub fn picked(&mut self, path: &Path) {
        self.file = path.display().to_string();
        self.picked = Some(self.file.clone());
    }

    /// What the board tells of its table, or what was done to it.
    fn look(&mut self, context: &BoardContext<'_>) {
        let board = context.status.port.as_ref().and_then(PortKind::usb);
        if let Some(board) = board {
            if self.board.as_ref().is_some_and(|before| !before.is_same_board(board)) {
                let file = std::mem::take(&mut self.file);
                *self = Self { file, ..Self::default() };
            }
            self.board = Some(board.clone());
        }
        let Some(flash) = &context.status.flash else { return };
        if flash.table.is_some() {
            self.table.clone_from(&flash.table);
        }
        let erased = |found: &FoundTable| match &flash.result {
            Some(FlashTaskResult::Erased(range)) => range.contains(&found.at.into()),
            Some(_) => false,
            // However far it is: this may be seen for the first time when it is over.
            None => flash.writes && !flash.parts.is_empty(),
        };
        self.table.take_if(|found| erased(found));
    }

    fn region(&self) -> Option<FlashRegion> {
        self.region.parse().ok()
    }

    /// Does this, with the table where it was said to lie; `None`: that is no address.
    fn spec(&self, task: FlashTask) -> Option<FlashSpec> {
        let table_at = match self.table_at.trim() {
            "" => None,
            typed => Some(parse_address(typed)?),
        };
        Some(FlashSpec { table_at, ..FlashSpec::task(task) })
    }

    fn backup(&self, region: FlashRegion, file: PathBuf) -> FlashTask {
        FlashTask::Read { region, file, replace: self.picked.as_ref() == Some(&self.file) }
    }
}

pub(super) fn ui(
    state: &mut RegionForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    state.look(context);
    super::section(ui, scene, Some(context.id), "board-section-region", false, |ui, scene| {
        let ready = context.status.link == LinkState::Monitoring;
        ui.add_enabled_ui(ready, |ui| choices(state, ui, scene, context));
    });
}

fn choices(state: &mut RegionForm, ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>) {
    let label = scene.text("region-table-address");
    form::text(ui, label, &mut state.table_at, scene.text("region-table-hint"));
    // Without an address that is one, nothing can be asked for.
    let enabled = state.spec(FlashTask::Table).is_some();
    if !enabled {
        form::problem(ui, scene.text("flash-bad-address"));
    }
    ui.add_enabled_ui(enabled, |ui| {
        if widgets::button(ui, Icon::Search, scene.text("region-read-table")).clicked() {
            ask(state, scene, context, FlashTask::Table);
        }
    });
    if let Some(found) = state.table.clone() {
        table(state, ui, scene, &found);
    }
    form::text(ui, scene.text("region"), &mut state.region, scene.text("region-hint"));
    let region = state.region();
    if region.is_none() && !state.region.trim().is_empty() {
        form::problem(ui, scene.text("region-bad"));
    }
    file(state, ui, scene, context, region.as_ref());
    let Some(region) = region else { return };
    ui.add_enabled_ui(enabled, |ui| actions(state, ui, scene, context, region));
}

/// What can be done with this region.
fn actions(
    state: &mut RegionForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
    region: FlashRegion,
) {
    ui.horizontal_wrapped(|ui| {
        let path = scene.path(&state.file);
        ui.add_enabled_ui(!state.file.trim().is_empty(), |ui| {
            if widgets::button(ui, Icon::Save, scene.text("region-back-up")).clicked() {
                let task = state.backup(region.clone(), path);
                // Whoever replaces a file is asked each time.
                state.picked = None;
                ask(state, scene, context, task);
            }
        });
        if widgets::button(ui, Icon::Broom, scene.text("region-erase")).clicked() {
            state.asked = Some(region.clone());
        }
    });
    // What was asked about is what stands there.
    state.asked.take_if(|asked| *asked != region);
    if state.asked.is_some() {
        is_meant(state, ui, scene, context, region);
    }
}

/// What lies where; a click chooses it.
fn table(state: &mut RegionForm, ui: &mut Ui, scene: &Scene<'_>, found: &FoundTable) {
    let muted = theme::tokens(ui).muted;
    let FoundTable { at, table } = found;
    let spacing = [10.0, 2.0];
    Grid::new("partitions of the board").num_columns(4).spacing(spacing).show(ui, |ui| {
        for key in ["build-partition", "region-type", "build-address", "build-size"] {
            ui.label(RichText::new(scene.text(key)).small().color(muted));
        }
        ui.end_row();
        let chosen = state.region();
        for partition in &table.partitions {
            let region = FlashRegion::of(partition, table);
            let is_chosen = chosen.as_ref() == Some(&region);
            let name = RichText::new(partition.name()).small();
            if ui.selectable_label(is_chosen, name).clicked() {
                state.region = region.to_string();
            }
            let kind = format!("{} {}", partition.type_word(), partition.subtype_word());
            ui.small([kind, partition.flag_words()].join(" ").trim_end());
            ui.label(RichText::new(format!("{:#x}", partition.offset)).monospace().small());
            ui.small(number::bytes(partition.size.into()));
            ui.end_row();
        }
    });
    form::hint(ui, &scene.with("region-table-at", [("address", format!("{at:#x}").into())]));
}

/// Where a backup goes.
fn file(
    state: &mut RegionForm,
    ui: &mut Ui,
    scene: &Scene<'_>,
    context: &BoardContext<'_>,
    region: Option<&FlashRegion>,
) {
    form::row(ui, scene.text("region-file"), |ui| {
        let width = (ui.available_width() - 36.0).max(60.0);
        let field = form::field(ui, &mut state.file, scene.text("region-file-hint"), width);
        if widgets::icon_button(ui, Icon::Folder, scene.text("region-pick")).clicked() {
            let id = context.id;
            let inbox = scene.inbox.clone();
            let ask = Pick {
                save: true,
                title: scene.text("region-pick").to_owned(),
                start: match state.file.trim() {
                    "" => scene.path(&name(region)),
                    typed => scene.path(typed),
                },
                extension: Some("bin"),
            };
            let done = move |picked: Option<PathBuf>| {
                picked.into_iter().for_each(|path| inbox.leave(InboxMessage::BackupFile(id, path)));
            };
            scene.platform.pick(ask, Box::new(done));
        }
        field
    });
}

/// The name that is offered for a backup.
fn name(region: Option<&FlashRegion>) -> String {
    let region = region.map_or_else(|| "flash".to_owned(), FlashRegion::to_string);
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    format!("backup-{}.bin", region.chars().map(plain).collect::<String>())
}

fn is_meant(
    state: &mut RegionForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
    region: FlashRegion,
) {
    let what = scene.with("region-erase-ask", [("region", region.to_string().into())]);
    form::caution(ui, &what);
    ui.horizontal_wrapped(|ui| {
        if widgets::danger_button(ui, None, scene.text("region-erase-now")).clicked() {
            state.asked = None;
            ask(state, scene, context, FlashTask::Erase { region });
        } else if ui.button(scene.text("region-keep")).clicked() {
            state.asked = None;
        }
    });
}

fn ask(state: &RegionForm, scene: &mut Scene<'_>, context: &BoardContext<'_>, task: FlashTask) {
    if let Some(spec) = state.spec(task) {
        scene.ask(UiRequest::Board(context.id, BoardCommand::Flash(Box::new(spec))));
    }
}

/// What came of it, as the headline of its progress; `None`: something was written, or it is not over.
pub(super) fn headline(flash: &FlashStatus) -> Option<&'static str> {
    match (&flash.outcome, flash.result.as_ref()?) {
        (Some(Ok(_)), FlashTaskResult::Read(_)) => Some("region-backed-up"),
        (Some(Ok(_)), FlashTaskResult::Erased(_)) => Some("region-erased"),
        (Some(Ok(_)), FlashTaskResult::Table) => Some("region-table-read"),
        _ => None,
    }
}

/// What came of it: the file with its digest.
pub(super) fn result(ui: &mut Ui, scene: &mut Scene<'_>, flash: &FlashStatus) {
    if headline(flash).is_none() {
        return;
    }
    match &flash.result {
        Some(FlashTaskResult::Read(backup)) => {
            let size = number::bytes(backup.size());
            ui.label(RichText::new(format!("{}  {size}", backup.file.display())).small());
            ui.horizontal(|ui| {
                ui.small("SHA-256");
                if widgets::icon_button(ui, Icon::Copy, scene.text("region-copy")).clicked() {
                    scene.ask(UiRequest::CopyText(backup.sha256.clone()));
                }
                let digest = RichText::new(&backup.sha256).monospace().small();
                ui.add(egui::Label::new(digest).truncate());
            });
        }
        Some(FlashTaskResult::Erased(range)) => {
            let size = number::bytes(range.end - range.start);
            ui.small(format!("{:#x}  {size}", range.start));
        }
        _ => {}
    }
    if let Some(Ok(FlashOutcome::PressReset)) = flash.outcome {
        form::caution(ui, scene.text("region-press-reset"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_systems_dialog_asked_about_is_replaced() {
        let mut form = RegionForm::default();
        let replaces =
            |form: &RegionForm| match form.backup(FlashRegion::All, form.file.clone().into()) {
                FlashTask::Read { replace, .. } => replace,
                _ => false,
            };
        form.file = "/tmp/a.bin".to_owned();
        assert!(!replaces(&form));
        form.picked(Path::new("/tmp/b.bin"));
        assert!(replaces(&form));
        form.file.push('x');
        assert!(!replaces(&form), "another one was typed");
    }

    #[test]
    fn a_name_is_offered_that_every_system_takes() {
        assert_eq!(name(None), "backup-flash.bin");
        assert_eq!(name(Some(&"../a:b".parse().unwrap())), "backup----a-b.bin");
    }
}
