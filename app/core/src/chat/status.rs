//! A chat, as the engine publishes it.

use std::sync::Arc;

use super::{ChatHistory, ChatState};

/// A chat as it is.
#[derive(Clone, Debug)]
pub struct ChatStatus {
    /// Where the member is.
    pub state: ChatState,
    /// What it is called.
    pub name: Arc<str>,
    /// Who is in the room, as far as is known; itself included.
    pub members: Vec<ChatMember>,
    /// So many of its messages are not taken yet.
    pub waiting: usize,
    /// So many of its messages were heard or not, and wait for the user's word.
    pub unknown: usize,
    /// Lines that were to be said.
    pub typed: u64,
    /// Those of them that were not: they could not be, or the room has refused them.
    pub unsaid: u64,
    /// Lines for it that the room had no place for.
    pub lost: u64,
    /// What was said.
    pub history: Arc<ChatHistory>,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMember {
    /// The name.
    pub name: Arc<str>,
    /// Its connection is gone, and it is waited for.
    pub is_away: bool,
}
