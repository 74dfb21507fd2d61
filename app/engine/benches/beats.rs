//! How exactly messages go out that are sent again and again, those of a send list, and the answers of a rule: the error of each
//! against its absolute beat, or against what it answers. `cargo bench -p espalier-engine --bench beats`; `ESPALIER_BENCH_SECONDS` sets how long each takes (10).
//!
//! The times are those of the capture: taken when the system has taken the bytes. The first beat is the origin.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use espalier_core::backend::{ListRequest, PeerSelector, SessionCommand};
use espalier_core::capture::{Cursor, RecordBody};
use espalier_core::rules::{ReceivedTrigger, Rule, RuleAction, RuleAnswer, Trigger};
use espalier_core::send_list::{ListPlan, SendEntry, SendGroup, SendList};
use espalier_core::session::{SessionSpec, SessionState, TcpClientSpec, TransportSpec};
use espalier_core::view::EncodingName;
use espalier_core::{Direction, Position};
use espalier_engine::Engine;
use espalier_engine::session::{CaptureTarget, Session};

fn main() {
    let seconds = std::env::var("ESPALIER_BENCH_SECONDS").ok().and_then(|it| it.parse().ok());
    let seconds: u32 = seconds.unwrap_or(10);
    for period_ms in [1, 10, 100] {
        let count = u64::from(seconds * 1000 / period_ms).max(10);
        let cycle = SessionCommand::StartCycle {
            to: PeerSelector::All,
            bytes: (*b"tick").into(),
            period_ms,
            count: Some(count),
        };
        tell("cyclic", period_ms, &times(cycle, count));
        tell("list of 3", period_ms, &times(list(period_ms, count), count));
    }
    answers(u64::from(seconds));
}

/// Three messages in turn, each so long before the next.
fn list(delay_ms: u32, count: u64) -> SessionCommand {
    let entry = |text: &str| SendEntry { text: text.to_owned(), delay_ms, ..SendEntry::default() };
    let entries = ["one", "two", "{{n:04}}"].map(entry);
    let list = SendList { groups: vec![SendGroup::new("", entries)] };
    SessionCommand::StartList(Box::new(ListRequest {
        to: PeerSelector::All,
        plan: ListPlan::of_all(&list, None, Some(count.div_ceil(3))),
        encoding: EncodingName::default(),
        variables: Default::default(),
    }))
}

/// How late the answers of a rule are that are due 50 ms after what they answer, which comes every 20 ms.
fn answers(seconds: u64) {
    const DELAY: i64 = 50_000_000;
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = seconds * 50;
    let asker = thread::Builder::new().name("asker".to_owned()).spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for _ in 0..count {
            stream.write_all(b"ask").unwrap();
            thread::sleep(Duration::from_millis(20));
        }
        let mut rest = vec![0; 3 * count as usize];
        stream.read_exact(&mut rest).unwrap();
    });
    let engine = Engine::new(folder.path()).unwrap();
    let client = TcpClientSpec::new(address.ip().to_string(), address.port());
    let mut spec = SessionSpec::new(TransportSpec::TcpClient(client));
    let received = ReceivedTrigger { pattern: "ask".to_owned(), ..ReceivedTrigger::default() };
    let answer = RuleAnswer { text: "yes".to_owned(), delay_ms: 50, ..RuleAnswer::default() };
    let actions = vec![RuleAction::Send(answer)];
    spec.rules = vec![Rule { when: Trigger::Received(received), actions, ..Rule::default() }];
    let file = CaptureTarget::File(folder.path().join("answers.pcapng"));
    let session = engine.open_tapped(spec, file, None);
    asker.unwrap().join().unwrap();
    let (asked, answered) = (data_at(&session, Direction::In), data_at(&session, Direction::Out));
    let late = asked.iter().zip(&answered).map(|(asked, answered)| answered - asked - DELAY);
    let mut errors: Vec<i64> = late.map(i64::abs).collect();
    tell_errors("rule, 50 ms", "", &mut errors);
    session.end();
}

/// When each message went out, in nanoseconds.
fn times(command: SessionCommand, count: u64) -> Vec<i64> {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let reader = thread::Builder::new().name("reader".to_owned()).spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    let engine = Engine::new(folder.path()).unwrap();
    let client = TcpClientSpec::new(address.ip().to_string(), address.port());
    let spec = SessionSpec::new(TransportSpec::TcpClient(client));
    let file = CaptureTarget::File(folder.path().join("beats.pcapng"));
    let session = engine.open_tapped(spec, file, None);
    let wait = |so: &dyn Fn() -> bool| {
        while !so() {
            thread::sleep(Duration::from_millis(20));
        }
    };
    wait(&|| matches!(session.state(), SessionState::Connected(_)));
    session.command(command).unwrap();
    wait(&|| session.status().traffic.sent.records >= count);
    let times = data_at(&session, Direction::Out);
    session.end();
    drop(engine);
    reader.unwrap().join().unwrap();
    times
}

fn data_at(session: &Session, direction: Direction) -> Vec<i64> {
    let capture = session.capture().unwrap();
    let mut cursor = Cursor::new(&capture, Position(0));
    let mut times = Vec::new();
    while let Some(record) = cursor.next() {
        if matches!(record.body, RecordBody::Data(_)) && record.direction == direction {
            times.push(record.at.0);
        }
    }
    times
}

fn tell(what: &str, period_ms: u32, times: &[i64]) {
    let period = i64::from(period_ms) * 1_000_000;
    let beat = |(number, at): (usize, &i64)| at - times[0] - period * number as i64;
    let mut errors: Vec<i64> = times.iter().enumerate().map(beat).collect();
    let drift = errors.last().copied().unwrap_or_default();
    errors.iter_mut().for_each(|error| *error = error.abs());
    let more = format!("; the last {:+.3} ms", drift as f64 / 1e6);
    tell_errors(&format!("{what:<10} {period_ms:>4} ms"), &more, &mut errors);
}

fn tell_errors(what: &str, more: &str, errors: &mut [i64]) {
    errors.sort_unstable();
    let part = |percent: usize| errors[(errors.len() - 1) * percent / 100] as f64 / 1e6;
    println!(
        "{what}, {} sent: error p50 {:.3} ms, p99 {:.3} ms, most {:.3} ms{more}",
        errors.len(),
        part(50),
        part(99),
        part(100),
    );
}
