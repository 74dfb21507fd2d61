//! A client session as a member of a chat room.

use std::sync::Arc;
use std::time::{Duration, Instant};

use encoding_rs::Encoding;
use espalier_chat::{ChatCommand, ChatName, ClientLine, NAME_MAX, RoomLine, Told};
use espalier_core::chat::{
    ChatClient, ChatEvent, ChatHistory, ChatLine, ChatLineKind, ChatMember, ChatSpec, ChatState,
    ChatStatus, MessageState,
};
use espalier_core::{Sentence, say};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::chat_host::ChatHost;
use super::peer::{CloseRequest, Peer};
use crate::clock::now;

/// Members that are remembered; more are there, and not shown.
const MEMBERS_MAX: usize = 4_096;

/// How often a full outbox is tried.
const LOOK: Duration = Duration::from_millis(50);

/// A chat with its connection, if there is one.
#[derive(Debug)]
pub struct ChatRun {
    state: Mutex<ChatRunState>,
    begun: Instant,
    changed: Notify,
}

#[derive(Debug)]
struct ChatRunState {
    client: ChatClient,
    say_again: bool,
    /// The name that was asked for, and how many others were tried since.
    asked: String,
    tries: u32,
    peer: Option<Arc<Peer>>,
    members: Vec<(ChatName, bool)>,
    /// Names of an answer to `/who` that is not whole yet.
    counted: Vec<ChatName>,
    unknown: usize,
    history: Arc<ChatHistory>,
    /// What did not fit into the outbox.
    held: Vec<u8>,
}

impl ChatRun {
    /// A member that has no connection yet.
    pub fn new(spec: &ChatSpec, encoding: &'static Encoding) -> Self {
        let name = name_of(&spec.name, encoding);
        let state = ChatRunState {
            asked: decoded(encoding, name.as_bytes()).as_ref().to_owned(),
            tries: 0,
            client: ChatClient::new(name),
            say_again: spec.say_again,
            peer: None,
            members: Vec::new(),
            counted: Vec::new(),
            unknown: 0,
            history: Arc::default(),
            held: Vec::new(),
        };
        Self { state: Mutex::new(state), begun: Instant::now(), changed: Notify::new() }
    }

    /// Told when it is to be looked at.
    pub const fn changed(&self) -> &Notify {
        &self.changed
    }

    /// Does what is due; how long until it is to be looked at again at the latest.
    pub fn step(&self, shared: &dyn ChatHost) -> Option<Duration> {
        let now = self.begun.elapsed();
        let due = {
            let state = self.state.lock();
            let held = (!state.held.is_empty()).then_some(now + LOOK);
            [state.client.poll_at(), held].into_iter().flatten().min()
        };
        if due.is_some_and(|due| due <= now) {
            self.with(shared, |state, now| state.client.tick(now));
            return Some(Duration::ZERO);
        }
        due.map(|due| due.saturating_sub(now))
    }

    /// The connection stands.
    pub fn connected(&self, shared: &dyn ChatHost, peer: &Arc<Peer>) {
        self.with(shared, |state, now| {
            state.peer = Some(peer.clone());
            state.members.clear();
            state.client.connected(now);
        });
    }

    /// The connection is gone.
    pub fn disconnected(&self, shared: &dyn ChatHost) {
        self.with(shared, |state, _| {
            state.peer = None;
            state.held.clear();
            state.client.disconnected();
        });
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
                let (bytes, _, is_unmappable) = encoding.encode(line);
                let parsed = ClientLine::parse(&bytes, false);
                match parsed {
                    _ if is_unmappable => state.happened(say!(
                        "chat-unmappable",
                        "not said: {encoding} has no bytes for some of these characters",
                        encoding = encoding.name(),
                    )),
                    Ok(ClientLine { command, .. }) => state.say(&command, encoding, now),
                    Err(fault) => state.happened(refused(fault.code(), fault.text())),
                }
            }
        });
    }

    /// The connection is about to be closed by us: the room need not wait.
    pub fn leave(&self, shared: &dyn ChatHost) {
        self.with(shared, |state, _| state.client.quit(b""));
    }

    /// Says again what was heard or not.
    pub fn say_again(&self, shared: &dyn ChatHost) {
        self.with(shared, ChatRunState::say_again);
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
            history: state.history.clone(),
        }
    }

    /// Does something with the member, and lets what follows from that go its way.
    fn with(&self, shared: &dyn ChatHost, act: impl FnOnce(&mut ChatRunState, Duration)) {
        let encoding = shared.encoding();
        let now = self.begun.elapsed();
        let mut state = self.state.lock();
        act(&mut state, now);
        while let Some(event) = state.client.next_event() {
            state.learn(event, encoding, now);
        }
        state.send();
        drop(state);
        shared.mark_dirty();
        self.changed.notify_one();
    }
}

