//! A new program over the network: `board update`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::desk::{Board, code, text, told};
use crate::program::{Said, finished};

/// The board's status as JSON.
fn status(board: &Board) -> serde_json::Value {
    serde_json::from_slice(&board.finished("board", &["status", "--json"]).out).unwrap()
}

/// Where it takes updates.
fn place(board: &Board) -> String {
    format!("127.0.0.1:{}", status(board)["program"]["port"])
}

fn update(place: &str, words: &[&str]) -> Said {
    finished(&[&["board", "update", "--over", place], words].concat(), b"")
}

/// The same with this token.
fn update_with(token: &str, place: &str, words: &[&str]) -> Said {
    let words = [&["board", "update", "--over", place, "--token-stdin"], words].concat();
    finished(&words, format!("{token}\n").as_bytes())
}

/// The bundled program for a chip, with another version.
fn image(board: &Board, chip: &str, version: &str) -> String {
    let folder = board.folder().join("images");
    let folder = folder.to_str().unwrap();
    code(&finished(&["images", "export", folder, "--chip", chip], b""), 0);
    let path: PathBuf = [folder, chip, "espalier.bin"].iter().collect();
    let mut bytes = std::fs::read(path).unwrap();
    // The descriptor's version; checksum and hash are the image's end.
    let (end, mut field) = (bytes.len() - 32, version.as_bytes().to_vec());
    field.resize(32, 0);
    for (at, byte) in (48..).zip(field) {
        bytes[end - 1] ^= bytes[at] ^ byte;
        bytes[at] = byte;
    }
    let hash = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&hash);
    board.file(&format!("{chip}-{version}.bin"), &bytes).to_str().unwrap().to_owned()
}

#[test]
fn a_board_is_updated_over_the_network_and_returns_to_the_program_before_when_the_new_one_hangs() {
    let mut board = Board::new();
    code(&board.finished("go", &["--ssid", "Simulated"]), 0);
    let at = place(&board);
    let first = status(&board)["firmware"]["version"].as_str().unwrap().to_owned();

    // Nobody may before somebody says so on the console, and nothing but a program for this chip.
    let newer = image(&board, "esp32c3", "9.0.1");
    told(&update(&at, &["--image", &newer]), 34, &["ota allow", "ota token"]);
    code(&board.answers("board", &["set", "--ota-token-stdin"], b"correct horse\n"), 0);
    assert_eq!(status(&board)["program"]["token"], true);
    let with = |image: &str| update_with("correct horse", &at, &["--image", image]);
    told(&with(&image(&board, "esp32", "9.0.1")), 24, &["another chip"]);
    told(&update_with("correct horse", &at, &[]), 0, &["runs this program already"]);
    // One that was damaged since is not the program that its end names, and is not sent.
    let mut damaged = std::fs::read(image(&board, "esp32c3", &first)).unwrap();
    damaged[600_000] ^= 1;
    let damaged = board.file("damaged.bin", &damaged);
    told(&with(damaged.to_str().unwrap()), 28, &["the image is damaged"]);
    told(&with(&newer), 0, &["100 % written", "the new program: 9.0.1"]);
    let now = status(&board);
    assert_eq!(now["firmware"]["version"], "9.0.1");
    assert_eq!(
        (&now["program"]["slot"], &now["program"]["state"]),
        (&1.into(), &"confirmed".into())
    );
    assert_eq!(now["settings"]["name"], "espalier", "and it has kept its network: {now}");

    // The next one hangs at its first start.
    board.hand("fault stuck-update=1");
    let stuck = image(&board, "esp32c3", "9.0.2");
    let said = with(&stuck);
    told(&said, 29, &["returned to the one before"]);
    assert!(!said.err.contains("correct horse"), "{said:?}");
    let now = status(&board);
    assert_eq!(now["firmware"]["version"], "9.0.1");
    assert_eq!(now["program"]["state"], "rolled-back");

    // An update over the cable begins anew in the first slot, and keeps the settings.
    board.hand("fault");
    told(&update_with("another one", &at, &["--image", &stuck]), 34, &["another token"]);
    code(&board.finished("flash", &[]), 0);
    code(&board.finished("go", &[]), 0);
    let now = status(&board);
    assert_eq!(now["firmware"]["version"], first.as_str());
    assert_eq!((&now["program"]["slot"], &now["program"]["token"]), (&0.into(), &true.into()));
    assert!(text(&board.finished("board", &["status"])).contains("slot 0 of 2, confirmed"));
}

