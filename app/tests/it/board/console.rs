//! What a board prints, played to `espalier monitor` through a pseudo-terminal.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::desk::told;
use crate::program::{Running, Said, aside, espalier};

/// A pseudo-terminal: the board's end, and the name of ours.
fn pty() -> (File, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    // The program that is started must not hold it open.
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    (File::from(master), name)
}

/// Plays this to a monitor, and ends that by Ctrl-C as soon as it has shown all of it.
fn fed(bytes: &[u8], words: &[&str]) -> Said {
    let home = tempfile::tempdir().unwrap();
    let (mut far, port) = pty();
    let words = [&["monitor", "--port", &port], words].concat();
    let mut running = Running::start(espalier(home.path(), &words));
    running.close_stdin();
    running.says("at 115200 baud");
    let all = bytes.to_vec();
    // Held open until the monitor has ended.
    let writer = aside(move || {
        far.write_all(&all).unwrap();
        far
    });
    let out = running.read_stdout(bytes.len());
    running.interrupt();
    let (status, err) = running.end();
    drop(writer.join());
    Said { code: status.code(), out, err }
}

fn cases() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/it/board/cases")
}

#[test]
fn a_report_has_its_names_even_if_the_monitor_ends_at_once() {
    let text = std::fs::read(cases().join("05-line-off-by-one.txt")).unwrap();
    let elf = cases().join("prog.elf");
    let symbols = ["--symbols", elf.to_str().unwrap()];
    // Whole, and cut off behind its backtrace.
    for length in [text.len(), text.len() - 14] {
        let said = fed(&text[..length], &symbols);
        let steps = ["leaf ", "prog.c:5", "middle ", "prog.c:10", "prog.c:16", "prog.c:22"];
        told(&said, 0, &steps);
    }
}

/// A dump of ESP-IDF, with its CRC-32, in lines of base64.
fn printed_dump(flip: u8) -> (Vec<u8>, String) {
    // Header: length, version 0x0102 of an ESP32-C3; the checksum is that of Python's binascii.crc32.
    let mut dump = vec![36, 0, 0, 0, 0x02, 0x01, 5, 0];
    dump.extend([0; 12]);
    dump.extend([3, 0, 0, 0]);
    dump.extend(b"\x7fELF core");
    dump.truncate(32);
    let mut crc = u32::MAX;
    for byte in &dump {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    dump.extend((!crc).to_le_bytes());
    dump[28] ^= flip;
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let bits = u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2]);
        [18, 12, 6, 0].map(|shift| char::from(digits[(bits >> shift) as usize & 63]))
    };
    let base64: String = dump.chunks(3).flat_map(group).collect();
    let text = format!(
        "abort() was called at PC 0x400d1029 on core 0\r\n\r\n\
         ================= CORE DUMP START =================\r\n{}\r\n{}\r\n\
         ================= CORE DUMP END =================\r\nRebooting...\r\n",
        &base64[..24],
        &base64[24..],
    );
    (dump, text)
}

#[test]
fn core_dumps_are_saved_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let dumps = folder.path().join("dumps");
    let capture = folder.path().join("capture.pcapng");
    let saving = ["--core-dumps", dumps.to_str().unwrap()];
    let (dump, text) = printed_dump(0);
    let keeping = ["--capture", capture.to_str().unwrap()];
    let said = fed(text.as_bytes(), &[&saving[..], &keeping].concat());
    told(&said, 0, &["Core dump of 36 bytes saved", "its checksum is right"]);
    let saved = || {
        let entries = std::fs::read_dir(&dumps).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    assert_eq!(std::fs::read(&saved()[0]).unwrap(), dump);

    // The same from its capture; what is there is not overwritten.
    let said = crate::program::finished(
        &["log", capture.to_str().unwrap(), "--core-dumps", dumps.to_str().unwrap()],
        b"",
    );
    told(&said, 0, &["Core dump of 36 bytes saved"]);
    assert_eq!((said.out.len(), saved().len()), (0, 2));

    let said = fed(printed_dump(1).1.as_bytes(), &saving);
    told(&said, 1, &["damaged: its checksum is wrong", "-damaged.bin"]);
    let said = fed(text.as_bytes(), &[]);
    told(&said, 0, &["its checksum is right; --core-dumps DIR saves such"]);
    assert_eq!(saved().len(), 3);
}

#[test]
fn a_damaged_core_dump_hides_no_other_reason_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let dumps = folder.path().join("dumps");
    let (mut far, port) = pty();
    let words = ["monitor", "--port", &port, "--core-dumps", dumps.to_str().unwrap()];
    let mut running = Running::start(espalier(folder.path(), &words));
    running.close_stdin();
    running.says("at 115200 baud");
    let text = printed_dump(1).1;
    far.write_all(text.as_bytes()).unwrap();
    let out = running.read_stdout(text.len());
    drop(far);
    let (status, err) = running.end();
    let said = Said { code: status.code(), out, err };
    told(&said, 22, &["damaged: its checksum is wrong", "pseudo-terminal was closed"]);
}

#[test]
fn a_line_that_the_port_took_with_it_is_not_continued_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("port");
    let capture = folder.path().join("capture.pcapng");
    let (mut far, name) = pty();
    std::os::unix::fs::symlink(name, &link).unwrap();
    let words = ["monitor", "--port", link.to_str().unwrap(), "--timestamps", "--capture"];
    let words = [&words[..], &[capture.to_str().unwrap()]].concat();
    let mut running = Running::start(espalier(folder.path(), &words));
    running.close_stdin();
    running.says("at 115200 baud");
    far.write_all(b"half a li").unwrap();
    // A time, a blank, and what came.
    let mut out = running.read_stdout(13 + 9);
    std::fs::remove_file(&link).unwrap();
    drop(far);
    running.says("waiting for it to come back");
    let (mut far, name) = pty();
    std::os::unix::fs::symlink(name, &link).unwrap();
    running.says("at 115200 baud");
    far.write_all(b"ne after\n").unwrap();
    out.extend(running.read_stdout(1 + 13 + 9));
    running.interrupt();
    running.end();
    let out = String::from_utf8(out).unwrap();
    let rows: Vec<_> = out.lines().map(|row| &row[13..]).collect();
    assert_eq!(rows, ["half a li", "ne after"]);
    let said = crate::program::finished(&["log", capture.to_str().unwrap()], b"");
    let log = String::from_utf8_lossy(&said.out).into_owned();
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("no {what}: {log}"));
    assert!(at("< half a li\n") < at("ended: port gone") && at("ended") < at("< ne after"));
}
