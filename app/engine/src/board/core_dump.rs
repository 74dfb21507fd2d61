//! Core dumps as files, for `esp-coredump --core-format raw` and `idf.py coredump-info --core`.

use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use espalier_core::board::CoreDump;
use espalier_core::{Sentence, Timestamp, say};
use tempfile::NamedTempFile;

use crate::in_place;

/// Writes a dump as it came, damaged or not; a file that is there is replaced when all is written. Gives what to tell.
pub fn save(dump: &CoreDump, path: &Path) -> Sentence {
    let written = write(dump, path);
    match written.and_then(|file| in_place::put(file, path)) {
        Ok(_) => saved(dump, path),
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
    let damaged = if dump.state.is_good() { "" } else { "-damaged" };
    let named = |number: u32| folder.join(format!("coredump-{time}-{number}{damaged}.bin"));
    let first = named(1);
    let mut file = write(dump, &first).map_err(|error| not_saved(&first, &error))?;
    for number in 1..=MOST_OF_A_SECOND {
        let path = named(number);
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(saved(dump, &path)),
            // What is written stays so; only its name is another.
            Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => file = taken.file,
            Err(refused) => return Err(not_saved(&path, &refused.error)),
        }
    }
    Err(not_saved(folder, &ErrorKind::AlreadyExists.into()))
}

/// So many dumps of one second get names.
const MOST_OF_A_SECOND: u32 = 1000;

/// All of it in a file beside that path, which has no name of its own yet.
fn write(dump: &CoreDump, path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = in_place::begin(folder.unwrap_or(Path::new(".")))?;
    file.write_all(&dump.bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn saved(dump: &CoreDump, path: &Path) -> Sentence {
    say!(
        "note-dump-saved",
        "Core dump of {bytes} bytes saved as {file}: {state}",
        bytes = dump.bytes.len(),
        file = path.display(),
        state = dump.state.sentence(),
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

#[cfg(test)]
mod tests {
    use espalier_core::board::CoreDumpState;

    use super::*;

    #[test]
    fn dumps_of_one_second_get_names_of_their_own_and_leave_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let dump = CoreDump { bytes: (*b"dump").into(), state: CoreDumpState::Unchecked };
        for _ in 0..3 {
            save_in(&dump, folder.path(), Timestamp(0)).unwrap();
        }
        let saved = std::fs::read_dir(folder.path()).unwrap();
        let saved: Vec<_> = saved.map(|it| std::fs::read(it.unwrap().path()).unwrap()).collect();
        assert_eq!(saved, [b"dump"; 3]);
    }
}
