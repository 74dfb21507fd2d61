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
