//! Stdin in datagrams, its bytes unchanged.

use std::io::{self, BufRead as _, BufReader, Read as _};

use espalier_core::session::UdpSpec;

use super::feeder::Feeder;
use crate::print::complain;

/// What no datagram can be longer than.
pub const MOST: usize = UdpSpec::MOST_V6 as usize;

/// How many lines that were left out are told.
const TOLD: u64 = 16;

/// Each line is a datagram, with what ends it. One that is longer than a datagram is told and left out.
pub fn lines(feeder: &mut Feeder) -> io::Result<()> {
    let mut stdin = BufReader::new(io::stdin().lock());
    let mut line = Vec::new();
    for number in 1_u64.. {
        feeder.progress.waits();
        line.clear();
        let most = MOST as u64 + 1;
        if stdin.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        feeder.progress.reads(1);
        if line.len() > MOST {
            while !line.ends_with(b"\n") {
                line.clear();
                if stdin.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
                    break;
                }
            }
            if feeder.progress.leaves_out() <= TOLD {
                complain(format_args!("stdin, line {number} was not sent: {}", too_long(MOST)));
            }
            continue;
        }
        let receipt = feeder.progress.receipt();
        if feeder.feed(&line, &receipt) {
            feeder.progress.gives(1);
        }
    }
    Ok(())
}

/// So many bytes are a datagram; the last one has what is left.
pub fn chunks(feeder: &mut Feeder, size: usize) -> io::Result<()> {
    let mut stdin = io::stdin().lock();
    let mut chunk = Vec::with_capacity(size);
    loop {
        feeder.progress.waits();
        chunk.clear();
        let count = stdin.by_ref().take(size as u64).read_to_end(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        feeder.progress.reads(count);
        let receipt = feeder.progress.receipt();
        if feeder.feed(&chunk, &receipt) {
            feeder.progress.gives(count);
        }
    }
}

/// Why a line is left out.
pub fn too_long(most: usize) -> String {
    format!("a datagram holds {most} bytes at most")
}
