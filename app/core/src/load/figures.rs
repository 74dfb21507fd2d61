//! How a load test goes.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;

use crate::figures::LatencySummary;
use crate::session::EndReason;
use crate::{PeerId, Timestamp};

/// Where a client stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadClientState {
    /// Its turn has not come.
    #[default]
    NotYet,
    /// It connects.
    Connecting,
    /// Its connection stands.
    Connected,
    /// It waits for its next attempt.
    Waiting(EndReason),
    /// It is over, for this reason.
    Ended(EndReason),
}

/// One client of a load test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadClient {
    /// Its number, from 1.
    pub number: u32,
    /// The number of its latest attempt in the log; `None` before its turn.
    pub peer: Option<PeerId>,
    /// Where it stands.
    pub state: LoadClientState,
    /// How often it began to connect.
    pub attempts: u32,
    /// How often that led to a connection.
    pub connections: u32,
    /// Attempts that were refused: nobody listens there, or has room: reset within a second and before anything came.
    pub refused: u32,
    /// Attempts that were not answered in time.
    pub timed_out: u32,
    /// Attempts whose connection stood, and whose handshake of TLS came to nothing.
    pub tls_failed: u32,
    /// Attempts that failed otherwise.
    pub failed: u32,
    /// Attempts that came to nothing since its latest connection: of all that it made, as long as there was none.
    pub in_vain: u32,
    /// Connections that ended by RST, or that were lost, before the client was done; or our end was never acknowledged.
    pub broken: u32,
    /// Connections that the other end closed in order before the client was done.
    pub closed_early: u32,
    /// How long its latest connection took to be made, in microseconds.
    pub connect_us: Option<u64>,
    /// How long its latest handshake of TLS took, in microseconds.
    pub handshake_us: Option<u64>,
    /// How many answers came: to a message, or to what was sent of the pattern.
    pub answers: u64,
    /// How long the latest one took from what it answers, in microseconds.
    pub answer_us: Option<u64>,
    /// The longest of them.
    pub longest_answer_us: u64,
    /// Bytes sent: taken by the system.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Messages of the list that were sent.
    pub messages: u64,
    /// Bytes that are not what the check pattern has at their place.
    pub wrong: u64,
    /// The place of the first of them in its connection, from 0.
    pub first_wrong: Option<u64>,
    /// Bytes of the pattern that had not come back when its connection ended, whoever ended it.
    pub missing: u64,
    /// Answers that a message waited for in vain.
    pub unanswered: u64,
    /// Connections that ended before the list was sent, or before the answer came that it waited for.
    pub unfinished: u32,
    /// Bytes that waited to be sent, and were not, when its connection ended.
    pub unsent: u64,
    /// It was connected, and none of the pattern moved: nothing came that could be compared, or nothing was taken.
    pub silent: bool,
}

impl LoadClient {
    /// What went wrong with it once it was connected; places and bytes count each.
    pub const fn errors(&self) -> u64 {
        self.broken as u64
            + self.closed_early as u64
            + self.wrong
            + self.missing
            + self.unanswered
            + self.unfinished as u64
            + self.unsent
            + self.silent as u64
    }

    /// Attempts that came to nothing.
    pub const fn lost(&self) -> u64 {
        self.refused as u64 + self.timed_out as u64 + self.tls_failed as u64 + self.failed as u64
    }

    /// Whether it was connected, nothing went wrong then, and it was never lost afterwards: who is refused first and connected then
    /// is good, the other way round is not.
    pub const fn is_good(&self) -> bool {
        self.connections > 0 && self.in_vain == 0 && self.errors() == 0
    }
}

/// All clients of a load test together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadSum {
    /// How many there are.
    pub clients: u32,
    /// How many of them have had their turn.
    pub begun: u32,
    /// How many connect at the moment.
    pub connecting: u32,
    /// How many are connected at the moment.
    pub connected: u32,
    /// How many were connected at some time.
    pub reached: u32,
    /// How many were connected, and nothing went wrong then.
    pub good: u32,
    /// Connections that were made.
    pub connections: u64,
    /// Attempts that were refused.
    pub refused: u64,
    /// Attempts that were not answered in time.
    pub timed_out: u64,
    /// Attempts whose handshake of TLS came to nothing.
    pub tls_failed: u64,
    /// Attempts that failed otherwise.
    pub failed: u64,
    /// Connections that ended by RST, or were lost, too early.
    pub broken: u64,
    /// Connections that the other end closed in order too early.
    pub closed_early: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Messages sent.
    pub messages: u64,
    /// Answers that came.
    pub answers: u64,
    /// Bytes of the pattern that are wrong.
    pub wrong: u64,
    /// Bytes of the pattern that did not come back.
    pub missing: u64,
    /// Answers that did not come.
    pub unanswered: u64,
    /// Connections that ended before their list was sent and answered.
    pub unfinished: u64,
    /// Bytes that waited to be sent in vain.
    pub unsent: u64,
    /// How many clients were connected, and none of the pattern moved.
    pub silent: u32,
}

