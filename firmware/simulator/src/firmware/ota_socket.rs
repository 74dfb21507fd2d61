//! Updates of the program: the socket of [`OtaSession`], and the flash that it writes.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use espalier_board::{
    BLOCK, Board, BootSlots, Event, FlashFault, OtaBoot, OtaSession, PORT, SECTOR, Time,
};
use espalier_protocol::ota::BUSY;
use rustix::event::PollFlags;

use super::chance::secret;
use super::listening_socket::ListeningSocket;
use crate::boot::Partition;
use crate::flash::Flash;

/// What is said last is given so long to be read.
const FAREWELL: Duration = Duration::from_secs(1);
/// Senders who are let in, or turned away, in one turn of the board.
const ACCEPTED: usize = 4;
/// Blocks in one turn of the board: the console and the others have theirs, too.
const BLOCKS: usize = 16;

/// How it stands with the program that begins at `running`; `None`: it was given up, and the chip restarts.
pub fn begin(flash: &mut Flash, table: &[Partition], running: usize) -> Option<OtaBoot> {
    let Some(slots) = slots(table, running) else { return Some(OtaBoot::ONE_SLOT) };
    let state = slots.begin(flash).ok()??;
    let image = slots.image(flash);
    Some(OtaBoot { slots: Some(slots), state, image })
}

fn slots(table: &[Partition], running: usize) -> Option<BootSlots> {
    let slot = |number| {
        let part = table.iter().find(|part| part.ota_slot() == Some(number))?;
        let start = u32::try_from(part.offset).ok()?;
        Some(start..start.checked_add(u32::try_from(part.len).ok()?)?)
    };
    let otadata = table.iter().find(|part| part.is_ota_data())?;
    let otadata = u32::try_from(otadata.offset).ok()?;
    BootSlots::new(otadata, [slot(0)?, slot(1)?], u32::try_from(running).ok()?)
}

impl espalier_board::Flash for Flash {
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFault> {
        let found = Flash::read(self, offset as usize, bytes.len()).map_err(|_| FlashFault)?;
        bytes.copy_from_slice(found);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFault> {
        self.program(offset as usize, bytes).map_err(|_| FlashFault)
    }

    fn erase(&mut self, offset: u32) -> Result<(), FlashFault> {
        Flash::erase(self, offset as usize, SECTOR as usize).map(drop).map_err(|_| FlashFault)
    }
}

/// Tells a sender that another one is being served. It has said nothing yet, so that the answer arrives.
fn turn_away(mut stream: TcpStream) {
    let _ = stream.write_all(BUSY.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
}

/// One conversation after the other.
#[derive(Debug)]
pub struct OtaSocket {
    session: Box<OtaSession>,
    stream: Option<TcpStream>,
    /// When the sender is left, once it was told all.
    farewell: Option<Instant>,
    /// When there is something to do without being woken.
    due: Instant,
    /// There is more to do without waiting.
    busy: bool,
}

impl OtaSocket {
    /// Nobody there yet.
    pub fn new(now: Instant) -> Self {
        let session = Box::new(OtaSession::new());
        Self { session, stream: None, farewell: None, due: now, busy: false }
    }

    /// Does what can be done now.
    ///
    /// # Errors
    /// The port cannot be had.
    pub fn turn(
        &mut self,
        board: &mut Board,
        flash: &mut Flash,
        listener: &mut ListeningSocket,
        (now, time): (Instant, Time),
    ) -> io::Result<()> {
        self.busy = false;
        let Some(address) = board.address() else {
            listener.close();
            self.leave(board, time);
            return Ok(());
        };
        listener.set_ip(address.ip);
        for _ in 0..ACCEPTED {
            let came = listener.accept(PORT, now)?;
            // Whoever was served may have gone before this one came.
            self.work(board, flash, (now, time));
            let Some((stream, _)) = came else { break };
            if self.stream.is_some() {
                turn_away(stream);
            } else if stream.set_nonblocking(true).is_ok() {
                self.session.open(&board.ota_permit(time), secret(), time);
                self.stream = Some(stream);
                self.farewell = None;
            }
        }
        Ok(())
    }

    /// Goes on with the sender, as far as can be done now.
    fn work(&mut self, board: &mut Board, flash: &mut Flash, (now, time): (Instant, Time)) {
        for _ in 0..BLOCKS {
            let left = Duration::from_millis(self.session.until().since(time));
            self.due = self.farewell.unwrap_or(now + left);
            match self.step(board, flash, now, time) {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) => return self.leave(board, time),
            }
        }
        self.busy = true;
    }

    /// The sender is gone, or is left.
    fn leave(&mut self, board: &mut Board, time: Time) {
        if self.stream.take().is_some() {
            self.session.cut();
            self.session.sent(usize::MAX, time);
            if let Some(event) = self.session.take_event() {
                board.on(Event::Ota(event), time);
            }
        }
    }

    /// Does one thing; whether there may be another.
    fn step(
        &mut self,
        board: &mut Board,
        flash: &mut Flash,
        now: Instant,
        time: Time,
    ) -> io::Result<bool> {
        let Self { session, stream: Some(stream), farewell, due, .. } = self else {
            return Ok(false);
        };
        if *due <= now {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let waits = |error: io::Error| match error.kind() {
            io::ErrorKind::WouldBlock => Ok(false),
            io::ErrorKind::Interrupted => Ok(true),
            _ => Err(error),
        };
        if !session.output().is_empty() {
            return match stream.write(session.output()) {
                Ok(n) => {
                    session.sent(n, time);
                    Ok(true)
                }
                Err(error) => waits(error),
            };
        }
        if let Some(event) = session.take_event() {
            if session.is_over() {
                stream.shutdown(Shutdown::Write)?;
                *farewell = Some(now + FAREWELL);
            }
            board.on(Event::Ota(event), time);
            return Ok(true);
        }
        if session.step(&board.ota_permit(time), flash) {
            return Ok(true);
        }
        // What comes after the end is read and forgotten: a reset would take the last answer away.
        let mut bytes = [0; BLOCK];
        let most = if session.is_over() { BLOCK } else { session.wants().min(BLOCK) };
        if most == 0 {
            return Ok(true);
        }
        match stream.read(&mut bytes[..most]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                if !session.is_over() {
                    session.received(&bytes[..n], &board.ota_permit(time), flash, time);
                }
                Ok(true)
            }
            Err(error) => waits(error),
        }
    }

    /// To wait on.
    pub fn wait_on(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let waits = if self.session.output().is_empty() { PollFlags::IN } else { PollFlags::OUT };
        self.stream.as_ref().map(|stream| (stream.as_fd(), waits))
    }

    /// When there is something to do without being woken.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        self.stream.as_ref().map(|_| if self.busy { now } else { self.due })
    }
}
