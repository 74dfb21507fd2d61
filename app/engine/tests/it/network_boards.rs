//! Boards that say on the network who they are, looked for on the loopback interface.

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use espalier_core::board::NetworkBoard;
use espalier_engine::board::search_boards;
use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};
use socket2::{Domain, Protocol, Socket, Type};

/// Longer than anything takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Whether what is multicast on the loopback interface is heard there; where it is not, a test says so.
pub fn can_multicast() -> bool {
    let group = Ipv4Addr::new(224, 0, 0, 251);
    let heard = || -> std::io::Result<()> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0).into())?;
        socket.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
        socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST)?;
        socket.set_multicast_loop_v4(true)?;
        let socket = UdpSocket::from(socket);
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        socket.send_to(b"?", (group, socket.local_addr()?.port()))?;
        socket.recv_from(&mut [0; 8]).map(drop)
    };
    heard().inspect_err(|error| eprintln!("SKIPPED: no multicast on loopback: {error}")).is_ok()
}

/// Looks until a board with this name on the network is found.
pub fn find(hostname: &str) -> Option<NetworkBoard> {
    let cancel = AtomicBool::new(false);
    let is_meant = |board: &&NetworkBoard| board.hostname == hostname;
    let boards = search_boards(Some(LOOPBACK), PATIENCE, &cancel, |boards| {
        if boards.iter().any(|board| is_meant(&board)) {
            cancel.store(true, Ordering::Relaxed);
        }
    });
    boards.unwrap().iter().find(is_meant).cloned()
}

#[test]
fn a_board_that_says_who_it_is_is_found() {
    if !can_multicast() {
        return;
    }
    let daemon = ServiceDaemon::new().unwrap();
    daemon.disable_interface(IfKind::All).unwrap();
    daemon.enable_interface(IfKind::LoopbackV4).unwrap();
    let name = format!("espalier-test-{}", std::process::id());
    let said = [("name", "On the 桌子"), ("chip", "esp32c3"), ("version", "0.1.0")];
    let service = ServiceInfo::new(
        "_espalier._tcp.local.",
        &name,
        &format!("{name}.local."),
        "127.0.0.1",
        7681,
        &said[..],
    );
    daemon.register(service.unwrap()).unwrap();
    // One that dials out itself: no server, but updates.
    let dials = format!("espalier-dials-{}", std::process::id());
    let host = format!("{dials}.local.");
    let said = [("update", "7682")];
    let service =
        ServiceInfo::new("_espalier._tcp.local.", &dials, &host, "127.0.0.1", 0, &said[..]);
    daemon.register(service.unwrap()).unwrap();
    let found = find(&format!("{name}.local")).expect("it is found");
    let dialling = find(&format!("{dials}.local")).expect("it is found, too");
    daemon.shutdown().unwrap();
    assert_eq!(dialling.endpoint(), None);
    assert_eq!(dialling.update_place(), Some("127.0.0.1:7682".parse().unwrap()));
    assert_eq!((&*found.name, &*found.chip, &*found.version), ("On the 桌子", "esp32c3", "0.1.0"));
    assert_eq!(found.endpoint(), Some("127.0.0.1:7681".parse().unwrap()));
}

#[test]
fn a_search_that_is_cancelled_ends_at_once() {
    let boards = search_boards(Some(LOOPBACK), PATIENCE, &AtomicBool::new(true), |_| {});
    assert_eq!(boards.map(|boards| boards.len()), Ok(0));
}
