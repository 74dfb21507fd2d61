//! The command line: the engine with text ends. One file per subcommand; without one, the window opens.
//!
//! A subcommand is an `Args` struct and a `run(Args) -> anyhow::Result<Exit>` in its own file, and one line in
//! [`Command`] and in [`run()`].

mod board;
mod board_args;
mod boards;
mod byte_count;
mod captures;
mod chat;
mod client;
mod completions;
mod core_dumps;
mod erase_flash;
mod exit;
mod fault_options;
mod figures;
mod flash;
mod go;
mod help;
mod home;
mod host_terminal;
mod images;
mod input;
pub mod interrupt;
mod load;
mod loader_args;
mod log;
mod log_to_file;
mod manual;
mod monitor;
mod network;
mod open_board;
mod options;
mod output;
mod partition_table;
mod port;
mod ports;
mod rate_count;
mod read_flash;
mod receive_file;
mod reference;
mod relay;
mod relay_tls_args;
mod replay;
mod rules;
mod run;
mod secret_line;
mod send_file;
mod send_list;
mod serial_options;
mod server;
mod settings;
mod simulate;
mod talk;
mod tls_args;
mod touch;
mod transfer;
mod udp;
mod under_way;
mod updates;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use espalier_engine::workspace::{ProgramPaths, SettingsFile};

use crate::program_log::{self, SeverityFilter, crash};
use exit::{BadArgument, Exit};

/// A TCP debugging assistant and the ESP32 firmware it talks to.
///
/// Without a subcommand the window opens.
#[derive(Debug, Parser)]
#[command(name = "espalier", version = crash::WHOLE_VERSION)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Captures to open in the window
    #[arg(value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Write the program's own log to FILE, behind what is there
    #[arg(long = "log", value_name = "FILE", global = true)]
    log_file: Option<PathBuf>,
    /// How much is logged: error, warn, info, debug, trace, off; of a part: espflash=debug [env: ESPALIER_LOG]
    #[arg(long, value_name = "LEVEL", global = true, value_parser = log_level)]
    log_level: Option<String>,
    /// The language of help and messages: en or zh-CN; without it the system's [env: ESPALIER_LANG]
    #[arg(long, value_name = "LANGUAGE", global = true, value_parser = crate::language::of_tag)]
    lang: Option<espalier_ui::Language>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Client(client::Args),
    Server(server::Args),
    Chat(chat::Args),
    Relay(Box<relay::Args>),
    Udp(udp::Args),
    Load(load::Args),
    Run(run::Args),
    SendList(send_list::Args),
    SendFile(send_file::Args),
    ReceiveFile(receive_file::Args),
    Replay(replay::Args),
    Log(log::Args),
    Captures(captures::Args),
    Settings(settings::Args),
    Ports(ports::Args),
    Flash(flash::Args),
    #[command(alias = "read_flash")]
    ReadFlash(read_flash::Args),
    #[command(visible_alias = "erase-region", aliases = ["erase_flash", "erase_region"])]
    EraseFlash(erase_flash::Args),
    #[command(visible_alias = "partitions")]
    PartitionTable(partition_table::Args),
    Images(images::Args),
    Monitor(monitor::Args),
    Board(board::Args),
    Boards(boards::Args),
    Go(go::Args),
    Touch(touch::Args),
    Simulate(simulate::Args),
    Updates(updates::Args),
    Manual(manual::Args),
    Completions(completions::Args),
}

fn run((command, captures): (Option<Command>, Vec<PathBuf>)) -> anyhow::Result<Exit> {
    match command {
        None => crate::native::run(captures, reference::reference).map(|()| Exit::Done),
        Some(Command::Client(args)) => client::run(&args),
        Some(Command::Server(args)) => server::run(&args),
        Some(Command::Chat(args)) => chat::run(&args),
        Some(Command::Relay(args)) => relay::run(&args),
        Some(Command::Udp(args)) => udp::run(&args),
        Some(Command::Load(args)) => load::run(&args),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::SendList(args)) => send_list::run(&args),
        Some(Command::SendFile(args)) => send_file::run(&args),
        Some(Command::ReceiveFile(args)) => receive_file::run(&args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Log(args)) => log::run(&args),
        Some(Command::Captures(args)) => captures::run(&args),
        Some(Command::Settings(args)) => settings::run(&args),
        Some(Command::Ports(args)) => ports::run(&args),
        Some(Command::Flash(args)) => flash::run(&args),
        Some(Command::ReadFlash(args)) => read_flash::run(&args),
        Some(Command::EraseFlash(args)) => erase_flash::run(&args),
        Some(Command::PartitionTable(args)) => partition_table::run(&args),
        Some(Command::Images(args)) => images::run(&args),
        Some(Command::Monitor(args)) => monitor::run(&args),
        Some(Command::Board(args)) => board::run(&args),
        Some(Command::Boards(args)) => boards::run(&args),
        Some(Command::Go(args)) => go::run(&args),
        Some(Command::Touch(args)) => touch::run(&args),
        Some(Command::Simulate(args)) => simulate::run(args),
        Some(Command::Updates(args)) => updates::run(&args),
        Some(Command::Manual(args)) => manual::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
    }
}

