//! What comes goes into a file as it is. It is written where it is read, like the capture: what the disk does not take at once
//! waits at the other end.

use std::time::{Duration, Instant};

use espalier_core::say;
use espalier_core::session::SessionState;
use espalier_core::transfer::{ReceiveFiles, TransferEnd, TransferPhase};

use super::guest::{RawFile, Wish};
use super::incoming_file::IncomingFile;
use super::way::{LOOK, Stop, Way, target_gone};

/// Why the file is over.
enum FileEnd {
    /// By hand, by silence, by size, or the other end closed in order.
    Whole,
    /// The other end was cut off, or the size was not reached.
    CutOff,
}

/// From now on, until it is over.
///
/// # Errors
/// Why there is no file, or not all of it.
pub fn run(way: &Way<'_>, asked: &ReceiveFiles) -> Result<(), Stop> {
    let file = IncomingFile::at(&asked.into, asked.replace).map_err(Stop::failed)?;
    way.note(say!(
        "note-file-receives",
        "what comes goes into {file}",
        file = file.path().display()
    ));
    let name = file.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    way.state.change(|inner| inner.status.name = name);
    way.state.opened(RawFile { file, end: asked.end, heard: None, fault: None });
    way.publish();
    let ended = wait(way, asked);
    way.state.change(|inner| inner.status.phase = TransferPhase::Ending);
    let Some(raw) = way.state.inner().raw.take() else { return Err(Stop::Gone) };
    way.state.change(|inner| {
        (inner.status.done, inner.status.size) = (raw.file.bytes(), raw.end.size);
    });
    if let Some(fault) = raw.fault {
        return Err(Stop::failed(fault));
    }
    let whole = matches!(ended?, FileEnd::Whole);
    if !whole && raw.file.bytes() == 0 {
        return Err(cut_off());
    }
    let short = !raw.is_full() && raw.end.size.is_some();
    let file = raw.file.finish(whole && !short).map_err(Stop::failed)?;
    way.finished(file);
    match (whole, short) {
        (true, false) => Ok(()),
        (true, true) => Err(Stop::failed(say!(
            "transfer-short",
            "it ended before all the bytes had come that were asked for"
        ))),
        (false, _) => Err(cut_off()),
    }
}

fn cut_off() -> Stop {
    target_gone(say!("transfer-cut-off", "the other end was cut off"))
}

fn wait(way: &Way<'_>, asked: &ReceiveFiles) -> Result<FileEnd, Stop> {
    // Whether there has been another end.
    let mut met = false;
    let silence = asked.end.silence_ms.map(|ms| Duration::from_millis(u64::from(ms)));
    loop {
        let (wish, heard, is_over) = {
            let inner = way.state.inner();
            let Some(raw) = &inner.raw else { return Err(Stop::Gone) };
            (inner.wish, raw.heard, raw.fault.is_some() || raw.is_full())
        };
        match wish {
            Wish::Cancel => return Err(Stop::End(TransferEnd::Cancelled)),
            Wish::Finish => return Ok(FileEnd::Whole),
            Wish::GoOn if is_over => return Ok(FileEnd::Whole),
            Wish::GoOn => {}
        }
        let mut rest = LOOK;
        if let (Some(silence), Some(heard)) = (silence, heard) {
            let due = (heard + silence).saturating_duration_since(Instant::now());
            if due.is_zero() {
                return Ok(FileEnd::Whole);
            }
            rest = rest.min(due);
        }
        let session = way.session()?;
        let state = session.state();
        met |= heard.is_some()
            || matches!(
                state,
                SessionState::Connected(_) | SessionState::Listening | SessionState::Open
            );
        // A connection may come and go between two looks. What came before its end was written before that was told.
        let over = met || matches!(state, SessionState::Ended { .. });
        if let Some(in_order) = way.state.target.is_over(&*session).filter(|_| over) {
            return Ok(if in_order { FileEnd::Whole } else { FileEnd::CutOff });
        }
        drop(session);
        way.publish();
        way.state.wait(rest);
    }
}
