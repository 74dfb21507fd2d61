//! `espalier receive-file`: what comes into a file, or files by XMODEM, YMODEM or ZMODEM.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::transfer::{ReceiveEnd, ReceiveFiles, TransferProtocol, TransferTimes};

use super::exit::{BadArgument, Exit};
use super::transfer::{self, FarEnd, TransferCourse};
use super::{byte_count, options};

/// Receive files: what comes, as it is, or files by XMODEM, YMODEM or ZMODEM
///
/// Files that bring names along are taken without their folders, and get a number where there is one already. What ZMODEM
/// was cut off from goes on when the same file is sent again. The SHA-256 of what came is told on stdout. Raw, without
/// --size and --until-silence, the file ends when the other end closes.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Where to: a file (raw, xmodem), or a folder (ymodem, zmodem)
    #[arg(value_name = "INTO")]
    into: PathBuf,
    #[command(flatten)]
    other: FarEnd,
    /// How: raw, xmodem, ymodem or zmodem
    #[arg(long, value_name = "HOW", default_value = "raw", value_parser = transfer::protocol)]
    protocol: TransferProtocol,
    /// Raw: the file ends when nothing comes for so long, once something came
    #[arg(long, value_name = "TIME", value_parser = options::duration)]
    until_silence: Option<Duration>,
    /// Raw: the file ends at so many bytes
    #[arg(long, value_name = "BYTES", value_parser = byte_count::bytes)]
    size: Option<u64>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

/// Receives them.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let into = &args.into;
    if args.protocol.brings_names() && !into.is_dir() {
        let message = format!("{} is no folder: files go into one", into.display());
        return Err(BadArgument(message).into());
    }
    if !args.protocol.brings_names() && into.exists() && !args.force {
        let message = format!("{} is there already: --force replaces it", into.display());
        return Err(BadArgument(message).into());
    }
    let silence = args
        .until_silence
        .map(|silence| u32::try_from(silence.as_millis()).unwrap_or(u32::MAX).max(1));
    let files = ReceiveFiles {
        into: into.clone(),
        protocol: args.protocol,
        replace: args.force,
        end: ReceiveEnd { silence_ms: silence, size: args.size },
        times: TransferTimes::default(),
    };
    let command = SessionCommand::ReceiveFiles { from: PeerSelector::All, files: Box::new(files) };
    let course = TransferCourse { first: !args.protocol.is_spoken(), shows: false };
    transfer::run(&args.other, command, course)
}
