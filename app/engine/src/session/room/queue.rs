//! Where the lines of a member wait.

use std::collections::VecDeque;

use espalier_chat::room::ChatQueue;

/// Bytes of lines that may wait for one member, those included that it has not acknowledged.
const LIMIT: usize = 1 << 20;

/// What a line costs beside its bytes, so that a queue of short lines is bounded too.
const LINE: usize = 32;

/// Lines on the heap.
#[derive(Debug, Default)]
pub struct LineQueue {
    lines: VecDeque<(u32, Box<[u8]>)>,
    cost: usize,
}

impl ChatQueue for LineQueue {
    fn push(&mut self, number: u32, line: &[u8]) -> bool {
        let cost = line.len() + LINE;
        let fits = self.cost + cost <= LIMIT;
        if fits {
            self.cost += cost;
            self.lines.push_back((number, line.into()));
        }
        fits
    }

    fn get(&self, place: usize) -> Option<(u32, &[u8])> {
        self.lines.get(place).map(|(number, line)| (*number, &line[..]))
    }

    fn remove(&mut self, place: usize) {
        if let Some((_, line)) = self.lines.remove(place) {
            self.cost -= line.len() + LINE;
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
}
