//! Commands that come while a session is on its way from one state to another: none is swallowed in silence.

use std::net::{TcpListener, TcpStream};

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{
    ConnectionState, EndReason, Reconnect, SessionEvent, SessionState, SocketOptions,
};
use espalier_engine::session::Session;

use crate::rig::{Rig, events, notes, plain, until};

fn ask(session: &Session, commands: impl IntoIterator<Item = SessionCommand>) {
    for command in commands {
        session.command(command).unwrap();
    }
}

/// The next connection, if one comes.
#[track_caller]
fn accepted(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let mut stream = None;
    until("a connection comes", || {
        stream = listener.accept().ok();
        stream.is_some()
    });
    stream.unwrap().0
}

fn listening(session: &Session) -> usize {
    let is_listening = |event: &&SessionEvent| matches!(event, SessionEvent::Listening { .. });
    events(session).iter().filter(is_listening).count()
}

#[test]
fn a_client_that_is_started_while_it_stops_connects_again() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let session = rig.client(listener.local_addr().unwrap().port(), |_| ());
    // It never closes its side, so stopping takes its time.
    let _first = accepted(&listener);
    until("it is connected", || {
        session.status().state == SessionState::Connected(ConnectionState::Open)
    });
    ask(&session, [SessionCommand::Stop, SessionCommand::Start]);
    let _second = accepted(&listener);
    until("it is connected again", || session.status().peers.len() == 2);
    // The latest request counts.
    ask(&session, [SessionCommand::Stop, SessionCommand::Start, SessionCommand::Stop]);
    until("it is stopped", || session.state() == SessionState::Idle);
}

#[test]
fn a_server_that_is_started_while_it_stops_listens_again() {
    let rig = Rig::new();
    let (session, local) = rig.server(|_| ());
    let _held = plain(local);
    until("it is accepted", || session.status().peers.len() == 1);
    ask(&session, [SessionCommand::Stop, SessionCommand::Start]);
    until("it listens again", || {
        let status = session.status();
        status.state == SessionState::Listening && status.local != Some(local)
    });
    let _another = plain(session.status().local.unwrap());
    until("it is accepted", || session.status().peers.len() == 2);
    ask(&session, [SessionCommand::Stop, SessionCommand::Start, SessionCommand::Stop]);
    until("it is stopped", || session.state() == SessionState::Idle);
    assert_eq!(listening(&session), 2);
}

#[test]
fn closing_while_it_waits_for_the_next_attempt_gives_up() {
    let rig = Rig::new();
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for command in
        [SessionCommand::Close(PeerSelector::All), SessionCommand::Reset(PeerSelector::All)]
    {
        let session =
            rig.client(port, |spec| spec.reconnect = Reconnect::Fixed { delay_ms: 3_600_000 });
        until("it waits", || {
            matches!(session.state(), SessionState::Waiting { reason: EndReason::Refused, .. })
        });
        ask(&session, [command]);
        until("it has given up", || session.state() == SessionState::Idle);
    }
}

#[test]
fn closing_what_is_not_there_is_told() {
    let rig = Rig::new();
    let (session, _) = rig.server(|_| ());
    ask(&session, [SessionCommand::HalfClose(PeerSelector::All)]);
    until("it is told", || notes(&session) == ["nothing to close: no connection"]);
}

#[test]
fn half_closing_twice_is_half_closing_once() {
    let rig = Rig::new();
    let (session, stream) = rig.connected(|_| ());
    let half = || SessionCommand::HalfClose(PeerSelector::All);
    ask(&session, [half(), half()]);
    until("it is half closed", || {
        session.status().state == SessionState::Connected(ConnectionState::HalfClosed)
    });
    drop(stream);
    until("it is over", || matches!(session.state(), SessionState::Ended { .. }));
    let halves = events(&session).into_iter().filter(|event| *event == SessionEvent::HalfClosed);
    assert_eq!(halves.count(), 1);
}

/// Whatever is read first, the options or the connection, the options hold.
#[test]
fn options_that_are_changed_while_it_connects_hold() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for _ in 0..20 {
        let session = rig.client(listener.local_addr().unwrap().port(), |_| ());
        let options = SocketOptions { close_by_reset: true, nodelay: false, ..Default::default() };
        ask(&session, [SessionCommand::SetOptions(options), SessionCommand::Stop]);
        until("it is stopped", || session.state() == SessionState::Idle);
    }
}
