//! What a room refuses, as it is told.

use espalier_chat::ChatFault;
use espalier_core::{Sentence, say};

/// Why it was refused.
pub fn fault_words(fault: ChatFault) -> Sentence {
    match fault {
        ChatFault::TooLong => {
            say!("chat-fault-too-long", "too long: at most 476 bytes of text; nobody has seen it")
        }
        ChatFault::NameTaken => say!("chat-fault-name-taken", "that name is taken"),
        ChatFault::BadName => {
            say!("chat-fault-bad-name", "a name has 1 to 16 bytes, no space and none of : > * / #")
        }
        ChatFault::UnknownCommand => say!(
            "chat-fault-unknown",
            "unknown: /nick NAME, /msg NAME text, /me text, /who, /ping, /quit, //text"
        ),
        ChatFault::Gap => say!("chat-fault-gap", "numbers are missing in front of this one"),
        ChatFault::Replaced => {
            say!("chat-fault-replaced", "this member goes on over another connection")
        }
        ChatFault::NobodyThere => say!("chat-fault-nobody", "nobody has that name"),
        ChatFault::BadHello => {
            say!("chat-fault-bad-hello", "/hello 1 NAME, or /hello 1 NAME TOKEN NUMBER, once")
        }
        ChatFault::RoomFull => say!("chat-fault-room-full", "the room is full"),
        ChatFault::NoHello => say!("chat-fault-no-hello", "that needs a /hello first"),
        ChatFault::Over => say!("chat-fault-over", "the room has ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_in_the_words_of_the_line() {
        for fault in ChatFault::ALL {
            assert_eq!(fault_words(*fault).to_string(), fault.text());
        }
    }
}
