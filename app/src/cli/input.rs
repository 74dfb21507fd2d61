//! Stdin on its way to a session.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::sync::Arc;
use std::thread;

use encoding_rs::Encoding;
use espalier_core::send::{SendFormat, SendSpec, compose};
use espalier_core::view::EncodingName;
use espalier_engine::session::Session;
use tokio::runtime::Handle;

use super::talk::AtEnd;
use crate::print::complain;

/// The most bytes of one piece, and of one line in hex or another encoding.
const PIECE: usize = 64 << 10;
const LONGEST_LINE: u64 = 1 << 20;

/// How stdin becomes bytes.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Each line is hexadecimal.
    pub hex: bool,
    /// Each line is UTF-8 and sent in this encoding; unchanged when absent.
    pub encoding: Option<&'static Encoding>,
}

/// Starts a thread that sends stdin to a session, as fast as its connections take it.
pub fn pump(runtime: Handle, session: Session, input: Input, at_end: AtEnd) -> io::Result<()> {
    let builder = thread::Builder::new().name("espalier-stdin".to_owned());
    builder.spawn(move || {
        let feed = |bytes: &[u8]| runtime.block_on(session.feed(Arc::from(bytes))).is_ok();
        let whole = match (input.hex, input.encoding) {
            (false, None) => pieces(feed),
            _ => lines(input, feed),
        };
        if let Err(error) = whole {
            complain(format_args!("stdin cannot be read: {error}"));
        }
        if at_end == AtEnd::HalfClose {
            runtime.block_on(session.finish()).ok();
        }
    })?;
    Ok(())
}

fn pieces(feed: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let mut stdin = io::stdin().lock();
    let mut piece = vec![0; PIECE];
    loop {
        match stdin.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) if feed(&piece[..count]) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A line that cannot be sent as it stands is told and left out; the ones behind it are sent.
fn lines(input: Input, feed: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let mut stdin = BufReader::new(io::stdin().lock());
    let format = if input.hex { SendFormat::Hex } else { SendFormat::Text };
    let spec = SendSpec { format, escapes: false, ..SendSpec::default() };
    let name = EncodingName(input.encoding.map_or("UTF-8", Encoding::name).to_owned());
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if stdin.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let bytes = match std::str::from_utf8(&line) {
            Err(_) => Err("it is not UTF-8".to_owned()),
            Ok(text) => compose(&spec, text, &name).map_err(|error| {
                let (_, column) = error.line_and_column(text);
                format!("column {column}: {error}")
            }),
        };
        match bytes {
            Ok(bytes) if !bytes.is_empty() && !feed(&bytes) => break,
            Ok(_) => {}
            Err(why) => complain(format_args!("stdin, line {number} was not sent: {why}")),
        }
    }
    Ok(())
}
