//! A restart by command: nobody is left waiting for a board that has forgotten them.

use crate::glue::{Ended, IDENTITY, World, peer};
use espalier_board::{Action, Duty, Event, RESTART_MAX_MS, SocketIndex, protocol::CloseCause};

fn restarts(world: &World) -> bool {
    world.actions.contains(&Action::Restart)
}

#[test]
fn connections_are_reset_first_the_waiting_one_too() {
    let mut world = World::online(IDENTITY);
    for number in 0..3 {
        world.connect(peer(number)).unwrap();
    }
    world.lines.clear();
    world.say("restart");
    assert!(restarts(&world));
    assert!(world.over.iter().all(|(_, ended)| *ended == Ended::Aborted));
    assert_eq!(world.over.len(), 3);
    let news = world.news();
    let closed = |line: &&String| line.contains("tcp: closed") && line.contains("reason=restart");
    assert_eq!(news.iter().filter(closed).count(), 3, "{news:?}");
    assert!(world.connect(peer(4)).is_none(), "nobody is let in any more");
}

#[test]
fn a_connection_that_does_not_end_is_waited_for_a_second_at_most() {
    let mut world = World::online(IDENTITY);
    // The glue holds this one, and never reports its end.
    let board = &mut world.board;
    board.on(Event::Accepted { socket: SocketIndex(0), peer: peer(1) }, world.now);
    board.console(0, b"restart\n", world.now);
    assert_eq!(board.duty(SocketIndex(0), world.now), Duty::Abort);
    let mut due = world.now;
    let until = world.now + RESTART_MAX_MS;
    loop {
        match board.next_action() {
            Some(Action::Restart) => break,
            Some(_) => {}
            None => {
                due = board.poll_at(due).expect("it waits for something");
                assert!(due <= until);
                board.on(Event::Tick, due);
            }
        }
    }
    assert_eq!(due, until);
}

#[test]
fn one_that_comes_at_the_last_moment_is_reset_too() {
    let mut world = World::online(IDENTITY);
    let board = &mut world.board;
    board.on(Event::Accepted { socket: SocketIndex(0), peer: peer(1) }, world.now);
    board.console(0, b"restart\n", world.now);
    board.on(Event::Accepted { socket: SocketIndex(1), peer: peer(2) }, world.now);
    for socket in [SocketIndex(0), SocketIndex(1)] {
        assert_eq!(board.duty(socket, world.now), Duty::Abort);
        board.on(Event::Closed { socket, cause: CloseCause::Other }, world.now);
    }
    assert!(std::iter::from_fn(|| board.next_action()).any(|action| action == Action::Restart));
}
