//! One direction of a TCP connection, put in order.
//!
//! It is ours: no kept crate does only this, bounded, and tells gaps. What came twice is dropped, what came early waits, and what
//! never came is told as a gap.

use std::collections::BTreeMap;

/// What comes out, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reassembled<'a> {
    Data(&'a [u8]),
    /// So many bytes are not in the capture.
    Missing(u64),
}

/// One direction, by sequence numbers that do not wrap.
#[derive(Debug, Default)]
pub(super) struct Reassembler {
    /// The next byte to come out, once it is known where the direction begins.
    next: Option<u64>,
    /// What came early, by its first byte.
    early: BTreeMap<u64, Vec<u8>>,
    /// Memory that these take.
    held: usize,
    /// Where it ends, once that was said.
    end: Option<u64>,
    /// Packets since the other side acknowledged what is not here.
    overdue_packets: u32,
}

impl Reassembler {
    /// What may wait of one direction, in bytes of memory.
    const MOST: usize = 4 << 20;
    /// What a piece costs beside its bytes.
    const COST: usize = 96;
    /// Packets that may still bring what was acknowledged already: a capture need not be in order.
    const MOST_OVERDUE: u32 = 16;
    /// Where unwrapped numbers begin, so that earlier ones are none below zero.
    const ORIGIN: u64 = 1 << 33;
    /// The largest window there is: what lies further ahead is none of this connection.
    const WINDOW: u64 = 1 << 30;

    /// The sequence number of the first byte.
    pub fn begin(&mut self, first: u32) {
        self.next = Some(Self::ORIGIN | u64::from(first));
    }

    pub const fn is_begun(&self) -> bool {
        self.next.is_some()
    }

    /// Memory that early pieces take.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// Everything up to the FIN has come out.
    pub fn is_over(&self) -> bool {
        self.end.is_some() && self.end <= self.next
    }

    /// A number without wrapping: the one nearest to what comes next.
    fn unwrap(next: u64, sequence: u32) -> u64 {
        let ahead = sequence.wrapping_sub(next as u32).cast_signed();
        next.saturating_add_signed(i64::from(ahead))
    }

    /// A segment came; the first one begins the direction, if nothing has.
    pub fn push(&mut self, sequence: u32, payload: &[u8], out: &mut dyn FnMut(Reassembled<'_>)) {
        let origin = Self::ORIGIN | u64::from(sequence);
        let next = *self.next.get_or_insert(origin);
        let start = Self::unwrap(next, sequence);
        let end = start + payload.len() as u64;
        if end <= next || start > next + Self::WINDOW {
            return;
        }
        if start > next {
            let longer = self.early.get(&start).is_none_or(|there| there.len() < payload.len());
            if longer {
                self.held += payload.len() + Self::COST;
                if let Some(old) = self.early.insert(start, payload.to_vec()) {
                    self.held -= old.len() + Self::COST;
                }
            }
            if self.held > Self::MOST {
                self.skip(out);
            }
            return;
        }
        self.emit(next, start, payload, out);
        self.drain(out);
    }

    /// So many bytes at this place were cut off when they were captured.
    pub fn cut(&mut self, sequence: u32, bytes: u64, out: &mut dyn FnMut(Reassembled<'_>)) {
        if let Some(next) = self.next.filter(|next| Self::unwrap(*next, sequence) == *next) {
            out(Reassembled::Missing(bytes));
            self.next = Some(next + bytes);
            self.drain(out);
        }
    }

    /// The sender has sent its FIN behind this many bytes.
    pub fn finish(&mut self, sequence: u32) {
        let next = *self.next.get_or_insert(Self::ORIGIN | u64::from(sequence));
        let end = Self::unwrap(next, sequence);
        if end <= next + Self::WINDOW {
            self.end.get_or_insert(end);
        }
    }

    /// The other side has got everything before this: what is not here by now will hardly come.
    pub fn acknowledged(&mut self, sequence: u32, out: &mut dyn FnMut(Reassembled<'_>)) {
        let Some(next) = self.next else { return };
        let got = Self::unwrap(next, sequence);
        if self.early.first_key_value().is_none_or(|(first, _)| *first > got) {
            return;
        }
        self.overdue_packets += 1;
        if self.overdue_packets >= Self::MOST_OVERDUE {
            self.skip(out);
        }
    }

    /// Gives up what is missing before the first early piece.
    pub fn skip(&mut self, out: &mut dyn FnMut(Reassembled<'_>)) {
        let (Some(next), Some((first, _))) = (self.next, self.early.first_key_value()) else {
            return;
        };
        out(Reassembled::Missing(first.saturating_sub(next)));
        self.next = Some(*first);
        self.drain(out);
    }

    /// Nothing more will come.
    pub fn close(&mut self, out: &mut dyn FnMut(Reassembled<'_>)) {
        while !self.early.is_empty() {
            self.skip(out);
        }
        if let (Some(next), Some(end)) = (self.next, self.end)
            && end > next
        {
            out(Reassembled::Missing(end - next));
            self.next = Some(end);
        }
    }

    /// Early pieces whose turn has come.
    fn drain(&mut self, out: &mut dyn FnMut(Reassembled<'_>)) {
        self.overdue_packets = 0;
        while let Some(next) = self.next
            && let Some(entry) = self.early.first_entry()
            && *entry.key() <= next
        {
            let (start, payload) = entry.remove_entry();
            self.held -= payload.len() + Self::COST;
            self.emit(next, start, &payload, out);
        }
    }

    /// What is new of a piece that does not begin after what comes next.
    fn emit(
        &mut self,
        next: u64,
        start: u64,
        payload: &[u8],
        out: &mut dyn FnMut(Reassembled<'_>),
    ) {
        let known = usize::try_from(next - start).unwrap_or(usize::MAX);
        if let Some(new) = payload.get(known..).filter(|new| !new.is_empty()) {
            out(Reassembled::Data(new));
            self.next = Some(next + new.len() as u64);
        }
    }
}
