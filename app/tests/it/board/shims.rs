//! Libraries that are preloaded into the program and give it what a test machine has not: modem lines, ports on USB.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use espalier_simulator::RunningBoard;

/// A shim, by its source's path in the repository. `None`, said aloud, without a C compiler.
fn compiled(source: &str) -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let source = above.map(|folder| folder.join(source)).find(|path| path.exists()).unwrap();
    let name = source.file_stem().unwrap().to_str().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Written by all tests that want it at once: each into its own, then moved into place.
    let mine = tempfile::NamedTempFile::new_in(folder).unwrap();
    let shim = folder.join(format!("{name}.so"));
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(mine.path()).arg(&source).arg("-ldl");
    match cc.output() {
        Ok(output) if output.status.success() => {
            mine.persist(&shim).unwrap();
            Some(shim)
        }
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            eprintln!("SKIPPED: {name} cannot be compiled: {error}");
            None
        }
    }
}

/// Modem lines that lead to a board as long as this is there.
pub struct Lines {
    shim: PathBuf,
    at: PathBuf,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Both lines, as the board is wired.
    pub fn to(board: &Arc<RunningBoard>, folder: &Path) -> Option<Self> {
        Self::such(board, folder, |dtr, rts| (dtr, rts))
    }

    /// With a wire cut: what the program sets becomes what the board sees.
    pub fn such(
        board: &Arc<RunningBoard>,
        folder: &Path,
        wires: impl Fn(bool, bool) -> (bool, bool) + Send + 'static,
    ) -> Option<Self> {
        let shim = compiled("firmware/simulator/tests/it/modem_lines.c")?;
        let at = folder.join("lines");
        let socket = UnixDatagram::bind(&at).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let done = Arc::new(AtomicBool::new(false));
        let (board, over) = (board.clone(), done.clone());
        let run = move || {
            let mut text = [0; 2];
            while !over.load(Ordering::Relaxed) {
                if socket.recv(&mut text).is_ok() {
                    let (dtr, rts) = wires(text[0] == b'1', text[1] == b'1');
                    board.set_lines(dtr, rts);
                }
            }
        };
        let thread = std::thread::Builder::new().name("lines".to_owned()).spawn(run).unwrap();
        Some(Self { shim, at, done, thread: Some(thread) })
    }

    /// Gives them to a program; they are raised when it opens a port, as systems do.
    pub fn give(&self, command: &mut Command) {
        preload(command, &self.shim);
        command.env("ESPALIER_LINES", &self.at).env("ESPALIER_RAISED", "1");
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// What USB tells of a port.
#[derive(Clone, Copy)]
pub struct Usb<'a> {
    pub vid: &'a str,
    pub pid: &'a str,
    /// Empty: it has none.
    pub serial: &'a str,
    pub product: &'a str,
    /// Where it is plugged in: `1-1.2`.
    pub socket: &'a str,
}

/// A system whose ports are these.
pub struct System {
    shim: PathBuf,
    root: PathBuf,
}

impl System {
    /// Without ports.
    pub fn new(folder: &Path) -> Option<Self> {
        let shim = compiled("app/tests/it/board/usb_ports.c")?;
        let root = folder.join("root");
        for part in ["sys/class/tty", "sys/bus/usb", "dev"] {
            std::fs::create_dir_all(root.join(part)).unwrap();
        }
        Some(Self { shim, root })
    }

    /// A port appears: `/dev/NAME` leads to `pty`.
    pub fn plug_in(&self, name: &str, usb: Usb<'_>, pty: &Path) {
        use std::os::unix::fs::symlink;
        let device = self.root.join("sys/devices").join(name);
        let interface = device.join(format!("{}:1.0", usb.socket));
        std::fs::create_dir_all(&interface).unwrap();
        let facts = [
            ("idVendor", usb.vid),
            ("idProduct", usb.pid),
            ("serial", usb.serial),
            ("product", usb.product),
        ];
        for (file, text) in facts.into_iter().filter(|(_, text)| !text.is_empty()) {
            std::fs::write(device.join(file), format!("{text}\n")).unwrap();
        }
        symlink(self.root.join("sys/bus/usb"), interface.join("subsystem")).unwrap();
        symlink(pty, self.root.join("dev").join(name)).unwrap();
        let class = self.root.join("sys/class/tty").join(name);
        std::fs::create_dir(&class).unwrap();
        symlink(interface, class.join("device")).unwrap();
    }

    /// It is gone again.
    pub fn unplug(&self, name: &str) {
        std::fs::remove_file(self.root.join("dev").join(name)).unwrap();
        std::fs::remove_dir_all(self.root.join("sys/class/tty").join(name)).unwrap();
        std::fs::remove_dir_all(self.root.join("sys/devices").join(name)).unwrap();
    }

    /// Makes a program see it.
    pub fn show(&self, command: &mut Command) {
        preload(command, &self.shim);
        command.env("ESPALIER_ROOT", &self.root);
    }
}

fn preload(command: &mut Command, shim: &Path) {
    let before = command.get_envs().find(|(name, _)| *name == "LD_PRELOAD");
    let mut all = before.and_then(|(_, value)| value).unwrap_or_default().to_owned();
    if !all.is_empty() {
        all.push(":");
    }
    all.push(shim);
    command.env("LD_PRELOAD", all);
}
