//! What a user asks of a session. These types are the workspace file, so every field has a default and a stable name.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, KnownClients, LocalEndpoint, LogFileSpec, Reconnect, RelaySpec, SocketOptions,
    UdpSpec, ZonedIp,
};
use crate::CaptureId;
use crate::chat::ChatSpec;
use crate::faults::{ReceiveFaults, RelayFaults};
use crate::load::LoadSpec;
use crate::port_number;
use crate::rules::Rule;
use crate::terminal::TerminalSpec;
use crate::tls::{ServerTrust, TlsClientSpec, TlsServerSpec};
use crate::view::{Framing, ViewSpec};

/// A session as asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionSpec {
    /// The user's name for it; empty: role and address are shown instead.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How bytes move.
    pub transport: TransportSpec,
    /// How the log is shown.
    #[serde(default)]
    pub view: ViewSpec,
    /// How it is used as a terminal.
    #[serde(default, skip_serializing_if = "is_default")]
    pub terminal: TerminalSpec,
    /// How much history is kept on disk, in MiB; the oldest segment goes first. At least 128.
    #[serde(default = "default_retention_mib")]
    pub retention_mib: u64,
    /// Start as soon as it is opened.
    #[serde(default)]
    pub autostart: bool,
    /// The capture that it continues, among the program's own; a new one when there is none, or somebody writes it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureId>,
    /// Its log is written to files, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_to_file: Option<LogFileSpec>,
    /// The name of the session that it is bridged with: what one receives the other sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridge: Option<String>,
    /// What it does by itself when something happens; before the rules that all sessions have.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

const fn default_retention_mib() -> u64 {
    4096
}

fn is_default(terminal: &TerminalSpec) -> bool {
    *terminal == TerminalSpec::default()
}

impl SessionSpec {
    /// A session with everything but the transport at its default.
    pub fn new(transport: TransportSpec) -> Self {
        let mut view = ViewSpec::default();
        let serial = matches!(transport, TransportSpec::Serial(_));
        view.filter.hide_improv = serial;
        view.fold_panics = serial;
        // A program on a serial line may well print a line in pieces; who talks over TCP expects what is sent to be a row.
        view.framing = match transport {
            TransportSpec::Serial(_) => Framing::Line,
            TransportSpec::Udp(_) => Framing::Packet,
            _ => Framing::Message,
        };
        Self {
            name: String::new(),
            transport,
            view,
            terminal: TerminalSpec::default(),
            retention_mib: default_retention_mib(),
            autostart: true,
            capture: None,
            log_to_file: None,
            bridge: None,
            rules: Vec::new(),
        }
    }
}

/// How a session's bytes move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum TransportSpec {
    /// We connect.
    TcpClient(TcpClientSpec),
    /// We listen.
    TcpServer(TcpServerSpec),
    /// We listen, and forward.
    Relay(RelaySpec),
    /// Datagrams, with one peer or many.
    Udp(UdpSpec),
    /// We connect many times at once.
    Load(LoadSpec),
    /// A serial port.
    Serial(SerialSpec),
    /// Nothing moves: a capture that was made earlier, to be looked at.
    Capture(CaptureSpec),
}

/// A capture that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureSpec {
    /// Where it is: a file, or a folder of segments.
    pub path: PathBuf,
}

/// A TCP client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpClientSpec {
    /// Host name or IP address (v4 or v6, without brackets).
    pub host: String,
    /// Port, 1 to 65535.
    #[serde(deserialize_with = "port_number::of_target")]
    pub port: u16,
    /// Seconds to wait for the connection, over all addresses of the name; 0.1 to 600.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout_ms: u64,
    /// Local address to connect from; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalEndpoint>,
    /// What to do when the connection ends.
    #[serde(default)]
    pub reconnect: Reconnect,
    /// Options of the socket.
    #[serde(default)]
    pub options: SocketOptions,
    /// TLS on its connections; plain text when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsClientSpec>,
    /// What it does wrong on purpose.
    #[serde(default, skip_serializing_if = "ReceiveFaults::are_clear")]
    pub faults: ReceiveFaults,
    /// It is a member of a chat room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatSpec>,
}

const fn default_connect_timeout() -> u64 {
    5000
}

/// Nobody is there to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NobodyToDial {
    /// Neither a name nor an address.
    #[error("the host is missing; HOST:PORT is needed, such as localhost:8080")]
    NoHost,
    /// Nobody listens at port 0.
    #[error("the port is 1 to 65535")]
    NoPort,
}

impl TcpClientSpec {
    /// Whether there is somebody to connect to.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self) -> Result<(), NobodyToDial> {
        match (self.host.trim().is_empty(), self.port) {
            (true, _) => Err(NobodyToDial::NoHost),
            (false, 0) => Err(NobodyToDial::NoPort),
            (false, _) => Ok(()),
        }
    }

    /// A client with default options.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            connect_timeout_ms: default_connect_timeout(),
            local: None,
            reconnect: Reconnect::Off,
            options: SocketOptions::default(),
            tls: None,
            faults: ReceiveFaults::default(),
            chat: None,
        }
    }
}

