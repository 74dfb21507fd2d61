//! TCP and UDP ports in files: one that is none is told with the range that there is.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};

/// Reads a port to listen on: 0 takes any free one.
pub(crate) fn any<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    read(from, "the port is 0 to 65535")
}

/// Reads the port of somebody else. That it is not 0 is looked at when it is used, so that a file with one can be opened.
pub(crate) fn of_target<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    read(from, "the port is 1 to 65535")
}

fn read<'de, D: Deserializer<'de>>(from: D, range: &str) -> Result<u16, D::Error> {
    u16::try_from(i64::deserialize(from)?).map_err(|_| D::Error::custom(range))
}
