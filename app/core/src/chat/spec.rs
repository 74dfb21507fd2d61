//! What a user asks of a chat.

use encoding_rs::Encoding;
use espalier_chat::ChatName;
use serde::{Deserialize, Serialize};

/// A client session as a member of a chat room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSpec {
    /// What to be called: 1 to 16 bytes in the session's encoding, see [`espalier_chat::ChatName`]. Empty: a name is made
    /// from the name of the computer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What was heard or not when a room forgot us is said again by itself; otherwise somebody is asked.
    #[serde(default, skip_serializing_if = "is_off")]
    pub say_again: bool,
}

impl ChatSpec {
    /// Whether somebody can be called so, where text is in this encoding.
    pub fn is_name(name: &str, encoding: &'static Encoding) -> bool {
        let (name, _, is_unmappable) = encoding.encode(name);
        !is_unmappable && ChatName::new(&name).is_some()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_off(switch: &bool) -> bool {
    !*switch
}