/// A TCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpServerSpec {
    /// Address to listen on; unspecified (`0.0.0.0`, `::`) means all interfaces.
    #[serde(default = "default_bind")]
    pub bind: ZonedIp,
    /// Port; 0 takes any free one.
    #[serde(default, deserialize_with = "port_number::any")]
    pub port: u16,
    /// How many clients are served at once; `None`: no limit of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_clients: Option<u32>,
    /// What a connection over the limit gets.
    #[serde(default)]
    pub over_limit: OverLimit,
    /// What is done with received bytes besides capturing them.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// Options of every accepted socket.
    #[serde(default)]
    pub options: SocketOptions,
    /// TLS on its connections; plain text when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsServerSpec>,
    /// What it does wrong on purpose.
    #[serde(default, skip_serializing_if = "ReceiveFaults::are_clear")]
    pub faults: ReceiveFaults,
    /// What the user has said of its clients, by their address.
    #[serde(default, rename = "client", skip_serializing_if = "KnownClients::is_empty")]
    pub clients: KnownClients,
}

fn default_bind() -> ZonedIp {
    IpAddr::V4(Ipv4Addr::LOCALHOST).into()
}

impl TcpServerSpec {
    /// A server on 127.0.0.1 with default options; port 0 takes any free one.
    pub fn new(port: u16) -> Self {
        Self {
            bind: default_bind(),
            port,
            max_clients: None,
            over_limit: OverLimit::default(),
            behaviour: Behaviour::default(),
            options: SocketOptions::default(),
            tls: None,
            faults: ReceiveFaults::default(),
            clients: KnownClients::default(),
        }
    }
}

impl TransportSpec {
    /// Whether its connections are secured by TLS; `false` where there are none.
    pub const fn speaks_tls(&self) -> bool {
        match self {
            Self::TcpClient(client) => client.tls.is_some(),
            Self::TcpServer(server) => server.tls.is_some(),
            Self::Relay(relay) => relay.listen.speaks_tls() || relay.target.speaks_tls(),
            Self::Load(load) => load.tls.is_some(),
            Self::Udp(_) | Self::Serial(_) | Self::Capture(_) => false,
        }
    }

    /// Whether anyone may be at the other end of a connection that it makes: TLS without a look at the certificate.
    pub fn trusts_anyone(&self) -> bool {
        match self {
            Self::TcpClient(client) => {
                client.tls.as_ref().is_some_and(TlsClientSpec::trusts_anyone)
            }
            Self::Load(load) => load.tls.as_ref().is_some_and(TlsClientSpec::trusts_anyone),
            Self::Relay(relay) => relay.target.speaks_tls() && relay.target_tls.trusts_anyone(),
            _ => false,
        }
    }

    /// The certificate that the server of its connections has to have, which can be changed; `None`: they are not secured by TLS.
    pub const fn trust_mut(&mut self) -> Option<&mut ServerTrust> {
        match self {
            Self::TcpClient(TcpClientSpec { tls: Some(tls), .. })
            | Self::Load(LoadSpec { tls: Some(tls), .. }) => Some(&mut tls.trust),
            Self::Relay(relay) if relay.target.speaks_tls() => Some(&mut relay.target_tls.trust),
            _ => None,
        }
    }

    /// What it does wrong on purpose when it receives.
    pub const fn receive_faults(&self) -> ReceiveFaults {
        match self {
            Self::TcpClient(client) => client.faults,
            Self::TcpServer(server) => server.faults,
            Self::Relay(RelaySpec { faults: RelayFaults { accept_delay_ms, .. }, .. }) => {
                ReceiveFaults {
                    read_rate: None,
                    stop_reading: false,
                    accept_delay_ms: *accept_delay_ms,
                }
            }
            Self::Udp(_) | Self::Load(_) | Self::Serial(_) | Self::Capture(_) => {
                ReceiveFaults { read_rate: None, stop_reading: false, accept_delay_ms: 0 }
            }
        }
    }

    /// The files that it is made of or reads, as the user named them.
    pub fn files(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::TcpClient(client) => {
                client.tls.iter_mut().flat_map(TlsClientSpec::files).collect()
            }
            Self::TcpServer(server) => {
                server.tls.iter_mut().flat_map(TlsServerSpec::files).collect()
            }
            Self::Capture(capture) => vec![&mut capture.path],
            Self::Relay(relay) => {
                relay.listen_tls.files().chain(relay.target_tls.files()).collect()
            }
            Self::Load(load) => load.tls.iter_mut().flat_map(TlsClientSpec::files).collect(),
            Self::Udp(_) | Self::Serial(_) => Vec::new(),
        }
    }

    /// Whether it has several peers at once, as the clients of a server are.
    pub const fn has_peers(&self) -> bool {
        matches!(self, Self::TcpServer(_) | Self::Relay(_) | Self::Udp(_) | Self::Load(_))
    }

    /// What the user has said of the clients; nothing where there are none.
    pub fn clients(&self) -> &KnownClients {
        static NONE: LazyLock<KnownClients> = LazyLock::new(KnownClients::default);
        match self {
            Self::TcpServer(server) => &server.clients,
            Self::Udp(udp) => &udp.clients,
            Self::TcpClient(_)
            | Self::Relay(_)
            | Self::Load(_)
            | Self::Serial(_)
            | Self::Capture(_) => &NONE,
        }
    }
}

