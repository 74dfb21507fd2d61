//! Glue without a network: sockets that are queues, a radio that does as it is told.

use espalier_board::{
    Action, Address, Board, Duty, Event, Flow, Identity, JoinId, SOCKETS_MAX, SettingsRecord,
    SocketIndex, Time, Write,
    protocol::{
        CloseCause, Line, RecordFault, Reset,
        command::Credentials,
        improv::{self, Decoder, Item},
        line,
    },
};
use std::{collections::VecDeque, net::SocketAddr};

pub const IDENTITY: Identity = Identity {
    app: "espalier",
    version: "0.1.0",
    chip: "esp32c3",
    mac: [2, 0, 0, 0xa1, 0xb2, 0xc3],
    reset: Reset::PowerOn,
    sockets: 9,
};

pub const ADDRESS: Address = Address {
    ip: std::net::Ipv4Addr::new(192, 168, 1, 7),
    prefix: 24,
    gateway: Some(std::net::Ipv4Addr::new(192, 168, 1, 1)),
};

/// What the other end of a connection did and got.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Socket {
    pub peer: SocketAddr,
    /// Sent by the peer, not read by the board yet.
    pub unread: VecDeque<u8>,
    /// The peer has closed its side.
    pub fin: bool,
    /// Read for an echo, not written yet.
    pub pending: VecDeque<u8>,
    /// How much the peer still takes.
    pub window: usize,
    /// What the peer got.
    pub got: Vec<u8>,
}

/// The board with its world around it.
#[derive(Debug, Clone)]
pub struct World {
    pub board: Board,
    pub now: Time,
    pub sockets: [Option<Socket>; SOCKETS_MAX],
    /// What the console printed, in order.
    pub lines: Vec<Line<'static>>,
    /// Improv packets that the console printed, as text.
    pub packets: Vec<String>,
    /// Whether the console's output is taken.
    pub console_works: bool,
    /// How much a new peer takes.
    pub window: usize,
    pub store: Option<SettingsRecord>,
    pub store_works: bool,
    /// Whether datagrams to senders of SmartConfig leave.
    pub answers_leave: bool,
    /// The join under way.
    pub joining: Option<(JoinId, Credentials)>,
    pub actions: Vec<Action>,
    /// Connections that are over: what their peers got, and how many of their bytes were not read.
    pub over: Vec<(Socket, Ended)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// After the peer's orderly end, everything read and written.
    InOrder,
    /// The board closed it in order.
    Closed,
    /// The board reset it.
    Aborted,
    /// The glue reported this.
    Reported(CloseCause),
}

impl World {
    pub fn new(identity: Identity) -> Self {
        Self::with(Board::new(identity, Err(RecordFault::Missing), Time::ZERO))
    }

    pub fn with(board: Board) -> Self {
        let mut world = Self {
            board,
            now: Time::ZERO,
            sockets: [const { None }; SOCKETS_MAX],
            lines: Vec::new(),
            packets: Vec::new(),
            console_works: true,
            window: usize::MAX,
            store: None,
            store_works: true,
            answers_leave: true,
            joining: None,
            actions: Vec::new(),
            over: Vec::new(),
        };
        world.run();
        // Nobody is on the air: what SmartConfig looks for at the start.
        if let Some(at) = world.actions.iter().position(|action| *action == Action::Scan) {
            world.actions.remove(at);
            world.on(Event::ScanDone(true));
        }
        world
    }

    /// A board that is online and listens, with a silent console so far.
    pub fn online(identity: Identity) -> Self {
        let mut world = Self::new(identity);
        world.say("wifi set home password");
        world.join();
        world.lines.clear();
        world
    }

    /// The radio joins what it was told to, and gets an address.
    pub fn join(&mut self) {
        let (id, _) = self.joining.take().expect("a join is under way");
        self.on(Event::Joined { id, rssi: Some(-50), channel: Some(6) });
        self.on(Event::Address(Some(ADDRESS)));
    }

    pub fn on(&mut self, event: Event<'_>) {
        self.board.on(event, self.now);
        self.run();
    }

