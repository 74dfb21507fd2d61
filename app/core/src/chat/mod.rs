//! A member of a chat room, from the member's side: what it says, what of that has arrived, what it hears.
//!
//! [`ChatClient`] speaks [`chat/1`](espalier_chat) without I/O and clock: it is told what happens to the connection, and gives
//! the bytes to be sent. A connection may break at any byte; nothing is lost by that and nothing comes twice, as long as the room knows the
//! member. With others than rooms it speaks plain text.
//!
//! - `outbox`: what was said and is not known to have arrived
//! - `client`: the machine
//! - `history`, `status`: what is shown of it; `spec`: what is asked of it

mod client;
mod history;
mod outbox;
mod spec;
mod status;
#[cfg(test)]
mod tests;

pub use client::{ChatClient, ChatEvent, ChatState, NO_ANSWER};
pub use history::{ChatHistory, ChatLine, ChatLineKind, HISTORY_MAX};
pub use outbox::{MESSAGES_MAX, MessageId, MessageState, OutboxFull};
pub use spec::ChatSpec;
pub use status::{ChatMember, ChatStatus};
