//! `espalier run`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use crate::program::{PATIENCE, Running, digest, ended, espalier, finished};

fn workspace(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("w.toml");
    std::fs::write(&path, text).unwrap();
    path
}

const TWO_SERVERS: &str = r#"
schema = 1
[[session]]
name = "echo"
transport = { kind = "tcp-server", behaviour = "echo" }
[[session]]
transport = { kind = "tcp-server", behaviour = "discard" }
"#;

#[test]
#[cfg(unix)]
fn the_sessions_of_a_file_run_side_by_side_until_ctrl_c_and_are_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = workspace(&folder, TWO_SERVERS);
    let captures = folder.path().join("captures here");
    let arguments = ["run", file.to_str().unwrap(), "--captures", captures.to_str().unwrap()];
    let mut running = Running::start(espalier(folder.path(), &arguments));
    let mut ports = std::collections::HashMap::new();
    for _ in 0..2 {
        let line = running.says("listening on ");
        let (label, address) = line.split_once(" listening on ").unwrap();
        ports.insert(label.to_owned(), address.to_owned());
    }
    let mut stream = TcpStream::connect(&ports["[1 echo]"]).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).unwrap();
    let mut other = TcpStream::connect(&ports["[2]"]).unwrap();
    other.write_all(b"lost").unwrap();
    running.says("[2] #1 accepted");
    drop((stream, other));
    // Which of the two comes first is up to the system.
    let mut ended = [running.says("ended: closed by peer"), running.says("ended: closed by peer")];
    ended.sort();
    assert_eq!(ended, ["[1 echo] #1 ended: closed by peer", "[2] #1 ended: closed by peer"]);
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    let hello = digest(b"hello");
    let sum = format!("[1 echo] received 5 B, SHA-256 {hello}; sent 5 B, SHA-256 {hello}");
    assert!(err.contains(&sum), "{err}");
    let capture = captures.join("2.pcapng");
    let said = finished(&["log", capture.to_str().unwrap(), "--view", "raw"], b"");
    assert_eq!(said.out, b"lost");
}

#[test]
fn a_run_ends_by_itself_after_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = workspace(&folder, TWO_SERVERS);
    let said = finished(&["run", file.to_str().unwrap(), "--for", "300ms"], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("[2] stopped listening"), "{}", said.err);
}

#[test]
fn a_file_that_cannot_be_used_is_one_sentence_and_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let bad = ["schema = 99", "schema = 1", "schema = 1\n[[session]]\nname = 3", "{"];
    for text in bad {
        let file = workspace(&folder, text);
        let said = finished(&["run", file.to_str().unwrap()], b"");
        assert_eq!(said.code, Some(2), "{text}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{text}: {}", said.err);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
#[cfg(unix)]
fn a_client_is_told_of_by_its_number_and_by_the_name_that_the_file_gives_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "schema = 2\n[[session]]\n[session.transport]\nkind = \"tcp-server\"\n\
                [[session.transport.client]]\naddress = \"127.0.0.1\"\nname = \"门锁\"\n";
    let file = workspace(&folder, text);
    let arguments = ["run", file.to_str().unwrap()];
    let mut running = Running::start(espalier(folder.path(), &arguments));
    let line = running.says("listening on ");
    let (_, address) = line.split_once(" listening on ").unwrap();
    let stream = TcpStream::connect(address).unwrap();
    running.says("[1] #1 门锁 accepted");
    drop(stream);
    running.says("[1] #1 门锁 ended: closed by peer");
    running.interrupt();
    running.end();
}

/// However many sessions there are, none has a thread of its own.
#[test]
#[cfg(target_os = "linux")]
fn sessions_have_no_threads_of_their_own() {
    const SESSIONS: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let session = "[[session]]\ntransport = { kind = \"tcp-server\" }\n";
    let file = workspace(&folder, &format!("schema = 1\n{}", session.repeat(SESSIONS)));
    let arguments = ["run", file.to_str().unwrap()];
    let mut running = Running::start(espalier(folder.path(), &arguments));
    for _ in 0..SESSIONS {
        running.says("listening on ");
    }
    let threads = std::fs::read_dir(format!("/proc/{}/task", running.id())).unwrap().count();
    assert!(threads < 40, "{threads}");
}

#[test]
fn a_run_ends_with_its_last_session_and_says_in_its_exit_code_that_one_failed() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens where this one was.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = format!(
        "[[session]]\ntransport = {{ kind = \"tcp-client\", host = \"127.0.0.1\", port = {gone} }}\n"
    );
    let file = workspace(&folder, &format!("schema = 1\n{refused}{refused}"));
    let said = finished(&["run", file.to_str().unwrap()], b"");
    assert_eq!(said.code, Some(10), "{}", said.err);
    // The last words of both are told, and the sums come after them.
    assert_eq!(said.err.matches("ended: refused").count(), 2, "{}", said.err);
    let last: Vec<_> = said.err.lines().rev().take(2).collect();
    assert!(last.iter().all(|line| line.contains("SHA-256")), "{}", said.err);

    // One failed, the other still runs when the time is over.
    let server = "[[session]]\ntransport = { kind = \"tcp-server\" }\n";
    let file = workspace(&folder, &format!("schema = 1\n{refused}{server}"));
    let said = finished(&["run", file.to_str().unwrap(), "--for", "1s"], b"");
    assert_eq!(said.code, Some(10), "{}", said.err);
}