/// What a connection over a server's limit gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverLimit {
    /// A client too many stays in the operating system's backlog until a place is free.
    #[default]
    Pending,
    /// A client too many is accepted and closed at once.
    Close,
}

/// A serial port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerialSpec {
    /// Name or path: `COM3`, `/dev/ttyUSB0`, a pty, `simulated:esp32c3`.
    pub port: String,
    /// Bits per second.
    #[serde(default = "default_baud")]
    pub baud: u32,
    /// Bits per character.
    #[serde(default)]
    pub data_bits: DataBits,
    /// The check bit.
    #[serde(default)]
    pub parity: Parity,
    /// Stop bits.
    #[serde(default)]
    pub stop_bits: StopBits,
    /// Who may stop the sender, and how.
    #[serde(default)]
    pub flow_control: FlowControl,
    /// Data Terminal Ready after opening; on ESP boards `true` with RTS off holds the boot pin low.
    #[serde(default)]
    pub dtr: bool,
    /// Request To Send after opening; on ESP boards `true` with DTR off holds the chip in reset.
    #[serde(default)]
    pub rts: bool,
    /// The board that hung on the port when it was chosen: it is looked for under other names, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<crate::board::UsbIdentity>,
    /// The ELF file that backtraces get their names from; `None`: the bundled firmware's symbols. Read anew when it changes.
    #[serde(default, skip_serializing_if = "is_unwritable")]
    pub elf: Option<PathBuf>,
    /// The board that the ELF was chosen for, where USB tells one: on another board it is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elf_board: Option<crate::board::UsbIdentity>,
}

impl SerialSpec {
    /// A port at 115200 baud, 8N1, without flow control, opened without resetting the board.
    pub fn new(port: impl Into<String>) -> Self {
        Self {
            port: port.into(),
            baud: default_baud(),
            data_bits: DataBits::default(),
            parity: Parity::default(),
            stop_bits: StopBits::default(),
            flow_control: FlowControl::default(),
            dtr: false,
            rts: false,
            board: None,
            elf: None,
            elf_board: None,
        }
    }

    /// The ELF for backtraces of the board that hangs on the port now.
    pub fn elf_for(&self, board: Option<&crate::board::UsbIdentity>) -> Option<&Path> {
        let is_meant = match (&self.elf_board, board) {
            (Some(meant), Some(board)) => meant.is_same_board(board),
            _ => true,
        };
        self.elf.as_deref().filter(|_| is_meant)
    }
}

/// No file, or one whose name no text can hold: leaving it out is better than no state at all.
fn is_unwritable(path: &Option<PathBuf>) -> bool {
    path.as_ref().is_none_or(|path| path.to_str().is_none())
}

const fn default_baud() -> u32 {
    115_200
}

/// Bits per character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Their names say all there is to say.
pub enum DataBits {
    Five,
    Six,
    Seven,
    #[default]
    Eight,
}

/// The check bit behind each character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parity {
    /// There is none.
    #[default]
    None,
    /// The number of ones, with the check bit, is odd.
    Odd,
    /// The number of ones, with the check bit, is even.
    Even,
    /// The check bit is always one: where the system has it (Linux).
    Mark,
    /// The check bit is always zero: where the system has it (Linux).
    Space,
}

/// For how many bits the line rests behind each character at least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Their names say all there is to say.
pub enum StopBits {
    #[default]
    One,
    /// Goes with five data bits only: what a UART makes of two stop bits there (16550 data sheet, line control register).
    #[serde(rename = "one-and-a-half", alias = "1.5")]
    OneAndAHalf,
    Two,
}

impl DataBits {
    /// 5 to 8.
    pub const fn count(self) -> u8 {
        match self {
            Self::Five => 5,
            Self::Six => 6,
            Self::Seven => 7,
            Self::Eight => 8,
        }
    }
}

impl Parity {
    /// As frames are written: `N`, `O`, `E`, `M`, `S`.
    pub const fn letter(self) -> char {
        match self {
            Self::None => 'N',
            Self::Odd => 'O',
            Self::Even => 'E',
            Self::Mark => 'M',
            Self::Space => 'S',
        }
    }
}

impl StopBits {
    /// `1`, `1.5` or `2`.
    pub const fn count(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::OneAndAHalf => "1.5",
            Self::Two => "2",
        }
    }
}

/// Who may stop the sender, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowControl {
    /// Nobody.
    #[default]
    None,
    /// XON and XOFF characters.
    Software,
    /// RTS and CTS lines.
    Hardware,
}
