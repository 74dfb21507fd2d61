//! Where the lines of a member wait.

use std::collections::VecDeque;

use espalier_chat::room::ChatQueue;

/// Bytes of lines that may wait for one member, those included that it has not acknowledged.
const LIMIT: usize = 1 << 20;

/// What a line costs beside its bytes, so that a queue of short lines is bounded too.
const LINE: usize = 32;

/// Bytes of lines that are gone may stay as long as they are no more than those of lines that are there, and these.
const SLACK: usize = 4 << 10;

/// What an empty queue keeps.
const KEPT: usize = 1 << 10;

/// Lines on the heap, one behind the other: a room of a thousand puts each line into a thousand queues.
#[derive(Debug, Default)]
pub struct LineQueue {
    bytes: Vec<u8>,
    lines: VecDeque<HeldLine>,
    cost: usize,
}

/// Where a line lies among the bytes.
#[derive(Debug)]
struct HeldLine {
    number: u32,
    start: u32,
    len: u32,
}

impl HeldLine {
    fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let (start, len) = (self.start as usize, self.len as usize);
        bytes.get(start..start + len).unwrap_or_default()
    }
}

impl LineQueue {
    /// Lets go of the bytes of lines that are gone, when they are many.
    fn tidy(&mut self) {
        if self.lines.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            self.lines.shrink_to(KEPT / LINE);
            return;
        }
        let live = self.cost - self.lines.len() * LINE;
        if self.bytes.len() <= 2 * live + SLACK {
            return;
        }
        let mut bytes = Vec::with_capacity(live);
        for line in &mut self.lines {
            // What is held is below LIMIT.
            let start = bytes.len() as u32;
            bytes.extend_from_slice(line.of(&self.bytes));
            line.start = start;
        }
        self.bytes = bytes;
    }
}

impl ChatQueue for LineQueue {
    fn push(&mut self, number: u32, line: &[u8]) -> bool {
        let cost = line.len() + LINE;
        let fits = self.cost + cost <= LIMIT;
        if fits {
            self.cost += cost;
            let (start, len) = (self.bytes.len() as u32, line.len() as u32);
            self.bytes.extend_from_slice(line);
            self.lines.push_back(HeldLine { number, start, len });
        }
        fits
    }

    fn get(&self, place: usize) -> Option<(u32, &[u8])> {
        self.lines.get(place).map(|line| (line.number, line.of(&self.bytes)))
    }

    fn remove(&mut self, place: usize) {
        if let Some(line) = self.lines.remove(place) {
            self.cost -= line.len as usize + LINE;
            self.tidy();
        }
    }

    fn len(&self) -> usize {
        self.lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_of_short_lines_is_bounded_too() {
        let mut queue = LineQueue::default();
        let taken = (1..).take_while(|number| queue.push(*number, b"")).count();
        assert_eq!(taken, LIMIT / LINE);
        queue.remove(0);
        assert!(queue.push(0, b"") && !queue.push(0, b""));
        while !queue.is_empty() {
            queue.remove(queue.len() - 1);
        }
        assert_eq!(queue.cost, 0);
    }

    #[test]
    fn lines_stay_what_they_are_while_others_go_and_bytes_that_are_gone_are_let_go() {
        let mut queue = LineQueue::default();
        // The first one is half sent, and stays; those behind it fall out, one for each that comes.
        assert!(queue.push(1, b"first"));
        for number in 2..50_000 {
            assert!(queue.push(number, format!("line {number}").as_bytes()));
            if queue.len() > 100 {
                queue.remove(1);
            }
            assert!(queue.bytes.len() < 2 * LIMIT);
        }
        assert!(queue.bytes.len() <= 2 * 100 * "line 49999".len() + 2 * SLACK);
        assert_eq!(queue.get(0), Some((1, &b"first"[..])));
        for place in 1..queue.len() {
            let number = 49_999 - (queue.len() - 1 - place) as u32;
            assert_eq!(queue.get(place), Some((number, format!("line {number}").as_bytes())));
        }
        while !queue.is_empty() {
            queue.remove(0);
        }
        assert!(queue.bytes.capacity() <= KEPT);
    }
}
