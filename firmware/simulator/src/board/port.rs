//! Our end of the pty.
//!
//! The other end is not held open here, so that a tool that closes it is seen as an unplugged reader
//! would be: what the board says meanwhile is kept, the latest few kilobytes of it, and handed to
//! the next who opens the port. The terminal settings are put back to raw and 115200 baud each time
//! the port is closed, so that nobody inherits another tool's rate.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};

/// The rate of ROM, bootloader and console.
pub const CONSOLE_RATE: u32 = 115_200;

/// What the board said while nobody listened: as much as a small driver keeps.
const UNHEARD: usize = 16 * 1024;
/// What a reader that does not read may leave standing; more is lost, as on a real line.
const UNREAD: usize = 256 * 1024;

/// Our end of the pty.
#[derive(Debug)]
pub struct PtyPort {
    master: OwnedFd,
    path: PathBuf,
    open: bool,
    unheard: VecDeque<u8>,
    out: VecDeque<u8>,
    lost: u64,
    stuck: bool,
}

impl PtyPort {
    /// Makes a pty.
    pub fn new() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        let name = ptsname(&master, Vec::new())?;
        let path = Path::new(OsStr::from_bytes(name.as_bytes())).to_owned();
        let port = Self {
            master,
            path,
            open: false,
            unheard: VecDeque::new(),
            out: VecDeque::new(),
            lost: 0,
            stuck: false,
        };
        // Only a terminal that was opened once tells that it is closed.
        let slave = port.open_other_end()?;
        let mut settings = tcgetattr(&slave)?;
        make_raw(&mut settings)?;
        tcsetattr(&slave, OptionalActions::Now, &settings)?;
        Ok(port)
    }

    /// The other end's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// To wait on; `None` while nobody has the port open, which must be asked for with
    /// [`PtyPort::refresh`] instead.
    pub fn wait_on(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let mut flags = PollFlags::IN;
        if !self.out.is_empty() {
            flags |= PollFlags::OUT;
        }
        self.open.then(|| (self.master.as_fd(), flags))
    }

    /// Whether nobody can open the port any more: Linux keeps it exclusive after a tool that made it so
    /// was killed, for everybody but root. Only another port helps.
    pub fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Looks whether somebody has the port open; says whether there is something to read.
    pub fn refresh(&mut self) -> bool {
        let Some(seen) = self.look() else {
            return false;
        };
        let readable = seen.contains(PollFlags::IN);
        if seen.contains(PollFlags::HUP) {
            if self.open && !readable {
                self.closed();
            }
        } else if !self.open {
            self.open = true;
            let unheard = std::mem::take(&mut self.unheard);
            // Who speaks first is a tool; it wants an answer and not old stories.
            if !readable {
                self.write(unheard.into());
            }
        }
        readable
    }

    /// Reads what is there; nothing when the port was closed.
    pub fn read<'a>(&mut self, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
        match rustix::io::read(&self.master, &mut *buffer) {
            Ok(0) | Err(Errno::IO) => {
                self.closed();
                Ok(&[])
            }
            Ok(n) => Ok(&buffer[..n]),
            Err(Errno::AGAIN | Errno::INTR) => Ok(&[]),
            Err(error) => Err(error.into()),
        }
    }

    /// The rate that the other end is set to, in baud.
    pub fn rate(&self) -> u32 {
        tcgetattr(&self.master).map_or(CONSOLE_RATE, |settings| settings.output_speed())
    }

    /// Sends bytes, or keeps them for the next who opens the port.
    pub fn send(&mut self, bytes: Vec<u8>) {
        if self.open {
            self.write(bytes);
            return;
        }
        self.unheard.extend(bytes);
        let excess = self.unheard.len().saturating_sub(UNHEARD);
        self.unheard.drain(..excess);
        self.lost += excess as u64;
    }

    /// Bytes that may be sent without loss, as far as a console should go.
    pub fn room(&self) -> usize {
        UNHEARD.saturating_sub(self.out.len())
    }

    /// Goes on sending what the other end had no room for.
    pub fn flush(&mut self) {
        while !self.out.is_empty() {
            let (front, _) = self.out.as_slices();
            match rustix::io::write(&self.master, front) {
                Ok(0) | Err(_) => return,
                Ok(n) => drop(self.out.drain(..n)),
            }
        }
    }

    /// Forgets what was sent and not yet read.
    pub fn discard(&mut self) {
        self.unheard.clear();
        self.out.clear();
        tcflush(&self.master, QueueSelector::OFlush).ok();
    }

    /// Bytes that nobody was there to read, so far.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn write(&mut self, bytes: Vec<u8>) {
        let room = UNREAD.saturating_sub(self.out.len()).min(bytes.len());
        self.lost += (bytes.len() - room) as u64;
        self.out.extend(&bytes[..room]);
        self.flush();
    }

    fn closed(&mut self) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        self.discard();
        let fresh = tcgetattr(&self.master).and_then(|mut settings| {
            make_raw(&mut settings)?;
            tcsetattr(&self.master, OptionalActions::Now, &settings)
        });
        if let Err(error) = fresh {
            tracing::debug!(?error, "the pty keeps the settings of who had it open");
        }
        let exclusive = self.open_other_end().is_err_and(|error| error == Errno::BUSY);
        self.stuck = exclusive && self.is_closed();
    }

    fn open_other_end(&self) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        rustix::fs::open(&self.path, flags, Mode::empty())
    }

    fn is_closed(&self) -> bool {
        self.look().is_some_and(|seen| seen.contains(PollFlags::HUP))
    }

    fn look(&self) -> Option<PollFlags> {
        let mut fds = [PollFd::new(&self.master, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut fds, Some(&now)).ok()?;
        Some(fds[0].revents())
    }
}

