//! What the LED and the display show.

use crate::glue::{IDENTITY, World, peer};
use espalier_board::{ChatRoom, Event, LedPattern, Time, protocol::Panel};
use espalier_screen::Picture;

fn screen(world: &World) -> [String; 4] {
    world.board.screen().map(|line| line.as_str().to_owned())
}

#[test]
fn the_display_tells_address_clients_and_the_last_message() {
    let mut world = World::new(IDENTITY);
    assert_eq!(screen(&world), ["espalier echo", "Wi-Fi? USB", ":7681 0/2", ""]);
    world.say("wifi set 家 password1");
    assert_eq!(screen(&world)[1], "... 家");
    world.join();
    world.say("name 桌子");
    for number in 0..3 {
        world.connect(peer(number)).unwrap();
    }
    world.send(peer(0), "你好\r\n\x1b[1m\u{fffd}".as_bytes());
    assert_eq!(screen(&world), ["桌子 echo", "192.168.1.7", ":7681 2/2 +1", "你好[1m\u{fffd}"]);
    world.send(peer(0), "字".repeat(100).as_bytes());
    assert_eq!(screen(&world)[3], "字".repeat(16), "cut at a character");
    for mode in ["log", "echo"] {
        world.say(&format!("mode {mode}"));
        world.send(peer(0), "早上好".as_bytes());
        for nothing in [&b"\r\n"[..], b"\0", &"字".as_bytes()[..2]] {
            world.send(peer(0), nothing);
            assert_eq!(screen(&world)[3], "早上好", "{mode}: {nothing:?} shows nothing");
        }
        world.send(peer(0), format!("first {}", "x".repeat(100)).as_bytes());
        assert!(screen(&world)[3].starts_with("first "), "{mode}");
    }
}

#[test]
fn the_pixels_are_those_that_a_display_shows() {
    let mut world = World::online(IDENTITY);
    world.say("name 桌子");
    world.connect(peer(0)).unwrap();
    world.send(peer(0), "你好, board!".as_bytes());
    let printed = Picture::of(world.board.screen()).to_string();
    let wanted = include_str!("display.txt").replace("\r\n", "\n");
    assert!(printed == wanted, "\n{printed}");
}

#[test]
fn the_console_tells_what_a_display_shows_whether_there_is_one_or_not() {
    let mut world = World::online(IDENTITY);
    let lines = |world: &mut World| {
        world.say("screen");
        world.news()
    };
    assert_eq!(
        lines(&mut world),
        [
            "screen: panel panel=none",
            "screen: shows row=1 text=\"espalier echo\"",
            "screen: shows row=2 text=192.168.1.7",
            "screen: shows row=3 text=\":7681 0/2\"",
            "screen: shows row=4 text=\"\"",
            "console: ok cmd=screen",
        ]
    );
    world.on(Event::Panel(Panel::Sh1106));
    assert_eq!(world.news(), ["screen: panel panel=sh1106"]);
    assert_eq!(lines(&mut world)[0], "screen: panel panel=sh1106");
}

#[test]
fn the_lamp_tells_where_the_board_stands() {
    let mut world = World::new(IDENTITY);
    let mut lamps = vec![world.board.led_pattern()];
    world.say("wifi set home password1");
    lamps.push(world.board.led_pattern());
    world.join();
    lamps.push(world.board.led_pattern());
    world.connect(peer(0)).unwrap();
    lamps.push(world.board.led_pattern());
    world.connect(peer(1)).unwrap();
    world.connect(peer(2)).unwrap();
    lamps.push(world.board.led_pattern());
    world.on(Event::WifiLost);
    lamps.push(world.board.led_pattern());
    let wanted = [
        LedPattern::PROVISIONING,
        LedPattern::JOINING,
        LedPattern::READY,
        LedPattern::BUSY,
        LedPattern::FULL,
        LedPattern::JOINING,
    ];
    assert_eq!(lamps, wanted);
}

#[test]
fn a_lamp_blinks_in_its_own_time() {
    let lit = |lamp: LedPattern| (0..4000).filter(|ms| lamp.is_lit(Time::from_ms(*ms))).count();
    assert_eq!(lit(LedPattern::BUSY), 4000);
    assert_eq!(lit(LedPattern::READY), 100);
    assert_eq!(lit(LedPattern::PROVISIONING), 2000);
}

#[test]
fn the_board_fits_a_small_chip() {
    let (size, room) = (size_of::<espalier_board::Board>(), size_of::<ChatRoom>());
    eprintln!("a board takes {size} bytes, {room} of them its chat room");
    assert!(room < 15 * 1024 && size - room < 13 * 1024, "{size} {room}");
}
