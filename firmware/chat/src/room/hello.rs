//! Level 1 of a member: how it begins, and goes on over another connection.

use super::{
    Give, LinkEnd, Room, RoomEvent,
    member::{Member, MemberSession, MemberStanding},
    outgoing::Outgoing,
    queue::ChatQueue,
};
use crate::{ChatFault, ChatName, Resume, Token, Told, Welcome};
use core::time::Duration;

impl<Q: ChatQueue, const MEMBERS: usize> Room<Q, MEMBERS> {
    /// A member wants its messages to arrive surely.
    pub(super) fn hello(
        &mut self,
        place: usize,
        name: ChatName,
        resume: Option<Resume>,
        now: Duration,
        give: Give<'_>,
    ) {
        let Some(link) = self.members.get(place).and_then(|member| member.link) else { return };
        if self.members.get(place).is_some_and(|member| member.session.is_some()) {
            return self.refuse(link, ChatFault::BadHello, give);
        }
        let known = resume.and_then(|Resume { token, handled }| {
            let has_it = |member: &Member<Q>| {
                member.session.as_ref().is_some_and(|session| session.token == token)
            };
            Some((self.members.iter().position(has_it)?, handled))
        });
        if let Some((old, handled)) = known {
            return self.take_over(place, old, handled, name, now, give);
        }
        if self.place_named(&name).is_some_and(|owner| owner != place) {
            return self.refuse(link, ChatFault::NameTaken, give);
        }
        let token = self.tokens.next();
        let welcome = self.welcome(token, 0);
        let Some(member) = self.members.get_mut(place) else { return };
        member.session = Some(MemberSession { token, handled: 0, away_until: None });
        member.out.begin_receipts(welcome, resume.is_some());
        self.rename(place, name, give);
        self.announce(place, give);
    }

    const fn welcome(&self, token: Token, handled: u32) -> Welcome {
        let super::RoomLimits { expiry_s, window, .. } = self.limits;
        Welcome { token, handled, expiry_s, window }
    }

    /// The connection of the member at `place` is that of the one at `old` from now on.
    fn take_over(
        &mut self,
        place: usize,
        old: usize,
        handled: u32,
        name: ChatName,
        now: Duration,
        give: Give<'_>,
    ) {
        let Some(session) = self.members.get(old).and_then(|member| member.session.as_ref()) else {
            return;
        };
        let welcome = self.welcome(session.token, session.handled);
        let is_back = session.away_until.is_some();
        self.leave(place, b"", give);
        let Some(link) = self.members.get_mut(place).and_then(|guest| guest.link.take()) else {
            return;
        };
        let Some(member) = self.members.get_mut(old) else { return };
        let before = member.link.replace(link);
        self.places.set(link, old);
        member.heard = now;
        member.end = LinkEnd::Open;
        member.reader = Default::default();
        member.out.resume(handled, welcome, now);
        if let Some(session) = &mut member.session {
            session.away_until = None;
        }
        let had = member.name.clone();
        if is_back {
            give(RoomEvent::Back(&had));
            self.tell_others(old, &Told::Back(had.clone()), give);
        }
        if had != name && !self.rename(old, name, give) {
            self.refuse(link, ChatFault::NameTaken, give);
        }
        // The guest is what the connection from before is now.
        let Some(guest) = self.members.get_mut(place) else { return };
        guest.link = before;
        match before {
            Some(before) => {
                guest.out = Outgoing::new();
                guest.end = LinkEnd::WhenSent;
                self.places.set(before, place);
                self.refuse(before, ChatFault::Replaced, give);
            }
            None => self.take_out(place),
        }
        debug_assert!(
            self.members
                .iter()
                .all(|member| { member.link.is_some() || member.standing != MemberStanding::Gone })
        );
    }
}
