//! A chat room, as what a server does by itself.
//!
//! The room itself is `espalier_chat::room`, as it is on a board; here it gets its connections, its time, and its words in the log.
//!
//! - `queue`: where the lines of a member wait

mod queue;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use encoding_rs::Encoding;
use espalier_chat::room::{LinkEnd, Room, RoomEvent, RoomLimits, RoomLink};
use espalier_chat::{ChatFault, ChatName, RoomLine, Told};
use espalier_core::session::{RoomMemberStatus, RoomStatus};
use espalier_core::{PeerId, Sentence, say};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;

use self::queue::LineQueue;
use super::chat_fault::fault_words;
use super::chat_host::ChatHost;
use super::peer::{CloseRequest, Peer};
use crate::at_once;

/// Members of a room, those who are away included.
const MEMBERS: usize = 1024;

/// The stack on which a room is made.
const STACK: usize = 16 << 20;

/// Bytes that may wait in the outbox of a member. What is more waits in the room, where what falls out is counted for whom it was.
const AHEAD: usize = 16 << 10;

/// Members that one thread writes to by itself: fewer writes than this take no longer than to begin another thread.
const ALONE: usize = 64;

/// Lines that fell out are told as often as this.
const LOST_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked at whether a member has taken something, and whether one that said too much may go on.
const LOOK: Duration = Duration::from_millis(20);

/// A room with its members' connections.
#[derive(Debug)]
pub struct RoomHost {
    state: Mutex<Box<RoomState>>,
    /// Held while lines go from the room to the connections, so that they keep their order.
    sending: Mutex<()>,
    begun: Instant,
    changed: Notify,
}

#[derive(Debug)]
struct RoomState {
    room: Room<LineQueue, MEMBERS>,
    /// Lines that fell out and are not told yet, by the names of those whom they were for.
    lost: BTreeMap<ChatName, u64>,
    /// When such were told last.
    lost_told: Duration,
    /// What goes to a member, before it does.
    buffer: Box<[u8]>,
    /// What is to be told when the room is free again.
    told: Vec<(Option<PeerId>, Sentence)>,
}

impl RoomHost {
    /// `None` when the system gives neither chance nor a thread.
    pub fn new() -> Option<Self> {
        let secret = secret()?;
        // A room lies in one piece, which is too much for the stack of a thread that has other things on it.
        let make = move || {
            let room = Room::new(RoomLimits::COMPUTER, secret);
            let (lost, told) = (BTreeMap::new(), Vec::new());
            let buffer = vec![0; AHEAD].into();
            Box::new(RoomState { room, lost, lost_told: Duration::ZERO, buffer, told })
        };
        let builder = std::thread::Builder::new().name("espalier-room".to_owned());
        let state = builder.stack_size(STACK).spawn(make).ok()?.join().ok()?;
        Some(Self {
            state: Mutex::new(state),
            sending: Mutex::default(),
            begun: Instant::now(),
            changed: Notify::new(),
        })
    }

    /// Told when there is something to be sent.
    pub const fn changed(&self) -> &Notify {
        &self.changed
    }

    /// Somebody has connected.
    pub fn join(&self, shared: &(impl ChatHost + ?Sized), peer: &Peer) {
        let joined = self.with(shared, |room, now, tell| room.joined(link_of(peer), now, tell));
        if let Err(fault) = joined {
            shared.note(Some(peer.id), fault_told(fault));
            let mut line = Vec::new();
            RoomLine { number: None, told: Told::refused(fault) }.print(&mut line);
            // It may be gone already.
            peer.outbox.push(&line.into(), None).ok();
            peer.request_close(CloseRequest::Close);
        }
    }

    /// A connection is over.
    pub fn gone(&self, shared: &(impl ChatHost + ?Sized), peer: &Peer) {
        self.with(shared, |room, now, tell| room.gone(link_of(peer), now, tell));
    }

    /// It is a room no more: all that is said already goes out, with a last word, and who has numbers is to make another connection.
    pub fn end(&self, shared: &(impl ChatHost + ?Sized)) {
        let now = self.begun.elapsed();
        let _sending = self.sending.lock();
        let mut state = self.state.lock();
        let RoomState { room, buffer, .. } = &mut **state;
        room.end(&mut |_| {});
        for peer in shared.open_peers() {
            while let Some(bytes) = next_lines(room, &peer, (buffer, &mut None), now) {
                if peer.outbox.push(&bytes, None).is_err() {
                    break;
                }
            }
            if room.end_of(link_of(&peer)) != LinkEnd::Open {
                peer.request_close(CloseRequest::Close);
            }
        }
        room.clear();
    }

