//! Keys as the console of Windows sends them to programs of other systems: as the bytes of a terminal.

use std::io::{self, Read as _};

use parking_lot::Mutex;
use winapi_util::{HandleRef, console};

/// What the console did before, of stdin and stdout.
static BEFORE: Mutex<Option<(u32, u32)>> = Mutex::new(None);

// Of `consoleapi.h`; the documentation is that of SetConsoleMode.
const ENABLE_PROCESSED_INPUT: u32 = 0x0001;
const ENABLE_LINE_INPUT: u32 = 0x0002;
const ENABLE_ECHO_INPUT: u32 = 0x0004;
const ENABLE_VIRTUAL_TERMINAL_INPUT: u32 = 0x0200;
const ENABLE_PROCESSED_OUTPUT: u32 = 0x0001;
const ENABLE_VIRTUAL_TERMINAL_PROCESSING: u32 = 0x0004;
const DISABLE_NEWLINE_AUTO_RETURN: u32 = 0x0008;

/// Has it pass every key at once as a terminal does (Ctrl-C, arrows, Alt and function keys too), and obey control sequences.
pub fn make_raw() -> io::Result<()> {
    let (input, output) = (HandleRef::stdin(), HandleRef::stdout());
    let before = (console::mode(&input)?, console::mode(&output)?);
    let line = ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT;
    console::set_mode(&input, before.0 & !line | ENABLE_VIRTUAL_TERMINAL_INPUT)?;
    *BEFORE.lock() = Some(before);
    let obeys = ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    // A line feed alone leads down, as on every terminal; older consoles do not know that.
    console::set_mode(&output, before.1 | obeys | DISABLE_NEWLINE_AUTO_RETURN)
        .or_else(|_| console::set_mode(&output, before.1 | obeys))
        .inspect_err(|_| restore())
}

/// Has it do again what it did.
pub fn restore() {
    if let Some((input, output)) = BEFORE.lock().take() {
        console::set_mode(HandleRef::stdin(), input).ok();
        console::set_mode(HandleRef::stdout(), output).ok();
    }
}

/// The keys that were pressed next, as a text that may end within a character.
pub fn next() -> io::Result<Vec<u8>> {
    let mut buffer = [0; 4096];
    loop {
        match io::stdin().lock().read(&mut buffer) {
            // A console has no end: the standard library takes Ctrl-Z for one.
            Ok(0) => return Ok(vec![0x1A]),
            Ok(count) => return Ok(buffer[..count].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
