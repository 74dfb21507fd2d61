//! The chat room of mode `chat`.

/// Rows of the vocabulary; see [`super::collect`].
macro_rules! chat {
    ([$($rows:tt)*] $($next:ident)*) => { collect! { [$($rows)*
        /// Mode `chat`: somebody is a member of the room now.
        Info "chat" "joined" ChatJoined {
            /// Its name, in whatever encoding it came.
            name: Bytes<'a> = "name",
        }
        /// Mode `chat`: somebody has left the room.
        Info "chat" "parted" ChatParted {
            /// Its name.
            name: Bytes<'a> = "name",
            /// Why, if it was said.
            reason: Option<Bytes<'a>> = "reason",
        }
        /// Mode `chat`: the connection of a member is gone, and it is waited for.
        Info "chat" "away" ChatAway {
            /// Its name.
            name: Bytes<'a> = "name",
        }
        /// Mode `chat`: a member that was away goes on over a new connection.
        Info "chat" "back" ChatBack {
            /// Its name.
            name: Bytes<'a> = "name",
        }
        /// Mode `chat`: a member has another name now.
        Info "chat" "renamed" ChatRenamed {
            /// The name until now.
            name: Bytes<'a> = "name",
            /// The name from now on.
            to: Bytes<'a> = "to",
        }
        /// Mode `chat`: a member said something to all.
        Info "chat" "said" ChatSaid {
            /// Its name.
            name: Bytes<'a> = "name",
            /// How many bytes.
            bytes: u32 = "bytes",
            /// The first of them, or all.
            data: Option<Bytes<'a>> = "data",
        }
        /// Mode `chat`: a member said what it does (`/me`).
        Info "chat" "acts" ChatActs {
            /// Its name.
            name: Bytes<'a> = "name",
            /// How many bytes.
            bytes: u32 = "bytes",
            /// The first of them, or all.
            data: Option<Bytes<'a>> = "data",
        }
        /// Mode `chat`: a member said something to one other. What it said is told to nobody else.
        Info "chat" "private" ChatPrivate {
            /// Its name.
            name: Bytes<'a> = "name",
            /// The other's.
            to: Bytes<'a> = "to",
        }
        /// Mode `chat`: a line for a member is gone, because its queue was full. The member is told how many.
        Warn "chat" "lost" ChatLost {
            /// Its name.
            name: Bytes<'a> = "name",
        }
        /// Mode `chat`: what a client said was not done.
        Warn "chat" "refused" ChatRefused {
            /// Its address.
            peer: SocketAddr = "peer",
            /// In which slot.
            slot: u8 = "slot",
            /// The number of the `/error` that it was sent.
            code: u32 = "code",
            /// The same for people.
            text: Text<'a> = "text",
        }
    ] $($next)* } };
}
pub(super) use chat;
