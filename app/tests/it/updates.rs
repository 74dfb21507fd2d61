//! `espalier updates`, asked of a server of the test.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use crate::program::{Said, espalier, finished};

/// In a thread of its own.
fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    std::thread::Builder::new().name("server".to_owned()).spawn(work).unwrap()
}

/// A server that answers once with this.
fn server(answer: String) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/latest", listener.local_addr().unwrap());
    let served = in_thread(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|it| it == 1) {
            head.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
    });
    (url, served)
}

fn release(tag: &str) -> String {
    let body = format!(r#"{{"tag_name":"{tag}","html_url":"https://host/{tag}"}}"#);
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn asked(answer: String, more: &[&str]) -> Said {
    let (url, served) = server(answer);
    let said = finished(&[&["updates", "--from", &url], more].concat(), b"");
    served.join().unwrap();
    said
}

#[test]
fn the_exit_code_says_whether_there_is_a_newer_version() {
    let said = asked(release("v99.0.0"), &[]);
    assert_eq!(said.code, Some(36), "{said:?}");
    assert_eq!(said.out, b"Espalier 99.0.0 is out: https://host/v99.0.0\n");
    let said = asked(release("v0.0.1"), &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with(b"there is no newer version than "), "{said:?}");
    let said = asked(release("v99.0.0"), &["--json"]);
    let told: serde_json::Value = serde_json::from_slice(&said.out).unwrap();
    assert_eq!((told["newer"].as_bool(), told["newest"].as_str()), (Some(true), Some("99.0.0")));
    let said = asked(release("v99.0.0"), &["--lang", "zh-CN"]);
    assert_eq!(said.out, "Espalier 99.0.0 已发布：https://host/v99.0.0\n".as_bytes());
}

#[test]
fn why_there_is_no_answer_is_one_sentence_with_a_code_of_its_own() {
    let said = asked("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(), &[]);
    assert_eq!((said.code, said.err.lines().count()), (Some(1), 1), "{said:?}");
    // Bound and not listening.
    let deaf = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    deaf.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = deaf.local_addr().unwrap().as_socket().unwrap();
    let said = finished(&["updates", "--from", &format!("http://{address}/")], b"");
    assert_eq!((said.code, said.err.lines().count()), (Some(10), 1), "{said:?}");
    let said = finished(&["updates", "--from", "http://192.0.2.1/"], b"");
    assert_eq!((said.code, said.err.lines().count()), (Some(2), 1), "{said:?}");
}

#[test]
fn the_setting_names_the_place_and_without_one_nobody_is_asked() {
    if option_env!("ESPALIER_RELEASES").is_some() {
        eprintln!("SKIPPED: this build knows a place of its own");
        return;
    }
    let said = finished(&["updates"], b"");
    assert_eq!((said.code, said.err.lines().count()), (Some(2), 1), "{said:?}");
    assert!(said.err.contains("updates.url"), "{said:?}");
    let home = tempfile::tempdir().unwrap();
    let (url, served) = server(release("v99.0.0"));
    let set = espalier(home.path(), &["settings", "set", "updates.url", &url]).output().unwrap();
    assert!(set.status.success(), "{set:?}");
    let said = espalier(home.path(), &["updates"]).output().unwrap();
    assert_eq!(said.status.code(), Some(36), "{said:?}");
    served.join().unwrap();
}
