//! A screen that nobody sees, for what has a window: Xvfb, with OpenGL by the processor.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::peers;

/// How long anything may take to show itself, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Display {
    name: String,
    // The last one first.
    _manager: Option<Running>,
    _server: Running,
}

impl Display {
    /// A screen of its own; `None`, told, where there is nothing to make one of, or nothing worth to be measured.
    pub fn open() -> anyhow::Result<Option<Self>> {
        if cfg!(debug_assertions) {
            println!("  SKIPPED: without optimization a window says nothing");
            return Ok(None);
        }
        let (Some(server), Some(_)) = (peers::find("Xvfb"), peers::find("xdotool")) else {
            println!("  SKIPPED: Xvfb or xdotool is not installed");
            return Ok(None);
        };
        let mut command = Command::new(server);
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        // Who looks for a window comes and goes before that is there: nobody is thrown out for it.
        command.arg("-noreset");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Running(command.spawn()?);
        let says = server.0.stdout.take().context("Xvfb has no stdout")?;
        let mut number = String::new();
        BufReader::new(says).read_line(&mut number)?;
        ensure!(!number.trim().is_empty(), "Xvfb has no display to give");
        let name = format!(":{}", number.trim());
        Ok(Some(Self { name, _manager: None, _server: server }))
    }

    /// The same with a window manager, without which no window hears keys.
    pub fn open_managed() -> anyhow::Result<Option<Self>> {
        let Some(display) = Self::open()? else { return Ok(None) };
        let Some(manager) = peers::find("openbox") else {
            println!("  SKIPPED: openbox is not installed");
            return Ok(None);
        };
        let mut command = Command::new(manager);
        command.env("DISPLAY", &display.name);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let manager = Running(command.spawn()?);
        Ok(Some(Self { _manager: Some(manager), ..display }))
    }

    /// Starts a program on it and waits for its window, of which this is a part of the title: it, and how many seconds that took.
    pub fn start(&self, command: &mut Command, title: &str) -> anyhow::Result<(Running, f64)> {
        command.env("DISPLAY", &self.name).env("LIBGL_ALWAYS_SOFTWARE", "1");
        command.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let mut program = Running(command.spawn()?);
        while !self.is_seen(title)? {
            ensure!(program.0.try_wait()?.is_none(), "{title} ended without a window");
            ensure!(begun.elapsed() < PATIENCE, "no window of {title}");
        }
        Ok((program, begun.elapsed().as_secs_f64()))
    }

    /// A window is seen from its first frame on.
    fn is_seen(&self, title: &str) -> anyhow::Result<bool> {
        let mut search = Command::new("xdotool");
        search.env("DISPLAY", &self.name).args(["search", "--onlyvisible", "--name", title]);
        let found = search.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
        Ok(!found.stdout.is_empty())
    }
}

/// Somebody who types and clicks there.
pub struct Keys {
    _presses: Running,
    tell: ChildStdin,
}

impl Keys {
    pub fn of(display: &Display) -> anyhow::Result<Self> {
        let mut command = Command::new("xdotool");
        command.env("DISPLAY", &display.name).arg("-");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut presses = Running(command.spawn()?);
        let tell = presses.0.stdin.take().context("xdotool has no stdin")?;
        Ok(Self { _presses: presses, tell })
    }

    /// Presses a key, by its name in X.
    pub fn press(&mut self, key: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.tell, "key {key}")?)
    }

    /// Clicks at a place of the screen.
    pub fn click(&mut self, (x, y): (u32, u32)) -> anyhow::Result<()> {
        Ok(writeln!(self.tell, "mousemove {x} {y}\nclick 1")?)
    }
}

/// A program that does not outlive what wanted it.
pub struct Running(Child);

impl Running {
    /// Seconds that it has had a processor, to 10 ms.
    pub fn cpu(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // utime and stime are fields 14 and 15 of proc_pid_stat(5); the second one may have blanks in it.
        let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks = fields.skip(11).take(2).map(|it| Ok(it.parse::<f64>()?));
        Ok(ticks.sum::<anyhow::Result<f64>>()? / 100.0)
    }

    /// What of its memory is in no file, in MiB.
    pub fn anonymous(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0.id()))?;
        let kib = text.lines().find_map(|line| line.strip_prefix("Anonymous:"));
        let kib = kib.and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Ok(kib.context("the system does not tell what is anonymous")? / 1024.0)
    }

    /// Has it end in order, and waits for that.
    pub fn end(mut self) -> anyhow::Result<()> {
        #[cfg(unix)]
        if let Some(id) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        }
        let begun = Instant::now();
        while self.0.try_wait()?.is_none() {
            ensure!(begun.elapsed() < PATIENCE, "a program does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended does not mind.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
