//! What a 128x64 display shows: four lines, as values.

use crate::Board;
use core::fmt::Write;
use espalier_protocol::WifiState;
use heapless::String;

/// One line of the display: 16 columns of 8 pixels; a Chinese character takes two. Drawing cuts
/// what does not fit.
pub type ScreenLine = String<48>;

/// The last message, shown on the last line.
pub(crate) type Message = String<48>;

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

impl Board {
    /// Name and mode, address or Wi-Fi, clients, last message.
    pub fn screen(&self) -> [ScreenLine; 4] {
        let mut lines = [const { ScreenLine::new() }; 4];
        let [name, network, clients, last] = &mut lines;
        // What does not fit is cut.
        write!(name, "{} {}", self.name(), self.settings.mode).ok();
        match (self.policy.state(), self.address, self.policy.credentials()) {
            (WifiState::Online, Some(address), _) => write!(network, "{}", address.ip).ok(),
            (_, _, Some(credentials)) if !self.is_provisioning() => {
                write!(network, "... {}", credentials.ssid).ok()
            }
            _ => write!(network, "Wi-Fi? USB").ok(),
        };
        let (served, waiting) = (self.served(), self.waiting());
        write!(clients, ":{} {served}", self.told_port()).ok();
        if waiting.taken > 0 {
            write!(clients, " +{}", waiting.taken).ok();
        }
        last.push_str(&self.last).ok();
        lines
    }
}
