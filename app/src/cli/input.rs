//! Stdin on its way to a session.

mod datagrams;
mod feeder;
mod lines;
mod progress;

use std::io::{self, Read as _};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

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
    /// When all is sent, and this time has passed, the session ends.
    Linger(Duration),
}

/// How stdin becomes datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatagramCut {
    /// Each line is one.
    Lines,
    /// So many bytes are one.
    Chunks(usize),
}

/// How stdin becomes bytes.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Each line is hexadecimal.
    pub hex: bool,
    /// Each line is UTF-8 and sent in this encoding; unchanged when absent.
    pub encoding: Option<&'static Encoding>,
    /// It becomes datagrams.
    pub datagrams: Option<DatagramCut>,
}

impl Input {
    /// What is counted of it.
    const fn unit(self) -> Unit {
        match self.datagrams {
            Some(DatagramCut::Lines) => Unit::Lines,
            _ if self.hex || self.encoding.is_some() => Unit::Lines,
            _ => Unit::Bytes,
        }
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
        let is_composed = input.hex || input.encoding.is_some();
        let read = match input.datagrams {
            _ if is_composed => {
                let most = input.datagrams.map(|_| datagrams::MOST);
                Lines::new(input.hex, input.encoding, most).read(&mut feeder)
            }
            Some(DatagramCut::Lines) => datagrams::lines(&mut feeder),
            Some(DatagramCut::Chunks(size)) => datagrams::chunks(&mut feeder, size),
            None => pieces(&mut feeder),
        };
        if let Err(error) = &read {
            complain(format_args!("stdin cannot be read: {error}"));
        }
        let Feeder { runtime, session, progress, is_over } = feeder;
        if at_end == AtEnd::HalfClose && !is_over {
            runtime.block_on(session.finish()).ok();
        }
        progress.ends(read.is_ok());
        if let AtEnd::Linger(linger) = at_end {
            linger_behind(&session, linger);
        }
    })?;
    Ok(progress)
}

/// Ends a session when what waits is sent, and this time has passed. Its end for another reason is not waited for.
fn linger_behind(session: &Session, linger: Duration) {
    const LOOK: Duration = Duration::from_millis(10);
    while session.status().queued > 0 && session.state().is_running() {
        thread::sleep(LOOK);
    }
    thread::sleep(linger);
    session.end();
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