impl ChatRunState {
    fn history(&mut self) -> &mut ChatHistory {
        Arc::make_mut(&mut self.history)
    }

    fn happened(&mut self, sentence: Sentence) {
        self.add(None, ChatLineKind::Happened(sentence));
    }

    fn add(&mut self, private: Option<Arc<str>>, kind: ChatLineKind) {
        self.history().push(ChatLine { at: now(), private, kind, own: None });
    }

    /// Says what a user wants to be said.
    fn say(&mut self, command: &ChatCommand<'_>, encoding: &'static Encoding, now: Duration) {
        let text = |text: &[u8]| decoded(encoding, text);
        let name = text(self.client.name().as_bytes());
        let (private, kind) = match command {
            ChatCommand::Nothing => return,
            ChatCommand::Say(said) => (None, Some(ChatLineKind::Said { name, text: text(said) })),
            ChatCommand::Act(done) => (None, Some(ChatLineKind::Acts { name, text: text(done) })),
            ChatCommand::Private { to, text: said } => {
                let with = Some(text(to.as_bytes()));
                (with, Some(ChatLineKind::Said { name, text: text(said) }))
            }
            ChatCommand::Rename(name) if self.client.state() == ChatState::Greeting => {
                return self.client.greet_as(name.clone(), now);
            }
            ChatCommand::Rename(_) => (None, None),
            _ if self.client.state() == ChatState::Off => {
                return self.happened(say!("chat-off", "not said: there is no connection"));
            }
            other => return self.client.command(other),
        };
        match self.client.say(command, now) {
            Ok(id) => {
                if let Some(kind) = kind {
                    let own = Some((id, MessageState::Waiting));
                    self.history().push(ChatLine { at: crate::clock::now(), private, kind, own });
                }
            }
            Err(full) => self.happened(say!("chat-full", "not said: {why}", why = full)),
        }
    }

    fn say_again(&mut self, now: Duration) {
        self.client.say_again(now);
        self.unknown = 0;
    }

    /// Gives the connection what is to be sent.
    fn send(&mut self) {
        self.held.extend(self.client.output());
        if let Some(peer) = self.peer.as_ref().filter(|_| !self.held.is_empty()) {
            // What does not fit stays, and what is closed hears of it.
            if peer.outbox.push(&self.held.as_slice().into(), None).is_ok() {
                self.held.clear();
            }
        }
    }

    fn learn(&mut self, event: ChatEvent, encoding: &'static Encoding, now: Duration) {
        match event {
            ChatEvent::State(ChatState::Live) => {
                self.client.command(&ChatCommand::Who);
                self.happened(say!("chat-live", "in the room: messages surely arrive"));
            }
            ChatEvent::State(ChatState::Plain) => self.happened(say!(
                "chat-plain",
                "the other end knows plain text only: nothing says whether a message has arrived"
            )),
            ChatEvent::State(ChatState::Off | ChatState::Greeting) => {}
            ChatEvent::Fresh { unknown: 0 } => self.happened(say!(
                "chat-fresh",
                "the room does not know us any more: it was started anew, or we were away too long"
            )),
            ChatEvent::Fresh { unknown } => {
                self.unknown = unknown;
                if self.say_again {
                    return self.say_again(now);
                }
                self.happened(say!(
                    "chat-unknown",
                    "the room does not know us any more: {count} messages may have been heard or not",
                    count = unknown,
                ));
            }
            ChatEvent::Message(id, state) => self.history().set_state(id, state),
            ChatEvent::Told(line) => {
                if let Some(RoomLine { told, .. }) = RoomLine::parse(&line, false) {
                    self.told(&told, encoding, now);
                }
            }
            ChatEvent::Text(text) => self.add(None, ChatLineKind::Text(decoded(encoding, &text))),
            ChatEvent::TooLong => self.happened(say!(
                "chat-too-long",
                "a line was longer than a line of a room may be; the log has it"
            )),
            ChatEvent::Broken => {
                self.happened(say!(
                    "chat-broken",
                    "the room does not answer any more: the connection is made anew"
                ));
                if let Some(peer) = &self.peer {
                    peer.request_close(CloseRequest::Unanswered);
                }
            }
        }
    }

