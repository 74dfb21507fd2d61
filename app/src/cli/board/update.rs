//! `espalier board update`: a new program over the network.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use espalier_core::board::BoardUpdateRequest;
use espalier_engine::board::{UpdateFault, UpdateStage, update};
use espalier_protocol::OtaFault;
use espalier_protocol::command::Token;

use crate::cli::exit::{BadArgument, Exit};
use crate::cli::interrupt::Interrupts;
use crate::cli::secret_line::secret_line;
use crate::print;

/// Replace its program over the network, by the bundled one or an image of yours, and wait until that has proved itself
///
/// The board must run firmware that takes updates and have 4 MB of flash, and permit it: `ota allow` on its console (`board set
/// ota=allow`) permits one update within five minutes; a token that was set there (`board set --ota-token-stdin`)
/// permits whoever knows it. The token does not cross the network; the program does, unencrypted. Settings stay. A program that does not come up
/// gives way to the one before. Ctrl-C leaves the board as it was.
#[derive(Debug, ClapArgs)]
pub struct UpdateOptions {
    /// The board: a name or an address, and the port for updates where it is not 7682
    #[arg(long, value_name = "HOST[:PORT]", value_parser = target)]
    over: BoardUpdateRequest,
    /// Read the token that was set on its console from stdin, its first line
    #[arg(long)]
    token_stdin: bool,
    /// An application image instead of the bundled firmware
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
}

fn target(text: &str) -> Result<BoardUpdateRequest, String> {
    BoardUpdateRequest::to(text, None).ok_or_else(|| {
        "HOST or HOST:PORT is needed, such as 192.168.1.7; the port is 1 to 65535".to_owned()
    })
}

/// The token, from stdin.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn token() -> anyhow::Result<Token> {
    let line = secret_line().context("the token cannot be read from stdin")?;
    let wrong = || BadArgument("a token has 8 to 64 bytes".to_owned());
    Ok(Token::new(&line.0).ok_or_else(wrong)?)
}

/// Does it, and tells how far it is.
pub fn run(options: &UpdateOptions, port: &str) -> anyhow::Result<Exit> {
    if !port.is_empty() {
        let what = "--over goes over the network; leave --port out";
        return Err(BadArgument(what.to_owned()).into());
    }
    let mut request = options.over.clone();
    if options.token_stdin {
        request.token = Some(token()?);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let cancel = Interrupts::heard(runtime.handle()).flag();
    let mut told = None;
    let done = update(&request, options.image.as_deref(), &cancel, |stage| match stage {
        UpdateStage::Written(written, total) => {
            // A line for each tenth.
            let tenth = u64::from(written) * 10 / u64::from(total).max(1);
            if told.replace(tenth) != Some(tenth) {
                let percent = tenth * 10;
                print::tell(format_args!("{percent} % written"));
            }
        }
        UpdateStage::Restarting => print::tell("written; the board restarts…"),
    });
    runtime.shutdown_background();
    match done {
        Ok(report) => {
            let version = &report.version;
            match report.ran_already {
                true => print::tell(format_args!("the board runs this program already: {version}")),
                false => print::tell(format_args!("the board runs the new program: {version}")),
            }
            Ok(Exit::Done)
        }
        Err(fault) => {
            print::complain(print::sentence(&fault.sentence()));
            Ok(exit(&fault))
        }
    }
}

const fn exit(fault: &UpdateFault) -> Exit {
    use std::io::ErrorKind;
    match fault {
        UpdateFault::NoAddress(_) => Exit::NameNotFound,
        UpdateFault::NotReached(_, ErrorKind::ConnectionRefused) => Exit::Refused,
        UpdateFault::NotReached(_, ErrorKind::TimedOut | ErrorKind::WouldBlock) => Exit::TimedOut,
        UpdateFault::NotReached(..) => Exit::Unreachable,
        UpdateFault::OtherProgram(_) => Exit::OtherFirmware,
        UpdateFault::Image(fault) => Exit::of_board(fault.kind),
        UpdateFault::Refused(OtaFault::WrongChip) => Exit::WrongChip,
        UpdateFault::Refused(OtaFault::Damaged | OtaFault::Flash) => Exit::FlashFailed,
        UpdateFault::Refused(_) => Exit::BoardRefused,
        UpdateFault::Cut => Exit::FlashFailed,
        UpdateFault::RolledBack => Exit::DoesNotStart,
        UpdateFault::NotSeenAgain => Exit::BoardTimedOut,
        UpdateFault::Cancelled => Exit::Cancelled,
    }
}
