//! Comparing, erasing, writing, verifying: all in steps small enough to stop between them.

use std::io::Write as _;
use std::ops::Range;

use espalier_core::board::{
    BoardFault, Chip, FaultKind, FlashPart, FlashStep, OtaData, PartState, as_chosen, erased_choice,
};
use espalier_core::{Sentence, say};
use espflash::command::{Command, CommandType};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use md5::{Digest as _, Md5};

use super::failure::FlashFailure;
use super::loader::ActiveLoader;
use super::table;
use super::tracker::Tracker;

/// Flash is written in pieces of this many bytes, each begun anew: what a cancel or a resumed flash loses at most.
const SLICE: usize = 256 * 1024;
/// All of flash is erased in pieces of this many bytes: the largest erase command of common flash chips.
const BLOCK: u32 = 64 * 1024;

/// Writes what is not there yet, then verifies what was written.
pub fn install(
    reached: &mut ActiveLoader,
    parts: &[FlashPart],
    tracker: &mut Tracker<'_>,
    skip: bool,
) -> Result<(), FlashFailure> {
    // Disables the watchdog that would end a long write over the chip's own USB.
    reached.disable_watchdog()?;
    let missing = if skip { compare(reached, parts, tracker)? } else { (0..parts.len()).collect() };
    let todo = || missing.iter().filter_map(|index| Some((*index, parts.get(*index)?)));
    let total = todo().map(|(_, part)| part.bytes.len() as u64).sum();
    if total == 0 {
        tracker.attempt("All parts are already on the board");
        return Ok(());
    }
    for (order, (index, part)) in todo().enumerate() {
        match order {
            0 => tracker.counted_step(FlashStep::Writing(index), total),
            _ => tracker.same_count(FlashStep::Writing(index)),
        }
        write_part(reached, index, part, tracker, skip)?;
        tracker.part(index, PartState::Written);
    }
    for (order, (index, part)) in todo().enumerate() {
        tracker.check_cancelled()?;
        match order {
            0 => tracker.counted_step(FlashStep::Verifying(index), total),
            _ => tracker.same_count(FlashStep::Verifying(index)),
        }
        if !is_there(reached, part)? {
            tracker.part(index, PartState::Different);
            return Err(verify_failed(part).into());
        }
        tracker.part(index, PartState::Verified);
        tracker.advance(part.bytes.len() as u64);
    }
    Ok(())
}

/// Compares and tells; writes nothing. The program may be in the slot that an update over the network has chosen since.
pub fn compare_only(
    reached: &mut ActiveLoader,
    parts: &[FlashPart],
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    let chosen = match erased_choice(parts) {
        Some(at) => as_chosen(parts, &table::bytes(reached, at, OtaData::LENGTH as u32, tracker)?),
        None => None,
    };
    let is_elsewhere = |at| parts.iter().all(|part| part.address != at);
    if let Some((_, at)) = chosen.as_ref().filter(|(_, at)| is_elsewhere(*at)) {
        tracker.attempt(format!("The board starts the program at {at:#x}: it is compared there"));
    }
    let parts = chosen.as_ref().map_or(parts, |(parts, _)| parts.as_slice());
    let missing = compare(reached, parts, tracker)?;
    match missing.first().and_then(|index| parts.get(*index)) {
        None => Ok(()),
        Some(part) => Err(differs(part).into()),
    }
}

/// Tells what would be written; writes nothing.
pub fn look(
    reached: &mut ActiveLoader,
    parts: &[FlashPart],
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    compare(reached, parts, tracker)?;
    tracker.attempt("Nothing was written, as asked");
    Ok(())
}

/// Erases the whole flash.
pub fn erase_all(
    reached: &mut ActiveLoader,
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    reached.disable_watchdog()?;
    let all = 0..reached.info.flash_size;
    erase(reached, &all, tracker)
}

/// Erases these addresses, which begin and end with sectors.
pub fn erase(
    reached: &mut ActiveLoader,
    range: &Range<u64>,
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    tracker.counted_step(FlashStep::Erasing, range.end - range.start);
    let mut at = range.start;
    while at < range.end {
        tracker.check_cancelled()?;
        let block = u64::from(BLOCK);
        // Up to where a block begins: flash chips erase whole ones fastest.
        let length = (block - at % block).min(range.end - at);
        let (offset, size) = (at as u32, length as u32);
        let limit = CommandType::EraseRegion.timeout_for_size(size);
        let command = match reached.loader.stub {
            true => Command::EraseRegion { offset, size },
            // The ROM erases what it is about to write.
            false => begin(reached, offset, size, 0, 0x400),
        };
        tracker.erases();
        reached.command(limit, command)?;
        tracker.advance(length);
        at += length;
    }
    Ok(())
}

/// Which parts are not on the chip yet; tells all of them.
fn compare(
    reached: &mut ActiveLoader,
    parts: &[FlashPart],
    tracker: &mut Tracker<'_>,
) -> Result<Vec<usize>, FlashFailure> {
    let total = parts.iter().map(|part| part.bytes.len() as u64).sum();
    tracker.counted_step(FlashStep::Comparing, total);
    let mut missing = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        tracker.check_cancelled()?;
        let there = is_there(reached, part)?;
        tracker.part(index, if there { PartState::Skipped } else { PartState::Different });
        tracker.advance(part.bytes.len() as u64);
        if !there {
            missing.push(index);
        }
    }
    Ok(missing)
}

