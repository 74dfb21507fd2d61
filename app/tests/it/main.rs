//! The program as a user has it: the real binary and the window's parts, real sockets, foreign programs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, unused_imports, reason = "of tests for systems with ptys, signals, /proc")
)]

#[cfg(unix)]
mod board;
#[cfg(unix)]
mod boards;
mod captures;
mod chat;
mod client;
#[cfg(unix)]
mod ended;
mod faults;
mod figures;
mod files;
mod flood;
#[cfg(unix)]
mod host_terminal;
#[cfg(unix)]
mod inputs;
mod language;
mod load;
mod log;
mod log_files;
mod manual;
mod names;
#[cfg(unix)]
mod pictures;
mod program;
mod program_log;
mod relay;
#[path = "../../ui/tests/it/renderer.rs"]
mod renderer;
mod replay;
mod rules;
mod run;
mod send_list;
mod server;
mod settings;
mod stdin;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod timeline;
mod tls;
mod udp;
mod updates;
mod window;
