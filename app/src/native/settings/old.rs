//! What 0.1.0 wrote: the window's state as JSON in one text.

use espalier_engine::workspace::Section;
use espalier_ui::{SavedBoards, SavedSession};

/// The board panel, with the networks and its session in it.
pub fn board(window: &mut Section) -> SavedBoards {
    let Some(mut table) = window.part("board") else { return SavedBoards::default() };
    let session = table.part("session").and_then(|mut session| {
        let send = session.take("send").unwrap_or_default();
        Some(SavedSession { spec: session.take("spec")?, send })
    });
    let open = table.take("open").unwrap_or_default();
    let dock = table.take("dock").unwrap_or_default();
    let networks = table.take("networks").unwrap_or_default();
    SavedBoards { networks, ..SavedBoards::of_one(open, dock, session) }
}
