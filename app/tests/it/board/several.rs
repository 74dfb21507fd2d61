//! `espalier flash --port A --port B …`: several boards at once.

use super::builds::program;
use super::desk::{Board, code, told};
use crate::program::{Running, Said, espalier, finished, noise};

/// `espalier flash` with the ports of these boards.
fn words<'a>(ports: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    let ports = ports.iter().flat_map(|port| ["--port", port]);
    ["flash"].into_iter().chain(ports).chain(more.iter().copied()).collect()
}

fn flash(boards: &[&Board], more: &[&str]) -> Said {
    let ports: Vec<String> = boards.iter().map(|board| board.port()).collect();
    finished(&words(&ports, more), b"")
}

/// The row of the table at the end for this board.
#[track_caller]
fn row<'s>(said: &'s Said, board: &Board) -> &'s str {
    let port = board.port();
    let row = said.err.lines().rfind(|line| line.starts_with(&port));
    row.unwrap_or_else(|| panic!("no row of {port}: {}", said.err))
}

#[test]
fn three_boards_of_three_chips_are_flashed_at_once_each_with_its_own_progress_and_result() {
    let boards =
        [Board::new(), Board::with(&["--chip", "esp32c6"]), Board::with(&["--chip", "esp32"])];
    let said = flash(&boards.each_ref(), &[]);
    code(&said, 0);
    for (board, chip) in boards.iter().zip(["ESP32-C3", "ESP32-C6", "ESP32 "]) {
        let prefix = format!("[{}] ", board.port());
        // How far it is, is looked at from time to time: a step that is over at once may not be seen.
        for step in ["Writing application", "the program runs"] {
            let told = |line: &str| line.starts_with(&prefix) && line.contains(step);
            assert!(said.err.lines().any(told), "{step}: {}", said.err);
        }
        let row = row(&said, board);
        assert!(row.contains(chip) && row.contains("the program runs"), "{row}");
        code(&board.finished("board", &["status"]), 0);
    }
}

#[test]
fn a_board_that_fails_stops_no_other_and_its_code_is_the_first_that_failed() {
    let (good, other) = (Board::new(), Board::with(&["--chip", "esp32c6"]));
    let locked = Board::with(&["--faults", "secure-download=1"]);
    let said = flash(&[&good, &other, &locked], &["--chip", "esp32c3"]);
    code(&said, 24);
    assert!(row(&said, &good).contains("the program runs"), "{}", said.err);
    assert!(row(&said, &other).contains("ESP32-C6"), "{}", said.err);
    code(&flash(&[&good, &locked, &other], &["--chip", "esp32c3"]), 27);
    // One that is not there keeps nobody waiting, either.
    let ports = ["/dev/no-such-port".to_owned(), good.port()];
    let said = finished(&words(&ports, &[]), b"");
    told(&said, 22, &["[/dev/no-such-port] /dev/no-such-port is not there"]);
    assert!(row(&said, &good).contains("the program runs"), "{}", said.err);
}

#[test]
fn a_build_goes_onto_three_simulated_boards_of_its_chip_and_another_chip_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let build = program().idf(&folder.path().join("hello"), false);
    let ports =
        ["simulated:esp32c3", "simulated:esp32c3:2", "simulated:esp32c6", "simulated:esp32c3:3"];
    let ports = ports.map(str::to_owned);
    let said = finished(&words(&ports, &[build.to_str().unwrap()]), b"");
    told(&said, 24, &["found for ESP32-C3", "[simulated:esp32c6] "]);
    for port in ports.iter().filter(|port| port.contains("c3")) {
        let row = said.err.lines().rfind(|line| line.starts_with(&format!("{port} ")));
        assert!(row.is_some_and(|row| row.contains("the program runs")), "{}", said.err);
    }
}

#[test]
fn ctrl_c_cancels_all_of_them() {
    let mut boards = [Board::new(), Board::new()];
    let ports: Vec<String> = boards.iter().map(Board::port).collect();
    let image = boards[0].image(0x1_0000, "big.bin", &noise(1 << 20));
    for board in &mut boards {
        board.hand("fault slow-erase=20");
    }
    let home = tempfile::tempdir().unwrap();
    let all = words(&ports, &["--image", &image]);
    let mut running = Running::start(espalier(home.path(), &all));
    for port in &ports {
        running.says(&format!("[{port}] Writing big.bin "));
    }
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(26), "{err}");
    let said = Said { code: status.code(), out: Vec::new(), err };
    for board in &boards {
        assert!(row(&said, board).contains("Cancelled"), "{}", said.err);
    }
}

#[test]
fn the_same_board_twice_is_refused_and_so_is_watching_several() {
    let board = Board::new();
    told(&flash(&[&board, &board], &[]), 2, &["are the same port: name each board once"]);
    // By the name of its device, too.
    let device = std::fs::canonicalize(board.port()).unwrap();
    let ports = [board.port(), device.to_str().unwrap().to_owned()];
    told(&finished(&words(&ports, &[]), b""), 2, &["are the same port"]);
    let simulated = ["simulated:esp32c3", "simulated:esp32c3"].map(str::to_owned);
    told(&finished(&words(&simulated, &[]), b""), 2, &["are the same port"]);
    let other = Board::new();
    told(&flash(&[&board, &other], &["a folder", "--watch"]), 2, &["--watch goes with one --port"]);
    assert!(board.is_empty() && other.is_empty());
}