#[test]
fn a_client_that_has_nobody_to_dial_says_so_and_does_not_try_again() {
    for (host, port, why) in
        [("localhost", 0, "the port is 1 to 65535"), ("", 7, "the host is missing")]
    {
        let folder = tempfile::tempdir().unwrap();
        let transport = format!(
            "{{ kind = \"tcp-client\", host = \"{host}\", port = {port}, reconnect = {{ policy = \"exponential\" }} }}"
        );
        let file =
            workspace(&folder, &format!("schema = 1\n[[session]]\ntransport = {transport}\n"));
        let said = finished(&["run", file.to_str().unwrap()], b"");
        assert!(said.err.contains(&format!("ended: other: {why}")), "{said:?}");
        assert!(!said.err.contains("connecting to"), "{said:?}");
    }
}

#[test]
fn a_capture_in_a_workspace_is_looked_at_and_one_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let capture = folder.path().join("then.pcapng");
    let peer = std::thread::Builder::new().name("peer".to_owned()).spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"then").unwrap();
    });
    let said = finished(&["client", &target, "--capture", capture.to_str().unwrap()], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    peer.unwrap().join().unwrap();
    let before = std::fs::read(&capture).unwrap();
    // Beside the workspace, wherever the program runs.
    let text = |path: &str| {
        format!(
            "schema = 2\n[[session]]\nname = \"then\"\ntransport = {{ kind = \"capture\", path = \"{path}\" }}\n"
        )
    };
    let run = |path: &str| {
        let file = workspace(&folder, &text(path));
        finished(&["run", file.to_str().unwrap()], b"")
    };
    let said = run("then.pcapng");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let told = format!("[1 then] is a capture of {} bytes", before.len());
    assert!(said.err.contains(&told), "{}", said.err);
    assert_eq!(std::fs::read(&capture).unwrap(), before, "it is only looked at");
    std::fs::write(folder.path().join("letter.txt"), "no capture").unwrap();
    for (path, why) in [("letter.txt", "is not a capture"), ("nothing.pcapng", "nothing.pcapng")] {
        let said = run(path);
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(said.err.contains("[1 then]") && said.err.contains(why), "{}", said.err);
    }
}

#[test]
fn what_the_counts_are_of_is_said_where_a_capture_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = std::thread::Builder::new().name("peer".to_owned()).spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"again").unwrap();
        }
    });
    let text = format!(
        "schema = 2\n[[session]]\ntransport = {{ kind = \"tcp-client\", host = \"127.0.0.1\", port = {port} }}\n"
    );
    let file = workspace(&folder, &text);
    let captures = folder.path().join("captures");
    for earlier in [false, true] {
        let arguments = ["run", file.to_str().unwrap(), "--captures", captures.to_str().unwrap()];
        let said = finished(&arguments, b"");
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.err.contains("received 5 B"), "{}", said.err);
        assert_eq!(said.err.contains("counts are of this run"), earlier, "{}", said.err);
    }
    peer.unwrap().join().unwrap();
}

#[test]
fn sessions_of_a_workspace_file_are_bridged_by_name() {
    use std::net::TcpListener;
    let home = tempfile::tempdir().unwrap();
    let near = TcpListener::bind("127.0.0.1:0").unwrap();
    let workspace = home.path().join("bridge.toml");
    let text = |name: &str| {
        format!(
            "schema = 2\n[[session]]\nname = \"sensors\"\nbridge = \"{name}\"\n\
             [session.transport]\nkind = \"tcp-client\"\nhost = \"127.0.0.1\"\nport = {}\n\
             [[session]]\nname = \"cloud\"\n[session.transport]\nkind = \"tcp-server\"\n",
            near.local_addr().unwrap().port()
        )
    };
    std::fs::write(&workspace, text("cloud")).unwrap();
    let arguments = ["run", workspace.to_str().unwrap()];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let (mut sensor, _) = near.accept().unwrap();
    let line = running.says("[2 cloud] listening on ");
    let mut cloud = TcpStream::connect(line.rsplit(' ').next().unwrap()).unwrap();
    running.says("[2 cloud] #1 accepted");
    cloud.write_all(b"question").unwrap();
    let mut heard = [0; 8];
    sensor.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"question");
    sensor.write_all(b"answered").unwrap();
    cloud.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"answered");
    drop(running);
    std::fs::write(&workspace, text("nobody")).unwrap();
    let said = ended(espalier(home.path(), &arguments));
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("there is no session of the name nobody"), "{}", said.err);
}
