//! The behaviour of the board without the board: slots, modes, Wi-Fi policy, settings, console.
//! `no_std`, no heap, no clock, no I/O.
//!
//! [`Board`] is told what happens and says what to do; the *glue* around it owns sockets, radio,
//! store and serial lines: embassy-net and esp-radio on a chip, std on a computer.
//!
//! # What the glue does
//!
//! Every call takes the time since the start ([`Time`]). After [`Board::new`] and after **any** call
//! that takes `&mut self` the glue does four things, in any order, for as long as there is something
//! to do:
//!
//! 1. **Actions**: [`Board::next_action`] until `None`. Each is done once ([`Action`] says which
//!    event answers it).
//! 2. **Duties**: compare [`Board::duty`] of every [`SocketIndex`] with what its socket does ([`Duty`]).
//!    Duties are states, so nothing is lost if one is looked at late or twice.
//! 3. **Output**: write [`Board::output`] to every console, then [`Board::printed`]. The board
//!    holds [`PRINT_BUFFER_MAX`] bytes; when a console is slower than that, lines are left out and counted.
//!    Printing makes room, and so may change duties: mode `log` reads as fast as the console prints.
//! 4. **Time**: send [`Event::Tick`] at [`Board::poll_at`].
//!
//! While [`Board::channel`] names a channel, the radio listens there in promiscuous mode, and every
//! frame of data goes through [`SniffedFrame::new`] to [`Board::heard`]. That is a state, like a duty.
//!
//! Bytes of every console go to [`Board::console`] as they come, in pieces of any size.
//!
//! # One socket, one connection
//!
//! There are [`Identity::sockets`] sockets, numbered from 0, each with its own buffers,
//! which belong to the glue. On a chip that is one task per socket, all the same:
//!
//! | duty | socket | report |
//! |---|---|---|
//! | [`Duty::Idle`] | closed | |
//! | [`Duty::Listen`] | accepting one client on the port | [`Event::Accepted`] |
//! | [`Duty::Dial`] | connecting; anew when host or port change | [`Event::Connected`] or [`Event::DialFailed`] |
//! | [`Duty::Serve`] | moves bytes as the [`Flow`] says | [`Event::Closed`] when it is over |
//! | [`Duty::Close`] | what was written arrives, then closed | [`Event::Closed`] |
//! | [`Duty::Abort`] | reset, then closed | [`Event::Closed`] |
//!
//! Exactly as many sockets listen as clients are welcome, so a network stack without a backlog
//! refuses the next one by itself. A stack with a backlog closes its listening socket while no duty
//! is [`Duty::Listen`]; a client that slips through is given to [`Event::TurnedAway`] and reset.
//!
//! A socket that serves asks for its flow before each step (it changes with mode, promotion, kick and
//! rate) and waits for: readable, if `read > 0`; writable, if something is to be written; a change of
//! the board; and the peer's end. Then it
//!
//! - writes what is left of the last echo, first of all, and reads nothing before that is done;
//! - with [`Write::Produce`], fills a buffer by [`Board::produce`] and writes all of it;
//! - reads at most `read` bytes and gives them to [`Board::received`]; with [`Write::Echo`] they are
//!   then written back from the same buffer, so the board never copies or keeps them;
//! - tells what was written by [`Board::sent`].
//!
//! With [`Flow::HOLD`] (the waiting client) the socket is not read: its bytes stay in the network
//! stack, whose window stops the sender. Its end is reported at once if the connection was reset, or
//! closed with nothing left to read; a client that said something and closed stays until promoted and
//! read. After the peer's orderly end the glue writes what is left of the echo, closes, and reports.
//!
//! Keepalive, in [`Settings::keepalive`], is set on every socket, waiting ones included. Where the
//! stack counts no probes, [`dead_after_s`] of silence is the time-out.
//!
//! # A new program over the network
//!
//! Before anything else the glue asks [`BootSlots::begin`] how it stands with its own program, and restarts if that says so;
//! what it found goes to [`Board::set_boot`]. [`OtaSession`] says what to do with the connections on [`protocol::ota::PORT`].
//!
//! # Example
//!
//! ```
//! use espalier_board::{Board, Duty, Event, Flow, Identity, SocketIndex, Time, Write};
//! use espalier_board::protocol::{RecordFault, Reset};
//!
//! let identity = Identity {
//!     app: "espalier", version: "0.1.0", chip: "esp32c3", mac: [2, 0, 0, 1, 2, 3],
//!     reset: Reset::PowerOn, sockets: 3,
//! };
//! let mut board = Board::new(identity, Err(RecordFault::Missing), Time::ZERO);
//! # let mut actions = Vec::new();
//! # macro_rules! drain { () => { while let Some(action) = board.next_action() { actions.push(action); } } }
//! # drain!();
//! board.console(0, b"wifi set home \"my password\"\n", Time::from_ms(10));
//! # drain!();
//! # let id = board.join_id();
//! // … the glue does Action::Join { id, .. }, and reports:
//! board.on(Event::Joined { id, rssi: Some(-50), channel: None }, Time::from_ms(900));
//! let address = espalier_board::Address { ip: [192, 168, 1, 7].into(), prefix: 24, gateway: None };
//! board.on(Event::Address(Some(address)), Time::from_ms(950));
//!
//! let now = Time::from_ms(1000);
//! assert_eq!(board.duty(SocketIndex(0), now), Duty::Listen { port: 7681 });
//! let peer = "192.168.1.10:50123".parse().unwrap();
//! board.on(Event::Accepted { socket: SocketIndex(0), peer }, now);
//! assert_eq!(board.duty(SocketIndex(0), now), Duty::Serve(Flow { read: usize::MAX, write: Write::Echo }));
//! board.received(SocketIndex(0), b"hello", now);
//! board.sent(SocketIndex(0), 5);
//!
//! let text = String::from_utf8(board.output().to_vec()).unwrap();
//! assert!(text.contains("I (1000) tcp: accepted peer=192.168.1.10:50123 slot=1 served=1/2\r\n"));
//! assert!(text.contains(r#"I (1000) tcp: received peer=192.168.1.10:50123 slot=1 bytes=5 data="hello""#));
//! board.printed(text.len());
//! ```
//!
//! [`dead_after_s`]: protocol::line::Keepalive::dead_after_s
#![no_std]

