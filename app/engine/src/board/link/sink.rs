//! Where a link leaves what it sees.

use std::path::Path;

use espalier_core::Timestamp;
use espalier_core::board::{BoardFault, UsbIdentity};
use espalier_core::session::{EndReason, SessionEvent};

/// Where a link leaves what it sees. Called from the link's thread; what takes long here makes it read late.
pub trait LinkSink: Send {
    /// The port is open: by this name, at this speed.
    fn opened(&mut self, at: Timestamp, port: &str, baud: u32);

    /// The board sent this.
    ///
    /// # Errors
    /// Why it cannot be kept; the link closes then, rather than lose bytes.
    fn received(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String>;

    /// The system took this for sending.
    ///
    /// # Errors
    /// As for [`Self::received`].
    fn sent(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String>;

    /// Something happened that is worth a line in the log.
    fn event(&mut self, at: Timestamp, event: SessionEvent);

    /// The port is not there, or went away; it is tried again until it comes back.
    fn waiting(&mut self, at: Timestamp, fault: &BoardFault);

    /// The link is over: the port could not be opened, the capture not written, or the link was closed.
    fn ended(&mut self, at: Timestamp, reason: EndReason, detail: &str);

    /// Names come from this ELF from now on, or from the bundled symbols again: the user chose it, or it was flashed. It is
    /// of the board with this identity, where USB tells one.
    fn symbols(&mut self, elf: Option<&Path>, board: Option<&UsbIdentity>);

    /// What [`Link::status`](super::Link::status) tells has changed.
    fn changed(&mut self);
}
