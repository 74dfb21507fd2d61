//! A simulated board that says who it is, on the loopback interface.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use crate::firmware::Online;
use crate::fixture::PATIENCE;

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// Somebody who asks from a port of his own, as one who knows DNS alone; `None`: nothing can be multicast here.
fn asker() -> Option<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).ok()?;
    socket.bind(&SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0).into()).ok()?;
    socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).ok()?;
    socket.set_multicast_loop_v4(true).ok()?;
    let socket = UdpSocket::from(socket);
    socket.set_read_timeout(Some(Duration::from_millis(200))).ok()?;
    socket.send_to(&[0], (GROUP, 5353)).ok().map(|_| socket)
}

#[test]
fn a_simulated_board_tells_who_asks_where_it_serves() {
    let Some(asker) = asker() else {
        eprintln!("SKIPPED: nothing can be multicast on the loopback interface");
        return;
    };
    let mut online = Online::with(|spec| spec.announces = true);
    online.tell("hostname asked-for");
    let mut query = vec![0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["asked-for", "_espalier", "_tcp", "local", ""] {
        query.push(label.len() as u8);
        query.extend_from_slice(label.as_bytes());
    }
    // SRV, IN
    query.extend_from_slice(&[0, 33, 0, 1]);
    let begun = Instant::now();
    let mut answer = [0; 1500];
    let length = loop {
        asker.send_to(&query, (GROUP, 5353)).unwrap();
        if let Ok((length, _)) = asker.recv_from(&mut answer) {
            break length;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody answers");
    };
    let answer = &answer[..length];
    assert_eq!(&answer[..2], [0, 9], "it is the answer to this question");
    let port = online.at.port().to_be_bytes();
    let place = [&port[..], b"\x09asked-for\x05local\x00"].concat();
    assert!(answer.windows(place.len()).any(|it| it == place), "{answer:?}");
    assert!(answer.ends_with(&[127, 0, 0, 1]), "its address is the last");
}
