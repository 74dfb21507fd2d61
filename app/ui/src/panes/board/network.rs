//! Boards that say on the network who they are: looked for when asked, and talked to with a click.

use std::time::Duration;

use egui::Ui;
use espalier_core::board::{BoardSearchFault, BoardSearchStatus, NetworkBoard};

use super::problem;
use super::update::UpdateForm;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::locale::Value;
use crate::scene::Scene;
use crate::widgets::{self, form};

pub(super) fn ui(update: &mut UpdateForm, ui: &mut Ui, scene: &mut Scene<'_>) {
    let status = scene.backend.board_search_status();
    let runs = status.as_ref().is_some_and(|status| status.outcome.is_none());
    form::hint(ui, scene.text("network-for"));
    ui.horizontal(|ui| match &status {
        Some(status) if runs => {
            if widgets::button(ui, Icon::Stop, scene.text("network-stop")).clicked() {
                scene.ask(UiRequest::EndBoardSearch);
            }
            let left = (status.until.0 - scene.now.0).max(0).unsigned_abs() / 1_000_000_000;
            ui.weak(scene.with("network-left", [("seconds", Value::from(left))]));
            ui.ctx().request_repaint_after(Duration::from_millis(500));
        }
        _ => {
            let key = if status.is_some() { "network-again" } else { "network-search" };
            if widgets::button(ui, Icon::Search, scene.text(key)).clicked() {
                scene.ask(UiRequest::SearchBoards);
            }
        }
    });
    let Some(status) = status else { return };
    if let Some(Err(fault)) = &status.outcome {
        let BoardSearchFault::NoMulticast(detail) = fault else { return };
        problem::told(ui, scene, "network-no-multicast");
        form::hint(ui, detail);
        return;
    }
    if status.boards.is_empty() && !runs {
        form::hint(ui, scene.text("network-none"));
    }
    for board in status.boards.iter() {
        found(update, ui, scene, board);
    }
    if status.boards.len() >= BoardSearchStatus::MOST {
        let most = Value::from(BoardSearchStatus::MOST as u64);
        form::hint(ui, &scene.with("network-most", [("most", most)]));
    }
}

fn found(update: &mut UpdateForm, ui: &mut Ui, scene: &mut Scene<'_>, board: &NetworkBoard) {
    let Some(address) = board.address() else { return };
    ui.horizontal_wrapped(|ui| {
        let named = [("board", Value::from(board.name.as_str()))];
        let place = match board.endpoint() {
            Some(endpoint) => {
                let talk = scene.with("network-talk", named);
                let button = widgets::button(ui, Icon::Client, &talk);
                if button.on_hover_text(&board.hostname).clicked() {
                    scene.ask(UiRequest::Connect(endpoint, 1));
                }
                endpoint.to_string()
            }
            None => {
                ui.label(scene.with("network-no-server", named)).on_hover_text(&board.hostname);
                address.to_string()
            }
        };
        ui.label(egui::RichText::new(place).monospace());
        // Below, where the token is typed.
        let named = [("board", Value::from(board.name.as_str()))];
        if ui.button(scene.with("network-update", named)).clicked() {
            let place = board.update_place().map(|place| place.to_string());
            update.address = place.unwrap_or_else(|| address.to_string());
        }
        let what = format!("{} {}", board.chip, board.version);
        ui.label(egui::RichText::new(what.trim()).small().weak());
    });
}
