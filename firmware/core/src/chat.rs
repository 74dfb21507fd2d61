//! The room of mode `chat`: how large it is, and what is told of it.

use crate::{
    api::MEMBERS,
    print_buffer::Priority,
    printer::Printer,
    screen::{self, Message},
    slots::Slots,
    time::Time,
    traffic,
};
use core::time::Duration;
use espalier_chat::{
    ChatName, NAME_MAX,
    room::{FixedQueue, Room, RoomEvent, RoomLimits},
};
use espalier_protocol::{
    Shown,
    line::{Bytes, LineEvent},
};
use heapless::Vec;

/// Bytes of lines that are kept for each member: two of the longest, or some thirty of the usual.
pub const QUEUE_MAX: usize = 1024;

/// The room of a board.
pub type ChatRoom = Room<FixedQueue<QUEUE_MAX>, MEMBERS>;

/// An empty room.
pub(crate) const fn chat_room() -> ChatRoom {
    Room::new(RoomLimits::BOARD, [0; 16])
}

/// The board's time as the room counts it.
pub(crate) const fn room_time(now: Time) -> Duration {
    Duration::from_millis(now.ms())
}

/// The room's time as the board counts it.
pub(crate) fn board_time(at: Duration) -> Time {
    Time::from_ms(u64::try_from(at.as_millis()).unwrap_or(u64::MAX))
}

/// Who hears on the board what happens in the room: its console, and its display.
#[derive(Debug)]
pub(crate) struct RoomTeller<'a> {
    /// To know whom a connection belongs to.
    pub(crate) slots: &'a Slots,
    /// How much of what is said is shown.
    pub(crate) shown: Shown,
    /// What was said last.
    pub(crate) last: &'a mut Message,
    pub(crate) printer: &'a mut Printer,
    pub(crate) now: Time,
}

impl RoomTeller<'_> {
    /// Tells it.
    pub(crate) fn tell(&mut self, event: &RoomEvent<'_>) {
        let line = match event {
            RoomEvent::Said { name, text } => {
                *self.last = message(&[name.as_bytes(), b": ", text]);
                let (bytes, data) = self.data(text);
                let said = LineEvent::ChatSaid { name: bytes_of(name), bytes, data };
                return self.printer.show(said, Priority::Data, self.now);
            }
            RoomEvent::Acts { name, text } => {
                *self.last = message(&[b"* ", name.as_bytes(), b" ", text]);
                let (bytes, data) = self.data(text);
                let acts = LineEvent::ChatActs { name: bytes_of(name), bytes, data };
                return self.printer.show(acts, Priority::Data, self.now);
            }
            RoomEvent::Joined(name) => LineEvent::ChatJoined { name: bytes_of(name) },
            RoomEvent::Parted { name, reason } => {
                let (reason, _) = traffic::cut(reason);
                let reason = (!reason.is_empty()).then(|| Bytes::Text(reason.into()));
                LineEvent::ChatParted { name: bytes_of(name), reason }
            }
            RoomEvent::Away(name) => LineEvent::ChatAway { name: bytes_of(name) },
            RoomEvent::Back(name) => LineEvent::ChatBack { name: bytes_of(name) },
            RoomEvent::Renamed { from, to } => {
                LineEvent::ChatRenamed { name: bytes_of(from), to: bytes_of(to) }
            }
            RoomEvent::Private { from, to } => {
                LineEvent::ChatPrivate { name: bytes_of(from), to: bytes_of(to) }
            }
            RoomEvent::Lost(name) => LineEvent::ChatLost { name: bytes_of(name) },
            RoomEvent::Refused { link, fault } => {
                let conn = self.slots.iter().find(|conn| conn.room_link() == *link);
                let Some((peer, slot)) = conn.and_then(|conn| Some((conn.peer(), conn.slot()?)))
                else {
                    return;
                };
                LineEvent::ChatRefused { peer, slot, code: fault.code(), text: fault.text().into() }
            }
        };
        self.printer.say(line, self.now);
    }

    /// How much was said, and as much of it as a line shows.
    fn data<'t>(&self, text: &'t [u8]) -> (u32, Option<Bytes<'t>>) {
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        (bytes, traffic::data(traffic::cut(text).0, self.shown))
    }
}

fn bytes_of(name: &ChatName) -> Bytes<'_> {
    Bytes::Text(name.as_bytes().into())
}

/// What a display shows of it: more than it has place for is not kept.
fn message(parts: &[&[u8]]) -> Message {
    let mut whole = Vec::<u8, { NAME_MAX + screen::MESSAGE_MAX }>::new();
    for byte in parts.iter().copied().flatten() {
        if whole.push(*byte).is_err() {
            break;
        }
    }
    screen::message(&whole)
}
