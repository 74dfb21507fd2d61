use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use ureq::tls::Certificate;

use super::*;

const OURS: &str = "0.2.0";

/// In a thread of its own.
fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    std::thread::Builder::new().name("server".to_owned()).spawn(work).unwrap()
}

/// The head of a request.
fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn here() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn url(address: SocketAddr) -> ReleasesUrl {
    ReleasesUrl::parse(&format!("http://{address}/releases/latest")).unwrap()
}

/// Answers one connection after another with these, and tells what was asked.
fn serve(listener: TcpListener, answers: Vec<Vec<u8>>) -> JoinHandle<Vec<String>> {
    in_thread(move || {
        let asked = answers.into_iter().map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = head(&mut stream);
            // Who has heard enough closes.
            stream.write_all(&answer).ok();
            asked
        });
        asked.collect()
    })
}

fn answer(status: &str, more: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}"
    )
    .into()
}

fn release(tag: &str) -> Vec<u8> {
    answer("200 OK", "", &format!(r#"{{"tag_name":"{tag}","html_url":"https://host/r"}}"#))
}

fn asked(answers: Vec<Vec<u8>>) -> Result<ReleaseAnswer, ReleaseFault> {
    let (listener, address) = here();
    let served = serve(listener, answers);
    let answer = ask(&url(address), OURS);
    served.join().unwrap();
    answer
}

#[track_caller]
fn fails(answer: Result<ReleaseAnswer, ReleaseFault>, kind: ReleaseFaultKind) -> String {
    let fault = answer.unwrap_err();
    assert_eq!(fault.kind, kind, "{fault}");
    fault.to_string()
}

#[test]
fn newer_same_and_older_versions_are_told_apart() {
    let newer = ReleaseAnswer::Newer(espalier_core::releases::Release {
        version: "0.3.0".to_owned(),
        page: "https://host/r".to_owned(),
    });
    assert_eq!(asked(vec![release("v0.3.0")]), Ok(newer));
    for same in ["0.2.0", "0.1.0", "0.3.0-rc.1"] {
        assert_eq!(asked(vec![release(same)]), Ok(ReleaseAnswer::UpToDate(same.to_owned())));
    }
}

#[test]
fn nothing_is_sent_but_the_request() {
    let (listener, address) = here();
    let served = serve(listener, vec![release("0.2.0")]);
    ask(&url(address), OURS).unwrap();
    let asked = served.join().unwrap().remove(0).to_ascii_lowercase();
    let mut lines: Vec<&str> = asked.trim_end().lines().collect();
    lines[1..].sort_unstable();
    let host = format!("host: {address}");
    assert_eq!(lines, ["get /releases/latest http/1.1", &host, "user-agent: espalier/0.2.0"]);
}

#[test]
fn an_address_that_leads_on_is_followed_as_far_as_it_may_be() {
    let (listener, address) = here();
    let whole = answer("301 Moved", &format!("location: http://{address}/moved\r\n"), "");
    let served = serve(
        listener,
        vec![whole, answer("302 Found", "location: /on\r\n", ""), release("0.2.0")],
    );
    assert_eq!(ask(&url(address), OURS), Ok(ReleaseAnswer::UpToDate("0.2.0".to_owned())));
    let asked = served.join().unwrap();
    assert!(asked[1].starts_with("GET /moved ") && asked[2].starts_with("GET /on "), "{asked:?}");

    let around = || answer("302 Found", "location: /releases/latest\r\n", "");
    let told = fails(asked_all(HOPS + 1, around), ReleaseFaultKind::Other);
    assert!(told.contains("on and on"), "{told}");
    for away in ["http://192.0.2.1/", "file:///etc/passwd", "//host/"] {
        let away = answer("302 Found", &format!("location: {away}\r\n"), "");
        let told = fails(self::asked(vec![away]), ReleaseFaultKind::Other);
        assert!(told.contains("https"), "{told}");
    }
    fails(self::asked(vec![answer("302 Found", "", "")]), ReleaseFaultKind::Other);
}

fn asked_all(times: usize, answer: impl Fn() -> Vec<u8>) -> Result<ReleaseAnswer, ReleaseFault> {
    asked((0..times).map(|_| answer()).collect())
}

#[test]
fn what_is_no_answer_is_one_sentence() {
    let told = fails(asked(vec![answer("404 Not Found", "", "{}")]), ReleaseFaultKind::Other);
    assert!(told.contains("404"), "{told}");
    for answer in [
        answer("200 OK", "", "<html>hello</html>"),
        b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        Vec::new(),
    ] {
        let told = fails(asked(vec![answer]), ReleaseFaultKind::Other);
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let (listener, address) = here();
    let served = in_thread(move || {
        let (mut stream, _) = listener.accept().unwrap();
        head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        // Until who asked has had enough.
        while stream.write_all(&[b' '; 4096]).is_ok() {}
    });
    let told = fails(ask(&url(address), OURS), ReleaseFaultKind::Other);
    assert!(told.contains("1024 KiB"), "{told}");
    served.join().unwrap();
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let (listener, address) = here();
    let asker = Asker { patience: Duration::from_millis(20), ..Asker::of_system() };
    // The system accepts by itself.
    fails(asker.ask(&url(address), OURS), ReleaseFaultKind::TimedOut);
    drop(listener);
}

#[test]
fn who_wishes_no_answer_any_more_gets_none() {
    let (listener, address) = here();
    let (told, heard) = sync_channel(1);
    let question = ReleaseQuestion::ask(url(address), OURS, move |it| told.send(it).unwrap());
    let (mut stream, _) = listener.accept().unwrap();
    head(&mut stream);
    drop(question);
    stream.write_all(&release("v9.0.0")).unwrap();
    drop(stream);
    assert!(heard.recv().is_err(), "the thread ended without a word");

    let (listener, address) = here();
    let served = serve(listener, vec![release("v9.0.0")]);
    let (told, heard) = sync_channel(1);
    let question = ReleaseQuestion::ask(url(address), OURS, move |it| told.send(it).unwrap());
    assert!(matches!(heard.recv(), Ok(Ok(ReleaseAnswer::Newer(_)))));
    drop(question);
    served.join().unwrap();
}

#[test]
fn what_the_network_refuses_is_told_apart() {
    // Bound and not listening.
    let deaf = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    deaf.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = deaf.local_addr().unwrap().as_socket().unwrap();
    fails(ask(&url(address), OURS), ReleaseFaultKind::Refused);
    for (of, expected) in [
        (io::Error::from(ErrorKind::NetworkUnreachable), ReleaseFaultKind::Unreachable),
        (
            io::Error::other("failed to lookup address information: Name or service not known"),
            ReleaseFaultKind::NameNotFound,
        ),
    ] {
        assert_eq!(kind(&of), expected, "{of}");
    }
}

/// A server with a certificate for this name, which answers one connection if it comes to that.
fn secured(listener: TcpListener, name: &str) -> (JoinHandle<()>, Certificate<'static>) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let der = made.cert.der().clone();
    let trusted = Certificate::from_der(&der).to_owned();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(PROVIDER.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der], key)
        .unwrap();
    let connection = ServerConnection::new(Arc::new(config)).unwrap();
    let served = in_thread(move || {
        let (stream, _): (TcpStream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        if !head(&mut stream).is_empty() {
            stream.write_all(&release("0.3.0")).unwrap();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
    });
    (served, trusted)
}

#[test]
fn a_certificate_that_nobody_trusts_is_refused() {
    for (name, is_trusted, is_good) in
        [("127.0.0.1", true, true), ("other.example", true, false), ("127.0.0.1", false, false)]
    {
        let (listener, address) = here();
        let (served, certificate) = secured(listener, name);
        let trusted = match is_trusted {
            true => RootCerts::Specific(Arc::new(vec![certificate])),
            false => RootCerts::PlatformVerifier,
        };
        let asker = Asker { trusted, ..Asker::of_system() };
        let url = ReleasesUrl::parse(&format!("https://{address}/")).unwrap();
        let answer = asker.ask(&url, OURS);
        match is_good {
            true => assert!(matches!(answer, Ok(ReleaseAnswer::Newer(_))), "{answer:?}"),
            false => {
                fails(answer, ReleaseFaultKind::TlsFailed);
            }
        }
        served.join().unwrap();
    }
}