#[test]
fn whoever_is_not_there_or_no_board_is_told_from_one_that_refuses() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = nobody.local_addr().unwrap().to_string();
    drop(nobody);
    told(&update(&at, &[]), 10, &["nobody takes updates"]);
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = other.local_addr().unwrap().to_string();
    let greets = std::thread::Builder::new().name("other".to_owned()).spawn(move || {
        use std::io::Write as _;
        let (mut stream, _) = other.accept().unwrap();
        stream.write_all(b"220 mail.example ESMTP\r\n").unwrap();
        stream
    });
    told(&update(&at, &[]), 30, &["no board of ours"]);
    drop(greets.unwrap().join().unwrap());
    code(&update("127.0.0.1:0", &[]), 2);
    code(&update_with("short", "127.0.0.1", &[]), 2);
    code(&finished(&["board", "update", "--over", "127.0.0.1", "--port", "x"], b""), 2);
}

/// Begins as a board that takes an update, and does `then` with the connection and the length of the offer.
fn fake<T: Send + 'static>(
    then: impl FnOnce(BufReader<std::net::TcpStream>, usize) -> T + Send + 'static,
) -> (String, std::thread::JoinHandle<T>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let board = move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        let greeting = "espalier-ota/1 chip=esp32c3 version=0.1.0 slot=0 of=2 room=2031616 state=confirmed allowed=yes token=no";
        writeln!(stream, "{greeting} nonce=00112233445566778899aabbccddeeff").unwrap();
        let (mut heard, mut line) = (BufReader::new(stream), String::new());
        heard.read_line(&mut line).unwrap();
        let bytes = line.split_once("bytes=").unwrap().1;
        then(heard, bytes.split(' ').next().unwrap().parse().unwrap())
    };
    (at, std::thread::Builder::new().name("board".to_owned()).spawn(board).unwrap())
}

/// What a board says that takes an update, up to so many bytes of it, and is gone then; how many came.
fn goes_after(most: usize) -> (String, std::thread::JoinHandle<usize>) {
    fake(move |mut heard, bytes| {
        let most = most.min(bytes);
        heard.get_mut().write_all(b"go\n").unwrap();
        let (mut came, mut piece) = (0, [0; 16 << 10]);
        while came < most {
            let room = piece.len().min(most - came);
            heard.read_exact(&mut piece[..room]).unwrap();
            came += room;
            writeln!(heard.get_mut(), "at {came}").unwrap();
        }
        came
    })
}

#[test]
fn what_claims_to_have_more_than_was_sent_is_no_board() {
    for lie in ["go\nat 4294967295\n", "go\nwritten\n", "at 0\n", "go\ngo\n", "go\nat 0x10\n"] {
        let (at, board) = fake(move |mut heard, _| {
            heard.get_mut().write_all(lie.as_bytes()).unwrap();
            // Until the other end has had enough.
            std::io::copy(&mut heard, &mut std::io::sink()).ok();
        });
        told(&update(&at, &[]), 30, &["no board of ours"]);
        board.join().unwrap();
    }
}

#[test]
fn a_board_that_is_gone_in_the_middle_is_told_from_one_that_may_have_all_of_it() {
    let (at, board) = goes_after(100_000);
    told(&update(&at, &[]), 28, &["the connection to the board broke", "as before"]);
    assert_eq!(board.join().unwrap(), 100_000);
    let (at, board) = goes_after(usize::MAX);
    told(&update(&at, &[]), 33, &["all of the new program was sent", "look at its console"]);
    assert!(board.join().unwrap() > 500_000);
}
