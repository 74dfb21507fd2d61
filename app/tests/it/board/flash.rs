//! `espalier flash`: what it writes, what it says, and how it ends.

use espalier_simulator::Simulator;

use super::desk::{Board, code, told, until};
use crate::program::{Running, Said, espalier, finished, has, noise};

/// Parts as they are counted at the end. On an empty board that which says what is started is erased already.
const ALL_WRITTEN: &str = "parts written: 3, already there: 1";
const NONE_WRITTEN: &str = "parts written: 0, already there: 4";

/// Slow enough to be interrupted, and not much slower.
const SLOW: &str = "slow-erase=20";

/// The board takes a flash now, and holds what was to be written.
#[track_caller]
fn can_be_flashed(board: &Board, image: &str, bytes: &[u8]) {
    told(&board.finished("flash", &["--image", image, "--after", "none"]), 0, &["goes on running"]);
    assert!(board.flash()[0x1_0000..].starts_with(bytes), "something else is on the board");
}

fn interrupted(running: Running) -> Said {
    running.interrupt();
    let (status, err) = running.end();
    Said { code: status.code(), out: Vec::new(), err }
}

#[test]
fn the_bundled_firmware_is_written_once_and_runs_after_every_way_to_start_it() {
    let board = Board::new();
    let said = board.finished("flash", &[]);
    told(&said, 0, &["ESP32-C3 revision v0.4", ALL_WRITTEN, "the program runs"]);
    told(&board.finished("flash", &[]), 0, &["All parts are already on the board", NONE_WRITTEN]);
    let compared = board.finished("flash", &["--verify-only"]);
    told(&compared, 0, &[NONE_WRITTEN, "was started again with what it has"]);
    assert!(!compared.err.contains("the program runs"), "{}", compared.err);
    // A pty has no modem lines: the loader is asked, whether that is wanted or all there is.
    told(
        &board.finished("flash", &["--after", "soft"]),
        0,
        &["The loader was asked", "the program runs"],
    );
    let status = board.finished("board", &["status"]);
    code(&status, 0);
}

#[test]
fn a_loader_that_was_left_running_is_found_again_at_any_speed() {
    let board = Board::new();
    let stay = ["--after", "none"];
    told(&board.finished("flash", &stay), 0, &["the loader goes on running"]);
    let said =
        board.finished("flash", &["--before", "none", "--baud", "230400", "--after", "none"]);
    told(&said, 0, &[NONE_WRITTEN, "at 230400 baud"]);
    told(&board.finished("flash", &["--before", "none"]), 0, &["the program runs"]);
}

#[test]
fn images_go_to_their_addresses_and_are_verified_without_being_written() {
    let board = Board::new();
    let (one, other) = (noise(70_001), b"to be or not to be ".repeat(2000));
    let first = board.image(0x2_0000, "one.bin", &one);
    let second = board.image(0x1_0000, "other.bin", &other);
    let both = board.finished("flash", &["--image", &first, &second, "--after", "none"]);
    told(&both, 0, &["parts written: 2"]);
    assert!(board.flash()[0x2_0000..].starts_with(&one));
    assert!(board.flash()[0x1_0000..].starts_with(&other));
    let verify = |image: &str| {
        board.finished("flash", &["--verify-only", "--image", image, "--after", "none"])
    };
    told(&verify(&first), 0, &["already there"]);
    let before = board.flash();
    let third = board.image(0x2_0000, "third.bin", &[7; 4096]);
    told(&verify(&third), 25, &["third.bin", "0x20000", "differs"]);
    assert!(board.flash() == before);
}

