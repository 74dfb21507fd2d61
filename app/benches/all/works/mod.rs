//! Each work in a file of its own.

mod accept;
mod cycle;
mod enter;
mod flash;
mod follow;
mod log;
mod messages;
mod open;
mod panes;
mod receive;
mod search;
mod send_file;
mod stamps;
mod start;
mod window;

use anyhow::Context as _;

use super::bench::Bench;
use super::contest::Contest;

/// Something that is measured.
pub struct Work {
    /// What it is called by, and the name of its file.
    pub name: &'static str,
    pub title: &'static str,
    /// All contests of it, in the order in which they run.
    pub contests: for<'b> fn(&'b Bench) -> anyhow::Result<Vec<Contest<'b>>>,
}

pub const ALL: &[Work] = &[
    receive::WORK,
    send_file::WORK,
    messages::WORK,
    accept::WORK,
    stamps::WORK,
    cycle::WORK,
    open::WORK,
    search::WORK,
    log::WORK,
    flash::WORK,
    start::WORK,
    window::WORK,
    follow::WORK,
    panes::WORK,
    enter::WORK,
];

type Part = fn(&[String]) -> anyhow::Result<()>;

/// What runs in a process of its own, so that what it takes is its own.
const PARTS: &[(&str, Part)] =
    &[("receive", receive::engine), ("copy", receive::copy), ("clients", accept::clients)];

/// Runs a part of a work.
pub fn part(name: &str, arguments: &[String]) -> anyhow::Result<bool> {
    let part = PARTS.iter().find(|(part, _)| *part == name).context("no such part")?.1;
    part(arguments)?;
    Ok(true)
}
