//! What is known of a chat room by a member of it, and what becomes of what it learns.

use std::sync::Arc;
use std::time::Duration;

use encoding_rs::Encoding;
use espalier_chat::{ChatCommand, ChatFault, ChatName, NAME_MAX, RoomLine, Told};
use espalier_core::chat::{
    ChatClient, ChatEvent, ChatHistory, ChatLine, ChatLineKind, ChatState, MessageState,
};
use espalier_core::{Sentence, say};

use super::chat_fault::fault_words;
use super::chat_host::ChatHost;
use super::peer::{CloseRequest, Peer};
use crate::clock::now;

/// Members that are remembered; more are there, and not shown.
const MEMBERS_MAX: usize = 4_096;

/// Names of members that an answer to `/who` shows; more are counted.
const MEMBERS_SHOWN: usize = 100;

/// How many names are tried where the first one is taken.
const NAMES_TRIED: u32 = 20;

/// Bytes that may wait in the outbox of the connection. What is more waits in the chat, which knows what was sent.
const AHEAD: usize = 64 << 10;

/// What is known of it.
#[derive(Debug)]
pub struct ChatRunState {
    /// What it says and hears.
    pub client: ChatClient,
    /// The name that was asked for, and how many others were tried since.
    pub asked: String,
    tries: u32,
    /// Its connection.
    pub peer: Option<Arc<Peer>>,
    /// It is in a room, as far as is learned: the machine may have left it with the same bytes.
    in_room: bool,
    /// Who is there, and whether their connections are gone.
    pub members: Vec<(ChatName, bool)>,
    /// Names of an answer to `/who` that is not whole yet.
    pub counted: Vec<ChatName>,
    /// Answers to `/who` that the user waits for.
    asked_who: u32,
    /// Messages that were heard or not.
    pub unknown: usize,
    /// Lines that were to be said.
    pub typed: u64,
    /// Those of them that were not.
    pub unsaid: u64,
    /// Lines for it that are gone.
    pub lost: u64,
    /// It has left, and its connection is to be closed, or the session ended that would make one.
    pub ends: bool,
    /// What was said.
    pub history: Arc<ChatHistory>,
}

impl ChatRunState {
    /// A member that is to be called so.
    pub fn new(name: ChatName, encoding: &'static Encoding) -> Self {
        Self {
            asked: decoded(encoding, name.as_bytes()).as_ref().to_owned(),
            tries: 0,
            client: ChatClient::new(name),
            peer: None,
            in_room: false,
            members: Vec::new(),
            counted: Vec::new(),
            asked_who: 0,
            unknown: 0,
            typed: 0,
            unsaid: 0,
            lost: 0,
            ends: false,
            history: Arc::default(),
        }
    }

    /// Ends its connection, or the session, when it has left.
    pub fn end(&mut self, shared: &dyn ChatHost) {
        if self.ends {
            self.ends = match &self.peer {
                Some(peer) => {
                    peer.request_close(CloseRequest::Close);
                    false
                }
                None => shared.is_running() && !shared.stop(),
            };
        }
    }

    fn history(&mut self) -> &mut ChatHistory {
        Arc::make_mut(&mut self.history)
    }

    /// Something has happened that is told.
    pub fn happened(&mut self, sentence: Sentence) {
        self.add(None, ChatLineKind::Happened(sentence));
    }

    /// A line that was to be said is not.
    pub fn not_said(&mut self, why: Sentence) {
        self.unsaid += 1;
        self.happened(why);
    }

    fn add(&mut self, private: Option<Arc<str>>, kind: ChatLineKind) {
        self.history().push(ChatLine { at: now(), private, kind, own: None });
    }

