//! Flashing: what to write, how far it is, how it ended.

use std::path::PathBuf;

use egui::{CollapsingHeader, ProgressBar, Ui};
use espalier_core::board::{
    BoardCommand, BoardFault, FlashAction, FlashFile, FlashOutcome, FlashSpec, FlashStatus,
    FlashStep, FoundBuild, LinkState, PartState, PortKind, UsbIdentity, parse_address,
};

use super::build::BuildForm;
use super::{BoardContext, problem, region};
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::locale::Value;
use crate::number;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, form};
use crate::words;

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct FlashForm {
    action: FlashAction,
    whole: bool,
    force: bool,
    files: Vec<FileRow>,
    /// What another tool has built; it takes the place of files.
    pub build: BuildForm,
    typed: String,
    /// The board on USB that it was filled in for.
    board: Option<UsbIdentity>,
}

#[derive(Debug)]
struct FileRow {
    path: String,
    address: String,
}

impl FlashForm {
    /// Files that can be flashed at once.
    const MOST: usize = 8;

    /// What a folder or a file holds that was picked, dropped or typed.
    pub fn found(&mut self, path: PathBuf, found: Result<FoundBuild, BoardFault>) {
        match self.build.answer(path, found) {
            Some(file) => self.add(file.display().to_string()),
            None if self.build.spec().is_some() => self.files.clear(),
            None => {}
        }
    }

    /// A file for one place.
    fn add(&mut self, path: String) {
        if self.files.len() < Self::MOST && !path.is_empty() {
            self.files.push(FileRow { path, address: String::new() });
        }
    }

    /// What was chosen for another board is not for this one.
    fn is_for(&mut self, board: Option<&UsbIdentity>) {
        let Some(board) = board else { return };
        if self.board.as_ref().is_some_and(|before| !before.is_same_board(board)) {
            *self = Self::default();
        }
        self.board = Some(board.clone());
    }

    /// What to flash, and begins with the next one: what overwrites or erases more is asked for each time anew. `None`: an
    /// address is no number.
    pub fn take(&mut self) -> Option<FlashSpec> {
        let spec = self.spec().ok()?;
        if spec.writes() {
            self.build.flashed();
        }
        (self.action, self.whole, self.force) = Default::default();
        Some(spec)
    }

    /// Whether anything would be written.
    pub const fn writes(&self) -> bool {
        self.action.writes()
    }

