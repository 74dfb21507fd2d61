//! `espalier completions`: what a shell needs to complete commands and options.

use clap::{Args as ClapArgs, CommandFactory as _};

use super::exit::Exit;
use super::{Cli, help};
use crate::print;

/// Print what a shell needs to complete commands and options
///
/// For bash, for example: espalier completions bash > ~/.local/share/bash-completion/completions/espalier
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

/// Prints it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut help::worded(Cli::command()), "espalier", &mut text);
    String::from_utf8_lossy(&text).lines().try_for_each(print::line)?;
    Ok(Exit::Done)
}
