//! What a member has said, until it is known to have arrived.

use std::collections::VecDeque;

use espalier_chat::{ChatCommand, ClientLine};

/// So many messages may be without an acknowledgement; more are refused.
pub const MESSAGES_MAX: usize = 10_000;

/// A message of ours, by the order in which they were said, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// It waits to be sent.
    Waiting,
    /// It was sent, perhaps more than once.
    Sent,
    /// The room has it, and gives it to every member.
    Taken,
    /// The room that it was sent to is gone: it was heard or not, nobody knows.
    Unknown,
}

/// There are [`MESSAGES_MAX`] messages without an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MESSAGES_MAX} messages wait for the room already: this one was not taken")]
pub struct OutboxFull;

/// A message, as the line that says it; without number and ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    line: Vec<u8>,
}

/// Messages in order. The number of the one at place `n` is `acknowledged + 1 + n`.
#[derive(Debug, Default)]
pub struct ChatOutbox {
    messages: VecDeque<Message>,
    /// So many of them were sent over this connection.
    sent: usize,
    /// So many of them were ever sent to this room.
    tried: usize,
    /// The last number that the room has taken.
    acknowledged: u32,
    last_id: u64,
}

impl ChatOutbox {
    /// Takes a message behind the others.
    pub fn push(&mut self, command: &ChatCommand<'_>) -> Result<MessageId, OutboxFull> {
        if self.messages.len() >= MESSAGES_MAX {
            return Err(OutboxFull);
        }
        self.last_id += 1;
        let id = MessageId(self.last_id);
        let mut line = Vec::new();
        ClientLine { number: None, command: command.clone() }.print(&mut line);
        line.pop();
        self.messages.push_back(Message { id, line });
        Ok(id)
    }

    /// So many messages are without an acknowledgement.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether something was sent and is not acknowledged.
    pub const fn has_sent(&self) -> bool {
        self.sent > 0
    }

    /// Writes what may be sent now, so that no more than `window` are without an acknowledgement, and no more than `most` bytes and
    /// a line wait in `out`; without numbers and without waiting where there is no window. Tells of each that is sent for the first time.
    pub fn send(
        &mut self,
        window: Option<u32>,
        (out, most): (&mut Vec<u8>, usize),
        tell: &mut impl FnMut(MessageId),
    ) {
        let Some(window) = window else {
            (self.sent, self.tried) = (0, 0);
            while out.len() < most
                && let Some(Message { id, line }) = self.messages.pop_front()
            {
                write(None, &line, out);
                tell(id);
            }
            return;
        };
        while self.sent < window as usize
            && out.len() < most
            && let Some(message) = self.messages.get(self.sent)
        {
            write(self.number_at(self.sent), &message.line, out);
            if self.sent >= self.tried {
                tell(message.id);
                self.tried = self.sent + 1;
            }
            self.sent += 1;
        }
    }

    /// Writes the first message without an acknowledgement again.
    pub fn send_again(&self, out: &mut Vec<u8>) {
        if let Some(message) = self.messages.front().filter(|_| self.sent > 0) {
            write(self.number_at(0), &message.line, out);
        }
    }

    /// The room has taken all up to this number; tells of each. `false` when it never got so many.
    pub fn acknowledge(&mut self, number: u32, tell: &mut impl FnMut(MessageId)) -> bool {
        let taken = number.saturating_sub(self.acknowledged) as usize;
        if taken > self.tried {
            return false;
        }
        for message in self.messages.drain(..taken) {
            tell(message.id);
        }
        self.acknowledged = self.acknowledged.max(number);
        self.sent = self.sent.saturating_sub(taken);
        self.tried -= taken;
        true
    }

    /// The connection is gone: what was sent and not acknowledged goes again over the next one.
    pub fn cut(&mut self) {
        self.sent = 0;
    }

    /// The room does not know us any more: its numbers begin anew.
    pub const fn begin_anew(&mut self) {
        (self.acknowledged, self.sent, self.tried) = (0, 0, 0);
    }

    /// The same. Gives those messages that it may have heard; they are not sent again.
    pub fn forget(&mut self) -> Vec<Message> {
        let tried = self.tried;
        self.begin_anew();
        self.messages.drain(..tried).collect()
    }

    /// Takes messages that were said before all others; of these, those that were tried stay in front of them.
    pub fn say_again(&mut self, messages: Vec<Message>) {
        let behind = self.messages.split_off(self.tried);
        self.messages.extend(messages);
        self.messages.extend(behind);
    }

    /// Whether something may be sent.
    pub fn has_more(&self, window: Option<u32>) -> bool {
        match window {
            Some(window) => self.sent < self.messages.len() && self.sent < window as usize,
            None => !self.messages.is_empty(),
        }
    }

    fn number_at(&self, place: usize) -> Option<u32> {
        let place = u32::try_from(place).ok()?;
        self.acknowledged.checked_add(1)?.checked_add(place)
    }
}

fn write(number: Option<u32>, line: &[u8], out: &mut Vec<u8>) {
    if let Some(number) = number {
        out.extend_from_slice(format!("#{number} ").as_bytes());
    }
    out.extend_from_slice(line);
    out.push(b'\n');
}
