//! The behaviour of the board without the board: slots, modes, Wi-Fi policy, settings, console; no_std, sans-IO.
#![no_std]