mod answer;
mod api;
mod back_off;
mod board;
mod chat;
mod connection;
mod console;
mod dial;
mod improv;
mod led;
mod mdns;
mod ota;
mod print_buffer;
mod printer;
mod rate_limiter;
mod record;
mod save_requests;
mod scan;
mod screen;
mod server;
mod settings;
mod slots;
mod smartconfig;
mod sniffer;
mod time;
mod traffic;
mod transfer;
mod uplink;
mod wifi;

pub use api::{
    Action, Address, Duty, Event, Flow, Gauges, Identity, MEMBERS, Network, SOCKETS_MAX,
    SocketIndex, Write,
};
pub use back_off::BACK_OFF_MAX_MS;
pub use board::{Board, RESTART_MAX_MS};
pub use chat::{ChatRoom, QUEUE_MAX};
pub use console::CONSOLES;
pub use espalier_protocol as protocol;
pub use led::LedPattern;
pub use mdns::{Advert, AnswerTo, MDNS_GROUP, MDNS_MAX, MDNS_PORT, Mdns, MdnsPacket};
pub use ota::{
    ALLOWED_S, BLOCK, BootSlots, Flash, FlashFault, OtaBoot, OtaEvent, OtaPermit, OtaSession,
    SECTOR, TRIAL_S,
};
pub use print_buffer::PRINT_BUFFER_MAX;
pub use record::{RECORD_MAX, RECORD_VERSION, RecordError, SettingsRecord};
pub use screen::ScreenLine;
pub use settings::{DialTarget, LIMIT, LIMIT_MAX, PORT, Settings, TARGET_PORT, WAITING};
pub use sniffer::SniffedFrame;
pub use time::Time;
pub use transfer::GREETING;
pub use wifi::{ADDRESS_TIMEOUT_MS, JOIN_TIMEOUT_MS, JoinId, PATIENCE, PROVISIONING_RETRY_MS};
