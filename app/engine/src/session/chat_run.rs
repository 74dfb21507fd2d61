//! A client session as a member of a chat room.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use encoding_rs::Encoding;
use espalier_chat::{ChatCommand, ClientLine};
use espalier_core::chat::{ChatEvent, ChatMember, ChatSpec, ChatState, ChatStatus, HISTORY_MAX};
use espalier_core::say;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::chat_host::ChatHost;
use super::chat_state::{ChatRunState, decoded, name_of, refused};
use super::peer::{CloseRequest, Peer};

/// How often it is looked at whether a full outbox has room.
const LOOK: Duration = Duration::from_millis(10);

/// Lines that may wait for whoever takes them one by one: so many again may come with what is read at once.
const UNTAKEN: u64 = HISTORY_MAX as u64 / 2;

/// A chat with its connection, if there is one.
#[derive(Debug)]
pub struct ChatRun {
    state: Mutex<ChatRunState>,
    begun: Instant,
    changed: Notify,
    /// It was in a room, and has not left it.
    is_member: AtomicBool,
    /// Nothing is read, because somebody is to take first what came before.
    is_paused: AtomicBool,
}

impl ChatRun {
    /// A member that has no connection yet.
    pub fn new(spec: &ChatSpec, encoding: &'static Encoding) -> Self {
        let name = name_of(&spec.name, encoding);
        let mut state = ChatRunState::new(name, encoding);
        state.client.set_says_again(spec.say_again);
        if !spec.name.is_empty() && spec.name != state.asked {
            state.happened(say!(
                "chat-bad-name",
                "{asked} cannot be a name here, {name} is: a name has 1 to 16 bytes, no space and none of : > * / #",
                asked = spec.name,
                name = state.asked,
            ));
        }
        Self {
            state: Mutex::new(state),
            begun: Instant::now(),
            changed: Notify::new(),
            is_member: AtomicBool::new(false),
            is_paused: AtomicBool::new(false),
        }
    }

    /// Another name is asked for, or something else to be done with what is heard or not.
    pub fn set(&self, shared: &dyn ChatHost, spec: &ChatSpec) {
        let encoding = shared.encoding();
        self.with(shared, |state, now| {
            state.client.set_says_again(spec.say_again);
            let name = name_of(&spec.name, encoding);
            state.asked = decoded(encoding, name.as_bytes()).as_ref().to_owned();
            if name != *state.client.name() {
                state.say(shared, &ChatCommand::Rename(name), now);
            }
        });
    }

    /// Whether it was in a room that it has not left: it is to come back by itself.
    pub fn is_member(&self) -> bool {
        self.is_member.load(Ordering::Acquire)
    }

    /// Whether it has left the room: nothing brings it back but a user.
    pub fn has_left(&self) -> bool {
        self.state.lock().client.state() == ChatState::Left
    }

    /// The session is started.
    pub fn begin(&self, shared: &dyn ChatHost) {
        self.with(shared, |state, _| {
            state.client.begin();
            state.ends = false;
        });
    }

    /// Told when it is to be looked at.
    pub const fn changed(&self) -> &Notify {
        &self.changed
    }

    /// Does what is due; how long until it is to be looked at again at the latest.
    pub fn step(&self, shared: &dyn ChatHost) -> Option<Duration> {
        let is_due = |state: &mut ChatRunState, now: Duration| {
            if self.is_paused.load(Ordering::Acquire) {
                state.client.pause(now);
            }
            if state.client.poll_at().is_some_and(|due| due <= now) {
                state.client.tick(now);
            }
            state.end(shared);
        };
        // What could not be sent is tried again.
        if self.with_quietly(shared, is_due) {
            shared.mark_dirty();
        }
        let now = self.begun.elapsed();
        let state = self.state.lock();
        let waits = state.ends || state.peer.is_some() && state.client.has_output();
        let due = [state.client.poll_at(), waits.then_some(now + LOOK)];
        due.into_iter().flatten().min().map(|due| due.saturating_sub(now))
    }

    /// The connection stands.
    pub fn connected(&self, shared: &dyn ChatHost, peer: &Arc<Peer>) {
        self.with(shared, |state, now| {
            self.is_paused.store(false, Ordering::Release);
            state.peer = Some(peer.clone());
            state.members.clear();
            state.counted.clear();
            state.client.connected(now);
        });
    }

    /// The connection is gone.
    pub fn disconnected(&self, shared: &dyn ChatHost) {
        self.with(shared, |state, _| {
            state.peer = None;
            state.client.disconnected();
        });
    }

