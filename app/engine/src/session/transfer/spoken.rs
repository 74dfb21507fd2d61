//! Files by a protocol: the machine of `core`, with real bytes, files and time.

use std::sync::Arc;
use std::time::Duration;

use espalier_core::transfer::xymodem::{XyReceiver, XySender};
use espalier_core::transfer::zmodem::{LARGEST, ZmodemReceiver, ZmodemSender};
use espalier_core::transfer::{
    ReceiveAction, ReceiveFiles, ReceiveMachine, SendAction, SendFiles, SendMachine, TransferEnd,
    TransferFault, TransferPhase, TransferProtocol, TransferTimes, TransferredFile,
};
use espalier_core::{Sentence, hex, say};

use super::guest::Wish;
use super::incoming_file::IncomingFile;
use super::outgoing_file::OutgoingFile;
use super::way::{LOOK, Stop, Way};
use crate::receipt::UnsentCounter;

/// The largest block, with what is around it.
const BLOCK: u32 = 1100;

/// As long as the protocol has so much to look at, what comes waits where it is bounded.
const UNREAD: usize = 64 << 10;

/// How long it is tried to tell the other end that it is over.
const FAREWELL: Duration = Duration::from_secs(1);

/// Sends files.
///
/// # Errors
/// Why not all of them went.
pub fn send(way: &Way<'_>, asked: &SendFiles) -> Result<(), Stop> {
    // Nothing is begun that cannot be brought to its end.
    for path in &asked.files {
        let file = OutgoingFile::open(path).map_err(Stop::failed)?;
        let too_large = file.size() >= LARGEST || file.name().len() > 200;
        if asked.protocol == TransferProtocol::Zmodem && too_large {
            return Err(Stop::failed(TransferFault::TooLarge.sentence()));
        }
    }
    let machine = sender(asked.protocol, times(way, asked.times)).map_err(fault)?;
    let mut sending = Sending {
        way,
        machine,
        files: asked.files.iter(),
        file: None,
        failure: None,
        gone: None,
        protocol: asked.protocol,
    };
    sending.run()
}

/// Receives files.
///
/// # Errors
/// Why not all of them came.
pub fn receive(way: &Way<'_>, asked: &ReceiveFiles) -> Result<(), Stop> {
    let machine = receiver(asked.protocol, times(way, asked.times)).map_err(fault)?;
    let mut receiving = Receiving { way, machine, asked, file: None, failure: None, gone: None };
    let done = receiving.run();
    // What is not whole.
    if let Some(file) = receiving.file.take() {
        let name = file.path().display().to_string();
        let kept = file.give_up();
        if kept > 0 {
            way.note(say!(
                "note-file-kept",
                "{bytes} bytes of {file} are kept: when it is sent again, it goes on there",
                bytes = kept,
                file = name
            ));
        }
    }
    // It may say that this was all before it has offered anything.
    if done.is_ok() && way.state.inner().status.finished_count == 0 {
        return Err(fault(TransferFault::NoFile));
    }
    done
}

/// On a slow line a block takes its time.
fn times(way: &Way<'_>, mut times: TransferTimes) -> TransferTimes {
    times.block += 2 * way.state.target.byte_time * BLOCK;
    times
}

fn sender(
    protocol: TransferProtocol,
    times: TransferTimes,
) -> Result<Box<dyn SendMachine>, TransferFault> {
    Ok(match protocol {
        TransferProtocol::Zmodem => Box::new(ZmodemSender::new(times)?),
        TransferProtocol::Ymodem => Box::new(XySender::ymodem(times)),
        other => Box::new(XySender::xmodem(other == TransferProtocol::Xmodem1k, times)),
    })
}

fn receiver(
    protocol: TransferProtocol,
    times: TransferTimes,
) -> Result<Box<dyn ReceiveMachine>, TransferFault> {
    Ok(match protocol {
        TransferProtocol::Zmodem => Box::new(ZmodemReceiver::new(times)?),
        TransferProtocol::Ymodem => Box::new(XyReceiver::ymodem(times)),
        _ => Box::new(XyReceiver::xmodem(times)),
    })
}

fn fault(fault: TransferFault) -> Stop {
    Stop::End(match fault {
        TransferFault::CancelledHere => TransferEnd::Cancelled,
        other => TransferEnd::Failed(other.sentence()),
    })
}

