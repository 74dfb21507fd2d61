//! The chip in its loader: frames in, effects carried out one after the other.

use std::collections::VecDeque;
use std::time::Instant;

use crate::chip::ChipFacts;
use crate::loader::{Effect, Loader, LoaderContext};

/// The loader and what it is still busy with.
#[derive(Debug)]
pub struct LoaderSession {
    loader: Loader,
    /// `None`: the ROM takes the rate of the first frame it hears.
    pub rate: Option<u32>,
    frames: VecDeque<Vec<u8>>,
    effects: VecDeque<Effect>,
    busy: Option<Instant>,
}

impl LoaderSession {
    /// The ROM loader after a reset.
    pub fn new(chip: ChipFacts, mac: [u8; 6]) -> Self {
        Self {
            loader: Loader::new(chip, mac),
            rate: None,
            frames: VecDeque::new(),
            effects: VecDeque::new(),
            busy: None,
        }
    }

    pub fn is_stub(&self) -> bool {
        self.loader.is_stub()
    }

    /// Takes a frame, to be executed after those before it.
    pub fn push(&mut self, frame: Vec<u8>) {
        self.frames.push_back(frame);
    }

    /// Whether more should be read: not while the chip is busy.
    pub fn listens(&self) -> bool {
        self.busy.is_none()
    }

    /// When the chip is no longer busy.
    pub fn deadline(&self) -> Option<Instant> {
        self.busy
    }

    /// The next thing to do, obeying frames as they come up; `None` when there is nothing now.
    pub fn next(&mut self, context: &mut LoaderContext<'_>, now: Instant) -> Option<Effect> {
        if self.busy.is_some_and(|until| now < until) {
            return None;
        }
        self.busy = None;
        loop {
            match self.effects.pop_front() {
                Some(Effect::Pause(time)) => {
                    self.busy = Some(now + time);
                    return None;
                }
                Some(Effect::Rate(rate)) => self.rate = Some(rate),
                Some(effect) => return Some(effect),
                None => {
                    let frame = self.frames.pop_front()?;
                    self.effects.extend(self.loader.on_frame(&frame, context));
                }
            }
        }
    }
}
