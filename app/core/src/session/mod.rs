//! Sessions: everything that can be talked to, as asked ([`SessionSpec`]), as told ([`SessionEvent`]) and as it
//! is ([`SessionStatus`]).

mod backtrace;
mod behaviour;
mod board_event;
mod bridge;
mod escape;
mod event;
mod event_text;
mod host_port;
mod id;
mod known_clients;
mod log_file;
mod log_file_name;
mod note_text;
mod reconnect;
mod relay_end;
mod relay_sides;
mod relay_spec;
mod socket_options;
mod spec;
mod statistics;
mod status;
mod udp_spec;
mod zoned_ip;

pub use behaviour::Behaviour;
pub use board_event::BoardEvent;
pub use bridge::{NoBridge, bridges};
pub use event::{EndReason, SessionEvent};
pub use host_port::{host_and_port, split_host_and_port};
pub use id::SessionId;
pub use known_clients::{KnownClient, KnownClients};
pub use log_file::{LogFileForm, LogFilePeriod, LogFileSpec, LogFileStatus};
pub use log_file_name::log_file_name;
pub use reconnect::{Backoff, Reconnect};
pub use relay_end::{NoRelayEnd, RelayEnd};
pub use relay_spec::RelaySpec;
pub use socket_options::{Keepalive, SocketOptions};
pub use spec::{
    CaptureSpec, DataBits, FlowControl, NobodyToDial, OverLimit, Parity, SerialSpec, SessionSpec,
    StopBits, TcpClientSpec, TcpServerSpec, TransportSpec,
};
pub use statistics::{Counter, Integrity, RateMeter, Traffic};
pub use status::{
    ConnectionState, CycleStatus, ListStatus, MarkedPlace, PeerStatus, RoomMemberStatus,
    RoomStatus, RulesStatus, SessionState, SessionStatus,
};
pub use udp_spec::{RemoteEndpoint, UdpSpec};
pub use zoned_ip::{LocalEndpoint, NoAddress, ZonedIp};
