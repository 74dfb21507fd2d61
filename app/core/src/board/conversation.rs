//! Whether it is the board that answers at the address that it told: an address may be another host's by now, or twice in a
//! network.

use std::net::SocketAddr;

use super::ReportedState;
use crate::Timestamp;

/// An open connection of ours to the address that a board told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OurConnection {
    /// Our end, by which the board names it.
    pub local: SocketAddr,
    /// Since when it stands.
    pub since: Timestamp,
}

/// What our open connections to a board's address are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conversation {
    /// None stands, or the board has ended what there was.
    #[default]
    None,
    /// One stands, and the board has not told of it.
    Unconfirmed,
    /// The board has told of one.
    Confirmed,
    /// One stands, and the board has listed its clients without it: something else answers.
    Stranger,
}

impl Conversation {
    /// How late what the board prints may come: a list that was read so long after a connection stood has it, if it is the
    /// board's.
    const SLACK_NS: i64 = 1_000_000_000;

    /// What these connections are, by what the board has told.
    pub fn of(reported: &ReportedState, ours: &[OurConnection]) -> Self {
        let told = |it: &OurConnection| reported.connection(it.local).map(|it| it.state.is_over());
        let mut untold = ours.iter().filter(|it| told(it).is_none()).peekable();
        let is_told = ours.iter().any(|it| told(it) == Some(false));
        if is_told || untold.clone().any(|it| Self::is_begun_with(reported, ours, it)) {
            return Self::Confirmed;
        }
        if untold.peek().is_none() {
            return Self::None;
        }
        let after = |it: &OurConnection| it.since.0.saturating_add(Self::SLACK_NS);
        match reported.listed() {
            Some(listed) if untold.any(|it| listed.0 >= after(it)) => Self::Stranger,
            _ => Self::Unconfirmed,
        }
    }

    /// Whether the board has a connection that began with this one and is no other one of ours: behind an address translation
    /// it has another name for us.
    fn is_begun_with(reported: &ReportedState, ours: &[OurConnection], it: &OurConnection) -> bool {
        reported.connections().any(|told| {
            !told.state.is_over()
                && ours.iter().all(|it| it.local != told.peer)
                && told.since.0.abs_diff(it.since.0) <= Self::SLACK_NS.unsigned_abs()
        })
    }
}

#[cfg(test)]
mod tests {
    use espalier_protocol::Line;

    use super::*;

    const OURS: OurConnection =
        OurConnection { local: SocketAddr::new(IP, 50_001), since: Timestamp(10_000_000_000) };
    const IP: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    /// What a connection is that stands since 10 s, when the board tells this, each line at its second.
    fn told(lines: &[(i64, &str)]) -> Conversation {
        let mut reported = ReportedState::default();
        for (second, line) in lines {
            let line = format!("I ({second}000) {line}");
            reported.line(&Line::parse(&line).unwrap(), Timestamp(second * 1_000_000_000));
        }
        Conversation::of(&reported, &[OURS])
    }

    #[test]
    fn only_a_board_that_tells_of_a_connection_has_it() {
        let accepted = "tcp: accepted peer=10.0.0.2:50001 slot=1 served=1/2";
        let closed = "tcp: closed peer=10.0.0.2:50001 slot=1 reason=peer in=0 out=0 served=0/2";
        assert_eq!(Conversation::of(&ReportedState::default(), &[]), Conversation::None);
        assert_eq!(told(&[]), Conversation::Unconfirmed);
        assert_eq!(told(&[(10, accepted)]), Conversation::Confirmed);
        assert_eq!(told(&[(10, accepted), (11, closed)]), Conversation::None);
    }

    #[test]
    fn where_the_board_lists_its_clients_without_it_something_else_answers() {
        let listed = "console: ok cmd=clients";
        assert_eq!(told(&[(10, listed)]), Conversation::Unconfirmed, "it may have been too early");
        assert_eq!(told(&[(12, listed)]), Conversation::Stranger);
        let another = "tcp: client peer=10.0.0.9:1 slot=1 state=served in=0 out=0 age_ms=1";
        assert_eq!(
            told(&[(2, another), (3, listed), (12, another), (12, listed)]),
            Conversation::Stranger,
            "that one was there before"
        );
        // Behind an address translation it is called otherwise.
        let accepted = "tcp: accepted peer=10.0.0.1:50001 slot=1 served=1/2";
        assert_eq!(told(&[(10, accepted), (12, listed)]), Conversation::Confirmed);
        assert_eq!(told(&[(15, accepted), (16, listed)]), Conversation::Stranger);
    }
}
