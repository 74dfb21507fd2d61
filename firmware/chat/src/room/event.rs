//! What happens in a room, for whoever shows it.

use super::RoomLink;
use crate::{ChatFault, ChatName};

/// What has happened in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomEvent<'a> {
    /// Somebody came.
    Joined(&'a ChatName),
    /// Somebody left.
    Parted {
        /// Who.
        name: &'a ChatName,
        /// Why, if it was said.
        reason: &'a [u8],
    },
    /// The connection of a member is gone, and it is waited for.
    Away(&'a ChatName),
    /// A member that was away has come back.
    Back(&'a ChatName),
    /// Somebody has another name now.
    Renamed {
        /// The name until now.
        from: &'a ChatName,
        /// The name from now on.
        to: &'a ChatName,
    },
    /// A message to all.
    Said {
        /// Who.
        name: &'a ChatName,
        /// What.
        text: &'a [u8],
    },
    /// What a member does.
    Acts {
        /// Who.
        name: &'a ChatName,
        /// What.
        text: &'a [u8],
    },
    /// A message to one. For those who show what others say: its text is nobody else's.
    Private {
        /// Who.
        from: &'a ChatName,
        /// To whom.
        to: &'a ChatName,
    },
    /// A line fell out of the queue of a member.
    Lost(&'a ChatName),
    /// What was said over a connection was not done.
    Refused {
        /// Which.
        link: RoomLink,
        /// Why.
        fault: ChatFault,
    },
}