#[test]
fn a_program_in_the_second_slot_is_the_same_program() {
    let board = Board::new();
    let write = |image: &str, words: &[&str]| {
        let words = [&["--image", image, "--after", "none"], words].concat();
        code(&board.finished("flash", &words), 0);
    };
    code(&board.finished("flash", &["--after", "none"]), 0);
    let folder = board.folder().join("images");
    let export = ["images", "export", folder.to_str().unwrap(), "--chip", "esp32c3"];
    code(&finished(&export, b""), 0);
    let program = std::fs::read(folder.join("esp32c3/espalier.bin")).unwrap();
    // As an update over the network leaves it: the second slot is started, and the first holds something else.
    write(&board.image(0x20_0000, "program.bin", &program), &[]);
    write(&board.image(0x1_0000, "old.bin", &noise(4096)), &["--force"]);
    let before = board.flash();
    let verify = || board.finished("flash", &["--verify-only", "--after", "none"]);
    told(&verify(), 0, &[NONE_WRITTEN, "starts the program at 0x200000"]);
    assert!(board.flash() == before);
    // Another program is another program, and no worn-out flash.
    write(&board.image(0x20_0000, "other.bin", &noise(4096)), &["--force"]);
    told(&verify(), 25, &["0x200000", "another version"]);
}

#[test]
fn erasing_first_takes_the_settings_too() {
    let board = Board::new();
    let settings = board.image(0x9000, "nvs.bin", &noise(4096));
    code(&board.finished("flash", &["--image", &settings, "--after", "none"]), 0);
    code(&board.finished("flash", &["--after", "none"]), 0);
    assert!(board.flash()[0x9000..].starts_with(&noise(4096)));
    told(&board.finished("flash", &["--erase", "--after", "none"]), 0, &["parts written: 4"]);
    assert!(board.flash()[0x9000..0xA000].iter().all(|byte| *byte == 0xff));
    code(&board.finished("flash", &["--erase", "--verify-only"]), 2);
}

#[test]
fn another_chip_than_asked_for_is_refused_before_anything_is_written() {
    let board = Board::new();
    told(&board.finished("flash", &["--chip", "esp32c6"]), 24, &["ESP32-C3", "ESP32-C6"]);
    let mut image = noise(8192);
    image[0] = 0xe9;
    image[12..14].copy_from_slice(&[9, 0]);
    let other = board.image(0x1_0000, "s3.bin", &image);
    told(&board.finished("flash", &["--image", &other]), 24, &["is for ESP32-S3", "ESP32-C3"]);
    assert!(board.is_empty());
    told(&board.finished("flash", &["--chip", "esp32c3"]), 0, &["the program runs"]);
}

#[test]
fn locked_chips_are_refused_with_the_reason() {
    for (fault, words) in
        [("secure-download=1", "secure download mode"), ("encrypted=1", "is encrypted")]
    {
        let board = Board::with(&["--faults", fault]);
        told(&board.finished("flash", &[]), 27, &["ESP32-C3", words, "eFuses"]);
        told(&board.finished("go", &["--ssid", "Simulated"]), 27, &[words]);
        assert!(board.is_empty());
    }
}

#[test]
fn files_that_cannot_be_used_are_bad_arguments() {
    let board = Board::new();
    let text = board.file("notes.txt", b"no program");
    told(
        &board.finished("flash", &["--image", text.to_str().unwrap()]),
        2,
        &["neither", "0x10000:"],
    );
    told(&board.finished("flash", &["--image", "0x10000:/nowhere/a.bin"]), 2, &["cannot be read"]);
    let late = board.image(0x3f_f000, "late.bin", &noise(8192));
    told(&board.finished("flash", &["--image", &late]), 2, &["late.bin"]);
    code(&board.finished("flash", &["--chip", "esp8266"]), 2);
    assert!(board.is_empty());
}

#[test]
fn a_failed_verification_has_its_code_and_the_next_flash_succeeds() {
    let mut board = Board::new();
    board.hand("fault bad-md5=2");
    let image = board.image(0x1_0000, "one.bin", &noise(10_000));
    let said = board.finished("flash", &["--image", &image]);
    told(&said, 25, &["one.bin", "0x10000", "is not what was written"]);
    can_be_flashed(&board, &image, &noise(10_000));
}

