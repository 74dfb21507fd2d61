//! Flashing one board: its link, what is heard meanwhile, and how it ends.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::board::{
    BoardCommand, BoardFault, BoardRefusal, FlashOutcome, FlashSpec, FlashStatus,
};
use espalier_core::session::SerialSpec;
use espalier_engine::board::link::Link;
use espalier_engine::board::ports::SimulatedBoards;

use super::progress::ProgressPrinter;
use super::table::PartsTable;
use super::teller::Teller;
use crate::cli::exit::Exit;
use crate::cli::interrupt::Wishes;
use crate::cli::port::{LinkEvent, LinkEvents};
use crate::print::{DataOutput, translated};

/// How long the program may take to say its first word.
const FIRST_WORD: Duration = Duration::from_secs(4);

/// A link, and what is heard meanwhile.
#[derive(Debug)]
pub struct Flasher {
    /// The board's port.
    pub link: Link,
    /// What the link tells.
    pub events: LinkEvents,
    /// Wishes that it stop.
    pub wishes: Wishes,
    /// Where goes what the board says; nowhere, where nobody asked for it.
    pub out: Option<DataOutput>,
    /// Where is said what happens.
    pub teller: Teller,
    /// How it ended, in one sentence of the user's language; empty before.
    pub result: String,
}

impl Flasher {
    /// Has the port opened.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn new(
        port: &str,
        simulated: Arc<dyn SimulatedBoards>,
        wishes: Wishes,
        teller: Teller,
    ) -> std::io::Result<Self> {
        let (sink, events) = LinkEvents::new();
        let link = Link::open(SerialSpec::new(port), simulated, sink)?;
        Ok(Self { link, events, wishes, out: None, teller, result: String::new() })
    }

    /// Waits until the port is open; how it ends when it cannot be.
    pub async fn opened(&mut self) -> Option<Exit> {
        loop {
            match self.events.next().await {
                LinkEvent::Opened { .. } => return None,
                // For a script, a port that is not there is an answer, not something to wait for.
                LinkEvent::Waiting { fault, .. } => return Some(self.failed(&fault)),
                told => {
                    if let Some(over) = self.over(&told) {
                        return Some(over);
                    }
                }
            }
        }
    }

    /// Flashes once.
    ///
    /// # Errors
    /// The link takes no command, or the board's words cannot be written out.
    pub async fn flash(&mut self, spec: FlashSpec) -> anyhow::Result<Exit> {
        // How the last one ended is there until this one begins.
        let before = self.link.status().flash.clone();
        match self.link.command(BoardCommand::Flash(Box::new(spec))) {
            // Why, is heard below.
            Ok(()) | Err(BoardRefusal::Closed) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        let mut progress = ProgressPrinter::new(self.teller.clone());
        let mut table = PartsTable::default();
        let mut ended = None;
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                // Heard out, so that the link never waits for us.
                told = self.events.next() => if let Some(over) = self.hear(told)? {
                    progress.finish();
                    return Ok(over);
                },
                () = self.wishes.next() => {
                    self.link.command(BoardCommand::CancelFlash)?;
                }
            }
            let Some(status) = self.link.status().flash.clone() else { continue };
            if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, &status)) {
                continue;
            }
            table.show(&status, &self.teller);
            progress.show(&status);
            let Some(outcome) = &status.outcome else { continue };
            let since = *ended.get_or_insert_with(std::time::Instant::now);
            match outcome {
                // What is on the board was there before: nobody waits for its words.
                Ok(FlashOutcome::Restarted | FlashOutcome::Running) if !status.writes => {
                    progress.finish();
                    return Ok(self.done("the board was started again with what it has"));
                }
                Ok(FlashOutcome::PressReset) if !status.writes => {
                    progress.finish();
                    return Ok(self.done("done; press RST (EN) to start the program"));
                }
                Ok(FlashOutcome::Restarted) if since.elapsed() < FIRST_WORD => {}
                Ok(outcome) => {
                    progress.finish();
                    return Ok(self.done(&ending(*outcome, &status)));
                }
                Err(fault) => {
                    progress.finish();
                    return Ok(self.failed(fault));
                }
            }
        }
    }

    /// What the link tells while something else is waited for; how it ends when it is over.
    ///
    /// # Errors
    /// The board's words cannot be written out.
    pub fn hear(&mut self, told: LinkEvent) -> anyhow::Result<Option<Exit>> {
        if let (LinkEvent::Received { bytes, .. }, Some(out)) = (&told, &mut self.out) {
            out.write_all(bytes)?;
        }
        Ok(self.over(&told))
    }

    /// How it ends, when the link is over.
    fn over(&mut self, told: &LinkEvent) -> Option<Exit> {
        let LinkEvent::Ended { reason, detail, .. } = told else { return None };
        self.teller.complain(detail);
        self.result = translated(detail);
        Some(Exit::of(*reason))
    }

    fn done(&mut self, what: &str) -> Exit {
        self.teller.tell(what);
        self.result = translated(what);
        Exit::Done
    }

    fn failed(&mut self, fault: &BoardFault) -> Exit {
        self.result = translated(fault);
        self.teller.failed(fault)
    }
}

fn ending(outcome: FlashOutcome, status: &FlashStatus) -> String {
    let what = match outcome {
        FlashOutcome::Running => "the program runs",
        FlashOutcome::Restarted => "the program was started; it has said nothing yet",
        FlashOutcome::PressReset => "all is written; press RST (EN) to start the program",
        FlashOutcome::InLoader => "done; the loader goes on running",
    };
    format!("{what} ({:.1} s)", status.elapsed.as_secs_f64())
}