    /// What would be done, in a few words.
    pub fn summary(&self, scene: &Scene<'_>) -> String {
        let file = |file: &FileRow| {
            let name = std::path::Path::new(&file.path).file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let mut words: Vec<String> = self.files.iter().map(file).collect();
        if words.is_empty() {
            let bundled = || scene.text("boards-bundled").to_owned();
            words.push(self.build.title().unwrap_or_else(bundled));
        }
        let action = match self.action {
            FlashAction::EraseFirst => Some("flash-erase"),
            FlashAction::VerifyOnly => Some("flash-verify"),
            FlashAction::DryRun => Some("flash-dry-run"),
            FlashAction::Install => None,
        };
        let more = [self.whole.then_some("flash-whole"), self.force.then_some("flash-force")];
        words.extend(
            action
                .into_iter()
                .chain(more.into_iter().flatten())
                .map(|key| scene.text(key).to_owned()),
        );
        words.join(" · ")
    }

    /// What to flash; `Err` is the row whose address is no number.
    pub fn spec(&self) -> Result<FlashSpec, usize> {
        let files: Result<Vec<FlashFile>, usize> =
            self.files.iter().enumerate().map(|(row, file)| file.spec().ok_or(row)).collect();
        let files = files?;
        if let Some(spec) = self.build.spec().filter(|_| files.is_empty()) {
            let Self { action, whole, force, .. } = *self;
            return Ok(FlashSpec { action, whole, force, ..spec });
        }
        let spec = if files.is_empty() { FlashSpec::bundled() } else { FlashSpec::files(files) };
        let Self { action, whole, force, .. } = *self;
        Ok(FlashSpec { action, whole, force, ..spec })
    }
}

impl FileRow {
    fn spec(&self) -> Option<FlashFile> {
        let address = match self.address.trim() {
            "" => None,
            typed => Some(parse_address(typed)?),
        };
        Some(FlashFile { path: self.path.clone().into(), address })
    }
}

pub(super) fn ui(
    form_state: &mut FlashForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    form_state.is_for(context.status.port.as_ref().and_then(PortKind::usb));
    form_state.build.keep_looking(scene, context.id);
    if let Some(flash) = &context.status.flash {
        progress(ui, scene, context, flash);
        if flash.outcome.is_none() {
            return;
        }
    }
    let open = !form_state.files.is_empty() || !form_state.build.is_empty();
    super::section(ui, scene, Some(context.id), "board-section-flash", open, |ui, scene| {
        choices(form_state, ui, scene, context);
    });
}

fn choices(
    form_state: &mut FlashForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    for (action, key, hint) in [
        (FlashAction::Install, "flash-install", "flash-install-hint"),
        (FlashAction::EraseFirst, "flash-erase", "flash-erase-hint"),
        (FlashAction::VerifyOnly, "flash-verify", "flash-verify-hint"),
        (FlashAction::DryRun, "flash-dry-run", "flash-dry-run-hint"),
    ] {
        ui.radio_value(&mut form_state.action, action, scene.text(key))
            .on_hover_text(scene.text(hint));
    }
    let chip = context.status.flash.as_ref().and_then(|flash| Some(flash.chip.as_ref()?.chip));
    form_state.build.ui(ui, scene, chip);
    let mut removed = None;
    for (index, file) in form_state.files.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            if widgets::icon_button(ui, Icon::Cross, scene.text("remove")).clicked() {
                removed = Some(index);
            }
            let name = scene.text("flash-address");
            let field = form::field(ui, &mut file.address, "0x10000", 84.0);
            let enabled = ui.is_enabled();
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, enabled, name));
            ui.add(egui::Label::new(egui::RichText::new(&file.path).small()).truncate());
        });
        if file.spec().is_none() {
            form::problem(ui, scene.text("flash-bad-address"));
        }
    }
    if let Some(index) = removed {
        form_state.files.remove(index);
    }
    ui.horizontal(|ui| {
        let name = scene.text("flash-file");
        let field = form::field(ui, &mut form_state.typed, scene.text("flash-file-hint"), 200.0);
        let enabled = ui.is_enabled();
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, enabled, name));
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if widgets::icon_button(ui, Icon::Plus, scene.text("flash-add-file")).clicked() || enter {
            let typed = std::mem::take(&mut form_state.typed);
            if !typed.trim().is_empty() {
                form_state.build.ask(typed.trim().into());
            }
        }
        if widgets::icon_button(ui, Icon::Search, scene.text("flash-pick-file")).clicked() {
            scene.ask(UiRequest::PickFlashFile(context.id));
        }
        if widgets::icon_button(ui, Icon::Folder, scene.text("flash-pick-folder")).clicked() {
            let inbox = scene.inbox.clone();
            let id = context.id;
            let picked = move |path: Option<PathBuf>| {
                path.into_iter().for_each(|path| inbox.leave(InboxMessage::BoardFile(id, path)));
            };
            let title = scene.text("flash-pick-folder").to_owned();
            scene.platform.pick_folder(title, Box::new(picked));
        }
    });
    for (chosen, key, hint) in [
        (&mut form_state.whole, "flash-whole", "flash-whole-hint"),
        (&mut form_state.force, "flash-force", "flash-force-hint"),
    ] {
        ui.checkbox(chosen, scene.text(key)).on_hover_text(scene.text(hint));
    }
    if form_state.files.is_empty() && form_state.build.is_empty() {
        form::hint(ui, scene.text("flash-bundled-hint"));
    }
    let ready = context.status.link == LinkState::Monitoring;
    let is_clear = form_state.spec().is_ok();
    let text = scene.text(match form_state.action {
        FlashAction::VerifyOnly => "flash-verify",
        FlashAction::DryRun => "flash-dry-run",
        _ => "flash",
    });
    let clicked =
        ui.add_enabled_ui(ready && is_clear, |ui| widgets::button(ui, Icon::Save, text).clicked());
    if clicked.inner
        && let Some(spec) = form_state.take()
    {
        scene.ask(UiRequest::Board(context.id, BoardCommand::Flash(Box::new(spec))));
    }
}

fn progress(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>, flash: &FlashStatus) {
    let t = theme::tokens(ui);
    egui::Frame::new()
        .fill(t.field)
        .stroke(egui::Stroke::new(1.0, t.line))
        .corner_radius(space::RADIUS_LARGE)
        .inner_margin(egui::Margin::same(10))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            headline(ui, scene, flash);
            if let Some(chip) = &flash.chip {
                let mac = chip.mac.as_deref().unwrap_or("");
                let revision = chip.revision.map(|(a, b)| format!("v{a}.{b}")).unwrap_or_default();
                let size = number::bytes(chip.flash_size);
                ui.label(
                    egui::RichText::new(format!("{} {revision} {mac} {size}", chip.chip)).small(),
                );
            }
            if flash.outcome.is_none() {
                under_way(ui, scene, context, flash);
            }
            ui.scope(|ui| parts(ui, scene, flash));
            region::result(ui, scene, flash);
            ending(ui, scene, context, flash);
            attempts(ui, scene, flash);
        });
}