#[test]
fn a_loader_that_cannot_write_has_its_code_and_the_next_flash_succeeds() {
    let mut board = Board::new();
    board.hand("fault bad-write=1");
    let image = board.image(0x1_0000, "one.bin", &noise(10_000));
    let said = board.finished("flash", &["--image", &image]);
    told(&said, 28, &["The loader reports that it failed", "Check the supply"]);
    can_be_flashed(&board, &image, &noise(10_000));
}

#[test]
fn a_loader_that_does_not_answer_has_its_code_and_says_what_to_press() {
    let board = Board::with(&["--no-auto-reset"]);
    let said = board.finished("flash", &["--wait", "2s"]);
    told(&said, 23, &["does not answer", "Hold BOOT", "no modem lines"]);
}

#[test]
fn buttons_pressed_in_time_are_enough() {
    let mut board = Board::with(&["--no-auto-reset"]);
    let mut running = board.start("flash", &["--chip", "esp32c3"]);
    running.says("GPIO9");
    board.hand("download");
    running.says("the program runs");
    assert_eq!(running.end().0.code(), Some(0));
}

#[test]
fn interrupted_in_the_middle_it_is_cancelled_and_goes_on_next_time() {
    let mut board = Board::new();
    let bytes = noise(1 << 20);
    let image = board.image(0x1_0000, "big.bin", &bytes);
    board.hand(&format!("fault {SLOW}"));
    let mut running = board.start("flash", &["--image", &image]);
    running.says("Writing big.bin ");
    told(&interrupted(running), 26, &["Cancelled", "incomplete", "flash again"]);
    // Whoever is told to end, rather than interrupted, leaves the chip in its loader too.
    let mut running = board.start("flash", &["--image", &image]);
    running.says("Writing big.bin ");
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.end().0.code(), Some(26));
    board.hand("fault");
    can_be_flashed(&board, &image, &bytes);
}

#[test]
fn cancelled_before_anything_was_written_it_says_so() {
    let board = Board::with(&["--no-auto-reset"]);
    let mut running = board.start("flash", &[]);
    running.says("Hold BOOT");
    let said = interrupted(running);
    told(&said, 26, &["Cancelled: nothing was written"]);
}

#[test]
fn a_board_that_goes_in_mid_write_has_its_code() {
    let mut board = Board::new();
    let image = board.image(0x1_0000, "big.bin", &noise(1 << 20));
    board.hand(&format!("fault {SLOW}"));
    let mut running = board.start("flash", &["--image", &image]);
    running.says("Writing big.bin ");
    // The simulator is killed, and its port is gone with it.
    drop(board);
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(22), "{err}");
    assert!(err.contains("went away while it was being flashed"), "{err}");
}

#[test]
fn a_board_that_goes_and_comes_back_can_be_flashed_again() {
    let mut board = Board::new();
    let bytes = noise(400_000);
    let image = board.image(0x1_0000, "big.bin", &bytes);
    board.hand("fault vanish-after=100000,vanish-for=1");
    told(&board.finished("flash", &["--image", &image]), 22, &["went away"]);
    board.hand("fault");
    until("the port's return", || std::fs::canonicalize(board.port()).ok());
    can_be_flashed(&board, &image, &bytes);
}

#[test]
fn a_port_that_another_program_has_is_busy_and_its_holder_is_named() {
    let board = Board::new();
    let mut holder = board.start("monitor", &[]);
    holder.says("at 115200 baud");
    told(&board.finished("flash", &[]), 20, &["espalier", &format!("process {}", holder.id())]);
    told(&board.finished("monitor", &[]), 20, &["in use"]);
    told(&board.finished("board", &["status"]), 20, &["in use"]);
    told(&board.finished("go", &["--ssid", "Simulated"]), 20, &["in use"]);
    holder.interrupt();
    assert_eq!(holder.end().0.code(), Some(0));
    told(&board.finished("flash", &[]), 0, &["the program runs"]);
}

