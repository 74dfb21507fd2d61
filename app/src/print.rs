//! The one way out to stdout and stderr. Nothing here panics, whoever has closed the other end; nothing from outside drives
//! the terminal.

#![allow(clippy::disallowed_methods)] // The one place for `std::io::stdout` and `stderr`.

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, IsTerminal as _, Write};

use espalier_core::terminal::{Json, Plain, Screen};

/// Says one line on stderr. That nobody reads there, or that there is no room, is no reason to end.
pub fn tell(line: impl Display) {
    // In one write, so that lines of several threads stay apart.
    let line = format!("{}\n", Plain(line));
    io::stderr().write_all(line.as_bytes()).ok();
}

/// Says what failed, on stderr.
pub fn complain(what: impl Display) {
    tell(format_args!("espalier: {what}"));
}

/// Says something that belongs to the line before it, on stderr; nothing when there is nothing to say.
pub fn tell_more(what: &str) {
    if !what.is_empty() {
        tell(format_args!("  {what}"));
    }
}

/// Prints one line of an answer on stdout.
///
/// # Errors
/// Nobody reads there, or there is no room.
pub fn line(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", Plain(line))?;
    out.flush()
}

/// Prints a JSON document on stdout.
///
/// # Errors
/// As for [`line`].
pub fn document(json: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", Json(json))?;
    out.flush()
}

/// Whether stderr is a terminal.
pub fn tells_a_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Stdout for what boards and peers send: unchanged into a pipe or file; on a terminal, what would drive it is shown.
pub struct Received(Kind);

enum Kind {
    /// Not `io::stdout()`: that one holds back what follows the last newline.
    Unchanged(File),
    /// Through `io::stdout()`, which knows the console of Windows.
    Shown(Screen),
}

impl Received {
    /// Stdout as it is; `raw` passes everything to a terminal, too.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn stdout(raw: bool) -> io::Result<Self> {
        let shown = !raw && io::stdout().is_terminal();
        Ok(Self(if shown {
            Kind::Shown(Screen::default())
        } else {
            Kind::Unchanged(unbuffered()?)
        }))
    }

    /// Nothing more comes: what was held back is shown.
    ///
    /// # Errors
    /// As for writing.
    pub fn finish(&mut self) -> io::Result<()> {
        let mut text = Vec::new();
        match &mut self.0 {
            Kind::Unchanged(file) => return file.flush(),
            Kind::Shown(screen) => screen.finish(&mut text),
        }
        show(&text)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Received")
    }
}

impl Write for Received {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Unchanged(file) => file.write(bytes),
            Kind::Shown(screen) => {
                let mut text = Vec::new();
                screen.push(bytes, &mut text);
                show(&text).map(|()| bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn show(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}

#[cfg(unix)]
fn unbuffered() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn unbuffered() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
