//! What stands beside the conversation of a session.

/// One of these at a time: two would leave the log no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Beside {
    /// The conversation has all the room.
    #[default]
    Nothing,
    /// The send list.
    List,
    /// The rules.
    Rules,
    /// What TCP knows.
    Figures,
}

impl Beside {
    /// Shows this, or nothing where it is shown already.
    pub(super) fn toggle(&mut self, what: Self) {
        *self = if *self == what { Self::Nothing } else { what };
    }
}
