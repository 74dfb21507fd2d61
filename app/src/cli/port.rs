//! The events of a link, for a subcommand.

use std::path::Path;

use espalier_core::Timestamp;
use espalier_core::board::{BoardFault, UsbIdentity};
use espalier_core::session::{EndReason, SessionEvent};
use espalier_engine::board::link::LinkSink;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Things that may wait to be told; whoever is slower makes the port's thread wait, and the port's buffer with it.
const WAITING: usize = 1024;

/// An event of a link.
#[derive(Debug)]
pub enum LinkEvent {
    /// The port is open.
    Opened { at: Timestamp, port: String, baud: u32 },
    /// The board sent this.
    Received { at: Timestamp, bytes: Vec<u8> },
    /// The system took this for sending.
    Sent { at: Timestamp, bytes: Vec<u8> },
    /// Something happened.
    Event { at: Timestamp, event: SessionEvent },
    /// The port is not there; it is waited for.
    Waiting { at: Timestamp, fault: BoardFault },
    /// The link is over.
    Ended { at: Timestamp, reason: EndReason, detail: String },
    /// The board's status has changed.
    Changed,
}

/// The events of a link, in order; bounded.
#[derive(Debug)]
pub struct LinkEvents(Receiver<LinkEvent>);

impl LinkEvents {
    /// The sink to give to a link, and the events that come out of it.
    pub fn new() -> (Box<dyn LinkSink>, Self) {
        let (to, from) = channel(WAITING);
        (Box::new(ChannelSink(to)), Self(from))
    }

    /// What comes next; after the end, only that again.
    pub async fn next(&mut self) -> LinkEvent {
        let at = Timestamp::default();
        let over = LinkEvent::Ended { at, reason: EndReason::ClosedByUs, detail: String::new() };
        self.0.recv().await.unwrap_or(over)
    }
}

struct ChannelSink(Sender<LinkEvent>);

impl ChannelSink {
    fn tell(&self, told: LinkEvent) {
        // Nobody listens any more when the program is about to end.
        self.0.blocking_send(told).ok();
    }
}

impl LinkSink for ChannelSink {
    fn opened(&mut self, at: Timestamp, port: &str, baud: u32) {
        self.tell(LinkEvent::Opened { at, port: port.to_owned(), baud });
    }

    fn received(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.tell(LinkEvent::Received { at, bytes: bytes.to_vec() });
        Ok(())
    }

    fn sent(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.tell(LinkEvent::Sent { at, bytes: bytes.to_vec() });
        Ok(())
    }

    fn event(&mut self, at: Timestamp, event: SessionEvent) {
        self.tell(LinkEvent::Event { at, event });
    }

    fn waiting(&mut self, at: Timestamp, fault: &BoardFault) {
        self.tell(LinkEvent::Waiting { at, fault: fault.clone() });
    }

    fn ended(&mut self, at: Timestamp, reason: EndReason, detail: &str) {
        self.tell(LinkEvent::Ended { at, reason, detail: detail.to_owned() });
    }

    // What is given on the command line holds for this one run.
    fn symbols(&mut self, _elf: Option<&Path>, _board: Option<&UsbIdentity>) {}

    fn changed(&mut self) {
        // Only a hint: the next thing told leads to the same look.
        self.0.try_send(LinkEvent::Changed).ok();
    }
}
