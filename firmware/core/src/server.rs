//! The board's connections: clients in their slots, whom it dials, and the bytes that pass.

use crate::{
    api::{Duty, Flow, SocketIndex, Write},
    chat::{self, ChatRoom, RoomTeller},
    connection::Connection,
    dial::{self, DIAL_SOCKET, DialEvent, Dialler},
    print_buffer::Priority,
    printer::Printer,
    screen::{self, Message},
    settings::Settings,
    slots::{self, AdmissionRules, Slots},
    time::Time,
    traffic,
};
use core::net::SocketAddr;
use espalier_chat::room::{LinkEnd, RoomEvent};
use espalier_protocol::{
    CloseCause, DialFault, Level, Mode, Shown,
    command::KickTarget,
    line::{LineEvent, Share},
};

/// What the server needs of the rest of the board.
#[derive(Debug)]
pub(crate) struct ServerContext<'a> {
    pub(crate) settings: &'a Settings,
    /// Whether the board can be reached.
    pub(crate) is_online: bool,
    pub(crate) printer: &'a mut Printer,
    pub(crate) now: Time,
}

impl ServerContext<'_> {
    fn say(&mut self, event: LineEvent<'_>) {
        self.printer.say(event, self.now);
    }
}

/// The connections, and sums since the start.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Sockets that there are.
    sockets: u8,
    slots: Slots,
    dialler: Dialler,
    /// The room of mode `chat`; empty in every other.
    room: ChatRoom,
    bytes_in: u64,
    bytes_out: u64,
    check_errors: u64,
    /// What was received last, as far as a display can show it.
    last: Message,
    /// A port of ours, and the one that clients reach it at.
    forward: Option<(u16, u16)>,
}

impl Server {
    pub(crate) const fn new() -> Self {
        Self {
            sockets: 0,
            slots: Slots::new(),
            dialler: Dialler::new(),
            room: chat::chat_room(),
            bytes_in: 0,
            bytes_out: 0,
            check_errors: 0,
            last: Message::new(),
            forward: None,
        }
    }

    /// Clients reach port `inner` at port `outer`.
    pub(crate) const fn set_forward(&mut self, inner: u16, outer: u16) {
        self.forward = Some((inner, outer));
    }

    /// Has so many sockets.
    pub(crate) const fn set_sockets(&mut self, sockets: u8) {
        self.sockets = sockets;
    }

    /// Makes the tokens of the chat room by this secret.
    pub(crate) fn set_secret(&mut self, secret: [u8; 16]) {
        self.room.set_secret(secret);
    }

    /// The port that clients connect to.
    pub(crate) fn port(&self, settings: &Settings) -> u16 {
        match self.forward {
            Some((inner, outer)) if inner == settings.port => outer,
            _ => settings.port,
        }
    }

    /// Clients served, of the limit.
    pub(crate) fn served(&self, settings: &Settings) -> Share {
        self.slots.served(settings.limit)
    }

    /// Clients waiting, of the limit.
    pub(crate) fn waiting(&self) -> Share {
        self.slots.waiting()
    }

    /// What was received last, as far as a display can show it.
    pub(crate) fn last_message(&self) -> &str {
        &self.last
    }

