//! Stdin on its way to a session.

mod feeder;
mod lines;
mod progress;

use std::io::{self, Read as _};
use std::sync::Arc;
use std::thread;

use encoding_rs::Encoding;
use espalier_engine::session::Session;
use tokio::runtime::Handle;

use crate::print::complain;
use feeder::Feeder;
use lines::Lines;
pub use progress::{InputProgress, Unit};

/// The most bytes of one piece.
const PIECE: usize = 64 << 10;

/// What the end of stdin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// FIN, and receiving goes on.
    HalfClose,
    /// Nothing.
    GoOn,
}

/// How stdin becomes bytes.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Each line is hexadecimal.
    pub hex: bool,
    /// Each line is UTF-8 and sent in this encoding; unchanged when absent.
    pub encoding: Option<&'static Encoding>,
}

impl Input {
    /// What is counted of it.
    const fn unit(self) -> Unit {
        if self.hex || self.encoding.is_some() { Unit::Lines } else { Unit::Bytes }
    }
}

/// Starts a thread that sends stdin to a session, as fast as its connections take it. When the session is over, what is left of
/// stdin is counted.
pub fn pump(
    runtime: Handle,
    session: Session,
    input: Input,
    at_end: AtEnd,
) -> io::Result<Arc<InputProgress>> {
    let progress = Arc::new(InputProgress::new(input.unit()));
    let mut feeder = Feeder { runtime, session, progress: progress.clone(), is_over: false };
    let builder = thread::Builder::new().name("espalier-stdin".to_owned());
    builder.spawn(move || {
        let read = match input.unit() {
            Unit::Bytes => pieces(&mut feeder),
            Unit::Lines => Lines::new(input.hex, input.encoding).read(&mut feeder),
        };
        if let Err(error) = &read {
            complain(format_args!("stdin cannot be read: {error}"));
        }
        let Feeder { runtime, session, progress, is_over } = feeder;
        if at_end == AtEnd::HalfClose && !is_over {
            runtime.block_on(session.finish()).ok();
        }
        progress.ends(read.is_ok());
    })?;
    Ok(progress)
}

fn pieces(feeder: &mut Feeder) -> io::Result<()> {
    let mut stdin = io::stdin().lock();
    let mut piece = vec![0; PIECE];
    loop {
        feeder.progress.waits();
        match stdin.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                feeder.progress.reads(count);
                let receipt = feeder.progress.receipt();
                if feeder.feed(&piece[..count], &receipt) {
                    feeder.progress.gives(count);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
