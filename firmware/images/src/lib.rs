//! The firmware images that come with Espalier: what is bundled, how it is packed, and how an address in a
//! panic is read back into a function and a line.
//!
//! `assets/firmware/` holds [`manifest.toml`](manifest) and, per chip, the [parts](pack) and a table of
//! [`symbols`]. The tool that builds them (`espalier-images`, feature `build`) and everything that reads them
//! share this crate, so that a format is said once.

pub mod image;
pub mod manifest;
pub mod pack;
pub mod symbols;

pub use manifest::{ChipImages, Manifest, Part, PartName};
pub use symbols::{SymbolFrame, SymbolTable};
