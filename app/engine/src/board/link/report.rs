//! What the link tells: bytes and events to its sink, the board's status to whoever looks at it.

use std::path::Path;
use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::board::{
    BoardFault, BoardStatus, FlashSpec, FlashStatus, FlashStep, LinkState, ModemLines, PortKind,
};
use espalier_core::session::{EndReason, SerialSpec, SessionEvent};

use super::flash_notes;
use super::open_port::OpenedPort;
use super::panic_decoder::PanicDecoder;
use super::shared::LinkShared;
use super::sink::LinkSink;
use super::status_tracker::StatusTracker;
use crate::clock::now;

/// What the link tells, and the board's status that it keeps up.
pub struct LinkReport {
    sink: Box<dyn LinkSink>,
    /// The board as it is; seen when it is published.
    status: BoardStatus,
    tracker: StatusTracker,
    shared: Arc<LinkShared>,
}

impl LinkReport {
    /// Nothing is told yet.
    pub fn new(sink: Box<dyn LinkSink>, port_name: String, shared: Arc<LinkShared>) -> Self {
        let status = BoardStatus { port_name, ..BoardStatus::default() };
        Self { sink, status, tracker: StatusTracker::new(PanicDecoder::new()), shared }
    }

    /// Has the board's status seen as it is.
    pub fn publish(&mut self) {
        *self.shared.status.lock() = Arc::new(self.status.clone());
        self.sink.changed();
    }

    /// Leaves a line in the log.
    pub fn note(&mut self, text: impl Into<Sentence>) {
        self.sink.event(now(), SessionEvent::Note(text.into()));
    }

    /// The board said something.
    ///
    /// # Errors
    /// Why it cannot be kept.
    pub fn received(&mut self, bytes: &[u8]) -> Result<(), String> {
        let at = now();
        let kept = self.sink.received(at, bytes);
        if self.tracker.heard(bytes, at, &mut self.status) {
            self.publish();
        }
        self.tell_backtraces();
        kept
    }

    /// The system took this for sending.
    ///
    /// # Errors
    /// Why it cannot be kept.
    pub fn sent(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.sink.sent(now(), bytes)
    }

    /// The board says nothing: time passes.
    pub fn tick(&mut self) {
        if self.tracker.tick(now(), &mut self.status) {
            self.publish();
        }
        self.tell_backtraces();
    }

    fn tell_backtraces(&mut self) {
        for event in self.tracker.take_events() {
            self.sink.event(now(), event);
        }
    }

    /// Tells why names do not come from what was chosen, once.
    pub fn complain(&mut self) {
        if let Some(complaint) = self.tracker.decoder.complaint() {
            self.note(complaint.what);
        }
    }

    /// Names come from this ELF, or from the bundled symbols again.
    pub fn use_symbols(&mut self, elf: Option<&Path>) {
        self.tracker.choose(elf.map(Path::to_owned), &self.status);
    }

    /// The same, and it is to be remembered.
    pub fn symbols_chosen(&mut self, spec: &SerialSpec) {
        self.sink.symbols(spec.elf.as_deref(), spec.elf_board.as_ref());
        self.use_symbols(spec.elf.as_deref());
    }

    /// What came before says nothing any more: the board was reset, or was away. Seen with what comes next.
    pub fn start_over(&mut self) {
        self.tracker.start_over(&mut self.status);
    }

    /// What the port is, once it was open.
    pub const fn port(&self) -> Option<&PortKind> {
        self.status.port.as_ref()
    }

    /// A port has just been opened.
    pub fn opened(&mut self, opened: &OpenedPort, baud: u32) {
        self.status.port = Some(opened.kind.clone());
        self.status.port_name.clone_from(&opened.name);
        self.status.link = LinkState::Monitoring;
        self.status.lines = opened.lines;
        self.publish();
        self.sink.opened(now(), &opened.name, baud);
    }

    /// The port is not there; it is tried again.
    pub fn waiting(&mut self, fault: &BoardFault) {
        self.status.link = LinkState::Away;
        self.publish();
        self.sink.waiting(now(), fault);
    }

    /// The link is over.
    pub fn ended(&mut self, reason: EndReason, detail: &str) {
        self.status.link = LinkState::Closed;
        self.tracker.finish(now(), &mut self.status);
        self.tell_backtraces();
        self.publish();
        self.sink.ended(now(), reason, detail);
    }

    /// The modem lines as they were seen last.
    pub const fn lines(&self) -> ModemLines {
        self.status.lines
    }

    /// The modem lines are so now.
    pub fn set_lines(&mut self, lines: ModemLines) {
        if lines != self.status.lines {
            self.status.lines = lines;
            self.publish();
        }
    }

    /// Flashing begins: what the board said before it says nothing of what it will run.
    pub fn flash_begins(&mut self, spec: &FlashSpec) {
        self.note(flash_notes::begins(spec));
        self.status.link = LinkState::Flashing;
        self.start_over();
    }

    /// How flashing goes; the thread that draws sees it at its next frame.
    pub fn flash_goes_on(&mut self, flash: &FlashStatus) {
        // What ran on the board is not what is there from here on, however this ends; what runs then says so.
        if matches!(flash.step, FlashStep::Erasing | FlashStep::Writing(_)) {
            Arc::make_mut(&mut self.status.reported).overwritten();
        }
        self.set_flash(Some(flash));
    }

    /// All is written, the program is being started: what the board says from now on is of what it has now.
    pub fn flash_restarts(&mut self) {
        self.tracker.before_restart();
    }

    /// Flashing is over, in this way; monitoring goes on.
    pub fn flash_ended(&mut self, spec: &FlashSpec, flash: &FlashStatus) {
        self.status.link = LinkState::Monitoring;
        self.set_flash(Some(flash));
        self.tracker.after_flash(&mut self.status);
        self.publish();
        self.note(match &flash.outcome {
            Some(Err(_)) => flash_notes::failed(spec),
            _ => flash_notes::done(spec),
        });
        if let Some(Err(fault)) = &flash.outcome {
            self.note(fault.what.clone());
        }
    }

    /// How flashing ended is forgotten.
    pub fn dismiss_flash(&mut self) {
        self.set_flash(None);
    }

    fn set_flash(&mut self, flash: Option<&FlashStatus>) {
        self.status.flash = flash.map(|flash| Arc::new(flash.clone()));
        self.publish();
    }
}
