//! What a 128x64 display shows: four lines, as values.

use core::{
    fmt::{self, Write},
    net::Ipv4Addr,
};
use espalier_protocol::{Mode, line::Share};
use heapless::String;

/// One line of the display: 16 columns of 8 pixels; a Chinese character takes two. Drawing cuts
/// what does not fit.
pub type ScreenLine = String<48>;

/// As much of a message as fits on a line, in bytes of UTF-8.
pub(crate) const MESSAGE_MAX: usize = 48;

/// The last message, shown on the last line.
pub(crate) type Message = String<MESSAGE_MAX>;

/// What is to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScreenContent<'a> {
    pub(crate) name: &'a str,
    pub(crate) mode: Mode,
    pub(crate) reachability: Reachability<'a>,
    pub(crate) port: u16,
    pub(crate) served: Share,
    pub(crate) waiting: Share,
    pub(crate) last: &'a str,
}

/// Where the board can be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reachability<'a> {
    /// Here.
    At(Ipv4Addr),
    /// It joins this network.
    Joining(&'a str),
    /// Nowhere: it asks for credentials.
    Nowhere,
}

impl fmt::Display for Reachability<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(ip) => write!(f, "{ip}"),
            Self::Joining(ssid) => write!(f, "... {ssid}"),
            Self::Nowhere => f.write_str("Wi-Fi? USB"),
        }
    }
}

/// The start of received bytes, as far as it is text that a display can show.
pub(crate) fn message(bytes: &[u8]) -> Message {
    let mut message = Message::new();
    let chunks = bytes.utf8_chunks();
    for c in chunks.flat_map(|chunk| chunk.valid().chars()).filter(|c| !c.is_control()) {
        if message.push(c).is_err() {
            break;
        }
    }
    message
}

/// Name and mode, address or Wi-Fi, clients, last message.
pub(crate) fn lines(content: &ScreenContent<'_>) -> [ScreenLine; 4] {
    let ScreenContent { name, mode, reachability, port, served, waiting, last } = *content;
    let mut lines = [const { ScreenLine::new() }; 4];
    let [first, network, clients, message] = &mut lines;
    // What does not fit is cut.
    write!(first, "{name} {mode}").ok();
    write!(network, "{reachability}").ok();
    write!(clients, ":{port} {served}").ok();
    if waiting.taken > 0 {
        write!(clients, " +{}", waiting.taken).ok();
    }
    message.push_str(last).ok();
    lines
}
