//! What outlives the process: a folder with the flash and the identity of one board.

use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::flash::Flash;
use crate::{Chip, SimulatorError};

/// What one board keeps.
#[derive(Debug)]
pub struct BoardFiles {
    /// The flash chip.
    pub flash: Flash,
    /// The MAC in the eFuses.
    pub mac: [u8; 6],
    /// Held as long as the board runs, so that nobody else takes its folder.
    _lock: Option<File>,
}

impl BoardFiles {
    /// Opens the folder, or makes a new board in it. Without a folder the board is new, and its flash
    /// is a file without a name that ends with the process.
    ///
    /// # Errors
    /// When another process has it, when it is of another chip, or when the system refuses.
    pub fn open(chip: Chip, folder: Option<&Path>, seed: u64) -> Result<Self, SimulatorError> {
        let Some(folder) = folder else {
            let flash = tempfile::tempfile().and_then(Flash::open);
            let flash = flash.map_err(failed(Path::new("the folder for temporary files")))?;
            return Ok(Self { flash, mac: new_mac(seed), _lock: None });
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let identity = folder.join("board.txt");
        let mut lock = open(&identity).map_err(failed(&identity))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SimulatorError::StateBusy { path: folder.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(folder)(source)),
        }
        let mac = identify(&mut lock, chip, seed, &identity, folder)?;
        let path = folder.join("flash.bin");
        let flash = open(&path).and_then(Flash::open).map_err(failed(&path))?;
        Ok(Self { flash, mac, _lock: Some(lock) })
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> SimulatorError {
    let path = path.to_owned();
    move |source| SimulatorError::State { path: path.clone(), source }
}

/// Reads `chip mac` from the identity file, or writes it for a new board.
fn identify(
    file: &mut File,
    chip: Chip,
    seed: u64,
    path: &Path,
    folder: &Path,
) -> Result<[u8; 6], SimulatorError> {
    let failed = failed(path);
    let mut text = String::new();
    io::Read::by_ref(file).take(256).read_to_string(&mut text).map_err(&failed)?;
    let mut words = text.split_whitespace();
    let Some(found) = words.next() else {
        let mac = new_mac(seed);
        let line = format!("{chip} {}\n", mac.map(|byte| format!("{byte:02x}")).join(":"));
        file.write_all(line.as_bytes()).map_err(&failed)?;
        return Ok(mac);
    };
    if found != chip.name() {
        return Err(SimulatorError::StateOfOtherChip {
            path: folder.to_owned(),
            found: found.to_owned(),
            asked: chip.name(),
        });
    }
    words.next().and_then(parse_mac).ok_or_else(|| {
        failed(io::Error::new(io::ErrorKind::InvalidData, "it does not say a chip and a MAC"))
    })
}

fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let bytes: Vec<u8> =
        text.split(':').map(|byte| u8::from_str_radix(byte, 16)).collect::<Result<_, _>>().ok()?;
    bytes.try_into().ok()
}

/// One of Espressif's prefixes and three bytes of the seed, or of chance when there is none.
fn new_mac(seed: u64) -> [u8; 6] {
    let random = if seed == 0 { RandomState::new().hash_one(seed) } else { seed };
    let [a, b, c, ..] = random.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    [0x7c, 0xdf, 0xa1, a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn board_keeps_its_mac_and_its_chip() {
        let folder = tempfile::tempdir().unwrap();
        let first = BoardFiles::open(Chip::Esp32c3, Some(folder.path()), 0).unwrap();
        let mac = first.mac;
        let busy = BoardFiles::open(Chip::Esp32c3, Some(folder.path()), 0).unwrap_err();
        assert!(matches!(busy, SimulatorError::StateBusy { .. }), "{busy}");
        drop(first);
        assert_eq!(BoardFiles::open(Chip::Esp32c3, Some(folder.path()), 0).unwrap().mac, mac);
        let other = BoardFiles::open(Chip::Esp32, Some(folder.path()), 0).unwrap_err();
        assert!(matches!(other, SimulatorError::StateOfOtherChip { .. }), "{other}");
    }

    #[test]
    fn unreadable_identity_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("board.txt"), "esp32 not-a-mac").unwrap();
        let error = BoardFiles::open(Chip::Esp32, Some(folder.path()), 0).unwrap_err();
        assert!(matches!(error, SimulatorError::State { .. }), "{error}");
    }

    #[test]
    fn seeded_boards_are_the_same() {
        let open = || BoardFiles::open(Chip::Esp32c6, None, 7).unwrap().mac;
        assert_eq!(open(), open());
    }
}
