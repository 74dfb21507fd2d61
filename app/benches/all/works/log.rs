//! What `espalier log` prints.

use std::fs::File;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::digest;
use crate::peers::timed;

pub const WORK: Work =
    Work { name: "log", title: "printing a capture of lines with `espalier log`", contests };

const fn rate(goal: &'static str) -> [Figure; 1] {
    [Figure { name: "", unit: Unit::MbPerSecond, goal }]
}

const RAW: &[Figure] = &rate("≥ 1,000 MB/s");
const TEXT: &[Figure] = &rate("≥ 400 MB/s");
const HEX: &[Figure] = &rate("≥ 200 MB/s");
const CSV: &[Figure] = &rate("");

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let (text, capture) = (bench.text()?, bench.capture()?);
    let length = std::fs::metadata(text)?.len();
    let size = bench.size();
    // Nothing is written anywhere: that would be measured.
    let rate = move |mut command: Command| {
        command.stdout(Stdio::null());
        timed(command).map(|ended| vec![length as f64 / 1e6 / ended.wall])
    };
    let ours = move |view: &str| {
        let mut command = bench.espalier();
        command.args(["log", "--view", view]).arg(capture);
        command
    };
    let contest = |view: &'static str, figures| {
        Contest::new(format!("{size}, {view}"), figures).by("Espalier", move || rate(ours(view)))
    };
    let is_same = digest_of(ours("raw"))? == digest::of(File::open(text)?)?;
    ensure!(is_same, "what is printed raw is not what was received");
    Ok(vec![
        contest("raw", RAW).beside("cat", move |mut command| {
            command.arg(text);
            rate(command)
        }),
        contest("text", TEXT),
        contest("hex", HEX).beside("xxd", move |mut command| {
            command.arg(text);
            rate(command)
        }),
        contest("csv", CSV),
    ])
}

/// The SHA-256 of what a command prints.
pub fn digest_of(mut command: Command) -> anyhow::Result<String> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let out = child.stdout.take().context("no stdout")?;
    let digest = digest::of(out);
    ensure!(child.wait()?.success(), "espalier log failed");
    Ok(digest?)
}
