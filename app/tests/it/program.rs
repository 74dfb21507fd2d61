//! Starting the program, and waiting for what it says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Nothing on loopback takes this long; only a test that fails waits for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program with its files in `home`.
pub fn espalier(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_espalier"));
    command.args(arguments).env("ESPALIER_HOME", home).env("ESPALIER_LANG", "en");
    command
}

/// What a finished program said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

/// Runs it to its end with this on stdin.
pub fn finished(arguments: &[&str], stdin: &[u8]) -> Said {
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), arguments));
    // A program that ends early does not read it all.
    running.stdin().write_all(stdin).ok();
    running.close_stdin();
    let out = running.rest_of_stdout();
    let (status, err) = running.end();
    Said { code: status.code(), out, err }
}

/// Runs a command to its end, with nothing on stdin.
pub fn ended(command: Command) -> Said {
    let mut running = Running::start(command);
    running.close_stdin();
    let out = running.rest_of_stdout();
    let (status, err) = running.end();
    Said { code: status.code(), out, err }
}

/// A program that runs; it is killed when the test ends.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Running {
    pub fn start(command: Command) -> Self {
        Self::with_stdin(command, Stdio::piped())
    }

    pub fn with_stdin(mut command: Command, stdin: Stdio) -> Self {
        let mut child =
            command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines(child.stderr.take().unwrap());
        Self { child, lines, said: Vec::new() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn stdin(&mut self) -> &mut ChildStdin {
        self.child.stdin.as_mut().unwrap()
    }

    /// Stdin, to be written elsewhere.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    pub fn close_stdin(&mut self) {
        self.child.stdin.take();
    }

    pub fn close_stdout(&mut self) {
        self.child.stdout.take();
    }

    /// Stdout, to be read elsewhere.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    pub fn rest_of_stdout(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        self.child.stdout.as_mut().unwrap().read_to_end(&mut all).unwrap();
        all
    }

    pub fn read_stdout(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.child.stdout.as_mut().unwrap().read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Waits for a line on stderr that holds this, and gives it.
    #[track_caller]
    pub fn says(&mut self, what: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(rest) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(what) {
                        return line;
                    }
                }
                Err(_) => panic!("waited in vain for {what:?}; it said {:#?}", self.said),
            }
        }
    }

    /// The address a server tells on stderr.
    #[track_caller]
    pub fn listens(&mut self) -> SocketAddr {
        let line = self.says("listening on ");
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Ctrl-C.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Sends a signal.
    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(self.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for its end; gives its exit and all it said on stderr.
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end; it said {:#?}", self.said);
            std::thread::sleep(Duration::from_millis(5));
        };
        self.said.extend(self.lines.iter());
        (status, self.said.join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn lines(stderr: ChildStderr) -> Receiver<String> {
    let (send, receive) = sync_channel(10_000);
    let reader = std::thread::Builder::new().name("stderr".to_owned()).spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    reader.unwrap();
    receive
}

/// Does something in a thread of its own.
pub fn aside<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    std::thread::Builder::new().name("aside".to_owned()).spawn(act).unwrap()
}

/// Bytes that repeat nowhere soon, all values among them.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest: [u8; 32] = sha2::Sha256::digest(bytes).into();
    digest.map(|byte| format!("{byte:02x}")).concat()
}

/// Whether a foreign program is installed; says so aloud when not.
pub fn has(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .is_ok();
    if !found {
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}
