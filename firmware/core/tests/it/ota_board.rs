//! What a board says and does about a new program: its permission, and its trial.

use crate::glue::{ADDRESS, IDENTITY, World};
use espalier_board::{
    Action, Board, BootSlots, Event, OtaBoot, OtaEvent, TRIAL_S, Time,
    protocol::{OtaState, RecordFault, ota::TokenKey},
};

const SLOT: u32 = 0x1_0000;

/// A board in the first of two slots, online.
fn board(state: OtaState) -> World {
    let mut world = World::online(IDENTITY);
    boot(&mut world, state);
    world
}

fn boot(world: &mut World, state: OtaState) {
    let slots = BootSlots::new(2 * SLOT, [0..SLOT, SLOT..2 * SLOT], 0);
    let now = world.now;
    world.board.set_boot(OtaBoot { slots, state, image: None }, now);
    world.on(Event::Tick);
}

#[test]
fn the_console_permits_one_update_or_sets_a_token() {
    let mut world = board(OtaState::Confirmed);
    assert_eq!(
        world.news(),
        ["ota: slot slot=0 of=2 room=65536 state=confirmed port=7682 token=none"]
    );
    let permit = world.board.ota_permit(world.now);
    assert!(!permit.allowed && permit.token.is_none());
    world.say("ota allow");
    assert_eq!(world.news(), ["ota: allowed seconds=300", "console: ok cmd=\"ota allow\""]);
    assert!(world.board.ota_permit(world.now).allowed);
    assert!(!world.board.ota_permit(world.now + 300_000).allowed, "it ends by itself");

    world.say("ota token \"correct horse\"");
    let key = TokenKey::of("correct horse");
    assert_eq!(world.board.ota_permit(world.now).token, Some(&key));
    let news = world.news();
    assert!(!news.iter().any(|line| line.contains("horse")), "{news:?}");
    assert!(!world.board.record().windows(5).any(|bytes| bytes == b"horse"));
    let again = Board::new(IDENTITY, Ok(&world.board.record()), Time::ZERO);
    assert_eq!(again.ota_permit(Time::ZERO).token, Some(&key));
    world.say("ota forget");
    assert_eq!(world.board.ota_permit(world.now).token, None);
    world.say("ota token short");
    assert!(world.news().iter().any(|line| line.contains("code=usage")));
}

#[test]
fn one_slot_is_told() {
    let mut world = World::online(IDENTITY);
    world.say("ota allow");
    world.say("ota token 12345678");
    let news = world.news();
    assert_eq!(news.iter().filter(|line| line.contains("code=unsupported")).count(), 2, "{news:?}");
    assert!(world.board.ota_permit(world.now).slots.is_none());
    world.say("status");
    assert!(
        world
            .news()
            .contains(&"ota: slot slot=0 of=1 room=0 state=confirmed token=none".to_owned())
    );
}

#[test]
fn a_written_program_is_told_and_started() {
    let mut world = board(OtaState::Confirmed);
    world.say("ota allow");
    world.on(Event::Ota(OtaEvent::Receiving { bytes: 9_000 }));
    world.on(Event::Ota(OtaEvent::Written { bytes: 9_000 }));
    assert_eq!(world.actions.last(), Some(&Action::Restart));
    assert!(world.board.ota_permit(world.now).restarts);
    assert!(!world.board.ota_permit(world.now).allowed, "one update, not two");
    let news = world.news();
    assert!(news.contains(&"ota: receiving bytes=9000 slot=1".to_owned()), "{news:?}");
    assert!(news.contains(&"ota: written bytes=9000 slot=1".to_owned()), "{news:?}");
}

#[test]
fn a_new_program_is_confirmed_when_it_can_be_reached() {
    let mut world = World::new(IDENTITY);
    boot(&mut world, OtaState::Trial);
    assert!(!world.actions.contains(&Action::Confirm));
    assert!(world.news().contains(&"ota: on trial seconds=300".to_owned()));
    world.say("wifi set home password");
    world.join();
    assert_eq!(world.board.address(), Some(ADDRESS));
    assert_eq!(world.actions.iter().filter(|action| **action == Action::Confirm).count(), 1);
    world.on(Event::Confirmed(true));
    assert!(world.news().contains(&"ota: confirmed".to_owned()));
    assert_eq!(world.board.ota_permit(world.now).state, OtaState::Confirmed);
}

#[test]
fn a_new_program_is_confirmed_when_it_was_spoken_to_for_a_while() {
    let mut world = World::new(IDENTITY);
    boot(&mut world, OtaState::Trial);
    world.say("status");
    world.say("status");
    assert!(!world.actions.contains(&Action::Confirm), "a line in a buffer proves nothing");
    world.wait(10_000);
    world.say("status");
    assert!(world.actions.contains(&Action::Confirm));
}

#[test]
fn a_new_program_that_nobody_reaches_is_given_up() {
    let mut world = World::with(Board::new(IDENTITY, Err(RecordFault::Missing), Time::ZERO));
    boot(&mut world, OtaState::Trial);
    world.wait(u64::from(TRIAL_S) * 1_000 - 1);
    assert!(!world.actions.contains(&Action::Restart));
    world.wait(2);
    assert!(world.actions.contains(&Action::Restart));
    assert!(world.news().contains(&"ota: given up".to_owned()));
}

#[test]
fn the_port_of_updates_is_not_the_servers() {
    let mut world = board(OtaState::Confirmed);
    let said = world.board.advert().unwrap();
    assert_eq!((said.port, said.update), (Some(7681), Some(7682)));
    world.say("server port 7682");
    assert!(world.news().last().is_some_and(|line| line.contains("code=usage")));
}
