//! A chat room: who is there, what they say to each other, and what of it surely arrives.
//!
//! A [`Room`] is told what happens to connections and gives what is to be sent over them; it knows no
//! I/O and no clock. Times are counted from any moment, the same for all calls. The same room serves in the app and on a board;
//! its size and where its lines are kept are parameters.
//!
//! Every connection is a member from its first moment. One that says `/hello` has numbers, and is
//! waited for when its connection is gone ([`RoomLimits::expiry_s`]): what is said meanwhile is kept
//! for it as far as there is place, and what falls out is counted and told. A room acknowledges a line
//! when every member has it in its queue.
//!
//! What one member does costs the others nothing: one that floods is read no faster than the limits
//! say, one that never reads loses lines of its own only.

mod event;
mod hello;
mod limits;
mod member;
mod outgoing;
mod places;
mod queue;
mod tokens;

pub use event::RoomEvent;
pub use limits::{ARRIVAL, LINGER, QUIET, RESEND, RoomLimits};
pub use outgoing::WHOLE_MAX;
pub use queue::{ChatQueue, FixedQueue};

use crate::{ChatCommand, ChatFault, ChatName, ChatRead, ClientLine, LINE_MAX, Told};
use core::time::Duration;
use heapless::Vec;
use member::{Member, MemberStanding};
use places::Places;
use tokens::Tokens;

/// A connection, as whoever owns it calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomLink(pub u32);

/// Whether a connection is to be ended by the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEnd {
    /// It goes on.
    Open,
    /// When all that is to be sent is sent.
    WhenSent,
    /// At once: nobody is there.
    Now,
}

/// A member, for whoever shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomMember<'a> {
    /// Its name.
    pub name: &'a ChatName,
    /// Its connection; `None` while it is away.
    pub link: Option<RoomLink>,
    /// Its messages arrive surely.
    pub is_numbered: bool,
}

