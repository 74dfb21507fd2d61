//! Keys as the terminal sends them.

use std::io::{self, Read as _};

use parking_lot::Mutex;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal as it was.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Has it pass every key at once, as it is.
pub fn make_raw() -> io::Result<()> {
    let before = tcgetattr(io::stdin())?;
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
    *BEFORE.lock() = Some(before);
    Ok(())
}

/// Has it do again what it did.
pub fn restore() {
    if let Some(before) = BEFORE.lock().take() {
        tcsetattr(io::stdin(), OptionalActions::Now, &before).ok();
    }
}

/// The keys that were pressed next, as a text that may end within a character; nothing at the end of stdin.
pub fn next() -> io::Result<Vec<u8>> {
    let mut buffer = [0; 4096];
    loop {
        match io::stdin().lock().read(&mut buffer) {
            Ok(count) => return Ok(buffer[..count].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
