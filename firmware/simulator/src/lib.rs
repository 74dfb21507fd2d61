//! The loader and boot of a chip, running the firmware core on this computer.
