//! The machine of a member.

use std::collections::VecDeque;
use std::time::Duration;

use espalier_chat::{
    ChatCommand, ChatFault, ChatName, ChatRead, ClientLine, LineReader, Resume, RoomLine, Token,
    Told,
};

use super::outbox::{ChatOutbox, Message, MessageId, MessageState, OutboxFull};

/// How long a room has to answer `/hello`; then it is taken for something that is no room.
pub const NO_ANSWER: Duration = Duration::from_secs(5);

/// An acknowledgement of ours is as late as this at most.
const ACK_WITHIN: Duration = Duration::from_millis(200);

/// Waits for an acknowledgement: after each the first line without one is sent again, after the last the connection is dead.
const WAITS: [Duration; 3] =
    [Duration::from_secs(3), Duration::from_secs(6), Duration::from_secs(12)];

/// So many lines may come before the room has answered the greeting of somebody it may know.
const EARLY_MAX: usize = 1_000;

/// Bytes that wait to be given to the connection; above that messages wait, and what needs not arrive is not said.
const OUT_MAX: usize = 64 << 10;

/// Silence after which the room is asked whether it is there, and how often it is asked, and how long it has for an answer.
const SILENCE: Duration = Duration::from_secs(20);
const PINGS: u32 = 3;
const PING_WAIT: Duration = Duration::from_secs(5);

/// Where a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatState {
    /// There is no connection.
    Off,
    /// The room was greeted and has not answered.
    Greeting,
    /// Messages arrive surely.
    Live,
    /// The other end knows plain text only: nothing says what has arrived.
    Plain,
    /// It has left, and all was taken before: the connection is to be closed.
    Left,
}

/// What a member learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// Where it is now.
    State(ChatState),
    /// The room does not know us any more: it was started anew, or we were away too long. What was sent and not acknowledged may
    /// have been heard or not.
    Fresh {
        /// So many messages wait for [`ChatClient::say_again`].
        unknown: usize,
    },
    /// How far one of our messages has come.
    Message(MessageId, MessageState),
    /// The room has told something, other than what concerns this machine alone: a line that [`RoomLine::parse`] reads, without
    /// number and ending.
    Told(Vec<u8>),
    /// A line that is nothing of what a room says.
    Text(Vec<u8>),
    /// A line was longer than a line may be, and is not here.
    TooLong,
    /// Numbers are missing, or the room answers no more: the connection is to be ended, and another one made.
    Broken,
}

/// A member of a room. Times are counted from any moment, the same for all calls.
#[derive(Debug)]
pub struct ChatClient {
    name: ChatName,
    state: ChatState,
    reader: LineReader,
    token: Option<Token>,
    window: u32,
    outbox: ChatOutbox,
    /// Heard or not, nobody knows.
    unknown: Vec<Message>,
    /// What nobody knows of is said again without being asked.
    says_again: bool,
    /// Names that were asked for and are not known to be ours, by the message, with the name before each.
    renames: VecDeque<(MessageId, ChatName)>,
    /// It leaves for this reason when all is taken.
    leaves: Option<Vec<u8>>,
    /// Lines that the room told somebody it did not know yet: it tells them again, with their numbers, if it knows us.
    early: Vec<Vec<u8>>,
    /// The last number of the room's that was taken.
    handled: u32,
    /// So many of them the room does not know of, the first since then.
    unacked: u32,
    unacked_since: Option<Duration>,
    /// The room is to be told of them now.
    acknowledges: bool,
    greeted: Duration,
    heard: Duration,
    pings: u32,
    /// Since when an acknowledgement is waited for, and how many waits there were before.
    waits: Option<(Duration, usize)>,
    /// It has said that the connection is to be ended.
    is_broken: bool,
    out: Vec<u8>,
    events: VecDeque<ChatEvent>,
}

