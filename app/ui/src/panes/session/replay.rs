//! A capture that is played, below the log: how far it is, what can be done, and where the answers differ, side by side.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Label, ProgressBar, RichText, ScrollArea, Ui};
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::hex;
use espalier_core::replay::{
    Difference, DifferenceKind, ReplayControl, ReplayEnd, ReplayPhase, ReplayStatus,
};
use espalier_core::session::SessionStatus;
use espalier_core::terminal::Plain;

use crate::command::UiRequest;
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// How high the two sides are at most.
const SIDES: f32 = 120.0;

/// Which difference is shown.
#[derive(Debug, Default)]
pub(super) struct ReplayPane {
    shown: usize,
}

impl ReplayPane {
    /// Whether there is anything to be shown.
    pub(super) const fn is_shown(status: &SessionStatus) -> bool {
        status.replay.is_some()
    }

    /// Draws it.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        id: SessionId,
        status: &SessionStatus,
    ) {
        let Some(replay) = &status.replay else { return };
        ui.scope(|ui| going(ui, scene, id, replay));
        if !replay.differences.is_empty() {
            self.differences(ui, scene, replay);
        }
    }

    fn differences(&mut self, ui: &mut Ui, scene: &Scene<'_>, replay: &ReplayStatus) {
        let all = &replay.differences;
        self.shown = self.shown.min(all.len() - 1);
        ui.horizontal_wrapped(|ui| {
            for (icon, key, can, to) in [
                (Icon::Up, "replay-previous", self.shown > 0, self.shown.wrapping_sub(1)),
                (Icon::Down, "replay-next", self.shown + 1 < all.len(), self.shown + 1),
            ] {
                let button = ui.add_enabled_ui(can, |ui| {
                    widgets::icon_button(ui, icon, scene.text(key)).clicked()
                });
                if button.inner {
                    self.shown = to;
                }
            }
            let difference = &all[self.shown];
            let kind = scene.text(match difference.kind() {
                DifferenceKind::Changed => "replay-changed",
                DifferenceKind::Missing => "replay-missing",
                DifferenceKind::Additional => "replay-additional",
            });
            let args = [
                ("number", number::grouped(self.shown as u64 + 1).into()),
                ("count", number::grouped(all.len() as u64).into()),
                ("exchange", number::grouped(difference.exchange).into()),
                ("byte", number::grouped(difference.first_byte()).into()),
                ("kind", kind.into()),
            ];
            ui.label(scene.with("replay-place", args));
            let more = replay.totals.differences.saturating_sub(all.len() as u64);
            if more > 0 {
                let args = [("count", number::grouped(more).into())];
                let text = scene.with("replay-more-differences", args);
                ui.label(RichText::new(text).color(theme::tokens(ui).muted));
            }
        });
        sides(ui, scene, &all[self.shown]);
    }
}

fn control(scene: &mut Scene<'_>, id: SessionId, control: ReplayControl) {
    scene.ask(UiRequest::Session(id, SessionCommand::Replay(control)));
}

