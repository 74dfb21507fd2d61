//! A secret, on the command line: from stdin, never from an argument, which others can read.

use std::io::{self, BufRead as _, Read as _};

use espalier_core::board::Secret;

/// More is no secret, whatever it is; the longest has 64 bytes.
const LONGEST_LINE: u64 = 4096;

/// The first line of stdin, which need not have lines, nor an end.
pub fn secret_line() -> io::Result<Secret> {
    let mut line = String::new();
    io::stdin().lock().take(LONGEST_LINE).read_line(&mut line)?;
    // Notepad's files begin with a byte-order mark.
    let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
    Ok(Secret(line.trim_end_matches(['\r', '\n']).to_owned()))
}