impl ChatClient {
    /// A member that is to be called so.
    pub fn new(name: ChatName) -> Self {
        Self {
            name,
            state: ChatState::Off,
            reader: LineReader::new(),
            token: None,
            window: 0,
            outbox: ChatOutbox::default(),
            unknown: Vec::new(),
            says_again: false,
            renames: VecDeque::new(),
            leaves: None,
            early: Vec::new(),
            handled: 0,
            unacked: 0,
            unacked_since: None,
            acknowledges: false,
            greeted: Duration::ZERO,
            heard: Duration::ZERO,
            pings: 0,
            waits: None,
            is_broken: false,
            out: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// Where it is.
    pub const fn state(&self) -> ChatState {
        self.state
    }

    /// What it is called, as far as it knows.
    pub const fn name(&self) -> &ChatName {
        &self.name
    }

    /// Whether what was heard or not when a room forgot us is said again without being asked.
    pub const fn set_says_again(&mut self, says_again: bool) {
        self.says_again = says_again;
    }

    /// Whether it leaves, or has left: nothing is to be said any more.
    pub const fn is_leaving(&self) -> bool {
        self.leaves.is_some()
    }

    /// How many messages wait, or are on their way.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// It is to be in a room: whoever has left one comes anew.
    pub fn begin(&mut self) {
        if self.state == ChatState::Left {
            self.leaves = None;
            self.go(ChatState::Off);
        }
    }

    /// There is a connection; to whoever has left a room it is none.
    pub fn connected(&mut self, now: Duration) {
        if self.state == ChatState::Left {
            return;
        }
        self.reader = LineReader::new();
        (self.heard, self.greeted, self.pings, self.is_broken) = (now, now, 0, false);
        self.out.clear();
        self.greet();
        self.go(ChatState::Greeting);
    }

    /// The connection is gone.
    pub fn disconnected(&mut self) {
        self.outbox.cut();
        self.out.clear();
        self.waits = None;
        (self.unacked, self.unacked_since, self.acknowledges) = (0, None, false);
        self.early.clear();
        if self.state != ChatState::Left {
            self.go(ChatState::Off);
        }
    }

    /// Says something that is to arrive: a message, what one does, a private message, another name. Other commands go with
    /// [`ChatClient::command`].
    ///
    /// # Errors
    /// Too many messages wait already.
    pub fn say(
        &mut self,
        command: &ChatCommand<'_>,
        now: Duration,
    ) -> Result<MessageId, OutboxFull> {
        let id = self.outbox.push(command)?;
        if let ChatCommand::Rename(name) = command {
            self.renames.push_back((id, std::mem::replace(&mut self.name, name.clone())));
        }
        self.tell(ChatEvent::Message(id, MessageState::Waiting));
        self.send(now);
        Ok(id)
    }

    /// Says something that needs not arrive, such as a question who is there; nothing, without a connection that takes it.
    pub fn command(&mut self, command: &ChatCommand<'_>) {
        if !matches!(self.state, ChatState::Off | ChatState::Left) && self.out.len() < OUT_MAX {
            ClientLine { number: None, command: command.clone() }.print(&mut self.out);
        }
    }

    /// Leaves when all is taken that was said: [`ChatState::Left`] follows. The room does not wait for us then.
    pub fn quit(&mut self, reason: &[u8], now: Duration) {
        self.leaves = Some(reason.to_vec());
        self.send(now);
    }

    /// The connection is about to be closed by us, whatever was taken: the room, if it is one, need not wait for us. To come back
    /// is to come anew.
    pub fn part(&mut self) {
        let is_room = match self.state {
            ChatState::Live => true,
            // It was one once.
            ChatState::Greeting => self.token.is_some(),
            ChatState::Off | ChatState::Plain | ChatState::Left => false,
        };
        if is_room {
            let reason = self.leaves.clone().unwrap_or_default();
            ClientLine { number: None, command: ChatCommand::Quit(&reason) }.print(&mut self.out);
        }
        self.token = None;
        self.handled = 0;
    }

    /// Greets with another name, when the room has refused the one before.
    pub fn greet_as(&mut self, name: ChatName, now: Duration) {
        self.name = name;
        self.greeted = now;
        if self.state == ChatState::Greeting {
            self.greet();
        }
    }

    /// Says once more what was heard or not when the room forgot us, before what waits.
    pub fn say_again(&mut self, now: Duration) {
        let again = std::mem::take(&mut self.unknown);
        for message in &again {
            self.tell(ChatEvent::Message(message.id, MessageState::Waiting));
        }
        self.outbox.say_again(again);
        self.send(now);
    }

    /// What is to be sent; it counts as sent.
    pub fn output(&mut self, now: Duration) -> Vec<u8> {
        self.send(now);
        if std::mem::take(&mut self.acknowledges) && self.state == ChatState::Live {
            (self.unacked, self.unacked_since) = (0, None);
            let command = ChatCommand::Ack(self.handled);
            ClientLine { number: None, command }.print(&mut self.out);
        }
        std::mem::take(&mut self.out)
    }

    /// Whether [`ChatClient::output`] gives something.
    pub fn has_output(&self) -> bool {
        let has_more = self.window().is_some_and(|window| self.outbox.has_more(window));
        !self.out.is_empty() || self.acknowledges || has_more
    }

    /// What has come is not read at present, because somebody is to take first what came before: nothing is missed meanwhile.
    pub const fn pause(&mut self, now: Duration) {
        (self.heard, self.pings) = (now, 0);
        if let Some((since, _)) = &mut self.waits {
            *since = now;
        }
    }

    /// Bytes have come.
    pub fn received(&mut self, bytes: &[u8], now: Duration) {
        if self.is_broken || self.state == ChatState::Left {
            return;
        }
        (self.heard, self.pings) = (now, 0);
        let mut reader = std::mem::take(&mut self.reader);
        let mut rest = bytes;
        while let Some(read) = reader.next(&mut rest) {
            match read {
                ChatRead::Line(line) => self.line(line, now),
                ChatRead::TooLong => self.tell(ChatEvent::TooLong),
            }
        }
        self.reader = reader;
        self.send(now);
    }

    /// When [`ChatClient::tick`] is due.
    pub fn poll_at(&self) -> Option<Duration> {
        let wait = self.waits.map(|(since, waited)| since + wait_of(waited));
        let due = match self.state {
            _ if self.is_broken => return None,
            ChatState::Off | ChatState::Left => return None,
            ChatState::Greeting => [Some(self.greeted + NO_ANSWER), None, None],
            ChatState::Live => {
                [Some(self.ping_at()), wait, self.unacked_since.map(|since| since + ACK_WITHIN)]
            }
            ChatState::Plain => [None, None, None],
        };
        due.into_iter().flatten().min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Duration) {
        match self.state {
            ChatState::Greeting if now >= self.greeted + NO_ANSWER => {
                if self.token.is_some() {
                    // It was a room once: what was said to it is not said to something else.
                    return self.tell(ChatEvent::Broken);
                }
                // To a room that we have left, perhaps.
                self.forget();
                self.go(ChatState::Plain);
                self.send(now);
            }
            ChatState::Live => {
                if self.unacked_since.is_some_and(|since| now >= since + ACK_WITHIN) {
                    self.acknowledges = true;
                    self.unacked_since = None;
                }
                if now >= self.ping_at() {
                    if self.pings == PINGS {
                        return self.tell(ChatEvent::Broken);
                    }
                    self.pings += 1;
                    self.command(&ChatCommand::Ping(b"there"));
                }
                if let Some((since, waited)) = self.waits
                    && now >= since + wait_of(waited)
                {
                    if waited + 1 == WAITS.len() {
                        return self.tell(ChatEvent::Broken);
                    }
                    self.waits = Some((now, waited + 1));
                    self.outbox.send_again(&mut self.out);
                }
            }
            _ => {}
        }
    }

    /// What it has learned and nobody has asked for yet, in this order; to be asked for after each other call.
    pub fn next_event(&mut self) -> Option<ChatEvent> {
        self.events.pop_front()
    }

    fn tell(&mut self, event: ChatEvent) {
        if event == ChatEvent::Broken && std::mem::replace(&mut self.is_broken, true) {
            return;
        }
        self.events.push_back(event);
    }

    fn tell_of(&mut self, told: &Told<'_>) {
        let mut line = Vec::new();
        told.print(&mut line);
        self.tell(ChatEvent::Told(line));
    }

    fn greet(&mut self) {
        let resume = self.token.map(|token| Resume { token, handled: self.handled });
        let command = ChatCommand::Hello { name: self.name.clone(), resume };
        ClientLine { number: None, command }.print(&mut self.out);
    }

    fn go(&mut self, state: ChatState) {
        if self.state != state {
            self.state = state;
            self.tell(ChatEvent::State(state));
        }
    }

    fn ping_at(&self) -> Duration {
        self.heard + SILENCE + PING_WAIT * self.pings
    }

    /// How many messages may be without an acknowledgement, `Some(None)` for any number; `None`: nothing may be said now.
    const fn window(&self) -> Option<Option<u32>> {
        match self.state {
            ChatState::Off | ChatState::Greeting | ChatState::Left => None,
            ChatState::Live => Some(Some(self.window)),
            ChatState::Plain => Some(None),
        }
    }

    /// Sends what may be sent, and leaves when that was all.
    fn send(&mut self, now: Duration) {
        if let Some(window) = self.window() {
            let events = &mut self.events;
            self.outbox.send(window, (&mut self.out, OUT_MAX), &mut |id| {
                events.push_back(ChatEvent::Message(id, MessageState::Sent));
            });
            if self.outbox.has_sent() {
                self.waits.get_or_insert((now, 0));
            }
        }
        let may_leave = self.state == ChatState::Off || self.window().is_some();
        if self.leaves.is_some() && self.outbox.len() == 0 && may_leave {
            self.part();
            self.go(ChatState::Left);
        }
    }

    /// So many more numbers of the room's were taken.
    fn handle(&mut self, numbers: u32, now: Duration) {
        self.handled = self.handled.saturating_add(numbers);
        self.unacked = self.unacked.saturating_add(numbers);
        self.unacked_since.get_or_insert(now);
        if self.unacked >= self.window.div_ceil(2) {
            self.acknowledges = true;
        }
    }

    fn line(&mut self, line: &[u8], now: Duration) {
        let is_numbered = matches!(self.state, ChatState::Greeting | ChatState::Live);
        let Some(RoomLine { number, told }) = RoomLine::parse(line, is_numbered) else {
            return self.tell(ChatEvent::Text(line.to_vec()));
        };
        if let Some(number) = number.filter(|_| self.state == ChatState::Live) {
            if number <= self.handled {
                // It has come already, and the room does not know.
                self.acknowledges = true;
                return;
            }
            if number != self.handled + 1 {
                return self.tell(ChatEvent::Broken);
            }
            self.handle(1, now);
        }
        let is_early = self.state == ChatState::Greeting && self.token.is_some();
        if is_early && !matches!(told, Told::Welcome(_) | Told::Refused { .. }) {
            self.early.push(line.to_vec());
            if self.early.len() > EARLY_MAX {
                self.tell(ChatEvent::Broken);
            }
            return;
        }
        match &told {
            Told::Welcome(welcome) => {
                let welcome = *welcome;
                let early = std::mem::take(&mut self.early);
                if self.token != Some(welcome.token) {
                    // Another room, or one that has forgotten us.
                    self.handled = 0;
                    self.renames.clear();
                    self.forget();
                    self.events.extend(early.into_iter().map(ChatEvent::Told));
                }
                self.token = Some(welcome.token);
                self.window = welcome.window.max(1);
                self.waits = None;
                let is_known = self.acknowledged(welcome.handled).is_some();
                self.go(ChatState::Live);
                if !is_known {
                    self.tell(ChatEvent::Broken);
                }
            }
            // That it has is told with the new token in front of it.
            Told::Fresh => {}
            Told::Ack(number) => {
                let Some(last) = self.acknowledged(*number) else {
                    return self.tell(ChatEvent::Broken);
                };
                // A refusal would have come before it.
                while self.renames.pop_front_if(|(id, _)| Some(*id) <= last).is_some() {}
                self.waits = self.outbox.has_sent().then_some((now, 0));
            }
            Told::Ping(text) => self.command(&ChatCommand::Pong(text)),
            Told::Pong(b"there") => {}
            Told::Lost(lines) => {
                if self.state == ChatState::Live {
                    self.handle(*lines, now);
                }
                self.tell_of(&told);
            }
            Told::Refused { code, .. } => {
                if self.state == ChatState::Live && is_of_name(*code) {
                    self.keep_name();
                }
                self.tell_of(&told);
            }
            Told::Renamed { from, to } => {
                if self.state == ChatState::Plain && *from == self.name {
                    self.name = to.clone();
                }
                self.tell_of(&told);
            }
            _ => self.tell_of(&told),
        }
    }

    /// The room has taken all up to this number of ours, this message at last; `None` when it cannot have.
    fn acknowledged(&mut self, number: u32) -> Option<Option<MessageId>> {
        let events = &mut self.events;
        let mut last = None;
        let is_known = self.outbox.acknowledge(number, &mut |id| {
            last = Some(id);
            events.push_back(ChatEvent::Message(id, MessageState::Taken));
        });
        is_known.then_some(last)
    }

    /// The first name that was asked for and is not known to be ours is not: the one before stays.
    fn keep_name(&mut self) {
        let Some((_, before)) = self.renames.pop_front() else { return };
        match self.renames.front_mut() {
            Some((_, of_next)) => *of_next = before,
            None => self.name = before,
        }
    }

    fn forget(&mut self) {
        let had_token = self.token.is_some();
        if self.says_again {
            self.outbox.begin_anew();
        }
        let forgotten = self.outbox.forget();
        for message in &forgotten {
            self.tell(ChatEvent::Message(message.id, MessageState::Unknown));
        }
        let is_told = had_token || !forgotten.is_empty();
        self.unknown.extend(forgotten);
        if is_told {
            self.tell(ChatEvent::Fresh { unknown: self.unknown.len() });
        }
    }

    /// Whether a refusal is for the name that it greeted with.
    pub fn is_name_refused(&self, told: &Told<'_>) -> bool {
        self.state == ChatState::Greeting
            && matches!(told, Told::Refused { code, .. } if is_of_name(*code))
    }
}

fn is_of_name(code: u32) -> bool {
    [ChatFault::NameTaken.code(), ChatFault::BadName.code()].contains(&code)
}

fn wait_of(waited: usize) -> Duration {
    WAITS.get(waited).copied().unwrap_or(Duration::MAX / 2)
}