/// Ends a sentence that has more said of it by the help than by the manual.
const SEE_HELP: &str = "(see --help)";

/// Runs what the arguments ask for.
pub fn main() -> ExitCode {
    crate::print::speak(crate::language::chosen());
    let mut names_help = false;
    let exit = parse().and_then(begin).and_then(run).unwrap_or_else(|error| {
        if crate::print::is_closed_stdout(&error) {
            return Exit::Done;
        }
        let what = format!("{error:#}");
        names_help = what.ends_with(SEE_HELP);
        crate::print::complain(&what);
        if !crate::print::is_heard() {
            crate::native::complain_in_a_box(&crate::print::translated(&what));
        }
        match error.downcast_ref::<BadArgument>() {
            Some(_) => Exit::BadArguments,
            None => Exit::Failed,
        }
    });
    if !names_help {
        crate::print::lead_from(exit.topic());
    }
    exit.into()
}

/// From here on the program has a log, and what goes wrong with it leaves a report.
fn begin(cli: Cli) -> anyhow::Result<(Option<Command>, Vec<PathBuf>)> {
    let paths = ProgramPaths::of_user();
    let options = program_log::LogOptions {
        level: cli.log_level,
        setting: paths.as_ref().and_then(|paths| SettingsFile::log_level(&paths.settings)),
        file: cli.log_file.clone(),
    };
    program_log::start(options).map_err(|error| {
        let path = cli.log_file.unwrap_or_default();
        BadArgument(format!("cannot write the log to {}: {error}", path.display()))
    })?;
    if let Some(paths) = paths {
        crash::report_to(paths.crashes);
    }
    Ok((cli.command, cli.captures))
}

/// A capture to open: a file, a folder, or one of the list. A word that is none of these is a subcommand that is spelled wrong.
fn capture_file(path: &Path) -> Result<PathBuf, BadArgument> {
    if path.exists() {
        return Ok(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    }
    if let Some(kept) = path.to_str().and_then(captures::path_of) {
        return Ok(kept);
    }
    let is_path = path.extension().is_some() || path.components().count() > 1;
    let name = path.display();
    Err(BadArgument(match is_path {
        true => format!("cannot read {name}: there is no such file or folder"),
        // In the words of clap.
        false => format!("unrecognized subcommand '{name}' {SEE_HELP}"),
    }))
}

fn log_level(text: &str) -> Result<String, program_log::UnknownSeverity> {
    SeverityFilter::parse(text).map(|_| text.to_owned())
}

/// The arguments, or one sentence about what is wrong with them. Help and version end the program here.
fn parse() -> anyhow::Result<Cli> {
    let command = help::worded(Cli::command().after_help(Exit::help()));
    let parsed = command.try_get_matches().and_then(|found| Cli::from_arg_matches(&found));
    match parsed {
        Ok(mut cli) => {
            for capture in &mut cli.captures {
                *capture = capture_file(capture)?;
            }
            Ok(cli)
        }
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
            _ => Err(BadArgument(sentence(&error.to_string())).into()),
        },
    }
}

/// The first paragraph of clap's message on one line; its usage and tips are what `--help` is for.
fn sentence(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let first = message.split("\n\n").next().unwrap_or(message);
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{line} {SEE_HELP}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_bad_argument_is_one_sentence() {
        let error = Cli::try_parse_from(["espalier", "client", "--no-such-option"]).unwrap_err();
        let sentence = sentence(&error.to_string());
        assert_eq!(sentence.lines().count(), 1);
        assert!(sentence.contains("no-such-option"), "{sentence}");
        let error = capture_file(Path::new("no-such-command")).unwrap_err();
        assert_eq!(error.to_string(), "unrecognized subcommand 'no-such-command' (see --help)");
    }
}
