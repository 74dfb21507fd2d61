//! What all works have in common: a folder, and how much is to be done.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::material;

pub struct Bench {
    folder: TempDir,
    pub mib: usize,
    text: OnceCell<PathBuf>,
    capture: OnceCell<PathBuf>,
}

impl Bench {
    pub fn new(mib: usize) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("espalier-bench").tempdir()?;
        Ok(Self { folder, mib, text: OnceCell::new(), capture: OnceCell::new() })
    }

    /// A place for what a work leaves; it goes with the program.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As large as the works are: "1 GiB", "16 MiB".
    pub fn size(&self) -> String {
        match self.mib {
            mib if mib.is_multiple_of(1024) => format!("{} GiB", mib / 1024),
            mib => format!("{mib} MiB"),
        }
    }

    /// A file of text lines, made when it is asked for first.
    pub fn text(&self) -> anyhow::Result<&Path> {
        made(&self.text, self.file("lines.txt"), |path| material::write_text(path, self.mib))
    }

    /// The same lines as a capture, as if a peer had sent them.
    pub fn capture(&self) -> anyhow::Result<&Path> {
        let text = self.text()?;
        made(&self.capture, self.file("capture"), |path| material::write_capture(path, text))
    }

    /// Our program, with its files in the folder.
    pub fn espalier(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_espalier"));
        command.env("ESPALIER_HOME", self.file("home")).env("ESPALIER_LANG", "en");
        command.stdin(Stdio::null());
        command
    }

    /// This program again, for a part of a work in a process of its own.
    pub fn part(name: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--part").arg(name).stdin(Stdio::null());
        Ok(command)
    }
}

fn made(
    cell: &OnceCell<PathBuf>,
    path: PathBuf,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<&Path> {
    if cell.get().is_none() {
        make(&path)?;
    }
    Ok(cell.get_or_init(|| path))
}
