//! The chat room of a board: the same machine as the app's room, with members of ours and a plain one.

use std::io::{BufRead as _, BufReader, Write as _};

use espalier_core::backend::prelude::*;
use espalier_core::board::BoardCommand;
use espalier_core::chat::MessageState;
use espalier_protocol::command::KickTarget;
use espalier_protocol::{Command, Mode};

use super::bench::Board;
use crate::rig::{Rig, plain, until};
use crate::rooms::{heard, live, member, say, states};

fn tell(rig: &Rig, board: &Board<'_>, command: Command) {
    rig.engine.board_command(board.id(), BoardCommand::Say(command)).unwrap();
}

/// Waits until the board's console has said so many lines with this in them.
fn console(board: &Board<'_>, text: &str, times: usize) {
    until("the console tells it", || {
        let all = crate::rig::captured(&board.serial, espalier_core::Direction::In, None);
        String::from_utf8_lossy(&all).matches(text).count() >= times
    });
}

#[test]
fn members_of_a_boards_room_go_on_over_new_connections_and_after_its_restart() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    tell(&rig, &board, Command::Mode { mode: Mode::Chat, rate: 0 });
    console(&board, "console: ok cmd=mode", 1);
    let alice = member(&rig, at.port(), "alice");
    let bob = member(&rig, at.port(), "bob");
    say(&alice, "one");
    until("he hears her", || heard(&bob) == ["alice: one"]);
    console(&board, "chat: said name=\"alice\" bytes=3 data=\"one\"", 1);

    // A connection that breaks: the room knows her again, and misses nothing.
    let local = alice.status().local.unwrap();
    tell(&rig, &board, Command::Kick(KickTarget::Peer(local)));
    say(&alice, "two");
    console(&board, "chat: back name=\"alice\"", 1);
    until("he hears it once", || heard(&bob) == ["alice: one", "alice: two"]);

    // A board that restarts in the middle of it: its room knows nobody any more, and says so.
    for n in 0..30 {
        say(&alice, &format!("n {n}"));
    }
    until("some of it is said", || heard(&bob).len() > 5);
    board.reconnects(&[&alice, &bob], || board.board.press_en());
    live(&alice);
    live(&bob);
    until("each has its fate", || {
        let is_known =
            |state: &MessageState| matches!(state, MessageState::Taken | MessageState::Unknown);
        states(&alice).iter().all(is_known)
    });
    say(&alice, "three");
    until("they talk on", || heard(&bob).last().is_some_and(|last| last == "alice: three"));
    let numbers: Vec<u32> = heard(&bob)
        .iter()
        .filter_map(|line| line.strip_prefix("alice: n ")?.parse().ok())
        .collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "once and in order: {numbers:?}");
}

#[test]
fn a_plain_terminal_is_a_member_of_a_boards_room_and_leaves_it_in_order() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    tell(&rig, &board, Command::Mode { mode: Mode::Chat, rate: 0 });
    console(&board, "console: ok cmd=mode", 1);
    let alice = member(&rig, at.port(), "alice");
    let mut terminal = plain(at);
    terminal.write_all("/nick 小明\n你好\n/quit\n".as_bytes()).unwrap();
    until("she hears him", || heard(&alice) == ["小明: 你好"]);
    // Everything has come, and then the end: no reset.
    let mut lines = BufReader::new(terminal).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("/nick guest")));
    assert_eq!(lines.last(), None);
    console(&board, "reason=chat", 1);
    tell(&rig, &board, Command::Screen);
    until("the display shows it", || {
        let status = board.status();
        let screen = status.reported.screen.clone().unwrap_or_default();
        screen.lines == ["espalier chat", "127.0.0.1", &format!(":{} 1/2", at.port()), "小明: 你好"]
    });
}
