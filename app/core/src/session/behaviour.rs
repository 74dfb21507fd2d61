//! What a session with several peers does by itself.

use serde::{Deserialize, Serialize};

/// What a server, or a socket for datagrams, does by itself with what it receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Nothing: the user answers.
    #[default]
    Manual,
    /// Sends it back to the same client.
    Echo,
    /// Nothing, and says so.
    Discard,
    /// Sends it to all other clients.
    Broadcast,
    /// Is a chat room: clients have names, and what they say surely arrives ([`espalier_chat`]). TCP only.
    Room,
}