impl LoadSum {
    /// Adds up clients.
    pub fn of(clients: &[LoadClient]) -> Self {
        let mut sum = Self::default();
        for it in clients {
            sum.clients += 1;
            sum.begun += u32::from(it.state != LoadClientState::NotYet);
            sum.connecting += u32::from(it.state == LoadClientState::Connecting);
            sum.connected += u32::from(it.state == LoadClientState::Connected);
            sum.reached += u32::from(it.connections > 0);
            sum.good += u32::from(it.is_good());
            sum.connections += u64::from(it.connections);
            sum.refused += u64::from(it.refused);
            sum.timed_out += u64::from(it.timed_out);
            sum.tls_failed += u64::from(it.tls_failed);
            sum.failed += u64::from(it.failed);
            sum.broken += u64::from(it.broken);
            sum.closed_early += u64::from(it.closed_early);
            sum.sent += it.sent;
            sum.received += it.received;
            sum.messages += it.messages;
            sum.answers += it.answers;
            sum.wrong += it.wrong;
            sum.missing += it.missing;
            sum.unanswered += it.unanswered;
            sum.unfinished += u64::from(it.unfinished);
            sum.unsent += it.unsent;
            sum.silent += u32::from(it.silent);
        }
        sum
    }

    /// What went wrong with connections that had been made.
    pub const fn errors(&self) -> u64 {
        self.broken
            + self.closed_early
            + self.wrong
            + self.missing
            + self.unanswered
            + self.unfinished
            + self.unsent
            + self.silent as u64
    }
}

/// A load test as it is, or as it ended. Up to a quarter of a second old while it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadStatus {
    /// When it began.
    pub began: Timestamp,
    /// When it was over; `None`: it runs.
    pub over: Option<Timestamp>,
    /// All clients together.
    pub sum: LoadSum,
    /// How long connections took to be made.
    pub connect: LatencySummary,
    /// How long handshakes of TLS took.
    pub handshake: LatencySummary,
    /// How long answers took.
    pub answer: LatencySummary,
    /// Each client, by its number.
    pub clients: Arc<[LoadClient]>,
    /// It was not begun, because this address is outside and nobody has allowed that.
    pub outside: Option<SocketAddr>,
}

/// What came of a load test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadVerdict {
    /// Every client was connected, and nothing went wrong.
    Good,
    /// Not a single one was connected; why the first one was not, if it had its turn.
    NoneConnected(Option<EndReason>),
    /// Some were not connected, or something went wrong.
    SomeFailed,
}

impl LoadStatus {
    /// What came of it so far.
    pub fn verdict(&self) -> LoadVerdict {
        match self.sum {
            LoadSum { clients: 0, .. } => LoadVerdict::NoneConnected(None),
            LoadSum { clients, good, .. } if clients == good => LoadVerdict::Good,
            LoadSum { reached: 0, .. } => {
                LoadVerdict::NoneConnected(self.clients.iter().find_map(|it| match it.state {
                    LoadClientState::Ended(reason) | LoadClientState::Waiting(reason) => {
                        Some(reason)
                    }
                    _ => None,
                }))
            }
            _ => LoadVerdict::SomeFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(clients: &[LoadClient]) -> LoadStatus {
        LoadStatus { sum: LoadSum::of(clients), clients: clients.into(), ..Default::default() }
    }

    #[test]
    fn it_is_good_when_every_client_is() {
        let good = LoadClient { connections: 1, sent: 5, ..LoadClient::default() };
        assert_eq!(status(&[good, good]).verdict(), LoadVerdict::Good);
        // Refused first and connected then is no error.
        let late = LoadClient { refused: 2, ..good };
        assert_eq!(status(&[good, late]).verdict(), LoadVerdict::Good);
        for bad in [
            LoadClient { broken: 1, ..good },
            LoadClient { closed_early: 1, ..good },
            LoadClient { wrong: 1, ..good },
            LoadClient { missing: 1, ..good },
            LoadClient { unanswered: 1, ..good },
            LoadClient { unfinished: 1, ..good },
            LoadClient { unsent: 1, ..good },
            LoadClient { silent: true, ..good },
            // It was connected once, and is not reached any more.
            LoadClient { refused: 1, in_vain: 1, ..good },
            LoadClient { connections: 0, refused: 1, ..good },
            LoadClient { connections: 0, ..good },
        ] {
            assert_eq!(status(&[good, bad]).verdict(), LoadVerdict::SomeFailed, "{bad:?}");
        }
    }

    #[test]
    fn when_none_was_connected_the_first_reason_is_told() {
        let refused = LoadClient {
            state: LoadClientState::Ended(EndReason::Refused),
            refused: 1,
            ..LoadClient::default()
        };
        let waits = LoadClient::default();
        let verdict = status(&[waits, refused]).verdict();
        assert_eq!(verdict, LoadVerdict::NoneConnected(Some(EndReason::Refused)));
        assert_eq!(status(&[]).verdict(), LoadVerdict::NoneConnected(None));
    }
}