/// Sends what the machine says. Those that wait for each block's answer count the time from when it has gone.
fn write(way: &Way<'_>, bytes: Vec<u8>) -> Result<(), Stop> {
    let most = match way.state.protocol {
        TransferProtocol::Zmodem => way.state.target.in_flight,
        _ => 0,
    };
    way.hand_over(&Arc::from(bytes), &UnsentCounter::default())?;
    way.until_at_most(most, true).map(drop)
}

/// Lets what says farewell go out, if the other end takes it.
fn part(way: &Way<'_>) {
    let begun = std::time::Instant::now();
    while begun.elapsed() < FAREWELL && way.waiting().is_ok_and(|waiting| waiting > 0) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until then, or until something comes. Who has left is `gone` only when this is called again.
fn wait(way: &Way<'_>, gone: &mut Option<Stop>, until: Duration) -> Result<(), Stop> {
    if let Some(gone) = gone.take() {
        return Err(gone);
    }
    // What came before it left is still to be heard.
    *gone = way.waiting().err();
    if gone.is_none() {
        let rest = until.saturating_sub(way.state.begun.elapsed());
        way.state.wait(rest.min(LOOK));
    }
    Ok(())
}

/// How it ended. That the other end left explains its silence, and nothing else: who cancels, or is told of a cancel, leaves, too.
fn over(
    way: &Way<'_>,
    gone: Option<Stop>,
    failure: Option<Sentence>,
    end: Result<(), TransferFault>,
) -> Result<(), Stop> {
    if gone.is_none() {
        part(way);
    }
    match (failure, gone, end) {
        (Some(why), _, _) => Err(Stop::failed(why)),
        (None, Some(gone), Err(TransferFault::NoAnswer | TransferFault::TimedOut)) => Err(gone),
        (None, _, end) => end.map_err(fault),
    }
}

struct Sending<'a> {
    way: &'a Way<'a>,
    machine: Box<dyn SendMachine>,
    files: std::slice::Iter<'a, std::path::PathBuf>,
    file: Option<OutgoingFile>,
    /// What went wrong here, which the other end is told as a cancel.
    failure: Option<Sentence>,
    /// The other end has left. It may have said before that it has all.
    gone: Option<Stop>,
    protocol: TransferProtocol,
}

impl Sending<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let way = self.way;
        let mut cancelled = false;
        loop {
            if !cancelled && way.wish() != Wish::GoOn {
                self.machine.cancel();
                cancelled = true;
            }
            if self.machine.unread() < UNREAD {
                let input: Vec<u8> = way.state.take_input().into();
                self.machine.heard(&input);
            }
            match self.machine.next(way.state.begun.elapsed()) {
                SendAction::Send(bytes) => self.gone = self.gone.take().or(write(way, bytes).err()),
                SendAction::NextFile => self.next_file(),
                SendAction::Read { offset, length } => {
                    let read = self.file.as_mut().map(|file| file.read(offset, length));
                    match read {
                        Some(Ok(bytes)) => {
                            self.file.iter_mut().for_each(|file| file.goes(offset, &bytes));
                            self.machine.give(&bytes);
                        }
                        Some(Err(why)) => self.fail(why),
                        None => self.machine.give(&[]),
                    }
                    self.show();
                }
                SendAction::FileDone { skipped } => {
                    if let Err(why) = self.file_done(skipped) {
                        self.fail(why);
                    }
                }
                SendAction::Wait(until) => wait(way, &mut self.gone, until)?,
                SendAction::Over(end) => {
                    return over(way, self.gone.take(), self.failure.take(), end);
                }
            }
        }
    }

    fn next_file(&mut self) {
        let Some(path) = self.files.next() else { return self.machine.offer(None) };
        match OutgoingFile::open(path) {
            Ok(file) => {
                let size = file.size();
                self.way.note(say!(
                    "note-file-sends-by",
                    "sending {file} by {protocol}: {bytes} bytes",
                    file = file.name(),
                    protocol = self.protocol.name().unwrap_or_default(),
                    bytes = size,
                ));
                self.way.state.change(|inner| {
                    (inner.status.name, inner.status.size) = (file.name(), Some(size));
                    inner.status.done = 0;
                });
                self.machine.offer(Some(file.offer()));
                self.file = Some(file);
            }
            Err(why) => self.fail(why),
        }
    }

    fn file_done(&mut self, skipped: bool) -> Result<(), Sentence> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let (path, bytes) = (file.path.clone(), file.size());
        let gone = if skipped {
            TransferredFile { path, bytes: 0, sha256: String::new(), whole: false, resumed_at: 0 }
        } else {
            let sha256 = hex::lower(&file.digest_to(bytes)?);
            TransferredFile { path, bytes, sha256, whole: true, resumed_at: 0 }
        };
        self.show();
        self.way.finished(gone);
        Ok(())
    }

    fn fail(&mut self, why: Sentence) {
        self.failure.get_or_insert(why);
        self.machine.cancel();
    }

    fn show(&self) {
        let (done, retries) = (self.machine.position(), self.machine.retries());
        let moved = {
            let status = &mut self.way.state.inner().status;
            status.phase = TransferPhase::Moving;
            status.retries = retries;
            done.saturating_sub(std::mem::replace(&mut status.done, done))
        };
        if moved > 0 {
            self.way.state.moved(moved);
        }
        self.way.publish();
    }
}

