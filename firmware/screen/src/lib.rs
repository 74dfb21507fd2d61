//! What a display of 128x64 pixels shows: four lines of text. `no_std`, no I/O, no allocation.
//!
//! A board sends [`Picture::pages`] to its display; a computer draws the same picture in a window, or
//! prints it ([`Picture`]'s `Display`). So what is seen there is what the chip shows.
#![no_std]

mod font;
mod picture;

pub use picture::{HEIGHT, PAGES, Picture, ROWS, WIDTH};