    /// Waits until those who take the lines one by one, and have taken so many, have room for more.
    pub async fn has_room(&self, taken: &watch::Sender<u64>) {
        let total = self.state.lock().history.total();
        let has_room = |taken: &u64| total.saturating_sub(*taken) <= UNTAKEN;
        if has_room(&taken.borrow()) {
            return;
        }
        self.is_paused.store(true, Ordering::Release);
        self.changed.notify_one();
        // The sender is there as long as this is.
        taken.subscribe().wait_for(has_room).await.ok();
        self.is_paused.store(false, Ordering::Release);
    }

    /// Bytes have come.
    pub fn received(&self, shared: &dyn ChatHost, bytes: &[u8]) {
        self.with(shared, |state, now| state.client.received(bytes, now));
    }

    /// What a user has typed. Nothing that is not said is passed over without a word.
    pub fn typed(&self, shared: &dyn ChatHost, text: &str) {
        let encoding = shared.encoding();
        self.with(shared, |state, now| {
            for line in text.lines() {
                state.typed += 1;
                let (bytes, _, is_unmappable) = encoding.encode(line);
                let parsed = ClientLine::parse(&bytes, false);
                match parsed {
                    _ if is_unmappable => state.not_said(say!(
                        "chat-unmappable",
                        "not said: {encoding} has no bytes for some of these characters",
                        encoding = encoding.name(),
                    )),
                    _ if state.client.is_leaving() => {
                        state.not_said(say!("chat-leaving", "not said: you have left the room"));
                    }
                    _ if !shared.is_running() => state.not_said(say!(
                        "chat-ended",
                        "not said: the session is ended, and nothing is sent before it is started again"
                    )),
                    Ok(ClientLine { command, .. }) => state.say(shared, &command, now),
                    Err(fault) => state.not_said(refused(fault.code(), fault.text())),
                }
            }
        });
    }

    /// The connection is about to be closed by us: the room need not wait.
    pub fn part(&self, shared: &dyn ChatHost) {
        self.is_member.store(false, Ordering::Release);
        self.with(shared, |state, _| state.client.part());
    }

    /// It is over: the room is left, and the connection to it closed. How many messages were not taken.
    pub fn leave(&self, shared: &dyn ChatHost) -> usize {
        let (peer, was_member, untaken) = {
            let state = self.state.lock();
            (state.peer.clone(), self.is_member(), state.client.waiting() + state.unknown)
        };
        self.part(shared);
        if let Some(peer) = peer.filter(|_| was_member) {
            peer.request_close(CloseRequest::Close);
        }
        untaken
    }

    /// Says again what was heard or not.
    pub fn say_again(&self, shared: &dyn ChatHost) {
        self.with(shared, |state, now| {
            state.client.say_again(now);
            state.unknown = 0;
        });
    }

    /// How it is.
    pub fn status(&self, shared: &dyn ChatHost) -> ChatStatus {
        let encoding = shared.encoding();
        let state = self.state.lock();
        let members = state.members.iter().map(|(name, is_away)| ChatMember {
            name: decoded(encoding, name.as_bytes()),
            is_away: *is_away,
        });
        ChatStatus {
            state: state.client.state(),
            name: decoded(encoding, state.client.name().as_bytes()),
            members: members.collect(),
            waiting: state.client.waiting(),
            unknown: state.unknown,
            typed: state.typed,
            unsaid: state.unsaid,
            lost: state.lost,
            history: state.history.clone(),
        }
    }

    /// Does something with the member, and lets what follows from that go its way.
    fn with(&self, shared: &dyn ChatHost, act: impl FnOnce(&mut ChatRunState, Duration)) {
        self.with_quietly(shared, act);
        shared.mark_dirty();
        self.changed.notify_one();
    }

    /// The same, and nobody is to look at it for that; whether something has happened.
    fn with_quietly(
        &self,
        shared: &dyn ChatHost,
        act: impl FnOnce(&mut ChatRunState, Duration),
    ) -> bool {
        let encoding = shared.encoding();
        let now = self.begun.elapsed();
        let mut state = self.state.lock();
        act(&mut state, now);
        let mut has_happened = false;
        loop {
            while let Some(event) = state.client.next_event() {
                has_happened = true;
                match event {
                    ChatEvent::State(ChatState::Live) => {
                        self.is_member.store(true, Ordering::Release);
                    }
                    ChatEvent::State(ChatState::Left) => {
                        self.is_member.store(false, Ordering::Release);
                    }
                    _ => {}
                }
                state.learn(event, encoding, now);
            }
            if !state.send(shared, now) {
                return has_happened;
            }
        }
    }
}