/// What it does, and what can be done with it.
fn going(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, replay: &ReplayStatus) {
    let t = theme::tokens(ui);
    let over = replay.is_over();
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(scene.text("replay-heading")).strong());
        let (text, color) = match &replay.phase {
            ReplayPhase::Over(ReplayEnd::Failed(why) | ReplayEnd::TargetGone(why)) => {
                (scene.locale.sentence(why), t.bad)
            }
            phase => {
                let key = match phase {
                    ReplayPhase::Connecting => "replay-connecting",
                    ReplayPhase::Reading => "replay-reading",
                    _ if replay.paused && !over => "replay-paused",
                    ReplayPhase::Playing => "replay-playing",
                    ReplayPhase::Waiting => "replay-waiting",
                    ReplayPhase::HeldUp => "replay-held-up",
                    ReplayPhase::Ending => "replay-ending",
                    ReplayPhase::Over(ReplayEnd::Stopped) => "replay-stopped",
                    ReplayPhase::Over(_) => "replay-done",
                };
                (scene.text(key).to_owned(), t.muted)
            }
        };
        ui.label(RichText::new(text).color(color));
        let args = [
            ("sent", number::grouped(replay.sent).into()),
            ("parts", number::grouped(replay.parts).into()),
            ("bytes", number::bytes(replay.sent_bytes).into()),
        ];
        if replay.parts > 0 {
            ui.label(RichText::new(scene.with("replay-progress", args)).color(t.muted));
        }
        if replay.unsent > 0 {
            let args = [("count", replay.unsent.into())];
            ui.label(RichText::new(scene.with("replay-unsent", args)).color(t.bad));
        }
        let count = replay.totals.differences;
        let is_done = replay.phase == ReplayPhase::Over(ReplayEnd::Done);
        if count > 0 {
            let args = [("count", count.into())];
            ui.label(RichText::new(scene.with("replay-count", args)).color(t.bad));
        } else if is_done && replay.unsent == 0 {
            ui.label(RichText::new(scene.text("replay-alike")).color(t.good));
        }
        if over {
            let name = scene.text("replay-dismiss");
            if widgets::icon_button(ui, Icon::Cross, name).clicked() {
                control(scene, id, ReplayControl::Dismiss);
            }
            return;
        }
        let (icon, key, wish) = match replay.paused {
            true => (Icon::Play, "replay-resume", ReplayControl::Resume),
            false => (Icon::Pause, "replay-pause", ReplayControl::Pause),
        };
        for (icon, key, wish) in [
            (icon, key, wish),
            (Icon::Follow, "replay-step", ReplayControl::Step),
            (Icon::Stop, "replay-stop", ReplayControl::Stop),
        ] {
            if widgets::button(ui, icon, scene.text(key)).clicked() {
                control(scene, id, wish);
            }
        }
    });
    if !over {
        let bar = match replay.read.or_else(|| replay.fraction()) {
            Some(fraction) => ProgressBar::new(fraction),
            None => ProgressBar::new(0.0).animate(true),
        };
        ui.add(bar.desired_height(5.0));
    }
}

/// What was expected at the left, what came at the right.
fn sides(ui: &mut Ui, scene: &Scene<'_>, difference: &Difference) {
    let t = theme::tokens(ui);
    let text = is_text(difference);
    let lengths = [difference.expected_length, difference.new_length];
    let titles = ["replay-expected", "replay-new"];
    ScrollArea::vertical().id_salt("replay sides").max_height(SIDES).show(ui, |ui| {
        ui.columns(2, |columns| {
            let both = difference.sides().into_iter().zip([t.bad, t.good]);
            let both = both.zip(titles.into_iter().zip(lengths));
            for (ui, ((parts, color), (title, length))) in columns.iter_mut().zip(both) {
                let args = [("bytes", number::grouped(length).into())];
                ui.label(RichText::new(scene.with(title, args)).small().weak());
                let job = laid_out(parts, text, (t.text, color, t.hover));
                ui.add(Label::new(job).selectable(true).wrap());
                let kept = parts.iter().map(|part| part.len() as u64).sum::<u64>();
                if kept < length {
                    let args = [("bytes", number::grouped(length - kept).into())];
                    ui.label(RichText::new(scene.with("replay-more", args)).small().weak());
                }
            }
        });
    });
}

/// Whether both sides can be read.
fn is_text(difference: &Difference) -> bool {
    [&difference.expected, &difference.new].into_iter().all(|bytes| {
        // The last character may be cut off.
        let is_utf8 =
            std::str::from_utf8(bytes).map_or_else(|it| it.error_len().is_none(), |_| true);
        is_utf8 && !bytes.iter().any(|byte| matches!(byte, 0..=8 | 0x0E..=0x1A | 0x7F))
    })
}

fn laid_out(
    [before, differs, behind]: [&[u8]; 3],
    text: bool,
    (plain, color, wash): (Color32, Color32, Color32),
) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (bytes, color, wash) in [
        (before, plain, Color32::TRANSPARENT),
        (differs, color, wash),
        (behind, plain, Color32::TRANSPARENT),
    ] {
        let shown = if text { shown(bytes) } else { format!("{} ", hex::spaced(bytes)) };
        if bytes.is_empty() {
            continue;
        }
        let format = TextFormat {
            font_id: FontId::monospace(12.0),
            color,
            background: wash,
            ..TextFormat::default()
        };
        job.append(&shown, 0.0, format);
    }
    job
}

/// A text with what ends its lines to be seen.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::new();
    for line in text.split_inclusive('\n') {
        let (line, ends) = line.strip_suffix('\n').map_or((line, false), |line| (line, true));
        shown.push_str(&Plain(line.replace('\r', "␍").replace('\t', "→")).to_string());
        if ends {
            shown.push_str("␊\n");
        }
    }
    shown
}