/// The key of the words for how far flashing is, or how it ended.
pub(super) fn headline_key(flash: &FlashStatus) -> &'static str {
    match (&flash.outcome, &flash.step) {
        (Some(Ok(_)), _) if flash.result.is_some() => {
            region::headline(flash).unwrap_or("flash-finishing")
        }
        (Some(Ok(FlashOutcome::PressReset)), _) if !flash.writes => "flash-compared-press-reset",
        (Some(Ok(FlashOutcome::Running | FlashOutcome::Restarted)), _) if !flash.writes => {
            "flash-compared"
        }
        (Some(Ok(FlashOutcome::Running)), _) => "flash-running",
        (Some(Ok(FlashOutcome::Restarted)), _) => "flash-restarted",
        (Some(Ok(FlashOutcome::PressReset)), _) => "flash-press-reset",
        (Some(Ok(FlashOutcome::InLoader)), _) => "flash-in-loader",
        (Some(Err(fault)), _) => words::fault(fault.kind),
        (None, _) if flash.cancelling => "flash-cancelling",
        (None, FlashStep::Connecting) => "flash-connecting",
        (None, FlashStep::NeedsHands { .. }) => "flash-needs-hands",
        (None, FlashStep::Identifying) => "flash-identifying",
        (None, FlashStep::Comparing) => "flash-comparing",
        (None, FlashStep::Erasing) => "flash-erasing",
        (None, FlashStep::Reading) => "flash-reading",
        (None, FlashStep::Writing(_)) => "flash-writing",
        (None, FlashStep::Verifying(_)) => "flash-verifying",
        (None, FlashStep::Restarting) => "flash-restarting",
        (None, _) => "flash-finishing",
    }
}

fn headline(ui: &mut Ui, scene: &Scene<'_>, flash: &FlashStatus) {
    let t = theme::tokens(ui);
    let color = match &flash.outcome {
        Some(Ok(_)) => t.good,
        Some(Err(_)) => t.bad,
        None => t.strong,
    };
    ui.label(egui::RichText::new(scene.text(headline_key(flash))).strong().color(color));
    if let FlashStep::NeedsHands { help } = &flash.step
        && flash.outcome.is_none()
    {
        form::caution(ui, &scene.locale.sentence(help));
    }
}

fn under_way(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>, flash: &FlashStatus) {
    let bar = match flash.progress() {
        Some(done) => ProgressBar::new(done).show_percentage(),
        None => ProgressBar::new(0.0).animate(true),
    };
    ui.add(bar.desired_height(14.0));
    // The button stays where it is while the figures beside it come, change and go.
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            cancel(ui, scene, context, flash);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                figures(ui, scene, flash);
            });
        });
    });
}

fn cancel(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>, flash: &FlashStatus) {
    // Flashing that is a part of a provisioning run is cancelled with it.
    let going = scene.backend.provision_status(context.id);
    if going.is_some_and(|going| going.outcome.is_none()) {
        return;
    }
    let clicked = ui.add_enabled_ui(!flash.cancelling, |ui| {
        widgets::button(ui, Icon::Stop, scene.text("cancel")).clicked()
    });
    if clicked.inner {
        scene.ask(UiRequest::Board(context.id, BoardCommand::CancelFlash));
    }
}

fn figures(ui: &mut Ui, scene: &Scene<'_>, flash: &FlashStatus) {
    let mut words = Vec::new();
    if flash.rate > 0.0 {
        words.push(number::rate(flash.rate));
    }
    if let Some(left) = flash.left {
        let seconds = format!("{:.0}", left.as_secs_f64().ceil());
        words.push(scene.with("flash-left", [("seconds", Value::from(seconds))]));
    }
    if flash.loader.baud > 0 {
        let baud = flash.loader.baud.to_string();
        words.push(scene.with("baud-rate", [("baud", baud.into())]));
    }
    ui.add(egui::Label::new(egui::RichText::new(words.join("   ")).small()).truncate());
}