fn is_there(reached: &mut ActiveLoader, part: &FlashPart) -> Result<bool, FlashFailure> {
    let length = u32::try_from(part.bytes.len()).unwrap_or(u32::MAX);
    let found = reached.md5(part.address, length)?;
    let started = || started(&part.bytes).is_some_and(|bytes| found == digest(&bytes));
    Ok(found == digest(&part.bytes) || started())
}

/// What becomes of an erased `otadata` when a board with it is started, and means the same: where there is no factory program,
/// ESP-IDF's loader writes down that it has started the first slot (`set_actual_ota_seq`).
fn started(bytes: &[u8]) -> Option<Vec<u8>> {
    const OTADATA: usize = 0x2000;
    /// Sequence number 1, no label, state "valid", and the CRC-32 of the number.
    const FIRST: [(usize, u32); 3] = [(0, 1), (24, 2), (28, 0x4743_989a)];
    if bytes.len() != OTADATA || bytes.iter().any(|byte| *byte != 0xff) {
        return None;
    }
    let mut started = bytes.to_vec();
    for (at, word) in FIRST {
        started.get_mut(at..at + 4)?.copy_from_slice(&word.to_le_bytes());
    }
    Some(started)
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

fn write_part(
    reached: &mut ActiveLoader,
    index: usize,
    part: &FlashPart,
    tracker: &mut Tracker<'_>,
    skip: bool,
) -> Result<(), FlashFailure> {
    let mut done = 0;
    // A write that was broken off left whole slices behind: pass over them, but look no further than the first that differs.
    let mut looking = skip && part.bytes.len() > SLICE;
    for slice in part.bytes.chunks(SLICE) {
        tracker.check_cancelled()?;
        let address = part.address + done as u32;
        looking = looking && reached.md5(address, slice.len() as u32)? == digest(slice);
        if looking {
            tracker.advance(slice.len() as u64);
        } else {
            write_slice(
                reached,
                address,
                slice,
                &mut |tracker, written| {
                    tracker.part(index, PartState::Writing((done + written) as u64));
                },
                tracker,
            )?;
        }
        done += slice.len();
        tracker.part(index, PartState::Writing(done as u64));
    }
    Ok(())
}

type OnWritten<'t> = &'t mut dyn FnMut(&mut Tracker<'_>, usize);

fn write_slice(
    reached: &mut ActiveLoader,
    address: u32,
    slice: &[u8],
    on_written: OnWritten<'_>,
    tracker: &mut Tracker<'_>,
) -> Result<(), FlashFailure> {
    let packed = if reached.loader.stub { pack(slice) } else { None };
    let stream = packed.as_deref().unwrap_or(slice);
    let block_size = if reached.loader.stub { 0x4000 } else { 0x400 };
    let blocks = stream.len().div_ceil(block_size);
    let erased = slice.len().next_multiple_of(0x1000) as u32;
    let opening = match &packed {
        Some(_) => Command::FlashDeflBegin {
            size: slice.len() as u32,
            blocks: blocks as u32,
            block_size: block_size as u32,
            offset: address,
            supports_encryption: false,
        },
        None => begin(reached, address, erased, blocks as u32, block_size as u32),
    };
    let limit = opening.command_type().timeout_for_size(erased);
    reached.command(limit, opening)?;
    // How much a block of compressed data unfolds to is not known: the limit is that of the whole slice.
    let limit = CommandType::FlashData.timeout_for_size(SLICE as u32);
    let mut written = 0;
    for (sequence, data) in stream.chunks(block_size).enumerate() {
        tracker.check_cancelled()?;
        let sequence = sequence as u32;
        let command = match &packed {
            Some(_) => Command::FlashDeflData { data, pad_to: 0, pad_byte: 0xff, sequence },
            None => Command::FlashData { data, pad_to: block_size, pad_byte: 0xff, sequence },
        };
        reached.command(limit, command)?;
        // Of compressed data, the share that was sent.
        let now = slice.len() * (sequence as usize + 1) / blocks;
        tracker.advance((now - written) as u64);
        written = now;
        on_written(tracker, written);
    }
    Ok(())
}

/// `None` when compression does not make it smaller.
fn pack(slice: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(slice).ok()?;
    encoder.finish().ok().filter(|packed| packed.len() < slice.len())
}

/// FLASH_BEGIN; the ROMs of all chips but the ESP32 take one word more than the stub does.
fn begin(
    reached: &ActiveLoader,
    offset: u32,
    size: u32,
    blocks: u32,
    block_size: u32,
) -> Command<'static> {
    let supports_encryption = !reached.loader.stub && reached.info.chip != Chip::Esp32;
    Command::FlashBegin { size, blocks, block_size, offset, supports_encryption }
}

fn verify_failed(part: &FlashPart) -> BoardFault {
    let what = say!(
        "told-not-as-written",
        "What the flash holds at {address} ({part}) is not what was written",
        address = format_args!("{:#x}", part.address),
        part = part.name,
    );
    BoardFault::new(FaultKind::VerifyFailed, what, flash_again())
}

fn differs(part: &FlashPart) -> BoardFault {
    let what = say!(
        "told-differs",
        "What the flash holds at {address} ({part}) differs from the file",
        address = format_args!("{:#x}", part.address),
        part = part.name,
    );
    let hint = say!(
        "hint-differs",
        "It is another program or another version, or it was changed since: flash to have it as the file says."
    );
    BoardFault::new(FaultKind::VerifyFailed, what, hint)
}

fn flash_again() -> Sentence {
    say!(
        "hint-flash-again",
        "Flash again. If it happens again: check the supply and try a lower speed; the flash chip may be worn out."
    )
}
