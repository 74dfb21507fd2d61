//! Programs of others.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::processor::children;

/// Where a program is installed.
pub fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// A command in a plain UTF-8 locale, with nothing on stdin.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

/// What a program took, in seconds of the day and of processors, and what it said.
pub struct Ended {
    pub wall: f64,
    pub cpu: f64,
    pub out: String,
    pub err: String,
}

/// Runs it to its end.
pub fn timed(mut command: Command) -> anyhow::Result<Ended> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    let (begun, before) = (Instant::now(), children());
    let output = command.stderr(Stdio::piped()).output().with_context(|| name.clone())?;
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), children() - before);
    let [out, err] =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    ensure!(output.status.success(), "{name}: {}", err.trim());
    Ok(Ended { wall, cpu, out, err })
}
