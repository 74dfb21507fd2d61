//! What a window sees of sessions: from a socket to a row.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use espalier_core::Direction;
use espalier_core::backend::prelude::*;
use espalier_core::backend::{NoLane, SessionCommand, View};
use espalier_core::session::{SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::view::{EncodingName, Filter, PageRequest, ViewSpec};

use crate::rig::{Rig, plain, send, until};

/// The shown rows, as a window that draws again and again would have them.
fn rows(view: &Arc<dyn View>) -> Vec<(Direction, String)> {
    let page = view.page();
    view.request_page(PageRequest::rows(view.status().revision, 0..1000));
    page.rows
        .iter()
        .filter(|row| !row.bytes.is_empty())
        .map(|row| (row.direction, row.text.to_string()))
        .collect()
}

fn received(view: &Arc<dyn View>) -> Vec<String> {
    let rows = rows(view).into_iter();
    rows.filter(|(direction, _)| *direction == Direction::In).map(|(_, text)| text).collect()
}

#[test]
fn both_directions_of_a_conversation_are_shown_in_its_view() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let view = rig.engine.view(session.id()).unwrap();
    stream.write_all(b"hello\n").unwrap();
    until("what came is shown", || rows(&view) == [(Direction::In, "hello".into())]);
    send(&session, b"answer\n");
    until("what went is shown", || rows(&view).len() == 2);
    assert_eq!(rows(&view)[1], (Direction::Out, "answer".into()));
    let events = view.page().rows.len() - 2;
    assert!(events > 0, "the story of the connection is in the log as well");
}

#[test]
fn d2_a_character_cut_between_segments_is_whole_in_the_view() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let view = rig.engine.view(session.id()).unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in "你好 wörld\n".as_bytes() {
        stream.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    until("the text is whole", || received(&view) == ["你好 wörld"]);
    // 测试 in GBK.
    let gbk = [0xB2, 0xE2, 0xCA, 0xD4, b'\n'];
    view.set_spec(ViewSpec { encoding: EncodingName("GBK".into()), ..ViewSpec::default() });
    for byte in gbk {
        stream.write_all(&[byte]).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    until("the second line is whole", || received(&view).get(1).is_some_and(|it| it == "测试"));
}

#[test]
fn d8_one_clients_rows_are_hidden_by_a_filter_and_come_back() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let view = rig.engine.view(server.id()).unwrap();
    let mut clients: Vec<_> = (0..3).map(|_| plain(address)).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        client.write_all(format!("I am {n}\n").as_bytes()).unwrap();
    }
    until("all three are shown", || received(&view).len() == 3);
    let peer = {
        let page = view.page();
        view.request_page(PageRequest::rows(view.status().revision, 0..1000));
        page.rows.iter().find(|row| &*row.text == "I am 1").unwrap().peer
    };
    let filter = Filter { peers: vec![peer], ..Filter::default() };
    view.set_spec(ViewSpec { filter, ..ViewSpec::default() });
    until("one is shown", || received(&view) == ["I am 1"]);
    clients[2].write_all(b"hidden, not lost\n").unwrap();
    view.set_spec(ViewSpec::default());
    until("all come back", || received(&view).len() == 4);
}

#[test]
fn the_window_is_woken_for_what_comes_and_not_without_reason() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let view = rig.engine.view(session.id()).unwrap();
    let wakes = Arc::new(AtomicU32::new(0));
    rig.engine.on_change({
        let wakes = wakes.clone();
        Box::new(move || {
            wakes.fetch_add(1, Ordering::Relaxed);
        })
    });
    let draw = || {
        rig.engine.drawn();
        rows(&view)
    };
    let quiet = |what: &str| {
        until(what, || {
            let before = wakes.load(Ordering::Relaxed);
            draw();
            std::thread::sleep(Duration::from_millis(600));
            wakes.load(Ordering::Relaxed) == before
        });
    };
    quiet("nothing more happens");
    let before = wakes.load(Ordering::Relaxed);
    stream.write_all(b"news\n").unwrap();
    until("the window is woken", || wakes.load(Ordering::Relaxed) > before);
    until("the news are drawn", || draw().len() == 1);
    quiet("it is quiet again");
}

#[test]
fn a_view_of_a_session_that_was_never_started_is_empty_and_joins_it_later() {
    let rig = Rig::new();
    let mut spec = SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(0)));
    spec.autostart = false;
    let session = rig.open(spec);
    let view = rig.engine.view(session.id()).unwrap();
    assert!(rows(&view).is_empty());
    session.command(SessionCommand::Start).unwrap();
    until("listening is in the log", || {
        let page = view.page();
        view.request_page(PageRequest::rows(view.status().revision, 0..10));
        page.rows.iter().any(|row| row.text.starts_with("listening on "))
    });
    rig.engine.forget(session.id());
    assert!(rig.engine.view(session.id()).is_none());
}

#[test]
fn a_timeline_takes_sessions_that_start_or_are_opened_later_and_keeps_those_that_are_closed() {
    let rig = Rig::new();
    let mut spec = SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(0)));
    spec.autostart = false;
    let server = rig.open(spec);
    let timeline = rig.engine.open_timeline(vec![server.id()]).unwrap();
    let view = rig.engine.timeline_view(timeline).unwrap();
    server.command(SessionCommand::Start).unwrap();
    until("it listens", || server.status().local.is_some());
    let port = server.status().local.unwrap().port();

    let client = rig.client(port, |_| {});
    rig.engine.join_timeline(timeline, client.id()).unwrap();
    rig.engine.join_timeline(timeline, client.id()).expect("a second time changes nothing");
    let lanes = rig.engine.timeline(timeline).unwrap().lanes;
    assert_eq!(*lanes, [server.id(), client.id()]);
    until("the client is connected", || client.status().local.is_some());
    send(&client, b"hello\n");
    let both = [(Direction::Out, "hello".to_owned()), (Direction::In, "hello".to_owned())];
    until("both ends stand on it", || rows(&view) == both);

    rig.engine.forget(client.id());
    assert_eq!(*rig.engine.timeline(timeline).unwrap().lanes, [server.id(), client.id()]);
    assert_eq!(rows(&view), both);
    rig.engine.close_timeline(timeline);
    assert!(rig.engine.timeline(timeline).is_none());
    assert_eq!(rig.engine.join_timeline(timeline, server.id()), Err(NoLane::Closed));
}

#[test]
fn nothing_of_a_timeline_stays_on_disk_when_the_program_ends() {
    let folder = tempfile::tempdir().unwrap();
    let engine = espalier_engine::Engine::new(folder.path()).unwrap();
    let spec = SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(0)));
    let server = engine.open(spec);
    let timeline = engine.open_timeline(vec![server]).unwrap();
    let view = engine.timeline_view(timeline).unwrap();
    until("it has a row", || {
        view.request_page(PageRequest::rows(view.status().revision, 0..10));
        view.status().rows > 0
    });
    drop(view);
    drop(engine);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