    /// What the room has told.
    fn told(&mut self, told: &Told<'_>, encoding: &'static Encoding, now: Duration) {
        let text = |text: &[u8]| decoded(encoding, text);
        let word = |name: &ChatName| decoded(encoding, name.as_bytes());
        match told {
            Told::Said { name, text: said } => {
                self.add(None, ChatLineKind::Said { name: word(name), text: text(said) });
            }
            Told::Acts { name, text: done } => {
                self.add(None, ChatLineKind::Acts { name: word(name), text: text(done) });
            }
            Told::Private { from, text: said } => {
                let kind = ChatLineKind::Said { name: word(from), text: text(said) };
                self.add(Some(word(from)), kind);
            }
            Told::Joined(name) => {
                self.set_member(name, false);
                self.happened(say!("room-joined", "{name} is in the room", name = word(name)));
            }
            Told::Parted { name, reason } => {
                self.members.retain(|(member, _)| member != name);
                self.happened(match reason {
                    [] => say!("room-parted", "{name} has left the room", name = word(name)),
                    reason => say!(
                        "room-parted-reason",
                        "{name} has left the room: {reason}",
                        name = word(name),
                        reason = text(reason),
                    ),
                });
            }
            Told::Away(name) => {
                self.set_member(name, true);
                self.happened(say!(
                    "room-away",
                    "the connection of {name} is gone: what is said meanwhile is kept for {name}",
                    name = word(name),
                ));
            }
            Told::Back(name) => {
                self.set_member(name, false);
                self.happened(say!("room-back", "{name} is back", name = word(name)));
            }
            Told::Renamed { from, to } => {
                self.members.retain(|(member, _)| member != from);
                self.set_member(to, false);
                let (from, to) = (word(from), word(to));
                self.happened(say!(
                    "room-renamed",
                    "{from} is called {to} now",
                    from = from,
                    to = to
                ));
            }
            Told::Who { total, names } => {
                self.counted.extend(Told::names(names));
                if self.counted.len() >= *total as usize {
                    let away: Vec<_> =
                        self.members.iter().filter(|(_, is_away)| *is_away).cloned().collect();
                    self.members.clear();
                    for name in std::mem::take(&mut self.counted) {
                        let is_away = away.iter().any(|(member, _)| *member == name);
                        self.set_member(&name, is_away);
                    }
                }
            }
            Told::Lost(lines) => self.happened(say!(
                "chat-lost",
                "{count} lines for us are gone: the room had no place left for them",
                count = lines,
            )),
            Told::Refused { code, text: why } => {
                self.happened(refused(*code, &text(why)));
                if self.client.is_name_refused(told) {
                    self.try_another_name(encoding, now);
                }
            }
            Told::Pong(said) => {
                self.add(None, ChatLineKind::Text(format!("/pong {}", text(said)).into()));
            }
            Told::Ping(_) | Told::Welcome(_) | Told::Fresh | Told::Ack(_) => {}
        }
    }

    /// The name is taken: it is tried with a number behind it.
    fn try_another_name(&mut self, encoding: &'static Encoding, now: Duration) {
        self.tries += 1;
        let number = (self.tries + 1).to_string();
        let mut stem = self.asked.clone();
        let name = loop {
            let candidate = format!("{stem}{number}");
            if let Some(name) = ChatName::new(&encoding.encode(&candidate).0) {
                break name;
            }
            // Not within a character.
            if stem.pop().is_none() {
                break ChatName::guest(self.tries);
            }
        };
        let told = decoded(encoding, name.as_bytes());
        self.happened(say!("chat-other-name", "trying the name {name}", name = told));
        self.client.greet_as(name, now);
    }

    fn set_member(&mut self, name: &ChatName, is_away: bool) {
        let known = self.members.iter_mut().find(|(member, _)| member == name);
        if let Some((_, away)) = known {
            *away = is_away;
        } else if self.members.len() < MEMBERS_MAX {
            self.members.push((name.clone(), is_away));
        }
    }
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> Arc<str> {
    encoding.decode_without_bom_handling(bytes).0.into()
}

/// The name that is asked for; where it cannot be one, that of the computer as far as it goes, or else a word.
fn name_of(asked: &str, encoding: &'static Encoding) -> ChatName {
    let host = std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME"));
    let host: Vec<u8> =
        host.unwrap_or_default().bytes().filter(u8::is_ascii_alphanumeric).take(NAME_MAX).collect();
    ChatName::new(&encoding.encode(asked).0)
        .or_else(|| ChatName::new(&host))
        .unwrap_or_else(|| ChatName::guest(0))
}

fn refused(code: u32, text: &str) -> Sentence {
    say!("chat-refused", "the room says (/error {code}): {text}", code = code, text = text)
}