#[test]
fn a_simulated_board_that_runs_in_another_program_is_busy() {
    if let Some(why) = Simulator::unavailable() {
        return eprintln!("SKIPPED: {why}");
    }
    let home = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let all = [words, &["--port", "simulated:esp32c3"]].concat();
        Running::start(espalier(home.path(), &all))
    };
    let mut holder = run(&["monitor"]);
    holder.says("at 115200 baud");
    let (status, err) = run(&["flash"]).end();
    assert_eq!(status.code(), Some(20), "{err}");
    holder.interrupt();
    holder.end();
    let (status, err) = run(&["flash"]).end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("the program runs"), "{err}");
    let (status, err) = run(&["flash", "--chip", "esp32"]).end();
    assert_eq!(status.code(), Some(24), "{err}");
    told(&finished(&["flash", "--port", "simulated:toaster"], b""), 22, &["toaster"]);
}

/// Root may open everything, so there it takes a program that lets its rights go.
#[test]
fn a_port_that_may_not_be_opened_is_told_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt as _;
    let board = Board::new();
    let port = std::fs::canonicalize(board.port()).unwrap();
    std::fs::set_permissions(&port, std::fs::Permissions::from_mode(0o000)).unwrap();
    let root = std::fs::File::open(&port).is_ok();
    if root && !has("setpriv") {
        return;
    }
    for words in [&["flash"][..], &["monitor"], &["board", "status"]] {
        let plain = espalier(board.folder(), &[words, &["--port", &board.port()]].concat());
        let mut command = plain;
        if root {
            let mut unprivileged = std::process::Command::new("setpriv");
            unprivileged.args(["--bounding-set=-all", "--inh-caps=-all"]);
            unprivileged.arg(command.get_program()).args(command.get_args());
            unprivileged.env("ESPALIER_HOME", board.folder());
            command = unprivileged;
        }
        let (status, err) = Running::start(command).end();
        assert_eq!(status.code(), Some(21), "{words:?}: {err}");
        assert!(err.contains(&board.port()) && err.contains("group"), "{err}");
    }
}

/// Where nothing of the bundled program is any more.
const BEHIND_ALL: usize = 0x18_0000;

#[test]
fn what_is_not_where_it_belongs_is_refused_and_written_only_by_force() {
    let board = Board::new();
    told(&board.finished("flash", &[]), 0, &["the program runs"]);
    let before = board.flash();
    let application = board.image(0, "app.bin", &before[0x1_0000..BEHIND_ALL]);
    let said = board.finished("flash", &["--image", &application]);
    told(&said, 2, &["app.bin is an application", "0x10000 (ota_0), not at 0x0", "--force"]);
    assert!(board.flash() == before);
    // The board's own words are how it ends.
    let said = board.finished("flash", &["--force", "--image", &application]);
    told(&said, 29, &["Written all the same", "All was written, but the board"]);
}

#[test]
fn a_merged_image_keeps_settings_unless_it_is_wanted_whole() {
    let board = Board::new();
    told(&board.finished("flash", &[]), 0, &["the program runs"]);
    let mut merged = board.flash();
    merged[0x9000..0xF000].fill(0xff);
    merged.truncate(BEHIND_ALL);
    let settings = board.image(0x9000, "nvs.bin", &noise(4096));
    code(&board.finished("flash", &["--image", &settings, "--after", "none"]), 0);
    let merged = board.image(0, "merged.bin", &merged);
    let said = board.finished("flash", &["--image", &merged, "--after", "none"]);
    told(&said, 0, &["its parts are written, settings stay"]);
    assert!(board.flash()[0x9000..].starts_with(&noise(4096)));
    code(&board.finished("flash", &["--whole", "--image", &merged, "--after", "none"]), 0);
    assert!(board.flash()[0x9000..0xA000].iter().all(|byte| *byte == 0xff));
}