/// Whom what happens is told.
type Give<'g> = &'g mut dyn FnMut(RoomEvent<'_>);

/// A room for `MEMBERS` at most, those who are away included.
#[derive(Debug, Clone)]
pub struct Room<Q, const MEMBERS: usize> {
    limits: RoomLimits,
    members: Vec<Member<Q>, MEMBERS>,
    places: Places<MEMBERS>,
    tokens: Tokens,
}

impl<Q: ChatQueue, const MEMBERS: usize> Room<Q, MEMBERS> {
    /// An empty room. `secret` is from chance, and nobody else's: by it tokens are made.
    pub const fn new(limits: RoomLimits, secret: [u8; 16]) -> Self {
        let tokens = Tokens::new(secret);
        Self { limits, members: Vec::new(), places: Places::new(), tokens }
    }

    /// An empty room again: whoever was in it is nobody, and its token is not known any more.
    pub fn clear(&mut self) {
        self.members.clear();
        self.places.clear();
    }

    /// Makes tokens by another secret from now on: for those who have none to begin with. It is from
    /// chance, and nobody else's.
    pub const fn set_secret(&mut self, secret: [u8; 16]) {
        self.tokens = Tokens::new(secret);
    }

    /// Somebody has connected. To be told so twice is to be told once.
    ///
    /// # Errors
    /// [`ChatFault::RoomFull`]: there is no place, and nobody is away whose place it could have.
    pub fn joined(
        &mut self,
        link: RoomLink,
        now: Duration,
        give: Give<'_>,
    ) -> Result<(), ChatFault> {
        if self.place_of(link).is_some() {
            return Ok(());
        }
        if self.members.is_full() {
            let away = self.members.iter().enumerate().filter_map(|(place, member)| {
                let until = member.session.as_ref()?.away_until?;
                Some((until, place))
            });
            let (_, place) = away.min().ok_or(ChatFault::RoomFull)?;
            self.part(place, b"its place was needed", give);
        }
        let name = ChatName::guest(self.free_number());
        let member = Member::new(name, link, &self.limits, now);
        self.places.set(link, self.members.len());
        self.members.push(member).map_err(|_| ChatFault::RoomFull)
    }

    /// The room is none any more: everybody hears so, and who has numbers is to make another connection.
    pub fn end(&mut self, give: Give<'_>) {
        for place in 0..self.members.len() {
            let Some(member) = self.members.get_mut(place) else { continue };
            // Who has just come knows of no room yet.
            let hears = member.is_present() && !member.is_closing();
            let Some(link) = member.link.filter(|_| hears) else { continue };
            if member.session.is_some() {
                member.end = LinkEnd::WhenSent;
            }
            self.refuse(link, ChatFault::Over, give);
        }
    }

    /// Bytes have come from a member.
    pub fn received(&mut self, link: RoomLink, bytes: &[u8], now: Duration, give: Give<'_>) {
        let Some(member) = self.member_at(link).filter(|member| !member.is_closing()) else {
            return;
        };
        member.heard = now;
        member.ends_lines |= bytes.contains(&b'\n');
        let mut reader = core::mem::take(&mut member.reader);
        let mut rest = bytes;
        while let Some(read) = reader.next(&mut rest) {
            match read {
                ChatRead::Line(line) => self.line(link, line, now, give),
                ChatRead::TooLong => {
                    let limits = self.limits;
                    if let Some(member) = self.member_at(link) {
                        member.charge(&limits, now);
                    }
                    self.refuse(link, ChatFault::TooLong, give);
                }
            }
            if self.member_at(link).is_none_or(|member| member.is_closing()) {
                return;
            }
        }
        let limits = self.limits;
        if let Some(member) = self.member_at(link) {
            if reader.is_passing() {
                // A line without an end is no way around the limit.
                member.charge(&limits, now);
            }
            member.reader = reader;
        }
    }

    /// A connection is gone.
    pub fn gone(&mut self, link: RoomLink, now: Duration, give: Give<'_>) {
        let Some(place) = self.place_of(link) else { return };
        let until = now + Duration::from_secs(self.limits.expiry_s.into());
        let Some(member) = self.members.get_mut(place) else { return };
        if member.session.is_none() || !member.is_present() {
            return self.part(place, b"", give);
        }
        member.go_away(until);
        let name = member.name.clone();
        self.places.unset(link);
        give(RoomEvent::Away(&name));
        self.tell_others(place, &Told::Away(name), give);
    }

    /// How many bytes may be read from this connection now.
    pub fn may_read(&self, link: RoomLink, now: Duration) -> usize {
        let may = self.at(link).is_some_and(|member| {
            !member.is_closing() && member.speaks_at(&self.limits, now).is_none()
        });
        if may { LINE_MAX } else { 0 }
    }

    /// Whether there is something to be sent over this connection.
    pub fn is_pending(&self, link: RoomLink) -> bool {
        self.at(link).is_some_and(|member| member.is_told() && member.out.is_pending())
    }

    /// Fills `out` with what is to be sent over this connection; gives how many bytes. All of them are
    /// to be sent before more is asked for.
    pub fn produce(&mut self, link: RoomLink, out: &mut [u8], now: Duration) -> usize {
        let member = self.member_at(link).filter(|member| member.is_told());
        member.map_or(0, |member| member.out.produce(out, now, false))
    }

    /// The same with whole lines only, for connections over which others send, too: nothing of theirs
    /// comes between the bytes of a line. `out` has place for [`WHOLE_MAX`] bytes at least.
    pub fn produce_lines(&mut self, link: RoomLink, out: &mut [u8], now: Duration) -> usize {
        let member = self.member_at(link).filter(|member| member.is_told());
        member.map_or(0, |member| member.out.produce(out, now, true))
    }

    /// Whether this connection is to be ended.
    pub fn end_of(&self, link: RoomLink) -> LinkEnd {
        self.at(link).map_or(LinkEnd::Open, |member| member.end)
    }

    /// Time has passed: to be called at [`Room::poll_at`], or more often.
    pub fn tick(&mut self, now: Duration, give: Give<'_>) {
        let mut place = 0;
        while let Some(member) = self.members.get_mut(place) {
            if member
                .session
                .as_ref()
                .and_then(|session| session.away_until)
                .is_some_and(|due| due <= now)
            {
                self.part(place, b"was away too long", give);
                continue;
            }
            let Some(link) = member.link else {
                place += 1;
                continue;
            };
            if !member.out.tick(now) {
                member.end = LinkEnd::Now;
            }
            let silence = now.saturating_sub(member.heard);
            if member.end == LinkEnd::WhenSent && silence >= LINGER {
                member.end = LinkEnd::Now;
            }
            let rests = member.may_rest() && silence >= QUIET;
            if rests {
                let mut reader = core::mem::take(&mut member.reader);
                if let Some(line) = reader.flush() {
                    self.line(link, line, now, give);
                }
            } else if member.standing == MemberStanding::New && silence >= ARRIVAL {
                self.announce(place, give);
            }
            place += 1;
        }
    }

    /// When [`Room::tick`] is due.
    pub fn poll_at(&self, now: Duration) -> Option<Duration> {
        let due = self.members.iter().flat_map(|member| {
            let away = member.session.as_ref().and_then(|session| session.away_until);
            let is_new = member.standing == MemberStanding::New;
            [
                away,
                member.link.and(member.out.poll_at()),
                member.may_rest().then(|| member.heard + QUIET),
                is_new.then(|| member.heard + ARRIVAL),
                (member.end == LinkEnd::WhenSent).then(|| member.heard + LINGER),
                member
                    .speaks_at(&self.limits, now)
                    .filter(|_| member.link.is_some() && !member.is_closing()),
            ]
        });
        due.flatten().min()
    }

    /// Who is there, and who is away.
    pub fn members(&self) -> impl Iterator<Item = RoomMember<'_>> {
        self.members.iter().filter(|member| member.is_present()).map(|member| RoomMember {
            name: &member.name,
            link: member.link,
            is_numbered: member.session.is_some(),
        })
    }

    fn place_of(&self, link: RoomLink) -> Option<usize> {
        self.places.find(link)
    }

    fn at(&self, link: RoomLink) -> Option<&Member<Q>> {
        self.members.get(self.place_of(link)?)
    }

    /// The lowest number that no guest has.
    fn free_number(&self) -> u32 {
        // One of so many is free: there is a place for another member.
        let mut is_taken = [false; MEMBERS];
        for member in &self.members {
            let number = member.name.guest_number().and_then(|number| number.checked_sub(1));
            let place = number.and_then(|number| usize::try_from(number).ok());
            if let Some(is_taken) = place.and_then(|place| is_taken.get_mut(place))
                && member.standing != MemberStanding::Gone
            {
                *is_taken = true;
            }
        }
        let free = is_taken.iter().position(|is_taken| !is_taken).unwrap_or(MEMBERS);
        u32::try_from(free).unwrap_or(u32::MAX - 1) + 1
    }

    fn place_named(&self, name: &ChatName) -> Option<usize> {
        let is_named =
            |member: &Member<Q>| member.standing != MemberStanding::Gone && member.name == *name;
        self.members.iter().position(is_named)
    }

    fn member_at(&mut self, link: RoomLink) -> Option<&mut Member<Q>> {
        let place = self.place_of(link)?;
        self.members.get_mut(place)
    }

    /// A line has come.
    fn line(&mut self, link: RoomLink, line: &[u8], now: Duration, give: Give<'_>) {
        let limits = self.limits;
        let Some(member) = self.member_at(link) else { return };
        let is_numbered = member.session.is_some();
        let number = if is_numbered { ClientLine::number_of(line) } else { None };
        if let (Some(number), Some(session)) = (number, &mut member.session) {
            let Some(next) = session.handled.checked_add(1).filter(|next| number <= *next) else {
                member.end = LinkEnd::WhenSent;
                return self.refuse(link, ChatFault::Gap, give);
            };
            if number < next {
                let handled = session.handled;
                member.charge(&limits, now);
                member.out.push(&Told::Ack(handled));
                return;
            }
            session.handled = number;
        }
        let command = ClientLine::parse(line, is_numbered).map(|line| line.command);
        if !matches!(command, Ok(ChatCommand::Ack(_) | ChatCommand::Pong(_))) {
            member.charge(&limits, now);
        }
        match command {
            Ok(command) => self.command(link, command, now, give),
            Err(fault) => self.refuse(link, fault, give),
        }
        if let (Some(number), Some(member)) = (number, self.member_at(link)) {
            member.out.push(&Told::Ack(number));
        }
    }

    fn command(&mut self, link: RoomLink, command: ChatCommand<'_>, now: Duration, give: Give<'_>) {
        let Some(place) = self.place_of(link) else { return };
        use ChatCommand::{Hello, Nothing, Pong, Quit};
        if !matches!(command, Hello { .. } | Quit(_) | Nothing | Pong(_)) {
            self.announce(place, give);
        }
        match command {
            ChatCommand::Nothing | ChatCommand::Pong(_) => {}
            ChatCommand::Hello { name, resume } => self.hello(place, name, resume, now, give),
            ChatCommand::Ack(number) => {
                let Some(member) = self.members.get_mut(place) else { return };
                match member.session.is_some() {
                    true => member.out.acknowledge(number, now),
                    false => self.refuse(link, ChatFault::NoHello, give),
                }
            }
            ChatCommand::Ping(text) => {
                if let Some(member) = self.members.get_mut(place) {
                    member.out.push(&Told::Pong(text));
                }
            }
            ChatCommand::Who => self.who(place),
            ChatCommand::Quit(reason) => {
                self.leave(place, reason, give);
                if let Some(member) = self.members.get_mut(place) {
                    member.end = LinkEnd::WhenSent;
                }
            }
            ChatCommand::Rename(name) => {
                if !self.rename(place, name, give) {
                    self.refuse(link, ChatFault::NameTaken, give);
                }
            }
            ChatCommand::Say(text) => {
                let Some(name) = self.name_at(place) else { return };
                give(RoomEvent::Said { name: &name, text });
                self.tell_others(place, &Told::Said { name, text }, give);
            }
            ChatCommand::Act(text) => {
                let Some(name) = self.name_at(place) else { return };
                give(RoomEvent::Acts { name: &name, text });
                self.tell_others(place, &Told::Acts { name, text }, give);
            }
            ChatCommand::Private { to, text } => {
                let (Some(from), Some(other)) = (self.name_at(place), self.place_named(&to)) else {
                    return self.refuse(link, ChatFault::NobodyThere, give);
                };
                give(RoomEvent::Private { from: &from, to: &to });
                self.tell(other, &Told::Private { from, text }, true, give);
            }
        }
    }

    fn name_at(&self, place: usize) -> Option<ChatName> {
        self.members.get(place).map(|member| member.name.clone())
    }

    /// Lets the others know of a member, unless they do.
    fn announce(&mut self, place: usize, give: Give<'_>) {
        let Some(member) = self.members.get_mut(place) else { return };
        if member.standing != MemberStanding::New {
            return;
        }
        member.standing = MemberStanding::Known;
        let (name, is_guest) = (member.name.clone(), member.session.is_none());
        give(RoomEvent::Joined(&name));
        let told = Told::Joined(name);
        self.tell_others(place, &told, give);
        // A guest hears from it what it is called.
        if is_guest {
            self.tell(place, &told, true, give);
        }
    }

    /// Gives a member another name; `false` if somebody else has it.
    fn rename(&mut self, place: usize, to: ChatName, give: Give<'_>) -> bool {
        let owner = self.place_named(&to);
        let Some(member) = self.members.get_mut(place).filter(|_| owner.is_none()) else {
            return owner == Some(place);
        };
        let from = core::mem::replace(&mut member.name, to.clone());
        let is_guest = member.session.is_none();
        if !member.is_present() {
            return true;
        }
        give(RoomEvent::Renamed { from: &from, to: &to });
        let told = Told::Renamed { from, to };
        self.tell_others(place, &told, give);
        if is_guest {
            self.tell(place, &told, true, give);
        }
        true
    }

    /// Answers who is there.
    fn who(&mut self, place: usize) {
        /// Of a line, so that what stands in front of the names has its place.
        const NAMES_MAX: usize = LINE_MAX - 32;
        let present = |members: &[Member<Q>], at: usize| {
            members.get(at).filter(|member| member.is_present()).map(|member| member.name.clone())
        };
        let total = self.members.iter().filter(|member| member.is_present()).count();
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        let (mut at, mut is_first) = (0, true);
        while at < self.members.len() || is_first {
            let mut names = Vec::<u8, NAMES_MAX>::new();
            while at < self.members.len() {
                if let Some(name) = present(&self.members, at) {
                    let space: &[u8] = if names.is_empty() { b"" } else { b" " };
                    if names.len() + space.len() + name.as_bytes().len() > NAMES_MAX {
                        break;
                    }
                    names.extend_from_slice(space).ok();
                    names.extend_from_slice(name.as_bytes()).ok();
                }
                at += 1;
            }
            is_first = false;
            if let Some(member) = self.members.get_mut(place) {
                member.out.push(&Told::Who { total, names: &names });
            }
        }
    }

    /// Tells a member that what it said was not done.
    fn refuse(&mut self, link: RoomLink, fault: ChatFault, give: Give<'_>) {
        if let Some(place) = self.place_of(link) {
            self.announce(place, give);
        }
        if let Some(member) = self.member_at(link) {
            member.out.push(&Told::refused(fault));
            give(RoomEvent::Refused { link, fault });
        }
    }

    /// Puts a line into the queue of a member; what falls out for it is told.
    fn tell(&mut self, place: usize, told: &Told<'_>, counts: bool, give: Give<'_>) {
        self.tell_line(place, &line_of(told), counts, give);
    }

    fn tell_line(&mut self, place: usize, line: &[u8], counts: bool, give: Give<'_>) {
        let Some(member) = self.members.get_mut(place) else { return };
        if member.standing == MemberStanding::Gone {
            return;
        }
        if !member.out.has_numbers() {
            // Four thousand million lines: it comes back as somebody new.
            member.session = None;
            member.end = LinkEnd::WhenSent;
            return;
        }
        for _ in 0..member.out.push_line(line, counts) {
            give(RoomEvent::Lost(&member.name));
        }
    }

    /// The same for all but one.
    fn tell_others(&mut self, but: usize, told: &Told<'_>, give: Give<'_>) {
        let line = line_of(told);
        for place in (0..self.members.len()).filter(|place| *place != but) {
            self.tell_line(place, &line, true, give);
        }
    }

    /// A member is none any more; its connection may be there for a while.
    fn leave(&mut self, place: usize, reason: &[u8], give: Give<'_>) {
        let Some(member) = self.members.get_mut(place) else { return };
        let was_present = member.is_present();
        member.standing = MemberStanding::Gone;
        member.session = None;
        let name = member.name.clone();
        if was_present {
            give(RoomEvent::Parted { name: &name, reason });
            self.tell_others(place, &Told::Parted { name, reason }, give);
        }
    }

    /// The same, and it is taken out.
    fn part(&mut self, place: usize, reason: &[u8], give: Give<'_>) {
        self.leave(place, reason, give);
        self.take_out(place);
    }

    fn take_out(&mut self, place: usize) {
        if place < self.members.len() {
            self.members.remove(place);
            self.places.close_up(place);
        }
    }
}

/// What is told, without number and ending.
fn line_of(told: &Told<'_>) -> Vec<u8, LINE_MAX> {
    let mut line = Vec::new();
    // It fits: what is longer than TEXT_MAX is refused where it comes from.
    told.print(&mut line);
    line
}