fn parts(ui: &mut Ui, scene: &Scene<'_>, flash: &FlashStatus) {
    ui.spacing_mut().interact_size.y = 16.0;
    for part in flash.parts.iter() {
        let (key, done) = match part.state {
            PartState::Waiting => ("part-waiting", 0),
            PartState::Writing(done) => ("part-writing", done),
            PartState::Written => ("part-written", part.size),
            PartState::Skipped => ("part-skipped", part.size),
            PartState::Verified => ("part-verified", part.size),
            PartState::Different => ("part-different", part.size),
        };
        ui.horizontal(|ui| {
            ui.small(words::part(scene.locale, &part.name));
            ui.label(
                egui::RichText::new(format!("0x{:x}", part.address)).monospace().small().weak(),
            );
            let size = match part.state {
                PartState::Writing(_) => {
                    format!("{} / {}", number::bytes(done), number::bytes(part.size))
                }
                _ => number::bytes(part.size),
            };
            ui.small(size);
            ui.small(part.partition.as_deref().unwrap_or_default());
            ui.label(egui::RichText::new(scene.text(key)).small().weak());
        });
    }
}

fn ending(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>, flash: &FlashStatus) {
    let Some(outcome) = &flash.outcome else { return };
    if let Err(fault) = outcome {
        problem::fault(ui, scene, fault);
    }
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Check, scene.text("flash-dismiss")).clicked() {
            scene.ask(UiRequest::Board(context.id, BoardCommand::DismissFlash));
        }
    });
}

/// The log to copy into a question.
fn attempts(ui: &mut Ui, scene: &mut Scene<'_>, flash: &FlashStatus) {
    if flash.attempts.is_empty() {
        return;
    }
    CollapsingHeader::new(egui::RichText::new(scene.text("flash-log")).small())
        .id_salt("flash log")
        .show(ui, |ui| {
            let lines: Vec<String> = flash
                .attempts
                .iter()
                .map(|attempt| {
                    let told = scene.locale.translate(&attempt.text);
                    format!("{:7.2} s  {told}", attempt.at.as_secs_f64())
                })
                .collect();
            for line in &lines {
                ui.add(egui::Label::new(egui::RichText::new(line).monospace().small()).wrap());
            }
            if widgets::button(ui, Icon::Copy, scene.text("copy")).clicked() {
                scene.ask(UiRequest::CopyText(lines.join("\n")));
            }
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_for_a_board_is_not_for_the_next_one() {
        let usb = |serial: &str| UsbIdentity {
            serial: Some(serial.to_owned()),
            ..UsbIdentity::default()
        };
        let mut form = FlashForm::default();
        form.add("a.bin".to_owned());
        form.action = FlashAction::EraseFirst;
        form.is_for(Some(&usb("one")));
        form.is_for(None);
        form.is_for(Some(&usb("one")));
        assert_eq!((form.files.len(), form.action), (1, FlashAction::EraseFirst), "it came back");
        form.is_for(Some(&usb("two")));
        assert_eq!((form.files.len(), form.action), (0, FlashAction::Install));
    }

    #[test]
    fn what_overwrites_more_is_asked_for_each_time_anew() {
        let action = FlashAction::EraseFirst;
        let mut form = FlashForm { action, whole: true, force: true, ..FlashForm::default() };
        let asked = form.take().unwrap();
        assert!(asked.whole && asked.force && asked.action == FlashAction::EraseFirst);
        let next = form.take().unwrap();
        assert!(!next.whole && !next.force && next.action == FlashAction::Install);
    }

    #[test]
    fn nothing_is_called_flashed_that_was_only_compared() {
        let ended = |outcome, writes| {
            let outcome = Some(Ok(outcome));
            headline_key(&FlashStatus { writes, outcome, ..FlashStatus::default() })
        };
        assert_eq!(ended(FlashOutcome::Running, true), "flash-running");
        assert_eq!(ended(FlashOutcome::Running, false), "flash-compared");
        assert_eq!(ended(FlashOutcome::Restarted, false), "flash-compared");
        assert_eq!(ended(FlashOutcome::PressReset, false), "flash-compared-press-reset");
    }

    fn address(typed: &str) -> Option<Option<u32>> {
        let row = FileRow { path: "a.bin".to_owned(), address: typed.to_owned() };
        row.spec().map(|file| file.address)
    }

    #[test]
    fn an_address_is_hexadecimal_decimal_or_left_to_us() {
        assert_eq!(address("0x10000"), Some(Some(0x10000)));
        assert_eq!(address("4096"), Some(Some(4096)));
        assert_eq!(address("  "), Some(None));
        assert_eq!(address("ten"), None);
        assert_eq!(address("0x1_0000_0000"), None);
    }
}
