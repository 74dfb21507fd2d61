//! A board that loses its power says no goodbye.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use espalier_simulator::Mode;
use socket2::{SockRef, TcpKeepalive};

use crate::firmware::Online;

/// What the client's connection ends with.
fn end(client: &mut TcpStream) -> ErrorKind {
    let mut bytes = [0; 64];
    loop {
        match client.read(&mut bytes) {
            Ok(0) => panic!("somebody said goodbye"),
            Ok(_) => {}
            Err(error) => return error.kind(),
        }
    }
}

/// A client that the board serves.
fn served(online: &mut Online) -> TcpStream {
    let client = online.client();
    online.monitor.expect("tcp: accepted");
    client
}

fn power_off(online: &Online) {
    online.bench.board.unplug();
    online.bench.wait_for(Mode::Unplugged);
}

#[test]
fn nobody_answers_for_a_board_without_power_and_its_clients_give_up_by_themselves() {
    if cfg!(not(target_os = "linux")) {
        eprintln!("SKIPPED: only on Linux a socket can be made deaf");
        return;
    }
    let mut online = Online::new();
    let [mut asks, mut sends] = [served(&mut online), served(&mut online)];
    // One asks whether the board still lives, the other one waits for what it has sent to be acknowledged.
    let second = Duration::from_secs(1);
    let probes = TcpKeepalive::new().with_time(second).with_interval(second).with_retries(1);
    SockRef::from(&asks).set_tcp_keepalive(&probes).unwrap();
    #[cfg(target_os = "linux")]
    SockRef::from(&sends).set_tcp_user_timeout(Some(second)).unwrap();
    power_off(&online);
    sends.write_all(b"is anybody there?").unwrap();
    assert_eq!([end(&mut asks), end(&mut sends)], [ErrorKind::TimedOut; 2]);
}

#[test]
fn a_board_that_is_back_answers_what_was_sent_meanwhile_with_a_reset() {
    let mut online = Online::new();
    let mut client = served(&mut online);
    power_off(&online);
    client.write_all(b"are you there?").unwrap();
    online.bench.board.plug_in();
    assert_eq!(end(&mut client), ErrorKind::ConnectionReset);
}
