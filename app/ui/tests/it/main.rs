//! The window, tried through AccessKit on a small engine that lives in memory.

mod board;
mod boards;
mod build;
mod captures;
mod clients;
mod closing;
mod fake;
mod fonts;
mod harness;
mod keyboard;
mod leaks;
mod locales;
mod log;
mod pictures;
mod program_log;
mod region;
mod renderer;
mod room;
mod rules;
mod send_list;
mod sessions;
mod settings;
mod source;
mod terminal;
mod timeline;
mod window;
