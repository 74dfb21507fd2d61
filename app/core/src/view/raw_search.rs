//! Which blocks may hold rows with a pattern, told by the bytes of records alone: these are looked through many times faster
//! than rows are cut, decoded and tested.
//!
//! Blocks that are not named are sure to have no such row; the others are cut and tested as ever. A row has the pattern in its
//! bytes as they came, where its text is these bytes. Where it is not, the place is *odd*: bytes that are no character, are
//! shown as something else, or are left out (colours) in the middle of a line. Blocks with an odd place are always named.

use std::collections::{HashMap, VecDeque};
use std::ops::{ControlFlow, Range};

use super::index::Index;
use super::raw_pattern::{RawPattern, RawText};
use super::records::RecordSource;
use super::render::is_marked;
use super::row_bounds::StreamKey;
use crate::capture::{Record, RecordBody};

/// The blocks among `blocks` that may have a row with the pattern, as runs in order.
pub(super) fn candidates(
    pattern: &RawPattern,
    index: &Index,
    records: &dyn RecordSource,
    blocks: Range<usize>,
) -> Vec<Range<usize>> {
    let (begin, end) = (index.block_position(blocks.start), index.block_position(blocks.end));
    let is_last = blocks.end == index.blocks();
    let mut marks = Marks { index, first: blocks.start, marks: vec![Mark::Unmarked; blocks.len()] };
    let mut streams = HashMap::new();
    let mut joined = Vec::new();
    let mut begun = false;
    records.walk(begin, &mut |record| {
        // Retention may have let the block go since: then nothing is known of what comes.
        if !std::mem::replace(&mut begun, true) && record.position != begin {
            marks.all();
            return ControlFlow::Break(());
        }
        // The block behind the last one may begin in the middle of a record.
        if record.position > end || is_last && record.position == end {
            return ControlFlow::Break(());
        }
        look(pattern, record, &mut streams, &mut joined, &mut marks);
        ControlFlow::Continue(())
    });
    // Characters that are cut off there.
    streams.values().filter(|it| it.is_cut).for_each(|it| marks.mark(it.last));
    // Rows that begin before the end may have the pattern behind it.
    if !is_last {
        marks.mark_pending(blocks.end);
    }
    marks.runs()
}

/// What is kept of a stream: a match may go on in its next record.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    /// In which block its parts lie, and how long they are.
    parts: VecDeque<(usize, usize)>,
    /// The block that the stream's last byte lies in.
    last: usize,
    /// It ends within a character.
    is_cut: bool,
}

impl Tail {
    fn push(&mut self, part: &[u8], block: usize, reach: usize) {
        let part = &part[part.len().saturating_sub(reach)..];
        self.bytes.extend_from_slice(part);
        self.parts.push_back((block, part.len()));
        let mut gone = 0;
        while let Some((_, length)) = self.parts.front()
            && self.bytes.len() - gone - length >= reach
        {
            gone += length;
            self.parts.pop_front();
        }
        self.bytes.drain(..gone);
    }
}

fn look(
    pattern: &RawPattern,
    record: &Record<'_>,
    streams: &mut HashMap<StreamKey, Tail>,
    joined: &mut Vec<u8>,
    marks: &mut Marks<'_>,
) {
    let (index, position) = (marks.index, record.position);
    let block_at =
        |offset: usize| index.block_at(position, u32::try_from(offset).unwrap_or(u32::MAX));
    let bytes = match &record.body {
        RecordBody::Data([]) => return,
        RecordBody::Data(bytes) => *bytes,
        // Events are few, and have texts of their own.
        RecordBody::Event(_) => return marks.mark(block_at(0)),
    };
    let key = StreamKey { peer: record.peer, direction: record.direction };
    let tail = streams.entry(key).or_default();
    let reach = (pattern.longest - 1).max(4);

    // What goes on from the record before.
    let mut from = 0;
    if let Some((first, _)) = tail.parts.front() {
        let begin = tail.bytes.len();
        joined.clear();
        joined.extend_from_slice(&tail.bytes);
        joined.extend_from_slice(&bytes[..bytes.len().min(reach)]);
        let mut is_here = pattern.regex.is_match(joined);
        if tail.is_cut {
            let character = tail.bytes.iter().rposition(|byte| *byte >= 0xC0).unwrap_or(begin);
            match first_char(&joined[character..]) {
                FirstChar::Plain(length) => from = (character + length).saturating_sub(begin),
                FirstChar::Cut | FirstChar::Odd => is_here = true,
            }
        }
        if is_here {
            (*first..=block_at(0)).for_each(|block| marks.mark(block));
        }
    }
    let mut after_newline = tail.bytes.last() == Some(&b'\n');

    // One hit in a block is enough.
    let next_block = |block: usize, from: usize| {
        let next = index.block_offset(block + 1, position)?;
        (next > from && next < bytes.len()).then_some(next)
    };
    let mut hits_from = Some(0);
    while let Some(hit) = hits_from.and_then(|from| pattern.regex.find_at(bytes, from)) {
        let block = block_at(hit.start());
        marks.mark(block);
        hits_from = next_block(block, hit.start());
    }
    tail.is_cut = false;
    while let Some(odd) = next_odd(pattern.text, bytes, from, after_newline) {
        if odd.is_cut {
            tail.is_cut = true;
            break;
        }
        let block = block_at(odd.at);
        marks.mark(block);
        // What is cut off at the end is odd at the beginning of the next record, where nothing is known of it.
        let Some(next) = next_block(block, odd.at) else { break };
        // Not within a character.
        let inner = bytes[next..].iter().take_while(|byte| **byte & 0xC0 == 0x80).count();
        from = next + inner;
        after_newline = false;
    }
    tail.last = block_at(bytes.len() - 1);
    tail.push(bytes, block_at(bytes.len().saturating_sub(reach)), reach);
}