    /// Says what a user wants to be said.
    pub fn say(&mut self, shared: &dyn ChatHost, command: &ChatCommand<'_>, now: Duration) {
        let encoding = shared.encoding();
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
            ChatCommand::Rename(_) => (None, None),
            ChatCommand::Quit(reason) => {
                let waiting = self.client.waiting();
                if waiting > 0 {
                    let sentence = say!(
                        "chat-leaves",
                        "leaving as soon as the room has taken {count} messages",
                        count = waiting,
                    );
                    self.happened(sentence);
                }
                return self.client.quit(reason, now);
            }
            _ if self.client.state() == ChatState::Off => {
                return self.not_said(say!("chat-off", "not said: there is no connection"));
            }
            // These are between the room and the machine.
            ChatCommand::Hello { .. } | ChatCommand::Ack(_) | ChatCommand::Pong(_) => {
                let fault = ChatFault::UnknownCommand;
                return self.not_said(refused(fault.code(), fault.text()));
            }
            other => {
                self.asked_who += u32::from(*other == ChatCommand::Who);
                return self.client.command(other);
            }
        };
        match self.client.say(command, now) {
            Ok(id) => {
                if let Some(kind) = kind {
                    let own = Some((id, MessageState::Waiting));
                    self.history().push(ChatLine { at: crate::clock::now(), private, kind, own });
                }
            }
            Err(full) => self.not_said(say!("chat-full", "not said: {why}", why = full)),
        }
    }

    /// Gives the connection what is to be sent, as far as it takes it now; whether that was something.
    pub fn send(&mut self, shared: &dyn ChatHost, now: Duration) -> bool {
        let Some(peer) = &self.peer else { return false };
        if !self.client.has_output() || peer.outbox.queued() >= AHEAD || shared.is_occupied(peer.id)
        {
            return false;
        }
        let bytes = self.client.output(now);
        // It is closed, otherwise, and the end of the connection is told.
        !bytes.is_empty() && peer.outbox.push(&bytes.into(), None).is_ok()
    }

    /// The machine has learned this.
    pub fn learn(&mut self, event: ChatEvent, encoding: &'static Encoding, now: Duration) {
        if let ChatEvent::State(state) = &event {
            self.in_room = *state == ChatState::Live;
        }
        match event {
            ChatEvent::State(ChatState::Live) => {
                self.tries = 0;
                self.counted.clear();
                self.client.command(&ChatCommand::Who);
                self.happened(say!("chat-live", "in the room: messages surely arrive"));
            }
            ChatEvent::State(ChatState::Plain) => self.happened(say!(
                "chat-plain",
                "the other end knows plain text only: nothing says whether a message has arrived"
            )),
            ChatEvent::State(ChatState::Left) => {
                self.ends = true;
                self.happened(say!("chat-left", "you have left the room"));
            }
            ChatEvent::State(ChatState::Off | ChatState::Greeting) => self.asked_who = 0,
            ChatEvent::Fresh { unknown: 0 } => self.happened(say!(
                "chat-fresh",
                "the room does not know us any more: it was started anew, or we were away too long"
            )),
            ChatEvent::Fresh { unknown } => {
                self.unknown = unknown;
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
                let left = MEMBERS_MAX.saturating_sub(self.counted.len());
                self.counted.extend(Told::names(names).take(left));
                if self.counted.len() >= (*total as usize).min(MEMBERS_MAX) {
                    let away: Vec<_> =
                        self.members.iter().filter(|(_, is_away)| *is_away).cloned().collect();
                    self.members.clear();
                    for name in std::mem::take(&mut self.counted) {
                        let is_away = away.iter().any(|(member, _)| *member == name);
                        self.set_member(&name, is_away);
                    }
                    if self.asked_who > 0 {
                        self.asked_who -= 1;
                        self.tell_members(*total, encoding);
                    }
                }
            }
            Told::Lost(lines) => {
                self.lost += u64::from(*lines);
                self.happened(say!(
                    "chat-lost",
                    "{count} lines for us are gone: the room had no place left for them",
                    count = lines,
                ));
            }
            Told::Refused { code, text: why } => {
                let sentence = refused(*code, &text(why));
                match () {
                    () if self.client.is_name_refused(told) => {
                        self.happened(sentence);
                        self.try_another_name(encoding, now);
                    }
                    // What is refused there was a line of ours.
                    () if self.in_room && is_of_a_line(*code) => self.not_said(sentence),
                    () => self.happened(sentence),
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
        if self.tries > NAMES_TRIED {
            return;
        }
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

    /// Who is there, for somebody who has asked.
    fn tell_members(&mut self, total: u32, encoding: &'static Encoding) {
        let names = self.members.iter().take(MEMBERS_SHOWN);
        let names: Vec<_> = names.map(|(name, _)| decoded(encoding, name.as_bytes())).collect();
        let more = if self.members.len() > MEMBERS_SHOWN { " …" } else { "" };
        self.happened(say!(
            "chat-who",
            "in the room ({count}): {names}",
            count = total,
            names = names.join(", ") + more,
        ));
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

/// A name or a text as it is shown.
pub fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> Arc<str> {
    encoding.decode_without_bom_handling(bytes).0.into()
}

/// The name that is asked for; where it cannot be one, that of the computer as far as it goes, or else a word.
pub fn name_of(asked: &str, encoding: &'static Encoding) -> ChatName {
    let host = std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME"));
    let host: Vec<u8> =
        host.unwrap_or_default().bytes().filter(u8::is_ascii_alphanumeric).take(NAME_MAX).collect();
    ChatName::new(&encoding.encode(asked).0)
        .or_else(|| ChatName::new(&host))
        .unwrap_or_else(|| ChatName::guest(0))
}

/// Whether that is refused of a line that was said.
fn is_of_a_line(code: u32) -> bool {
    use ChatFault::{BadName, NameTaken, NobodyThere, TooLong, UnknownCommand};
    ChatFault::from_code(code).is_some_and(|fault| {
        matches!(fault, TooLong | NameTaken | BadName | UnknownCommand | NobodyThere)
    })
}

/// What a room refuses, or would; known in its words, else in the room's.
pub fn refused(code: u32, text: &str) -> Sentence {
    let known = ChatFault::from_code(code).map(|fault| fault_words(fault).to_string());
    let text = known.unwrap_or_else(|| text.to_owned());
    say!("chat-refused", "the room says (/error {code}): {text}", code = code, text = text)
}