/// No echo, no line editing, 115200 baud.
fn make_raw(settings: &mut Termios) -> rustix::io::Result<()> {
    settings.make_raw();
    settings.set_speed(CONSOLE_RATE)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::time::Duration;

    use super::*;

    fn open(port: &PtyPort) -> serialport::TTYPort {
        let path = port.path().to_str().unwrap();
        let timeout = Duration::from_secs(5);
        serialport::new(path, CONSOLE_RATE).timeout(timeout).open_native().unwrap()
    }

    #[test]
    fn rate_of_the_other_end_is_seen_and_forgotten_at_close() {
        let mut port = PtyPort::new().unwrap();
        assert_eq!(port.rate(), CONSOLE_RATE);
        let path = port.path().to_str().unwrap();
        let tool = serialport::new(path, 921_600).open_native().unwrap();
        port.refresh();
        assert_eq!(port.rate(), 921_600);
        drop(tool);
        port.refresh();
        assert_eq!(port.rate(), CONSOLE_RATE);
    }

    #[test]
    fn last_words_are_kept_for_the_next_reader_and_old_ones_are_not() {
        let mut port = PtyPort::new().unwrap();
        port.refresh();
        port.send(vec![b'x'; UNHEARD]);
        port.send(b"latest".to_vec());
        assert_eq!(port.lost(), 6);
        let mut reader = open(&port);
        port.refresh();
        let mut heard = vec![0; UNHEARD];
        for chunk in heard.chunks_mut(1024) {
            reader.read_exact(chunk).unwrap();
            port.flush();
        }
        assert!(heard.ends_with(b"xxlatest"));
    }

    #[test]
    fn tool_that_speaks_first_hears_no_old_stories() {
        let mut port = PtyPort::new().unwrap();
        port.refresh();
        port.send(b"old".to_vec());
        let mut tool = open(&port);
        tool.write_all(b"hello").unwrap();
        assert!(port.refresh());
        port.send(b"new".to_vec());
        let mut heard = [0; 3];
        tool.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"new");
    }

    #[test]
    fn port_that_a_killed_tool_keeps_exclusive_is_stuck() {
        if rustix::process::geteuid().is_root() {
            eprintln!("SKIPPED: root opens exclusive ports anyway");
            return;
        }
        let mut port = PtyPort::new().unwrap();
        let tool = port.open_other_end().unwrap();
        port.refresh();
        // As serialport does; but it takes that back when it is not killed.
        rustix::termios::ioctl_tiocexcl(&tool).unwrap();
        drop(tool);
        port.refresh();
        assert_eq!(port.is_stuck(), cfg!(target_os = "linux"));
    }
}