struct Receiving<'a> {
    way: &'a Way<'a>,
    machine: Box<dyn ReceiveMachine>,
    asked: &'a ReceiveFiles,
    file: Option<IncomingFile>,
    /// What went wrong here, which the other end is told as a cancel.
    failure: Option<Sentence>,
    /// The other end has left. It may have said before that this was all.
    gone: Option<Stop>,
}

impl Receiving<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let way = self.way;
        let mut cancelled = false;
        loop {
            if !cancelled && way.wish() != Wish::GoOn {
                self.machine.cancel();
                cancelled = true;
            }
            if self.machine.unread() < UNREAD {
                let input: Vec<u8> = way.state.take_input().into();
                self.machine.heard(&input);
            }
            match self.machine.next(way.state.begun.elapsed()) {
                ReceiveAction::Send(bytes) => {
                    self.gone = self.gone.take().or(write(way, bytes).err())
                }
                ReceiveAction::Begin(offer) => match self.begin(&offer) {
                    Ok(from) => self.machine.accept(from),
                    Err(why) => self.fail(why),
                },
                ReceiveAction::Write(bytes) => self.write(&bytes),
                ReceiveAction::FileDone => {
                    // Its sender may have said more than it had.
                    let size = way.state.inner().status.size;
                    let done = self.file.take().map(|file| {
                        let whole = size.is_none_or(|size| file.bytes() >= size);
                        file.finish(whole)
                    });
                    match done {
                        Some(Ok(file)) => way.finished(file),
                        Some(Err(why)) => self.fail(why),
                        None => {}
                    }
                }
                ReceiveAction::Wait(until) => wait(way, &mut self.gone, until)?,
                ReceiveAction::Over(end) => {
                    return over(way, self.gone.take(), self.failure.take(), end);
                }
            }
        }
    }

    fn begin(&mut self, offer: &espalier_core::transfer::FileOffer) -> Result<u64, Sentence> {
        let ReceiveFiles { into, protocol, replace, .. } = self.asked;
        let resumes = *protocol == TransferProtocol::Zmodem;
        let file = match protocol.brings_names() {
            true => IncomingFile::offered(into, offer, *replace, resumes)?,
            false => IncomingFile::at(into, *replace)?,
        };
        let from = file.bytes();
        let place = file.path().display().to_string();
        self.way.note(match from {
            0 => say!(
                "note-file-receives-by",
                "receiving {file} by {protocol}",
                file = place,
                protocol = protocol.name().unwrap_or_default(),
            ),
            from => say!(
                "note-file-goes-on",
                "receiving {file} by {protocol}, which goes on at byte {start}",
                file = place,
                protocol = protocol.name().unwrap_or_default(),
                start = from,
            ),
        });
        self.way.state.change(|inner| {
            let name = file.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
            (inner.status.name, inner.status.size) = (name, offer.size);
            inner.status.done = from;
            inner.status.phase = TransferPhase::Moving;
        });
        self.file = Some(file);
        Ok(from)
    }

    fn write(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        if let Err(why) = file.push(bytes) {
            return self.fail(why);
        }
        let done = file.bytes();
        {
            let status = &mut self.way.state.inner().status;
            (status.done, status.retries) = (done, self.machine.retries());
        }
        self.way.state.moved(bytes.len() as u64);
        self.way.publish();
    }

    fn fail(&mut self, why: Sentence) {
        self.failure.get_or_insert(why);
        self.machine.cancel();
    }
}
