//! `espalier load`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::program::{Running, Said, aside, ended, espalier};

fn load(arguments: &[&str]) -> Said {
    let home = tempfile::tempdir().unwrap();
    ended(espalier(home.path(), &[&["load"], arguments].concat()))
}

/// A figure of the table.
#[track_caller]
fn figure(said: &Said, name: &str) -> u64 {
    let text = String::from_utf8_lossy(&said.out);
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    line.unwrap_or_else(|| panic!("no {name} in {said:?}"))
}

/// A server of ours that does this with what comes, and its address.
fn server(mode: &str, options: &[&str]) -> (tempfile::TempDir, Running, String) {
    let home = tempfile::tempdir().unwrap();
    let arguments = [&["server", "127.0.0.1:0", "--mode", mode], options].concat();
    let mut running = Running::start(espalier(home.path(), &arguments));
    let address = running.listens().to_string();
    (home, running, address)
}

#[test]
fn a_good_end_is_one_of_all_clients() {
    let (_home, _server, address) = server("echo", &[]);
    let said = load(&[
        &address,
        "--clients",
        "20",
        "--ramp",
        "1000",
        "--for",
        "1s",
        "--pattern",
        "--rate",
        "2K",
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!((figure(&said, "connected"), figure(&said, "good")), (20, 20));
    assert_eq!((figure(&said, "wrong bytes"), figure(&said, "refused")), (0, 0));
    assert!(figure(&said, "received bytes") > 0);
    if !said.err.contains("connections did not close within") {
        assert_eq!(figure(&said, "received bytes"), figure(&said, "sent bytes"));
    }
    assert!(said.err.contains("20 of 20 clients were connected"), "{}", said.err);
    assert!(String::from_utf8_lossy(&said.out).contains("connect         p50 "), "{said:?}");
}

#[test]
fn a_document_has_each_client() {
    let (_home, _server, address) = server("discard", &[]);
    let arguments = ["--clients", "3", "--ramp", "1000", "--stay", "10ms", "--json"];
    let said = load(&[&[address.as_str()], &arguments[..]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    let document: serde_json::Value = serde_json::from_slice(&said.out).unwrap();
    assert_eq!(document["sum"]["good"], 3);
    assert_eq!(document["connect"]["count"], 3);
    assert_eq!(document["clients"][2]["number"], 3);
    assert_eq!(document["clients"][2]["state"]["ended"], "closed-by-us");
    // Few of them: what happens to each is told.
    assert!(said.err.contains("#3 connected to "), "{}", said.err);
}

#[test]
fn some_that_fail_and_none_that_is_reached_have_codes_of_their_own() {
    let (_home, _server, address) =
        server("discard", &["--max-clients", "2", "--close-over-limit"]);
    let said = load(&[&address, "--clients", "5", "--ramp", "1000", "--for", "500ms"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_eq!((figure(&said, "good"), figure(&said, "closed early")), (2, 3));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let said = load(&[&nobody, "--clients", "2"]);
    assert_eq!((said.code, figure(&said, "refused")), (Some(10), 2), "{said:?}");
}

#[test]
fn clients_send_a_list_each_with_its_number() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = aside(move || {
        let mut all = Vec::new();
        for stream in listener.incoming().take(2) {
            let mut said = [0; 9];
            let mut stream = stream.unwrap();
            stream.read_exact(&mut said).unwrap();
            stream.write_all(b"OK").unwrap();
            all.push(String::from_utf8(said.to_vec()).unwrap());
            // Until it leaves.
            stream.read_to_end(&mut Vec::new()).unwrap();
        }
        all
    });
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("list.toml");
    let list = "schema = 2\n[[send-list.group]]\nname = \"g\"\n[[send-list.group.entry]]\n\
                text = \"{{word}} {{client}};\"\nplaceholders = true\ndelay_ms = 0\n\
                answer = { pattern = \"OK\", within_ms = 60000 }\n";
    std::fs::write(&file, list).unwrap();
    let file = file.to_str().unwrap();
    let options = ["--clients", "2", "--ramp", "1000", "--list", file, "--group", "g"];
    let said = load(&[&[address.as_str()], &options[..], &["--variable", "word=client"]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!((figure(&said, "messages"), figure(&said, "answers")), (2, 2));
    let mut heard = heard.join().unwrap();
    heard.sort();
    assert_eq!(heard, ["client 1;", "client 2;"]);
}

#[test]
fn what_makes_no_sense_or_is_not_allowed_is_one_sentence() {
    for (arguments, words) in [
        (&["192.0.2.1:9"][..], "192.0.2.1:9 is outside of this computer and of private networks"),
        (&["[::ffff:192.0.2.1]:9"], "is outside of this computer"),
        (&["127.0.0.1:9", "--clients", "10001"], "a load test has 1 to 10000 clients"),
        (&["127.0.0.1:9", "--for", "25h"], "a load test takes up to 24 hours"),
        (&["127.0.0.1:9", "--ramp", "0"], "1 to 10000 begin each second"),
        (&["127.0.0.1:9", "--list", "no-such-file"], "no-such-file"),
    ] {
        let said = load(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        assert!(said.err.contains(words), "{}", said.err);
        assert!(said.out.is_empty(), "{said:?}");
    }
}

#[test]
fn a_workspace_file_has_load_tests_and_cannot_allow_addresses_outside() {
    let (_home, _server, address) = server("discard", &[]);
    let (host, port) = address.split_once(':').unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("load.toml");
    let run = |host: &str, port: &str, more: &str| {
        let text = format!(
            "schema = 2\n[[session]]\n[session.transport]\nkind = \"load\"\nhost = \"{host}\"\nport = {port}\n\
             clients = 4\nramp = 1000\nstay_ms = 20\n{more}\
             [session.transport.traffic]\nkind = \"pattern\"\nrate = 1000\ncheck = \"none\"\n"
        );
        std::fs::write(&file, text).unwrap();
        ended(espalier(folder.path(), &["run", file.to_str().unwrap()]))
    };
    let said = run(host, port, "");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("4 of 4 clients were connected"), "{}", said.err);
    let said = run("192.0.2.1", "9", "");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("outside of this computer"), "{}", said.err);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = run("127.0.0.1", &nobody.to_string(), "");
    assert_eq!(said.code, Some(10), "{said:?}");
    let said = run("127.0.0.1", "9", "allowed_outside = true\n");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("there is no key allowed_outside here"), "{}", said.err);
}

#[test]
#[cfg(unix)]
fn an_interrupt_closes_all_and_tells_the_figures() {
    let (_home, _server, address) = server("discard", &[]);
    let home = tempfile::tempdir().unwrap();
    let arguments = ["load", &address, "--clients", "30", "--ramp", "1000"];
    let mut running = Running::start(espalier(home.path(), &arguments));
    running.says("connected now: 30 of 30");
    running.interrupt();
    let out = running.rest_of_stdout();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(130), "{err}");
    assert!(String::from_utf8_lossy(&out).contains("good            30"), "{out:?}");
}

/// Nothing comes back, whoever looks at the clock.
#[test]
fn an_echo_that_never_came_is_no_success_however_the_test_ends() {
    let (_home, _server, address) = server("discard", &[]);
    let pattern = ["--pattern", "--rate", "20K", "--clients", "2", "--ramp", "1000"];
    let said = load(&[&[address.as_str(), "--for", "400ms"], &pattern[..]].concat());
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_eq!(figure(&said, "missing bytes"), figure(&said, "sent bytes"), "{said:?}");
    assert_eq!((figure(&said, "connected"), figure(&said, "silent")), (2, 2), "{said:?}");
    let source = ["--pattern", "--check", "source", "--for", "300ms", "--clients", "2"];
    let said = load(&[&[address.as_str()], &source[..]].concat());
    assert_eq!((said.code, figure(&said, "silent")), (Some(3), 2), "{said:?}");
}

#[test]
fn a_run_that_ends_a_load_test_has_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("load.toml");
    for (mode, code) in [("echo", 0), ("discard", 3)] {
        let (_home, _server, address) = server(mode, &[]);
        let port = address.rsplit(':').next().unwrap();
        let text = format!(
            "schema = 2\n[[session]]\n[session.transport]\nkind = \"load\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             clients = 2\nramp = 1000\n[session.transport.traffic]\nkind = \"pattern\"\nrate = 20000\n"
        );
        std::fs::write(&file, text).unwrap();
        let said = ended(espalier(folder.path(), &["run", file.to_str().unwrap(), "--for", "1s"]));
        assert_eq!(said.code, Some(code), "{mode}: {said:?}");
        assert!(said.err.contains("2 of 2 clients were connected"), "{mode}: {}", said.err);
    }
}

#[test]
fn a_target_can_be_secured_as_that_of_a_client() {
    let (home, _server, address) = server("echo", &["--tls"]);
    let rest = ["--clients", "3", "--ramp", "1000", "--for", "1s", "--pattern", "--rate", "2K"];
    let said = load(&[&[&address, "--tls", "--tls-trust-any"], &rest[..]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!((figure(&said, "good"), figure(&said, "tls failed")), (3, 0));
    assert!(String::from_utf8_lossy(&said.out).contains("handshake       p50 "), "{said:?}");
    assert!(said.err.contains("NOT VERIFIED"), "{}", said.err);
    // It is signed by itself.
    let said = load(&[&address, "--clients", "2", "--for", "20s", "--tls"]);
    assert_eq!((said.code, figure(&said, "tls failed")), (Some(18), 2), "{said:?}");
    let file = home.path().join("load.toml");
    let port = address.rsplit(':').next().unwrap();
    let text = format!(
        "schema = 2\n[[session]]\n[session.transport]\nkind = \"load\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         clients = 2\nstay_ms = 100\n[session.transport.tls]\ntrust = \"any\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let said = ended(espalier(home.path(), &["run", file.to_str().unwrap()]));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("TLS failed: 0, failed otherwise: 0"), "{}", said.err);
}

/// Two are served, one waits, and the others are refused: that is no fault of the board or of the test.
#[test]
#[cfg(unix)]
fn a_simulated_board_is_loaded_in_each_of_its_modes() {
    use crate::board::desk::{Board, code, text};
    let board = Board::new();
    let gone = board.finished("go", &["--ssid", "Simulated"]);
    code(&gone, 0);
    let address = text(&gone).trim().to_owned();
    for (mode, check) in [("echo", "echo"), ("source", "source"), ("check", "none")] {
        code(&board.finished("board", &["set", &format!("mode={mode}")]), 0);
        let pattern = ["--pattern", "--rate", "20K", "--check", check];
        let arguments = [&[address.as_str(), "--clients", "6", "--for", "1500ms"], &pattern[..]];
        let said = load(&arguments.concat());
        assert_eq!(said.code, Some(3), "{mode}: {said:?}");
        assert_eq!(figure(&said, "wrong bytes"), 0, "{mode}: {said:?}");
        // On a busy computer one may still wait for its turn at the end.
        let (connected, refused) = (figure(&said, "connected"), figure(&said, "refused"));
        assert!((2..=3).contains(&connected) && (1..=4).contains(&refused), "{mode}: {said:?}");
        assert!(figure(&said, if mode == "check" { "sent bytes" } else { "received bytes" }) > 0);
    }
}
