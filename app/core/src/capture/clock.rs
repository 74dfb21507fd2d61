//! Which clock gave the times in a capture: each file says it of itself, in `if_description`.

use serde::Serialize;

use super::block::{Blocks, INTERFACE, SECTION, option, options};
use super::cursor::is_ours;
use super::source::Source;

/// The clock that gave the times in a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StampClock {
    /// Of bytes received by TCP and UDP the kernel's, when the last segment of them came; of all else, and of what waited for long,
    /// the program's.
    Kernel,
    /// The program's: of received bytes, when they were read.
    Program,
}

impl StampClock {
    /// How a file says it.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Kernel => {
                "times: bytes received by TCP and UDP: kernel (SO_TIMESTAMPNS of the last segment); all else: program"
            }
            Self::Program => "times: program",
        }
    }

    /// What the oldest file of a capture says; `None` when it says nothing, as what was imported or is older than that does.
    pub fn of(source: &dyn Source) -> Option<Self> {
        let mut blocks = Blocks::new(source, 0);
        let section = blocks.next()?;
        let interface = blocks.next()?;
        let bytes = blocks.bytes(interface);
        if (section.kind, interface.kind) != (SECTION, INTERFACE) || !is_ours(bytes) {
            return None;
        }
        let mut options = options(bytes.get(16..)?);
        let (_, says) = options.find(|(code, _)| *code == option::INTERFACE_DESCRIPTION)?;
        [Self::Kernel, Self::Program].into_iter().find(|it| it.description().as_bytes() == says)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{file_header, file_header_saying};
    use super::*;

    #[test]
    fn a_capture_says_which_clock_gave_its_times() {
        for clock in [StampClock::Kernel, StampClock::Program] {
            assert_eq!(StampClock::of(&file_header_saying(clock.description())), Some(clock));
        }
        for other in [file_header(), file_header_saying("times: a sundial"), Vec::new()] {
            assert_eq!(StampClock::of(&other), None);
        }
        let mut torn = file_header_saying(StampClock::Program.description());
        torn.pop();
        assert_eq!(StampClock::of(&torn), None);
    }
}
