//! esptool 5, installed once beside the other build products.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Where esptool is, once it is installed; `None`: it cannot be had here.
pub fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| match install() {
        Ok(program) => Some(program),
        Err(why) => {
            eprintln!("SKIPPED: esptool 5 cannot be installed here: {why}");
            None
        }
    });
    found.as_deref()
}

/// Installs esptool once beside the other build products, however many tests ask at a time.
fn install() -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("esptool5");
    let ready = home.join("ready");
    let program = home.join("bin/esptool");
    fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).map_err(|e| e.to_string())?;
    let lock = fs::File::create(home.with_extension("lock")).map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    if ready.exists() && run(Command::new(&program).arg("version")).is_ok() {
        return Ok(program);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let pip = home.join("bin/pip");
    run(Command::new(pip).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "esptool>=5,<6",
    ]))?;
    fs::write(ready, "").map_err(|e| e.to_string())?;
    Ok(program)
}

/// Runs it to its end; what it says on stderr when it fails.
pub fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
