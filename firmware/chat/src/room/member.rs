//! A member: who it is, what it may say, what it is to be told.

use super::{LinkEnd, RoomLink, limits::RoomLimits, outgoing::Outgoing, queue::ChatQueue};
use crate::{ChatName, LineReader, Token};
use core::time::Duration;

/// One member.
#[derive(Debug, Clone)]
pub(super) struct Member<Q> {
    pub(super) name: ChatName,
    /// Its connection; `None` while it is away.
    pub(super) link: Option<RoomLink>,
    /// Level 1.
    pub(super) session: Option<MemberSession>,
    pub(super) standing: MemberStanding,
    /// Whether the room ends its connection.
    pub(super) end: LinkEnd,
    pub(super) reader: LineReader,
    /// It has ended a line with LF.
    pub(super) ends_lines: bool,
    /// When it was heard last, or came.
    pub(super) heard: Duration,
    /// Thousandths of lines that it may say, at `credit_since`.
    credit: i64,
    credit_since: Duration,
    pub(super) out: Outgoing<Q>,
}

/// What a member is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberStanding {
    /// It has just come, and nobody knows of it.
    New,
    /// The others know of it.
    Known,
    /// It is nobody any more: its connection only hears why it ends.
    Gone,
}

/// Level 1 of a member: what makes its messages arrive surely.
#[derive(Debug, Clone)]
pub(super) struct MemberSession {
    pub(super) token: Token,
    /// The last number of the member's that was taken.
    pub(super) handled: u32,
    /// Until when it is waited for, while it is away.
    pub(super) away_until: Option<Duration>,
}

impl<Q: ChatQueue> Member<Q> {
    pub(super) fn new(name: ChatName, link: RoomLink, limits: &RoomLimits, now: Duration) -> Self {
        Self {
            name,
            link: Some(link),
            session: None,
            standing: MemberStanding::New,
            end: LinkEnd::Open,
            reader: LineReader::new(),
            ends_lines: false,
            heard: now,
            credit: i64::from(limits.burst) * 1000,
            credit_since: now,
            out: Outgoing::new(),
        }
    }

    /// Whether the room ends its connection.
    pub(super) const fn is_closing(&self) -> bool {
        !matches!(self.end, LinkEnd::Open)
    }

    /// Whether it is a member for the others.
    pub(super) const fn is_present(&self) -> bool {
        matches!(self.standing, MemberStanding::Known)
    }

    /// Whether a silence makes a line of what it has said. Commands need their ending: half a `/hello`
    /// with its token is nothing for the others.
    pub(super) fn may_rest(&self) -> bool {
        let is_text = self.reader.pending().first().is_some_and(|byte| *byte != b'/');
        is_text && self.session.is_none() && !self.ends_lines && !self.is_closing()
    }

    /// Whether it is told anything: not before it is known whether it is somebody who has come back, and
    /// who has heard some of it.
    pub(super) const fn is_told(&self) -> bool {
        !matches!(self.standing, MemberStanding::New)
    }

    /// Its connection is gone, and it is waited for until then.
    pub(super) fn go_away(&mut self, until: Duration) {
        self.link = None;
        self.end = LinkEnd::Open;
        self.reader = LineReader::new();
        self.out.cut();
        if let Some(session) = &mut self.session {
            session.away_until = Some(until);
        }
    }

    /// Thousandths of lines that it may say.
    fn credit_at(&self, limits: &RoomLimits, now: Duration) -> i64 {
        let elapsed = now.saturating_sub(self.credit_since).as_millis();
        let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX);
        let earned = elapsed.saturating_mul(i64::from(limits.lines_per_s));
        self.credit.saturating_add(earned).min(i64::from(limits.burst) * 1000)
    }

    /// When it may speak again; `None` when it may now.
    pub(super) fn speaks_at(&self, limits: &RoomLimits, now: Duration) -> Option<Duration> {
        let missing = u64::try_from(1 - self.credit_at(limits, now)).ok()?;
        let wait = missing.div_ceil(u64::from(limits.lines_per_s.max(1)));
        (missing > 0).then(|| now + Duration::from_millis(wait))
    }

    /// It has said a line.
    pub(super) fn charge(&mut self, limits: &RoomLimits, now: Duration) {
        self.credit = self.credit_at(limits, now) - 1000;
        self.credit_since = now;
    }
}
