//! A transfer of files below the log: how far it is, what can be done, how it ended, and what the other end offers.

use egui::{ProgressBar, RichText, Ui};
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::SessionStatus;
use espalier_core::transfer::{
    TransferControl, TransferEnd, TransferOffer, TransferPhase, TransferProtocol, TransferStatus,
};
use espalier_core::{Direction, SessionId};

use crate::command::{DialogRequest, TransferAsk, UiRequest};
use crate::icon::Icon;
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets;

/// Whether there is anything to be shown.
pub(super) fn is_shown(status: &SessionStatus) -> bool {
    status.transfer.is_some() || status.offer.is_some()
}

/// Draws it.
pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, status: &SessionStatus) {
    if let Some(transfer) = &status.transfer {
        ui.scope(|ui| going(ui, scene, id, transfer));
    }
    if let Some((peer, offer)) = status.offer {
        ui.horizontal_wrapped(|ui| {
            let (text, button, sends) = match offer {
                TransferOffer::Sends => ("transfer-offer-sends", "transfer-receive-now", false),
                TransferOffer::Receives => ("transfer-offer-receives", "transfer-send-now", true),
            };
            ui.label(scene.text(text));
            if widgets::button(ui, Icon::Play, scene.text(button)).clicked() {
                let peers = match peer {
                    espalier_core::PeerId::SESSION => PeerSelector::All,
                    peer => PeerSelector::Peers(vec![peer]),
                };
                let protocol = Some(TransferProtocol::Zmodem);
                let ask = TransferAsk { id, sends, peers, path: None, protocol };
                scene.ask(UiRequest::Show(DialogRequest::Transfer(ask)));
            }
            dismiss(ui, scene, id);
        });
    }
}

fn control(scene: &mut Scene<'_>, id: SessionId, control: TransferControl) {
    scene.ask(UiRequest::Session(id, SessionCommand::Transfer(control)));
}

fn dismiss(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId) {
    if widgets::icon_button(ui, Icon::Cross, scene.text("transfer-dismiss")).clicked() {
        control(scene, id, TransferControl::Dismiss);
    }
}

fn going(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, transfer: &TransferStatus) {
    let t = theme::tokens(ui);
    let is_raw = !transfer.protocol.is_spoken();
    let over = transfer.is_over();
    ui.horizontal_wrapped(|ui| {
        let sends = transfer.direction == Direction::Out;
        let protocol = transfer.protocol.name().unwrap_or_else(|| scene.text("transfer-raw"));
        let what = match (over, sends) {
            (false, true) => "transfer-sending",
            (false, false) => "transfer-receiving",
            (true, true) => "transfer-sent",
            (true, false) => "transfer-received",
        };
        let name = if transfer.name.is_empty() { "…" } else { &transfer.name };
        let args = [("file", name.into()), ("protocol", protocol.into())];
        ui.label(RichText::new(scene.with(what, args)).strong());
        let (text, color) = standing(scene, transfer);
        let color = match color {
            Tone::Plain => t.muted,
            Tone::Good => t.good,
            Tone::Bad => t.bad,
        };
        ui.label(RichText::new(text).color(color));
        if over {
            return dismiss(ui, scene, id);
        }
        if is_raw && sends {
            let (icon, key, wish) = match transfer.paused {
                true => (Icon::Play, "transfer-resume", TransferControl::Resume),
                false => (Icon::Pause, "transfer-pause-now", TransferControl::Pause),
            };
            if widgets::button(ui, icon, scene.text(key)).clicked() {
                control(scene, id, wish);
            }
        }
        if is_raw
            && !sends
            && widgets::button(ui, Icon::Check, scene.text("transfer-finish")).clicked()
        {
            control(scene, id, TransferControl::Finish);
        }
        if widgets::button(ui, Icon::Stop, scene.text("transfer-cancel-now")).clicked() {
            control(scene, id, TransferControl::Cancel);
        }
    });
    if !over {
        let bar = match transfer.fraction() {
            Some(fraction) => ProgressBar::new(fraction),
            None => ProgressBar::new(0.0).animate(!transfer.paused),
        };
        ui.add(bar.desired_height(5.0));
    }
    for file in transfer.finished.iter().rev().take(3) {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let key = match (file.sha256.is_empty(), file.whole) {
            (true, _) => "transfer-file-unwanted",
            (_, true) => "transfer-file",
            (_, false) => "transfer-file-part",
        };
        let args = [
            ("file", name.into()),
            ("bytes", number::grouped(file.bytes).into()),
            ("sha256", file.sha256.as_str().into()),
        ];
        let text = RichText::new(scene.with(key, args)).small();
        ui.add(egui::Label::new(text).selectable(true).truncate())
            .on_hover_text(file.path.display().to_string());
    }
}

enum Tone {
    Plain,
    Good,
    Bad,
}

/// How far it is, or how it ended.
fn standing(scene: &Scene<'_>, transfer: &TransferStatus) -> (String, Tone) {
    match &transfer.phase {
        TransferPhase::Waiting => (scene.text("transfer-waits").to_owned(), Tone::Plain),
        TransferPhase::Ending => (scene.text("transfer-ends").to_owned(), Tone::Plain),
        TransferPhase::Moving => (moving(scene, transfer), Tone::Plain),
        TransferPhase::Over(TransferEnd::Done) => {
            let whole = transfer.finished.iter().all(|file| file.whole);
            let tone = if whole { Tone::Good } else { Tone::Plain };
            (scene.text("transfer-done").to_owned(), tone)
        }
        TransferPhase::Over(TransferEnd::Cancelled) => {
            (scene.text("transfer-was-cancelled").to_owned(), Tone::Plain)
        }
        TransferPhase::Over(TransferEnd::TargetGone(why) | TransferEnd::Failed(why)) => {
            (scene.locale.translate(why), Tone::Bad)
        }
    }
}

fn moving(scene: &Scene<'_>, transfer: &TransferStatus) -> String {
    let mut parts = vec![match transfer.size {
        Some(size) => format!("{} / {}", number::bytes(transfer.done), number::bytes(size)),
        None => number::bytes(transfer.done),
    }];
    if transfer.paused {
        parts.push(scene.text("transfer-paused").to_owned());
    } else {
        parts.push(number::rate(transfer.rate.max(0.0)));
        if let Some(left) = transfer.left {
            let seconds = left.as_secs();
            let time = match seconds / 3600 {
                0 => format!("{}:{:02}", seconds / 60, seconds % 60),
                hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
            };
            parts.push(scene.with("transfer-left", [("time", time.into())]));
        }
    }
    if transfer.retries > 0 {
        parts.push(scene.with("transfer-retries", [("count", transfer.retries.into())]));
    }
    parts.join(" · ")
}
