//! `espalier send-file`: files as they are, or by XMODEM, YMODEM or ZMODEM.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::transfer::{RawPacing, SendFiles, TransferProtocol, TransferTimes};

use super::exit::{BadArgument, Exit};
use super::transfer::{self, FarEnd, TransferCourse};
use super::{byte_count, options};

/// Send files, as they are or by XMODEM, YMODEM or ZMODEM
///
/// What the other end says meanwhile goes to stdout when files go raw. The SHA-256 of what went is told, on stdout or else on
/// stderr. Ctrl-C cancels, and tells the other end so.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The files; XMODEM sends one
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    other: FarEnd,
    /// How: raw, xmodem, xmodem-1k, ymodem or zmodem
    #[arg(long, value_name = "HOW", default_value = "raw", value_parser = transfer::protocol)]
    protocol: TransferProtocol,
    /// Raw: bytes that are sent at once, 1 to 1M (64K over TCP, 256 on a serial port)
    #[arg(long, value_name = "BYTES", value_parser = byte_count::bytes)]
    chunk: Option<u64>,
    /// Raw: rest between two chunks, at most 10s
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = options::duration)]
    pause: Duration,
    /// Raw: bytes per second at most
    #[arg(long, value_name = "BYTES", value_parser = byte_count::bytes)]
    rate: Option<u64>,
}

/// Sends them.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    if args.files.len() > 1 && !args.protocol.takes_several() {
        let message = "XMODEM sends one file: ymodem and zmodem send several";
        return Err(BadArgument(message.to_owned()).into());
    }
    let mut pacing = if args.other.is_serial() { RawPacing::SERIAL } else { RawPacing::TCP };
    if let Some(chunk) = args.chunk {
        let chunk = u32::try_from(chunk).ok().filter(|chunk| RawPacing::CHUNKS.contains(chunk));
        pacing.chunk = chunk.ok_or_else(|| BadArgument("a chunk has 1 to 1M bytes".to_owned()))?;
    }
    let pause = u32::try_from(args.pause.as_millis()).ok();
    pacing.pause_ms = pause
        .filter(|pause| *pause <= RawPacing::LONGEST_PAUSE_MS)
        .ok_or_else(|| BadArgument("the pause is at most 10s".to_owned()))?;
    pacing.rate = args.rate.map(|rate| rate.max(1));
    for file in &args.files {
        espalier_engine::untrusted::open(file)
            .map_err(|error| BadArgument(format!("{} cannot be read: {error}", file.display())))?;
    }
    let files = SendFiles {
        files: args.files.clone(),
        protocol: args.protocol,
        pacing,
        times: TransferTimes::default(),
    };
    let command = SessionCommand::SendFiles { to: PeerSelector::All, files: Box::new(files) };
    let course = TransferCourse { first: false, shows: !args.protocol.is_spoken() };
    transfer::run(&args.other, command, course)
}
