//! By which loader a chip is talked to, how fast, and in what order that is tried.

use super::rom;

/// How the loader is talked to: by which loader, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkMode {
    /// Through a stub loader in the chip's memory; else by the ROM's own.
    pub stub: bool,
    /// Bits per second.
    pub baud: u32,
}

impl std::fmt::Display for LinkMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { stub, baud } = self;
        write!(
            f,
            "{baud} baud {}",
            if *stub { "with the stub loader" } else { "with the ROM's own loader" }
        )
    }
}

/// Fast first; without the stub last, because the ROM writes uncompressed and slowly.
pub fn link_modes(fastest: u32) -> Vec<LinkMode> {
    let slower = [921_600, 460_800, rom::BAUD].into_iter().filter(|baud| *baud < fastest);
    let with_stub =
        std::iter::once(fastest).chain(slower).map(|baud| LinkMode { stub: true, baud });
    with_stub.chain([LinkMode { stub: false, baud: rom::BAUD.min(fastest) }]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladder_goes_from_fast_to_slow_and_ends_without_the_stub() {
        let text: Vec<_> = link_modes(921_600).iter().map(|mode| (mode.baud, mode.stub)).collect();
        assert_eq!(text, [(921_600, true), (460_800, true), (115_200, true), (115_200, false)]);
        let text: Vec<_> = link_modes(230_400).iter().map(|mode| (mode.baud, mode.stub)).collect();
        assert_eq!(text, [(230_400, true), (115_200, true), (115_200, false)]);
    }
}
