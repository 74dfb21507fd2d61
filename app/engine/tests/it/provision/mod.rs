//! From a bare board to a conversation, without a window: simulated boards, real sockets, the backend that the window has.

mod again;
mod bench;
mod chat;
mod comeback;
mod ends;
mod esp_touch;
mod faults;
mod network;
mod noise;
mod run;
