//! Sessions on tokio: one task per session, one more for each client of a server.
//!
//! A session's state is its `SessionShared`, shared by its tasks. Everything that moves or happens is written
//! down there in one order: capture, counts and digests agree. Tasks end by themselves; nobody waits for them while
//! holding a lock.
//!
//! - `handle`: what the rest of the program holds; `actor`: the session's task
//! - `tcp_client`, `tcp_server`, `relay`, `udp`, `load`, `serial`, `saved`: what the task does, by the kind of session
//! - `connect`: making a connection; `connection`: living through one; `behaviour`: what is done with what it received
//! - `stream`: its bytes, plain or secured by TLS; `handshake`, `secure`: how it is secured, and told
//! - `load`: many clients in one session
//! - `read_pace`: reading slower than it could be; `bridge`, `bridge_end`: between two sessions
//! - `room`: a chat room; `chat_run`, `chat_state`: a member of one; `chat_fault`: what is refused there; `chat_host`: what both ask of the
//!   session; `chat_session`: how it is one; `driven`: the task of either
//! - `onward`: from one side of a relayed connection to the other
//! - `rule_run`: the rules at work; `rule_sink`: what they do to the session; `sinks`: how it does that
//! - `commands`: what means the same for every kind
//! - `transfer`: files, sent and received; `session_log_file`: the log in files
//! - `replay`: a capture that is played to it; `replay_host`: what that asks of it
//! - `kept_capture`: its capture, opened and left to others; `snapshot`: what it publishes of itself
//! - `shared`: the state, above its parts: `recorder`, `peers` (`peer`, `outbox`), `serial_port`, `cyclic_send`, `tap`
//! - `figures`, `figure_watch`: what TCP knows of its connections, read while somebody looks, and when one is over
//! - `typist`: what is sent as a person types; `terminal_reply`: what a terminal answers
//! - `counterpart`: whom datagrams go to; `datagram_path`, `repeats`: what a peer without a connection has
//! - `end_cause`, `socket`: words and options that all of them use

mod actor;
mod beat_sink;
mod behaviour;
mod bridge;
mod bridge_end;
mod chat_fault;
mod chat_host;
mod chat_run;
mod chat_session;
mod chat_state;
mod commands;
mod connect;
mod connection;
mod counterpart;
mod cyclic_send;
mod datagram_path;
mod digests;
mod driven;
mod end_cause;
mod figure_watch;
mod figures;
mod handle;
mod handshake;
mod kept_capture;
mod list_run;
mod load;
mod onward;
mod outbox;
mod peer;
mod peers;
mod read_pace;
mod recorder;
mod relay;
mod repeats;
mod replay;
mod replay_host;
mod room;
mod rule_run;
mod rule_sink;
mod saved;
mod secure;
mod serial;
mod serial_port;
mod session_log_file;
mod shared;
mod sinks;
mod snapshot;
mod socket;
mod stream;
mod tap;
mod tcp_client;
mod tcp_server;
mod terminal_reply;
mod transfer;
mod transfer_host;
mod typist;
mod udp;

pub(crate) use handle::Surroundings;
pub use handle::{Session, SessionOver};
pub use outbox::LIMIT as OUTBOX_LIMIT;
pub use recorder::CaptureTarget;
pub use tap::{Tap, TapItem};
pub use terminal_reply::TerminalAnswers;
