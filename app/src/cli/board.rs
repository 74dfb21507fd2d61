//! `espalier board`: asks and tells a board that runs our firmware.

mod report;
mod setting;
mod update;

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};
use espalier_core::board::{ProvisionFault, Secret};
use espalier_engine::provision::{
    ConsoleFault, ProvisionSpec, fault_of, is_ours, join, provision_board, scan,
};
use espalier_protocol::command::Token;
use espalier_protocol::{Command, LineEvent};
use espalier_screen::Picture;

use super::exit::Exit;
use super::network::NetworkArgs;
use super::open_board::{OpenBoard, tell};
use crate::print;
use setting::Setting;

/// How long a board takes at most to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// How long looking for networks takes at most.
const SCAN: Duration = Duration::from_secs(20);
/// How long joining, an address and the server take at most.
const JOIN: Duration = Duration::from_secs(90);
/// How long a restart takes at most.
const RESTART: Duration = Duration::from_secs(20);

/// Ask and tell a board that runs the firmware of Espalier
///
/// Over the cable it is never flashed here; `espalier flash` and `espalier go` do that.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The port: a name from `espalier ports`, or a path
    #[arg(
        long,
        value_name = "PORT",
        global = true,
        required = false,
        default_value = "",
        hide_default_value = true
    )]
    port: String,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print firmware, Wi-Fi, address, server and connections
    Status {
        /// One JSON document instead of lines
        #[arg(long)]
        json: bool,
    },
    /// Give it a network over Improv, and print ADDR:PORT of its server when it is there
    Provision {
        /// The 2.4 GHz network to join
        #[arg(long, value_name = "NAME")]
        ssid: String,
        #[command(flatten)]
        network: NetworkArgs,
    },
    /// Print the networks that it hears: signal in dBm, open or locked, name; strongest first
    Scan,
    /// Print what its display shows, pixel by pixel: it is drawn here as the chip draws it
    Screen {
        /// Four lines of text instead of pixels
        #[arg(long)]
        text: bool,
    },
    #[command(long_about = setting::help())]
    Set {
        /// What to set
        #[arg(value_name = "KEY=VALUE", required_unless_present = "ota_token_stdin", value_parser = Setting::parse)]
        settings: Vec<Setting>,
        /// Set the token that allows updates over the network: the first line of stdin, 8 to 64 bytes
        #[arg(long)]
        ota_token_stdin: bool,
    },
    /// End one of its connections
    Kick {
        /// A slot (1 to 8), or the client's ADDR:PORT as `status` prints it
        #[arg(value_name = "PEER", value_parser = target)]
        peer: Command,
    },
    /// Restart it, and wait until it runs again
    Restart,
    Update(update::UpdateOptions),
}

fn target(text: &str) -> Result<Command, String> {
    let command = Command::parse(&format!("kick {text}")).ok().flatten();
    command.ok_or_else(|| "a slot from 1 to 8, or ADDR:PORT".to_owned())
}

/// Does what is asked.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    if let What::Update(options) = &args.what {
        return update::run(options, &args.port);
    }
    if args.port.is_empty() {
        let what = "--port is missing; espalier ports lists them (see --help)";
        return Err(super::exit::BadArgument(what.to_owned()).into());
    }
    let password = match &args.what {
        What::Provision { ssid, network } => network.password(ssid)?,
        _ => Secret::default(),
    };
    let token = match &args.what {
        What::Set { ota_token_stdin: true, .. } => Some(update::token()?),
        _ => None,
    };
    let mut board = match OpenBoard::open(&args.port)? {
        Ok(board) => board,
        Err(not_open) => return Ok(not_open.tell(&args.port)),
    };
    match perform(&mut board, &args.what, &password, token) {
        Ok(answer) => {
            answer.print()?;
            Ok(Exit::Done)
        }
        Err(fault) => Ok(tell(&fault)),
    }
}

/// What to print.
enum Answer {
    Lines(Vec<String>),
    Json(String),
}

impl Answer {
    const NOTHING: Self = Self::Lines(Vec::new());

    fn print(&self) -> std::io::Result<()> {
        match self {
            Self::Lines(lines) => lines.iter().try_for_each(print::line),
            Self::Json(document) => print::document(document),
        }
    }
}

fn perform(
    board: &mut OpenBoard,
    what: &What,
    password: &Secret,
    token: Option<Token>,
) -> Result<Answer, ProvisionFault> {
    let (console, patience) = board.within(ANSWER);
    if !is_ours(console, patience)? {
        return Err(ProvisionFault::OtherFirmware);
    }
    match what {
        What::Status { json } => {
            for command in [Command::Clients, Command::SettingsShow] {
                ask(board, command)?;
            }
            let reported = board.console.reported();
            Ok(if *json {
                Answer::Json(report::json(reported))
            } else {
                Answer::Lines(report::text(reported))
            })
        }
        What::Provision { ssid, network } => {
            let address = provision(board, ssid, &password.0)?;
            network.joined(ssid, password);
            Ok(Answer::Lines(vec![address.to_string()]))
        }
        What::Scan => {
            let (console, patience) = board.within(SCAN);
            let found = scan(console, &[], patience).map_err(fault_of)?;
            Ok(Answer::Lines(found.iter().map(report::network).collect()))
        }
        What::Screen { text } => {
            ask(board, Command::Screen)?;
            let screen = board.console.reported().screen.clone().unwrap_or_default();
            Ok(Answer::Lines(if *text {
                screen.lines.into()
            } else {
                Picture::of(screen.lines).to_string().lines().map(str::to_owned).collect()
            }))
        }
        What::Set { settings, .. } => {
            if let Some(token) = token {
                ask(board, Command::OtaToken(token))?;
            }
            settings.iter().try_for_each(|setting| ask(board, setting.0.clone()).map(drop))?;
            Ok(Answer::NOTHING)
        }
        What::Kick { peer } => ask(board, peer.clone()).map(|_| Answer::NOTHING),
        What::Restart => restart(board).map(|()| Answer::NOTHING),
        // It needs no port, and was done before one was opened.
        What::Update(_) => Ok(Answer::NOTHING),
    }
}

fn ask(board: &mut OpenBoard, command: Command) -> Result<Vec<LineEvent<'static>>, ProvisionFault> {
    let (console, patience) = board.within(ANSWER);
    console.request(command, patience).map_err(fault_of)
}

fn provision(
    board: &mut OpenBoard,
    ssid: &str,
    password: &str,
) -> Result<SocketAddr, ProvisionFault> {
    let link = board.session.clone();
    let (console, patience) = board.within(JOIN);
    print::tell(format_args!("joining {ssid:?}…"));
    join(console, ssid, password, patience)?;
    let spec = ProvisionSpec { network: None, may_flash: false };
    provision_board(console, &link, spec, patience, |_| {})
}

fn restart(board: &mut OpenBoard) -> Result<(), ProvisionFault> {
    let before = board.console.reported().starts;
    ask(board, Command::Restart)?;
    let (console, patience) = board.within(RESTART);
    let started = console.wait(patience, |_, reported| (reported.starts != before).then_some(()));
    started.map_err(|fault| match fault {
        ConsoleFault::TimedOut => ProvisionFault::TimedOut { what: "start again" },
        fault => fault_of(fault),
    })
}
