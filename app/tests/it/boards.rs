//! Several boards in the window, flashed at once, with the real engine and a simulated board on each port.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::backend::prelude::*;
use espalier_core::board::{Chip, FlashOutcome, LinkState};
use espalier_core::session::SessionId;
use espalier_simulator::{Chip as Simulated, RunningBoard, Simulator, SimulatorSpec};
use espalier_ui::Language;

use crate::window::Window;

fn board(chip: Simulated) -> RunningBoard {
    Simulator::start(SimulatorSpec::new(chip)).expect("a simulated board")
}

impl Window {
    /// Opens this port for one more board, and waits until it is open.
    fn add_board(&mut self, board: &RunningBoard) -> SessionId {
        let before = self.engine.sessions();
        self.write("board-typed-port", &board.path().display().to_string());
        // The list of ports comes when it was read, and moves what is below it: a click may miss.
        while self.engine.sessions().len() == before.len() {
            self.click("board-open-port");
        }
        let id = *self.engine.sessions().last().expect("it was opened");
        self.until("the open port", |window| {
            window.engine.board(id).is_some_and(|board| board.link == LinkState::Monitoring)
        });
        id
    }
}

#[test]
fn three_boards_of_three_chips_are_flashed_at_once_by_one_click() {
    let boards = [board(Simulated::Esp32c3), board(Simulated::Esp32c6), board(Simulated::Esp32)];
    let mut window = Window::new(Language::English);
    window.press(egui::Modifiers::COMMAND, egui::Key::B);
    let mut ids = Vec::new();
    for board in &boards {
        if !ids.is_empty() {
            window.click("command-board-add");
        }
        ids.push(window.add_board(board));
    }
    let flash = window.words.with("boards-flash-all", [("count", 3_u32.into())]);
    window.until("all are ready", |window| window.shows(&flash));
    window.harness.get_by_label(&flash).click();
    window.harness.run_ok();
    let good = window.words.with("boards-tally", [("good", 3_u32.into()), ("bad", 0_u32.into())]);
    window.until("all ended well", |window| window.shows(&good));
    for (id, chip) in ids.into_iter().zip([Chip::Esp32C3, Chip::Esp32C6, Chip::Esp32]) {
        let status = window.engine.board(id).expect("a board");
        let flash: Arc<_> = status.flash.clone().expect("it was flashed");
        assert_eq!(flash.chip.as_ref().map(|it| it.chip), Some(chip));
        let ended = flash.outcome.as_ref().and_then(|outcome| outcome.as_ref().ok());
        assert!(
            matches!(ended, Some(FlashOutcome::Running | FlashOutcome::Restarted)),
            "{flash:?}"
        );
    }
}
