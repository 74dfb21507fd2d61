//! What the board says and hears: console lines, Improv and ESP-TOUCH; no_std, no I/O.
#![no_std]