    /// Bytes have come from a member. One that says too much is not read meanwhile.
    pub async fn received(&self, shared: &(impl ChatHost + ?Sized), from: &Peer, bytes: &[u8]) {
        let link = link_of(from);
        let mut rest = bytes;
        while !rest.is_empty() {
            let left = self.with(shared, |room, now, tell| {
                let may = room.may_read(link, now).min(rest.len());
                let (piece, tail) = rest.split_at(may);
                room.received(link, piece, now, tell);
                (room.end_of(link) == LinkEnd::Open).then_some(tail)
            });
            let Some(tail) = left else { return };
            if tail.len() == rest.len() {
                sleep(LOOK).await;
            }
            rest = tail;
        }
    }

    /// Who is there.
    pub fn status(&self, shared: &(impl ChatHost + ?Sized)) -> RoomStatus {
        let encoding = shared.encoding();
        let state = self.state.lock();
        let members = state.room.members().map(|member| RoomMemberStatus {
            name: encoding.decode_without_bom_handling(member.name.as_bytes()).0.into(),
            peer: member.link.map(|link| PeerId(link.0)),
            is_numbered: member.is_numbered,
        });
        RoomStatus { members: members.collect() }
    }

    /// Does something with the room, lets what follows from that go its way, and tells what has happened.
    fn with<T>(
        &self,
        shared: &(impl ChatHost + ?Sized),
        act: impl FnOnce(&mut Room<LineQueue, MEMBERS>, Duration, &mut dyn FnMut(RoomEvent<'_>)) -> T,
    ) -> T {
        let now = self.begun.elapsed();
        let encoding = shared.encoding();
        let mut state = self.state.lock();
        let RoomState { room, lost, told, .. } = &mut **state;
        let done = act(room, now, &mut |event| note(event, encoding, lost, told));
        // Told while the room is locked: what happens after it is told after it.
        for (peer, sentence) in std::mem::take(told) {
            shared.note(peer, sentence);
        }
        drop(state);
        self.changed.notify_one();
        done
    }

    /// Sends some of what is to be sent, ends what is to be ended; how long until it is to be looked at again at the latest.
    pub fn step(&self, shared: &(impl ChatHost + ?Sized)) -> Option<Duration> {
        let now = self.begun.elapsed();
        self.with_quietly(shared, |room, tell| room.tick(now, tell));
        let peers = shared.open_peers();
        let sending = self.sending.lock();
        let mut state = self.state.lock();
        let RoomState { room, lost, lost_told, buffer, .. } = &mut **state;
        let mut due = room.poll_at(now).map(|due| due.saturating_sub(now));
        let mut wait = |least: Duration| due = Some(due.map_or(least, |due| due.min(least)));
        let (mut last, mut lines, mut ends) = (None, Vec::new(), Vec::new());
        for peer in &peers {
            let link = link_of(peer);
            if room.is_pending(link) && !shared.is_occupied(peer.id) && peer.outbox.queued() < AHEAD
            {
                let next = next_lines(room, peer, (buffer, &mut last), now);
                lines.extend(next.map(|bytes| (peer, bytes)));
                if room.is_pending(link) {
                    wait(Duration::ZERO);
                }
            }
            let is_pending = room.is_pending(link) && peer.outbox.accepts();
            if is_pending {
                wait(LOOK);
            }
            match room.end_of(link) {
                LinkEnd::Open => {}
                LinkEnd::WhenSent if is_pending => {}
                LinkEnd::WhenSent => ends.push((peer, CloseRequest::Close)),
                LinkEnd::Now => ends.push((peer, CloseRequest::Reset)),
            }
        }
        // Not each for itself: they fall out by thousands.
        let lost = if !lost.is_empty() && now.saturating_sub(*lost_told) >= LOST_EVERY {
            *lost_told = now;
            std::mem::take(lost)
        } else {
            if !lost.is_empty() {
                wait(LOOK);
            }
            BTreeMap::new()
        };
        drop(state);
        // Whoever says something meanwhile does not wait for a thousand writes.
        push_all(shared, &lines);
        drop(sending);
        for (peer, request) in ends {
            peer.request_close(request);
        }
        tell_lost(shared, lost);
        due
    }

    /// The same as `with`, without a look at what follows.
    fn with_quietly(
        &self,
        shared: &(impl ChatHost + ?Sized),
        act: impl FnOnce(&mut Room<LineQueue, MEMBERS>, &mut dyn FnMut(RoomEvent<'_>)),
    ) {
        let encoding = shared.encoding();
        let mut state = self.state.lock();
        let RoomState { room, lost, told, .. } = &mut **state;
        act(room, &mut |event| note(event, encoding, lost, told));
        for (peer, sentence) in std::mem::take(told) {
            shared.note(peer, sentence);
        }
    }
}

/// Gives each connection its lines. Nearly all of the time is the system's own, so that many are written by two threads at once.
fn push_all(shared: &(impl ChatHost + ?Sized), lines: &[(&Arc<Peer>, Arc<[u8]>)]) {
    let push = |lines: &[(&Arc<Peer>, Arc<[u8]>)]| {
        for (peer, bytes) in lines {
            // A connection that is over takes nothing more.
            shared.push(peer, bytes).ok();
        }
    };
    if lines.len() < ALONE {
        return push(lines);
    }
    let (ours, others) = lines.split_at(lines.len() / 2);
    at_once::both("espalier-room", || push(ours), &mut || push(others));
}

/// The next lines for a member, as many as fit into the buffer. Whole lines: what others send over its connection comes between them. Most
/// are told the same, which is held once then: `last` is what went before.
fn next_lines(
    room: &mut Room<LineQueue, MEMBERS>,
    peer: &Peer,
    (buffer, last): (&mut [u8], &mut Option<Arc<[u8]>>),
    now: Duration,
) -> Option<Arc<[u8]>> {
    let len = room.produce_lines(link_of(peer), buffer, now);
    let bytes = buffer.get(..len).filter(|bytes| !bytes.is_empty())?;
    Some(match last {
        Some(last) if **last == *bytes => last.clone(),
        _ => last.insert(bytes.into()).clone(),
    })
}

/// From chance, and nobody else's.
fn secret() -> Option<[u8; 16]> {
    let mut secret = [0; 16];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut secret).ok()?;
    Some(secret)
}

const fn link_of(peer: &Peer) -> RoomLink {
    RoomLink(peer.id.0)
}

/// What the log says of an event; messages themselves are in it as bytes.
fn note(
    event: RoomEvent<'_>,
    encoding: &'static Encoding,
    lost: &mut BTreeMap<ChatName, u64>,
    told: &mut Vec<(Option<PeerId>, Sentence)>,
) {
    let name =
        |name: &ChatName| encoding.decode_without_bom_handling(name.as_bytes()).0.into_owned();
    let text = |text: &[u8]| encoding.decode_without_bom_handling(text).0.into_owned();
    let sentence = match event {
        RoomEvent::Joined(who) => say!("room-joined", "{name} is in the room", name = name(who)),
        RoomEvent::Parted { name: who, reason: b"" } => {
            say!("room-parted", "{name} has left the room", name = name(who))
        }
        RoomEvent::Parted { name: who, reason } => say!(
            "room-parted-reason",
            "{name} has left the room: {reason}",
            name = name(who),
            reason = text(reason),
        ),
        RoomEvent::Away(who) => say!(
            "room-away",
            "the connection of {name} is gone: what is said meanwhile is kept for {name}",
            name = name(who),
        ),
        RoomEvent::Back(who) => say!("room-back", "{name} is back", name = name(who)),
        RoomEvent::Renamed { from, to } => {
            say!("room-renamed", "{from} is called {to} now", from = name(from), to = name(to))
        }
        RoomEvent::Refused { link, fault } => {
            return told.push((Some(PeerId(link.0)), fault_told(fault)));
        }
        RoomEvent::Lost(who) => {
            *lost.entry(who.clone()).or_default() += 1;
            return;
        }
        RoomEvent::Said { .. } | RoomEvent::Acts { .. } | RoomEvent::Private { .. } => return,
    };
    told.push((None, sentence));
}

fn tell_lost(shared: &(impl ChatHost + ?Sized), lost: BTreeMap<ChatName, u64>) {
    let encoding = shared.encoding();
    for (name, lines) in lost {
        let name = encoding.decode_without_bom_handling(name.as_bytes()).0.into_owned();
        shared.note(
            None,
            say!(
                "room-lost",
                "{name} takes too little: {lines} lines for {name} fell out, and {name} is told so",
                name = name,
                lines = lines,
            ),
        );
    }
}

fn fault_told(fault: ChatFault) -> Sentence {
    say!(
        "room-refused",
        "the room has refused that (/error {code}: {text})",
        code = fault.code(),
        text = fault_words(fault),
    )
}
