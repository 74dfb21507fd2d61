//! Core dumps as files, for `esp-coredump --core-format raw` and `idf.py coredump-info --core`.

use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use espalier_core::board::CoreDump;
use espalier_core::{Sentence, Timestamp, say};

/// Writes a dump as it came, damaged or not; a file that is there is replaced when all is written. Gives what to tell.
pub fn save(dump: &CoreDump, path: &Path) -> Sentence {
    match write(dump, path, |file| file.persist(path).map(drop)) {
        Ok(()) => saved(dump, path),
        Err(error) => not_saved(path, &error),
    }
}

/// Writes a dump that came at `at` into a folder, under a name of its own. Gives what to tell.
///
/// # Errors
/// Why it could not be written, as what to tell.
pub fn save_in(dump: &CoreDump, folder: &Path, at: Timestamp) -> Result<Sentence, Sentence> {
    let time = jiff::Timestamp::from_nanosecond(at.0.into()).unwrap_or_default();
    let time = time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y%m%d-%H%M%S");
    let damaged = if dump.state().is_good() { "" } else { "-damaged" };
    for number in 1..=MOST_OF_A_SECOND {
        let path = folder.join(format!("coredump-{time}-{number}{damaged}.bin"));
        match write(dump, &path, |file| file.persist_noclobber(&path).map(drop)) {
            Ok(()) => return Ok(saved(dump, &path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(not_saved(&path, &error)),
        }
    }
    Err(not_saved(folder, &ErrorKind::AlreadyExists.into()))
}

/// So many dumps of one second get names.
const MOST_OF_A_SECOND: u32 = 1000;

fn write(
    dump: &CoreDump,
    path: &Path,
    keep: impl FnOnce(tempfile::NamedTempFile) -> Result<(), tempfile::PersistError>,
) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(&dump.bytes)?;
    file.as_file().sync_all()?;
    keep(file).map_err(|error| error.error)
}

fn saved(dump: &CoreDump, path: &Path) -> Sentence {
    say!(
        "note-dump-saved",
        "Core dump of {bytes} bytes saved as {file}: {state}",
        bytes = dump.bytes.len(),
        file = path.display(),
        state = dump.state().sentence(),
    )
}

fn not_saved(path: &Path, error: &io::Error) -> Sentence {
    say!(
        "note-dump-not-saved",
        "The core dump cannot be saved as {file}: {error}",
        file = path.display(),
        error = error,
    )
}