/// A place whose text is not its bytes.
struct OddPlace {
    at: usize,
    /// A character that the next record may complete.
    is_cut: bool,
}

/// The next odd place from `from` on.
fn next_odd(text: RawText, bytes: &[u8], from: usize, after_newline: bool) -> Option<OddPlace> {
    const AT_ONCE: usize = 512;
    if text == RawText::Bytes {
        return None;
    }
    let trusts_high = text == RawText::Ascii { trusts_high: true };
    let odd = |at: usize| Some(OddPlace { at, is_cut: false });
    let mut at = from;
    // Where a line begins: there, and behind colours that stand there.
    let mut line = (after_newline && from == 0).then_some(0);
    while at < bytes.len() {
        let part = &bytes[at..bytes.len().min(at + AT_ONCE)];
        if is_plain(part, bytes.get(at + part.len())) {
            at += part.len();
            continue;
        }
        let end = at + part.len();
        while at < end {
            match bytes[at] {
                b' '..=b'~' | b'\t' | b'\n' => at += 1,
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => at += 1,
                0x1B => {
                    let Some(length) = colour(&bytes[at..]) else { return odd(at) };
                    let begins = line == Some(at) || at > 0 && bytes[at - 1] == b'\n';
                    let ends = matches!(bytes.get(at + length), Some(b'\r' | b'\n'));
                    if !begins && !ends {
                        return odd(at);
                    }
                    at += length;
                    if begins {
                        line = Some(at);
                    }
                }
                0x80.. if trusts_high => at += 1,
                0x80.. if text == RawText::Utf8 => match first_char(&bytes[at..]) {
                    FirstChar::Plain(length) => at += length,
                    FirstChar::Cut => return Some(OddPlace { at, is_cut: true }),
                    FirstChar::Odd => return odd(at),
                },
                _ => return odd(at),
            }
        }
    }
    None
}

/// Whether all bytes are printable ASCII and ends of lines. All are looked at, without stopping at the first: that way many are
/// in one instruction.
fn is_plain(part: &[u8], next: Option<&u8>) -> bool {
    let other = part
        .iter()
        .fold(0, |any, byte| any | u8::from(!matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')));
    let behind = part.iter().skip(1);
    let returns = part
        .iter()
        .zip(behind)
        .fold(0, |any, (byte, next)| any | (u8::from(*byte == b'\r') & u8::from(*next != b'\n')));
    let ends_well = part.last() != Some(&b'\r') || next == Some(&b'\n');
    other | returns == 0 && ends_well
}

/// The length of a colour sequence at the beginning of `bytes`: it is no part of the text that is searched.
fn colour(bytes: &[u8]) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let end = parameters.iter().take(64).position(|byte| !matches!(byte, b'0'..=b';'))?;
    (parameters.get(end) == Some(&b'm')).then_some(end + 3)
}

enum FirstChar {
    /// A character that is shown as it is, and its length.
    Plain(usize),
    Odd,
    /// There is not all of it.
    Cut,
}

fn first_char(bytes: &[u8]) -> FirstChar {
    let part = &bytes[..bytes.len().min(4)];
    let valid = match str::from_utf8(part) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            str::from_utf8(&part[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) if error.error_len().is_none() => return FirstChar::Cut,
        Err(_) => return FirstChar::Odd,
    };
    match valid.chars().next() {
        Some(char) if !is_marked(char) => FirstChar::Plain(char.len_utf8()),
        _ => FirstChar::Odd,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unmarked,
    /// A row that begins in the block may have the pattern.
    Row,
    /// … and so may those that were under way when it began.
    Place,
}

struct Marks<'i> {
    index: &'i Index,
    first: usize,
    marks: Vec<Mark>,
}

impl Marks<'_> {
    fn all(&mut self) {
        self.marks.fill(Mark::Place);
    }

    /// Something was found in a block.
    fn mark(&mut self, block: usize) {
        let mark = block.checked_sub(self.first).and_then(|at| self.marks.get_mut(at));
        let Some(mark) = mark else { return self.mark_pending(block) };
        if std::mem::replace(mark, Mark::Place) != Mark::Place {
            self.mark_pending(block);
        }
    }

    /// The rows that were under way when a block began may have what was found.
    fn mark_pending(&mut self, block: usize) {
        for position in self.index.pending_positions(block) {
            let blocks = self.index.block_at(position, 0)..=self.index.block_at(position, u32::MAX);
            for block in blocks {
                let mark = block.checked_sub(self.first).and_then(|at| self.marks.get_mut(at));
                if let Some(mark @ Mark::Unmarked) = mark {
                    *mark = Mark::Row;
                }
            }
        }
    }

    fn runs(&self) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (block, mark) in (self.first..).zip(&self.marks) {
            match runs.last_mut() {
                _ if *mark == Mark::Unmarked => {}
                Some(run) if run.end == block => run.end += 1,
                _ => runs.push(block..block + 1),
            }
        }
        runs
    }
}
