//! A chat room and a member of one, each with a hostile other end: they stand, whole lines come out, and no more waits than may.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use espalier_chat::ChatName;
use espalier_chat::room::{FixedQueue, LinkEnd, Room, RoomLimits, RoomLink};
use espalier_core::chat::ChatClient;
use libfuzzer_sys::fuzz_target;

/// What happens to the room and to the member.
#[derive(Arbitrary, Debug)]
enum Step {
    Bytes(u8, Vec<u8>),
    Gone(u8),
    Pass(u16),
    Takes(u8, u8),
    Quit,
    Again,
}

fuzz_target!(|steps: Vec<Step>| {
    let mut room = Box::new(Room::<FixedQueue<1024>, 4>::new(RoomLimits::BOARD, [1; 16]));
    let mut client = ChatClient::new(ChatName::guest(1));
    let mut now = Duration::ZERO;
    client.connected(now);
    for step in steps {
        match step {
            Step::Bytes(link, bytes) => {
                let link = RoomLink(u32::from(link % 6));
                room.joined(link, now, &mut |_| {}).ok();
                room.received(link, &bytes, now, &mut |_| {});
                client.received(&bytes, now);
            }
            Step::Gone(link) => room.gone(RoomLink(u32::from(link % 6)), now, &mut |_| {}),
            Step::Pass(ms) => {
                now += Duration::from_millis(ms.into());
                room.tick(now, &mut |_| {});
                client.tick(now);
            }
            Step::Takes(link, most) => {
                let link = RoomLink(u32::from(link % 6));
                let mut out = [0; 255];
                let most = out.get_mut(..usize::from(most)).unwrap_or_default();
                room.produce(link, most, now);
                if room.end_of(link) != LinkEnd::Open {
                    room.gone(link, now, &mut |_| {});
                }
            }
            Step::Quit => client.quit(b"", now),
            Step::Again => {
                client.disconnected();
                client.connected(now);
            }
        }
        while client.next_event().is_some() {}
    }
    assert!(client.output(now).len() < (64 << 10) + 1_024);
});
