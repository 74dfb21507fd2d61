//! `espalier run`: the sessions of a workspace file without a window.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::options;

/// Open the sessions of a workspace file, without a window, until Ctrl-C
///
/// The window saves and opens the same files. What happens is told on stderr, one line each.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The workspace file
    #[arg(value_name = "WORKSPACE.toml")]
    workspace: PathBuf,
    /// End by itself after this long
    #[arg(long = "for", value_name = "TIME", value_parser = options::duration)]
    time: Option<Duration>,
}

/// Says what would be done: the engine is not built into this version.
pub fn run(args: &Args) -> anyhow::Result<super::exit::Exit> {
    anyhow::bail!("the engine is not built into this version yet; asked for {args:?}")
}