    /// Time passes, with ticks when the board wants them.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(due) = self.board.poll_at(self.now).filter(|due| *due <= end) {
            // A due time in the past would be a busy loop in real glue.
            assert!(due > self.now, "{due:?} is due at {:?}", self.now);
            self.now = due;
            self.on(Event::Tick);
        }
        self.now = end;
        self.run();
    }

    /// A console command.
    pub fn say(&mut self, command: &str) {
        self.board.console(0, command.as_bytes(), self.now);
        self.board.console(0, b"\r\n", self.now);
        self.run();
    }

    /// The lines since the last look.
    pub fn told(&mut self) -> Vec<String> {
        let lines = std::mem::take(&mut self.lines);
        lines.into_iter().map(|line| line.to_string()).collect()
    }

    /// What the lines since the last look say, without time and level.
    pub fn news(&mut self) -> Vec<String> {
        let text = self.told();
        text.iter().map(|line| line.split_once(") ").unwrap().1.to_owned()).collect()
    }

    pub fn events(&mut self) -> Vec<line::LineEvent<'static>> {
        std::mem::take(&mut self.lines).into_iter().map(|line| line.event).collect()
    }

    /// A client connects, to the first socket that listens. `None` if none does: refused.
    pub fn connect(&mut self, peer: SocketAddr) -> Option<SocketIndex> {
        let listens =
            |index: &SocketIndex| matches!(self.board.duty(*index, self.now), Duty::Listen { .. });
        let index = sockets().find(listens)?;
        self.attach(index, peer);
        self.on(Event::Accepted { socket: index, peer });
        Some(index)
    }

    pub fn attach(&mut self, index: SocketIndex, peer: SocketAddr) {
        let slot = &mut self.sockets[usize::from(index.0)];
        assert!(slot.is_none(), "{index:?} is taken");
        *slot = Some(Socket {
            peer,
            unread: VecDeque::new(),
            fin: false,
            pending: VecDeque::new(),
            window: self.window,
            got: Vec::new(),
        });
    }

    pub fn socket(&mut self, peer: SocketAddr) -> Option<&mut Socket> {
        self.sockets.iter_mut().flatten().find(|socket| socket.peer == peer)
    }

    pub fn index(&self, peer: SocketAddr) -> Option<SocketIndex> {
        sockets().find(|index| {
            let socket = self.sockets[usize::from(index.0)].as_ref();
            socket.is_some_and(|socket| socket.peer == peer)
        })
    }

    pub fn send(&mut self, peer: SocketAddr, bytes: &[u8]) {
        self.socket(peer).unwrap().unread.extend(bytes);
        self.run();
    }

    /// The peer closes in order.
    pub fn leave(&mut self, peer: SocketAddr) {
        self.socket(peer).unwrap().fin = true;
        self.run();
    }

    /// The connection breaks.
    pub fn drop_peer(&mut self, peer: SocketAddr, cause: CloseCause) {
        let index = self.index(peer).unwrap();
        self.end(index, Ended::Reported(cause), cause);
        self.run();
    }

    fn end(&mut self, index: SocketIndex, ended: Ended, cause: CloseCause) {
        let socket = self.sockets[usize::from(index.0)].take().unwrap();
        self.over.push((socket, ended));
        self.board.on(Event::Closed { socket: index, cause }, self.now);
    }

    /// Does everything there is to do.
    pub fn run(&mut self) {
        for _ in 0..10_000 {
            let mut busy = self.print();
            while let Some(action) = self.board.next_action() {
                self.act(action);
                busy = true;
            }
            for index in sockets() {
                busy |= self.serve(index);
            }
            if !busy {
                return;
            }
        }
        panic!("the board never comes to rest");
    }

    fn act(&mut self, action: Action) {
        match &action {
            Action::Join { id, credentials, .. } => self.joining = Some((*id, credentials.clone())),
            Action::Leave => self.joining = None,
            Action::Answer { .. } => self.board.on(Event::Answered(self.answers_leave), self.now),
            Action::Save => {
                if self.store_works {
                    self.store = Some(self.board.record());
                }
                self.board.on(Event::Saved(self.store_works), self.now);
            }
            _ => {}
        }
        self.actions.push(action);
    }

    /// One step of one socket; tells whether something moved.
    fn serve(&mut self, index: SocketIndex) -> bool {
        let Some(socket) = &mut self.sockets[usize::from(index.0)] else { return false };
        let flow = match self.board.duty(index, self.now) {
            Duty::Serve(flow) => flow,
            Duty::Close => {
                self.end(index, Ended::Closed, CloseCause::Other);
                return true;
            }
            Duty::Abort => {
                self.end(index, Ended::Aborted, CloseCause::Other);
                return true;
            }
            duty => panic!("{index:?} has a connection, and its duty is {duty:?}"),
        };
        // First what is left of an echo.
        let count = socket.pending.len().min(socket.window);
        if count > 0 {
            socket.got.extend(socket.pending.drain(..count));
            socket.window -= count;
            self.board.sent(index, count);
            return true;
        }
        if !socket.pending.is_empty() {
            return false;
        }
        if let Write::Produce(most) = flow.write {
            let mut buffer = vec![0; most.min(socket.window).min(1000)];
            let count = self.board.produce(index, &mut buffer, self.now);
            if count > 0 {
                socket.got.extend(&buffer[..count]);
                socket.window -= count;
                self.board.sent(index, count);
                return true;
            }
        }
        let count = socket.unread.len().min(flow.read).min(1400);
        if count > 0 {
            let bytes: Vec<u8> = socket.unread.drain(..count).collect();
            self.board.received(index, &bytes, self.now);
            if flow.write == Write::Echo {
                socket.pending.extend(bytes);
            }
            return true;
        }
        if socket.fin && socket.unread.is_empty() {
            self.end(index, Ended::InOrder, CloseCause::Peer);
            return true;
        }
        false
    }

    /// Takes the console's output apart.
    fn print(&mut self) -> bool {
        if !self.console_works || self.board.output().is_empty() {
            return false;
        }
        let mut bytes = Vec::new();
        while !self.board.output().is_empty() {
            let output = self.board.output();
            bytes.extend_from_slice(output);
            let count = output.len();
            self.board.printed(count);
        }
        let (mut decoder, mut text) = (Decoder::new(), Vec::new());
        // Most output holds no packet, and need not be looked at byte by byte.
        let packets = bytes.windows(6).any(|window| window == improv::HEADER);
        let (through, coded) = if packets { (vec![], bytes) } else { (bytes, vec![]) };
        text.extend(through);
        for byte in coded {
            decoder.push(byte);
            while let Some(item) = decoder.next() {
                match item {
                    Item::Through(bytes) => text.extend_from_slice(bytes),
                    Item::Packet(packet) => self.packets.push(show(packet)),
                    Item::Fault(fault, bytes) => panic!("{fault:?} {bytes:?}"),
                }
            }
        }
        assert!(!decoder.is_pending(), "output ends within a packet");
        let text = String::from_utf8(text).expect("text");
        assert!(text.is_empty() || text.ends_with("\r\n"), "half a line: {text:?}");
        for line in text.lines() {
            assert!(line.len() + 2 <= line::LINE_MAX);
            assert!(!line.contains("password1"), "a password: {line:?}");
            let parsed = Line::parse(line).unwrap_or_else(|| panic!("unknown line {line:?}"));
            assert_eq!(parsed.to_string(), line);
            self.lines.push(parsed.into_static());
        }
        true
    }
}

fn show(packet: espalier_board::protocol::improv::Packet<'_>) -> String {
    use espalier_board::protocol::improv::Packet;
    match packet {
        Packet::State(state) => format!("state {state:?}"),
        Packet::Error(status) => format!("error {status:?}"),
        Packet::Result { command, strings } => {
            format!("result {command} {:?}", strings.collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    }
}

pub fn sockets() -> impl Iterator<Item = SocketIndex> {
    (0..SOCKETS_MAX as u8).map(SocketIndex)
}

/// The client of this number.
pub fn peer(number: u16) -> SocketAddr {
    ([10, 0, 0, number as u8 + 1], 50_000 + number).into()
}

pub fn flow(world: &World, index: SocketIndex) -> Flow {
    match world.board.duty(index, world.now) {
        Duty::Serve(flow) => flow,
        duty => panic!("{duty:?}"),
    }
}