    /// Answer to `status`.
    pub(crate) fn status(&self, settings: &Settings) -> LineEvent<'static> {
        LineEvent::ServerStatus {
            mode: settings.mode,
            port: self.port(settings),
            served: self.served(settings),
            waiting: self.waiting(),
            accepted: self.slots.accepted(),
            refused: self.slots.refused(),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            check_errors: self.check_errors,
        }
    }

    /// Answer to `clients`.
    pub(crate) fn list(&self, now: Time) -> impl Iterator<Item = LineEvent<'static>> {
        self.slots.iter().filter_map(move |conn| conn.listed(now))
    }

    /// What this socket should do now. `room` is the console's, for received bytes.
    pub(crate) fn duty<'a>(
        &self,
        socket: SocketIndex,
        settings: &'a Settings,
        room: usize,
        now: Time,
    ) -> Duty<'a> {
        if let Some(conn) = self.slots.get(socket) {
            if conn.is_closing() {
                return if conn.closes_in_order() { Duty::Close } else { Duty::Abort };
            }
            if settings.mode == Mode::Chat && conn.is_served() {
                return Duty::Serve(self.chat_flow(conn, now));
            }
            let prints_data = settings.log >= Level::Info && settings.shown != Shown::Off;
            let grant = match settings.mode {
                Mode::Log if prints_data => traffic::log_grant(self.served(settings).taken, room),
                _ => usize::MAX,
            };
            return Duty::Serve(conn.flow(settings.mode, settings.rate, grant, now));
        }
        if self.slots.listens(socket) {
            return Duty::Listen { port: settings.port };
        }
        match &settings.target {
            Some(target)
                if socket == DIAL_SOCKET
                    && settings.mode == Mode::Client
                    && self.dialler.is_dialling() =>
            {
                Duty::Dial { host: &target.host, port: target.port }
            }
            _ => Duty::Idle,
        }
    }

    /// When [`Server::settle`] or a look at the duties is due.
    pub(crate) fn poll_at(&self, settings: &Settings, is_online: bool, now: Time) -> Option<Time> {
        let may_dial = self.may_dial(settings, is_online);
        let dial = self.dialler.poll_at().filter(|_| may_dial);
        let sources = self.slots.iter().filter(|_| settings.mode == Mode::Source);
        let send = sources.filter_map(|conn| conn.send_due(settings.rate, now)).min();
        let room = self.room.poll_at(chat::room_time(now)).map(chat::board_time);
        let room = room.filter(|_| settings.mode == Mode::Chat);
        [dial, send, room].into_iter().flatten().min()
    }

    /// How bytes move between a client and the chat room.
    fn chat_flow(&self, conn: &Connection, now: Time) -> Flow {
        let link = conn.room_link();
        let read = self.room.may_read(link, chat::room_time(now));
        let most = if self.room.is_pending(link) { usize::MAX } else { 0 };
        Flow { read, write: if most > 0 { Write::Produce(most) } else { Write::Nothing } }
    }

    /// A client connected to a socket that listened.
    pub(crate) fn accepted(
        &mut self,
        socket: SocketIndex,
        peer: SocketAddr,
        cx: &mut ServerContext<'_>,
    ) {
        self.tell_slots(slots::Input::Accepted { socket, peer }, cx);
    }

    /// A client was turned away by the glue.
    pub(crate) fn turned_away(&mut self, peer: SocketAddr, cx: &mut ServerContext<'_>) {
        self.tell_slots(slots::Input::TurnedAway { peer }, cx);
    }

    /// A connection is over.
    pub(crate) fn closed(
        &mut self,
        socket: SocketIndex,
        cause: CloseCause,
        cx: &mut ServerContext<'_>,
    ) {
        let link = self.slots.get(socket).map(Connection::room_link);
        self.tell_slots(slots::Input::Closed { socket, cause }, cx);
        if let Some(link) = link {
            let (mut teller, room) = self.teller(cx);
            room.gone(link, chat::room_time(teller.now), &mut |event| teller.tell(&event));
        }
    }

    /// Dialling has succeeded.
    pub(crate) fn connected(
        &mut self,
        socket: SocketIndex,
        peer: SocketAddr,
        cx: &mut ServerContext<'_>,
    ) {
        let dials = cx.settings.mode == Mode::Client && self.dialler.is_dialling();
        let is_wanted = dials && socket == DIAL_SOCKET;
        self.tell_slots(slots::Input::Dialled { socket, peer, is_wanted }, cx);
        if is_wanted {
            self.tell_dialler(dial::Input::Connected, cx);
        }
    }

    /// Dialling has failed.
    pub(crate) fn dial_failed(
        &mut self,
        socket: SocketIndex,
        reason: DialFault,
        cx: &mut ServerContext<'_>,
    ) {
        if socket != DIAL_SOCKET {
            return;
        }
        let event = self.dialler.on(dial::Input::Failed, cx.now);
        let (Some(DialEvent::Failed { retry_ms }), Some(target)) = (event, &cx.settings.target)
        else {
            return;
        };
        let (host, port) = (target.host.as_str().into(), target.port);
        cx.printer.say(LineEvent::DialFailed { host, port, reason, retry_ms }, cx.now);
    }

    /// Dials anew, because whom to dial has changed.
    pub(crate) fn redial(&mut self, now: Time) {
        self.slots.iter_mut().for_each(|conn| conn.close(CloseCause::Other));
        self.dialler.on(dial::Input::StartOver, now);
    }

    /// Ends every connection, because the board restarts.
    pub(crate) fn close_all(&mut self) {
        self.slots.iter_mut().for_each(|conn| conn.close(CloseCause::Restart));
    }

    /// Whether there is no connection.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.iter().next().is_none()
    }

    /// Ends the connection that `target` names; whether there is one.
    pub(crate) fn kick(&mut self, target: KickTarget) -> bool {
        self.slots.kick(target)
    }

    /// The mode has changed: what belongs to the other kind of mode is ended, the rest begins anew.
    pub(crate) fn mode_changed(&mut self, before: Mode, cx: &mut ServerContext<'_>) {
        if before == Mode::Chat {
            self.room.clear();
        }
        let swap = (before == Mode::Client) != (cx.settings.mode == Mode::Client);
        for conn in self.slots.iter_mut() {
            if let (Mode::Check, Some(checked)) = (before, conn.checked()) {
                cx.say(checked);
            }
            conn.begin_anew(cx.now);
            if swap {
                conn.close(CloseCause::Mode);
            }
        }
        self.dialler.on(dial::Input::StartOver, cx.now);
    }

    /// What follows from any change: dialling, promotions, and what is said about them.
    pub(crate) fn settle(&mut self, cx: &mut ServerContext<'_>) {
        let is_online = cx.is_online;
        let is_ready = self.may_dial(cx.settings, is_online);
        self.tell_dialler(dial::Input::Tick { is_online, is_ready }, cx);
        self.tell_slots(slots::Input::Settle, cx);
        if cx.settings.mode == Mode::Chat {
            self.settle_room(cx);
        }
    }

    /// Whoever is served is a member of the room; whom the room is done with is served no more.
    fn settle_room(&mut self, cx: &mut ServerContext<'_>) {
        let now = cx.now;
        let at = chat::room_time(now);
        let (mut teller, room) = self.teller(cx);
        let slots = teller.slots;
        let mut give = |event: RoomEvent<'_>| teller.tell(&event);
        let mut refused = false;
        for conn in slots.iter().filter(|conn| conn.is_served()) {
            refused |= room.joined(conn.room_link(), at, &mut give).is_err();
        }
        debug_assert!(!refused, "there are as many members as clients");
        if room.poll_at(at).is_some_and(|due| due <= at) {
            room.tick(at, &mut give);
        }
        self.end_members();
    }

    /// Ends the connections of those whom the room is done with.
    fn end_members(&mut self) {
        for conn in self.slots.iter_mut().filter(|conn| conn.is_served()) {
            let link = conn.room_link();
            match self.room.end_of(link) {
                LinkEnd::Open => {}
                LinkEnd::Now => conn.close(CloseCause::Chat),
                LinkEnd::WhenSent if !self.room.is_pending(link) => {
                    conn.close_in_order(CloseCause::Chat);
                }
                LinkEnd::WhenSent => {}
            }
        }
    }

    /// The room, and who hears what happens there.
    fn teller<'t>(
        &'t mut self,
        cx: &'t mut ServerContext<'_>,
    ) -> (RoomTeller<'t>, &'t mut ChatRoom) {
        let Self { slots, last, room, .. } = self;
        let ServerContext { settings, printer, now, .. } = cx;
        (RoomTeller { slots, shown: settings.shown, last, printer, now: *now }, room)
    }

    /// Bytes were read from this socket.
    pub(crate) fn received(
        &mut self,
        socket: SocketIndex,
        bytes: &[u8],
        cx: &mut ServerContext<'_>,
    ) {
        let Some(conn) = self.slots.get_mut(socket) else { return };
        conn.count_in(bytes.len());
        self.bytes_in += bytes.len() as u64;
        let (peer, Some(slot)) = (conn.peer(), conn.slot()) else { return };
        let ServerContext { settings, now, .. } = *cx;
        if matches!(settings.mode, Mode::Log | Mode::Echo | Mode::Client) {
            // A line end that comes by itself takes no message from the display.
            let message = screen::message(bytes);
            if !message.is_empty() {
                self.last = message;
            }
        }
        let mut show = |piece, len, priority| {
            let line = traffic::received(peer, slot, piece, len, settings.shown);
            cx.printer.show(line, priority, now);
        };
        match settings.mode {
            Mode::Discard | Mode::Source => {}
            Mode::Chat => {
                let link = conn.room_link();
                let (mut teller, room) = self.teller(cx);
                let at = chat::room_time(teller.now);
                room.received(link, bytes, at, &mut |event| teller.tell(&event));
                // What it said may be the last: it is not left to a later event to end it.
                self.settle_room(cx);
            }
            Mode::Check => {
                self.check_errors += conn.check(bytes);
                if let Some(failed) = conn.check_failed(now) {
                    cx.say(failed);
                }
            }
            Mode::Log => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (piece, tail) = traffic::cut(rest);
                    show(piece, piece.len(), Priority::Event);
                    rest = tail;
                }
            }
            Mode::Echo | Mode::Client => show(traffic::cut(bytes).0, bytes.len(), Priority::Data),
        }
    }

    /// Bytes were written to this socket.
    pub(crate) fn sent(&mut self, socket: SocketIndex, count: usize) {
        if let Some(conn) = self.slots.get_mut(socket) {
            conn.count_out(count);
            self.bytes_out += count as u64;
        }
    }

    /// Fills `out` with what this socket sends next; gives how many bytes.
    pub(crate) fn produce(
        &mut self,
        socket: SocketIndex,
        out: &mut [u8],
        settings: &Settings,
        now: Time,
    ) -> usize {
        let Some(conn) = self.slots.get_mut(socket) else { return 0 };
        if settings.mode == Mode::Chat && conn.is_served() {
            let len = self.room.produce(conn.room_link(), out, chat::room_time(now));
            // That may have been the last of it.
            self.end_members();
            return len;
        }
        conn.produce(settings.mode, settings.rate, out, now)
    }

    /// Whether nothing but time is missing for dialling.
    fn may_dial(&self, settings: &Settings, is_online: bool) -> bool {
        settings.mode == Mode::Client
            && is_online
            && settings.target.is_some()
            && self.slots.get(DIAL_SOCKET).is_none()
    }

    /// Tells the slots, and tells what they say.
    fn tell_slots(&mut self, input: slots::Input, cx: &mut ServerContext<'_>) {
        let Settings { limit, mode, .. } = *cx.settings;
        let (sockets, is_online) = (self.sockets, cx.is_online);
        let port = self.port(cx.settings);
        let rules = AdmissionRules { limit, sockets, mode, is_online, port };
        let outcome = self.slots.on(input, &rules, cx.now);
        outcome.lines.into_iter().for_each(|line| cx.say(line));
        if let Some(since) = outcome.dialled_since {
            self.tell_dialler(dial::Input::Closed { since }, cx);
        }
    }

    /// Tells the dialler, and tells what it says.
    fn tell_dialler(&mut self, input: dial::Input, cx: &mut ServerContext<'_>) {
        let ServerContext { settings, now, .. } = *cx;
        if let Some(DialEvent::Dialing { attempt }) = self.dialler.on(input, now)
            && let Some(target) = &settings.target
        {
            let (host, port) = (target.host.as_str().into(), target.port);
            cx.printer.say(LineEvent::Dialing { host, port, attempt }, now);
        }
    }
}
